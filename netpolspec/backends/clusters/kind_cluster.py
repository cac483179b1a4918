"""A kind cluster that is made, or found, made ready, shared between runs, and deleted by the last that needs it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.clusters import kindctl, manifest
from netpolspec.backends.clusters.blueprint import READY_TIMEOUT, contradiction
from netpolspec.backends.clusters.catalog import BuiltIn, Chart, Manifest, Nothing
from netpolspec.backends.clusters.records import Place, Record, Stage
from netpolspec.backends.kubectl import FIELD_MANAGER, Kubectl
from netpolspec.backends.readiness import Readiness
from netpolspec.backends.tools import DOCKER, HELM, KIND, KUBECTL, demand, engine, show
from netpolspec.backends.world.terraform_works import forget_cluster
from netpolspec.load.helm import template

if TYPE_CHECKING:
    from netpolspec.backends.clusters.blueprint import Blueprint, Facts
    from netpolspec.backends.readiness import Tell, Workload

ALIVE_TIMEOUT = 10.0
"""Seconds in which the API server of a cluster that is reused must answer."""
APPLY_TIMEOUT = 120.0
RENDER_TIMEOUT = 120.0
SETTLE = 1.5
"""Seconds for which a cluster whose making was cut short must stay away after it was deleted."""
RETRY_FOR = 30.0
"""Seconds for which a manifest is applied again while kinds that it defines itself are not known yet."""
RETRY_PAUSE = 0.5


class KindCluster:
    """One cluster, by its blueprint. Not for several threads at once."""

    def __init__(self, blueprint: Blueprint, tell: Tell, *, keep: bool) -> None:
        """Nothing is touched yet.

        Args:
            blueprint: what to make, or to find
            tell: shows what is being waited for
            keep: whether the cluster is to stay when it is no longer used
        """
        self.blueprint = blueprint
        self.keep = keep
        self.made = False
        """Whether it was made by this object, not found."""
        self._tell = tell
        self._place = Place(blueprint.name)
        self._acquired = False
        self._left = False

    @property
    def kubectl(self) -> Kubectl:
        """Kubectl for this cluster, by a kubeconfig that knows no other."""
        return Kubectl(self.blueprint.context, str(self._place.kubeconfig))

    # --- finding or making it -------------------------------------------------------------------------------------

    def acquire(self) -> None:
        """Find the cluster or make it; from then on nobody else deletes it, until `release`.

        Raises:
            WorldFailed: a tool will not do, the cluster is not as it is asked for, or cannot be made
        """
        self._demand_tools()
        try:
            self._find_or_make()
        except BaseException:
            self._place.release()
            raise
        if self.keep:
            self._keep()

    def _find_or_make(self) -> None:
        while True:
            self._place.share(self._tell_busy)
            found = self._look()
            if found.usable:
                self._acquired = True
                return
            if self._place.try_alone():
                # Somebody may have made it between the look and the lock.
                found = self._look()
                if not found.usable:
                    if found.obstacle is not None and not found.removable:
                        raise found.obstacle
                    self._clear()
                    self._make()
                self._acquired = True
                self._place.share(self._tell_busy)
                return
            if found.obstacle is not None:
                raise found.obstacle

    def _demand_tools(self) -> None:
        helm = (HELM,) if isinstance(self.blueprint.cni.install, Chart) else ()
        docker = (DOCKER,) if engine() == "docker" else ()
        found = demand((*docker, KIND, KUBECTL, *helm))
        install = self.blueprint.cni.install
        kind = next(each.version for each in found if each.tool is KIND)
        if isinstance(install, BuiltIn) and kind is not None and kind < install.minimum_kind:
            raise WorldFailed(
                f"kind {show(kind)} does not enforce NetworkPolicy: its own plugin does from "
                f"{show(install.minimum_kind)} on",
                f"to get a newer one: {KIND.advice()}",
                "or choose another plugin: --cni calico",
                code="tool",
            )

    def _tell_busy(self) -> None:
        self._tell(f"waiting for another netpolspec that is busy with cluster '{self.blueprint.name}'")

    def _look(self) -> _Look:
        """What there is of the cluster."""
        name = self.blueprint.name
        if not self._exists():
            return _Look()
        record = self._place.read()
        if record is not None and record.stage is Stage.MAKING:
            return _Look()
        removable = record is not None and not record.keep
        otherwise = self._is_otherwise(record.facts) if record is not None else None
        if otherwise is not None:
            obstacle = WorldFailed(
                f"cluster '{name}' is there, but otherwise: {otherwise}",
                f"to make it anew: netpolspec down {name}",
                "to make another one beside it: --cluster-name NAME",
                code="cluster-differs",
            )
            return _Look(obstacle=obstacle, removable=removable)
        if not self._place.kubeconfig.exists():
            kindctl.write_kubeconfig(name, self._place.kubeconfig)
        answer = self.kubectl.run("get", "--raw=/readyz", timeout=ALIVE_TIMEOUT)
        if answer.ok:
            self._tell(f"using cluster '{name}'")
            return _Look(usable=True)
        how = f"netpolspec down {name}" if record is not None else f"kind delete cluster --name {name}"
        obstacle = WorldFailed(
            f"cluster '{name}' is there, but its API server does not answer",
            f"to start a node that was stopped: docker start {name}-control-plane",
            f"to be rid of it: {how}",
            code="cluster-down",
            notes=answer.said.splitlines()[-1:],
        )
        return _Look(obstacle=obstacle, removable=removable)

    def _clear(self) -> None:
        """Remove what a killed run left in the way; only with the lock held alone."""
        if self._place.read() is not None:
            self._tell(f"removing what is left of cluster '{self.blueprint.name}'")
            self._destroy(SETTLE)
            forget_cluster(self._place.kubeconfig)
            self._place.forget()

    def _make(self) -> None:
        blueprint = self.blueprint
        if not blueprint.has_network and not self.keep:
            raise WorldFailed(
                "a cluster without a network plugin has no network: no pod would ever be ready",
                "to install one yourself: netpolspec up --cni none, install it, then run on that cluster",
                "or choose one: --cni calico",
                code="no-network",
            )
        parts = self._fetch()
        self._record(Stage.MAKING)
        try:
            self._create()
            self.made = True
            self._install(parts)
            self._record(Stage.READY)
        except WorldFailed as failure:
            self._give_up(failure)
            raise
        except BaseException:
            self._remove(SETTLE)
            raise

    def _give_up(self, failure: WorldFailed) -> None:
        """Remove a cluster that could not be completed, unless it is to be looked at, or somebody else's."""
        if failure.diagnostic.code == "cluster-exists":
            self._place.forget()
        elif not (self.made and self.keep):
            try:
                self._delete()
            except KeyboardInterrupt:  # the first: it waits until all is removed, a second one does not
                self._remove()
                raise

    def _remove(self, settle: float = 0.0) -> None:
        """Delete what an interrupted run has made; an interrupt now is the second, and leaves it."""
        try:
            self._delete(settle)
        except KeyboardInterrupt as interrupt:
            self._left = True
            interrupt.add_note(self._what_is_left())
            raise

    def _delete(self, settle: float = 0.0) -> None:
        try:
            self._destroy(0.0 if self.made else settle)
        except WorldFailed:  # why the cluster could not be made is the thing to tell; its record says that it is left
            return
        self._place.forget()
        self.made = False

    def _what_is_left(self) -> str:
        name = self.blueprint.name
        return f"cluster '{name}' may be left: `netpolspec down {name}` deletes it, and so does the next run"

    def _record(self, stage: Stage) -> None:
        blueprint, before = self.blueprint, self._place.read()
        context = before.context if before is not None and before.context else blueprint.context
        made = Record(blueprint.name, stage, self.keep, blueprint.plugin, self._facts(), time.time(), context)
        self._place.write(made)

    # What another maker of clusters does otherwise.

    def _exists(self) -> bool:
        return self.blueprint.name in kindctl.clusters()

    def _is_otherwise(self, facts: Facts) -> str | None:
        return contradiction(self.blueprint.asked, facts)

    def _facts(self) -> Facts:
        return self.blueprint.facts

    def _create(self) -> None:
        self._tell(f"making cluster '{self.blueprint.name}' (kind create cluster)")
        kindctl.create(self.blueprint, self._place.kubeconfig, self._place.descriptor)

    def _destroy(self, settle: float) -> None:
        kindctl.delete(self.blueprint.name, self._place.kubeconfig, settle=settle)

    def _export(self) -> None:
        kindctl.export(self.blueprint.name)

    def _keep(self) -> None:
        """Make the cluster stay, and known to the user's own kubectl."""
        record = self._place.read()
        if record is None:
            return  # none of ours: it stays anyway, and whoever made it has its context
        if not record.keep:
            self._place.write(replace(record, keep=True))
        self._export()

    # --- the network plugin ---------------------------------------------------------------------------------------

    def _fetch(self) -> tuple[_Part, ...]:
        """What is to be applied; fetched before the cluster is made, so that what cannot be had is told at once."""
        parts = []
        install = self.blueprint.cni.install
        match install:
            case Manifest():
                self._tell(f"fetching {self.blueprint.plugin} ({install.url})")
                text = manifest.fetch(install.url)
                objects = manifest.read(text, install.url)
                edits = (*install.edits, *install.family_edits.get(self.blueprint.ip_family, ()))
                if edits:
                    manifest.change(objects, edits, install.url)
                    text = manifest.as_text(objects)
                parts.append(_Part(text, manifest.workloads(objects), install.url))
            case Chart():
                self._tell(f"rendering {self.blueprint.plugin} (helm template)")
                text = _render(install, (*install.values, *install.family_values.get(self.blueprint.ip_family, ())))
                parts.append(_Part(text, manifest.workloads(manifest.read(text, install.name)), install.name))
            case BuiltIn():
                parts.append(_Part("", self.blueprint.cni.workloads, "kind's own plugin"))
            case Nothing():
                pass
            case _:
                assert_never(install)
        place = self.blueprint.cni_manifest
        if place is not None:
            self._tell(f"fetching {place}")
            text = manifest.fetch(place)
            parts.append(_Part(text, manifest.workloads(manifest.read(text, place)), place))
        return tuple(parts)

    def _install(self, parts: tuple[_Part, ...]) -> None:
        for part in parts:
            if part.text:
                self._tell(f"applying {part.place}")
                _apply(self.kubectl, part)
        if self.blueprint.has_network:
            found = tuple(dict.fromkeys(workload for part in parts for workload in part.workloads))
            Readiness(self.kubectl, self._tell, READY_TIMEOUT, stays=self.keep).wait(found)

    # --- giving it up ---------------------------------------------------------------------------------------------

    def add_what_is_left(self, interrupt: KeyboardInterrupt) -> None:
        """Note on an interrupt that a cluster which was to be deleted stays."""
        if self.goes:
            interrupt.add_note(self._what_is_left())

    @property
    def goes(self) -> bool:
        """Whether the cluster is deleted when the last that uses it gives it up."""
        record = self._place.read()
        return record is not None and not record.keep

    def release(self) -> None:
        """Say that the cluster is no longer used: the last one deletes it, unless it is to be kept.

        Where an interrupt comes in between, its notes say what is left, and this may be called again.

        Raises:
            WorldFailed: it cannot be deleted, or `acquire` was interrupted too often to delete it
        """
        try:
            # Looked at once more: another run may have deleted it before the lock was had.
            if self._acquired and self.goes and self._place.try_alone() and self.goes:
                self._tell(f"deleting cluster '{self.blueprint.name}'")
                kindctl.delete(self.blueprint.name, self._place.kubeconfig)
                forget_cluster(self._place.kubeconfig)
                self._place.forget()
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(self._what_is_left())
            raise
        except BaseException:
            self._give_back()
            raise
        self._give_back()
        if self._left:
            self._left = False
            raise WorldFailed(self._what_is_left(), code="left-behind")

    def _give_back(self) -> None:
        self._acquired = False
        self._place.release()


@dataclass(frozen=True, slots=True)
class _Look:
    """What there is of a cluster."""

    usable: bool = False
    obstacle: WorldFailed | None = None
    """Why a cluster that is there will not do."""
    removable: bool = False
    """Whether it may be deleted to make another, provided that nobody uses it."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Something to apply, and what rolls out then."""

    text: str
    workloads: tuple[Workload, ...]
    place: str
    """Where it comes from, for people."""


def _render(chart: Chart, values: tuple[str, ...]) -> str:
    """What `helm template` makes of a chart."""
    argv = (chart.name, chart.name, "--repo", chart.repository, "--version", chart.version)
    sets = (f"--set={value}" for value in values)
    finished = template((*argv, "--namespace", "kube-system", "--include-crds", *sets), RENDER_TIMEOUT)
    if finished.ok:
        return finished.stdout
    raise WorldFailed(
        f"cannot render chart '{chart.name}' {chart.version} of {chart.repository}",
        f"to repeat it: {finished.line}",
        "where the machine has no way there: --cni-manifest with a copy in a file or at a mirror",
        code="cni-manifest",
        notes=finished.said.splitlines()[-2:],
    )


def _apply(kubectl: Kubectl, part: _Part) -> None:
    """Apply a manifest; one that defines kinds and uses them takes a second attempt."""
    deadline = time.monotonic() + RETRY_FOR
    argv = ("apply", "--server-side", f"--field-manager={FIELD_MANAGER}", "--force-conflicts", "-f", "-")
    while True:
        finished = kubectl.run(*argv, timeout=APPLY_TIMEOUT, stdin=part.text)
        if finished.ok:
            return
        if "no matches for kind" not in finished.stderr or time.monotonic() > deadline:
            raise WorldFailed(
                f"'{part.place}' cannot be applied",
                f"to repeat it: {kubectl.line('apply', '--server-side', '-f', part.place)}",
                code="cni-manifest",
                notes=finished.said.splitlines()[-5:],
            )
        time.sleep(RETRY_PAUSE)

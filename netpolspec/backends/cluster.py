"""`--on cluster`: an existing cluster, by its context; and what `--on kind` does on the cluster that it made."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from netpolspec import shell
from netpolspec.backends import tree
from netpolspec.backends.access import check_access
from netpolspec.backends.base import Capabilities, WorldFailed
from netpolspec.backends.kubectl import Kubectl
from netpolspec.backends.live import describe, is_schedulable, may_become_schedulable, read_node, read_pod
from netpolspec.backends.probing import canary as canaries
from netpolspec.backends.probing.canary import Canary
from netpolspec.backends.probing.clients import publishers_of, spoilt_by
from netpolspec.backends.probing.controls import Memory
from netpolspec.backends.probing.inspector import Inspector
from netpolspec.backends.probing.parts import Nodes, wanted_clients
from netpolspec.backends.probing.population import Population
from netpolspec.backends.world.cleanup import clear_leftovers, of_all, of_run, take_back, wait_until_gone
from netpolspec.backends.world.existing import Existing
from netpolspec.backends.world.ledger import Ledger
from netpolspec.backends.world.objects import Objects
from netpolspec.backends.world.terraform import Modules
from netpolspec.backends.world.there import There
from netpolspec.diagnostics import Refusal
from netpolspec.plan.model import Change, Check
from netpolspec.shell import alongside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from netpolspec.backends.base import Observation
    from netpolspec.backends.options import LiveOptions
    from netpolspec.backends.probing.clients import Client
    from netpolspec.load.plain import Json
    from netpolspec.plan.model import Point, Scenario, World
    from netpolspec.policy.objects import Cluster, Node

PATIENCE = 120.0
"""Seconds for which an API server that was there may be away before the run gives it up."""
TERRAFORM_ENDS = 3.0
"""Seconds that terraform may take to end when it is told to."""
CLOSING = 7.0
"""Seconds that clearing up may take where it waits for what is being deleted."""
CLOSING_SOON = 5.0
"""The same of an interrupted run, which is to end within 10 s, on a busy machine too."""
_DNS = ("-n", "kube-system", "-l", "k8s-app=kube-dns")


class ClusterBackend:
    """Brings worlds about in one cluster and dials in them. One run at a time has a cluster."""

    name = "cluster"

    def __init__(self, options: LiveOptions, tell: Callable[[str], None] = lambda _: None) -> None:
        """Nothing is touched yet.

        Args:
            options: of the run; the context must be named
            tell: shows what is being waited for
        """
        self._options = options
        self._tell = tell
        kubectl = Kubectl(options.context, options.kubeconfig)
        self._eager = kubectl
        self._kubectl = replace(kubectl, patience=PATIENCE)
        self._ledger = Ledger(self._kubectl, options.run_id)
        self._modules = Modules(self._kubectl, options, self._ledger, tell)
        self._objects = Objects(self._kubectl, options, self._ledger, tell, self._modules)
        own = canaries.namespace(options.run_id)
        self._population = Population(self._kubectl, options, self._objects, tell, own)
        self._canary: Canary | None = None
        self._memory = Memory()
        self._nodes: tuple[Node, ...] = ()
        self._homes = Nodes((), options.paths)
        self._dns: tuple[Mapping[str, Json], ...] = ()
        self._there = There(self._kubectl)
        self._existing = Existing(self._kubectl, options, self._ledger)
        self._cleared = False
        """Whether what earlier runs left is gone."""
        self._probed = False
        self._clients: tuple[Client, ...] = ()
        self._inspector: Inspector | None = None
        self._changed_at = 0.0
        self._closed = False

    # --- before ---------------------------------------------------------------------------------------------------

    def prepare(self, scenarios: Sequence[Scenario]) -> Capabilities:
        """Take hold of the cluster, clear up what earlier runs left, and let the canary begin."""
        with self._interruptible():
            return self._prepare(scenarios)

    def _prepare(self, scenarios: Sequence[Scenario]) -> Capabilities:
        check_access(self._eager)
        left = self._ledger.acquire()
        with alongside(4) as pool:
            laid_out = pool.submit(self._modules.prepare, scenarios)
            cleared = pool.submit(self._clear_leftovers, left is not None)
            asked = pool.submit(self._kubectl.items, "get", "nodes")
            found = pool.submit(self._kubectl.items, "get", "pods,services", *_DNS)
            cleared.result()
            self._cleared = True
            nodes, dns = asked.result(), found.result()
            laid_out.result()
        nodes, schedulable = self._await_nodes(nodes)
        self._nodes = tuple(map(read_node, nodes))
        self._homes = Nodes(schedulable, self._options.paths)
        if self._options.controls:
            self._canary = Canary(self._kubectl, self._options, self._objects, schedulable)
            self._canary.start()
        self._dns = tuple(each for each in dns if each.get("kind") == "Service")
        pods = map(read_pod, (each for each in dns if each.get("kind") == "Pod"))
        self._population.neighbours = self._there.dns = {pod.key: pod for pod in pods}
        checks = [step.points for each in scenarios for step in each.steps if isinstance(step, Check)]
        self._clients = wanted_clients((point for points in checks for point in points), self._homes)
        needs = {need for scenario in scenarios for need in scenario.needs}
        return Capabilities(missing=self._missing(needs, nodes), observes=True)

    def _await_nodes(
        self, nodes: tuple[Mapping[str, Json], ...]
    ) -> tuple[tuple[Mapping[str, Json], ...], tuple[str, ...]]:
        """The nodes, and the names of those on which a pod can be put; a cluster that is new has none at first."""
        deadline = time.monotonic() + self._options.ready_timeout
        pause = 0.2
        while True:
            schedulable = tuple(tree.text(node, "metadata", "name") for node in nodes if is_schedulable(node))
            if schedulable:
                return nodes, schedulable
            hopeless = bool(nodes) and not any(map(may_become_schedulable, nodes))
            if hopeless or time.monotonic() > deadline:
                raise WorldFailed("the cluster has no node on which a pod can be put", code="no-node")
            self._tell("waiting for a node on which a pod can be put")
            time.sleep(pause)
            pause = min(2 * pause, 2.0)
            nodes = self._kubectl.items("get", "nodes")

    def _clear_leftovers(self, left: bool) -> None:  # noqa: FBT001 - handed to a thread
        clear_leftovers(self._kubectl, self._ledger, self._options.run_id, self._tell, left=left)

    def _missing(self, needs: set[str], nodes: Sequence[Mapping[str, Json]]) -> Mapping[str, str]:
        """What a scenario may need and cannot have here."""
        missing = {"outside": "on a cluster nobody vouches for hosts outside it"}
        if not self._options.allow_existing:
            missing["existing"] = "namespaces that the run did not create are left alone without --allow-existing"
        families = {":" in tree.text(node, "spec", "podCIDR") for node in nodes} | {
            ":" in address for pod in self._population.neighbours.values() for address in pod.addresses
        }
        if True not in families:
            missing["ipv6"] = "the cluster's pods have no IPv6 addresses"
        if False not in families:
            missing["ipv4"] = "the cluster's pods have no IPv4 addresses"
        if "nodes" in needs and len(self._homes.schedulable) < 2:  # noqa: PLR2004 - one and another
            missing["nodes"] = "the cluster has one node only"
        if "sctp" in needs and self._canary is not None:
            reason = self._canary.is_supported("sctp")
            if reason is not None:
                missing["sctp"] = reason
        return missing

    # --- the world ------------------------------------------------------------------------------------------------

    def apply(self, change: Change, points: Sequence[Point]) -> Cluster | None:
        """Make the world what the change says, wait for its pods, and only then let its policies come."""
        with self._interruptible():
            return self._apply(change.world, points)

    def _apply(self, world: World, points: Sequence[Point]) -> Cluster:
        objects = self._objects
        self._population.publishers = publishers_of(
            each.manifest for each in world.values() if each.key.kind == "Service" and not each.is_removed
        )
        self._population.dismiss()
        changed = self._existing.bring_about(world) or not self._there.knows(world)
        if self._inspector is not None and not changed and objects.differ_in_policies_only(world):
            cluster, inspector = self._look(world)
            if self._lacks_baseline(inspector, points):
                objects.remove_surplus(world)
                self._take_baseline(inspector, points)
                objects.add_policies(world)
            else:
                objects.exchange_policies(world)
        else:
            self._populate(world)
            cluster, inspector = self._look(world)
            to_come = any(each.is_policy for each in world.values() if not each.existing)
            if to_come and self._lacks_baseline(inspector, points):
                self._take_baseline(inspector, points)
            objects.add_policies(world)
        self._inspector = inspector
        self._changed_at = time.monotonic()
        return cluster

    def _populate(self, world: World) -> None:
        """Have everything but the policies, and wait for the pods."""
        objects, population = self._objects, self._population
        spaces = set(objects.spaces)
        removed = objects.remove_surplus(world)
        population.forget(spaces - set(objects.spaces))
        objects.add_namespaces(world)
        here = {key.name for key in world if key.kind == "Namespace"}
        # The clients of all scenarios at once, as far as their namespaces are there: an idle one disturbs nobody.
        wanted = [client for client in self._clients if client.namespace in here]
        clients = population.write([each for each in wanted if spoilt_by(each, population.publishers) is None])
        if objects.add_others(world, clients) or removed or self._inspector is None:
            population.settle()
        self._there.read(world)

    def _look(self, world: World) -> tuple[Cluster, Inspector]:
        """The cluster as the model is to see it, and somebody who judges points in it."""
        population = self._population
        population.neighbours = self._there.neighbours(world)
        services = (*population.services, *self._dns)
        cluster = describe(self._there.as_it_is(world), population.everybody.values(), services, self._nodes)
        inspector = Inspector(
            cluster, population, nodes=self._homes, options=self._options, memory=self._memory, canary=self._canary
        )
        return cluster, inspector

    def _lacks_baseline(self, inspector: Inspector, points: Sequence[Point]) -> bool:
        """Whether something has to be reached while there are no policies: later it may be denied to everybody."""
        try:
            return self._options.controls and inspector.lacks_baseline(points)
        except Refusal:  # the runner will say it, where it belongs
            return False

    def _take_baseline(self, inspector: Inspector, points: Sequence[Point]) -> None:
        """Reach it, without the policies that are there."""
        if self._objects.lift_policies():
            inspector.baseline(points)

    def probe(self, points: Sequence[Point]) -> Sequence[Observation | None]:
        """Dial until what is expected holds and has held, or its time is up; prove the denials."""
        assert self._inspector is not None, "apply comes first"  # noqa: S101 - the protocol's promise
        self._probed = True
        with self._interruptible():
            try:
                observations = self._inspector.judge(points, self._changed_at)
            except Refusal as refusal:  # what was there when the run was planned is not there any more
                first = refusal.diagnostics[0]
                raise WorldFailed(first.message, *first.help, code=first.code) from refusal
        by = self._modules.evidence
        return [replace(each, evidence=(*each.evidence, by)) if each and by else each for each in observations]

    # --- after ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Remove everything that the run created; what is left, and how to remove it, is in the failure.

        Where an interrupt comes in between, its notes say so, and this may be called again.
        """
        if self._closed:
            return
        unenforced = self._find_unenforced() if sys.exception() is None else None
        try:
            with self._interruptible():
                left = self._leave()
        except WorldFailed as failure:
            self._closed = True
            raise self._left_behind(failure) from failure
        except KeyboardInterrupt as interrupt:
            if self._ledger.held:
                left_behind = self._left_behind(None)
                interrupt.add_note(f"{left_behind}: {left_behind.diagnostic.help[0]}")
            raise
        self._closed = True
        if left:
            self._tell(left)
        if unenforced is not None:
            raise unenforced

    def _find_unenforced(self) -> WorldFailed | None:
        """What the canary says at last, where nobody has asked it: what is allowed is so on any cluster."""
        try:
            if self._probed and self._canary is not None:
                self._canary.result()
        except WorldFailed as failure:
            return failure
        return None

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """End what runs beside the one who is interrupted."""
        try:
            yield
        except KeyboardInterrupt:
            shell.end_all()
            raise

    def _leave(self) -> str:
        started = time.monotonic()
        if self._canary is not None:
            self._canary.stop()
        shell.end_all()
        if self._canary is not None:
            self._canary.join(2.0)
        if not self._ledger.held:
            return ""
        self._modules.stop(TERRAFORM_ENDS)
        interrupted = isinstance(sys.exception(), KeyboardInterrupt)  # while it is dealt with, the runner closes us
        if self._options.keep:
            if self._options.cluster_goes:
                self._modules.destroy(hurried=interrupted)
            self._modules.forget()
            with contextlib.suppress(*(WorldFailed,) if self._options.cluster_goes else ()):
                self._ledger.release(kept=True)
            return ""
        return self._clean_up(started, hurried=interrupted)

    def _clean_up(self, started: float, *, hurried: bool) -> str:
        """Remove what the run created; what is still going, in words. `started` is when the run began to end."""
        kubectl = replace(self._kubectl, patience=CLOSING / 2)
        selector = of_run(self._options.run_id) if self._cleared else of_all()
        with alongside(1) as beside:
            destroyed = beside.submit(self._modules.destroy, hurried=hurried)
            take_back(kubectl, selector, self._ledger)
            destroyed.result()
        until = started + (CLOSING_SOON if hurried else CLOSING)
        left = wait_until_gone(kubectl, selector, max(1.0, until - time.monotonic()))
        self._ledger.release()
        self._modules.forget()
        return left

    def _left_behind(self, failure: WorldFailed | None) -> WorldFailed:
        why = f": {failure}" if failure is not None else ""
        selector = of_run(self._options.run_id)
        return WorldFailed(
            f"what this run created was not all removed{why}",
            f"`netpolspec down --context {self._options.context}` removes it, and so does the next run",
            f"to see it: {self._kubectl.line('get', 'namespaces', '-l', selector)}",
            code="left-behind",
        )

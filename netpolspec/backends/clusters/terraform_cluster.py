"""`netpolspec up --cluster FOLDER`: a cluster that a Terraform module makes, and that Terraform destroys again.

What a module must have: an output `context`, and an output `kubeconfig` that holds that context, as text or as the
path of a file. Where it declares the variables `name` and `kubeconfig_path`, it is given the cluster's name, and a
place for its credentials that is not the user's own.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec import shell
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.clusters import kindctl
from netpolspec.backends.clusters.kind_cluster import ALIVE_TIMEOUT, KindCluster
from netpolspec.backends.kubectl import Kubectl
from netpolspec.backends.state import make_folder
from netpolspec.backends.tools import HELM, KUBECTL, TERRAFORM, demand
from netpolspec.backends.world.terraform import TerraformFailed
from netpolspec.diagnostics import DOCUMENTATION, Diagnostic, Refusal
from netpolspec.load.terraform.command import Terraform
from netpolspec.load.terraform.copy import Written, copy_modules
from netpolspec.load.terraform.job import Job, open_job
from netpolspec.load.terraform.static import Folders, Found
from netpolspec.load.terraform.values import Request
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.backends.clusters.blueprint import Blueprint, Facts
    from netpolspec.backends.clusters.records import Place
    from netpolspec.backends.readiness import Tell
    from netpolspec.source import Span

APPLY_TIMEOUT = 1200.0
"""Seconds that a cluster may take to be made, or to be destroyed: in a cloud it takes its time."""
_OUTPUTS = {"context": "the context of the cluster", "kubeconfig": "the kubeconfig that holds it, or its path"}
_NEEDED = f"what a module for 'up --cluster' must have: {DOCUMENTATION}/clusters.md"


@dataclass(frozen=True, slots=True)
class ClusterModule:
    """A module that makes a cluster, checked."""

    job: Job
    shown: str
    """As the user names its folder."""


def open_module(folder: str, variables: Mapping[str, str], name: str, kubeconfig: Path) -> ClusterModule:
    """A module that makes a cluster, with values for its variables.

    Args:
        folder: its path
        variables: what the user gives
        name: the cluster's
        kubeconfig: where the module is to put the credentials

    Raises:
        Refusal: it cannot be read, has not the outputs that it needs, or a value is wrong
    """
    place = Source("<command line>", folder).span(0, len(folder))
    declared = _declared(folder, place)
    ours = {"name": name, "kubeconfig_path": str(kubeconfig)}
    values = {key: each for key, each in ours.items() if key in declared} | dict(variables)
    spans = {key: _argument(key, each) for key, each in variables.items()}
    job = open_job(Request(folder, place, values, spans), Found())
    missing = [name for name in _OUTPUTS if name not in job.root.configuration.outputs]
    if missing:
        message = f"module '{folder}' has no output '{missing[0]}': {_OUTPUTS[missing[0]]}"
        raise Refusal(Diagnostic("terraform-output", message, place, (_NEEDED,)))
    return ClusterModule(job, folder)


def _declared(folder: str, place: Span) -> Mapping[str, object]:
    if not Path(folder).is_dir():
        raise Refusal(Diagnostic("unreadable-file", f"'{folder}' is no folder", place))
    return Folders().root(folder).variables


def _argument(name: str, value: str) -> Span:
    text = f"{name}={value}"
    return Source("<command line>", text).span(0, len(text))


class TerraformCluster(KindCluster):
    """One cluster, made by a module; everything after that is as with a cluster of kind's."""

    def __init__(self, blueprint: Blueprint, module: ClusterModule, tell: Tell) -> None:
        """Nothing is touched yet.

        Args:
            blueprint: its name, and the network plugin to install
            module: what makes it
            tell: shows what is being waited for
        """
        super().__init__(blueprint, tell, keep=True)
        self._module = module

    @property
    def kubectl(self) -> Kubectl:
        """Kubectl for this cluster, by a kubeconfig that knows no other."""
        record = self._place.read()
        return Kubectl(record.context if record is not None else "", str(self._place.kubeconfig))

    def _demand_tools(self) -> None:
        helm = (HELM,) if self.blueprint.needs_helm else ()
        demand((TERRAFORM, KUBECTL, *helm))

    def _exists(self) -> bool:
        if self._place.read() is None and shutil.which("kind") and self.blueprint.name in kindctl.clusters():
            raise WorldFailed(
                f"kind has a cluster '{self.blueprint.name}' already",
                "to make another one beside it: name=NAME, or --cluster-name NAME",
                code="cluster-exists",
            )
        return self._place.kubeconfig.exists()

    def _is_otherwise(self, facts: Facts) -> str | None:
        made_by = facts.get("module")
        if made_by != str(self._module.job.root.configuration.folder):
            return f"it was made by {made_by or 'kind'}"
        return None

    def _facts(self) -> Facts:
        return {**super()._facts(), "module": str(self._module.job.root.configuration.folder)}

    def _create(self) -> None:
        module, place = self._module, self._place
        self._tell(f"terraform apply: {module.shown}")
        work = work_of(place)
        shutil.rmtree(work, ignore_errors=True)
        make_folder(work)
        target = work / "copy"
        target.mkdir()
        copy = copy_modules(module.job.modules, target)
        (work / "given.tfvars.json").write_text(json.dumps(module.job.given), encoding="utf-8")
        (work / "root").write_text(str(copy.root.relative_to(work.resolve())), encoding="utf-8")
        terraform = _terraform(place, copy.files, module.job)
        try:
            terraform.init()
        except Refusal as refusal:
            raise TerraformFailed([_without_static(each) for each in refusal.diagnostics]) from refusal
        finished = terraform.apply((f"-var-file={work / 'given.tfvars.json'}",), timeout=APPLY_TIMEOUT)
        if not finished.ok:
            raise TerraformFailed(terraform.explain(finished))
        self._take_kubeconfig(terraform)

    def _take_kubeconfig(self, terraform: Terraform) -> None:
        """Keep the one context that the module tells of."""
        finished = terraform.run(("output", "-json", "-no-color"))
        said = json.loads(finished.stdout) if finished.ok else {}
        held = {name: str(said.get(name, {}).get("value") or "") for name in _OUTPUTS}
        empty = next((name for name, value in held.items() if not value), None)
        if empty is not None:
            message = f"module '{self._module.shown}' gives no value to its output '{empty}'"
            raise WorldFailed(message, _NEEDED, code="terraform-output")
        source = Path(held["kubeconfig"]).expanduser() if "\n" not in held["kubeconfig"] else None
        if source is None:
            source = work_of(self._place) / "told"
            source.touch(mode=0o600)
            source.write_text(held["kubeconfig"], encoding="utf-8")
        view = ("config", "view", "--raw", "--flatten", "--minify")
        one = Kubectl(held["context"], str(source)).check(*view, timeout=ALIVE_TIMEOUT)
        self._place.kubeconfig.touch(mode=0o600)
        self._place.kubeconfig.write_text(one, encoding="utf-8")
        record = self._place.read()
        if record is not None:
            self._place.write(replace(record, context=held["context"]))

    def _destroy(self, settle: float) -> None:
        destroy(self._place, self._tell, settle=settle)

    def _export(self) -> None:
        """Its context stays where it is: `netpolspec run --on cluster` takes the kubeconfig's path."""


def work_of(place: Place) -> Path:
    """Where terraform works for a cluster."""
    return place.folder / "terraform"


def destroy(place: Place, tell: Tell, *, settle: float = 0.0) -> None:
    """Have terraform destroy a cluster, whatever is left of it.

    Args:
        place: the cluster's
        tell: shows what is done
        settle: seconds for which a cluster of kind's must stay away, where its making was cut short

    Raises:
        WorldFailed: terraform is missing, or does not do it
    """
    work = work_of(place)
    if (work / "root").exists() and any(work.rglob("terraform.tfstate")):
        tell(f"terraform destroy: cluster '{place.name}'")
        terraform = _terraform(place, {}, None)
        try:
            finished = terraform.apply(("-destroy", f"-var-file={work / 'given.tfvars.json'}"), timeout=APPLY_TIMEOUT)
        except shell.ToolMissing as missing:
            raise WorldFailed(str(missing), f"to install it: {TERRAFORM.advice()}", code="no-tool") from missing
        if not finished.ok:
            wrong = terraform.explain(finished)[0]
            raise WorldFailed(
                f"cluster '{place.name}' cannot be destroyed: {wrong.message}",
                *wrong.help,
                f"to try it by hand: {finished.line}",
                code="terraform-failed",
            )
    if settle and shutil.which("kind") and place.name in kindctl.clusters():
        kindctl.delete(place.name, settle=settle)  # what was being made is in no state
    shutil.rmtree(work, ignore_errors=True)


def _terraform(place: Place, files: Mapping[Path, Written], job: Job | None) -> Terraform:
    work = work_of(place)
    root = work.resolve() / (work / "root").read_text(encoding="utf-8")
    span = job.request.place if job is not None else Source(str(root), "").span(0, 0)
    secrets = frozenset(job.found.secrets) if job is not None else frozenset()
    # What the module, or kind, writes without being told where, does not go to the user's own kubeconfig.
    return Terraform(root, work, work / "kubeconfig", files, span, secrets=secrets, lend=(place.descriptor,))


def _without_static(diagnostic: Diagnostic) -> Diagnostic:
    """A module that is to be applied cannot be read in another way."""
    if diagnostic.code not in ("terraform-provider", "terraform-provider-version"):
        return diagnostic
    help_ = tuple(each for each in diagnostic.help if "static" not in each)
    mirror = "where a mirror has it: TF_CLI_CONFIG_FILE names the file that says so"
    return replace(diagnostic, help=(*help_, mirror))

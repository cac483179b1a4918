"""Plans of root modules: what can be said before terraform is started, one plan for many, and what it says of each."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal, Severity
from netpolspec.load.hcl.blocks import Place
from netpolspec.load.hcl.tree import GetAttr, Name
from netpolspec.load.terraform.command import Terraform, write_nowhere
from netpolspec.load.terraform.copy import copy_modules
from netpolspec.load.terraform.job import Job, open_job
from netpolspec.load.terraform.lint import set_traps
from netpolspec.load.terraform.plan import convert_planned, planned_resources, several_clusters
from netpolspec.load.terraform.reading import Reader, make_reading, read_statically, refused
from netpolspec.load.terraform.secrets import scrub
from netpolspec.load.terraform.static import Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netpolspec.load.hcl.configuration import Configuration
    from netpolspec.load.hcl.tree import Body
    from netpolspec.load.terraform.copy import Written
    from netpolspec.load.terraform.plan import Planned
    from netpolspec.load.terraform.reading import Reading
    from netpolspec.load.terraform.values import Request

_FALLS_BACK = ("terraform-provider", "terraform-provider-version")
"""What does not keep the static reader from saying what a module means."""


class Planner:
    """Reads root modules by plans, as many with one plan as can be."""

    def __init__(self, requests: Sequence[Request], allowed: frozenset[str], *, falls_back: bool) -> None:
        self._requests = requests
        self._falls_back = falls_back
        self._allowed = allowed
        self._readings: dict[int, Reading] = {}

    def read(self) -> tuple[Reading, ...]:
        """What the modules mean, in their order."""
        together: dict[int, Job] = {}
        for at, request in enumerate(self._requests):
            job = self._prepare(at, request)
            if job is None:
                continue
            if job.stands_alone:
                self._plan({at: job})
            else:
                together[at] = job
        if together and not self._plan(together, last=len(together) == 1):
            for at, job in together.items():
                self._plan({at: job})
        return tuple(self._readings[at] for at in range(len(self._requests)))

    def _prepare(self, at: int, request: Request) -> Job | None:
        """Everything that can be said before terraform is started."""
        found = Found()
        try:
            job = open_job(request, found)
        except Refusal as refusal:
            self._readings[at] = refused(*found.diagnostics, *refusal.diagnostics)
            return None
        obstacles = [each for module in job.modules for each in _obstacles(module, self._allowed)]
        if obstacles:
            why = obstacles[0].message
            self._readings[at] = read_statically(request, why) if self._falls_back else refused(*obstacles)
            return None
        found.diagnostics += (each for module in job.modules for each in _workspace(module))
        return job

    def _plan(self, jobs: dict[int, Job], *, last: bool = True) -> bool:
        """Plan some modules with one init and one plan; False where that failed and each alone may not."""
        try:
            planned = _run(list(jobs.values()))
        except Refusal as refusal:
            missing = all(each.code == "terraform-provider" for each in refusal.diagnostics)
            if not last and not missing:
                return False  # each alone, so that one that is wrong does not spoil the others
            for at, job in jobs.items():
                self._readings[at] = self._failed(job, refusal.diagnostics)
            return True
        for (at, job), resources in zip(jobs.items(), planned, strict=True):
            _convert(job, resources)
            job.found.resources = [replace(each, module=job.request) for each in job.found.resources]
            self._readings[at] = make_reading(job.found, Reader.PLAN)
        return True

    def _failed(self, job: Job, diagnostics: Iterable[Diagnostic]) -> Reading:
        wrong = tuple(scrub(each, job.found.secrets) for each in diagnostics)
        if self._falls_back and all(each.code in _FALLS_BACK for each in wrong):
            return read_statically(job.request, wrong[0].message)
        return refused(*job.found.diagnostics, *wrong)


def _obstacles(module: Configuration, allowed: frozenset[str]) -> Iterable[Diagnostic]:
    """Why a plan of a module would ask a cluster, or start a provider that nobody allowed."""
    for (type_, name), block in module.data.items():
        if type_.startswith("kubernetes_"):
            message = f"data source '{type_}.{name}' asks a cluster, and reading has none"
            help_ = "make its value a variable, or use '--on cluster'"
            yield Diagnostic("terraform-data-source", message, block.span, (help_,))
    blocks = [(type_, block.body.attributes, block.span) for (type_, _), block in module.data.items()]
    used = [(type_, attributes.get("provider"), span) for type_, attributes, span in blocks]
    names = [(type_, None if held is None else held.value, span) for type_, held, span in used]
    names += [(block.type, block.provider, block.span) for block in module.resources.values()]
    for type_, provider, span in names:
        match provider:
            case Name(name) | GetAttr(Name(name)):
                pass
            case _:
                name = type_.partition("_")[0]
        if name not in ("kubernetes", "terraform") and name not in allowed:
            message = f"'{type_}' would start the provider '{name}', which nobody allowed"
            help_ = "allow it, or read the module with --terraform static"
            yield Diagnostic("terraform-foreign-provider", message, span, (help_,))


def _workspace(module: Configuration) -> Iterable[Diagnostic]:
    """A warning where a module asks for its workspace: a plan of ours has none but the default one."""
    for source in module.sources:
        at = source.text.find("terraform.workspace")
        if at >= 0:
            span = source.span(at, at + len("terraform.workspace"))
            message = "the workspace is 'default' in this plan, whatever it is elsewhere"
            yield Diagnostic("terraform-workspace", message, span, severity=Severity.WARNING)


def _run(jobs: list[Job]) -> list[list[Planned]]:
    """The planned resources of each job; raises Refusal."""
    with tempfile.TemporaryDirectory(prefix="netpolspec-terraform-", ignore_cleanup_errors=True) as name:
        scratch = Path(name).resolve()
        kubeconfig = scratch / "kubeconfig"
        write_nowhere(kubeconfig)
        files: dict[Path, Written] = {}
        roots = []
        for at, job in enumerate(jobs):
            target = scratch / f"m{at}"
            target.mkdir()
            copy = copy_modules(job.modules, target)
            files |= copy.files
            roots.append(copy.root)
        secrets = frozenset(secret for job in jobs for secret in job.found.secrets)
        arguments: list[str] = []
        variables: dict[str, str] = {}
        if len(jobs) == 1:
            folder = roots[0]
            (scratch / "given.tfvars.json").write_text(json.dumps(jobs[0].given), encoding="utf-8")
            arguments.append(f"-var-file={scratch / 'given.tfvars.json'}")
            variables = dict(jobs[0].request.environment)
        else:
            folder = scratch / "root"
            folder.mkdir()
            calls = {
                f"m{at}": {"source": f"../{root.relative_to(scratch)}", **job.arguments}
                for at, (job, root) in enumerate(zip(jobs, roots, strict=True))
            }
            (folder / "main.tf.json").write_text(json.dumps({"module": calls}), encoding="utf-8")
        terraform = Terraform(folder, scratch, kubeconfig, files, jobs[0].request.place, variables, secrets)
        terraform.init()
        plan = terraform.plan(arguments)
    resources = list(planned_resources(plan))
    if len(jobs) == 1:
        jobs[0].found.diagnostics += several_clusters(plan, (), jobs[0].request.place)
        return [resources]
    split: list[list[Planned]] = []
    for at, job in enumerate(jobs):
        name, prefix = f"m{at}", f"module.m{at}."
        job.found.diagnostics += several_clusters(plan, (name,), job.request.place)
        split.append(
            [
                replace(each, module=each.module[1:], address=each.address.removeprefix(prefix))
                for each in resources
                if each.module[:1] == (name,)
            ]
        )
    return split


def _convert(job: Job, resources: list[Planned]) -> None:
    found = job.found
    for planned in resources:
        place, body = _find(planned, job)
        made, wrong = convert_planned(planned, place, body, found.secrets)
        found.resources += made
        found.diagnostics += wrong
    for module in job.modules:
        for block in module.resources.values():
            found.diagnostics += set_traps(block, module)
    found.finish()


def _find(planned: Planned, job: Job) -> tuple[Place, Body | None]:
    """Where a planned resource stands in the files, and its block's body; of a remote module, the call."""
    by_folder = {module.folder: module for module in job.modules}
    configuration = job.root.configuration
    for name in planned.module:
        call = configuration.calls[name]
        called = by_folder.get((configuration.folder / call.source).resolve())
        if called is None:
            return Place(call.source_span, call.source_span), None
        configuration = called
    block = configuration.resources[planned.type, planned.name]
    return Place(block.span, block.span), block.body

"""The Terraform modules of a run's worlds, brought about in its cluster by `terraform apply`.

All modules that can be called are called from one root module, so that a step takes one apply and terraform itself
sees what differs. A module of the same folder takes the place of one that goes: what both hold is changed, not made
anew. Those that must be root modules have a folder and a state each.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from netpolspec.backends import tree
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.kubectl import is_passing
from netpolspec.backends.marks import RUN, TEMPLATES, USUAL_KINDS
from netpolspec.backends.world.terraform_roots import AloneRoot, SharedRoot
from netpolspec.backends.world.terraform_works import Work, targets
from netpolspec.diagnostics import DOCUMENTATION, Diagnostic, Note, Refusal
from netpolspec.load.resource import Key
from netpolspec.load.terraform.kinds import ADOPTING, made_by
from netpolspec.load.terraform.types import TYPES
from netpolspec.plan.model import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.backends.options import LiveOptions
    from netpolspec.backends.world.ledger import Ledger
    from netpolspec.backends.world.terraform_works import Instance
    from netpolspec.load.plain import Json
    from netpolspec.load.terraform.job import Job
    from netpolspec.load.terraform.values import Request
    from netpolspec.plan.model import Scenario, World

APPLY_TIMEOUT = 120.0
"""Seconds for an apply, besides those that pods may take to be ready."""
RETRY_FOR = 60.0
"""Seconds for which an apply is repeated that failed because the API server was away, or something comes soon."""
DESTROY_TIMEOUT = 60.0
HURRIED_TIMEOUT = 4.0
"""Seconds for a destroy at the end of a run; an interrupted one is to end within 10 s."""


class TerraformFailed(WorldFailed):
    """terraform did not do what it was asked to; drawn at the line of the `.tf` file that it is about."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        first, *others = diagnostics
        super().__init__(first.message, *first.help, code=first.code)
        more = (Note(each.message, each.span) if each.span is not None else each.message for each in others)
        self.diagnostic = replace(first, notes=(*first.notes, *more))


@dataclass(slots=True)
class Modules:
    """The modules of a run, and which of them are in force. Not for several threads at once."""

    kubectl: Kubectl
    options: LiveOptions
    ledger: Ledger
    tell: Callable[[str], None]
    active: dict[int, Request] = field(default_factory=dict)
    """The modules that are in force, by identity."""
    made: dict[Key, int] = field(default_factory=dict)
    """By which module each object was made."""
    uids: dict[str, str] = field(default_factory=dict)
    """Those of the namespaces that were made."""
    strayed: dict[Key, int] = field(default_factory=dict)
    """Objects that are gone although the state has them, with their modules."""
    seconds: float = 0.0
    """How long terraform has worked."""
    _marked: bool = True
    """Whether everything that terraform has made has the run's label, as far as it can have one."""
    _requests: dict[int, Request] = field(default_factory=dict)
    _work: Work | None = None
    _shared: SharedRoot | None = None
    _alone: dict[int, AloneRoot] = field(default_factory=dict)

    # --- before ---------------------------------------------------------------------------------------------------

    def prepare(self, scenarios: Sequence[Scenario]) -> None:
        """Lay out the modules of all worlds, and let terraform install what they need; nothing where there are none.

        Raises:
            WorldFailed: terraform or a provider is missing, or a module may not be applied
        """
        worlds = (step.world for each in scenarios for step in each.steps if isinstance(step, Change))
        for world in worlds:
            self._requests |= requests_of(world)
        if not self._requests:
            return
        try:
            self._lay_out()
        except Refusal as refusal:
            raise TerraformFailed(refusal.diagnostics) from refusal

    def _lay_out(self) -> None:
        from netpolspec.load.terraform.command import find_terraform
        from netpolspec.load.terraform.job import open_job
        from netpolspec.load.terraform.static import Found

        place = next(iter(self._requests.values())).place
        if find_terraform() is None:
            help_ = ("`netpolspec doctor` says how to install it",)
            raise TerraformFailed((Diagnostic("terraform-missing", "terraform is not installed", place, help_),))
        jobs = {at: open_job(request, Found()) for at, request in self._requests.items()}
        for job in jobs.values():
            self._refuse_adoption(job)
        self._work = work = Work.begin(self.kubectl, self.options.run_id)
        alone = {at: job for at, job in jobs.items() if job.stands_alone or job.names_providers}
        together = {at: job for at, job in jobs.items() if at not in alone}
        self.tell(f"terraform init: {count(jobs)}")
        if together:
            self._shared = SharedRoot(work, together, self.options.run_id)
            try:
                self._shared.init()
            except Refusal:  # each alone, so that two that want different versions do not spoil each other
                if len(together) == 1:
                    raise
                self._shared = None
                alone = jobs
        for at, job in alone.items():
            self._alone[at] = AloneRoot(work, f"a{len(self._alone)}", job, self.options.run_id)
            self._alone[at].init()
        types = {block.type for job in jobs.values() for module in job.modules for block in module.resources.values()}
        made = filter(None, map(made_by, sorted(types)))
        self.ledger.note(kinds=(each.asked for each in made if each.kind not in USUAL_KINDS))

    def _refuse_adoption(self, job: Job) -> None:
        if self.options.allow_existing:
            return
        for module in job.modules:
            for block in module.resources.values():
                if block.type in ADOPTING:
                    message = f"'{block.type}' changes objects that are there already"
                    help_ = ("--allow-existing lets the run change objects that are there already",)
                    raise Refusal(Diagnostic("existing", message, block.span, help_))

    # --- which are in force ---------------------------------------------------------------------------------------

    def successors(self, world: World) -> Mapping[int, int]:
        """Which modules of a world take the place of which that are in force now."""
        wanted = requests_of(world)
        if self._shared is None:
            return {}
        return self._shared.successors(wanted, _keys_of(world), self.made)

    def bring(self, wanted: Mapping[int, Request], world: World) -> None:
        """Have these modules in force and no others, by one apply for all that can be together.

        Raises:
            WorldFailed: terraform failed; some of it may have come about
        """
        if wanted.keys() == self.active.keys():
            return
        began = time.monotonic()
        self._marked = False
        leaving = self.active.keys() - wanted.keys()
        stray = bool(leaving & set(self.strayed.values()))
        try:
            for at, root in self._alone.items():
                if at in leaving:
                    self._apply(root, 0, "-destroy", *_refresh(stray))
            if self._shared is not None and self._shared.assign(wanted, _keys_of(world), self.made):
                self._apply(self._shared, len(wanted), *_refresh(stray))
            for at, root in self._alone.items():
                if at in wanted and at not in self.active:
                    self._apply(root, 1, *_refresh(stray))
        finally:
            self.seconds += time.monotonic() - began
        self.active = dict(wanted)
        if stray:  # what was only missed is there again
            self.strayed = {}
        self._look(world)

    def _look(self, world: World) -> None:
        """Learn what there is now; kinds that are no part of worlds do not count."""
        self.made, self.uids = {}, {}
        labelled = set()
        for at, instance in self._instances():
            key = _key(instance)
            if key is not None and key not in self.strayed:
                self.made[key] = at
                labelled |= {key} if instance.labelled else set()
                if key.kind == "Namespace":
                    self.uids[key.name] = tree.text(tree.rows(instance.attributes, "metadata")[0], "uid")
        for key, resource in world.items():
            if resource.module is not None and id(resource.module) in self.active and key not in self.strayed:
                self.made[key] = id(resource.module)
        self._label({key: world[key].manifest if key in world else stub(key) for key in self.made.keys() - labelled})
        self._marked = True

    def _label(self, objects: Mapping[Key, Mapping[str, Json]]) -> None:
        """Put the run's label on what terraform has made without: modules from afar, and those that read labels."""
        if not objects:
            return
        label = {RUN: self.options.run_id}
        for key, manifest in objects.items():
            patch: dict[str, Json] = {"metadata": {"labels": label}}
            for path in TEMPLATES:
                if tree.value(manifest, *path) is not None:
                    patch = tree.put(patch, (*path, "metadata", "labels"), label)
            where = ("-n", key.namespace) if key.namespace else ()
            kind = f"{key.kind}.{group}" if (group := str(manifest["apiVersion"]).rpartition("/")[0]) else key.kind
            self.kubectl.check(*where, "patch", kind, key.name, "--type=merge", "-p", json.dumps(patch))

    def stray(self, keys: Iterable[Key]) -> None:
        """These were removed by others than terraform."""
        for key in keys:
            if key in self.made:
                self.strayed[key] = self.made.pop(key)

    def returned(self, keys: Iterable[Key]) -> None:
        """These are there again, made by others than terraform."""
        for key in keys:
            if key in self.strayed:
                self.made[key] = self.strayed.pop(key)

    def _instances(self) -> Iterator[tuple[int, Instance]]:
        if self._shared is not None:
            yield from self._shared.instances()
        for at, root in self._alone.items():
            yield from ((at, each) for each in root.instances() if at in self.active)

    def _apply(self, root: SharedRoot | AloneRoot, modules: int, *arguments: str) -> None:
        self.tell(f"terraform apply: {count(range(modules))}" if modules else "terraform destroy")
        deadline = time.monotonic() + RETRY_FOR
        pause = 0.2
        while True:
            wrong = root.apply(arguments, APPLY_TIMEOUT + self.options.ready_timeout)
            if not wrong:
                return
            if not all(map(_may_pass, wrong)) or time.monotonic() > deadline:
                raise TerraformFailed([_with_advice(each) for each in wrong])
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    @property
    def evidence(self) -> str:
        """Which modules terraform has applied, for reports; empty where there are none."""
        folders = dict.fromkeys(request.shown or request.folder for request in self.active.values())
        return f"applied by terraform: {', '.join(folders)}" if folders else ""

    # --- after ----------------------------------------------------------------------------------------------------

    def stop(self, seconds: float) -> None:
        """Wait until no terraform of ours runs any more: what it still makes, nobody would remove."""
        if self._work is not None:
            self._work.wait(seconds)

    def destroy(self, *, hurried: bool) -> None:
        """Have terraform destroy what cannot be found by a label; where it has not the time, a later run does it."""
        for root in (self._shared, *self._alone.values()):
            left = () if root is None else targets(root.folder, marked=self._marked)
            if root is not None and left:
                root.apply(("-destroy", *left), HURRIED_TIMEOUT if hurried else DESTROY_TIMEOUT)

    def forget(self) -> None:
        """Remove the work folder, unless something is left that only terraform can remove."""
        work, self._work = self._work, None
        if work is not None and not any(targets(root, marked=self._marked) for root in work.roots()):
            work.remove()
        elif work is not None:
            work.release()


def requests_of(world: World) -> dict[int, Request]:
    """The modules that a world holds, by identity."""
    return {id(each.module): each.module for each in world.values() if each.module is not None}


def count(modules: Collection[object]) -> str:
    """How many modules, in words."""
    return f"{len(modules)} module{'' if len(modules) == 1 else 's'}"


def _keys_of(world: World) -> Mapping[int, frozenset[Key]]:
    """The objects of each module of a world."""
    found: dict[int, set[Key]] = {}
    for key, resource in world.items():
        if resource.module is not None:
            found.setdefault(id(resource.module), set()).add(key)
    return {at: frozenset(keys) for at, keys in found.items()}


def _refresh(stray: bool) -> tuple[str, ...]:  # noqa: FBT001 - a yes or no that becomes another
    """The state is our own, and true, unless objects were removed behind its back."""
    return () if stray else ("-refresh=false",)


def _key(instance: Instance) -> Key | None:
    """The key of what terraform has made, where it is one object that has one."""
    made = made_by(instance.type)
    metadata = tree.rows(instance.attributes, "metadata")
    if made is None or not metadata or instance.type not in TYPES:
        return None
    return Key(made.kind, tree.text(metadata[0], "namespace"), tree.text(metadata[0], "name"))


def stub(key: Key) -> Mapping[str, Json]:
    """As much of an object's manifest as it takes to delete it; that of a kind that a module makes."""
    made = made_by(f"kubernetes_{_snake(key.kind)}")
    version = made.api_version if made is not None else "v1"
    place: dict[str, Json] = {"namespace": key.namespace} if key.namespace else {}
    return {"apiVersion": version, "kind": key.kind, "metadata": {"name": key.name, **place}}


def _snake(kind: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("_")


def _said(diagnostic: Diagnostic) -> str:
    notes = (note.message if isinstance(note, Note) else note for note in diagnostic.notes)
    return " ".join((diagnostic.message, *diagnostic.help, *notes))


def _may_pass(diagnostic: Diagnostic) -> bool:
    said = _said(diagnostic)
    return "error looking up service account" in said or is_passing(said)


_ADVICE: Iterable[tuple[str, str]] = (
    # What the API server says by way of the provider, and what to do then.
    ("already exists", "terraform does not take over what it did not make; give it another name"),
    ("is being terminated", "something that an earlier run or somebody else deletes; run it again in a while"),
    (
        "forbidden",
        f"the right for this is missing, or the cluster does not admit it; the role: {DOCUMENTATION}/rbac.md",
    ),
    ("connection refused", "the API server is away; is the cluster up?"),
)


def _with_advice(diagnostic: Diagnostic) -> Diagnostic:
    advice = next((advice for sign, advice in _ADVICE if sign in _said(diagnostic)), None)
    return diagnostic if advice is None else replace(diagnostic, help=(*diagnostic.help, advice))

"""Plans that were made elsewhere, where the credentials are: what `terraform show -json PLAN` printed of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from netpolspec.diagnostics import Diagnostic, Refusal, Severity
from netpolspec.load.files import read_source
from netpolspec.load.hcl.blocks import Place
from netpolspec.load.hcl.json_syntax import read_document
from netpolspec.load.terraform.plan import Planned, convert_planned, planned_resources, several_clusters
from netpolspec.load.terraform.reading import Reader, Reading, make_reading
from netpolspec.load.terraform.static import Found
from netpolspec.load.terraform.types import may_change_policies, schema_of
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netpolspec.load.resource import Resource
    from netpolspec.source import Span


def read_plan_json(path: Path, place: Span, shown: str | None = None) -> Reading:
    """What there will be once a plan is carried out.

    Args:
        path: The file.
        place: What names it, for messages.
        shown: How messages call it; the path itself where it is None.
    """
    try:
        return _PlanFile.open(read_source(path, place=place, shown=shown), place).after()
    except Refusal as refusal:
        return Reading((), refusal.diagnostics, Reader.PLAN_FILE)


# --- what a plan changes ------------------------------------------------------------------------------------------


class Action(StrEnum):
    """What a plan does to a resource."""

    CREATED = "created"
    CHANGED = "changed"
    REPLACED = "replaced"
    DELETED = "deleted"
    KEPT = "unchanged"
    FORGOTTEN = "forgotten"
    """It leaves the state, and stays where it is."""


_ACTIONS = {
    ("create",): Action.CREATED,
    ("update",): Action.CHANGED,
    ("delete",): Action.DELETED,
    ("delete", "create"): Action.REPLACED,
    ("create", "delete"): Action.REPLACED,
    ("forget",): Action.FORGOTTEN,
}


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """What a plan does to one resource, whose objects are known."""

    address: str
    action: Action
    before: tuple[Resource, ...]
    after: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a plan finds, and what it leaves."""

    before: Reading
    after: Reading
    each: tuple[PlannedChange, ...]
    """In the order of their addresses."""

    @property
    def secrets(self) -> frozenset[str]:
        """The text of sensitive values on both sides."""
        return self.before.secrets | self.after.secrets


def read_changes(source: Source, place: Span) -> Changes:
    """What a plan changes. What it only keeps and is not read is left out with a warning.

    Args:
        source: The plan's JSON.
        place: What names it, for messages.

    Raises:
        Refusal: it is no plan, or one that does not say everything.
    """
    return _PlanFile.open(source, place).changes()


@dataclass(slots=True)
class _PlanFile:
    plan: dict[str, Any]
    source: Source
    """The text with nothing in it but the addresses of resources: what a message draws shows no values."""
    place: Span
    actions: dict[str, Action] = field(default_factory=dict)
    """Of each address."""

    @classmethod
    def open(cls, source: Source, place: Span) -> _PlanFile:
        """Read a plan; raises Refusal."""
        blank = Source(source.path, _addresses_of(source.text))
        try:
            plan, _ = read_document(source)
        except Refusal as refusal:
            raise Refusal(*(_without_text(each, blank, place) for each in refusal.diagnostics)) from None
        _check(plan, place)
        found = cls(plan, blank, place)
        for change in found._managed():
            actions = tuple(change.get("change", {}).get("actions", ()))
            found.actions[change["address"]] = _ACTIONS.get(actions, Action.KEPT)
        return found

    def _managed(self) -> Iterator[dict[str, Any]]:
        for change in self.plan.get("resource_changes", ()):
            if change.get("mode") == "managed" and "deposed" not in change:
                yield change

    def after(self, made: dict[str, tuple[Resource, ...]] | None = None, *, lenient: bool = False) -> Reading:
        """What there will be; `made` takes the objects of each address."""
        found = Found()
        if self.plan.get("complete") is False:
            message = "the plan is not complete: it leaves out a part of the configuration"
            found.diagnostics.append(Diagnostic("terraform-plan", message, self.place, severity=Severity.WARNING))
        for planned in planned_resources(self.plan):
            self._convert(planned, found, {} if made is None else made, lenient=lenient)
        found.diagnostics += several_clusters(self.plan, (), self.place)
        return make_reading(found.finish(), Reader.PLAN_FILE)

    def changes(self) -> Changes:
        """What there is, what there will be, and what becomes of what."""
        made: tuple[dict[str, tuple[Resource, ...]], dict[str, tuple[Resource, ...]]] = ({}, {})
        found = Found()
        for change in self._managed():
            held = change.get("change", {})
            if held.get("before") is None:
                continue
            marks = held.get("before_sensitive")
            planned = Planned(
                change["address"], (), change["type"], change["name"], "", held["before"], {}, marks, None
            )
            self._convert(planned, found, made[0], lenient=True)
        before = make_reading(found.finish(), Reader.PLAN_FILE)
        after = self.after(made[1], lenient=True)
        stays = tuple(
            resource
            for at, action in self.actions.items()
            if action is Action.FORGOTTEN
            for resource in made[0].get(at, ())
        )
        each = tuple(
            PlannedChange(at, self.actions[at], made[0].get(at, ()), made[1].get(at, ()))
            for at in sorted(self.actions)
            if at in made[0] or at in made[1]
        )
        return Changes(before, replace(after, resources=(*after.resources, *stays)), each)

    def _convert(self, planned: Planned, found: Found, made: dict[str, tuple[Resource, ...]], *, lenient: bool) -> None:
        span = self._span(planned.address)
        kept = self.actions.get(planned.address, Action.KEPT) in (Action.KEPT, Action.FORGOTTEN)
        if lenient and kept and schema_of(planned.type) is None and may_change_policies(planned.type):
            message = f"'{planned.address}' is not read, so what it may hold is left out; the plan does not change it"
            found.diagnostics.append(Diagnostic("terraform-unread", message, span, severity=Severity.WARNING))
            return
        resources, wrong = convert_planned(planned, Place(span, span), None, found.secrets)
        found.resources += resources
        found.diagnostics += wrong
        if resources:
            made[planned.address] = tuple(resources)

    def _span(self, address: str) -> Span:
        written = json.dumps(address)
        at = self.source.text.find(written)
        return self.source.span(max(0, at), max(0, at) + len(written))


def _without_text(wrong: Diagnostic, blank: Source, place: Span) -> Diagnostic:
    """A message at its place in the file, whose line is not shown."""
    if wrong.span is None or not wrong.span.source.text:
        return replace(wrong, span=place)
    note = "the line is not shown: plans hold sensitive values as they are"
    return replace(wrong, span=blank.span(wrong.span.start, wrong.span.end), notes=(note,))


_MAJOR = ("0", "1")
"""Of the format's versions: "Reject any input which reports an unsupported major version" (JSON Output Format)."""


def _check(plan: dict[str, Any], place: Span) -> None:
    help_ = "terraform plan -out=PLAN && terraform show -json PLAN > PLAN.json"
    version = plan.get("format_version")
    if "planned_values" not in plan or version is None:
        raise Refusal(Diagnostic("terraform-plan", "this is not the JSON of a plan", place, (help_,)))
    if str(version).partition(".")[0] not in _MAJOR:
        message = f"this plan is in version {version} of its format, which is not known: versions 0 and 1 are"
        raise Refusal(Diagnostic("terraform-plan", message, place))
    if plan.get("errored"):
        raise Refusal(Diagnostic("terraform-plan", "this plan failed, so it does not say everything", place, (help_,)))


def _addresses_of(text: str) -> str:
    """A plan's text, everything but addresses blank: plans hold sensitive values as they are."""
    parts: list[str] = []
    at = 0
    for found in re.finditer(r'"address":\s*("(?:[^"\\]|\\.)*")', text):
        parts += (re.sub(r"[^\n]", " ", text[at : found.start(1)]), found[1])
        at = found.end(1)
    return "".join((*parts, re.sub(r"[^\n]", " ", text[at:])))

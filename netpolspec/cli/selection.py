"""Which scenarios of a plan are meant."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import wrong
from netpolspec.diagnostics import nearest

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from netpolspec.cli.inputs import Pick
    from netpolspec.plan.model import Included, Plan, Scenario


@dataclass(frozen=True, slots=True)
class Filters:
    """What `-k`, `--tag` and `--not-tag` say: one of the names, and one of the tags, and none of the others."""

    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.tags or self.not_tags)

    def match(self, scenario: Scenario) -> bool:
        """Whether a scenario is meant."""
        return (
            (not self.names or any(_named(scenario, name) for name in self.names))
            and (not self.tags or not scenario.tags.isdisjoint(self.tags))
            and scenario.tags.isdisjoint(self.not_tags)
        )


def select(plan: Plan, picks: Sequence[Pick], filters: Filters) -> tuple[Scenario, ...]:
    """The scenarios that are meant and those that they come after, in the order of the plan.

    Raises:
        Refusal: something is asked for that does not exist, or nothing is left.
    """
    if not filters and all(pick.name is None and pick.line is None for pick in picks):
        return plan.scenarios
    _check_filters(plan, filters)
    wanted: dict[int, Scenario] = {}
    for found in [picked(plan, pick) for pick in picks] or [plan.scenarios]:
        for scenario in found:
            if filters.match(scenario):
                _add_with_prerequisites(scenario, wanted)
    if not wanted:
        raise wrong("no scenario is left: what is picked by one option is left out by another")
    return tuple(scenario for scenario in plan.scenarios if id(scenario) in wanted)


def root_of(file: str, inputs: Container[str], included: Iterable[Included]) -> str:
    """The input to name on the command line so that a scenario of `file` runs: itself, or what includes it."""
    by = {one.file: one.by for one in reversed(tuple(included))}
    seen: set[str] = set()
    while file not in inputs and file in by and file not in seen:
        seen.add(file)
        file = by[file]
    return file


def _add_with_prerequisites(scenario: Scenario, wanted: dict[int, Scenario]) -> None:
    if id(scenario) not in wanted:
        wanted[id(scenario)] = scenario
        for before in scenario.after:
            _add_with_prerequisites(before, wanted)


def _named(scenario: Scenario, name: str) -> bool:
    return scenario.name == name or fnmatchcase(scenario.name, name)


def _check_filters(plan: Plan, filters: Filters) -> None:
    """Refuse names and tags that no scenario has: they are slips of the pen, not filters."""
    for name in filters.names:
        if not any(_named(scenario, name) for scenario in plan.scenarios):
            raise wrong(f"no scenario '{name}'", *_meant(name, [scenario.name for scenario in plan.scenarios]))
    tags = {tag for scenario in plan.scenarios for tag in scenario.tags}
    for tag in (*filters.tags, *filters.not_tags):
        if tag not in tags:
            raise wrong(f"no scenario has the tag '{tag}'", *_meant(tag, sorted(tags)))


def picked(plan: Plan, pick: Pick) -> tuple[Scenario, ...]:
    """The scenarios of one argument, without those that they come after.

    Raises:
        Refusal: it has none of the name, or at the line, that the argument says.
    """
    if pick.line is not None:
        return _at_line(plan, pick, pick.line)
    inside = [one for one in plan.scenarios if root_of(one.file, pick.files, plan.included) in pick.files]
    if pick.name is None:
        return tuple(inside)
    found = tuple(scenario for scenario in inside if _named(scenario, pick.name))
    if not found:
        where = pick.argument.partition("::")[0]
        raise wrong(f"no scenario '{pick.name}' in '{where}'", *_meant(pick.name, [one.name for one in inside]))
    return found


def the_one(plan: Plan, pick: Pick) -> Scenario:
    """The scenario that an argument means where there has to be one.

    Raises:
        Refusal: it means none, or several.
    """
    found = picked(plan, pick)
    if len(found) == 1:
        return found[0]
    if not found:
        raise wrong(f"'{pick.argument}' has no scenario", "a rule with an 'expect' of its own is one")
    hint = f"name one: '{min(pick.files)}::SCENARIO'"
    raise wrong(f"'{pick.argument}' has not one scenario", hint, *_meant("", [one.name for one in found]))


def _at_line(plan: Plan, pick: Pick, line: int) -> tuple[Scenario, ...]:
    inside = [scenario for scenario in plan.scenarios if scenario.file in pick.files]
    at = line
    if inside:  # the lines of its description belong to a rule
        source = inside[0].span.source
        while at < len(source.line_starts) and source.line_text(at).startswith("##"):
            at += 1
    found = tuple(one for one in inside if one.span.line <= at <= one.last_line)
    if not found:
        where = ", ".join(f"{one.name} ({one.span.line}-{one.last_line})" for one in inside[:8])
        raise wrong(f"no scenario at '{pick.argument}'", *([f"there are {where}"] if where else []))
    return found


def _meant(name: str, candidates: Sequence[str]) -> tuple[str, ...]:
    """What may have been meant, or what there is."""
    close = nearest(name, candidates)
    if close:
        return (f"did you mean '{close}'?",)
    most = 8
    shown = ", ".join(dict.fromkeys(candidates[:most]))
    more = f" and {len(candidates) - most} more" if len(candidates) > most else ""
    return (f"there are {shown}{more}",) if shown else ("there are none",)

"""What reports for programs say, as JSON has it; `schema/report.json` is the description for their readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from netpolspec.report.results import State, all_results, differing, state_of_point, state_of_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from netpolspec.backends.base import Observation
    from netpolspec.plan.model import Scenario
    from netpolspec.run.events import DecidedBy, PointResult, ScenarioEnded
    from netpolspec.source import Span

Value: TypeAlias = "str | int | float | bool | Sequence[Value] | Mapping[str, Value] | None"
Facts: TypeAlias = dict[str, Value]

VERSION = 1
"""Raised where a reader of the JSON forms would have to change; facts that are added do not count."""


def place(span: Span) -> Facts:
    """Where something stands; line and column from 1."""
    line, column = span.source.line_column(span.start)
    return {"file": span.source.path, "line": line, "column": column}


def scenario_named(scenario: Scenario) -> Facts:
    """Which scenario, and how much of it there is."""
    facts: Facts = {"name": scenario.name}
    if scenario.description:
        facts["description"] = scenario.description
    facts["at"] = place(scenario.span)
    if scenario.tags:
        facts["tags"] = sorted(scenario.tags)
    return {**facts, "points": scenario.points}


def scenario_ended(event: ScenarioEnded, again: Callable[[Scenario], str | None]) -> Facts:
    """How a scenario ended, with all its test points."""
    scenario = event.scenario
    facts = {**scenario_named(scenario), "status": state_of_scenario(event).value}
    if event.reason:
        facts["reason"] = event.reason
    if scenario.todo is not None:
        facts["todo"] = scenario.todo
    facts["seconds"] = round(event.seconds, 6)
    command = again(scenario)
    if command is not None:
        facts["command"] = command
    facts["points"] = [point_judged(result, state_of_point(result, event)) for result in all_results(event)]
    return facts


def point_judged(result: PointResult, state: State) -> Facts:
    """A test point: what was expected, what the model says, what packets did, and why."""
    point = result.point
    facts: Facts = {
        "title": point.title,
        "source": point.source_text,
        "destination": point.destination_text,
        "status": state.value,
        "expected": point.wanted,
        "at": place(point.span),
    }
    if point.by_name:
        facts["by_name"] = True
    if point.because is not None:
        facts["because"] = point.because
    if result.message:
        facts["message"] = result.message
    if result.model is not None:
        facts["model"] = str(result.model)
    if result.observed is not None:
        facts["observed"] = result.observed.verdict.value
        facts["counts_as"] = result.observed.counts_as
    lists: dict[str, Sequence[Value]] = {
        "decided_by": [_decider(decider) for decider in result.decided_by],
        "assumptions": result.assumptions,
        "differs": differing(result),
        "hint": result.hint,
    }
    if result.reason:
        facts["reason"] = result.reason
    facts |= {name: values for name, values in lists.items() if values}
    if result.probe is not None:
        facts["probe"] = result.probe
    if result.observed is not None:
        facts |= _observation(result.observed)
    return facts


def _observation(observed: Observation) -> Facts:
    facts: Facts = {"attempts": observed.attempts}
    if observed.converged_after_ms is not None:
        facts["converged_after_ms"] = observed.converged_after_ms
    if observed.control is not None:
        facts["control"] = observed.control
    if observed.evidence:
        facts["evidence"] = observed.evidence
    return facts


def _decider(decider: DecidedBy) -> Facts:
    rule: Facts = {"rule": decider.rule} if decider.rule else {}
    return {"policy": decider.policy, **rule, "direction": decider.direction, "at": place(decider.origin.span)}

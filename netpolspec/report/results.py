"""What a report says about scenarios and test points: one word each, and a result for every point of the plan."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from netpolspec.plan.model import Check
from netpolspec.run.events import PointResult, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.plan.model import Point, Scenario
    from netpolspec.run.events import ScenarioEnded


class State(StrEnum):
    """How something ended, as reports for people and programs call it; the worst first."""

    BROKEN = "broken"
    FAILED = "failed"
    TODO = "todo"
    """It failed, as its `todo` said."""
    SKIPPED = "skipped"
    PASSED = "passed"


def state_of_scenario(event: ScenarioEnded) -> State:
    """How a scenario ended."""
    return _state(event.status, event)


def state_of_point(result: PointResult, event: ScenarioEnded) -> State:
    """How a test point of a scenario ended; what is only `todo` does not count as a failure."""
    return _state(result.status, event)


def _state(status: Status, event: ScenarioEnded) -> State:
    match status:
        case Status.PASSED:
            return State.PASSED
        case Status.FAILED:
            return State.FAILED if event.scenario.todo is None else State.TODO
        case Status.SKIPPED:
            return State.SKIPPED
        case Status.BROKEN:
            return State.BROKEN
        case _:
            assert_never(status)


def all_results(event: ScenarioEnded) -> Iterator[PointResult]:
    """A result for each point of the plan, so that the numbers agree also where the scenario ended early."""
    yield from event.results
    if len(event.results) < event.scenario.points:
        skipped = event.status is Status.SKIPPED
        status, reason = (Status.SKIPPED, event.reason) if skipped else (Status.BROKEN, f"not judged: {event.reason}")
        for number, point in enumerate(points_of(event.scenario)):
            if number >= len(event.results):
                yield PointResult(point, status, reason, None, None)


def points_of(scenario: Scenario) -> Iterator[Point]:
    """The points of a scenario, in the order in which they are judged."""
    for step in scenario.steps:
        if isinstance(step, Check):
            yield from step.points


def differing(result: PointResult) -> tuple[str, ...]:
    """Where pods or addresses answered differently, one line for each part."""
    return (result.observed.differs if result.observed is not None else ()) or result.differs


def contradicts(result: PointResult) -> bool:
    """Whether packets did something else than the model says."""
    if result.observed is None or result.status is Status.BROKEN or result.model not in {"allowed", "denied"}:
        return False
    return result.observed.counts_as != result.model

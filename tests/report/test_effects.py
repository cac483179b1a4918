"""When changes of policies took effect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.backends.base import Observation, Verdict
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Input
from netpolspec.report.effects import effects
from netpolspec.report.summary import Summary
from netpolspec.run.events import PointResult, RunEnded, RunStarted, ScenarioEnded, Status
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.plan.model import Scenario
    from netpolspec.run.events import Event

SPEC = """\
world:
	given namespace a
	given pod web in a port 80

opened: world
	expect a -> a/web:80 allowed
	given policy deny-from-any in a
	expect a -> a/web:80 denied
	expect default -> a/web:80 denied
	when label namespace a team=x
	expect a -> a/web:80 denied
	when remove policy deny-from-any in a
	expect a -> a/web:80 allowed
""".replace("	given policy", "	when given policy")


def ended(times: Sequence[int | None], scenario: Scenario) -> ScenarioEnded:
    points = [point for step in scenario.steps if hasattr(step, "points") for point in step.points]
    results = tuple(
        PointResult(point, Status.PASSED, "", point.wanted, Observation(Verdict.ALLOWED, converged_after_ms=ms))
        for point, ms in zip(points, times, strict=True)
    )
    return ScenarioEnded(scenario, Status.PASSED, results)


def planned() -> Scenario:
    plan, diagnostics = analyze((Input(Source("test.nps", SPEC), Path()),), Options())
    assert plan is not None, diagnostics
    return plan.scenarios[0]


def test_each_change_of_policies_is_over_with_its_last_point() -> None:
    found = [(each.span.line, each.ms) for each in effects(ended([900, 20, 80, 700, 40], planned()))]
    assert found == [(8, 80), (13, 40)]  # neither the world's own coming about, nor a label


def test_nothing_is_said_of_one_that_took_no_effect() -> None:
    assert [each.span.line for each in effects(ended([1, None, 80, 7, 40], planned()))] == [13]
    assert list(effects(ScenarioEnded(planned(), Status.SKIPPED, ()))) == []


def test_the_summary_has_the_slowest_and_the_middle() -> None:
    scenario = planned()
    ends = [ended([0, 10 * number, 20, 0, 5], scenario) for number in range(1, 10)]
    summary = Summary(lambda _: None)
    events: tuple[Event, ...] = (RunStarted((scenario,), "kind"), *ends, RunEnded(1.0))
    for event in events:
        summary.add(event)
    lines = summary.text().splitlines()
    at = lines.index("18 changes of policies took effect, the slowest after:")
    assert lines[at + 1] == "      90 ms  test.nps:8  opened"
    assert lines[at + 11 : at + 13] == ["       5 ms  in the middle of all", "judged on kind; 1.00 s"]

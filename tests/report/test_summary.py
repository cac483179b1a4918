"""What people read at the end of a run, against golden files."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from report.events import broken, ended, failed, other, passed, point, scenario

from netpolspec.report.summary import Summary
from netpolspec.run.events import BailedOut, RunEnded, RunStarted, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from netpolspec.plan.model import Scenario
    from netpolspec.run.events import Event, ScenarioEnded

GOLDEN = Path(__file__).parent / "golden"

YES, NO = point("ms-a -> ms-b:80 denied"), point("ms-c -> ms-b:80 allowed", because="ms-c pays")


def again(told: Scenario) -> str:
    return f"netpolspec run {told.file}::{told.name}"


def summary_of(*events: Event, again: Callable[[Scenario], str | None] = again, color: bool = False) -> str:
    summary = Summary(again)
    for event in events:
        summary.add(event)
    return summary.text(color=color)


def run_of(*ends: ScenarioEnded, seconds: float = 0.25, backend: str = "model") -> tuple[Event, ...]:
    return (RunStarted(tuple(end.scenario for end in ends), backend), *ends, RunEnded(seconds))


MIXED = (
    ended(scenario("a", YES, NO), passed(YES), failed(NO)),
    ended(scenario("holds", YES, todo="until the gateway is moved"), passed(YES)),
    ended(scenario("known", YES, todo="until the gateway is moved"), failed(YES)),
    ended(scenario("left-out", YES), status=Status.SKIPPED, reason="needs sctp: none here"),
    ended(scenario("lost", YES), broken(YES)),
    ended(scenario("later", YES), status=Status.BROKEN, reason="the cluster is gone"),
)
RUNS = {
    "green": run_of(ended(scenario("a", YES), passed(YES))),
    "red": run_of(*MIXED[:1]),
    "mixed": run_of(*MIXED, backend="kind", seconds=83.4),
    "model-differs": run_of(
        ended(scenario("a", YES, NO), other(YES), failed(NO)),
        ended(scenario("b", *[YES] * 30), *[other(YES)] * 30),
        backend="kind",
    ),
    "nothing": run_of(),
    "bailed-out": (*run_of(MIXED[0])[:-1], BailedOut("the cluster is gone"), RunEnded(1.0)),
}


@pytest.mark.parametrize("name", RUNS)
def test_summary_is_as_its_golden_file(name: str, golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / f"{name}.summary", summary_of(*RUNS[name]))


def test_colours_change_nothing_but_colours() -> None:
    colored = summary_of(*RUNS["mixed"], color=True)
    assert "\x1b[1;31m" in colored
    plain = colored
    for code in ("\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"):
        plain = plain.replace(code, "")
    assert plain == summary_of(*RUNS["mixed"])


def test_no_command_is_offered_where_there_is_none() -> None:
    assert "again" not in summary_of(*RUNS["red"], again=lambda _: None)


def test_big_scenarios_leave_room_for_others() -> None:
    big = ended(scenario("big", *([YES] * 1000)), *([failed(YES)] * 1000))
    small = ended(scenario("small", NO), failed(NO))
    text = summary_of(*run_of(big, small))
    assert text.count("error: ") == 6
    assert "error: ms-c -> ms-b:80 allowed" in text
    assert "and 995 more failures, which the report has" in text


def test_what_is_kept_does_not_grow_with_the_run() -> None:
    summary = Summary(again)
    for number in range(500):
        tested = dataclasses.replace(YES, source_text=f"ms-{number}")
        summary.add(ended(scenario(f"s-{number}", tested), failed(tested)))
    text = summary.text()
    assert text.count("error: ") == 20
    assert "and 480 more failures" in text
    assert "scenarios: 500 failed" in text

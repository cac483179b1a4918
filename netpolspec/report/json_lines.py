"""`--report jsonl`: the events of a run as they come, one JSON object a line."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, assert_never

from netpolspec import __version__
from netpolspec.report.facts import VERSION, Facts, scenario_ended, scenario_named
from netpolspec.run.events import BailedOut, RunEnded, RunStarted, ScenarioEnded, ScenarioStarted

if TYPE_CHECKING:
    from collections.abc import Callable

    from netpolspec.plan.model import Scenario
    from netpolspec.run.events import Event


def line(event: Event, again: Callable[[Scenario], str | None]) -> str:
    """One event, with the newline."""
    return json.dumps(_facts(event, again), ensure_ascii=False) + "\n"


def _facts(event: Event, again: Callable[[Scenario], str | None]) -> Facts:
    match event:
        case RunStarted():
            return {
                "event": "run-started",
                "version": VERSION,
                "netpolspec": __version__,
                "backend": event.backend,
                "assumptions": event.assumptions,
                "terraform": [{"path": path, "reader": who} for path, who in event.terraform],
                "scenarios": [scenario_named(scenario) for scenario in event.scenarios],
            }
        case ScenarioStarted(scenario=scenario):
            return {"event": "scenario-started", "scenario": scenario_named(scenario)}
        case ScenarioEnded():
            return {"event": "scenario-ended", "scenario": scenario_ended(event, again)}
        case BailedOut(reason=reason):
            return {"event": "bailed-out", "reason": reason}
        case RunEnded(seconds=seconds, interrupted_by=number):
            by = signal.Signals(number).name if number is not None else None
            return {"event": "run-ended", "seconds": round(seconds, 6), "interrupted_by": by}
        case _:
            assert_never(event)

"""`--report json`: the run as one JSON document, as `schema/report.json` describes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from netpolspec import __version__
from netpolspec.report.facts import VERSION, Facts, scenario_ended, scenario_named
from netpolspec.report.results import State

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from netpolspec.report.record import Record


def write(record: Record) -> Iterator[str]:
    """The document, a line for each scenario: easy to read with `jq`, and to compare with `diff`."""
    head = json.dumps(_head(record), ensure_ascii=False, indent=1)
    yield head[: -len("\n}")] + ',\n "scenarios": ['
    separator = "\n  "
    for event in record.ended:
        yield separator + json.dumps(scenario_ended(event, record.again), ensure_ascii=False)
        separator = ",\n  "
    yield "\n ]\n}\n"


def _head(record: Record) -> Facts:
    return {
        "format": "netpolspec-report",
        "version": VERSION,
        "netpolspec": __version__,
        "backend": record.backend,
        "assumptions": record.assumptions,
        "terraform": [{"path": path, "reader": who} for path, who in record.terraform],
        "passed": record.good,
        "complete": record.whole and record.bailed_out is None,
        "bailed_out": record.bailed_out,
        "interrupted_by": record.interrupted_by,
        "seconds": round(record.seconds, 6),
        "summary": {"scenarios": _counts(record.count_scenarios()), "points": _counts(record.count_points())},
        "not_run": [scenario_named(scenario) for scenario in record.missing],
    }


def _counts(counted: Counter[State]) -> Facts:
    return {state.value: counted[state] for state in State}

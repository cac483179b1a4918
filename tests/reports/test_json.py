"""JSON and JSON lines, held to the schema that ships in the package."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from reports.conftest import again, early_end, model_events
from reports.live_run import events as live_events

from netpolspec.report import json_document, json_lines
from netpolspec.report.record import record

if TYPE_CHECKING:
    from netpolspec.report.record import Record
    from netpolspec.run.events import Event

SCHEMA: dict[str, Any] = json.loads(files("netpolspec.report").joinpath("schema/report.json").read_text("utf-8"))
RUN = Draft202012Validator(SCHEMA)
EVENT = Draft202012Validator({**SCHEMA, "$ref": "#/$defs/event"})


def document(told: Record) -> Any:  # noqa: ANN401 - JSON
    return json.loads("".join(json_document.write(told)))


def test_the_schema_is_one() -> None:
    assert list(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(SCHEMA)) == []


def test_the_document_is_as_the_schema_says(told: Record) -> None:
    assert list(RUN.iter_errors(document(told))) == []


def test_each_line_is_as_the_schema_says(events: list[Event]) -> None:
    lines = [json_lines.line(event, again) for event in events]
    assert all(line.count("\n") == 1 and line.endswith("\n") for line in lines)
    for line in lines:
        EVENT.validate(json.loads(line))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("scenarios", 0, "status"), "fine"),
        (("scenarios", 0, "points", 0, "expected"), "yes"),
        (("scenarios", 0, "points", 0, "observed"), "allowed"),
        (("scenarios", 0, "at", "line"), 0),
        (("summary", "points", "flaky"), 1),
        (("surprise",), True),
    ],
)
def test_the_schema_refuses_what_is_not_written(path: tuple[str | int, ...], value: object) -> None:
    """So that it says something."""
    made = document(record(model_events(), again))
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert not RUN.is_valid(made)


def test_a_failed_point_in_full() -> None:
    made = document(record(model_events(), again))
    assert made["scenarios"][1]["points"][0] == {
        "title": "ms-a -> ms-b:80 allowed",
        "source": "ms-a",
        "destination": "ms-b:80",
        "status": "failed",
        "expected": "allowed",
        "at": {"file": "specs/tenants.nps", "line": 6, "column": 17},
        "message": "expected allowed, the model says denied",
        "model": "denied",
        "reason": "no rule of NetworkPolicy ms-b/deny-from-any allows it",
        "decided_by": [
            {
                "policy": "NetworkPolicy ms-b/deny-from-any",
                "direction": "Ingress",
                "at": {"file": "policies/deny-from-any.yaml", "line": 3, "column": 3},
            }
        ],
    }


def test_what_packets_did() -> None:
    made = document(record(live_events(), again))
    tested = made["scenarios"][1]["points"][0]
    assert {key: tested[key] for key in ("model", "observed", "counts_as", "attempts", "converged_after_ms")} == {
        "model": "denied",
        "observed": "dropped",
        "counts_as": "denied",
        "attempts": 3,
        "converged_after_ms": 120,
    }


def test_the_counts_and_the_verdict() -> None:
    made = document(record(model_events(), again))
    assert made["summary"] == {
        "scenarios": {"broken": 0, "failed": 1, "todo": 1, "skipped": 1, "passed": 2},
        "points": {"broken": 0, "failed": 2, "todo": 1, "skipped": 2, "passed": 3},
    }
    assert (made["passed"], made["complete"], made["not_run"]) == (False, True, [])


def test_a_run_that_ended_early_says_so_and_what_is_missing() -> None:
    made = document(record(early_end(), again))
    assert (made["passed"], made["complete"]) == (False, False)
    assert (made["bailed_out"], made["interrupted_by"]) == ("the cluster is lost", "SIGTERM")
    assert [each["name"] for each in made["not_run"]] == ["second"]


def test_a_run_whose_end_was_never_told_has_not_passed() -> None:
    made = document(record(model_events()[:2], again))
    assert (made["passed"], made["complete"]) == (False, False)
    RUN.validate(made)

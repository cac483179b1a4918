"""Workflow annotations, held to the grammar of GitHub's runner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reports.conftest import again, early_end, model_events

from netpolspec.report.github import command, write
from netpolspec.report.record import Record, record
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

# As the runner reads a line (actions/runner, ActionCommand): `::NAME PROPERTIES::DATA`, properties separated by
# commas, each `KEY=VALUE`; then the escapes are undone, `%25` last.
COMMAND = re.compile(r"::(?P<name>error|warning|notice)(?: (?P<properties>[^\r\n]*?))?::(?P<data>[^\r\n]*)")
PROPERTY = re.compile(r"(?P<key>file|line|endLine|col|endColumn|title)=(?P<value>[^:,\r\n]+)")


def undo(text: str, *escapes: tuple[str, str]) -> str:
    assert not re.search("%(?!25|0D|0A|3A|2C)", text)
    for code, character in (("%0D", "\r"), ("%0A", "\n"), *escapes, ("%25", "%")):
        text = text.replace(code, character)
    return text


def read(line: str) -> tuple[str, Mapping[str, str], str]:
    """What the runner makes of a line."""
    found = COMMAND.fullmatch(line)
    assert found is not None, line
    properties = {}
    for part in filter(None, (found["properties"] or "").split(",")):
        match = PROPERTY.fullmatch(part)
        assert match is not None, part
        properties[match["key"]] = undo(match["value"], ("%3A", ":"), ("%2C", ","))
    return found["name"], properties, undo(found["data"])


def read_all(told: Record) -> list[tuple[str, Mapping[str, str], str]]:
    text = "".join(write(told))
    assert text == "" or text.endswith("\n")
    return [read(line) for line in text.splitlines()]


def test_every_line_is_a_command(told: Record) -> None:
    for name, properties, message in read_all(told):
        assert name in {"error", "warning"}
        assert message
        if "file" in properties:
            assert int(properties["line"]) >= 1
            assert int(properties["col"]) >= 1
            assert int(properties.get("endColumn", "9999")) >= int(properties["col"])


def test_one_line_of_a_spec_is_annotated_once() -> None:
    failure, todo = read_all(record(model_events(), again))
    assert failure == (
        "error",
        {
            "file": "specs/tenants.nps",
            "line": "6",
            "col": "17",
            "endColumn": "24",
            "title": "mixed: 5 < 6 & \"7\" > 'x' \x07",
        },
        (
            "ms-a -> ms-b:80: expected allowed, the model says denied\n"
            "ms-a -> ms-b:80: expected denied, the model says allowed\n"
            "  reason: no rule of NetworkPolicy ms-b/deny-from-any allows it\n"
            "  decided by NetworkPolicy ms-b/deny-from-any (policies/deny-from-any.yaml:3:3) for Ingress\n"
            "to run just this again: netpolspec run 'specs/tenants.nps::mixed'"
        ),
    )
    assert todo[0] == "warning"
    assert "holds by now" in todo[2]


def test_what_stopped_the_run_is_told_without_a_place() -> None:
    first, *_ = read_all(record(early_end(), again))
    assert first == ("error", {"title": "netpolspec could not go on"}, "the cluster is lost")


def test_everything_that_could_end_a_value_is_escaped() -> None:
    source = Source("a,b:c%25.nps", "x\n")
    line = command("error", source.span(0, 1), "50%: a,b\r\nnext", "100%\r\n::error::x, y%0A")
    assert line.count("\n") == 1
    name, properties, message = read(line.rstrip("\n"))
    assert (name, properties["file"], properties["title"]) == ("error", "a,b:c%25.nps", "50%: a,b\r\nnext")
    assert message == "100%\r\n::error::x, y%0A"


def test_paths_start_at_the_root_of_the_repository() -> None:
    told = Record(again, folder="network/")
    for event in model_events():
        told.add(event)
    assert {properties["file"] for _, properties, _ in read_all(told)} == {"network/specs/tenants.nps"}


def test_no_failure_no_annotation() -> None:
    assert not read_all(record(model_events()[:2] + model_events()[-1:], again))

"""The consumers themselves: what they see in TAP that is right, and that they notice what is wrong.

A test of netpolspec's output is worth what these are worth: every text that passes has a twin that differs in one place
and must not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from consumers.prove import Prove
    from consumers.reading import Consumer, Reading

GREEN = """\
TAP version 13
1..2
# Subtest: open: Nothing is closed yet.
    1..2
    ok 1 - ms-a -> ms-b:80 allowed
    ok 2 - ms-c -> ms-b:80 allowed
ok 1 - open: Nothing is closed yet.
# Subtest: closed
    1..1
    ok 1 - ms-a -> ms-b:80 denied
ok 2 - closed
"""

RED = """\
TAP version 13
1..2
# Subtest: open
    1..2
    ok 1 - ms-a -> ms-b:80 allowed
    not ok 2 - ms-c -> ms-b:80 allowed
      ---
      message: "expected allowed, the model says denied: policy 'closed'"
      severity: fail
      at:
        file: specs/open.nps
        line: 7
        column: 2
      decided_by:
        - policy: ms-b/closed
          file: specs/policies/closed.yaml
      ...
not ok 1 - open
  ---
  message: 1 of 2 points failed
  at:
    file: specs/open.nps
    line: 4
  ...
ok 2 - closed
"""

DIRECTIVES = """\
TAP version 13
1..4
ok 1 - plain
ok 2 - sctp # SKIP the backend has no sctp
not ok 3 - later # TODO the provider is too old
ok 4 - done already # TODO was believed to fail
"""

SAMPLES = {
    "green": GREEN,
    "green, in TAP 14": GREEN.replace("TAP version 13", "TAP version 14"),
    "red": RED,
    "directives": DIRECTIVES,
    "directives, one lost": DIRECTIVES.replace(" # TODO the provider is too old", ""),
    "escaped": "TAP version 13\n1..1\nok 1 - port \\# SKIP of C:\\\\temp\n",
    "not escaped": "TAP version 13\n1..1\nok 1 - port # SKIP of C:\n",
    "nothing to do": "TAP version 13\n1..0 # SKIP no scenarios\n",
    "bail out": "TAP version 13\n1..2\nok 1 - open\nBail out! the canary leaked\n",
    "a point short of the plan": GREEN.replace("1..2\n# S", "1..3\n# S"),
    "a point beyond the plan": GREEN.replace("1..2\n# S", "1..1\n# S"),
    "no plan": GREEN.replace("1..2\n# S", "# S"),
    "a number out of turn": GREEN.replace("ok 2 - closed", "ok 3 - closed"),
    "a point that failed": GREEN.replace("\nok 2 - closed", "\nnot ok 2 - closed"),
    "a log line": GREEN.replace("\nok 2 - closed", "\nwarning: a log line\nok 2 - closed"),
    "a parent that hides a failure": GREEN.replace("    ok 1 - ms-a -> ms-b:80 d", "    not ok 1 - ms-a -> ms-b:80 d"),
}


@pytest.fixture
def readings(consumer: Consumer) -> Mapping[str, Reading]:
    return _read_samples(consumer)


_read: dict[Consumer, Mapping[str, Reading]] = {}


def _read_samples(consumer: Consumer) -> Mapping[str, Reading]:
    """All samples at once, once a run: a consumer takes longer to start than to read."""
    if consumer not in _read:
        _read[consumer] = dict(zip(SAMPLES, consumer.read_all(list(SAMPLES.values())), strict=True))
    return _read[consumer]


def test_every_sample_differs_from_every_other() -> None:
    assert len(set(SAMPLES.values())) == len(SAMPLES)


def test_a_green_text_passes_with_its_counts_and_names(readings: Mapping[str, Reading]) -> None:
    reading = readings["green"]
    assert reading.passed
    assert reading.errors == ()
    assert reading.planned == 2
    assert reading.count() == {"passed": 2, "failed": 0, "skip": 0, "todo": 0}
    assert reading.names() == ("open: Nothing is closed yet.", "closed")


def test_subtests_are_read_where_the_consumer_reads_them(readings: Mapping[str, Reading], consumer: Consumer) -> None:
    children = [[child.name for child in point.children] for point in readings["green"].points]
    if consumer.reads_subtests:
        expected = [["ms-a -> ms-b:80 allowed", "ms-c -> ms-b:80 allowed"], ["ms-a -> ms-b:80 denied"]]
    else:
        expected = [[], []]
    assert children == expected


def test_a_failed_point_fails_the_run_and_keeps_its_diagnostics(readings: Mapping[str, Reading]) -> None:
    reading = readings["red"]
    assert not reading.passed
    assert reading.errors == ()
    assert reading.count() == {"passed": 1, "failed": 1, "skip": 0, "todo": 0}
    diagnostics = reading.points[0].diagnostics
    assert diagnostics is not None
    assert diagnostics["message"] == "1 of 2 points failed"
    assert {key: str(value) for key, value in diagnostics["at"].items()} == {"file": "specs/open.nps", "line": "4"}


def test_the_diagnostics_in_a_subtest_are_read_where_subtests_are(
    readings: Mapping[str, Reading], consumer: Consumer
) -> None:
    children = readings["red"].points[0].children
    assert bool(children) is consumer.reads_subtests
    if children:
        diagnostics = children[1].diagnostics
        assert diagnostics is not None
        assert diagnostics["message"] == "expected allowed, the model says denied: policy 'closed'"
        assert diagnostics["decided_by"] == [{"policy": "ms-b/closed", "file": "specs/policies/closed.yaml"}]


def test_skip_and_todo_are_directives_with_their_reasons(readings: Mapping[str, Reading]) -> None:
    reading = readings["directives"]
    assert reading.passed
    assert reading.count() == {"passed": 1, "failed": 0, "skip": 1, "todo": 2}
    assert [(point.name, point.ok, point.skip, point.todo) for point in reading.points] == [
        ("plain", True, None, None),
        ("sctp", True, "the backend has no sctp", None),
        ("later", False, None, "the provider is too old"),
        ("done already", True, None, "was believed to fail"),
    ]
    assert not readings["directives, one lost"].passed


def test_an_escaped_hash_or_backslash_belongs_to_the_name(readings: Mapping[str, Reading]) -> None:
    assert readings["escaped"].names() == ("port # SKIP of C:\\temp",)
    assert readings["escaped"].points[0].skip is None
    assert readings["not escaped"].points[0].skip == "of C:"


def test_a_plan_of_none_is_a_skip_with_its_reason(readings: Mapping[str, Reading]) -> None:
    reading = readings["nothing to do"]
    assert reading.passed
    assert (reading.planned, reading.skipped, reading.points) == (0, "no scenarios", ())


def test_a_bail_out_fails_the_run_with_its_reason(readings: Mapping[str, Reading]) -> None:
    assert not readings["bail out"].passed
    assert readings["bail out"].bail_out == "the canary leaked"


@pytest.mark.parametrize(
    "sample", ["a point short of the plan", "a point beyond the plan", "no plan", "a number out of turn"]
)
def test_a_plan_that_does_not_fit_fails_the_run(readings: Mapping[str, Reading], sample: str) -> None:
    assert not readings[sample].passed
    assert readings[sample].errors


def test_one_point_that_failed_fails_the_run(readings: Mapping[str, Reading]) -> None:
    assert not readings["a point that failed"].passed
    assert readings["a point that failed"].count()["failed"] == 1


def test_a_line_that_is_not_tap_is_noticed(readings: Mapping[str, Reading], consumer: Consumer) -> None:
    assert "not TAP: warning: a log line" in readings["a log line"].errors
    assert readings["a log line"].passed is not consumer.reads_subtests  # prove lets it pass, tap-parser is strict


def test_a_parent_that_hides_a_failure_is_noticed_where_subtests_are_read(
    readings: Mapping[str, Reading], consumer: Consumer
) -> None:
    assert readings["a parent that hides a failure"].passed is not consumer.reads_subtests


def test_tap_14_is_refused_by_the_old_prove_alone(readings: Mapping[str, Reading]) -> None:
    reading = readings["green, in TAP 14"]
    known = not reading.program.startswith("Test::Harness") or reading.program >= "Test::Harness 3.48"
    assert (reading.passed, reading.errors == ()) == (known, known)


@pytest.mark.parametrize("sample", ["green", "green, in TAP 14", "red", "directives", "bail out", "no plan"])
def test_prove_itself_says_what_its_parser_says(prove: Prove, sample: str, tmp_path: Path) -> None:
    (tmp_path / "sample.tap").write_text(SAMPLES[sample])
    status = prove.run("cat", ["sample.tap"], tmp_path).returncode
    assert (status == 0) is _read_samples(prove.consumer())[sample].passed


def test_prove_runs_a_command_on_each_file_and_says_which_generation_it_is(prove: Prove, tmp_path: Path) -> None:
    (tmp_path / "good.nps").write_text("ok 1 - good")
    (tmp_path / "bad.nps").write_text("not ok 1 - bad")
    command = tmp_path / "command"
    command.write_text('#!/bin/sh\necho 1..1\ncat "$2"\necho\necho "# $1 $HARNESS_ACTIVE $HARNESS_VERSION"\n')
    command.chmod(0o755)
    good = prove.run(f"{command} run", ["good.nps"], tmp_path)
    assert good.returncode == 0
    assert f"# run 1 {_read_samples(prove.consumer())['green'].program.split()[-1]}\n" in good.stdout
    both = prove.run(f"{command} run", ["good.nps", "bad.nps"], tmp_path)
    assert both.returncode == 1
    assert "Files=2, Tests=2" in both.stdout
    assert "bad.nps" in both.stdout.split("Test Summary Report")[1]

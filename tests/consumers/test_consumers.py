"""The consumers themselves: what they see in TAP that is right, and that they notice what is wrong.

A test of netpolspec's output is worth what these are worth. Every text that is well formed has a twin that differs in
one place and must not pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from consumers.prove import find_new_prove, find_system_prove

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from consumers.prove import Prove
    from consumers.reading import Consumer

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


def test_a_green_text_passes_with_its_counts_and_names(consumer: Consumer) -> None:
    reading = consumer.read(GREEN)
    assert reading.passed
    assert reading.errors == ()
    assert reading.planned == 2
    assert reading.count() == {"passed": 2, "failed": 0, "skip": 0, "todo": 0}
    assert reading.names() == ("open: Nothing is closed yet.", "closed")


def test_subtests_are_read_where_the_consumer_reads_them(consumer: Consumer) -> None:
    children = [[child.name for child in point.children] for point in consumer.read(GREEN).points]
    if consumer.reads_subtests:
        expected = [["ms-a -> ms-b:80 allowed", "ms-c -> ms-b:80 allowed"], ["ms-a -> ms-b:80 denied"]]
    else:
        expected = [[], []]
    assert children == expected


def test_a_failed_point_fails_the_run_and_keeps_its_diagnostics(consumer: Consumer) -> None:
    reading = consumer.read(RED)
    assert not reading.passed
    assert reading.errors == ()
    assert reading.count() == {"passed": 1, "failed": 1, "skip": 0, "todo": 0}
    diagnostics = reading.points[0].diagnostics
    assert diagnostics is not None
    assert diagnostics["message"] == "1 of 2 points failed"
    assert {key: str(value) for key, value in diagnostics["at"].items()} == {"file": "specs/open.nps", "line": "4"}


def test_the_diagnostics_of_a_subtest_are_read_where_the_consumer_reads_subtests(consumer: Consumer) -> None:
    if not consumer.reads_subtests:
        assert consumer.read(RED).points[0].children == ()
        return
    diagnostics = consumer.read(RED).points[0].children[1].diagnostics
    assert diagnostics is not None
    assert diagnostics["message"] == "expected allowed, the model says denied: policy 'closed'"
    assert diagnostics["decided_by"] == [{"policy": "ms-b/closed", "file": "specs/policies/closed.yaml"}]


def test_skip_and_todo_are_directives_with_their_reasons(consumer: Consumer) -> None:
    reading = consumer.read(DIRECTIVES)
    assert reading.passed
    assert reading.count() == {"passed": 1, "failed": 0, "skip": 1, "todo": 2}
    assert [(point.name, point.ok, point.skip, point.todo) for point in reading.points] == [
        ("plain", True, None, None),
        ("sctp", True, "the backend has no sctp", None),
        ("later", False, None, "the provider is too old"),
        ("done already", True, None, "was believed to fail"),
    ]


def test_a_failure_without_its_todo_fails(consumer: Consumer) -> None:
    assert not consumer.read(DIRECTIVES.replace(" # TODO the provider is too old", "")).passed


def test_an_escaped_hash_and_backslash_belong_to_the_name(consumer: Consumer) -> None:
    reading = consumer.read("TAP version 13\n1..1\nok 1 - port \\# SKIP of C:\\\\temp\n")
    assert reading.names() == ("port # SKIP of C:\\temp",)
    assert reading.points[0].skip is None


def test_an_unescaped_hash_makes_a_directive(consumer: Consumer) -> None:
    assert consumer.read("TAP version 13\n1..1\nok 1 - port # SKIP of C:\n").points[0].skip == "of C:"


def test_a_plan_of_none_is_a_skip_with_its_reason(consumer: Consumer) -> None:
    reading = consumer.read("TAP version 13\n1..0 # SKIP no scenarios\n")
    assert reading.passed
    assert (reading.planned, reading.skipped, reading.points) == (0, "no scenarios", ())


def test_a_bail_out_fails_the_run_with_its_reason(consumer: Consumer) -> None:
    reading = consumer.read("TAP version 13\n1..2\nok 1 - open\nBail out! the canary leaked\n")
    assert not reading.passed
    assert reading.bail_out == "the canary leaked"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("1..2\n# Subtest: open", "1..3\n# Subtest: open", id="a point short of the plan"),
        pytest.param("1..2\n# Subtest: open", "1..1\n# Subtest: open", id="a point beyond the plan"),
        pytest.param("1..2\n# Subtest: open", "# Subtest: open", id="no plan"),
        pytest.param("ok 2 - closed", "ok 3 - closed", id="a number out of turn"),
        pytest.param("\nok 2 - closed", "\nwarning: a log line\nok 2 - closed", id="a line that is not TAP"),
        pytest.param("ok 2 - closed", "not ok 2 - closed", id="a point that failed"),
    ],
)
def test_what_is_wrong_is_noticed(consumer: Consumer, old: str, new: str) -> None:
    assert old in GREEN
    reading = consumer.read(GREEN.replace(old, new))
    assert reading.errors or reading.count()["failed"], "the reading shows nothing"
    assert not reading.passed or not consumer.reads_subtests


def test_a_subtest_that_belies_its_parent_is_noticed_where_subtests_are_read(consumer: Consumer) -> None:
    text = GREEN.replace("    ok 1 - ms-a -> ms-b:80 denied", "    not ok 1 - ms-a -> ms-b:80 denied")
    assert consumer.read(text).passed is not consumer.reads_subtests


def test_tap_14_is_refused_by_the_old_prove_alone(consumer: Consumer) -> None:
    reading = consumer.read(GREEN.replace("TAP version 13", "TAP version 14"))
    known = not reading.program.startswith("Test::Harness") or reading.program >= "Test::Harness 3.48"
    assert (reading.passed, reading.errors == ()) == (known, known)


@pytest.mark.parametrize("find", [find_system_prove, find_new_prove])
def test_prove_runs_a_command_on_each_file_and_says_which_generation_it_is(
    find: Callable[[], Prove | str], tmp_path: Path
) -> None:
    prove = find()
    if isinstance(prove, str):
        pytest.skip(prove)
    (tmp_path / "good.nps").write_text("ok 1 - good")
    (tmp_path / "bad.nps").write_text("not ok 1 - bad")
    command = tmp_path / "command"
    command.write_text('#!/bin/sh\necho 1..1\ncat "$2"\necho\necho "# $1 $HARNESS_ACTIVE $HARNESS_VERSION"\n')
    command.chmod(0o755)
    good = prove.run(f"{command} run", ["good.nps"], tmp_path)
    assert good.returncode == 0
    assert f"# run 1 {prove.read(GREEN).program.split()[-1]}\n" in good.stdout
    both = prove.run(f"{command} run", ["good.nps", "bad.nps"], tmp_path)
    assert both.returncode == 1
    assert "Files=2, Tests=2" in both.stdout
    assert "bad.nps" in both.stdout.split("Test Summary Report")[1]

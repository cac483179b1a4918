"""What somebody sees on a terminal while a run goes on, read from the screen of a terminal emulator."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from commands.onlooker import Onlooker
from report.events import failed, passed, point, scenario

from netpolspec.cli.progress import Board, cut
from netpolspec.diagnostics import width
from netpolspec.run.events import RunEnded, RunStarted, ScenarioEnded, ScenarioStarted, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    Start: TypeAlias = Callable[..., Onlooker]

TESTS = Path(__file__).resolve().parents[1]
SCRIPT = """\
import os, sys
sys.path.insert(0, {tests!r})
from netpolspec.cli.progress import Progress
from netpolspec.cli.terminal import Messages, Report
from netpolspec.run.events import *
from report.events import failed, passed, point, scenario
report, messages = Report(sys.stdout), Messages(sys.stderr, os.environ)
progress = Progress(messages, report, quiet=False)
one, two, odd = scenario("one"), scenario("two"), scenario("\\u4e16\\u754c" * 40)
three = scenario("three")
for line in sys.stdin:
    exec(line)
progress.done()
"""
RUNNING = "progress.add(RunStarted((one, two, odd, three), 'model')); progress.add(ScenarioStarted(one))"
TIME = re.compile(r"^ *\d+(?:\.\d s|:\d\d)  ")


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a program that does what it is told to, a line of Python each."""
    started = []

    def start(*, stdout: int = -1, columns: int = 60, lines: int = 20, **environ: str) -> Onlooker:
        command = [sys.executable, "-c", SCRIPT.format(tests=str(TESTS))]
        started.append(Onlooker(command, columns=columns, lines=lines, environ=environ, stdout=stdout))
        return started[-1]

    yield start
    for each in started:
        each.__exit__()


def told(lines: list[str]) -> list[str]:
    """Lines without the times at their beginning."""
    return [TIME.sub("", line) for line in lines]


def test_what_runs_and_what_is_waited_for(start: Start) -> None:
    look = start()
    look.tell(RUNNING)
    look.tell("progress.add(ScenarioStarted(two)); progress('waiting for pods')")
    look.until(lambda lines: told(lines) == ["0/4 scenarios", "  one", "  two", "waiting for pods"])
    assert look.cursor == (0, 0, True)
    look.tell("progress.add(ScenarioEnded(one, Status.FAILED, (failed(point()),)))")
    look.until(lambda lines: told(lines) == ["1/4 scenarios, 1 failed", "  two"])
    look.tell("progress.add(ScenarioEnded(two, Status.BROKEN, ()))")
    look.until(lambda lines: told(lines) == ["2/4 scenarios, 1 failed, 1 broken"])
    look.tell("progress.done(); messages.line('the end')")
    look.until(lambda lines: lines == ["the end"])
    assert look.end() == 0
    assert look.lines == ["the end"]
    assert b"\x1b[?25l" not in look.written


def test_times_go_on(start: Start) -> None:
    look = start()
    look.tell(RUNNING)
    look.until(lambda lines: len(lines) == 2)
    shown = look.until(lambda lines: all(re.match(r"  [1-9]\.\d s", line) for line in lines))
    assert told(shown) == ["0/4 scenarios", "  one"]


def test_what_is_written_meanwhile_stands_above(start: Start) -> None:
    look = start()
    look.tell(RUNNING)
    look.until(lambda lines: len(lines) == 2)
    for number in range(30):
        look.tell(f"report.write('ok {number}\\n    more of it\\n'); messages.line('message {number}')")
    shown = look.until(lambda lines: "message 29" in lines and told(lines)[-2:] == ["0/4 scenarios", "  one"])
    assert shown[-5:-2] == ["ok 29", "    more of it", "message 29"]
    look.tell("progress.done()")
    assert look.end() == 0
    assert look.lines[-3:] == ["ok 29", "    more of it", "message 29"]
    visible = re.sub(rb"\x1b\[[\d;?]*[A-Za-z]", b"", bytes(look.written)).decode()
    assert [int(each) for each in re.findall(r"^ok (\d+)", visible.replace("\r", "\n"), re.MULTILINE)] == [*range(30)]


def test_logs_stand_above_too(start: Start) -> None:
    look = start(columns=100)
    look.tell(RUNNING)
    look.until(lambda lines: len(lines) == 2)
    look.tell("from netpolspec import log; log.configure(log.Level.INFO, write=messages.write)")
    look.tell("log.Logger('me').info('hello', at=1)")
    shown = look.until(lambda lines: len(lines) == 3 and told(lines)[1:] == ["0/4 scenarios", "  one"])
    assert "hello" in shown[0]


def test_a_failure_stays_where_the_report_goes_elsewhere(start: Start) -> None:
    look = start(stdout=subprocess.DEVNULL, columns=120)
    look.tell(RUNNING)
    look.until(lambda lines: len(lines) == 2)
    look.tell("progress.add(ScenarioEnded(one, Status.FAILED, (failed(point()), failed(point()))))")
    look.tell("progress.add(ScenarioEnded(scenario('later', todo='known'), Status.FAILED, (failed(point()),)))")
    shown = look.until(lambda lines: told(lines)[-1:] == ["2/4 scenarios, 1 failed"])
    assert shown[0] == "failed one: ms-a -> ms-b:80 denied: expected denied, the model says allowed, and 1 more"
    look.tell("progress.done()")
    assert look.end() == 0
    assert "later" not in "".join(look.lines)
    assert look.lines == shown[:-1]


def test_a_terminal_that_becomes_narrower_and_wider(start: Start) -> None:
    look = start(columns=60)
    look.tell("report.write('above\\n')")
    look.tell("progress.add(RunStarted((one, odd), 'model')); progress.add(ScenarioStarted(odd))")
    look.until(lambda lines: len(lines) == 3)
    for columns in (30, 12, 3, 100):
        look.resize(columns, 20)
        look.until(lambda lines: len(lines) == 3 and "…" in lines[2] if columns > 10 else len(lines) <= 3)  # noqa: B023
    shown = look.until(lambda lines: told(lines)[1:2] == ["0/2 scenarios"])
    assert shown[0] == "abo"  # the emulator forgets what a narrower screen does not show
    assert width(shown[2]) < 100


def test_no_more_lines_than_the_terminal_has(start: Start) -> None:
    look = start(lines=6)
    look.tell("many = [scenario(str(n)) for n in range(9)]; progress.add(RunStarted(tuple(many), 'kind'))")
    look.tell("for each in many: progress.add(ScenarioStarted(each))")
    look.tell("progress('waiting')")
    shown = look.until(lambda lines: told(lines) == ["0/9 scenarios", "  0", "  1", "           and 7 more", "waiting"])
    assert len(shown) < 6


def test_what_is_over_soon_shows_nothing(start: Start) -> None:
    look = start()
    look.tell(RUNNING + "; progress.add(ScenarioEnded(one, Status.PASSED, (passed(point()),))); progress.done()")
    assert look.end() == 0
    assert look.written == b""


@pytest.mark.parametrize("environ", [{"CI": "true"}, {"TERM": "dumb"}])
def test_where_nobody_looks_on_nothing_changes(start: Start, environ: dict[str, str]) -> None:
    look = start(**environ)
    look.tell(RUNNING)
    look.tell("progress('waiting for pods'); import time; time.sleep(0.5); progress.done()")
    assert look.end() == 0
    assert b"\x1b" not in look.written
    assert told(look.lines) == ["waiting for pods"]


@pytest.mark.parametrize(("environ", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours(start: Start, environ: dict[str, str], *, colored: bool) -> None:
    look = start(**environ)
    look.tell(RUNNING)
    look.until(lambda lines: len(lines) == 2)
    assert (b"\x1b[2m" in look.written) is colored


def test_an_exception_leaves_a_clean_terminal(start: Start) -> None:
    look = start()
    look.tell(f"{RUNNING}; progress('waiting')")
    look.until(lambda lines: len(lines) == 3)
    look.tell("progress.done(); raise SystemExit(3)")
    assert look.end() == 3
    assert look.lines == []


def test_a_job_in_the_background_draws_nothing(start: Start) -> None:
    look = start()
    look.tell("import signal; signal.signal(signal.SIGTTOU, signal.SIG_IGN)")
    look.tell("import subprocess, time; child = subprocess.Popen(['sleep', '30'], process_group=0)")
    look.tell("os.tcsetpgrp(2, child.pid)")
    look.tell(RUNNING + "; time.sleep(0.6); messages.line('said anyway')")
    look.until(lambda lines: lines == ["said anyway"])
    assert b"scenarios" not in look.written
    look.tell("os.tcsetpgrp(2, os.getpgrp()); child.kill(); child.wait()")
    look.until(lambda lines: told(lines) == ["said anyway", "0/4 scenarios", "  one"])


def test_ctrl_z_gives_the_shell_a_clean_terminal(start: Start) -> None:
    """The terminal's session has no shell here, which would stop and continue it: the signals are sent by hand."""
    look = start()
    look.tell("import signal, subprocess")
    look.tell(RUNNING)
    look.until(lambda lines: len(lines) == 2)
    look.tell("other = subprocess.Popen(['sh', '-c', f'sleep 0.5; kill -CONT {os.getpid()}'], process_group=0)")
    look.tell("messages.line('stopping'); os.kill(os.getpid(), signal.SIGTSTP)")
    look.tell("other.wait(); messages.line('going on')")
    look.until(lambda lines: told(lines) == ["stopping", "going on", "0/4 scenarios", "  one"])
    look.tell("progress.done(); print(signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL, flush=True)")
    assert look.end() == 0
    assert look.lines == ["stopping", "going on", "True"]


def test_ctrl_c_in_a_run_on_a_cluster(netpolspec: Path, tmp_path: Path) -> None:
    """The whole program, with a kubectl that hangs."""
    (tmp_path / "kubectl").write_text("#!/bin/sh\nexec sleep 60\n", "utf-8")
    (tmp_path / "kubectl").chmod(0o755)
    (tmp_path / "one.nps").write_text(
        "## About one.\none:\n\tgiven namespace a\n\tgiven pod web in a port 80\n\texpect a -> a/web:80 allowed\n"
    )
    command = [str(netpolspec), "run", str(tmp_path / "one.nps"), "--on", "cluster", "--context", "there"]
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
    with Onlooker(command, environ=environ) as look:
        look.until(lambda lines: "0/1 scenario" in told(lines))
        assert look.lines[:2] == ["TAP version 14", "1..1"]
        look.press("\x03")
        assert look.process.wait(15) == 130
        look.end()
        assert look.lines == ["TAP version 14", "1..1", "Bail out! interrupted", "error: interrupted", "no scenarios"]


@pytest.mark.parametrize("columns", range(9))
@pytest.mark.parametrize(
    "text", ["plain text", "\u4e16\u754c\u4e16\u754c", "e\u0301e\u0301e\u0301e\u0301e\u0301", "\x1b[2J\t"]
)
def test_a_text_is_cut_to_what_it_takes(text: str, columns: int) -> None:
    shown = cut(text, columns)
    assert width(shown) <= columns
    assert shown.isprintable()
    assert width(text) > columns or "…" not in shown


def test_what_has_ended_and_is_not_told_yet_does_not_run_any_more() -> None:
    one, two, three, four = (scenario(name) for name in ("one", "two", "three", "four"))
    board = Board(0.0)
    size = os.terminal_size((80, 24))
    for event in (RunStarted((one, two, three, four), "kind"), ScenarioStarted(one, 0), ScenarioStarted(three, 0)):
        board.add(event, 0.0)
    assert told(board.lines(size)) == ["0/4 scenarios", "  one", "  three"]
    board.add(ScenarioEnded(one, Status.PASSED, ()), 0.0)
    assert told(board.lines(size)) == ["1/4 scenarios", "  three"]
    board.add(ScenarioStarted(two, 1), 0.0)
    board.add(ScenarioStarted(four, 1), 0.0)
    assert told(board.lines(size)) == ["2/4 scenarios", "  two", "  four"]
    board.add(ScenarioEnded(two, Status.FAILED, ()), 0.0)
    board.add(ScenarioEnded(three, Status.PASSED, ()), 0.0)
    assert told(board.lines(size)) == ["3/4 scenarios, 1 failed", "  four"]


def test_a_run_is_counted_by_its_events() -> None:
    first, second = scenario("first"), scenario("second", todo="known")
    board = Board(0.0)
    size = os.terminal_size((80, 24))
    assert board.lines(size) == []
    for event in (
        RunStarted((first, second), "model"),
        ScenarioStarted(first),
        ScenarioEnded(first, Status.PASSED, (passed(point()),)),
        ScenarioStarted(second),
        ScenarioEnded(second, Status.FAILED, (failed(point()),)),
        RunEnded(1.0),
    ):
        board.add(event, 0.0)
    assert told(board.lines(size)) == ["2/2 scenarios"]

"""The two streams."""

from __future__ import annotations

import io
import os
import signal
import threading
from typing import TYPE_CHECKING, NoReturn

import pytest

from netpolspec.cli.terminal import Messages, Report, ReportLost
from netpolspec.diagnostics import Diagnostic, Severity
from netpolspec.source import Source

if TYPE_CHECKING:
    from types import FrameType

SOURCE = Source("a.nps", "one\ntwo\n")


class Stop(BaseException):
    """What the alarm raises."""


def test_a_report_goes_on_at_a_new_line_after_a_signal_in_the_middle_of_one() -> None:
    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise Stop

    reading, writing = os.pipe()
    with open(writing, "w", encoding="utf-8") as stream, open(reading, "rb") as reader:  # noqa: PTH123
        report = Report(stream)
        before = signal.signal(signal.SIGALRM, stop)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            with pytest.raises(Stop):
                report.write("x" * 1_000_000 + "\n")  # more than a pipe holds, and nobody reads
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        received = bytearray()
        drain = threading.Thread(target=lambda: received.extend(reader.read()))
        drain.start()
        report.write("Bail out! interrupted\n")
        stream.close()
        drain.join()
    assert received.splitlines()[-1] == b"Bail out! interrupted"


def test_a_report_without_a_stream() -> None:
    with pytest.raises(ReportLost, match="no stdout"):
        Report(None).require()
    with pytest.raises(ReportLost):
        Report(None).write("x\n")


def test_messages_that_cannot_be_written_are_lost(capsys: pytest.CaptureFixture[str]) -> None:
    Messages(None, {}).line("x")
    closed = io.StringIO()
    messages = Messages(closed, {})
    closed.close()
    messages.line("x")
    assert capsys.readouterr() == ("", "")


def shown(*diagnostics: Diagnostic) -> str:
    stream = io.StringIO()
    Messages(stream, {}).show(diagnostics)
    return stream.getvalue()


def test_mistakes_are_counted_where_they_have_places() -> None:
    error = Diagnostic("x", "bad", SOURCE.span(0, 3))
    warning = Diagnostic("x", "odd", SOURCE.span(4, 7), severity=Severity.WARNING)
    text = "error: bad\n --> a.nps:1:1\n  |\n1 | one\n  | ^^^\n\n"
    assert shown(error) == f"{text}1 error\n"
    assert shown(error, error, warning).endswith("\n\n2 errors, 1 warning\n")
    assert shown(warning).endswith("\n1 warning\n")
    assert shown(Diagnostic("x", "bad", help=("mend it",))) == "error: bad\n  = help: mend it\n"
    assert shown() == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_who_looks_on_is_told_where_there_is_more() -> None:
    error = Diagnostic("bad-x", "bad", SOURCE.span(0, 3))
    warning = Diagnostic("odd-x", "odd", SOURCE.span(4, 7), severity=Severity.WARNING)

    def shown(*diagnostics: Diagnostic, **environ: str) -> str:
        stream = Terminal()
        Messages(stream, {"TERM": "xterm", "NO_COLOR": "1", **environ}).show(diagnostics)
        return stream.getvalue().splitlines()[-1]

    assert shown(warning, error) == "1 error, 1 warning; more about it: netpolspec help bad-x"
    assert shown(Diagnostic("bad-x", "bad")) == "more about it: netpolspec help bad-x"
    assert shown(warning) == "1 warning"
    assert shown(error, CI="1") == "1 error"


def test_text_that_is_no_unicode_is_written_somehow() -> None:
    stream = io.StringIO()
    Messages(stream, {}).line("file \udcff")
    assert stream.getvalue() == "file \\udcff\n"

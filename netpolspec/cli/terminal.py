"""The two streams: the report on standard output, everything else on standard error."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Severity, render
from netpolspec.load.terraform.secrets import Veil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TextIO

    from netpolspec.cli.live_area import LiveArea
    from netpolspec.run.events import BailedOut


class ReportLost(Exception):  # noqa: N818 - says what happened
    """Standard output takes nothing more.

    Attributes:
        hung_up: its reader went away, as `head` does when it has enough; nobody needs to be told.
    """

    def __init__(self, error: OSError | None) -> None:
        super().__init__(f"cannot write the report: {(error.strerror or str(error)).lower() if error else 'no stdout'}")
        self.hung_up = error is not None and error.errno == errno.EPIPE


class Report:
    """Standard output: UTF-8 whatever the locale, and flushed whenever something is written."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._whole = True
        self.above: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
        """Entered to write, where what is seen at the same place has to step aside."""

    @property
    def is_terminal(self) -> bool:
        """Whether it can be seen as it comes."""
        return self._stream is not None and self._stream.isatty()

    def require(self) -> None:
        """Make sure that there is a standard output, before there is something to say.

        Raises:
            ReportLost: it was closed by whoever started the program.
        """
        if self._stream is None:
            raise ReportLost(None)

    def colored(self, choice: str, environ: Mapping[str, str]) -> bool:
        """Whether a report for people is coloured: `always`, `never`, or `auto`, where a terminal shows it."""
        return choice == "always" or (choice == "auto" and self.is_terminal and environ.get("TERM") != "dumb")

    def write(self, text: str) -> None:
        """Write whole lines.

        Raises:
            ReportLost: they cannot be written.
        """
        if not text:
            return
        if self._stream is None:
            raise ReportLost(None)
        with self.above():
            if not self._whole:  # a signal came in the middle of a line
                text = "\n" + text
            self._whole = False
            try:
                self._stream.buffer.write(text.encode("utf-8", "backslashreplace"))
                self._stream.buffer.flush()
            except OSError as error:
                raise ReportLost(error) from None
            self._whole = True


class Messages:
    """Standard error. What cannot be written there is lost, and no reason to fail."""

    def __init__(self, stream: TextIO | None, environ: Mapping[str, str]) -> None:
        self._stream = stream
        self.quiet = False
        """Whether warnings are left out."""
        self.veil = Veil()
        """What is sensitive, and shown nowhere."""
        self.is_lively = self.is_terminal and environ.get("TERM", "dumb") != "dumb" and not _in_ci(environ)
        """Whether somebody looks on, at a terminal that can show something that changes."""
        self._above: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
        never, always = environ.get("NO_COLOR"), environ.get("FORCE_COLOR")  # until the settings are known
        self.set_up("never" if never else "always" if always else "auto", environ)

    def set_up(self, color: str, environ: Mapping[str, str]) -> None:
        """Use colours or not: `always`, `never`, or `auto`, where a terminal can show them."""
        capable = self.is_terminal and environ.get("TERM") != "dumb"
        self.color = color == "always" or (color == "auto" and capable)

    @property
    def is_terminal(self) -> bool:
        """Whether a person may be looking."""
        return self._stream is not None and self._stream.isatty()

    def live_area(self, lines: Callable[[os.terminal_size], Sequence[str]]) -> LiveArea | None:
        """An area for lines that change, above which everything else is written; None where nobody looks on."""
        if self._stream is None or not self.is_lively:
            return None
        from netpolspec.cli.live_area import LiveArea

        area = LiveArea(self._stream, lambda size: [self.veil.text(line) for line in lines(size)])
        self._above = area.above
        return area

    def write(self, text: str) -> None:
        """Write whole lines as they are."""
        if self._stream is None or not text:
            return
        text = self.veil.text(text)
        with contextlib.suppress(OSError, ValueError), self._above():
            self._stream.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
            self._stream.flush()

    def line(self, text: str) -> None:
        """Write one line."""
        self.write(text + "\n")

    def bail_out(self, event: BailedOut) -> None:
        """Say why a run could not go on."""
        self.line(render(event.diagnostic or Diagnostic("bailed-out", event.reason), color=self.color))
        if event.diagnostic is not None and self.is_lively:
            self.line(_more(event.diagnostic))

    def show(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Draw diagnostics in the order in which they come, an empty line after each, and say how many there are."""
        drawn = [each for each in diagnostics if not (self.quiet and each.severity is Severity.WARNING)]
        for diagnostic in drawn:
            self.line(render(diagnostic, color=self.color) + "\n" * (diagnostic.span is not None))
        errors = [each for each in drawn if each.severity is Severity.ERROR]
        named = ((len(errors), "error"), (len(drawn) - len(errors), "warning"))
        told = ", ".join(f"{count} {name}{'s' * (count > 1)}" for count, name in named if count)
        last = [told] if any(each.span is not None for each in drawn) else []
        last += [_more(errors[0])] if errors and self.is_lively else []
        if last:
            self.line("; ".join(last))


def _more(diagnostic: Diagnostic) -> str:
    return f"more about it: netpolspec help {diagnostic.code}"


def _in_ci(environ: Mapping[str, str]) -> bool:
    """Whether nobody looks on, as the services that build and test say of themselves."""
    return environ.get("CI", "").lower() not in {"", "0", "false"}


def hang_up() -> None:
    """Point standard output nowhere, so that the interpreter does not complain about it while it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)

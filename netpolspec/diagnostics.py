"""What a user is told: errors and warnings as data, and how they are drawn."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from netpolspec.source import Span


DOCUMENTATION = "https://github.com/netpolspec/netpolspec/blob/main/docs"
"""Where the pages are of which only some ship with the program."""


class Severity(StrEnum):
    """How bad it is. An error stops the run before anything is touched."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that belongs to a message."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message about something that a user wrote.

    Stages return diagnostics, several at once; an exception means a bug or that the world failed.
    """

    code: str
    """A stable kebab-case name, such as `unknown-policy`; every code has a page in docs/."""
    message: str
    """Lower case, no full stop: `unknown policy 'alow-from'`."""
    span: Span | None = None
    help: tuple[str, ...] = ()
    """What to do, each drawn as `= help: ...`."""
    notes: tuple[Note | str, ...] = ()
    severity: Severity = Severity.ERROR
    environment: bool = False
    """Whether it is the machine that is not as it should be (a tool is missing), not what was written."""

    @property
    def order(self) -> tuple[str, int]:
        """Sorts messages by file and position; those without a place come first."""
        return (self.span.source.path, self.span.start) if self.span else ("", -1)


class Refusal(Exception):  # noqa: N818 - not an error of the program
    """Diagnostics on their way up from a place that cannot go on without what was refused."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(*(diagnostic.message for diagnostic in diagnostics))
        self.diagnostics = diagnostics

    @property
    def by_environment(self) -> bool:
        """Whether nothing that the user wrote is to blame."""
        wrong = [each for each in self.diagnostics if each.severity is Severity.ERROR]
        return bool(wrong) and all(each.environment for each in wrong)


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that a mistyped name most likely means, or None."""
    matches = difflib.get_close_matches(name, list(candidates), n=1, cutoff=0.6)
    return matches[0] if matches else None


_COLORS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m"}
_TAB = 4


_LONGEST_LINE = 200


def shown(text: str) -> str:
    """Text as a terminal may be trusted with it: tabs widened, blanks of any kind blank, control characters visible."""
    return "".join(" " * _TAB if c == "\t" else _shown(c) for c in text)


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    return " " if unicodedata.category(char) == "Zs" else "\N{REPLACEMENT CHARACTER}"


def _pasteable(text: str) -> str:
    """Text that may hold a command to paste: lines and tabs stay, other control characters become visible."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def width(text: str) -> int:
    """Columns that shown text takes: East Asian wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in shown(text)
    )


def _excerpt(span: Span, margin: int, frame: Callable[[str], str], mark: Callable[[str], str]) -> list[str]:
    """The span's first line between bars, with carets below the part that is meant."""
    line, column = span.source.line_column(span.start)
    text = span.source.line_text(line)
    end = min(span.end - span.start + column - 1, len(text))
    start = min(column - 1, len(text))
    if len(text) > _LONGEST_LINE:
        cut = max(0, start - _LONGEST_LINE // 2)
        text, start, end = text[cut : cut + _LONGEST_LINE], start - cut, min(end - cut, _LONGEST_LINE)
    carets = "^" * max(1, width(text[start:end]))
    blank = " " * margin
    return [
        f"{blank} {frame('|')}",
        f"{frame(str(line))} {frame('|')} {shown(text)}".rstrip(),
        f"{blank} {frame('|')} {' ' * width(text[:start])}{mark(carets)}",
    ]


def render(diagnostic: Diagnostic, *, color: bool = False) -> str:
    """Draw a diagnostic: message, place, the line with carets, notes and help; no newline at the end."""

    def paint(code: str, text: str) -> str:
        return f"{code}{text}\x1b[0m" if color else text

    bold, blue = "\x1b[1m", "\x1b[1;34m"
    tint = _COLORS[diagnostic.severity]
    head = paint(tint, diagnostic.severity) + paint(bold, f": {shown(diagnostic.message)}")
    lines = [head]
    margin = 1
    if diagnostic.span is not None:
        margin = len(str(diagnostic.span.line))
        lines += [f"{' ' * margin}{paint(blue, '-->')} {shown(str(diagnostic.span))}"]
        lines += _excerpt(diagnostic.span, margin, lambda text: paint(blue, text), lambda text: paint(tint, text))
    for note in diagnostic.notes:
        if isinstance(note, str):
            lines.append(f"{' ' * margin} {paint(blue, '=')} note: {shown(note)}")
        else:
            lines.append(f"{' ' * margin} {paint(blue, '=')} note: {shown(note.message)}")
            lines.append(f"{' ' * margin}{paint(blue, '-->')} {shown(str(note.span))}")
    lines += [f"{' ' * margin} {paint(blue, '=')} help: {_pasteable(text)}" for text in diagnostic.help]
    return "\n".join(lines)

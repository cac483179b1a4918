"""Text with positions: what every message points into."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""The way from the top of a YAML, JSON or HCL document to one of its values: keys and indexes."""


def find_lines(text: str) -> tuple[int, ...]:
    r"""Offset of the first character of each line of a text; only `\n` ends a line."""
    starts = [0]
    at = text.find("\n")
    while at != -1:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return tuple(starts)


@dataclass(frozen=True, eq=False)
class Source:
    """One text that a user can edit: a file, standard input or `-e`.

    Sources are compared by identity: a file that is read once is one Source.
    """

    path: str
    """As the user would name it: relative where they gave it so, `<stdin>`, `<-e>`."""
    text: str = field(repr=False)

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of each line."""
        return find_lines(self.text)

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1, in characters."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of a line (counted from 1) without its end."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] - 1 if line < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column, both counted from 1; beyond the text, the text's end."""
        if line > len(self.line_starts):
            return len(self.text)
        return min(self.line_starts[line - 1] + column - 1, len(self.text))

    def span(self, start: int, end: int) -> Span:
        """The characters from offset start up to, and not including, offset end."""
        return Span(self, start, end)


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands: offsets into a Source, the end not included."""

    source: Source
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Itself: a Span is an Origin."""
        return self

    @property
    def line(self) -> int:
        """Line of the first character, counted from 1."""
        return self.source.line_column(self.start)[0]

    @property
    def column(self) -> int:
        """Column of the first character, counted from 1."""
        return self.source.line_column(self.start)[1]

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        line, column = self.source.line_column(self.start)
        return f"{self.source.path}:{line}:{column}"


class Document(Protocol):
    """A structured document that can say, late, where one of its values stands."""

    def locate(self, path: Path, *, key: bool = False) -> Span:
        """The span of the value at a path, or of its key; the nearest ancestor's where it does not exist."""
        ...


@dataclass(frozen=True, slots=True)
class Pointer:
    """A value inside a document; its span is only looked for when a message needs it."""

    document: Document
    path: Path = ()

    @property
    def span(self) -> Span:
        """Where the value stands."""
        return self.document.locate(self.path)

    @property
    def key_span(self) -> Span:
        """Where the value's key stands."""
        return self.document.locate(self.path, key=True)

    def at(self, *path: str | int) -> Pointer:
        """A pointer further down."""
        return Pointer(self.document, self.path + path)


Origin: TypeAlias = Span | Pointer
"""Where an object comes from. Both kinds have `.span`."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A document in which everything is at one place: an object that a single statement makes."""

    place: Span

    def locate(self, path: Path, *, key: bool = False) -> Span:  # noqa: ARG002 - the protocol's shape
        """The one place."""
        return self.place

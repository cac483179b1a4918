"""A piece of a source that holds a document of its own: a whole file, a heredoc, a block of Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from netpolspec.source import find_lines

if TYPE_CHECKING:
    from netpolspec.source import Source, Span


@dataclass(frozen=True, eq=False)
class Fragment:
    """Text out of a source, and where it stands there."""

    source: Source
    text: str = field(repr=False)
    """The source's own text, or whole lines of it from which `indent` characters have been removed."""
    line: int = 1
    """The line of the source (counted from 1) that holds the fragment's first line."""
    indent: int = 0
    """How many characters the source's lines have before the fragment's."""
    lead: int = 0
    """How many more its first line has: the byte order mark."""

    def without_mark(self) -> Fragment:
        """The fragment without a byte order mark, which texts that no file reader has seen may begin with."""
        if not self.text.startswith("\ufeff"):
            return self
        return Fragment(self.source, self.text[1:], self.line, self.indent, 1)

    @cached_property
    def _is_whole(self) -> bool:
        return self.line == 1 and self.indent == 0 and len(self.text) == len(self.source.text)

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        return find_lines(self.text)

    def _outer(self, offset: int) -> int:
        """An offset of the fragment, in the source."""
        from bisect import bisect_right

        row = bisect_right(self._line_starts, offset)
        line = min(self.line + row - 1, len(self.source.line_starts))
        start = self.source.line_starts[line - 1]
        column = self.indent + offset - self._line_starts[row - 1] + (self.lead if row == 1 else 0)
        return start + min(column, len(self.source.line_text(line)))

    def span(self, start: int, end: int) -> Span:
        """The span in the source of the fragment's characters from start up to end; blanks at the end left out."""
        text = self.text
        end = min(max(end, start), len(text))
        while end > start and text[end - 1] in " \t\r\n":
            end -= 1
        if self._is_whole:
            return self.source.span(start, end)
        return self.source.span(self._outer(start), self._outer(end))

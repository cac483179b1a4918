"""The marked regions of a page that are written by a program, in a page that is written by hand.

<!-- netpolspec results specs/tenants.nps -->

what stands here is replaced

<!-- /netpolspec -->
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netpolspec.source import Source, Span

_MARK = re.compile(r"[ \t>]*<!--[ \t]*(?P<end>/?)netpolspec\b(?P<what>.*?)-->\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Region:
    """One region, and what it is to hold."""

    words: tuple[str, ...]
    """What is asked for: `results`, `specs/tenants.nps`."""
    span: Span
    """The mark that begins it, for messages."""
    start: int
    """The offset behind that mark's line."""
    end: int
    """The offset of the line of the mark that ends it."""


def find_regions(source: Source) -> tuple[Region, ...]:
    """The regions of a page, in their order; marks in code are none.

    Raises:
        Refusal: a mark has no counterpart, or cannot be read.
    """
    regions: list[Region] = []
    opened: tuple[tuple[str, ...], Span, int] | None = None
    for span, after in _comments(source):
        match = _MARK.fullmatch(span.text)
        if match is None:
            continue
        if match["end"]:
            if opened is None:
                raise Refusal(_wrong("this ends a region that nothing begins", span))
            regions.append(Region(*opened, span.start))
            opened = None
        elif opened is not None:
            help_ = "end the one before: <!-- /netpolspec -->"
            raise Refusal(_wrong("a region begins inside another one", span, help_))
        else:
            opened = _words(match["what"], span), span, after
    if opened is not None:
        raise Refusal(_wrong("this region has no end", opened[1], "end it: <!-- /netpolspec -->"))
    return tuple(regions)


def refresh(source: Source, regions: tuple[Region, ...], write: Callable[[Region], str]) -> str:
    """The page with new contents in its regions; everything else is as it was."""
    parts, at = [], 0
    for region in regions:
        parts += [source.text[at : region.start], f"\n{write(region).strip(chr(10))}\n\n"]
        at = region.end
    return "".join((*parts, source.text[at:]))


def _comments(source: Source) -> Iterator[tuple[Span, int]]:
    """The HTML comments that stand as blocks of their own, and the offsets behind their lines."""
    from markdown_it import MarkdownIt

    text = source.text.replace("\r\n", "\n").replace("\r", " ")
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "html_block" and token.map is not None:
            first, last = token.map
            start = source.line_starts[first]
            end = source.line_starts[last] if last < len(source.line_starts) else len(source.text)
            body = source.text[start:end].rstrip()
            yield source.span(start, start + len(body)), end


def _words(what: str, span: Span) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(what))
    except ValueError:
        raise Refusal(_wrong("a quote in this mark is not closed", span)) from None


def _wrong(message: str, span: Span, *help_: str) -> Diagnostic:
    return Diagnostic("bad-region", message, span, help_)

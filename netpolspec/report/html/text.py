"""Pieces of HTML that the parts of the page have in common; everything that comes from outside is escaped here."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape as _escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.source import Span

_LONGEST = 200
"""Characters of a line of a file that are shown."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


@lru_cache(4096)
def escape(text: str) -> str:
    """Text for an element or an attribute in double quotes; what could confuse a reader's eyes is made visible."""
    return _escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))


def excerpt(spans: Sequence[Span], kind: str = "") -> str:
    """The line of a file that spans begin in, with the first one's place above and all of them marked."""
    first = spans[0]
    line, column = first.source.line_column(first.start)
    text = first.source.line_text(line)
    begins = first.start - (column - 1)
    marks = sorted({_within(span.start - begins, span.end - begins, len(text)) for span in spans})
    cut = max(0, marks[0][0] - _LONGEST // 2) if len(text) > _LONGEST else 0
    stop = min(len(text), cut + _LONGEST)
    parts, at = [], cut + (len(text[cut:]) - len(text[cut:].lstrip()) if cut == 0 else 0)
    for start, end in marks:
        if at <= start < stop:
            parts.append(f"{escape(text[at:start])}<mark>{escape(text[start : min(end, stop)])}</mark>")
            at = end
    parts.append(escape(text[at:stop]))
    where = f"{first.source.path}:{line}:{column}"
    return (
        f'<pre class="src{kind}"><span class="at">{escape(where)}</span>'
        f'<span class="ln">{line}</span>{"".join(parts)}</pre>'
    )


def _within(start: int, end: int, length: int) -> tuple[int, int]:
    start = min(max(0, start), length)
    return start, min(max(start + 1, end), length)


def command(text: str, label: str) -> str:
    """A command line that a button copies."""
    return (
        f'<div class="cmd"><span>{escape(label)}</span><code>{escape(text)}</code>'
        '<button type="button" class="copy" aria-label="Copy the command">Copy</button></div>'
    )


def counted(count: int, name: str) -> str:
    """`1 scenario`, `2 scenarios`."""
    return f"{count:,} {name}{'' if count == 1 else 's'}"

"""The fenced code blocks of a Markdown document, and its specs as one text in which everything keeps its place.

Blocks are found by a parser of CommonMark (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), not by looking for
backticks: what looks like a block in a comment, in an indented code block or in a longer fence is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.source import Source

SPEC = "nps"
"""The language of the blocks that are specs."""
WRONG = "wrong"
"""The second word of the info string of a spec that is shown as a mistake: it is not run."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced code block."""

    language: str
    """The first word of its info string, in lower case; empty where it has none, or is shown as a mistake."""
    lines: tuple[str, ...]
    """What it holds, without the indentation and the quote marks of what it stands in, and without line ends."""
    line: int
    """The line of the document (counted from 1) that holds its first line."""

    @property
    def text(self) -> str:
        """What it holds."""
        return "".join(f"{line}\n" for line in self.lines)


def read_blocks(text: str) -> tuple[Block, ...]:
    """The fenced code blocks of a document, in their order."""
    from markdown_it import MarkdownIt

    # A carriage return alone ends a line in CommonMark, but in no message of ours: line numbers count newlines.
    text = text.replace("\r\n", "\n").replace("\r", " ")
    found = []
    for token in MarkdownIt("commonmark").parse(text.removeprefix("\ufeff")):
        if token.type == "fence" and token.map is not None:
            info = token.info.split()
            lines = tuple(token.content.split("\n")[:-1])
            language = "" if not info or info[1:2] == [WRONG] else info[0].lower()
            found.append(Block(language, lines, token.map[0] + 2))
    return tuple(found)


def indent_of(block: Block, source: Source) -> int:
    """How many characters the document's lines have before the block's: of the first line that holds something."""
    for number, line in enumerate(block.lines, start=block.line):
        if line.strip():
            return len(source.line_text(number)) - len(line)
    return 0


def block_view(source: Source, block: Block) -> str:
    """A document with nothing in it but one block, each character where it is in the document."""
    view = _blank(source)
    for number, line in enumerate(block.lines, start=block.line):
        _show(view, source, number, line)
    return "".join(view)


def _blank(source: Source) -> list[str]:
    return ["\n" if character == "\n" else " " for character in source.text]


def spec_view(source: Source, blocks: Sequence[Block]) -> str:
    """A document as the parser of specs reads it: only its specs, each character where it is in the document.

    What stands before a block's lines (the indentation of a list item, the mark of a quote) must not look like
    indentation. So the line ends before them move right to where the block's line begins: nothing else moves.
    """
    view = _blank(source)
    for block in blocks:
        if block.language == SPEC:
            for number, line in enumerate(block.lines, start=block.line):
                start, begin = source.line_starts[number - 1], _show(view, source, number, line)
                if begin > start and line.strip():
                    _move_line_end(view, start - 1, begin - 1)
    return "".join(view)


def _show(view: list[str], source: Source, number: int, line: str) -> int:
    """Put a block's line into a view, and say at which offset it begins."""
    start = source.line_starts[number - 1]
    raw = source.line_text(number)
    # Tabs before a block count as blanks up to the next stop, so that a part of one may belong to the block.
    body = line if raw.endswith(line) else line.lstrip()
    blanks = min(len(line), len(raw)) - len(body)
    begin = start + len(raw) - len(body) - blanks
    view[begin + blanks : begin + blanks + len(body)] = body
    return begin


def _move_line_end(view: list[str], old: int, new: int) -> None:
    """Let the line before end later; a backslash that joins it with the next one stays its last character."""
    joins = old > 0 and view[old - 1] == "\\"
    if joins:
        view[old - 1] = " "
    view[old] = " "
    view[new] = "\n"
    if joins:
        view[new - 1] = "\\"

"""Lines: which of them belong to a rule, which to a truth table, and what a heredoc's lines say.

The grammar sees one END_OF_LINE token for all blank lines and comments between two lines of a spec. Here it becomes
_NEWLINE, _INDENTED or _ROW, by the indentation of the line that follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Refusal
from netpolspec.syntax.ast import Heredoc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Token

    from netpolspec.source import Source, Span


def make_view(text: str) -> str:
    """The text as the parser reads it, offset by offset: without a byte order mark, and with an end on each line."""
    if text.startswith("\ufeff"):
        text = f" {text[1:]}"
    if not text.endswith("\n"):
        text += "\n"
    # A backslash that ends the last line has nothing to join.
    return f"{text}\n" if text.endswith(("\\\n", "\\\r\n")) else text


class Layout:
    """The post-lexer of the grammar. It knows the source of the one parse that is going on, and where that has come."""

    always_accept = ("END_OF_LINE", "WORD")
    """WORD everywhere, so that a keyword is never cut out of a longer word."""

    def __init__(self) -> None:
        self.source: Source | None = None
        self.before: Token | None = None
        """What ended the statement before: the end of a line, a semicolon, or None at the start."""
        self.statement: list[Token] = []
        """The tokens of the statement that is being read."""

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Give each end of a line its type; refuse a rule that mixes tabs with spaces."""
        self.before, self.statement = None, []
        indentation = ""
        rule_indentation: Span | None = None
        in_table = False
        for token in stream:
            if token.type == "END_OF_LINE":
                following = token[token.rindex("\n") + 1 :]
                if not following:
                    token.type = "_NEWLINE"
                    indentation, rule_indentation, in_table = "", None, False
                elif in_table and len(following) > len(indentation) and following.startswith(indentation):
                    token.type = "_ROW"
                else:
                    token.type = "_INDENTED"
                    if not self._lacks_arrow():
                        rule_indentation = self._check(token, following, rule_indentation)
                    indentation, in_table = following, False
            elif token.type == "MATRIX":
                in_table = True
            yield token
            if token.type in _SEPARATORS:
                self.before, self.statement = token, []
            else:
                self.statement.append(token)

    def _lacks_arrow(self) -> bool:
        """Whether the line that ends here is refused for that: what it looked like to its author, nobody knows."""
        types = [token.type for token in self.statement]
        return types[:1] == ["EXPECT"] and not {"ARROW", "MATRIX"} & set(types)

    def _check(self, token: Token, following: str, first: Span | None) -> Span:
        """The indentation that the lines of this rule must be like."""
        assert self.source is not None  # noqa: S101 - set before each parse
        end = token.end_pos or 0
        if first is None:
            first = self.source.span(end - len(following), end)
            kind = following[0]
        else:
            kind = self.source.text[first.start]
        if following.count(kind) != len(following):
            raise Refusal(_mixed(self.source.span(end - len(following), end), first))
        return first


_SEPARATORS = frozenset({"_NEWLINE", "_INDENTED", "_ROW", "_SEMICOLON"})


def _mixed(span: Span, first: Span) -> Diagnostic:
    """Tabs and spaces in the indentation of one rule."""
    used = {"\t": "tabs", " ": "spaces"}
    kind = used[first.text[0]]
    notes = () if span == first else (Note(f"the first line of the rule is indented with {kind}", first),)
    return Diagnostic(
        "mixed-indentation",
        "tabs and spaces are mixed in the indentation of one rule",
        span,
        help=(f"indent every line of the rule with {kind} only",),
        notes=notes,
    )


def read_heredoc(source: Source, start: int, text: str) -> Heredoc:
    """Take a heredoc apart: `text` is all of it, from `<<TAG` to the line of its end, and begins at offset start."""
    first = text.index("\n") + 1
    last = text.rindex("\n") + 1
    span = source.span(start + first, start + last)
    # In a document a line of a spec may begin behind the mark of a list item or of a quote: that is no part of it.
    before = span.column - 1
    count = text.count("\n", first, last)
    lines = [source.line_text(number)[before:] for number in range(span.line, span.line + count)]
    indent = _common_indentation([line for line in lines if line.strip()])
    body = "".join(f"{line[indent:]}\n" for line in lines)
    return Heredoc(body, span.line, before + indent, span)


def _common_indentation(lines: list[str]) -> int:
    """Length of the longest run of blanks that all lines begin with."""
    if not lines:
        return 0
    low, high = min(lines), max(lines)
    length = 0
    while length < min(len(low), len(high)) and low[length] == high[length] and low[length] in " \t":
        length += 1
    return length

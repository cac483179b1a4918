"""Where the parser got stuck, and what can be said about any such place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lark import Token

    from netpolspec.source import Source, Span

LINE_ENDS = frozenset({"_NEWLINE", "_INDENTED", "_ROW", "$END"})
STATEMENTS = ("given", "when", "expect", "todo", "skip", "needs", "tags")

_READABLE = {
    "WORD": "a name",
    "PAIR": "'key=value'",
    "ARROW": "'->'",
    "COLON": "':'",
    "_COMMA": "','",
    "_SEMICOLON": "';'",
    "HEREDOC": "'<<TAG'",
    "RSQB": "']'",
    "RBRACE": "'}'",
    "JSON_TEXT": "a value",
    "ASSIGN": "'='",
}
_UNSAID = frozenset(
    {"_NEWLINE", "_INDENTED", "_ROW", "$END", "KEY", "LSQB", "LBRACE", "JSON_STRING", "VARIABLE", "VALUE"}
)


@dataclass(frozen=True, slots=True)
class Stuck:
    """The place, and the statement so far."""

    source: Source
    text: str
    at: int
    word: str
    """What stands there; empty at the end of a line."""
    kind: str
    """The terminal that the lexer took it for; empty where it took it for none."""
    statement: tuple[Token, ...]
    """The tokens of the statement before this place."""
    before: str
    """The terminal that ended the statement before; empty at the start of the text."""
    accepts: frozenset[str]
    """The terminals that the parser could have gone on with."""

    @property
    def here(self) -> Span:
        """What the parser got stuck at; at the end of a line, the place behind the last word."""
        if self.word:
            return self.span(self.at, self.at + len(self.word))
        end = self.statement[-1].end_pos or 0 if self.statement else self.at
        return self.span(end, end + 1)

    @property
    def at_end(self) -> bool:
        """Whether the statement ended too early."""
        return self.kind in LINE_ENDS or self.kind == "_SEMICOLON"

    @property
    def types(self) -> tuple[str, ...]:
        """The terminals of the statement so far."""
        return tuple(token.type for token in self.statement)

    @property
    def previous(self) -> str:
        """The terminal just before; empty at the start of a statement."""
        return self.statement[-1].type if self.statement else ""

    @property
    def rest(self) -> str:
        """The rest of the line behind the place, its comment left out as far as quotes allow to tell."""
        line = self.text[self.at + len(self.word) : self.text.find("\n", self.at)]
        return line if '"' in line else line.partition("#")[0]

    def span(self, start: int, end: int) -> Span:
        """A span within the text."""
        length = len(self.source.text)
        return self.source.span(min(start, length), min(max(start, end), length))

    def span_of(self, token: Token) -> Span:
        """Where a token stands."""
        return self.span(token.start_pos or 0, token.end_pos or 0)

    def complain(self, code: str, message: str, *hints: str) -> Diagnostic:
        """A message about this place."""
        return Diagnostic(code, message, self.here, help=hints)

    def complain_about(self, token: Token, code: str, message: str, *hints: str) -> Diagnostic:
        """A message about an earlier word of the statement."""
        return Diagnostic(code, message, self.span_of(token), help=hints)

    def keywords(self) -> tuple[str, ...]:
        """The keywords that could stand here."""
        return tuple(
            sorted(
                name.lower()
                for name in self.accepts
                if name.isalpha() and name not in _READABLE and name not in _UNSAID
            )
        )

    def expected(self) -> tuple[str, ...]:
        """A hint that lists what could stand here; none where that is too much to help."""
        names = [_READABLE[name] for name in sorted(self.accepts) if name in _READABLE]
        names += [f"'{name}'" for name in self.keywords()]
        if not names or len(names) > 9:  # noqa: PLR2004 - as many as one reads
            return ()
        return (f"expected {_join(names)}",)


def either(names: Iterable[str]) -> str:
    """`'a', 'b' or 'c'`."""
    return _join([f"'{name}'" for name in names])


def _join(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]

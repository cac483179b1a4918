"""HCL text to words. Follows the native syntax specification of HCL 2 (github.com/hashicorp/hcl, hclsyntax/spec.md).

A syntax of our own, rather than python-hcl2, which costs 0.2 s to load (2 s where its grammar cannot be cached beside
its own files), takes 13 us for a word and refuses some of what Terraform reads; tests compare the two.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn, Protocol

from netpolspec.diagnostics import Diagnostic, Refusal

if TYPE_CHECKING:
    from netpolspec.source import Span

_BLANKS = r"(?:[ \t]+|\r(?=\n)|/\*(?:[^*]|\*(?!/))*\*/)*"
_BLANKS_AND_LINES = r"(?:[ \t\r\n]+|/\*(?:[^*]|\*(?!/))*\*/|(?:\#|//)[^\n]*)*"
_WORD = r"""(?:
    (?P<name>[^\W\d][\w-]*)
  | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)
  | (?P<plain>"[^"\\$%\n]*")
  | (?P<quote>")
  | (?P<heredoc><<-?[^\W\d][\w-]*\r?\n)
  | (?P<newline>(?:(?:\#|//)[^\n]*)?\n|(?:\#|//)[^\n]+)
  | (?P<operator>\.\.\.|==|!=|<=|>=|=>|&&|\|\||::|[-+*/%!<>=?:.,()\[\]{}~])
)?"""

_IN_LINES = re.compile(_BLANKS + _WORD, re.VERBOSE)
_ACROSS_LINES = re.compile(_BLANKS_AND_LINES + _WORD, re.VERBOSE)

END = "end"
_ODD = {
    "'": "text stands in double quotes",
    "`": "text stands in double quotes",
    ";": "a line break separates arguments",
    "&": "the logical operator is '&&'",
    "|": "the logical operator is '||'",
    "^": "HCL has no such operator",
    "/": "a comment that begins with '/*' ends with '*/'",
}


class Spans(Protocol):
    """Makes spans from offsets: of a source, or of the piece of a JSON file that holds an expression."""

    def __call__(self, start: int, end: int) -> Span:
        """The span of the characters from start up to end."""
        ...


class Tokens:
    """A cursor over the words of a text: `kind` and `text` of the current one, from `start` up to `end`.

    `kind` is `name`, `number`, `plain` (quoted text without escapes or templates), `quote` (the beginning of any
    other), `heredoc`, `newline` or `end`; of an operator it is the operator itself.
    """

    __slots__ = ("_across", "content", "end", "kind", "span", "start", "text")

    def __init__(self, content: str, spans: Spans, start: int = 0) -> None:
        self.content = content
        self.span = spans
        self._across: list[bool] = [False]
        self.kind = ""
        self.text = ""
        self.start = start
        self.end = start

    def advance(self) -> None:
        """Go to the next word."""
        pattern = _ACROSS_LINES if self._across[-1] else _IN_LINES
        match = pattern.match(self.content, self.end)
        assert match is not None  # noqa: S101 - every part of the pattern is optional
        kind = match.lastgroup
        if kind is None:
            self.start = self.end = match.end()
            if self.start < len(self.content):
                self._refuse_character()
            self.kind, self.text = END, ""
            return
        self.start, self.end = match.span(kind)
        self.text = match[kind]
        self.kind = self.text if kind == "operator" else kind

    def enter(self, *, lines: bool) -> None:
        """Go on behind an opening bracket; within it, line breaks count (`lines`) or are blanks."""
        self._across.append(not lines)
        self.advance()

    def leave(self, bracket: str, opened: Span) -> None:
        """Go on behind the closing bracket, which must be the current word."""
        if self.kind != bracket:
            self.refuse(f"expected '{bracket}' here", f"it closes the '{opened.text[:1]}' of line {opened.line}")
        self._across.pop()
        self.advance()

    def jump(self, offset: int) -> None:
        """Stand before an offset; the next `advance` reads from there."""
        self.end = offset

    def begin(self) -> None:
        """From here on line breaks are blanks, until `finish`: the inside of a template sequence."""
        self._across.append(True)

    def finish(self) -> None:
        """Back to what `begin` interrupted."""
        self._across.pop()

    @property
    def here(self) -> Span:
        """The span of the current word."""
        return self.span(self.start, max(self.end, self.start))

    def take(self, kind: str) -> bool:
        """Go past the current word if it is of a kind."""
        if self.kind != kind:
            return False
        self.advance()
        return True

    def expect(self, kind: str, what: str) -> str:
        """The text of the current word, which must be of a kind; go past it."""
        if self.kind != kind:
            self.refuse(f"expected {what} here")
        text = self.text
        self.advance()
        return text

    def expect_names_in(self) -> tuple[str | None, str]:
        """`[KEY,] VALUE in`, as a `for` begins, be it an expression or a directive: the names; go past it."""
        key, value = None, self.expect("name", "a name for each element")
        if self.take(","):
            key, value = value, self.expect("name", "a name for each element")
        if self.kind != "name" or self.text != "in":
            self.refuse("expected 'in' here")
        self.advance()
        return key, value

    def refuse(self, message: str, *help_: str, at: Span | None = None) -> NoReturn:
        """The user's mistake at the current word."""
        raise Refusal(Diagnostic("hcl-syntax", message, at or self.here, help_))

    def _refuse_character(self) -> NoReturn:
        character = self.content[self.start]
        at = self.span(self.start, self.start + 1)
        shown = character if character.isprintable() else f"\\u{ord(character):04x}"
        self.refuse(f"unexpected character '{shown}'", *filter(None, (_ODD.get(character),)), at=at)

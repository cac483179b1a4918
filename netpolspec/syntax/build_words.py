"""Tokens to words, and the problems that are found on the way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from netpolspec.diagnostics import Diagnostic
from netpolspec.source import Source, Span
from netpolspec.syntax import ast
from netpolspec.syntax.words import SPECIAL, find_flaw

if TYPE_CHECKING:
    from lark import Token

    from netpolspec.syntax.words import Flaw

Children: TypeAlias = list[Any]
"""What Lark passes: tokens, and what the methods of the rules inside returned. Each method knows its grammar rule."""

_CONTINUATION_AND_BLANKS = re.compile(r"[ \t]*\\\r?\n[ \t]*")


class Words:
    """The base of the callbacks: the text of the parse that is going on, and its words."""

    def __init__(self) -> None:
        self.spec = Source("", "")
        self.text = ""
        self.problems: list[Diagnostic] = []

    def begin(self, source: Source, text: str) -> None:
        """Take up a new text; `text` has the offsets of `source.text`."""
        self.spec, self.text, self.problems = source, text, []

    def _word(self, token: Token) -> ast.Word:
        text: str = token.value
        if SPECIAL.search(text):
            self._check(find_flaw(text), token.start_pos or 0)
        if "\\\n" in text or "\\\r" in text:
            text = _CONTINUATION_AND_BLANKS.sub(" ", text)
        return ast.Word(text, Span(self.spec, token.start_pos, token.end_pos))  # type: ignore[arg-type]  # never None

    def _words(self, tokens: list[Token]) -> tuple[ast.Word, ...]:
        return tuple([self._word(token) for token in tokens])

    def _span(self, children: Children) -> Span:
        """From the first child, a token, to the last one, a token or a node."""
        last = children[-1]
        end = last.span.end if hasattr(last, "span") else last.end_pos
        return Span(self.spec, children[0].start_pos, end)

    def _span_of(self, token: Token) -> Span:
        return Span(self.spec, token.start_pos or 0, token.end_pos or 0)

    def _problem(self, code: str, message: str, span: Span, *hints: str) -> None:
        """A mistake that does not keep the parser from going on."""
        self.problems.append(Diagnostic(code, message, span, help=hints))

    def _check(self, flaw: Flaw | None, start: int) -> None:
        """Report the flaw, if there is one, of a text that starts at an offset."""
        if flaw:
            self._problem(flaw.code, flaw.message, self.spec.span(start + flaw.start, start + flaw.end), *flaw.help)

    def pair(self, children: Children) -> ast.Word:
        """`key=value`, or `key=` and JSON."""
        if len(children) == 1:
            word = self._word(children[0])
            if word.text.endswith(","):
                span = self.spec.span(word.span.end - 1, word.span.end)
                hint = "blanks separate settings; a comma is part of a value that is a list, as in 'ns=ms-a,ms-c'"
                self._problem("trailing-comma", "a value cannot end with a comma", span, hint)
            return word
        start, end = children[0].start_pos, children[-1].end_pos
        if self.text[end] not in " \t\r\n;#,\\":
            hint = "put a blank after the closing bracket, or the whole value in double quotes"
            message = "a value that begins with a bracket ends with the bracket that closes it"
            self._problem("text-after-bracket", message, self.spec.span(end, end + 1), hint)
        return ast.Word(self.text[start:end], self.spec.span(start, end))

    def json(self, children: Children) -> Token:
        """The closing bracket of an inner value; what is between is not looked at before it is expanded."""
        token: Token = children[-1]
        return token

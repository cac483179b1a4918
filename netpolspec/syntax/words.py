"""Words whose quotes, brackets or `$(...)` are not whole. The lexer lets them through so that this can say why."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from netpolspec.diagnostics import Diagnostic
from netpolspec.source import Span

SPECIAL = re.compile(r'["$\[]|[^!-~]')
"""A word without any of these characters is whole."""

_REFERENCE = r"\$\((?:[^()$\n]|\$\([^()$\n]*\)|\$[^(\n])*\)"
_QUOTED = r'"(?:[^"\\\n]|\\[^\n]|\\\n)*"'
_BRACKETS = r'\[(?:[^\[\]"#;\n]|"(?:[^"\\\n]|\\[^\n])*")*\]'
_WORD_PIECE = re.compile(rf"[!#%-Z\\-~]+|(?:\\\r?\n[ \t]*)+|{_QUOTED}|{_REFERENCE}|\$(?!\()|{_BRACKETS}")
_VALUE_PIECE = re.compile(rf'[^"]+|{_QUOTED}')


class Flaw(NamedTuple):
    """What is wrong with a text; `start` and `end` are offsets into it."""

    code: str
    message: str
    start: int
    end: int
    help: tuple[str, ...]

    def at(self, span: Span, text: str) -> Diagnostic:
        """The flaw as a message: exact where the text stands in the source as it is, else about the whole span."""
        if span.text == text:
            span = Span(span.source, span.start + self.start, span.start + self.end)
        return Diagnostic(self.code, self.message, span, help=self.help)


def find_flaw(text: str) -> Flaw | None:
    """The first thing that is not whole in a word."""
    return _first_gap(text, _WORD_PIECE)


def find_flaw_of_value(text: str) -> Flaw | None:
    """The first quote that is not closed in a variable's value; its other characters are looked at when it is used."""
    return _first_gap(text, _VALUE_PIECE)


def _first_gap(text: str, pieces: re.Pattern[str]) -> Flaw | None:
    at = 0
    while at < len(text):
        piece = pieces.match(text, at)
        if piece is not None:
            at = piece.end()
        elif text[at] in _FLAWS:
            return _FLAWS[text[at]](text, at)
        elif text[at].isprintable() and not text[at].isspace():
            at += 1
        else:
            return name_character(text[at], at)
    return None


def name_character(char: str, at: int) -> Flaw:
    """A character that is no part of a word, and that may be invisible."""
    what, hint = ("blank", "replace it by a space") if char.isspace() else ("character", "take it out")
    name = unicodedata.name(char, f"U+{ord(char):04X}")
    return Flaw("odd-character", f"a {what} that does not belong here: {name}", at, at + 1, (hint,))


def _open_quote(text: str, at: int) -> Flaw:
    hint = "close it with '\"' on the same line; within quotes, '\\\"' is a quote"
    return Flaw("open-quote", "this quote is not closed", at, len(text), (hint,))


def _open_bracket(text: str, at: int) -> Flaw:
    hint = "close it with ']' on the same line, as in 'ms-a[app=web,tier=api]'"
    return Flaw("open-bracket", "'[' without its ']'", at, len(text), (hint,))


def _open_reference(text: str, at: int) -> Flaw:
    hint = "close it in the same word, as in '$(NAME)', or write '$$(' for the characters"
    return Flaw("open-reference", "'$(' without its ')'", at, len(text), (hint,))


_FLAWS = {'"': _open_quote, "[": _open_bracket, "$": _open_reference}

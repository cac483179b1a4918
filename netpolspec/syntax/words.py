"""Words whose quotes, brackets or `$(...)` are not whole. The lexer lets them through so that this can say why."""

from __future__ import annotations

import re
from dataclasses import dataclass

SPECIAL = re.compile(r'["$\[\\]')
"""Without one of these characters a word has no flaw."""

_REFERENCE = r"\$(?:\((?:[^()$\n]|\$\([^()$\n]*\)|\$[^(\n])*\)|[@*$])"
_PIECE = re.compile(
    r'[^"$\[\\]+|\\|"(?:[^"\\\n]|\\[^\n]|\\\n)*"|' + _REFERENCE + r'|\$|\[(?:[^\[\]"#;\n]|"(?:[^"\\\n]|\\[^\n])*")*\]'
)
_DOLLAR = re.compile(r"\$(?P<whole>\((?P<inside>(?:[^()$\n]|\$\([^()$\n]*\)|\$[^(\n])*)\)|[@*$])?")
_NAME = re.compile(r"[^\s:=#,;\"()$?+]+(?::[^=]*=.*)?$")


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a word; `start` and `end` are offsets into it."""

    code: str
    message: str
    start: int
    end: int
    help: str


def find_flaw(text: str, *, value: bool = False) -> Flaw | None:
    """The first thing that is wrong with a word, or with a variable's value (where brackets are plain characters)."""
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None and text[at] == '"':
            return Flaw("unclosed-quote", "this quote is not closed on its line", at, len(text), 'write the closing \'"\'')
        if piece is None and not value:
            return Flaw(
                "unclosed-bracket",
                "this bracket is not closed",
                at,
                len(text),
                "write the closing ']' after the labels, as in 'ms-a[app=web,tier=api]'",
            )
        at = piece.end() if piece else at + 1
    return find_bad_reference(text)


def find_bad_reference(text: str) -> Flaw | None:
    """The first `$` that begins no `$(NAME)`, `$(NAME:%=PATTERN)`, `$@`, `$*` or `$$`."""
    for match in _DOLLAR.finditer(text):
        inside = match["inside"]
        if match["whole"] is None:
            if text.startswith("$(", match.start()):
                help_ = "write the closing ')' in the same word"
                return Flaw("bad-reference", "this '$(' is not closed", match.start(), len(text), help_)
            end = min(match.end() + 1, len(text))
            help_ = "write '$(NAME)' for a variable, '$@' for the target, '$*' for the stem, '$$' for a dollar"
            return Flaw("bad-reference", "this '$' begins no variable", match.start(), end, help_)
        if inside is not None and not _NAME.match(inside):
            help_ = "write '$(NAME)' or '$(NAME:%=PATTERN)'; there are no functions"
            return Flaw("bad-reference", f"'{match[0]}' names no variable", match.start(), match.end(), help_)
    return None

"""Patterns of Go's RE2, as Python's `re` understands them; what the two read differently is left to terraform."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from netpolspec.load.hcl.functions.definition import Unsupported
from netpolspec.load.hcl.values import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

_PIECE = re.compile(
    r"""
      \\(?P<escape>.)
    | (?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])
    | \((?P<group>\?(?:P<\w+>|.)?)
    | (?P<repeat>\{[^}]*\}|[*+?])(?P<possessive>\+)?
    | (?P<end>\$)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SAME_ESCAPES = frozenset("dDwWbBntrfvA") | frozenset(r"\.+*?()|[]{}^$-/_ #&~'\"<>=!@%,;:`")
_REPEAT = re.compile(r"\{\d+(?:,\d*)?\}")


@lru_cache(maxsize=256)
def translate(pattern: str) -> re.Pattern[str]:
    """The pattern for Python; raises Mistake for one that is invalid, Unsupported for one that is ambiguous."""
    out: list[str] = []
    flags = re.ASCII
    at = 0
    if (leading := re.match(r"\(\?([ims]+)\)", pattern)) is not None:
        for letter in leading[1]:
            flags |= {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}[letter]
        at = leading.end()
    while at < len(pattern):
        match = _PIECE.match(pattern, at)
        if match is None:
            raise Mistake("the pattern is not a valid regular expression")
        out.append(_translate_piece(match, multiline=bool(flags & re.MULTILINE)))
        at = match.end()
    try:
        return re.compile("".join(out), flags)
    except re.error:
        raise Mistake("the pattern is not a valid regular expression") from None


def _translate_piece(match: re.Match[str], *, multiline: bool) -> str:  # noqa: C901 - one case for each kind
    text = match.group()
    if (escape := match["escape"]) is not None:
        if escape == "z":
            return r"\Z"
        if escape == "s":
            return r"[ \t\n\f\r]"
        if escape == "S":
            return r"[^ \t\n\f\r]"
        if escape not in _SAME_ESCAPES:
            raise Unsupported(f"the pattern holds '{text}'")
        return text
    if (held := match["class"]) is not None:
        if "[:" in held or "\\s" in held or "\\S" in held or "\\p" in held or "[" in held[1:] or "--" in held:
            raise Unsupported("the pattern holds a class that not every language reads alike")
        return held
    if match["group"] is not None and text != "(?:" and not text.startswith("(?P<"):
        raise Unsupported("the pattern holds a special group")
    if match["repeat"] is not None:
        if match["possessive"] or (text.startswith("{") and not _REPEAT.fullmatch(text)):
            raise Unsupported("the pattern holds a repetition that not every language reads alike")
        return text
    return (text if multiline else r"\Z") if match["end"] else text


_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")


def expand(template: str) -> Callable[[re.Match[str]], str]:
    """What Go makes of `$1`, `${1}`, `$name` and `$$` in a replacement."""

    def replace(match: re.Match[str]) -> str:
        def value(reference: re.Match[str]) -> str:
            name = reference[1] or reference[2]
            if name is None:
                return "$"
            if name.isdigit():
                return (match[int(name)] or "") if int(name) <= match.re.groups else ""
            return (match[name] or "") if name in match.re.groupindex else ""

        return _REFERENCE.sub(value, template)

    return replace

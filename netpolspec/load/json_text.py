"""JSON text to plain data, and late answers to where a value stands.

Values come from the C scanner of the standard library. Positions are not stored: a message that needs one walks down
the text, and what it must pass over is skipped at the C scanner's speed.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.diagnostics import Diagnostic, Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.load.fragment import Fragment
    from netpolspec.source import Path, Span

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

_BLANK = re.compile(r"[ \t\r\n]*")
MAX_DEPTH = 100
"""Deeper than any object of Kubernetes."""


def _blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _unique(pairs: list[tuple[str, Plain]]) -> dict[str, Plain]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError(pairs)
    return values


def _not_finite(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_not_finite, parse_float=_finite)
_SKIPPER = json.JSONDecoder()


@dataclass(frozen=True, eq=False, slots=True)
class JsonDocument:
    """One JSON value of a fragment; answers where its parts stand by walking down the text."""

    fragment: Fragment
    start: int
    children: dict[Path, dict[str | int, tuple[int, int]]] = field(default_factory=dict, repr=False)
    """Offsets of key and value of the children of what was walked through before."""

    def locate(self, path: Path, *, key: bool = False) -> Span:
        """The span of the value at a path, or of its key; the nearest ancestor's where it does not exist."""
        text = self.fragment.text
        value_at = self.start
        key_at = -1
        for depth, step in enumerate(path):
            above = path[:depth]
            if above not in self.children:
                self.children[above] = _children(text, value_at)
            found = self.children[above].get(step)
            if found is None:
                break
            key_at, value_at = (found[0] if found[0] >= 0 else key_at), found[1]
        if key and key_at >= 0:
            return self.fragment.span(key_at, _end(text, key_at))
        return self.fragment.span(value_at, _end(text, value_at))


def _end(text: str, at: int) -> int:
    """The offset behind the value at an offset."""
    try:
        return int(_SKIPPER.raw_decode(text, at)[1])
    except (ValueError, RecursionError):
        return at + 1


def _children(text: str, at: int) -> dict[str | int, tuple[int, int]]:
    """Where keys (-1 in lists) and values of the object or list at an offset stand; the first of a repeated key."""
    found: dict[str | int, tuple[int, int]] = {}
    opening = text[at]
    if opening not in "{[":
        return found
    closing = "}" if opening == "{" else "]"
    at = _blank(text, at + 1)
    while at < len(text) and text[at] != closing:
        name: str | int = len(found)
        key_at = -1
        if opening == "{":
            key_at = at
            name, at = scanstring(text, at + 1)
            at = _blank(text, _blank(text, at) + 1)
        found.setdefault(name, (key_at, at))
        at = _blank(text, _end(text, at))
        if text[at : at + 1] == ",":
            at = _blank(text, at + 1)
    return found


_LARGE = 1 << 22
"""From here on a text is what a cluster prints, where only Python's own limit to nesting is worth its time."""


def _is_too_deep(value: Plain) -> bool:
    """Whether a value is nested deeper than is allowed; how deep Python itself can go differs between its versions."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer if type(outer) is list else ())
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def read_json(fragment: Fragment) -> tuple[tuple[tuple[Plain, JsonDocument], ...], tuple[Diagnostic, ...]]:
    """The JSON values of a text, one after the other, and what is wrong with it.

    An error ends the reading: the values before it are still returned.
    """
    found: list[tuple[Plain, JsonDocument]] = []
    text = fragment.text
    at = _blank(text, 0)
    while at < len(text):
        try:
            value, end = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            return tuple(found), (_syntax(fragment, error),)
        except (ValueError, RecursionError):
            return tuple(found), tuple(_search(fragment, at))
        if len(text) < _LARGE and _is_too_deep(value):
            return tuple(found), tuple(_search(fragment, at))
        if value is not None:
            found.append((value, JsonDocument(fragment, at)))
        at = _blank(text, end)
    return tuple(found), ()


# --- errors -------------------------------------------------------------------------------------------------------

_WORDS = {
    "Expecting value": "a value is missing here",
    "Expecting property name enclosed in double quotes": "a key in double quotes is due here",
    "Expecting ':' delimiter": "a ':' is due here",
    "Expecting ',' delimiter": "a ',' or the end is due here",
    "Unterminated string starting at": "this string is not closed",
    "Invalid control character at": "a control character must be escaped",
    "Invalid \\escape": "this escape does not exist",
    "Invalid \\uXXXX escape": "four hexadecimal digits are due after '\\u'",
}


def _syntax(fragment: Fragment, error: json.JSONDecodeError) -> Diagnostic:
    text = fragment.text
    at = min(error.pos, len(text))
    words = next((ours for theirs, ours in _WORDS.items() if error.msg.startswith(theirs)), "cannot be read")
    comma = at if text.startswith(",", at) else len(text[:at].rstrip()) - 1
    behind = _blank(text, comma + 1)
    closing = text[behind : behind + 1]
    if text.startswith(",", max(comma, 0)) and closing in ("}", "]"):  # Python says so itself from 3.13 on
        at, words = comma, f"a comma stands before '{closing}'"
    return Diagnostic("json-syntax", f"not valid JSON: {words}", fragment.span(at, at + 1))


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_LONGEST_NUMBER = 400


def _is_infinite(word: str) -> bool:
    return word[-1].isdigit() and math.isinf(float(word))


def _search(fragment: Fragment, at: int) -> Iterator[Diagnostic]:
    """What the decoder stumbled over in text that is well formed: it gives no position for these."""
    names: list[dict[str, Span] | None] = []
    for token in _TOKEN.finditer(fragment.text, at):
        word, span = token.group(), fragment.span(*token.span())
        if word in "{[":
            names.append({} if word == "{" else None)
            if len(names) > MAX_DEPTH:
                yield Diagnostic("too-deep", f"nested deeper than {MAX_DEPTH} levels", span)
                return
        elif word in "}]":
            names.pop()
            if not names:
                return
        elif word[0] == '"':
            here = names[-1] if names else None
            if here is None or not fragment.text.startswith(":", _blank(fragment.text, token.end())):
                continue
            name = scanstring(word, 1)[0]
            if name in here:
                note = Note("first here", here[name])
                message = f"key '{name}' stands twice in one object"
                yield Diagnostic("duplicate-key", message, span, ("remove one of the two",), (note,))
            here.setdefault(name, span)
        elif word in ("NaN", "Infinity", "-Infinity") or len(word) > _LONGEST_NUMBER or _is_infinite(word):
            shown = word if len(word) <= _LONGEST_NUMBER else f"{word[:20]}..."
            yield Diagnostic("not-finite", f"'{shown}' is not a number that an object can hold", span)

"""Functions on text. Go's `strings` and Terraform's documentation say what they do."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from typing import TYPE_CHECKING

from netpolspec.load.hcl.functions.definition import ANY, NUMBER, STRING, STRINGS, Library, Unsupported
from netpolspec.load.hcl.functions.regex import expand, translate
from netpolspec.load.hcl.values import ListValue, Mistake, Null, Primitive, TupleValue, Value, make_object

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

TEXT = Library()


def texts(items: Iterable[str]) -> ListValue:
    """A list of strings."""
    return ListValue(tuple(items), Primitive.STRING)


def plain(value: Value) -> tuple[str, ...]:
    """The strings of a list of strings; raises Mistake for a null among them."""
    assert isinstance(value, ListValue)  # noqa: S101 - converted by the caller
    for item in value.items:
        if isinstance(item, Null):
            raise Mistake("the list holds a null")
    return tuple(str(item) for item in value.items)


def characters(text: str) -> str:
    """The text, if each of its code points is a character of its own as Terraform counts them."""
    if text.isascii() and "\r\n" not in text:
        return text
    if "\r\n" in text or any(unicodedata.combining(c) or unicodedata.category(c) in ("Cf", "So", "Sk") for c in text):
        raise Unsupported("counts characters that are made of several code points")
    return text


def _by_character(text: str, change: str) -> str:
    """Change the case character by character, as Go does: no character becomes two."""
    if text.isascii():
        return text.upper() if change == "upper" else text.lower()
    return "".join(new if len(new := getattr(c, change)()) == 1 else c for c in text)


@TEXT.define("lower", STRING)
def _lower(text: str) -> Value:
    return _by_character(text, "lower")


@TEXT.define("upper", STRING)
def _upper(text: str) -> Value:
    return _by_character(text, "upper")


@TEXT.define("title", STRING)
def _title(text: str) -> Value:
    return re.sub(r"(?<![\w])\w", lambda match: _by_character(match.group(), "upper"), text)


@TEXT.define("trimspace", STRING)
def _trimspace(text: str) -> Value:
    return text.strip()


@TEXT.define("trim", STRING, STRING)
def _trim(text: str, cutset: str) -> Value:
    return text.strip(cutset) if cutset else text


@TEXT.define("trimprefix", STRING, STRING)
def _trimprefix(text: str, prefix: str) -> Value:
    return text.removeprefix(prefix)


@TEXT.define("trimsuffix", STRING, STRING)
def _trimsuffix(text: str, suffix: str) -> Value:
    return text.removesuffix(suffix) if suffix else text


@TEXT.define("chomp", STRING)
def _chomp(text: str) -> Value:
    return text.rstrip("\r\n")


@TEXT.define("indent", NUMBER, STRING)
def _indent(spaces: int | Fraction, text: str) -> Value:
    return text.replace("\n", "\n" + " " * int(spaces))


@TEXT.define("startswith", STRING, STRING)
def _startswith(text: str, prefix: str) -> Value:
    return text.startswith(prefix)


@TEXT.define("endswith", STRING, STRING)
def _endswith(text: str, suffix: str) -> Value:
    return text.endswith(suffix)


@TEXT.define("strcontains", STRING, STRING)
def _strcontains(text: str, part: str) -> Value:
    return part in text


@TEXT.define("strrev", STRING)
def _strrev(text: str) -> Value:
    return characters(text)[::-1]


@TEXT.define("substr", STRING, NUMBER, NUMBER)
def _substr(text: str, offset: int | Fraction, length: int | Fraction) -> Value:
    if not isinstance(offset, int) or not isinstance(length, int):
        raise Mistake("'substr' takes whole numbers")
    characters(text)
    start = max(0, offset + len(text)) if offset < 0 else offset
    return text[start:] if length < 0 else text[start : start + length]


@TEXT.define("split", STRING, STRING)
def _split(separator: str, text: str) -> Value:
    return texts(text.split(separator) if separator else characters(text))


@TEXT.define("join", STRING, rest=STRINGS)
def _join(separator: str, *lists: Value) -> Value:
    if not lists:
        raise Mistake("'join' takes at least one list")
    return separator.join(item for held in lists for item in plain(held))


@TEXT.define("sort", STRINGS)
def _sort(items: Value) -> Value:
    return texts(sorted(plain(items)))


@TEXT.define("compact", STRINGS)
def _compact(items: ListValue) -> Value:
    return texts(item for item in items.items if isinstance(item, str) and item)


@TEXT.define("replace", STRING, STRING, STRING)
def _replace(text: str, old: str, new: str) -> Value:
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        return translate(old[1:-1]).sub(expand(new), text)
    return text.replace(old, new)


def _captures(match: re.Match[str]) -> Value:
    """What a match stands for: an object of its named groups, a tuple of its groups, or its text."""

    def group(text: str | None) -> Value:
        return Null(Primitive.STRING) if text is None else text

    named = match.re.groupindex
    if named:
        if len(named) != match.re.groups:
            raise Mistake("a pattern has either named groups or groups without names")
        return make_object({name: group(match[name]) for name in named})
    if match.re.groups:
        return TupleValue(tuple(group(text) for text in match.groups()))
    return match.group()


@TEXT.define("regex", STRING, STRING)
def _regex(pattern: str, text: str) -> Value:
    match = translate(pattern).search(text)
    if match is None:
        raise Mistake("the pattern does not match")
    return _captures(match)


@TEXT.define("regexall", STRING, STRING)
def _regexall(pattern: str, text: str) -> Value:
    from netpolspec.load.hcl.values import type_of

    found = tuple(_captures(match) for match in translate(pattern).finditer(text))
    return ListValue(found, type_of(found[0]) if found else ANY)


@TEXT.define("basename", STRING)
def _basename(path: str) -> Value:
    return posixpath.basename(path.rstrip("/")) or ("/" if path.startswith("/") else ".")


@TEXT.define("dirname", STRING)
def _dirname(path: str) -> Value:
    return posixpath.normpath(posixpath.dirname(path) or ".")

"""YAML for TAP diagnostics: valid YAML 1.1 and 1.2, and within what Test::Harness's own small reader takes.

That reader (TAP::Parser::YAMLish::Reader) knows block mappings, block lists and one-line scalars, and gives up the
whole test on anything else. So: no flow collections, no block scalars, no folded lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

Value: TypeAlias = "str | int | Sequence[Value] | Mapping[str, Value]"

_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 _./,()\[\]<>=+*@'\"{}%$~^|;?!&-]|:(?=[A-Za-z0-9/.]))*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Plain scalars that YAML 1.1 or 1.2 takes for something other than text."""

_LOOKS_LIKE_A_KEY = re.compile(r"\A(\S+\s*):(?=\s|\Z)")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_NOT_VERBATIM = re.compile(r'[\\"]|[^\x20-\x7e]')


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    if character <= "\xff":
        return f"\\x{ord(character):02x}"
    return f"\\u{ord(character):04x}" if character <= "\uffff" else f"\\U{ord(character):08x}"


@lru_cache(4096)
def scalar(text: str) -> str:
    """Text as a one-line YAML scalar: plain where nobody could misread it, else in double quotes."""
    if _PLAIN.fullmatch(text) and not text.endswith(" ") and text.lower() not in _WORDS:
        return text
    return f'"{_NOT_VERBATIM.sub(_escape, text)}"'


def _item(text: str) -> str:
    """A scalar of a list; Test::Harness takes `- "a: b"` for a mapping, so such a colon is written as its code."""
    shown, found = scalar(text), 1
    while found:
        shown, found = _LOOKS_LIKE_A_KEY.subn(r"\1\\x3a", shown)
    return shown


def block(mapping: Mapping[str, Value], indent: str) -> str:
    """A mapping as block YAML, each line with its newline; empty lists and mappings are left out."""
    parts: list[str] = []
    _write_mapping(mapping, indent, parts)
    return "".join(parts)


def _write_mapping(mapping: Mapping[str, Value], indent: str, parts: list[str]) -> None:
    for key, value in mapping.items():
        if isinstance(value, str):
            parts.append(f"{indent}{key}: {scalar(value)}\n")
        elif isinstance(value, int):
            parts.append(f"{indent}{key}: {value}\n")
        elif value:
            parts.append(f"{indent}{key}:\n")
            if isinstance(value, Mapping):
                _write_mapping(value, indent + "  ", parts)
            else:
                _write_list(value, indent + "  ", parts)


def _write_list(values: Sequence[Value], indent: str, parts: list[str]) -> None:
    for value in values:
        if isinstance(value, str):
            parts.append(f"{indent}- {_item(value)}\n")
        elif isinstance(value, int):
            parts.append(f"{indent}- {value}\n")
        elif isinstance(value, Mapping):
            first = len(parts)
            _write_mapping(value, indent + "  ", parts)
            if first < len(parts):
                parts[first] = f"{indent}- {parts[first][len(indent) + 2 :]}"
        else:
            raise TypeError(value)

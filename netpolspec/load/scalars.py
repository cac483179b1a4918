"""What a plain YAML scalar means to kubectl, which is not quite what YAML 1.1 or 1.2 says.

Follows `resolve` of sigs.k8s.io/yaml (goyaml.v2/resolve.go), through which kubectl and the API server read YAML:
`yes`, `on` and `y` are booleans, `010` is eight, `0b11` and `1_000` are numbers, `12:30` is text, and so is a date.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TypeAlias

Scalar: TypeAlias = bool | int | float | str | None

_WORDS: dict[str, Scalar] = (
    dict.fromkeys(("", "~", "null", "Null", "NULL"))
    | dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True)
    | dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False)
    | dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan)
    | dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf)
    | dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf)
)
_FIRST = frozenset("yYnNtTfFoO~+-.0123456789")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_PREFIXED = re.compile(r"([-+]?)0(?:([xX])([0-9a-fA-F]+)|([bB])([01]+)|([oO]?)([0-7]+))\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_LONGEST_NUMBER = 400


@lru_cache(maxsize=4096)
def resolve(text: str) -> Scalar:
    """The value of a plain scalar: None, a boolean, a number or the text itself."""
    if not text:
        return None
    first = text[0]
    if first not in _FIRST:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if first not in "+-.0123456789" or len(text) > _LONGEST_NUMBER:
        return text
    plain = text if first == "." else text.replace("_", "")
    if _DECIMAL.match(plain):
        return int(plain)
    if prefixed := _PREFIXED.match(plain):
        sign, hexadecimal, sixteen, binary, two, _octal, eight = prefixed.groups()
        number = int(sixteen, 16) if hexadecimal else int(two, 2) if binary else int(eight, 8)
        return -number if sign == "-" else number
    if _FLOAT.match(plain):
        value = float(plain)
        if math.isinf(value):
            return text
        return int(value) if value.is_integer() and abs(value) < 1e15 else value  # noqa: PLR2004 - exact up to there
    return text

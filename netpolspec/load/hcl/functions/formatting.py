"""`format` and `formatlist`, after go-cty (cty/function/stdlib/format.go)."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from netpolspec.load.hcl.conversion import convert
from netpolspec.load.hcl.functions.definition import ANY, STRING, Library, Unsupported
from netpolspec.load.hcl.functions.encoding import to_json_text
from netpolspec.load.hcl.functions.text import texts
from netpolspec.load.hcl.values import SEQUENCES, Mistake, Null, Primitive, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATTING = Library()

_VERB = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>\d+)?(?:\.(?P<precision>\d+))?(?:\[(?P<index>\d+)\])?(?P<verb>.)", re.DOTALL
)


def _format(template: str, values: Sequence[Value]) -> str:
    out: list[str] = []
    used, at, explicit = 0, 0, False
    while (start := template.find("%", at)) >= 0:
        out.append(template[at:start])
        match = _VERB.match(template, start)
        if match is None:
            raise Mistake("'%' at the end of the format")
        at = match.end()
        if match["verb"] == "%":
            out.append("%")
            continue
        if match["index"]:
            used, explicit = int(match["index"]) - 1, True
        if not 0 <= used < len(values):
            raise Mistake(f"the format has no argument for '{match.group()}'")
        out.append(_one(match, values[used]))
        used += 1
    out.append(template[at:])
    if used < len(values) and not explicit:
        raise Mistake(f"the format uses {used} of {len(values)} arguments")
    return "".join(out)


def _one(match: re.Match[str], value: Value) -> str:
    verb, flags = match["verb"], match["flags"]
    if isinstance(value, Null):
        raise Unsupported("a null is formatted")
    if verb == "v" and not isinstance(value, (bool, int, Fraction, str)):
        return _pad(to_json_text(value), match)
    match verb:
        case "s" | "v" if "#" not in flags:
            text = convert(value, Primitive.STRING)
            assert isinstance(text, str)  # noqa: S101 - converted, and not null
            return _pad(text[: int(match["precision"])] if match["precision"] else text, match)
        case "v":
            return _pad(to_json_text(value), match)
        case "q":
            text = to_json_text(convert(value, Primitive.STRING))
            if "\\u" in text:
                raise Unsupported("quotes a special character")
            return _pad(text, match)
        case "t":
            return _pad("true" if convert(value, Primitive.BOOL) else "false", match)
        case "d" | "b" | "o" | "x" | "X" | "f" | "e" | "E":
            return _number(match, value)
        case _:
            raise Unsupported(f"formats with '%{verb}'")


def _number(match: re.Match[str], value: Value) -> str:
    number = convert(value, Primitive.NUMBER)
    assert isinstance(number, (int, Fraction))  # noqa: S101 - converted, and not null
    verb, flags = match["verb"], match["flags"]
    sign = "+" if "+" in flags else " " if " " in flags else ""
    align = "<" if "-" in flags else ">"
    fill = "0" if "0" in flags and "-" not in flags else ""
    alternate = "#" if "#" in flags else ""
    if alternate or (match["precision"] and verb in "dboxX"):
        raise Unsupported(f"formats with '{match.group()}'")
    width = match["width"] or ""
    layout = f"{sign}{fill}{width}" if fill else f"{align}{sign}{width}"
    if verb in "dboxX":
        if not isinstance(number, int):
            raise Mistake(f"'{match.group()}' takes a whole number")
        return format(number, f"{layout}{verb}")
    precision = int(match["precision"] or 6)
    if verb == "f":
        return format(_fixed(number, precision), f"{align}{width}") if not (sign or fill) else _unsupported(match)
    return format(float(number), f"{layout}.{precision}{verb}")


def _unsupported(match: re.Match[str]) -> str:
    raise Unsupported(f"formats with '{match.group()}'")


def _fixed(number: int | Fraction, precision: int) -> str:
    """Decimal places, exactly rounded half to even, as Go does."""
    scaled = round(Fraction(number) * 10**precision)
    digits = str(abs(scaled)).rjust(precision + 1, "0")
    sign = "-" if number < 0 else ""
    return sign + (f"{digits[:-precision]}.{digits[-precision:]}" if precision else digits)


def _pad(text: str, match: re.Match[str]) -> str:
    width = int(match["width"] or 0)
    return text.ljust(width) if "-" in match["flags"] else text.rjust(width)


@FORMATTING.define("format", STRING, rest=ANY, nulls=True)
def _format_one(template: str, *values: Value) -> Value:
    if isinstance(template, Null):
        raise Mistake("the format is null")
    return _format(template, values)


@FORMATTING.define("formatlist", STRING, rest=ANY, nulls=True)
def _formatlist(template: str, *values: Value) -> Value:
    if isinstance(template, Null):
        raise Mistake("the format is null")
    if any(isinstance(value, Null) for value in values):
        raise Unsupported("a null is formatted")
    lengths = {len(value.items) for value in values if isinstance(value, SEQUENCES)}
    if len(lengths) > 1:
        raise Mistake("the lists are of different lengths")
    if not lengths:
        return texts([_format(template, values)])
    rows = range(lengths.pop())
    return texts(
        _format(template, [value.items[row] if isinstance(value, SEQUENCES) else value for value in values])
        for row in rows
    )

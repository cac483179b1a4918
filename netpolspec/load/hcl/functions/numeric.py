"""Functions on numbers and conversions."""

from __future__ import annotations

import contextlib
import math
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.load.hcl.conversion import convert
from netpolspec.load.hcl.functions.definition import ANY, BOOL, LIST, NUMBER, SET, STRING, Library, Unsupported
from netpolspec.load.hcl.numbers import rounded, whole
from netpolspec.load.hcl.values import SEQUENCES, ListOf, ListValue, MapOf, Mistake, Primitive, Value

if TYPE_CHECKING:
    from netpolspec.load.hcl.values import Type

Number: TypeAlias = int | Fraction
NUMERIC = Library()
_EXACT = 2**53
_HIGHEST_BASE = 62


def integer(number: Number, what: str) -> int:
    """A whole number; raises Mistake."""
    if not isinstance(number, int):
        raise Mistake(f"{what} is not a whole number")
    return number


@NUMERIC.define("abs", NUMBER)
def _abs(number: Number) -> Value:
    return -number if number < 0 else number


@NUMERIC.define("ceil", NUMBER)
def _ceil(number: Number) -> Value:
    if -1 < number < 0:
        raise Unsupported("the result is a negative zero")
    return math.ceil(number)


@NUMERIC.define("floor", NUMBER)
def _floor(number: Number) -> Value:
    return math.floor(number)


@NUMERIC.define("signum", NUMBER)
def _signum(number: Number) -> Value:
    return (integer(number, "the argument") > 0) - (number < 0)


@NUMERIC.define("max", rest=NUMBER)
def _max(*numbers: Number) -> Value:
    if not numbers:
        raise Mistake("'max' takes at least one number")
    return max(numbers)


@NUMERIC.define("min", rest=NUMBER)
def _min(*numbers: Number) -> Value:
    if not numbers:
        raise Mistake("'min' takes at least one number")
    return min(numbers)


@NUMERIC.define("pow", NUMBER, NUMBER)
def _pow(base: Number, power: Number) -> Value:
    if isinstance(base, int) and isinstance(power, int) and 0 <= power <= _HIGHEST_BASE:
        result: int = base**power
        if abs(result) < _EXACT:
            return result
    raise Unsupported("the result is not a small whole number")


@NUMERIC.define("parseint", STRING, NUMBER)
def _parseint(text: str, base: Number) -> Value:
    if not isinstance(base, int) or not 2 <= base <= 36:  # noqa: PLR2004 - what Python's int() can
        raise Unsupported("the base is not between 2 and 36")
    digits = text.removeprefix("-").removeprefix("+")
    with contextlib.suppress(ValueError):
        if digits.isalnum() and digits.isascii():
            return int(text, base)
    raise Mistake(f"expected a whole number in base {base}")


@NUMERIC.define("sum", ANY)
def _sum(items: Value) -> Value:
    if not isinstance(items, SEQUENCES):
        raise Mistake("'sum' takes a list of numbers")
    if not items.items:
        raise Mistake("'sum' takes at least one number")
    total: Number = 0
    for item in items.items:
        number = convert(item, Primitive.NUMBER)
        if not isinstance(number, (int, Fraction)):
            raise Mistake("'sum' takes numbers, none of them null")
        total = rounded(whole(total + number))
    return total


@NUMERIC.define("range", rest=NUMBER)
def _range(*bounds: Number) -> Value:
    if not 1 <= len(bounds) <= 3:  # noqa: PLR2004 - start, limit, step
        raise Mistake("'range' takes one, two or three numbers")
    start, limit = (0, bounds[0]) if len(bounds) == 1 else bounds[:2]
    step = bounds[2] if len(bounds) > 2 else (1 if start <= limit else -1)  # noqa: PLR2004 - the third
    if step == 0 or (start != limit and (step > 0) is (start > limit)):
        raise Mistake("the step leads away from the limit" if step else "the step is zero")
    found: list[Value] = []
    at = start
    while at < limit if step > 0 else at > limit:
        found.append(at)
        if len(found) > 1024:  # noqa: PLR2004 - Terraform's own limit
            raise Mistake("'range' makes more than 1024 numbers")
        at = rounded(whole(at + step))
    return ListValue(tuple(found), Primitive.NUMBER)


@NUMERIC.define("alltrue", ListOf(BOOL))
def _alltrue(items: ListValue) -> Value:
    return all(item is True for item in items.items)


@NUMERIC.define("anytrue", ListOf(BOOL))
def _anytrue(items: ListValue) -> Value:
    return any(item is True for item in items.items)


def _define_conversion(name: str, to: Type) -> None:
    @NUMERIC.define(name, ANY, nulls=True, shallow=not isinstance(to, Primitive))
    def _convert(value: Value) -> Value:
        return convert(value, to)


_CONVERSIONS: dict[str, Type] = {
    "tostring": STRING,
    "tonumber": NUMBER,
    "tobool": BOOL,
    "tolist": LIST,
    "toset": SET,
    "tomap": MapOf(ANY),
}
for _name, _to in _CONVERSIONS.items():
    _define_conversion(_name, _to)

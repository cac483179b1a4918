"""What operators and steps make of values; both operands without marks on their outside."""

from __future__ import annotations

from fractions import Fraction
from typing import NoReturn, cast

from netpolspec.diagnostics import nearest
from netpolspec.load.hcl.conversion import convert
from netpolspec.load.hcl.functions.definition import Unsupported
from netpolspec.load.hcl.numbers import rounded, whole
from netpolspec.load.hcl.values import (
    ListValue,
    MapValue,
    Mistake,
    Null,
    ObjectValue,
    Primitive,
    Sensitive,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    describe,
    equals,
    first_unknown,
    hide,
    reveal,
    reveal_deeply,
)

_WITHOUT_ELEMENTS = "it has no elements"


def apply_unary(operator: str, operand: Value) -> Value:
    """`-operand`, `!operand`."""
    if isinstance(operand, Unknown):
        return operand
    if operator == "!":
        return not _as(operand, Primitive.BOOL)
    number = _number(operand)
    return -number if number else _refuse_negative_zero()


def apply_binary(operator: str, left: Value, right: Value) -> Value:  # noqa: C901, PLR0912 - one case for each
    """`left operator right`, other than `&&` and `||`; raises Mistake, ZeroDivisionError."""
    if operator in ("==", "!="):
        same = _compare(left, right)
        return same if isinstance(same, Unknown) else same is (operator == "==")
    if isinstance(left, Unknown):
        return left
    if isinstance(right, Unknown):
        return right
    a, b = _number(left), _number(right)
    match operator:
        case "<":
            return a < b
        case ">":
            return a > b
        case "<=":
            return a <= b
        case ">=":
            return a >= b
        case "+":
            return rounded(whole(a + b))
        case "-":
            return rounded(whole(a - b))
        case "*":
            return _signed(rounded(whole(a * b)), negative=a < 0 or b < 0)
        case "/":
            return _signed(rounded(whole(Fraction(a) / b)), negative=b < 0)
        case "%":
            return _signed(rounded(whole(a - b * int(rounded(whole(Fraction(a) / b))))), negative=a < 0)
        case _:
            raise AssertionError(operator)


def _signed(number: int | Fraction, *, negative: bool) -> int | Fraction:
    """The number, unless it is a zero that has a sign."""
    return _refuse_negative_zero() if number == 0 and negative else number


def _refuse_negative_zero() -> NoReturn:
    """Terraform has a negative zero, which is equal to zero but written `-0`."""
    raise Unsupported("the result is a negative zero")


def _as(value: Value, to: Primitive) -> Value:
    if isinstance(value, Null):
        raise Mistake("null cannot be used with an operator", code="terraform-type")
    return convert(value, to)


def _number(value: Value) -> int | Fraction:
    return cast("int | Fraction", _as(value, Primitive.NUMBER))


def _compare(left: Value, right: Value) -> bool | Unknown:
    for value in (left, right):
        if isinstance(value, Unknown):
            return value
    if isinstance(left, Null) or isinstance(right, Null):
        return isinstance(left, Null) and isinstance(right, Null)
    for value in (left, right):
        if (unknown := first_unknown(value)) is not None:
            return unknown
    return equals(reveal_deeply(left)[0], reveal_deeply(right)[0])


# --- steps --------------------------------------------------------------------------------------------------------


def get_attribute(value: Value, name: str) -> Value:  # noqa: C901 - one case for each kind
    """`value.name`."""
    match value:
        case Unknown():
            return value
        case Sensitive(inner):
            found = get_attribute(inner, name)
            return found if isinstance(found, Unknown) else hide(found)
        case ObjectValue(items, rest):
            if name in items:
                return items[name]
            if rest is not None:
                return rest
            raise Mistake(f"there is no attribute '{name}'", *_guess(name, tuple(items)))
        case MapValue(items):
            if name in items:
                return items[name]
            raise Mistake(f"the map has no element '{name}'", *_guess(name, tuple(items)))
        case Null():
            raise Mistake(f"'.{name}' of null")
        case ListValue() | TupleValue():
            raise Mistake(f"'.{name}' of a list", "'[0]' means its first element, '[*]' each of them")
        case SetValue():
            raise Mistake(f"'.{name}' of a set", "'one(...)' gives its only element")
        case _:
            raise Mistake(f"'.{name}' of {describe(value)}", "only objects and maps have attributes")


def _guess(name: str, candidates: tuple[str, ...]) -> tuple[str, ...]:
    guess = nearest(name, candidates)
    return (f"did you mean '{guess}'?",) if guess else ()


def get_index(value: Value, key: Value) -> Value:
    """`value[key]`."""
    value, marked = reveal(value)
    key, key_marked = reveal(key)
    for unknown in (value, key):
        if isinstance(unknown, Unknown):
            return unknown
    if isinstance(key, Null):
        raise Mistake("the index is null")
    found = _index_known(value, key, secret=marked or key_marked)
    return hide(found) if (marked or key_marked) and not isinstance(found, Unknown) else found


def _index_known(value: Value, key: Value, *, secret: bool) -> Value:
    match value:
        case ListValue(items) | TupleValue(items):
            number = convert(key, Primitive.NUMBER)
            if not isinstance(number, int):
                raise Mistake("the index is not a whole number")
            if not 0 <= number < len(items):
                count = f"it has {len(items)}" if items else _WITHOUT_ELEMENTS
                raise Mistake("the list has no such element" if secret else f"the list has no element {number}", count)
            return items[number]
        case MapValue(entries) | ObjectValue(entries):
            name = str(convert(key, Primitive.STRING))
            if name in entries:
                return entries[name]
            if isinstance(value, ObjectValue) and value.rest is not None:
                return value.rest
            what = "map" if isinstance(value, MapValue) else "object"
            if secret:
                raise Mistake(f"the {what} has no such element")
            has = f"it has: {', '.join(entries)}" if entries else _WITHOUT_ELEMENTS
            raise Mistake(f"the {what} has no element '{name}'", has)
        case SetValue():
            raise Mistake("elements of a set have no index", "tolist(...) makes it a list, one(...) its only element")
        case _:
            raise Mistake(f"an index of {describe(value)}", "only lists, maps and objects have elements")

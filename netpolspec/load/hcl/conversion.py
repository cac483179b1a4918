"""From one type to another, as Terraform does of itself, and the type that several values have in common.

The rules are those of go-cty, cty/convert (conversion_*.go, unify.go, compare_types.go).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from netpolspec.load.hcl.numbers import format_number, parse_number
from netpolspec.load.hcl.values import (
    ListOf,
    ListValue,
    MapOf,
    MapValue,
    Mistake,
    Null,
    ObjectOf,
    ObjectValue,
    Primitive,
    Sensitive,
    SetOf,
    SetValue,
    TupleOf,
    TupleValue,
    Type,
    Unknown,
    Value,
    describe,
    first_unknown,
    hide,
    make_object,
    make_set,
    type_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXPECTED = {Primitive.STRING: "text", Primitive.NUMBER: "a number", Primitive.BOOL: "true or false"}
_TRUE_WORDS = ("true", "1")
_FALSE_WORDS = ("false", "0")


def convert(value: Value, to: Type) -> Value:  # noqa: C901, PLR0912 - one case for each kind
    """The value as one of another type; raises Mistake where Terraform would refuse."""
    match value:
        case Sensitive(inner):
            return hide(convert(inner, to))
        case Unknown():
            return value
        case Null(type_):
            if not _convertible(type_, to):
                raise Mistake(f"expected {to}, found a null {type_}", code="terraform-type")
            return value if to == Primitive.ANY else Null(to)
        case _:
            pass
    if isinstance(value, (ListValue, SetValue, MapValue)) and isinstance(to, (ListOf, SetOf, MapOf)):
        _check_elements(value.element, to.element)
    match to:
        case Primitive():
            return value if to == Primitive.ANY else _to_primitive(value, to)
        case ListOf(element):
            items = _sequence(value, to)
            converted, element = _to_elements(items, element)
            return ListValue(converted, element)
        case SetOf(element):
            return _to_set(value, to)
        case MapOf(element):
            if not isinstance(value, (MapValue, ObjectValue)):
                raise _mismatch(value, "a map")
            converted, element = _to_elements(tuple(value.items.values()), element)
            return MapValue(dict(zip(value.items, converted, strict=True)), element)
        case TupleOf(types):
            if not isinstance(value, TupleValue) or len(value.items) != len(types):
                raise _mismatch(value, f"a tuple of {len(types)}")
            return TupleValue(tuple(convert(item, type_) for item, type_ in zip(value.items, types, strict=True)))
        case ObjectOf():
            return _to_object(value, to)


def _check_elements(held: Type, wanted: Type) -> None:
    """Types decide, so that a list without elements is refused as well."""
    if not _convertible(held, wanted):
        raise Mistake(f"expected elements of type {wanted}, found {held}", code="terraform-type")


def _mismatch(value: Value, expected: str) -> Mistake:
    return Mistake(f"expected {expected}, found {describe(value)}", code="terraform-type")


def _to_primitive(value: Value, to: Primitive) -> Value:
    match value, to:
        case (bool(), Primitive.BOOL) | (str(), Primitive.STRING):
            return value
        case bool(), Primitive.STRING:
            return "true" if value else "false"
        case ((int() | Fraction()), Primitive.NUMBER) if not isinstance(value, bool):
            return value
        case (int() | Fraction()) as number, Primitive.STRING if not isinstance(value, bool):
            return format_number(number)
        case str() as text, Primitive.NUMBER:
            try:
                return parse_number(text)
            except ValueError:
                raise Mistake("expected a number, found text that is none", code="terraform-type") from None
        case str() as text, Primitive.BOOL if text in _TRUE_WORDS + _FALSE_WORDS:
            return text in _TRUE_WORDS
        case _:
            raise _mismatch(value, _EXPECTED[to])


def _sequence(value: Value, to: Type) -> tuple[Value, ...]:
    if not isinstance(value, (ListValue, SetValue, TupleValue)):
        help_ = ("a value in square brackets makes it a list of one",) if isinstance(to, ListOf) else ()
        expected = "a list" if isinstance(to, ListOf) else "a set"
        raise Mistake(f"expected {expected}, found {describe(value)}", *help_, code="terraform-type")
    return value.items


def _to_set(value: Value, to: SetOf) -> Value:
    items = _sequence(value, to)
    for item in items:
        if (unknown := first_unknown(item)) is not None:
            return unknown
    converted, element = _to_elements(items, to.element)
    return make_set(converted, element)


def _to_elements(items: tuple[Value, ...], element: Type) -> tuple[tuple[Value, ...], Type]:
    """The items as values of one type, and that type: where it holds `any`, the one that they have in common."""
    if _has_any(element):
        found = [type_of(convert(item, element)) for item in items if not _is_open(item)]
        common = unify(found) if found else element
        if common is None:
            raise Mistake("the elements have no type in common", code="terraform-type")
        element = common
    return tuple(convert(item, element) for item in items), element


def _is_open(value: Value) -> bool:
    """Whether a value says nothing about the type of its neighbours."""
    return isinstance(value, Unknown) or (isinstance(value, Null) and value.type == Primitive.ANY)


def _has_any(type_: Type) -> bool:
    match type_:
        case Primitive():
            return type_ == Primitive.ANY
        case ListOf(element) | SetOf(element) | MapOf(element):
            return _has_any(element)
        case TupleOf(items):
            return any(_has_any(item) for item in items)
        case ObjectOf(attributes):
            return any(_has_any(item) for _, item in attributes)


def _to_object(value: Value, to: ObjectOf) -> Value:
    if not isinstance(value, (MapValue, ObjectValue)):
        raise _mismatch(value, "an object")
    result: dict[str, Value] = {}
    for name, type_ in to.attributes:
        held = value.items.get(name)
        if held is None and isinstance(value, ObjectValue) and value.rest is not None:
            held = value.rest
        if name in to.defaults and (held is None or isinstance(held, Null)):
            held = to.defaults[name]
        if held is None:
            raise Mistake(f"attribute '{name}' is missing", code="terraform-type")
        try:
            result[name] = convert(held, type_)
        except Mistake as mistake:
            raise Mistake(f"attribute '{name}': {mistake.message}", *mistake.help, code=mistake.code) from None
    return make_object(result)


def to_text(value: Value) -> str:
    """A known primitive as text, as in a template; raises Mistake for anything else."""
    if isinstance(value, Null):
        raise Mistake("null in a template", 'as in: x == null ? "" : x', code="terraform-type")
    converted = convert(value, Primitive.STRING)
    assert isinstance(converted, str)  # noqa: S101 - the caller has taken care of unknown and sensitive values
    return converted


# --- what types have in common ------------------------------------------------------------------------------------


def unify(types: Sequence[Type]) -> Type | None:
    """The type that values of all these types can be converted to; None where there is none."""
    if not types:
        return None
    first = types[0]
    if all(type_ == first for type_ in types):
        return first
    if Primitive.ANY in types:
        return unify([type_ for type_ in types if type_ != Primitive.ANY])
    if all(isinstance(type_, MapOf) for type_ in types):
        element = unify([type_.element for type_ in types if isinstance(type_, MapOf)])
        return None if element is None else MapOf(element)
    if all(isinstance(type_, ObjectOf) for type_ in types):
        return _unify_objects([type_ for type_ in types if isinstance(type_, ObjectOf)])
    if all(isinstance(type_, TupleOf) for type_ in types):
        return _unify_tuples([type_ for type_ in types if isinstance(type_, TupleOf)])
    return next((type_ for type_ in sorted(types, key=_generality) if _all_convertible(types, type_)), None)


def _unify_objects(types: list[ObjectOf]) -> Type | None:
    names = [tuple(name for name, _ in type_.attributes) for type_ in types]
    if any(other != names[0] for other in names):
        element = unify([held for type_ in types for _, held in type_.attributes])
        return None if element is None else MapOf(element)
    columns = [unify(column) for column in zip(*([held for _, held in t.attributes] for t in types), strict=True)]
    found = [column for column in columns if column is not None]
    return ObjectOf(tuple(zip(names[0], found, strict=True))) if len(found) == len(columns) else None


def _unify_tuples(types: list[TupleOf]) -> Type | None:
    if any(len(type_.items) != len(types[0].items) for type_ in types):
        element = unify([item for type_ in types for item in type_.items])
        return None if element is None else ListOf(element)
    columns = [unify(column) for column in zip(*(type_.items for type_ in types), strict=True)]
    found = [column for column in columns if column is not None]
    return TupleOf(tuple(found)) if len(found) == len(columns) else None


def _generality(type_: Type) -> tuple[int, ...]:
    """Sorts the more general before: sets before lists before tuples, maps before objects, text before the rest."""
    match type_:
        case Primitive():
            return (0, 0 if type_ == Primitive.STRING else 1)
        case SetOf(element):
            return (1, 0, *_generality(element))
        case ListOf(element):
            return (1, 1, *_generality(element))
        case TupleOf():
            return (1, 2)
        case MapOf(element):
            return (2, 0, *_generality(element))
        case ObjectOf():
            return (2, 1)


def _all_convertible(types: Sequence[Type], to: Type) -> bool:
    return all(_convertible(type_, to) for type_ in types)


def _convertible(type_: Type, to: Type) -> bool:
    """Whether some value of a type can become one of another."""
    if type_ == to or Primitive.ANY in (type_, to):
        return True
    match type_, to:
        case Primitive(), Primitive():
            return Primitive.STRING in (type_, to)
        case ((ListOf(element) | SetOf(element)), (ListOf(wanted) | SetOf(wanted))):
            return _convertible(element, wanted)
        case TupleOf(items), (ListOf(wanted) | SetOf(wanted)):
            return all(_convertible(item, wanted) for item in items)
        case TupleOf(items), TupleOf(others):
            return len(items) == len(others) and all(map(_convertible, items, others))
        case MapOf(element), MapOf(wanted):
            return _convertible(element, wanted)
        case ObjectOf(attributes), MapOf(wanted):
            return all(_convertible(held, wanted) for _, held in attributes)
        case MapOf(element), ObjectOf(attributes):
            return all(_convertible(element, wanted) for _, wanted in attributes)
        case ObjectOf(attributes), ObjectOf(wanted_attributes):
            held_by_name = dict(attributes)
            return all(
                name in held_by_name and _convertible(held_by_name[name], wanted) for name, wanted in wanted_attributes
            )
        case _:
            return False


def common_type(values: Sequence[Value]) -> Type | None:
    """The type that all values can be converted to; ANY where none of them says anything."""
    types = [type_of(value) for value in values if not _is_open(value)]
    return unify(types) if types else Primitive.ANY

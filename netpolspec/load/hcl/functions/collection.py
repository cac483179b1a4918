"""Functions on lists, sets, maps and objects, after go-cty (cty/function/stdlib/collection.go, set.go)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.load.hcl.conversion import common_type, convert, unify
from netpolspec.load.hcl.functions.definition import ANY, LIST, NUMBER, SET, STRING, STRINGS, Library, Unsupported
from netpolspec.load.hcl.functions.numeric import Number, integer
from netpolspec.load.hcl.functions.text import characters, plain
from netpolspec.load.hcl.values import (
    MAPPINGS,
    SEQUENCES,
    ListOf,
    ListValue,
    MapOf,
    MapValue,
    Mistake,
    Null,
    ObjectValue,
    Primitive,
    SetValue,
    TupleOf,
    TupleValue,
    Unknown,
    Value,
    describe,
    equals,
    first_unknown,
    identity,
    make_object,
    make_set,
    type_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

COLLECTION = Library()
Items: TypeAlias = "ListValue | SetValue | TupleValue"


def _sequence(value: Value, name: str) -> ListValue | SetValue | TupleValue:
    if not isinstance(value, SEQUENCES):
        raise Mistake(f"'{name}' takes a list, found {describe(value)}", code="terraform-type")
    return value


def _mapping(value: Value, name: str) -> MapValue | ObjectValue:
    if not isinstance(value, MAPPINGS):
        raise Mistake(f"'{name}' takes a map or an object, found {describe(value)}", code="terraform-type")
    return value


def _like(value: Items, items: Sequence[Value]) -> Value:
    """Some of a list's elements, as the kind of list that it is."""
    if isinstance(value, TupleValue):
        return TupleValue(tuple(items))
    return ListValue(tuple(items), value.element)


@COLLECTION.define("length", ANY, shallow=True)
def _length(value: Value) -> Value:
    match value:
        case str():
            return len(characters(value))
        case ListValue(items) | TupleValue(items) | SetValue(items):
            return len(items)
        case MapValue(entries) | ObjectValue(entries):
            return len(entries)
        case _:
            raise Mistake(f"'length' of {describe(value)}", code="terraform-type")


@COLLECTION.define("concat", rest=ANY, shallow=True)
def _concat(*lists: Value) -> Value:
    if not lists:
        raise Mistake("'concat' takes at least one list")
    for held in lists:
        if not isinstance(held, (ListValue, TupleValue)):
            raise Mistake(f"'concat' takes lists, found {describe(held)}", "tolist(...) makes a set a list")
    items = tuple(item for held in lists for item in _sequence(held, "concat").items)
    if all(isinstance(held, ListValue) for held in lists):
        common = unify([type_of(held) for held in lists])
        if isinstance(common, ListOf):
            return ListValue(tuple(convert(item, common.element) for item in items), common.element)
    return TupleValue(items)


@COLLECTION.define("merge", rest=ANY, nulls=True, shallow=True)
def _merge(*maps: Value) -> Value:
    given = [_mapping(held, "merge") for held in maps if not isinstance(held, Null)]
    if maps and not given:
        raise Unsupported("every argument is null")
    merged: dict[str, Value] = {}
    rest = None
    for held in given:
        merged |= held.items
        rest = rest or (held.rest if isinstance(held, ObjectValue) else None)
    first = type_of(maps[0]) if maps else None
    if isinstance(first, MapOf) and all(type_of(held) == first for held in maps):
        return MapValue(dict(sorted(merged.items())), first.element)
    return make_object(merged, rest)


@COLLECTION.define("keys", ANY, shallow=True)
def _keys(value: Value) -> Value:
    held = _mapping(value, "keys")
    names = tuple(held.items)
    return ListValue(names, Primitive.STRING) if isinstance(held, MapValue) else TupleValue(names)


@COLLECTION.define("values", ANY, shallow=True)
def _values(value: Value) -> Value:
    held = _mapping(value, "values")
    items = tuple(held.items.values())
    return ListValue(items, held.element) if isinstance(held, MapValue) else TupleValue(items)


@COLLECTION.define("lookup", ANY, STRING, ANY, optional=1, nulls=True, shallow=True)
def _lookup(value: Value, key: Value, default: Value | None = None) -> Value:
    held = _mapping(value, "lookup")
    if not isinstance(key, str):
        raise Mistake("the key of 'lookup' is null")
    if key in held.items:
        return held.items[key]
    if isinstance(held, ObjectValue) and held.rest is not None:
        return held.rest
    if default is None:
        raise Mistake(f"the map has no element '{key}', and 'lookup' has no default")
    return convert(default, held.element) if isinstance(held, MapValue) else default


@COLLECTION.define("flatten", ANY, shallow=True)
def _flatten(value: Value) -> Value:
    def walk(items: Sequence[Value]) -> list[Value]:
        found: list[Value] = []
        for item in items:
            if isinstance(item, Unknown):
                raise Unsupported("an element may be a list or not")
            found.extend(walk(item.items) if isinstance(item, SEQUENCES) else (item,))
        return found

    return TupleValue(tuple(walk(_sequence(value, "flatten").items)))


@COLLECTION.define("distinct", LIST)
def _distinct(value: ListValue) -> Value:
    unique: dict[object, Value] = {}
    for item in value.items:
        unique.setdefault(identity(item), item)
    return ListValue(tuple(unique.values()), value.element)


@COLLECTION.define("contains", ANY, ANY)
def _contains(value: Value, wanted: Value) -> Value:
    return any(equals(item, wanted) for item in _sequence(value, "contains").items)


@COLLECTION.define("index", ANY, ANY)
def _index(value: Value, wanted: Value) -> Value:
    for at, item in enumerate(_sequence(value, "index").items):
        if equals(item, wanted):
            return at
    raise Mistake("the list does not hold the value")


@COLLECTION.define("element", ANY, NUMBER, shallow=True)
def _element(value: Value, position: Number) -> Value:
    held = _sequence(value, "element")
    at = integer(position, "the position")
    if isinstance(held, SetValue):
        raise Mistake("'element' of a set", "tolist(...) makes it a list")
    if not held.items:
        raise Mistake("'element' of an empty list")
    if at < 0:
        raise Unsupported("versions of Terraform differ about negative positions")
    return held.items[at % len(held.items)]


@COLLECTION.define("slice", ANY, NUMBER, NUMBER, shallow=True)
def _slice(value: Value, start: Number, end: Number) -> Value:
    held = _sequence(value, "slice")
    if isinstance(held, SetValue):
        raise Mistake("'slice' of a set", "tolist(...) makes it a list")
    first, last = integer(start, "the start"), integer(end, "the end")
    if not 0 <= first <= last <= len(held.items):
        raise Mistake(f"'slice' from {first} to {last} of a list of {len(held.items)}")
    return _like(held, held.items[first:last])


@COLLECTION.define("reverse", ANY, shallow=True)
def _reverse(value: Value) -> Value:
    held = _sequence(value, "reverse")
    return _like(held, held.items[::-1])


@COLLECTION.define("chunklist", LIST, NUMBER)
def _chunklist(value: ListValue, size: Number) -> Value:
    step = integer(size, "the size")
    if step < 0:
        raise Mistake("the size is negative")
    step = step or max(1, len(value.items))
    chunks = (value.items[at : at + step] for at in range(0, len(value.items), step))
    return ListValue(tuple(ListValue(chunk, value.element) for chunk in chunks), ListOf(value.element))


@COLLECTION.define("one", ANY, shallow=True)
def _one(value: Value) -> Value:
    held = _sequence(value, "one")
    if len(held.items) > 1:
        raise Mistake(f"'one' takes no or one element, found {len(held.items)}")
    if held.items:
        return held.items[0]
    return Null() if isinstance(held, TupleValue) else Null(held.element)


@COLLECTION.define("coalesce", rest=ANY, nulls=True, shallow=True)
def _coalesce(*values: Value) -> Value:
    common = common_type(values)
    if not values or common is None:
        raise Mistake("the arguments have no type in common" if values else "'coalesce' takes at least one argument")
    for value in values:
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Null):
            continue
        converted = convert(value, common)
        if converted != "":
            return converted
    raise Mistake("every argument is null or empty text")


@COLLECTION.define("coalescelist", rest=ANY, nulls=True, shallow=True)
def _coalescelist(*values: Value) -> Value:
    for value in values:
        is_list = isinstance(value, Null) and isinstance(value.type, (ListOf, TupleOf))
        if not is_list and not isinstance(value, (ListValue, TupleValue, Unknown)):
            raise Mistake(f"'coalescelist' takes lists, found {describe(value)}")
    for value in values:
        if isinstance(value, Unknown) or (isinstance(value, (ListValue, TupleValue)) and value.items):
            return value
    raise Mistake("every list is empty")


@COLLECTION.define("zipmap", STRINGS, ANY, shallow=True)
def _zipmap(keys: ListValue, value: Value) -> Value:
    held = _sequence(value, "zipmap")
    if (unknown := first_unknown(keys)) is not None:
        return unknown
    names = plain(keys)
    if len(names) != len(held.items):
        raise Mistake(f"'zipmap' of {len(names)} keys and {len(held.items)} values")
    pairs = dict(zip(names, held.items, strict=True))
    if isinstance(held, TupleValue):
        return make_object(pairs)
    return MapValue(dict(sorted(pairs.items())), held.element)


@COLLECTION.define("matchkeys", LIST, LIST, LIST)
def _matchkeys(values: ListValue, keys: ListValue, wanted: ListValue) -> Value:
    if len(values.items) != len(keys.items):
        raise Mistake("'matchkeys' takes as many keys as values")
    found = {identity(convert(item, keys.element)) for item in wanted.items}
    pairs = zip(values.items, keys.items, strict=True)
    return ListValue(tuple(value for value, key in pairs if identity(key) in found), values.element)


@COLLECTION.define("transpose", MapOf(STRINGS))
def _transpose(value: MapValue) -> Value:
    turned: dict[str, list[str]] = {}
    for name, held in value.items.items():
        for item in plain(held):
            turned.setdefault(item, []).append(name)
    lists: dict[str, Value] = {
        name: ListValue(tuple(sorted(items)), Primitive.STRING) for name, items in sorted(turned.items())
    }
    return MapValue(lists, STRINGS)


# --- sets ---------------------------------------------------------------------------------------------------------


def _same_element(sets: Sequence[SetValue]) -> tuple[SetValue, ...]:
    filled = [held.element for held in sets if held.element != ANY]
    element = unify(filled) if filled else ANY
    if element is None:
        raise Mistake("the sets' elements have no type in common", code="terraform-type")
    return tuple(make_set((convert(item, element) for item in held.items), element) for held in sets)


@COLLECTION.define("setunion", SET, rest=SET)
def _setunion(*sets: SetValue) -> Value:
    alike = _same_element(sets)
    return make_set(itertools.chain.from_iterable(held.items for held in alike), alike[0].element)


@COLLECTION.define("setintersection", SET, rest=SET)
def _setintersection(*sets: SetValue) -> Value:
    first, *others = _same_element(sets)
    held = [{identity(item) for item in other.items} for other in others]
    return make_set((item for item in first.items if all(identity(item) in h for h in held)), first.element)


@COLLECTION.define("setsubtract", SET, SET)
def _setsubtract(left: SetValue, right: SetValue) -> Value:
    left, right = _same_element((left, right))
    taken = {identity(item) for item in right.items}
    return make_set((item for item in left.items if identity(item) not in taken), left.element)


@COLLECTION.define("setproduct", rest=ANY)
def _setproduct(*sets: Value) -> Value:
    if len(sets) < 2:  # noqa: PLR2004 - a product
        raise Mistake("'setproduct' takes at least two sets or lists")
    columns: list[tuple[Value, ...]] = []
    elements = []
    for value in sets:
        held = _sequence(value, "setproduct")
        if any(isinstance(item, Null) and item.type == ANY for item in held.items):
            raise Unsupported("an element is null")
        element = common_type(held.items) if isinstance(held, TupleValue) else held.element
        if element is None:
            raise Mistake("the elements have no type in common", code="terraform-type")
        columns.append(tuple(convert(item, element) for item in held.items))
        elements.append(element)
    rows = tuple(TupleValue(row) for row in itertools.product(*columns))
    of = TupleOf(tuple(elements))
    return make_set(rows, of) if any(isinstance(held, SetValue) for held in sets) else ListValue(rows, of)

"""Terraform's values and their types, as far as a configuration can know them without running anything.

Text is `str`, a boolean `bool`, a number `int` or `Fraction`; the rest are the classes below. Two of them are not
Terraform's: `Unknown` stands for what only terraform can say, with the message that a user gets who needs it, and
`Sensitive` wraps what must not be shown.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netpolspec.diagnostics import Diagnostic

# --- types --------------------------------------------------------------------------------------------------------


class Primitive(StrEnum):
    """Types without parts. ANY is what an unknown or an untyped null has."""

    STRING = "string"
    NUMBER = "number"
    BOOL = "bool"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class ListOf:
    """`list(element)`."""

    element: Type

    def __str__(self) -> str:
        return f"list({self.element})"


@dataclass(frozen=True, slots=True)
class SetOf:
    """`set(element)`."""

    element: Type

    def __str__(self) -> str:
        return f"set({self.element})"


@dataclass(frozen=True, slots=True)
class MapOf:
    """`map(element)`."""

    element: Type

    def __str__(self) -> str:
        return f"map({self.element})"


@dataclass(frozen=True, slots=True)
class TupleOf:
    """`tuple([items])`."""

    items: tuple[Type, ...]

    def __str__(self) -> str:
        return f"tuple([{', '.join(map(str, self.items))}])"


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """`object({attributes})`, sorted by name."""

    attributes: tuple[tuple[str, Type], ...]
    defaults: Mapping[str, Value] = field(default_factory=dict, compare=False)
    """The attributes that may be missing, and what they are then."""

    def __str__(self) -> str:
        return f"object({{{', '.join(f'{name} = {of}' for name, of in self.attributes)}}})"


Type: TypeAlias = Primitive | ListOf | SetOf | MapOf | TupleOf | ObjectOf

# --- values -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Null:
    """`null`."""

    type: Type = Primitive.ANY


@dataclass(frozen=True, slots=True)
class ListValue:
    """A list."""

    items: tuple[Value, ...]
    element: Type


@dataclass(frozen=True, slots=True)
class SetValue:
    """A set: without repeats, in Terraform's order; made by `make_set`."""

    items: tuple[Value, ...]
    element: Type


@dataclass(frozen=True, slots=True)
class MapValue:
    """A map; keys sorted."""

    items: Mapping[str, Value]
    element: Type


@dataclass(frozen=True, slots=True)
class TupleValue:
    """What `[...]` makes."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class ObjectValue:
    """What `{...}` makes; keys sorted."""

    items: Mapping[str, Value]
    rest: Unknown | None = None
    """What any other attribute is: of a resource, only terraform knows all of them."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that cannot be known here."""

    reason: Diagnostic
    unset: bool = False
    """Whether it is an argument without a value, which the server then chooses."""


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A value that must not be shown. Never directly around another Sensitive."""

    value: Value


Value: TypeAlias = (
    bool
    | int
    | Fraction
    | str
    | Null
    | ListValue
    | SetValue
    | MapValue
    | TupleValue
    | ObjectValue
    | Unknown
    | Sensitive
)

NULL = Null()
SEQUENCES = (ListValue, SetValue, TupleValue)
MAPPINGS = (MapValue, ObjectValue)


class Mistake(Exception):  # noqa: N818 - the user's, not the program's
    """Something that Terraform itself would refuse when it evaluates; `try` and `can` catch it."""

    def __init__(self, message: str, *help_: str, code: str = "terraform-value") -> None:
        super().__init__(message)
        self.message = message
        self.help = help_
        self.code = code


def normalize(text: str) -> str:
    """Text as Terraform keeps it: Unicode's normal form C."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def make_object(items: Mapping[str, Value], rest: Unknown | None = None) -> ObjectValue:
    """An object with its keys in order."""
    return ObjectValue(dict(sorted(items.items())), rest)


def hide(value: Value) -> Sensitive:
    """The value, marked as sensitive."""
    return value if isinstance(value, Sensitive) else Sensitive(value)


def reveal(value: Value) -> tuple[Value, bool]:
    """The value without the mark on its outside, and whether it had one."""
    return (value.value, True) if isinstance(value, Sensitive) else (value, False)


def reveal_deeply(value: Value) -> tuple[Value, bool]:
    """The value without any mark, and whether there was one."""
    match value:
        case Sensitive(inner):
            return reveal_deeply(inner)[0], True
        case ListValue(items, element):
            plain, marked = _reveal_all(items)
            return (ListValue(plain, element), True) if marked else (value, False)
        case SetValue(items, element):
            plain, marked = _reveal_all(items)
            return (SetValue(plain, element), True) if marked else (value, False)
        case TupleValue(items):
            plain, marked = _reveal_all(items)
            return (TupleValue(plain), True) if marked else (value, False)
        case MapValue(entries, element):
            plain, marked = _reveal_all(entries.values())
            return (MapValue(dict(zip(entries, plain, strict=True)), element), True) if marked else (value, False)
        case ObjectValue(entries, rest):
            plain, marked = _reveal_all(entries.values())
            return (ObjectValue(dict(zip(entries, plain, strict=True)), rest), True) if marked else (value, False)
        case _:
            return value, False


def _reveal_all(values: Iterable[Value]) -> tuple[tuple[Value, ...], bool]:
    pairs = [reveal_deeply(value) for value in values]
    return tuple(value for value, _ in pairs), any(marked for _, marked in pairs)


def first_unknown(value: Value) -> Unknown | None:
    """The first unknown in a value, however deep."""
    match value:
        case Unknown():
            return value
        case Sensitive(inner):
            return first_unknown(inner)
        case ListValue(items) | SetValue(items) | TupleValue(items):
            found = (first_unknown(item) for item in items)
        case MapValue(entries) | ObjectValue(entries):
            found = (first_unknown(item) for item in entries.values())
        case _:
            return None
    return next((unknown for unknown in found if unknown is not None), None)


def type_of(value: Value) -> Type:  # noqa: C901 - one case for each kind
    """The type of a value; ANY of an unknown."""
    match value:
        case bool():
            return Primitive.BOOL
        case int() | Fraction():
            return Primitive.NUMBER
        case str():
            return Primitive.STRING
        case Null(type_):
            return type_
        case ListValue(_, element):
            return ListOf(element)
        case SetValue(_, element):
            return SetOf(element)
        case MapValue(_, element):
            return MapOf(element)
        case TupleValue(items):
            return TupleOf(tuple(type_of(item) for item in items))
        case ObjectValue(entries):
            return ObjectOf(tuple((name, type_of(item)) for name, item in entries.items()))
        case Sensitive(inner):
            return type_of(inner)
        case Unknown():
            return Primitive.ANY


def describe(value: Value) -> str:  # noqa: C901 - one case for each kind
    """What a value is, in a few words, for messages: never the value itself."""
    match value:
        case bool():
            return "a boolean"
        case int() | Fraction():
            return "a number"
        case str():
            return "text"
        case Null():
            return "null"
        case ListValue() | TupleValue():
            return "a list"
        case SetValue():
            return "a set"
        case MapValue():
            return "a map"
        case ObjectValue():
            return "an object"
        case Sensitive(inner):
            return describe(inner)
        case Unknown():
            return "unknown"


# --- equality and order -------------------------------------------------------------------------------------------


def equals(left: Value, right: Value) -> bool:
    """`left == right` of two values that are known throughout: equal types, equal parts."""
    if isinstance(left, Null) or isinstance(right, Null):
        return isinstance(left, Null) and isinstance(right, Null)
    return type_of(left) == type_of(right) and identity(left) == identity(right)


def identity(value: Value) -> object:
    """Something hashable that two values of one type share where they are equal."""
    match value:
        case bool():
            return "T" if value else "F"
        case Null():
            return None
        case ListValue(items) | SetValue(items) | TupleValue(items):
            return tuple(identity(item) for item in items)
        case MapValue(entries) | ObjectValue(entries):
            return tuple((name, identity(item)) for name, item in entries.items())
        case Sensitive(inner):
            return identity(inner)
        case _:
            return value


def make_set(items: Iterable[Value], element: Type) -> SetValue:
    """A set of values of one type, in the order in which Terraform goes through it."""
    unique: dict[object, Value] = {}
    for item in items:
        unique.setdefault(identity(item), item)
    ordered = list(unique.values())
    if element == Primitive.STRING:
        ordered.sort(key=lambda item: (isinstance(item, Null), item if isinstance(item, str) else ""))
    elif element in (Primitive.NUMBER, Primitive.BOOL):
        ordered.sort(key=lambda item: (isinstance(item, Null), item if isinstance(item, (int, Fraction)) else 0))
    else:
        ordered.sort(key=lambda item: (isinstance(item, Null), _hash_text(item)))
    return SetValue(tuple(ordered), element)


def _hash_text(value: Value) -> str:  # noqa: C901 - one case for each kind
    """What go-cty (cty/set_internals.go) sorts values by that have no order of their own."""
    match value:
        case bool():
            return "T" if value else "F"
        case int() | Fraction():
            return f"{float(value):.10g}"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case ListValue(items) | SetValue(items):
            return "[" + "".join(f"{_hash_text(item)};" for item in items) + "]"
        case TupleValue(items):
            return "<" + "".join(f"{_hash_text(item)};" for item in items) + ">"
        case MapValue(entries):
            return "{" + "".join(f"{_hash_text(name)}:{_hash_text(item)};" for name, item in entries.items()) + "}"
        case ObjectValue(entries):
            return "<" + "".join(f"{_hash_text(item)};" for item in entries.values()) + ">"
        case Null():
            return "~"
        case Sensitive(inner):
            return _hash_text(inner)
        case Unknown():
            return "?"

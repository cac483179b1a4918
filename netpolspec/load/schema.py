"""The types of fields, and the reading of a manifest against them as the API server decodes it.

Decoding comes before validation, there as here: unknown fields and wrong types are all reported, and only an object
without any is looked at further. A null is an absent field (encoding/json leaves it at its zero value); a null in a
list is an empty item. Names of fields are case-sensitive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from netpolspec.diagnostics import Diagnostic, Severity, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netpolspec.source import Pointer

Fields: TypeAlias = Mapping[str, Any]
"""An object that has been decoded: its schema says what it holds, absent fields are left out, nulls are gone."""

_INT32, _INT64 = 2**31, 2**63


# These are plain classes: making a dataclass takes a millisecond, and every run would wait for eight of them.


class Problems:
    """What was found wrong so far."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def add(self, code: str, message: str, at: Pointer, *help_: str, key: bool = False) -> None:
        """Report something about the value (or the key) that a pointer names."""
        self.found.append(Diagnostic(code, message, at.key_span if key else at.span, help_))

    def warn(self, code: str, message: str, at: Pointer, *help_: str) -> None:
        """Report what the server accepts with a warning."""
        self.found.append(Diagnostic(code, message, at.span, help_, severity=Severity.WARNING))

    @property
    def errors(self) -> int:
        """How many of them are errors."""
        return sum(problem.severity is Severity.ERROR for problem in self.found)


def describe(value: object) -> str:
    """A value in a message."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}'" if len(value) <= 40 else f"'{value[:40]}...'"  # noqa: PLR2004 - fits a line
        case int() | float():
            return f"the number {value}"
        case Mapping():
            return "a mapping"
        case _:
            return "a list"


def suggest(text: str, known: Iterable[str]) -> str:
    """What to write instead of a word that is none of the known ones."""
    words = list(known)
    same = [word for word in words if word.lower() == text.lower()]
    guess = same[0] if same else nearest(text, words)
    return f"did you mean '{guess}'?" if guess else f"use one of {', '.join(words)}"


_QUOTABLE = frozenset(("labels", "matchLabels", "annotations", "values", "name", "namespace", "selector"))
"""Where text that looks like a number or a boolean makes sense."""


def _wrong(problems: Problems, value: object, at: Pointer, wanted: str, *help_: str) -> None:
    name = f"'{at.path[-1]}'" if at.path and isinstance(at.path[-1], str) else "an item"
    problems.add("wrong-type", f"{name} must be {wanted}, not {describe(value)}", at, *help_)


class Text:
    """A string."""

    __slots__ = ()
    zero: ClassVar = ""

    def read(self, value: object, at: Pointer, problems: Problems) -> str | None:
        """The value as the server holds it; see `Shape`."""
        if isinstance(value, str):
            return value
        scalar = isinstance(value, (bool, int, float)) and not _QUOTABLE.isdisjoint(at.path)
        _wrong(problems, value, at, "text", *((f'put it in quotes: "{at.span.text}"',) if scalar else ()))
        return None


class Whole:
    """An integer of 32 or 64 bits."""

    __slots__ = ("limit",)
    zero: ClassVar = 0

    def __init__(self, bits: int = 32) -> None:
        self.limit = 2 ** (bits - 1)

    def read(self, value: object, at: Pointer, problems: Problems) -> int | None:
        """The value as the server holds it; see `Shape`."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and -self.limit <= value < self.limit:
            return value
        quoted = isinstance(value, str) and value.lstrip("-").isdigit()
        _wrong(problems, value, at, "a whole number", *(("remove the quotes",) if quoted else ()))
        return None


class Flag:
    """A boolean."""

    __slots__ = ()
    zero: ClassVar = False

    def read(self, value: object, at: Pointer, problems: Problems) -> bool | None:
        """The value as the server holds it; see `Shape`."""
        if isinstance(value, bool):
            return value
        _wrong(problems, value, at, "true or false")
        return None


class NumberOrName:
    """An IntOrString: a port's number or name."""

    __slots__ = ()
    zero: ClassVar = 0

    def read(self, value: object, at: Pointer, problems: Problems) -> int | str | None:
        """The value as the server holds it; see `Shape`."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool) and -_INT32 <= value < _INT32:
            return value
        _wrong(problems, value, at, "a whole number or a name")
        return None


class Anything:
    """A value that is not looked at."""

    __slots__ = ()
    zero: ClassVar = None

    def read(self, value: object, at: Pointer, problems: Problems) -> object:  # noqa: ARG002 - the protocol's shape
        """The value as the server holds it; see `Shape`."""
        return value


class Items:
    """A list."""

    __slots__ = ("item",)
    zero: ClassVar = ()

    def __init__(self, item: Shape) -> None:
        self.item = item

    def read(self, value: object, at: Pointer, problems: Problems) -> list[Any] | None:
        """The value as the server holds it; see `Shape`."""
        if isinstance(value, (list, tuple)):
            item = self.item
            return [
                item.zero if element is None else item.read(element, at.at(index), problems)
                for index, element in enumerate(value)
            ]
        help_ = "begin it with '- ', or put it in '[' and ']'"
        _wrong(problems, value, at, "a list", help_)
        return None


class Table:
    """A mapping from any keys to values of one type, such as labels."""

    __slots__ = ("value",)
    zero: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, value: Shape) -> None:
        self.value = value

    def read(self, value: object, at: Pointer, problems: Problems) -> dict[str, Any] | None:
        """The value as the server holds it; see `Shape`."""
        if isinstance(value, Mapping):
            shape = self.value
            if type(shape) is Text and all(type(held) is str for held in value.values()):
                return dict(value)
            return {
                key: shape.zero if held is None else shape.read(held, at.at(key), problems)
                for key, held in value.items()
            }
        _wrong(problems, value, at, "a mapping")
        return None


_FEW = 8
_OPPOSITES = {"from": "to", "to": "from"}


class Record:
    """A mapping with known fields. An open one may have others, which are left out."""

    __slots__ = ("fields", "open")
    zero: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, fields: Mapping[str, Shape], *, open: bool = False) -> None:  # noqa: A002 - as a reader would say
        self.fields = fields
        self.open = open

    def read(self, value: object, at: Pointer, problems: Problems) -> dict[str, Any] | None:
        """The value as the server holds it; see `Shape`."""
        if type(value) is not dict and not isinstance(value, Mapping):
            _wrong(problems, value, at, "a mapping")
            return None
        fields = self.fields
        result: dict[str, Any] = {}
        for name, held in value.items():
            shape = fields.get(name)
            if shape is None:
                if not self.open:
                    self._say_unknown(name, at.at(name), problems)
            elif type(held) is str and type(shape) is Text:  # most fields: no call, no pointer
                result[name] = held
            elif held is not None:
                result[name] = shape.read(held, at.at(name), problems)
        return result

    def _say_unknown(self, key: str, at: Pointer, problems: Problems) -> None:
        known = f"known here: {', '.join(self.fields)}"
        guess = _OPPOSITES.get(key, "")
        if guess not in self.fields:
            guess = nearest(key, self.fields) or ""
        few = len(self.fields) <= _FEW
        help_ = f"did you mean '{guess}'?{f' {known}' if few else ''}" if guess else known
        problems.add("unknown-field", f"unknown field '{key}'", at, help_, key=True)


Shape: TypeAlias = Text | Whole | Flag | NumberOrName | Anything | Items | Table | Record
"""The type of a value. Each has `zero`, what a null in a list is, and `read`.

`read(value, at, problems)` gives the value as the server would hold it; what does not fit is reported and is None.
"""

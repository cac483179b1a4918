"""Placeholders in a policy's YAML: which variables it declares, and what it is with values in their places.

`$(name)` in a scalar (or a key) declares a variable, `$(name:-default)` one with a default, `$$(` is a plain `$(`. A
variable all of whose placeholders stand in list items takes several values, and a list repeats the innermost list item
that holds it; two of them in one item repeat it for each pair. An empty list is refused: an item that vanishes can
leave a rule that allows everybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.schema import Flag, Items, NumberOrName, Record, Shape, Table, Text, Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netpolspec.load.plain import Json
    from netpolspec.source import Document, Path, Span

_PLACEHOLDER = re.compile(r"\$(?:(\$)(?=\()|\(([^()]*)\)|(\())")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
Value: TypeAlias = "Json"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that a policy declares."""

    name: str
    default: str | None
    many: bool
    """Whether it takes several values: all of its placeholders stand in list items."""
    span: Span
    """Its first placeholder's scalar."""


@dataclass(frozen=True, slots=True)
class _Use:
    """One placeholder."""

    name: str
    default: str | None
    in_list: bool
    path: Path
    is_key: bool


def _uses(value: Value, path: Path, *, in_list: bool) -> Iterator[_Use]:
    """The placeholders of a template in the order of the text."""
    if isinstance(value, str):
        yield from _uses_of(value, path, in_list=in_list, is_key=False)
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from _uses_of(key, (*path, key), in_list=in_list, is_key=True)
            yield from _uses(held, (*path, key), in_list=in_list)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _uses(item, (*path, index), in_list=True)


def _uses_of(text: str, path: Path, *, in_list: bool, is_key: bool) -> Iterator[_Use]:
    for found in _PLACEHOLDER.finditer(text):
        if found[1]:
            continue
        name, separator, default = (found[2] or "").partition(":-")
        yield _Use(name, default if separator else None, in_list, path, is_key)


def names_in(text: str) -> tuple[str, ...]:
    """The variables whose placeholders a scalar holds."""
    return tuple(use.name for use in _uses_of(text, (), in_list=False, is_key=False))


def find_variables(value: Value, document: Document) -> dict[str, Variable]:
    """The variables that one document declares.

    Raises:
        Refusal: a placeholder cannot be read, or one variable has two defaults.
    """
    variables: dict[str, Variable] = {}
    for use in _uses(value, (), in_list=False):
        span = document.locate(use.path, key=use.is_key)
        if not _NAME.match(use.name):
            help_ = "write $(name), $(name:-default), or $$( for a plain $("
            raise Refusal(Diagnostic("bad-placeholder", "this is no placeholder", span, (help_,)))
        known = variables.get(use.name)
        default = use.default
        if known is not None:
            if None not in (default, known.default) and default != known.default:
                message = f"variable '{use.name}' has two defaults: '{known.default}' and '{default}'"
                raise Refusal(Diagnostic("bad-placeholder", message, span))
            default = known.default if default is None else default
        many = use.in_list and (known is None or known.many)
        variables[use.name] = Variable(use.name, default, many, known.span if known else span)
    return variables


@dataclass(frozen=True, slots=True)
class Instance:
    """A filled document: finds its values where they stand in the template."""

    template: Document
    indexes: Mapping[Path, tuple[int, ...]] = field(repr=False)
    """For each list of the instance, which items of the template its items come from."""
    keys: Mapping[Path, str] = field(repr=False)
    """Keys of the instance that had placeholders, as the template has them."""

    def locate(self, path: Path, *, key: bool = False) -> Span:
        """The span in the template of the value at a path of the instance, or of its key."""
        original: Path = ()
        for depth, step in enumerate(path):
            here = path[:depth]
            if isinstance(step, int):
                indexes = self.indexes.get(here, ())
                original = (*original, indexes[step] if step < len(indexes) else step)
            else:
                original = (*original, self.keys.get((*here, step), step))
        return self.template.locate(original, key=key)


class Filling:
    """Puts values into a template."""

    def __init__(self, values: Mapping[str, Value], schema: Callable[[Mapping[str, Value]], Record | None]) -> None:
        """Ready to fill one document.

        Args:
            values: Every variable's value; of those that take several, the tuple of them.
            schema: Says which fields an object has; their types tell a port's number from a label's value.
        """
        self.values = values
        self.schema = schema
        self.indexes: dict[Path, tuple[int, ...]] = {}
        self.keys: dict[Path, str] = {}

    def fill(self, value: Value, document: Document) -> tuple[Value, Instance]:
        """The document with values for its placeholders."""
        filled = self._fill(value, (), {}, None)
        return filled, Instance(document, self.indexes, self.keys)

    def _fill(self, value: Value, path: Path, bound: Mapping[str, Value], shape: Shape | None) -> Value:
        if isinstance(value, str):
            return self._scalar(value, bound, shape)
        if isinstance(value, Mapping):
            if shape is None and "kind" in value:
                shape = self.schema(value)
            filled: dict[str, Value] = {}
            for key, held in value.items():
                name = str(self._scalar(key, bound, Text()))
                if name != key:
                    self.keys[*path, name] = key
                filled[name] = self._fill(held, (*path, name), bound, _below(shape, key))
            return filled
        if isinstance(value, (list, tuple)):
            return self._list(value, path, bound, _below(shape, 0))
        return value

    def _list(
        self, items: list[Value] | tuple[Value, ...], path: Path, bound: Mapping[str, Value], shape: Shape | None
    ) -> Value:
        filled: list[Value] = []
        origins: list[int] = []
        for index, item in enumerate(items):
            lists = {
                name: values
                for name in dict.fromkeys(_held(item))
                if name not in bound and isinstance(values := self.values.get(name), tuple)
            }
            for chosen in product(*lists.values()):
                inner = {**bound, **dict(zip(lists, chosen, strict=True))}
                filled.append(self._fill(item, (*path, len(filled)), inner, shape))
                origins.append(index)
        self.indexes[path] = tuple(origins)
        return filled

    def _scalar(self, text: str, bound: Mapping[str, Value], shape: Shape | None) -> Value:
        if "$(" not in text:
            return text
        whole = _PLACEHOLDER.fullmatch(text)
        if whole is not None and not whole[1]:
            return _typed(self._value(whole, bound), shape)
        return _typed(
            _PLACEHOLDER.sub(lambda found: "$" if found[1] else _as_text(self._value(found, bound)), text), shape
        )

    def _value(self, found: re.Match[str], bound: Mapping[str, Value]) -> Value:
        name = (found[2] or "").partition(":-")[0]
        return bound[name] if name in bound else self.values[name]


def _held(value: Value) -> Iterator[str]:
    """The variables whose innermost list item this is."""
    if isinstance(value, str):
        yield from (use.name for use in _uses_of(value, (), in_list=True, is_key=False))
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from _held(key)
            yield from _held(held)


def _below(shape: Shape | None, step: str | int) -> Shape | None:
    match shape:
        case Record():
            return shape.fields.get(str(step))
        case Items():
            return shape.item
        case Table():
            return shape.value
        case _:
            return None


def _typed(value: Value, shape: Shape | None) -> Value:
    """A value in the type that its place asks for: `80` is a number as a port and text as a label's value."""
    match shape:
        case Whole() | NumberOrName() if isinstance(value, str) and value.isascii() and value.isdecimal():
            return int(value)
        case Flag() if value in ("true", "false"):
            return value == "true"
        case Text() if isinstance(value, (bool, int, float)):
            return _as_text(value)
        case _:
            return value


def _as_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

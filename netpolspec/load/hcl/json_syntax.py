"""`.tf.json` and `.tfvars.json` to the same tree as native syntax, after HCL's JSON specification (json/spec.md).

JSON does not tell blocks from arguments, so the shape of what is read must be given.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.fragment import Fragment
from netpolspec.load.hcl.numbers import parse_number
from netpolspec.load.hcl.parser import parse_expression, parse_template
from netpolspec.load.hcl.tree import Attribute, Block, Body, Expr, Literal, ObjectCons, TupleCons
from netpolspec.load.json_text import JsonDocument, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from netpolspec.source import Path, Source, Span


@dataclass(frozen=True, slots=True)
class Shape:
    """Which keys of an object are blocks: how many labels they have, and their own shape by the first label."""

    blocks: Mapping[str, tuple[int, Callable[[str], Shape]]] = field(default_factory=dict)
    literal: frozenset[str] = frozenset()
    """Arguments whose text is no template: a variable's default, a module's source."""
    words: frozenset[str] = frozenset()
    """Arguments whose text is an expression of itself: a variable's type."""


EMPTY = Shape()


def parse_json_file(source: Source, shape: Shape) -> Body:
    """The attributes and blocks of a JSON file; raises Refusal."""
    value, document = read_document(source)
    return _Reader(document).body(value, (), shape)


def read_document(source: Source) -> tuple[dict[str, Any], JsonDocument]:
    """The object that a JSON file holds; raises Refusal."""
    found, problems = read_json(Fragment(source, source.text))
    if problems:
        raise Refusal(*problems)
    if len(found) != 1 or not isinstance(found[0][0], dict):
        message = "the file does not hold one JSON object"
        raise Refusal(Diagnostic("hcl-syntax", message, source.span(0, 1)))
    return found[0][0], found[0][1]


def literal_expression(value: object, span: Span) -> Expr:
    """JSON data as an expression in which text stands for itself."""
    match value:
        case bool() | None | str() | Fraction() | int():
            return Literal(value, span)
        case float():
            return Literal(parse_number(json.dumps(value)), span)
        case list():
            return TupleCons(tuple(literal_expression(item, span) for item in value), span)
        case dict():
            pairs = ((Literal(name, span), literal_expression(item, span)) for name, item in value.items())
            return ObjectCons(tuple(pairs), span)
        case _:
            raise AssertionError(value)


@dataclass(frozen=True, slots=True)
class _Reader:
    document: JsonDocument

    def body(self, value: dict[str, Any], path: Path, shape: Shape) -> Body:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for name, held in value.items():
            if name == "//":
                continue
            at = (*path, name)
            if name == "dynamic" and shape.blocks:
                blocks += self._dynamic(held, at, shape)
            elif name in shape.blocks:
                labels, inner = shape.blocks[name]
                blocks += self._blocks(name, held, at, labels, (), inner)
            else:
                attributes[name] = Attribute(name, self._argument(name, held, at, shape), self._key(at))
        return Body(attributes, tuple(blocks))

    def _argument(self, name: str, value: object, path: Path, shape: Shape) -> Expr:
        if name in shape.literal:
            return literal_expression(value, self.document.locate(path))
        if name in shape.words and isinstance(value, str):
            span = self.document.locate(path)
            return parse_expression(value, lambda _start, _end: span)
        return self.expression(value, path)

    def _key(self, path: Path) -> Span:
        return self.document.locate(path, key=True)

    def _each(self, value: object, path: Path) -> Iterator[tuple[dict[str, Any], Path]]:
        """The objects that a key stands for: one, or each of a list."""
        if isinstance(value, dict):
            yield value, path
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._each(item, (*path, index))
        elif value is not None:
            raise Refusal(Diagnostic("hcl-syntax", "an object, or a list of objects, is due here", self._at(path)))

    def _at(self, path: Path) -> Span:
        return self.document.locate(path)

    def _blocks(  # noqa: PLR0917 - they belong together
        self,
        name: str,
        value: object,
        path: Path,
        labels: int,
        known: tuple[str, ...],
        shape: Callable[[str], Shape],
    ) -> Iterator[Block]:
        for held, at in self._each(value, path):
            if labels > len(known):
                for label, inner in held.items():
                    if label != "//":
                        yield from self._blocks(name, inner, (*at, label), labels, (*known, label), shape)
            else:
                body = self.body(held, at, shape(known[0] if known else ""))
                yield Block(name, known, body, self._key(at), self._at(at))

    def _dynamic(self, value: object, path: Path, shape: Shape) -> Iterator[Block]:
        """`"dynamic": {"from": {"for_each": ..., "content": {...}}}`."""
        for held, at in self._each(value, path):
            for name, each in held.items():
                labels, inner = shape.blocks.get(name, (0, lambda _: EMPTY))
                content = Shape({"content": (labels, inner)}, words=frozenset({"iterator"}))
                yield from self._blocks("dynamic", each, (*at, name), 1, (name,), lambda _, c=content: c)  # type: ignore[misc]

    def expression(self, value: object, path: Path) -> Expr:
        span = self._at(path)
        match value:
            case str():
                return parse_template(value, lambda _start, _end: span)
            case list():
                items = tuple(self.expression(item, (*path, index)) for index, item in enumerate(value))
                return TupleCons(items, span)
            case dict():
                pairs = (
                    (self._name(name, (*path, name)), self.expression(item, (*path, name)))
                    for name, item in value.items()
                    if name != "//"
                )
                return ObjectCons(tuple(pairs), span)
            case _:
                return literal_expression(value, span)

    def _name(self, name: str, path: Path) -> Expr:
        span = self._key(path)
        return parse_template(name, lambda _start, _end: span)

"""The body of a resource to values: `dynamic` blocks expanded, arguments converted, all held against a schema."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Refusal, nearest
from netpolspec.load.hcl.calls import PLAN_HELP
from netpolspec.load.hcl.conversion import convert
from netpolspec.load.hcl.evaluation import elements, evaluate
from netpolspec.load.hcl.scope import failed
from netpolspec.load.hcl.tree import Block, Body, Literal, Name, ObjectCons, Parens, TupleCons
from netpolspec.load.hcl.values import (
    ListValue,
    Mistake,
    Null,
    ObjectValue,
    Sensitive,
    TupleValue,
    Type,
    Unknown,
    Value,
    make_object,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.hcl.scope import Scope
    from netpolspec.load.hcl.tree import Expr
    from netpolspec.source import Span


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a block."""

    type: Type
    required: bool = False
    computed: bool = False
    """Whether the provider gives it a value where the configuration gives none."""
    default: Value | None = None
    filled: bool = False
    """Whether a list must have at least one element."""


@dataclass(frozen=True, slots=True)
class Nested:
    """A type of block within a block."""

    schema: BlockSchema
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class BlockSchema:
    """What a block may hold. An open one may hold more, which is not looked at."""

    arguments: Mapping[str, Argument] = field(default_factory=dict)
    blocks: Mapping[str, Nested] = field(default_factory=dict)
    open: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """Where a value and its parts stand."""

    span: Span
    key_span: Span
    children: Mapping[str | int, Place] = field(default_factory=dict)


def decode(body: Body, schema: BlockSchema, scope: Scope, header: Span) -> tuple[ObjectValue, Place]:
    """The values of a block: arguments by name, nested blocks as a tuple each; and where they stand.

    What only terraform can know is an `Unknown` among the values; whether that matters is for the caller to say.

    Args:
        body: What stands between the block's braces.
        schema: What may stand there.
        scope: What its expressions see.
        header: The block's type and labels, for messages.

    Raises:
        Refusal: it does not fit the schema, or it is not known which blocks there are.
    """
    values: dict[str, Value] = {}
    places: dict[str | int, Place] = {}
    for name, attribute in body.attributes.items():
        argument = schema.arguments.get(name)
        if argument is None:
            if not schema.open or name in schema.blocks:
                raise _unexpected(name, attribute.name_span, schema, is_block=False)
            continue
        try:
            value = convert(evaluate(attribute.value, scope), argument.type)
        except Mistake as mistake:
            named = Mistake(f"argument '{name}': {mistake.message}", *mistake.help, code=mistake.code)
            raise failed(named, attribute.value.span) from None
        if argument.required and isinstance(value, Null):
            raise failed(Mistake(f"argument '{name}' is null"), attribute.value.span)
        if argument.filled and isinstance(value, ListValue) and not value.items:
            raise failed(Mistake(f"argument '{name}' is an empty list"), attribute.value.span)
        if not isinstance(value, Null):
            values[name] = value
        places[name] = place_of(attribute.value, attribute.name_span)
    for name, argument in schema.arguments.items():
        if name not in values:
            values[name] = _absent(name, argument, header)
    _decode_blocks(body, schema, scope, header, values=values, places=places)
    rest = _unread(header) if schema.open else None
    return make_object(values, rest), Place(header, header, places)


def _absent(name: str, argument: Argument, header: Span) -> Value:
    if argument.required:
        raise Refusal(Diagnostic("terraform-argument", f"argument '{name}' is missing", header))
    if argument.default is not None:
        return argument.default
    if argument.computed:
        message = f"'{name}' is known after apply: needs terraform"
        return Unknown(
            Diagnostic("terraform-unknown", message, header, ("give it a value in the configuration",)), unset=True
        )
    return Null(argument.type)


def _unread(header: Span) -> Unknown:
    message = "this part of the resource is not evaluated here: needs terraform"
    return Unknown(Diagnostic("terraform-unknown", message, header, (PLAN_HELP,)))


def _unexpected(name: str, at: Span, schema: BlockSchema, *, is_block: bool) -> Refusal:
    if is_block and name in schema.arguments:
        return Refusal(Diagnostic("terraform-block", f"'{name}' is an argument", at, (f"write '{name} = ...'",)))
    if not is_block and name in schema.blocks:
        return Refusal(Diagnostic("terraform-argument", f"'{name}' is a block", at, (f"write '{name} {{ ... }}'",)))
    known = (*schema.arguments, *schema.blocks)
    guess = nearest(name, known)
    help_ = f"did you mean '{guess}'?" if guess else f"known here: {', '.join(sorted(known))}"
    what = "block" if is_block else "argument"
    return Refusal(Diagnostic(f"terraform-{what}", f"unexpected {what} '{name}'", at, (help_,)))


# --- nested blocks ------------------------------------------------------------------------------------------------


def _decode_blocks(
    body: Body,
    schema: BlockSchema,
    scope: Scope,
    header: Span,
    *,
    values: dict[str, Value],
    places: dict[str | int, Place],
) -> None:
    found: dict[str, list[tuple[ObjectValue, Place]]] = {name: [] for name in schema.blocks}
    for block in body.blocks:
        name = block.labels[0] if block.type == "dynamic" and block.labels else block.type
        nested = schema.blocks.get(name)
        if nested is None:
            if not schema.open or name in schema.arguments:
                raise _unexpected(name, block.span, schema, is_block=True)
            continue
        if block.type == "dynamic":
            found[name] += _expand(block, nested.schema, scope)
        else:
            found[name].append(decode(block.body, nested.schema, scope, block.span))
    for name, nested in schema.blocks.items():
        decoded = found[name]
        if len(decoded) < nested.least:
            raise Refusal(Diagnostic("terraform-block", f"block '{name}' is missing", header))
        if nested.most is not None and len(decoded) > nested.most:
            message = f"{len(decoded)} blocks '{name}' where there can be {nested.most}"
            raise Refusal(Diagnostic("terraform-block", message, decoded[nested.most][1].span))
        values[name] = TupleValue(tuple(value for value, _ in decoded))
        if decoded:
            first = decoded[0][1]
            places[name] = Place(first.span, first.span, {at: place for at, (_, place) in enumerate(decoded)})
        elif empty := next((b for b in body.blocks if b.type == "dynamic" and b.labels[:1] == (name,)), None):
            places[name] = Place(empty.span, empty.span)


def _expand(block: Block, schema: BlockSchema, scope: Scope) -> list[tuple[ObjectValue, Place]]:
    """The blocks that a `dynamic` block stands for."""
    for_each = block.body.attributes.get("for_each")
    contents = block.body.of_type("content")
    if for_each is None or len(contents) != 1 or len(block.labels) != 1:
        message = "a dynamic block has one label, 'for_each' and one block 'content'"
        raise Refusal(Diagnostic("terraform-block", message, block.span))
    name = _iterator(block)
    collection = evaluate(for_each.value, scope)
    if isinstance(collection, Unknown):
        raise needed(collection, f"it decides which blocks '{block.labels[0]}' there are", for_each.value.span)
    if isinstance(collection, Sensitive):
        mistake = Mistake("'for_each' is sensitive", "nonsensitive(...) lets it be used")
        raise failed(mistake, for_each.value.span)
    try:
        pairs = list(elements(collection))
    except Mistake as mistake:
        raise failed(mistake, for_each.value.span) from None
    body = contents[0]
    made = []
    for key, value in pairs:
        inner = scope.bind_one(None, key, name, make_object({"key": key, "value": value}))
        made.append(decode(body.body, schema, inner, block.span))
    return made


def _iterator(block: Block) -> str:
    iterator = block.body.attributes.get("iterator")
    if iterator is None:
        return block.labels[0]
    match iterator.value:
        case Name(name) | Literal(str(name)):
            return name
        case _:
            raise Refusal(Diagnostic("terraform-argument", "'iterator' is a plain name", iterator.value.span))


def needed(unknown: Unknown, why: str, at: Span) -> Refusal:
    """What is said of something unknown that something depends on."""
    reason = unknown.reason
    if reason.span == at:
        return Refusal(replace(reason, notes=(*reason.notes, why)))
    return Refusal(replace(reason, notes=(*reason.notes, Note(why, at))))


def place_of(expr: Expr, key_span: Span) -> Place:
    """Where the value of an expression stands, and the parts of a list or object that it writes out."""
    children: dict[str | int, Place] = {}
    match expr:
        case Parens(inner):
            return replace(place_of(inner, key_span), span=expr.span)
        case ObjectCons(items):
            for key, value in items:
                if isinstance(key, Literal) and isinstance(key.value, str):
                    children[key.value] = place_of(value, key.span)
        case TupleCons(items):
            children = {at: place_of(item, item.span) for at, item in enumerate(items)}
        case _:
            pass
    return Place(expr.span, key_span, children)

"""A plan's JSON (`terraform show -json`) to objects.

After developer.hashicorp.com/terraform/internals/json-format: `planned_values` has what is known, `resource_changes`
says what is not, and neither has positions: those come from the files, where they are at hand.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.hcl.blocks import Argument, BlockSchema, Place, place_of
from netpolspec.load.hcl.conversion import convert
from netpolspec.load.hcl.functions.encoding import from_plain
from netpolspec.load.hcl.module import Instance
from netpolspec.load.hcl.numbers import parse_number
from netpolspec.load.hcl.values import (
    ListValue,
    MapValue,
    Mistake,
    Null,
    ObjectValue,
    TupleValue,
    Unknown,
    Value,
    hide,
    make_object,
)
from netpolspec.load.terraform.kubernetes import unread
from netpolspec.load.terraform.static import convert_instance
from netpolspec.load.terraform.types import may_change_policies, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.load.hcl.tree import Block, Body
    from netpolspec.load.resource import Resource
    from netpolspec.source import Span


@dataclass(frozen=True, slots=True)
class Planned:
    """One resource of a plan."""

    address: str
    module: tuple[str, ...]
    """The names of the modules that it is in, without keys."""
    type: str
    name: str
    provider: str
    values: dict[str, Any]
    unknown: Any
    sensitive: Any
    configured: dict[str, Any] | None
    """The expressions of its block, by name; those of dynamic blocks are not among them."""


def planned_resources(plan: dict[str, Any]) -> Iterator[Planned]:
    """The managed resources that there will be."""
    changes = {change["address"]: change.get("change", {}) for change in plan.get("resource_changes", ())}
    configured = _configured(plan)
    root = plan.get("planned_values", {}).get("root_module", {})
    waiting: list[tuple[tuple[str, ...], dict[str, Any]]] = [((), root)]
    while waiting:
        path, module = waiting.pop(0)
        for resource in module.get("resources", ()):
            if resource.get("mode") != "managed":
                continue
            change = changes.get(resource["address"], {})
            yield Planned(
                resource["address"],
                path,
                resource["type"],
                resource["name"],
                resource.get("provider_name", ""),
                resource.get("values") or {},
                change.get("after_unknown", {}),
                resource.get("sensitive_values", {}),
                configured.get((*path, resource["type"], resource["name"])),
            )
        waiting += ((_names(child["address"]), child) for child in module.get("child_modules", ()))


def _configured(plan: dict[str, Any]) -> dict[tuple[str, ...], dict[str, Any]]:
    """The expressions of each resource, by module path, type and name."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    waiting: list[tuple[tuple[str, ...], dict[str, Any]]] = [((), plan.get("configuration", {}).get("root_module", {}))]
    while waiting:
        path, module = waiting.pop()
        for resource in module.get("resources", ()):
            found[*path, resource["type"], resource["name"]] = resource.get("expressions", {})
        for name, call in module.get("module_calls", {}).items():
            waiting.append(((*path, name), call.get("module", {})))
    return found


def _names(address: str) -> tuple[str, ...]:
    """The module names in `module.a["x.y"].module.b`."""
    names: list[str] = []
    rest = address
    while rest.startswith("module."):
        rest = rest.removeprefix("module.")
        end = min((at for at in (rest.find("."), rest.find("[")) if at >= 0), default=len(rest))
        names.append(rest[:end])
        rest = rest[end:]
        if rest.startswith("["):
            rest = rest[_bracket_end(rest) :]
        rest = rest.removeprefix(".")
    return tuple(names)


def _bracket_end(text: str) -> int:
    """The offset behind the bracket that a text begins with; quotes may hold brackets."""
    quoted, at = False, 1
    while at < len(text):
        if text[at] == "\\" and quoted:
            at += 1
        elif text[at] == '"':
            quoted = not quoted
        elif text[at] == "]" and not quoted:
            return at + 1
        at += 1
    return len(text)


def convert_planned(
    planned: Planned, place: Place, body: Body | None, secrets: set[str]
) -> tuple[list[Resource], list[Diagnostic]]:
    """The objects of a planned resource, and what is wrong with them.

    Args:
        planned: The resource.
        place: Where it stands.
        body: What stands in its block, where that is known.
        secrets: Takes the text of whatever is sensitive.
    """
    schema = schema_of(planned.type)
    if schema is None:
        if may_change_policies(planned.type):
            return [], list(unread(planned.type, planned.address, place.span).diagnostics)
        return [], []
    try:
        known = _Known(planned.values, planned.unknown, planned.sensitive, (planned.configured or {},))
        values, where = _Decoder(planned.address).block(known, schema, body, place)
    except Refusal as refusal:
        return [], list(refusal.diagnostics)
    return convert_instance(planned.type, planned.address, Instance(None, values, where), secrets)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a plan says of one block or value."""

    values: Any
    unknown: Any
    sensitive: Any
    configured: tuple[dict[str, Any], ...]
    """The expressions of all blocks that it may come from."""

    def part(self, step: str | int) -> _Known:
        """What it says of an argument, or of the blocks of a type, or of one of them."""
        configured = self.configured
        if isinstance(step, str):
            held = [each.get(step) for each in configured]
            items = [item for each in held for item in (each if isinstance(each, list) else [each])]
            configured = tuple(item for item in items if isinstance(item, dict))
        elif isinstance(self.values, list) and len(configured) == len(self.values):
            configured = (configured[step],)
        return _Known(_part(self.values, step), _part(self.unknown, step), _part(self.sensitive, step), configured)

    def leaves_out(self, name: str) -> bool:
        """Whether no block gives an argument a value."""
        return bool(self.configured) and not any(name in each for each in self.configured)


@dataclass(frozen=True, slots=True)
class _Decoder:
    address: str

    def block(self, known: _Known, schema: BlockSchema, body: Body | None, place: Place) -> tuple[ObjectValue, Place]:
        """The values of a block and where they stand, as `decode` has them for the static reader."""
        found: dict[str, Value] = {}
        places: dict[str | int, Place] = dict(place.children)
        for name, argument in schema.arguments.items():
            attribute = body.attributes.get(name) if body is not None else None
            if attribute is not None:
                places[name] = place_of(attribute.value, attribute.name_span)
            at = places.get(name, place)
            unset = known.leaves_out(name) if body is None else attribute is None
            part = known.part(name)
            value = self._argument(name, argument, part, at.span, unset=unset)
            found[name] = _marked(value, part.sensitive)
        for name, nested in schema.blocks.items():
            part = known.part(name)
            made = []
            for at_index, block in enumerate(_written(body, name, len(part.values or ()))):
                where = place if block is None else Place(block.span, block.span)
                inner = None if block is None else _content(block)
                made.append(self.block(part.part(at_index), nested.schema, inner, where))
            found[name] = TupleValue(tuple(value for value, _ in made))
            self._place_blocks(name, body, made, places)
        rest = None
        if schema.open:
            message = "this part of the resource is not read from a plan"
            rest = Unknown(Diagnostic("terraform-unknown", message, place.span))
        return make_object(found, rest), Place(place.span, place.key_span, places)

    @staticmethod
    def _place_blocks(
        name: str, body: Body | None, made: list[tuple[ObjectValue, Place]], places: dict[str | int, Place]
    ) -> None:
        if made:
            first = made[0][1]
            places[name] = Place(first.span, first.span, {at: where for at, (_, where) in enumerate(made)})
        elif body is not None:
            dynamic = [block for block in body.blocks if block.type == "dynamic" and block.labels[:1] == (name,)]
            if dynamic:
                places[name] = Place(dynamic[0].span, dynamic[0].span)

    def _argument(self, name: str, argument: Argument, known: _Known, at: Span, *, unset: bool) -> Value:
        held, unknown = known.values, known.unknown
        if unknown is True or (held is None and _holds_true(unknown)):
            message = "a value is known after apply only"
            help_ = ("give it a value in the configuration",)
            return Unknown(Diagnostic("terraform-unknown", message, at, help_), unset=unset and argument.computed)
        value = _from_plan(held)
        if _holds_true(unknown):
            message = "a part of a value is known after apply only"
            return Unknown(Diagnostic("terraform-unknown", message, at))
        if isinstance(value, Null):
            return Null(argument.type)
        try:
            return convert(value, argument.type)
        except Mistake as mistake:
            message = f"'{name}' of '{self.address}': {mistake.message}"
            raise Refusal(Diagnostic("terraform-type", message, at)) from None


def _part(held: Any, step: str | int) -> Any:  # noqa: ANN401 - JSON
    if isinstance(held, dict):
        return held.get(step)
    if isinstance(held, list) and isinstance(step, int) and step < len(held):
        return held[step]
    return None


def _holds_true(held: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(held, dict):
        return any(_holds_true(item) for item in held.values())
    if isinstance(held, list):
        return any(_holds_true(item) for item in held)
    return held is True


def _from_plan(held: Any) -> Value:  # noqa: ANN401 - JSON
    if isinstance(held, float):
        return parse_number(repr(held))
    if isinstance(held, list):
        return TupleValue(tuple(_from_plan(item) for item in held))
    if isinstance(held, dict):
        return make_object({name: _from_plan(item) for name, item in held.items()})
    return from_plain(held)


def _marked(value: Value, marks: Any) -> Value:  # noqa: ANN401 - JSON
    """A value with the plan's marks on it, or on its parts."""
    if isinstance(value, (Null, Unknown)) or not _holds_true(marks):
        return value
    match value, marks:
        case MapValue(items, element), dict():
            return MapValue({name: _marked(item, marks.get(name)) for name, item in items.items()}, element)
        case ListValue(items, element), list():
            marked = (_marked(item, mark) for item, mark in itertools.zip_longest(items, marks[: len(items)]))
            return ListValue(tuple(marked), element)
        case _:
            return hide(value)


def _written(body: Body | None, name: str, count: int) -> list[Block | None]:
    """Which block of the file each planned block comes from; None where several dynamic ones leave it open."""
    if body is None:
        return [None] * count
    entries = [b for b in body.blocks if b.type == name or (b.type == "dynamic" and b.labels[:1] == (name,))]
    dynamic = [block for block in entries if block.type == "dynamic"]
    if len(dynamic) > 1:
        first = dynamic[0]
        return [first] * count
    made: list[Block | None] = []
    for entry in entries:
        made += [entry] * (count - len(entries) + 1 if entry.type == "dynamic" else 1)
    return made if len(made) == count else [entries[0] if entries else None] * count


def _content(block: Block) -> Body:
    if block.type != "dynamic":
        return block.body
    contents = block.body.of_type("content")
    return contents[0].body if contents else block.body


def _clusters(plan: dict[str, Any]) -> dict[tuple[str, ...], set[str]]:
    """Which provider configurations the resources of each module use that are read."""
    found: dict[tuple[str, ...], set[str]] = {}
    root = plan.get("configuration", {}).get("root_module", {})
    waiting: list[tuple[tuple[str, ...], dict[str, Any]]] = [((), root)]
    while waiting:
        path, module = waiting.pop()
        for resource in module.get("resources", ()):
            if resource.get("mode") == "managed" and schema_of(resource.get("type", "")) is not None:
                found.setdefault(path, set()).add(str(resource.get("provider_config_key", "")))
        for name, call in module.get("module_calls", {}).items():
            waiting.append(((*path, name), call.get("module", {})))
    return found


def several_clusters(plan: dict[str, Any], prefix: tuple[str, ...], place: Span) -> Iterator[Diagnostic]:
    """What is said where the objects below some module go to more than one cluster."""
    keys = {
        key.rpartition(":")[2]
        for path, held in _clusters(plan).items()
        if path[: len(prefix)] == prefix
        for key in held
    }
    if len(keys) > 1:
        listed = " and ".join(f"'{key}'" for key in sorted(keys))
        help_ = ("read one of them at a time",)
        yield Diagnostic("terraform-clusters", f"objects go to several clusters: {listed}", place, help_)

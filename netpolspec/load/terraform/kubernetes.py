"""Resources of Terraform's `kubernetes` provider as Kubernetes manifests.

What becomes of an argument is what the provider's `expand*` functions make of it (hashicorp/terraform-provider-
kubernetes, kubernetes/structure_*.go, 1.13 to 2.38): empty text, lists and maps are left out, a port that looks like
a number is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.hcl.blocks import Place, needed
from netpolspec.load.hcl.values import (
    ListValue,
    MapValue,
    Null,
    ObjectValue,
    Primitive,
    Sensitive,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    first_unknown,
    reveal_deeply,
)
from netpolspec.load.terraform.types import EXPRESSION, Branch, Form, Leaf, ResourceType, Spec

if TYPE_CHECKING:
    from netpolspec.load.plain import Json
    from netpolspec.source import Path, Span

Manifest: TypeAlias = "dict[str, Json]"


@dataclass(frozen=True, eq=False, slots=True)
class Located:
    """A manifest's document: answers from places in `.tf` files."""

    place: Place

    def locate(self, path: Path, *, key: bool = False) -> Span:
        """The span of the value at a path, or of its key; the nearest ancestor's where it does not exist."""
        at = self.place
        for step in path:
            child = at.children.get(step)
            if child is None:
                return at.span
            at = child
        return at.key_span if key else at.span


@dataclass(slots=True)
class Conversion:
    """One resource instance on its way to a manifest."""

    address: str
    secrets: set[str]
    """Takes the text of whatever is sensitive."""
    problems: list[Diagnostic] = field(default_factory=list)

    def manifest(self, type_: ResourceType, values: ObjectValue, place: Place) -> tuple[Manifest, Located]:
        """The manifest of a resource, and where its parts stand; what is wrong goes to `problems`."""
        fields, where = self._block(type_.spec, values, place)
        whole: Manifest = {"apiVersion": type_.api_version, "kind": type_.kind, **fields}
        if type_.kind != "Namespace":
            whole.setdefault("spec", {})
        return whole, Located(where)

    def any_manifest(self, values: ObjectValue, place: Place) -> tuple[Json, Located]:
        """The manifest that a `kubernetes_manifest` holds."""
        held = self._known("manifest", values.items["manifest"], place.children.get("manifest", place))
        return (None if held is None else self._json(held)), Located(place.children.get("manifest", place))

    def _block(self, spec: Spec, values: ObjectValue, place: Place) -> tuple[Manifest, Place]:
        fields: Manifest = {}
        places: dict[str | int, Place] = {}
        for name, part in spec.parts.items():
            at = place.children.get(name)
            to = part.to or _camel(name)
            held = values.items.get(name)
            if held is None:
                continue
            if isinstance(part, Leaf):
                value = self._leaf(name, part, held, at or place)
                if value is not None:
                    fields[to] = value
                if at is not None:
                    places[to] = at
            else:
                made = self._branch(part, held, at or place)
                if made is not None:
                    fields[to], places[to] = made
                elif at is not None:
                    places[to] = at
        return fields, Place(place.span, place.key_span, places)

    def _branch(self, part: Branch, held: Value, place: Place) -> tuple[Json, Place] | None:
        assert isinstance(held, TupleValue)  # noqa: S101 - blocks are always tuples
        made = []
        for at, item in enumerate(held.items):
            assert isinstance(item, ObjectValue)  # noqa: S101 - of objects
            made.append(self._block(part.spec, item, place.children.get(at, place)))
        if not made:
            return None
        if not part.many:
            return made[0]
        if part.spec is EXPRESSION and not made[0][0]:
            return None  # an empty first block makes the provider drop them all
        items = [fields for fields, _ in made]
        return items, Place(place.span, place.key_span, {at: where for at, (_, where) in enumerate(made)})

    def _known(self, name: str, value: Value, place: Place) -> Value | None:
        """The value without marks; None, and a problem, where it is unknown."""
        unknown = first_unknown(value)
        if unknown is not None:
            why = f"it decides '{name}' of '{self.address}'"
            self.problems += needed(unknown, why, place.span).diagnostics
            return None
        plain, _ = reveal_deeply(value)
        gather_secrets(value, self.secrets, hidden=False)
        return plain

    def _leaf(self, name: str, leaf: Leaf, held: Value, place: Place) -> Json:
        if isinstance(held, Unknown) and held.unset:
            return None
        if leaf.loose and first_unknown(held) is not None:
            return "(known after apply)" if leaf.type == Primitive.STRING else None
        value = self._known(name, held, place)
        if value is None or isinstance(value, Null):
            return None
        if leaf.form is Form.KEPT:
            return self._json(value)
        if value in ("", False) or _is_empty(value) or (value == 0 and leaf.computed):
            return None
        if leaf.form is Form.PORT and isinstance(value, str):
            return _port(value)
        return self._json(value)

    def _json(self, value: Value) -> Json:
        match value:
            case Null():
                return None
            case bool() | str() | int():
                return value
            case Fraction():
                return float(value)
            case ListValue(items, element) | SetValue(items, element):
                # The provider's library turns empty text in lists to nothing, and the provider back.
                return [
                    "" if isinstance(item, Null) and element == Primitive.STRING else self._json(item) for item in items
                ]
            case TupleValue(items):
                return [self._json(item) for item in items]
            case MapValue(entries, element):
                return {
                    name: "" if isinstance(item, Null) and element == Primitive.STRING else self._json(item)
                    for name, item in entries.items()
                }
            case ObjectValue(entries):
                return {name: self._json(item) for name, item in entries.items() if not isinstance(item, Null)}
            case _:
                raise AssertionError(value)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _is_empty(value: Value) -> bool:
    match value:
        case ListValue(items) | SetValue(items) | TupleValue(items):
            return not items
        case MapValue(entries) | ObjectValue(entries):
            return not entries
        case _:
            return False


def _port(text: str) -> int | str:
    """Go's intstr.Parse: a number where strconv.Atoi reads one."""
    return int(text) if re.fullmatch(r"[-+]?[0-9]+", text) else text


def gather_secrets(value: Value, secrets: set[str], *, hidden: bool = False) -> None:
    """The text of everything sensitive in a value."""
    match value:
        case Sensitive(inner):
            gather_secrets(inner, secrets, hidden=True)
        case ListValue(items) | SetValue(items) | TupleValue(items):
            for item in items:
                gather_secrets(item, secrets, hidden=hidden)
        case MapValue(entries) | ObjectValue(entries):
            for name, item in entries.items():
                if hidden:
                    secrets.add(name)
                gather_secrets(item, secrets, hidden=hidden)
        case str() if hidden and value:
            secrets.add(value)
        case int() | Fraction() if hidden and not isinstance(value, bool):
            secrets.add(str(value))


def unread(resource_type: str, address: str, at: Span) -> Refusal:
    """What is said of a resource that may change policies and is not read."""
    message = f"resources of type '{resource_type}' are not read, and '{address}' may hold policies or pods"
    help_ = "move it to a module of its own, or give its objects as manifests ('given manifest', 'given helm')"
    return Refusal(Diagnostic("terraform-unread", message, at, (help_,)))

"""Resources of Terraform's `kubernetes` provider as Kubernetes manifests.

What becomes of an argument is what the provider's `expand*` functions make of it (hashicorp/terraform-provider-
kubernetes, kubernetes/structure_*.go, 1.13 to 2.38): empty text, lists and maps are left out, a port that looks like
a number is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.hcl.blocks import Argument, BlockSchema, Nested, Place, needed
from netpolspec.load.hcl.json_syntax import Shape
from netpolspec.load.hcl.values import (
    ListOf,
    ListValue,
    MapOf,
    MapValue,
    Null,
    ObjectValue,
    Primitive,
    Sensitive,
    SetOf,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    first_unknown,
    reveal_deeply,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.hcl.values import Type
    from netpolspec.load.resource import Json
    from netpolspec.source import Path, Span

_STRING, _NUMBER, _BOOL = Primitive.STRING, Primitive.NUMBER, Primitive.BOOL
_STRINGS, _STRING_SET, _LABELS = ListOf(_STRING), SetOf(_STRING), MapOf(_STRING)


class Form(Enum):
    """What becomes of a value."""

    PLAIN = auto()
    PORT = auto()
    """Text that is a number where it looks like one."""
    KEPT = auto()
    """As PLAIN, but empty text stays, and so does false."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An argument that becomes a field."""

    type: Type = _STRING
    to: str = ""
    """The field; empty: the argument's name in camel case."""
    form: Form = Form.PLAIN
    required: bool = False
    computed: bool = False
    default: Value | None = None
    filled: bool = False
    """Whether a list must have at least one element."""
    loose: bool = False
    """Whether an unknown value is left out, because no connection depends on it."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A nested block that becomes an object, or one item of a list."""

    spec: Spec
    to: str = ""
    many: bool = False
    least: int = 0


@dataclass(frozen=True, slots=True)
class Spec:
    """The arguments and blocks of a block. An open one has others that no connection depends on."""

    parts: Mapping[str, Leaf | Branch] = field(default_factory=dict)
    open: bool = False

    def schema(self) -> BlockSchema:
        """What the block may hold."""
        arguments = {
            name: Argument(part.type, part.required, part.computed, part.default, part.filled)
            for name, part in self.parts.items()
            if isinstance(part, Leaf)
        }
        blocks = {
            name: Nested(part.spec.schema(), part.least, None if part.many else 1)
            for name, part in self.parts.items()
            if isinstance(part, Branch)
        }
        return BlockSchema(arguments, blocks, self.open)

    def shape(self) -> Shape:
        """Which keys of a JSON object are blocks."""
        branches = {name: part for name, part in self.parts.items() if isinstance(part, Branch)}
        return Shape({name: (0, lambda _, part=part: part.spec.shape()) for name, part in branches.items()})


# --- the resources ------------------------------------------------------------------------------------------------


def _metadata(*, namespaced: bool, template: bool = False) -> Branch:
    parts: dict[str, Leaf | Branch] = {
        "annotations": Leaf(_LABELS, loose=True),
        "generate_name": Leaf(),
        "labels": Leaf(_LABELS),
        "name": Leaf(computed=True),
    }
    if namespaced:
        parts["namespace"] = Leaf(default=None if template else "default")
    return Branch(Spec(parts), least=1)


def _resource(**parts: Leaf | Branch) -> Spec:
    return Spec({"metadata": _metadata(namespaced=True), **parts}, open=False)


_EXPRESSION = Spec({"key": Leaf(form=Form.KEPT), "operator": Leaf(form=Form.KEPT), "values": Leaf(_STRING_SET)})
_SELECTOR = Spec({"match_labels": Leaf(_LABELS), "match_expressions": Branch(_EXPRESSION, many=True)})
_PEER = Spec(
    {
        "ip_block": Branch(Spec({"cidr": Leaf(), "except": Leaf(_STRINGS)})),
        "namespace_selector": Branch(_SELECTOR),
        "pod_selector": Branch(_SELECTOR),
    }
)
_POLICY_PORT = Spec({"port": Leaf(form=Form.PORT), "end_port": Leaf(_NUMBER), "protocol": Leaf(default="TCP")})
_NETWORK_POLICY = _resource(
    spec=Branch(
        Spec(
            {
                "pod_selector": Branch(_SELECTOR, least=1),
                "policy_types": Leaf(_STRINGS, required=True, filled=True),
                "ingress": Branch(
                    Spec({"from": Branch(_PEER, many=True), "ports": Branch(_POLICY_PORT, many=True)}), many=True
                ),
                "egress": Branch(
                    Spec({"to": Branch(_PEER, many=True), "ports": Branch(_POLICY_PORT, many=True)}), many=True
                ),
            }
        ),
        least=1,
    )
)
_CONTAINER_PORT = Spec(
    {"container_port": Leaf(_NUMBER, required=True), "name": Leaf(), "protocol": Leaf(default="TCP")}, open=True
)
_CONTAINER = Spec(
    {
        "name": Leaf(required=True),
        "image": Leaf(loose=True),
        "port": Branch(_CONTAINER_PORT, "ports", many=True),
    },
    open=True,
)
_INIT_CONTAINER = replace(_CONTAINER, parts={**_CONTAINER.parts, "restart_policy": Leaf()})
_POD_SPEC = Spec(
    {
        "container": Branch(_CONTAINER, "containers", many=True),
        "init_container": Branch(_INIT_CONTAINER, "initContainers", many=True),
        "host_network": Leaf(_BOOL, default=False),
        "node_name": Leaf(computed=True),
        "restart_policy": Leaf(default="Always"),
    },
    open=True,
)
_TEMPLATE = Branch(
    Spec({"metadata": _metadata(namespaced=True, template=True), "spec": Branch(_POD_SPEC, least=1)}), least=1
)


def _workload(**parts: Leaf | Branch) -> Spec:
    spec = Spec({"selector": Branch(_SELECTOR), "template": _TEMPLATE, **parts}, open=True)
    return replace(_resource(spec=Branch(spec, least=1)), open=True)


_REPLICAS = Leaf(_NUMBER, default=1, form=Form.KEPT)
_SERVICE_PORT = Spec(
    {
        "name": Leaf(),
        "node_port": Leaf(_NUMBER, computed=True),
        "port": Leaf(_NUMBER, required=True),
        "protocol": Leaf(default="TCP"),
        "target_port": Leaf(form=Form.PORT, computed=True),
    },
    open=True,
)
_SERVICE_SPEC = Spec(
    {
        "cluster_ip": Leaf(to="clusterIP", computed=True),
        "external_name": Leaf(),
        "port": Branch(_SERVICE_PORT, "ports", many=True),
        "selector": Leaf(_LABELS),
        "type": Leaf(default="ClusterIP"),
    },
    open=True,
)
_NAMESPACE = Spec(
    {"metadata": _metadata(namespaced=False), "wait_for_default_service_account": Leaf(_BOOL, loose=True)}
)


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource that is read."""

    api_version: str
    kind: str
    spec: Spec


def _versions(name: str, type_: ResourceType, *others: str) -> dict[str, ResourceType]:
    return dict.fromkeys((f"kubernetes_{name}", f"kubernetes_{name}_v1", *others), type_)


TYPES: dict[str, ResourceType] = {
    **_versions("network_policy", ResourceType("networking.k8s.io/v1", "NetworkPolicy", _NETWORK_POLICY)),
    **_versions("namespace", ResourceType("v1", "Namespace", _NAMESPACE)),
    **_versions("pod", ResourceType("v1", "Pod", replace(_resource(spec=Branch(_POD_SPEC, least=1)), open=True))),
    **_versions("deployment", ResourceType("apps/v1", "Deployment", _workload(replicas=_REPLICAS))),
    **_versions(
        "stateful_set",
        ResourceType(
            "apps/v1", "StatefulSet", _workload(replicas=replace(_REPLICAS, computed=True), service_name=Leaf())
        ),
    ),
    **_versions("daemonset", ResourceType("apps/v1", "DaemonSet", _workload()), "kubernetes_daemon_set_v1"),
    **_versions(
        "service", ResourceType("v1", "Service", replace(_resource(spec=Branch(_SERVICE_SPEC, least=1)), open=True))
    ),
}
MANIFEST = Spec({"manifest": Leaf(Primitive.ANY, required=True)}, open=True)
"""`kubernetes_manifest`, which holds a manifest of any kind."""

_HARMLESS = re.compile(
    r"kubernetes_(?:api_service|certificate_signing_request|cluster_role|cluster_role_binding|config_map|csi_driver|"
    r"default_service_account|horizontal_pod_autoscaler|ingress|ingress_class|limit_range|"
    r"persistent_volume|persistent_volume_claim|pod_disruption_budget|pod_security_policy|priority_class|"
    r"resource_quota|role|role_binding|secret|service_account|storage_class|token_request|annotations|"
    r"config_map_v1_data|env|node_taint|runtime_class|volume_attributes_class)(?:_v1|_v2|_v1beta1|_v2beta2|_data)*"
)
_OTHER_OBJECTS = re.compile(r"kubernetes_.*|helm_release|kubectl_.*|kustomization_.*|kustomize_.*|k8s_.*|k8sraw_.*")


def schema_of(resource_type: str) -> BlockSchema | None:
    """What a resource of a type may hold; None for types that are not read."""
    if resource_type not in _SCHEMAS:
        known = TYPES.get(resource_type)
        spec = known.spec if known is not None else MANIFEST if resource_type == "kubernetes_manifest" else None
        _SCHEMAS[resource_type] = None if spec is None else spec.schema()
    return _SCHEMAS[resource_type]


_SCHEMAS: dict[str, BlockSchema | None] = {}


def shape_of(resource_type: str) -> Shape:
    """Which keys of a resource in `.tf.json` are blocks."""
    known = TYPES.get(resource_type)
    return Shape() if known is None else known.spec.shape()


def may_change_policies(resource_type: str) -> bool:
    """Whether a type that is not read may hold policies, or what they apply to."""
    return bool(_OTHER_OBJECTS.fullmatch(resource_type)) and not _HARMLESS.fullmatch(resource_type)


# --- values to manifests ------------------------------------------------------------------------------------------

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
        if part.spec is _EXPRESSION and not made[0][0]:
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
            return "(known after apply)" if leaf.type == _STRING else None
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
                return ["" if isinstance(item, Null) and element == _STRING else self._json(item) for item in items]
            case TupleValue(items):
                return [self._json(item) for item in items]
            case MapValue(entries, element):
                return {
                    name: "" if isinstance(item, Null) and element == _STRING else self._json(item)
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

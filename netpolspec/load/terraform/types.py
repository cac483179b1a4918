"""The resource types of Terraform's `kubernetes` provider that are read: arguments, blocks, and what they become.

After the provider's schemas (hashicorp/terraform-provider-kubernetes, kubernetes/resource_kubernetes_*.go and
schema_*.go, 1.13 to 2.38).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from netpolspec.load.hcl.blocks import Argument, BlockSchema, Nested
from netpolspec.load.hcl.json_syntax import Shape
from netpolspec.load.hcl.values import ListOf, MapOf, Primitive, SetOf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.hcl.values import Type, Value

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

    def shape_of_block(self, _label: str) -> Shape:
        """Which keys of the block, as a JSON object, are blocks."""
        return self.spec.shape()


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
        return Shape({name: (0, part.shape_of_block) for name, part in branches.items()})


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


EXPRESSION = Spec({"key": Leaf(form=Form.KEPT), "operator": Leaf(form=Form.KEPT), "values": Leaf(_STRING_SET)})
_SELECTOR = Spec({"match_labels": Leaf(_LABELS), "match_expressions": Branch(EXPRESSION, many=True)})
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

_HARMLESS = (
    r"kubernetes_(?:api_service|certificate_signing_request|cluster_role|cluster_role_binding|config_map|csi_driver|"
    r"default_service_account|horizontal_pod_autoscaler|ingress|ingress_class|limit_range|"
    r"persistent_volume|persistent_volume_claim|pod_disruption_budget|pod_security_policy|priority_class|"
    r"mutating_webhook_configuration|validating_webhook_configuration|gateway|gateway_class|http_route|grpc_route|"
    r"resource_quota|role|role_binding|secret|service_account|storage_class|token_request|annotations|"
    r"config_map_v1_data|env|node_taint|runtime_class|volume_attributes_class)(?:_v1|_v2|_v1beta1|_v2beta2|_data)*"
)
_OTHER_OBJECTS = r"kubernetes_.*|helm_release|kubectl_.*|kustomization_.*|kustomize_.*|k8s_.*|k8sraw_.*"


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
    return bool(re.fullmatch(_OTHER_OBJECTS, resource_type)) and not re.fullmatch(_HARMLESS, resource_type)

"""Kubernetes objects as far as reachability depends on them: plain facts, checked before they get here.

Everything is made by `netpolspec.load`, which refuses what an API server would refuse; so nothing here can be
invalid, and no default is left to be applied (an absent protocol has become TCP, policyTypes are settled).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from netpolspec.source import Origin

Labels: TypeAlias = Mapping[str, str]
Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


class Protocol(StrEnum):
    """The transport protocols that NetworkPolicy knows."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"


class Direction(StrEnum):
    """A policyType, and the half of a connection that it judges."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


# --- selectors ----------------------------------------------------------------------------------------------------


class Operator(StrEnum):
    """Operators of `matchExpressions`."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on a label; `matchLabels: {k: v}` is `k In (v)`. Values are sorted and free of repeats."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selector:
    """A label selector: all requirements hold; none of them selects everything. An absent selector is None."""

    requirements: tuple[Requirement, ...] = ()


# --- NetworkPolicy ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PodPeer:
    """`namespaceSelector` and `podSelector` of one list item; at least one is there.

    Without `namespaces`, the policy's own namespace is meant (NetworkPolicyPeer, `networking.k8s.io/v1`). In a
    cluster-scoped policy `namespaces` is always there.
    """

    namespaces: Selector | None
    pods: Selector | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class BlockPeer:
    """`ipBlock`: the addresses of cidr that are in none of the excepts (all of one family)."""

    cidr: Network
    excepts: tuple[Network, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class NodePeer:
    """`nodes` of a cluster-scoped egress rule."""

    nodes: Selector
    origin: Origin


@dataclass(frozen=True, slots=True)
class NetworksPeer:
    """`networks` of a cluster-scoped egress rule."""

    networks: tuple[Network, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class DomainPeer:
    """`domainNames` of a cluster-scoped egress rule: names, or `*.suffix`; lower case, no final dot."""

    names: tuple[str, ...]
    origin: Origin


Peer: TypeAlias = PodPeer | BlockPeer | NodePeer | NetworksPeer | DomainPeer


@dataclass(frozen=True, slots=True)
class PortMatch:
    """One item of `ports`.

    `port` None means every port of the protocol. `end` (inclusive) only goes with a number. `protocol` None means
    that any protocol will do, which only named ports of cluster-scoped policies have.
    """

    protocol: Protocol | None
    port: int | str | None
    end: int | None
    origin: Origin


class Action(StrEnum):
    """What a rule does with what it matches. Rules of a NetworkPolicy always accept."""

    ACCEPT = "Accept"
    DENY = "Deny"
    PASS = "Pass"  # noqa: S105 - an action, no password


@dataclass(frozen=True, slots=True)
class Rule:
    """One item of `ingress` or `egress`. No peers: every peer. No ports: every port of every protocol."""

    peers: tuple[Peer, ...]
    ports: tuple[PortMatch, ...]
    origin: Origin
    action: Action = Action.ACCEPT
    name: str = ""


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """`networking.k8s.io/v1` NetworkPolicy. Rules of a direction that `types` lacks are kept, without effect."""

    name: str
    namespace: str
    pods: Selector
    types: frozenset[Direction]
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]
    origin: Origin

    @property
    def label(self) -> str:
        """How reports name it."""
        return f"NetworkPolicy {self.namespace}/{self.name}"


# --- cluster-scoped policy ----------------------------------------------------------------------------------------


class Tier(StrEnum):
    """Where in the order a policy is judged."""

    ADMIN = "Admin"
    NETWORK_POLICY = "NetworkPolicy"
    BASELINE = "Baseline"


@dataclass(frozen=True, slots=True)
class AdminPolicy:
    """AdminNetworkPolicy, BaselineAdminNetworkPolicy (v1alpha1) or ClusterNetworkPolicy (v1alpha2).

    Rules are judged in order, policies of a tier by ascending priority. BaselineAdminNetworkPolicy has priority 0.
    """

    kind: str
    name: str
    tier: Tier
    priority: int
    namespaces: Selector
    """The subject's namespaces."""
    pods: Selector | None
    """The subject's pods in them; None: all of them."""
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]
    origin: Origin

    @property
    def label(self) -> str:
        """How reports name it."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class ForeignPolicy:
    """A policy of a kind or version that the model does not know: Calico's, Cilium's, Istio's, a newer alpha."""

    api_version: str
    kind: str
    name: str
    namespace: str | None
    """The namespace whose pods it may reach; None: all pods of the cluster."""
    origin: Origin

    @property
    def label(self) -> str:
        """How reports name it."""
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {where} ({self.api_version})"


# --- what policies are about --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Namespace:
    """A Namespace; `labels` always hold `kubernetes.io/metadata.name`."""

    name: str
    labels: Labels
    origin: Origin | None = None
    """None where no object declares it."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node, for `nodes` peers and host-network pods."""

    name: str
    labels: Labels
    addresses: tuple[Address, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class ContainerPort:
    """A port that a container of a pod declares; `name` is empty where it has none."""

    number: int
    protocol: Protocol
    name: str = ""


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """What makes pods alike: the part of a pod that its controller copies."""

    labels: Labels
    ports: tuple[ContainerPort, ...]
    host_network: bool
    node: str | None = None


@dataclass(frozen=True, slots=True)
class WorkloadRef:
    """Whose pods they are. A pod without a controller is its own workload (kind `Pod`)."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Workload:
    """Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job or CronJob."""

    ref: WorkloadRef
    template: PodTemplate
    replicas: int
    """How many pods its controller makes; 0 is possible."""
    controlled_by: WorkloadRef | None
    """The controller owner reference, as the ReplicaSet of a Deployment has one."""
    origin: Origin
    first: int = 0
    """The number of a StatefulSet's first pod (`spec.ordinals.start`)."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod, declared or made from a workload by `netpolspec.policy.cluster.assemble`."""

    namespace: str
    name: str
    template: PodTemplate
    owner: WorkloadRef
    addresses: tuple[Address, ...]
    """Empty where nothing says them (manifests that no cluster has seen)."""
    finished: bool
    """Phase Succeeded or Failed."""
    origin: Origin

    @property
    def labels(self) -> Labels:
        """The pod's labels."""
        return self.template.labels

    @property
    def ports(self) -> tuple[ContainerPort, ...]:
        """The ports that its containers declare."""
        return self.template.ports

    @property
    def label(self) -> str:
        """How reports name it."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class ServicePort:
    """One item of a Service's `ports`; `target` is a number or the name of a container port."""

    name: str
    number: int
    protocol: Protocol
    target: int | str
    node_port: int | None = None


class ServiceType(StrEnum):
    """`spec.type`."""

    CLUSTER_IP = "ClusterIP"
    NODE_PORT = "NodePort"
    LOAD_BALANCER = "LoadBalancer"
    EXTERNAL_NAME = "ExternalName"


@dataclass(frozen=True, slots=True)
class Service:
    """A Service. `selector` None: no selector, its endpoints come from Endpoints or EndpointSlice objects."""

    namespace: str
    name: str
    type: ServiceType
    selector: Labels | None
    ports: tuple[ServicePort, ...]
    headless: bool
    cluster_addresses: tuple[Address, ...]
    external_name: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class EndpointAddress:
    """One endpoint of a Service without a selector."""

    address: Address
    pod: str | None
    """The name of the pod (targetRef) in the same namespace, where it says so."""
    ready: bool = True


@dataclass(frozen=True, slots=True)
class Endpoints:
    """One subset of an Endpoints object, or one EndpointSlice; `service` names the Service it belongs to."""

    namespace: str
    service: str
    addresses: tuple[EndpointAddress, ...]
    ports: tuple[tuple[str, int, Protocol], ...]
    """(name of the Service's port, number, protocol)."""
    origin: Origin


Object: TypeAlias = (
    Namespace | Node | Pod | Workload | Service | Endpoints | NetworkPolicy | AdminPolicy | ForeignPolicy
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that reachability depends on, at one moment."""

    namespaces: Mapping[str, Namespace]
    pods: tuple[Pod, ...]
    services: Mapping[tuple[str, str], Service]
    """By (namespace, name)."""
    policies: tuple[NetworkPolicy, ...]
    admin_policies: tuple[AdminPolicy, ...] = ()
    foreign_policies: tuple[ForeignPolicy, ...] = ()
    endpoints: tuple[Endpoints, ...] = ()
    nodes: tuple[Node, ...] = ()

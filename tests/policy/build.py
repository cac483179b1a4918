"""Small worlds for tests, in few words."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from netpolspec.policy.objects import (
    Action,
    Address,
    AdminPolicy,
    BlockPeer,
    Cluster,
    ContainerPort,
    Direction,
    DomainPeer,
    Endpoints,
    ForeignPolicy,
    Namespace,
    NetworkPolicy,
    NetworksPeer,
    Node,
    NodePeer,
    Operator,
    Peer,
    Pod,
    PodPeer,
    PodTemplate,
    PortMatch,
    Protocol,
    Requirement,
    Rule,
    Selector,
    Service,
    ServicePort,
    ServiceType,
    Tier,
    WorkloadRef,
)
from netpolspec.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SOURCE = Source("test", "here")
HERE = Span(SOURCE, 0, 4)

TCP, UDP, SCTP = Protocol.TCP, Protocol.UDP, Protocol.SCTP
INGRESS, EGRESS = Direction.INGRESS, Direction.EGRESS
ACCEPT, DENY, PASS = Action.ACCEPT, Action.DENY, Action.PASS
ALL = Selector()


def sel(**labels: str) -> Selector:
    """`matchLabels`; `sel()` is the empty selector."""
    return Selector(tuple(Requirement(key, Operator.IN, (value,)) for key, value in sorted(labels.items())))


def expr(key: str, operator: Operator, *values: str) -> Selector:
    """One of `matchExpressions`."""
    return Selector((Requirement(key, operator, tuple(sorted(set(values)))),))


def ns(name: str, **labels: str) -> Namespace:
    return Namespace(name, {**labels, "kubernetes.io/metadata.name": name}, HERE)


def cport(number: int, name: str = "", protocol: Protocol = TCP) -> ContainerPort:
    return ContainerPort(number, protocol, name)


def pod(
    where: str,
    /,
    *ports: ContainerPort,
    labels: Mapping[str, str] | None = None,
    ip: str = "",
    host: bool = False,
    node: str | None = None,
    finished: bool = False,
    owner: WorkloadRef | None = None,
) -> Pod:
    """`pod("ms-b/nginx", cport(80), labels={"app": "nginx"}, ip="10.0.0.1,fd00::1")`."""
    namespace, name = where.split("/")
    return Pod(
        namespace,
        name,
        PodTemplate(labels or {}, ports, host, node),
        owner or WorkloadRef("Pod", namespace, name),
        tuple(ip_address(text) for text in ip.split(",") if text),
        finished,
        HERE,
    )


def port(number: int | str | None = None, protocol: Protocol | None = TCP, end: int | None = None) -> PortMatch:
    return PortMatch(protocol, number, end, HERE)


def pods(selector: Selector | None = None, namespaces: Selector | None = None) -> PodPeer:
    return PodPeer(namespaces, selector, HERE)


def block(cidr: str, *excepts: str) -> BlockPeer:
    return BlockPeer(ip_network(cidr), tuple(ip_network(text) for text in excepts), HERE)


def networks(*cidrs: str) -> NetworksPeer:
    return NetworksPeer(tuple(ip_network(text) for text in cidrs), HERE)


def nodes(selector: Selector = ALL) -> NodePeer:
    return NodePeer(selector, HERE)


def domains(*names: str) -> DomainPeer:
    return DomainPeer(names, HERE)


def rule(*peers: Peer, ports: Iterable[PortMatch] = (), action: Action = ACCEPT) -> Rule:
    return Rule(peers, tuple(ports), HERE, action)


def netpol(
    where: str,
    selector: Selector = ALL,
    *,
    ingress: Iterable[Rule] | None = None,
    egress: Iterable[Rule] | None = None,
    types: Iterable[Direction] | None = None,
) -> NetworkPolicy:
    """Types by default are those whose rules are given, as `policyTypes` written out would say."""
    namespace, name = where.split("/")
    given = {INGRESS} if ingress is not None else set()
    given |= {EGRESS} if egress is not None else set()
    return NetworkPolicy(
        name,
        namespace,
        selector,
        frozenset(given if types is None else types),
        tuple(ingress or ()),
        tuple(egress or ()),
        HERE,
    )


def admin(
    name: str,
    *,
    tier: Tier = Tier.ADMIN,
    priority: int = 10,
    namespaces: Selector = ALL,
    selector: Selector | None = None,
    ingress: Iterable[Rule] = (),
    egress: Iterable[Rule] = (),
    kind: str = "ClusterNetworkPolicy",
) -> AdminPolicy:
    return AdminPolicy(kind, name, tier, priority, namespaces, selector, tuple(ingress), tuple(egress), HERE)


def node(name: str, *addresses: str, **labels: str) -> Node:
    return Node(name, labels, tuple(ip_address(text) for text in addresses), HERE)


def foreign(kind: str, namespace: str | None = None) -> ForeignPolicy:
    return ForeignPolicy("projectcalico.org/v3", kind, "foreign", namespace, HERE)


def cluster(*objects: object) -> Cluster:
    """A cluster of these objects; namespaces that none declares have their automatic label."""
    held = [thing for thing in objects if isinstance(thing, Pod)]
    policies = tuple(thing for thing in objects if isinstance(thing, NetworkPolicy))
    services = {(thing.namespace, thing.name): thing for thing in objects if isinstance(thing, Service)}
    namespaces = {thing.name: thing for thing in objects if isinstance(thing, Namespace)}
    homes = [thing.namespace for thing in objects if isinstance(thing, (Pod, NetworkPolicy, Service))]
    for name in homes:
        namespaces.setdefault(name, replace(ns(name), origin=None))
    return Cluster(
        namespaces,
        tuple(held),
        services,
        policies,
        tuple(thing for thing in objects if isinstance(thing, AdminPolicy)),
        tuple(thing for thing in objects if isinstance(thing, ForeignPolicy)),
        tuple(thing for thing in objects if isinstance(thing, Endpoints)),
        tuple(thing for thing in objects if isinstance(thing, Node)),
    )


def address(text: str) -> Address:
    return ip_address(text)


def service(
    where: str,
    *ports: tuple[int, int | str] | tuple[int, int | str, Protocol] | tuple[int, int | str, Protocol, int],
    on: Mapping[str, str] | None = None,
    ip: str = "",
    headless: bool = False,
    type_: ServiceType = ServiceType.CLUSTER_IP,
    external_name: str | None = None,
) -> Service:
    """`service("ms-b/nginx", (90, 80), on={"app": "nginx"})`: number, target, protocol, node port; named p0, p1, ..."""
    namespace, name = where.split("/")
    items = tuple(
        ServicePort(
            f"p{i}",
            item[0],
            item[2] if len(item) > 2 else TCP,
            item[1],
            item[3] if len(item) > 3 else None,
        )
        for i, item in enumerate(ports)
    )
    addresses = (ip_address(ip),) if ip else ()
    return Service(namespace, name, type_, on, items, headless, addresses, external_name, HERE)

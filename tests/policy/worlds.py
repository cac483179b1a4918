"""Small random clusters, in which every field that the semantics know turns up in all its forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from policy import build

from netpolspec.policy.assumptions import KEYS, Assumptions, choices
from netpolspec.policy.decision import Endpoint, External, OnNode
from netpolspec.policy.objects import (
    Action,
    AdminPolicy,
    Cluster,
    ContainerPort,
    Direction,
    Namespace,
    NetworkPolicy,
    Node,
    Operator,
    Peer,
    Pod,
    PortMatch,
    Protocol,
    Requirement,
    Rule,
    Selector,
    Tier,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

Thing = TypeVar("Thing")

NAMESPACES = ("a", "b")
POD_LABELS = {"app": ("web", "db", ""), "tier": ("front", "back")}
NAMESPACE_LABELS = {"team": ("x", "y", ""), "kubernetes.io/metadata.name": NAMESPACES}
NODE_LABELS = {"zone": ("1", "2")}
NUMBERS = (1, 53, 80, 81, 8080, 65535)
NAMES = ("http", "dns")
CIDRS = ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "10.0.0.1/32", "192.168.0.0/16", "::/0", "fd00::/8", "fd00::1/128")
INSIDE = {"0.0.0.0/0": ("10.0.0.0/8", "10.0.0.0/24"), "10.0.0.0/8": ("10.0.0.0/24",), "::/0": ("fd00::/8",)}
POD_ADDRESSES = ("", "", "10.0.0.{}", "10.0.1.{}", "fd00::{}", "10.0.0.{},fd00::{}")
OUTSIDE = ("10.0.0.77", "10.9.9.9", "192.168.3.4", "8.8.8.8", "fd00::77", "2001:db8::1")
DOMAINS = ("example.com", "*.example.com", "example.org")


@dataclass(frozen=True)
class World:
    cluster: Cluster
    assumptions: Assumptions
    ends: tuple[Endpoint, ...]
    """Everything that may be asked about."""

    def shuffled(self, rng: Random) -> Cluster:
        """The same objects in another order, and in each NetworkPolicy the rules, peers and ports."""

        def mix(items: tuple[Thing, ...]) -> tuple[Thing, ...]:
            return tuple(rng.sample(items, len(items)))

        def rules(given: tuple[Rule, ...]) -> tuple[Rule, ...]:
            return mix(tuple(build.rule(*mix(rule.peers), ports=mix(rule.ports)) for rule in given))

        policies = tuple(
            NetworkPolicy(p.name, p.namespace, p.pods, p.types, rules(p.ingress), rules(p.egress), p.origin)
            for p in mix(self.cluster.policies)
        )
        pods, admin = mix(self.cluster.pods), mix(self.cluster.admin_policies)
        return build.cluster(*self.cluster.namespaces.values(), *mix(self.cluster.nodes), *pods, *policies, *admin)


class Maker:
    """Makes worlds out of a source of randomness; with hypothesis' own they shrink."""

    def __init__(self, rng: Random, *, tiers: bool = True, hosts: bool = True, foreign: bool = False) -> None:
        self.rng = rng
        self.tiers = tiers
        self.hosts = hosts
        self.foreign = foreign

    def chance(self, one_in: int) -> bool:
        return self.rng.randrange(one_in) == one_in - 1

    def several(self, most: int) -> range:
        return range(self.rng.randint(0, most))

    def labels(self, known: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
        return {key: self.rng.choice(values) for key, values in known.items() if not self.chance(3)}

    def selector(self, known: Mapping[str, tuple[str, ...]]) -> Selector:
        requirements = []
        for _ in range(self.rng.choice((0, 0, 1, 1, 2))):
            key = self.rng.choice(sorted(known))
            operator = self.rng.choice(tuple(Operator))
            values: tuple[str, ...] = ()
            if operator in (Operator.IN, Operator.NOT_IN):
                values = tuple(sorted({self.rng.choice(known[key]) for _ in range(self.rng.randint(1, 2))}))
            requirements.append(Requirement(key, operator, values))
        return Selector(tuple(requirements))

    def namespace(self, name: str) -> Namespace:
        labels = self.labels({"team": NAMESPACE_LABELS["team"]})
        return build.ns(name, **labels)

    def pod(self, number: int, nodes: tuple[Node, ...]) -> Pod:
        ports = tuple(
            ContainerPort(self.rng.choice((53, 80, 8080)), self.rng.choice(tuple(Protocol)), name)
            for name in self.rng.choice(((), ("http",), ("http", "dns"), ("http", "http"), ("", "dns")))
        )
        host = self.hosts and self.chance(6)
        where = self.rng.choice((None, "n1", "n2", "n3")) if nodes else None
        return build.pod(
            f"{self.rng.choice(NAMESPACES)}/p{number}",
            *ports,
            labels=self.labels(POD_LABELS),
            ip="" if host else self.rng.choice(POD_ADDRESSES).replace("{}", str(number + 1)),
            host=host,
            node=where,
            finished=self.chance(12),
        )

    def port(self, *, anything: bool) -> PortMatch:
        protocol = self.rng.choice(tuple(Protocol))
        form = self.rng.randrange(4)
        if form == 0:
            return build.port(None, protocol)
        if form == 1:
            name = self.rng.choice(NAMES)
            return build.port(name, None if anything and self.chance(2) else protocol)
        first, last = sorted((self.rng.choice(NUMBERS), self.rng.choice(NUMBERS)))
        return build.port(first, protocol, last if form == 2 else None)

    def block(self) -> Peer:
        cidr = self.rng.choice(CIDRS)
        excepts = INSIDE.get(cidr, ())
        return build.block(cidr, *((self.rng.choice(excepts),) if excepts and self.chance(2) else ()))

    def peer(self) -> Peer:
        if self.chance(3):
            return self.block()
        pods = self.selector(POD_LABELS) if self.chance(2) else None
        namespaces = self.selector(NAMESPACE_LABELS) if pods is None or self.chance(2) else None
        return build.pods(pods, namespaces)

    def rule(self) -> Rule:
        return build.rule(
            *(self.peer() for _ in self.several(2)),
            ports=[self.port(anything=False) for _ in range(self.rng.choice((0, 0, 1, 2)))],
        )

    def policy(self, number: int) -> NetworkPolicy:
        types = self.rng.choice(((Direction.INGRESS,), (Direction.EGRESS,), tuple(Direction)))
        return build.netpol(
            f"{self.rng.choice(NAMESPACES)}/np{number}",
            self.selector(POD_LABELS),
            ingress=[self.rule() for _ in self.several(2)],
            egress=[self.rule() for _ in self.several(2)],
            types=types,
        )

    def admin_rule(self, direction: Direction) -> Rule:
        action = self.rng.choice(tuple(Action))
        peers: list[Peer] = []
        forms = (
            ("pods", "pods", "networks", "networks", "nodes", "domains") if direction is Direction.EGRESS else ("pods",)
        )
        for _ in range(self.rng.randint(1, 2)):
            form = self.rng.choice(forms)
            if form == "domains" and action is Action.ACCEPT:
                peers.append(build.domains(self.rng.choice(DOMAINS)))
            elif form == "nodes":
                peers.append(build.nodes(self.selector(NODE_LABELS)))
            elif form == "networks":
                peers.append(build.networks(*{self.rng.choice(CIDRS) for _ in range(2)}))
            else:
                pods = self.selector(POD_LABELS) if self.chance(2) else None
                peers.append(build.pods(pods, self.selector(NAMESPACE_LABELS)))
        ports = [self.port(anything=True) for _ in range(self.rng.choice((0, 0, 1, 2)))]
        return build.rule(*peers, ports=ports, action=action)

    def admin(self, number: int) -> AdminPolicy:
        return build.admin(
            f"cnp{number}",
            tier=self.rng.choice((Tier.ADMIN, Tier.BASELINE)),
            priority=self.rng.choice((0, 5, 5, 1000)),
            namespaces=self.selector(NAMESPACE_LABELS),
            selector=self.selector(POD_LABELS) if self.chance(2) else None,
            ingress=[self.admin_rule(Direction.INGRESS) for _ in self.several(2)],
            egress=[self.admin_rule(Direction.EGRESS) for _ in self.several(3)],
        )

    def assumptions(self) -> Assumptions:
        assumed = Assumptions()
        for key in KEYS:
            if self.chance(3):
                assumed = assumed.with_value(key, self.rng.choice(choices(key)))
        return assumed

    def world(self) -> World:
        nodes: tuple[Node, ...] = ()
        if self.hosts and self.chance(2):
            nodes = (
                build.node("n1", "192.168.1.1", **self.labels(NODE_LABELS)),
                build.node("n2", "192.168.1.2", "fd00:ffff::2", **self.labels(NODE_LABELS)),
            )
        pods = tuple(self.pod(number, nodes) for number in range(self.rng.randint(1, 5)))
        policies = [self.policy(number) for number in self.several(4)]
        admin = [self.admin(number) for number in self.several(4)] if self.tiers and not self.chance(3) else []
        foreign = []
        if self.foreign and self.chance(4):
            foreign.append(build.foreign("GlobalNetworkPolicy", self.rng.choice((None, *NAMESPACES))))
        cluster = build.cluster(*map(self.namespace, NAMESPACES), *nodes, *pods, *policies, *admin, *foreign)
        stranger = build.pod(f"{self.rng.choice(NAMESPACES)}/stranger", labels=self.labels(POD_LABELS))
        ends: list[Endpoint] = [*pods, stranger]
        ends += [External(build.address(text)) for text in self.rng.sample(OUTSIDE, 2)]
        ends += [External(None, self.rng.choice(("example.com", "www.example.com", "other.net")))]
        ends += [OnNode(self.rng.choice((None, "n1", "n2", "n9")))] if self.hosts else []
        ends += [External(address) for pod in pods[:1] for address in pod.addresses]
        return World(cluster, self.assumptions(), tuple(ends))

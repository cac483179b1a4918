"""Clusters as large as real ones, and built like them: teams, tiers, default denies, named ports, networks outside.

The same size and seed give the same cluster. Objects are made as `netpolspec.load` would make them, so what is measured
on them is the model alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from random import Random
from typing import TYPE_CHECKING

from netpolspec.policy.objects import (
    BlockPeer,
    Cluster,
    ContainerPort,
    Direction,
    Namespace,
    NetworkPolicy,
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
    WorkloadRef,
)
from netpolspec.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Span(Source("<generated>", "generated"), 0, 9)
TCP, UDP = Protocol.TCP, Protocol.UDP
TIERS = (
    ("web", ("http", 8080)),
    ("api", ("grpc", 9090)),
    ("worker", ("metrics", 9100)),
    ("db", ("postgres", 5432)),
    ("cache", ("redis", 6379)),
)
ENVIRONMENTS = ("prod", "staging", "dev")


@dataclass(frozen=True)
class Size:
    """How large a cluster is; the policies of a namespace follow from how many there are in all."""

    pods: int
    policies: int
    namespaces: int
    addresses: bool = False
    """Whether the pods have addresses, as in what a cluster prints."""


THOUSAND = Size(pods=1_000, policies=400, namespaces=50)
TEN_THOUSAND = Size(pods=10_000, policies=2_000, namespaces=250)


def make(size: Size, seed: int = 1) -> Cluster:
    """A cluster of that size."""
    rng = Random(seed)  # noqa: S311 - no secret
    names = [f"team-{number // 5:03}-{'abcde'[number % 5]}" for number in range(size.namespaces)]
    namespaces = {
        name: Namespace(
            name,
            {
                "kubernetes.io/metadata.name": name,
                "team": name[:8],
                "env": ENVIRONMENTS[number % len(ENVIRONMENTS)],
            },
            HERE,
        )
        for number, name in enumerate(names)
    }
    pods = list(_pods(size, names, rng))
    policies = [
        policy
        for number, name in enumerate(names)
        for policy in _policies(name, _share(size.policies, len(names), number), names, rng)
    ]
    return Cluster(namespaces, tuple(pods), {}, tuple(policies))


def _share(total: int, parts: int, number: int) -> int:
    return total // parts + (number < total % parts)


def _pods(size: Size, names: list[str], rng: Random) -> Iterable[Pod]:
    """Workloads of one to five replicas, with the labels that Helm charts give them."""
    made = 0
    for number, namespace in enumerate(names):
        left = _share(size.pods, len(names), number)
        workload = 0
        while left:
            tier, (port_name, port) = TIERS[workload % len(TIERS)]
            replicas = min(left, rng.randint(1, 5))
            labels = {
                "app.kubernetes.io/name": f"{tier}-{workload}",
                "app.kubernetes.io/instance": namespace,
                "tier": tier,
            }
            ports = (ContainerPort(port + workload // len(TIERS), TCP, port_name), ContainerPort(9100, TCP, "metrics"))
            template = PodTemplate(labels, ports, host_network=False)
            owner = WorkloadRef("Deployment", namespace, f"{tier}-{workload}")
            for replica in range(replicas):
                address = (ip_address("10.128.0.0") + made,) if size.addresses else ()
                yield Pod(namespace, f"{tier}-{workload}-{replica}", template, owner, address, False, HERE)  # noqa: FBT003
                made += 1
            left -= replicas
            workload += 1


def _selector(**labels: str) -> Selector:
    return Selector(tuple(Requirement(key, Operator.IN, (value,)) for key, value in sorted(labels.items())))


def _port(port: int | str, protocol: Protocol = TCP, end: int | None = None) -> PortMatch:
    return PortMatch(protocol, port, end, HERE)


def _rule(*peers: Peer, ports: tuple[PortMatch, ...] = ()) -> Rule:
    return Rule(peers, ports, HERE)


def _often(rng: Random, times_in_ten: int) -> bool:
    return rng.randrange(10) < times_in_ten


def _policies(home: str, count: int, names: list[str], rng: Random) -> Iterable[NetworkPolicy]:
    """What teams write, in the order in which they come to it: default denies and DNS first, then tier by tier."""
    both = frozenset(Direction)
    ingress, egress = frozenset({Direction.INGRESS}), frozenset({Direction.EGRESS})
    dns = PodPeer(
        _selector(**{"kubernetes.io/metadata.name": "kube-system"}), _selector(**{"k8s-app": "kube-dns"}), HERE
    )
    scrapers = PodPeer(_selector(team="team-000"), _selector(tier="worker"), HERE)
    made = [
        NetworkPolicy("default-deny", home, Selector(), both, (), (), HERE),
        NetworkPolicy("dns", home, Selector(), egress, (), (_rule(dns, ports=(_port(53, UDP), _port(53))),), HERE),
        NetworkPolicy("metrics", home, Selector(), ingress, (_rule(scrapers, ports=(_port("metrics"),)),), (), HERE),
        NetworkPolicy("inside", home, Selector(), egress, (), (_rule(PodPeer(None, Selector(), HERE)),), HERE),
    ]
    while len(made) < count:
        number = len(made)
        tier, (port_name, port) = rng.choice(TIERS)
        caller = rng.choice(TIERS)[0]
        peers: list[Peer] = [PodPeer(None, _selector(tier=caller), HERE)]
        if _often(rng, 4):
            other = rng.choice(names)
            peers.append(PodPeer(_selector(**{"kubernetes.io/metadata.name": other}), _selector(tier=caller), HERE))
        if _often(rng, 2):
            peers.append(PodPeer(_selector(env=rng.choice(ENVIRONMENTS)), None, HERE))
        if _often(rng, 3):
            cidr = ip_network(f"{rng.choice((10, 172, 198))}.{rng.randint(16, 31)}.{rng.randrange(256)}.0/24")
            hole = (ip_network(f"{cidr.network_address}/28"),) if _often(rng, 5) else ()
            peers.append(BlockPeer(cidr, hole, HERE))
        ports = (_port(port_name), _port(port, TCP, port + 5)) if _often(rng, 5) else (_port(port_name),)
        rules = (_rule(*peers, ports=ports),)
        if _often(rng, 3):
            made.append(NetworkPolicy(f"out-{number}", home, _selector(tier=tier), egress, (), rules, HERE))
        else:
            made.append(NetworkPolicy(f"in-{number}", home, _selector(tier=tier), ingress, rules, (), HERE))
    return made[:count]

"""Kinds of pods: what the policies of a cluster can see of a pod, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.policy.addresses import AddressSpace
from netpolspec.policy.objects import BlockPeer, NetworksPeer, PodPeer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.policy.objects import Cluster, Network, Pod, Protocol, Rule, Selector
    from netpolspec.policy.peers import Surroundings

NamedPorts: TypeAlias = "tuple[tuple[str, tuple[tuple[Protocol, int], ...]], ...]"
"""Names with the protocols and numbers that they stand for; only names that some policy uses."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Whatever policies can see of a pod. Pods of one kind answer alike, but for whom they share a node with."""

    namespace: str
    labels: tuple[tuple[str, str], ...]
    """Only those with a key that some policy asks for."""
    ports: NamedPorts
    host_network: bool
    finished: bool
    spots: tuple[int, ...] | None
    """The indexes of the address ranges that hold its addresses; None where nobody knows them."""
    node: str | None
    """Only for host-network pods."""


class Vocabulary:
    """The label keys, port names and address ranges that the policies of a cluster tell things apart by."""

    def __init__(self, cluster: Cluster, world: Surroundings) -> None:
        self._world = world
        self.rules: tuple[Rule, ...] = tuple(_rules(cluster))
        """Every rule of every policy."""
        self.networks: tuple[Network, ...] = tuple(network for rule in self.rules for network in _networks(rule))
        """Every network that a rule mentions."""
        self.addresses = AddressSpace(self.networks)
        self._keys = {requirement.key for selector in self._selectors(cluster) for requirement in selector.requirements}
        self._names = {match.port for rule in self.rules for match in rule.ports if isinstance(match.port, str)}

    def _selectors(self, cluster: Cluster) -> Iterator[Selector]:
        yield from (policy.pods for policy in cluster.policies)
        yield from (policy.pods for policy in cluster.admin_policies if policy.pods is not None)
        for rule in self.rules:
            for peer in rule.peers:
                if isinstance(peer, PodPeer) and peer.pods is not None:
                    yield peer.pods

    def describe(self, pod: Pod) -> Kind:
        """A pod's kind."""
        named: dict[str, tuple[tuple[Protocol, int], ...]] = {}
        for port in pod.ports:
            if port.name in self._names:
                named[port.name] = (*named.get(port.name, ()), (port.protocol, port.number))
        addresses = self._world.addresses(pod)
        host = pod.template.host_network
        return Kind(
            pod.namespace,
            tuple(sorted(pair for pair in pod.labels.items() if pair[0] in self._keys)),
            tuple(sorted(named.items())),
            host,
            pod.finished,
            tuple(sorted({self.addresses.position(address) for address in addresses})) if addresses else None,
            pod.template.node if host else None,
        )


def _rules(cluster: Cluster) -> Iterator[Rule]:
    for policy in cluster.policies:
        yield from policy.ingress + policy.egress
    for cluster_wide in cluster.admin_policies:
        yield from cluster_wide.ingress + cluster_wide.egress


def _networks(rule: Rule) -> Iterator[Network]:
    for peer in rule.peers:
        if isinstance(peer, BlockPeer):
            yield peer.cidr
            yield from peer.excepts
        elif isinstance(peer, NetworksPeer):
            yield from peer.networks

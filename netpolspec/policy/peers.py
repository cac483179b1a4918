"""Peers of rules: does the other end of a connection belong to one?"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, assert_never

from netpolspec.policy.assumptions import Assumptions, HostNetwork, PodWithoutAddress, YesNo
from netpolspec.policy.decision import Endpoint, External, OnNode
from netpolspec.policy.objects import (
    Address,
    BlockPeer,
    DomainPeer,
    Labels,
    Namespace,
    Network,
    NetworksPeer,
    Node,
    NodePeer,
    Peer,
    Pod,
    PodPeer,
    Selector,
)
from netpolspec.policy.selectors import selects

if TYPE_CHECKING:
    from collections.abc import Mapping


class Match(IntEnum):
    """Whether something matches; OPEN where that cannot be known."""

    NO = 0
    OPEN = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the cluster knows about names, for every decision over it."""

    namespaces: Mapping[str, Namespace]
    nodes: Mapping[str, Node]

    def labels_of(self, namespace: str) -> Labels:
        """The labels of a namespace; one that nobody declared has the automatic label only."""
        declared = self.namespaces.get(namespace)
        return declared.labels if declared else {"kubernetes.io/metadata.name": namespace}

    def addresses(self, end: Endpoint) -> tuple[Address, ...]:
        """What an endpoint is addressed by; empty where nobody knows."""
        match end:
            case External():
                return () if end.address is None else (end.address,)
            case OnNode():
                return self._node_addresses(end.node)
            case Pod():
                if end.addresses or not end.template.host_network:
                    return end.addresses
                return self._node_addresses(end.template.node)

    def _node_addresses(self, name: str | None) -> tuple[Address, ...]:
        node = self.nodes.get(name) if name else None
        return node.addresses if node else ()


@dataclass(slots=True)
class Question:
    """One connection's circumstances: what is assumed, and which assumptions were looked at on the way."""

    assumptions: Assumptions
    world: Surroundings
    family: int | None = None
    """4 or 6 where the connection's family is known."""
    seen_as: tuple[Address, ...] | None = None
    """Where blocks are to see the destination by another address than its own: by its Service's."""
    consulted: set[str] = field(default_factory=set)

    def as_node(self, pod: Pod) -> bool:
        """Whether a pod is, to a NetworkPolicy, the node that it runs on."""
        if not pod.template.host_network:
            return False
        self.consulted.add("hostnetwork")
        return self.assumptions.hostnetwork is HostNetwork.NODE


def match_peer(peer: Peer, home: str | None, other: Endpoint, question: Question) -> Match:
    """Whether the other end of a connection belongs to a peer.

    Args:
        peer: the peer.
        home: the policy's namespace; None for a cluster-scoped policy.
        other: the end that the policy does not select.
        question: the circumstances; assumptions that matter for the match are noted in it.
    """
    match peer:
        case PodPeer():
            return _match_pods(peer, home, other, question)
        case BlockPeer():
            key = "ipblock-selects-pods"
            return _match_networks((peer.cidr,), peer.excepts, other, question, key)
        case NetworksPeer():
            return _match_networks(peer.networks, (), other, question, "networks-select-pods")
        case NodePeer():
            return _match_nodes(peer.nodes, other, question)
        case DomainPeer():
            return _match_domains(peer.names, other)
        case _:
            assert_never(peer)


def _match_pods(peer: PodPeer, home: str | None, other: Endpoint, question: Question) -> Match:
    if not isinstance(other, Pod) or other.finished:
        return Match.NO
    if home is None and other.template.host_network:
        return Match.NO  # "host-networked pods are not included in this type of peer" (ClusterNetworkPolicy)
    if peer.namespaces is None:
        found = other.namespace == home
    else:
        found = selects(peer.namespaces, question.world.labels_of(other.namespace))
    if not found or (peer.pods is not None and not selects(peer.pods, other.labels)):
        return Match.NO
    return Match.NO if question.as_node(other) else Match.YES


def _match_networks(
    networks: tuple[Network, ...], excepts: tuple[Network, ...], other: Endpoint, question: Question, key: str
) -> Match:
    addresses = question.world.addresses(other) if question.seen_as is None else question.seen_as
    family = question.family
    if addresses:
        found = any(
            any(address in network for network in networks) and not any(address in network for network in excepts)
            for address in addresses
            if family in {None, address.version}
        )
        match = Match.YES if found else Match.NO
    else:
        match = _match_unknown([n for n in networks if family in {None, n.version}], excepts, other, question)
    if match is not Match.NO and isinstance(other, Pod) and not question.as_node(other):
        question.consulted.add(key)
        if question.assumptions.value(key) == YesNo.NO:
            return Match.NO
    return match


def _match_unknown(networks: list[Network], excepts: tuple[Network, ...], other: Endpoint, question: Question) -> Match:
    """Whether an address that nobody knows is in some networks of the family that it has."""
    if not networks:
        return Match.NO
    if not excepts and any(network.prefixlen == 0 for network in networks):
        return Match.YES
    if isinstance(other, External):
        return Match.OPEN
    question.consulted.add("pod-without-address")
    outside = question.assumptions.pod_without_address is PodWithoutAddress.OUTSIDE_BLOCKS
    return Match.NO if outside else Match.OPEN


def _match_nodes(selector: Selector, other: Endpoint, question: Question) -> Match:
    if isinstance(other, External) or (isinstance(other, Pod) and not other.template.host_network):
        return Match.NO
    name = other.node if isinstance(other, OnNode) else other.template.node
    nodes = question.world.nodes
    if not selector.requirements:
        return Match.YES
    if name is not None and name in nodes:
        return Match.YES if selects(selector, nodes[name].labels) else Match.NO
    answers = {selects(selector, node.labels) for node in nodes.values()}
    if len(answers) == 1:
        return Match.YES if answers.pop() else Match.NO
    return Match.OPEN


def _match_domains(names: tuple[str, ...], other: Endpoint) -> Match:
    if not isinstance(other, External):
        return Match.NO
    if not other.name:
        return Match.OPEN  # any of the names may lead to this address
    found = any(other.name.endswith(name[1:]) if name.startswith("*.") else other.name == name for name in names)
    return Match.YES if found else Match.NO

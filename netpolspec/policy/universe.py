"""Everybody that a peer may select, as bits: kinds of pods that no policy could tell apart, then address ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.policy.assumptions import HostNetwork, PodWithoutAddress, YesNo
from netpolspec.policy.objects import (
    BlockPeer,
    DomainPeer,
    Labels,
    NetworksPeer,
    NodePeer,
    Operator,
    Peer,
    PodPeer,
    Selector,
)
from netpolspec.policy.selectors import selects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netpolspec.policy.addresses import AddressSpace
    from netpolspec.policy.assumptions import Assumptions
    from netpolspec.policy.kinds import Kind
    from netpolspec.policy.objects import Network
    from netpolspec.policy.peers import Surroundings


class LabelIndex:
    """Which of many things a selector selects: an inverted index over their labels."""

    def __init__(self, things: Sequence[Labels]) -> None:
        self.everything = (1 << len(things)) - 1
        self._keys: dict[str, int] = {}
        self._values: dict[tuple[str, str], int] = {}
        for i, labels in enumerate(things):
            bit = 1 << i
            for pair in labels.items():
                self._values[pair] = self._values.get(pair, 0) | bit
                self._keys[pair[0]] = self._keys.get(pair[0], 0) | bit
        self._known: dict[Selector, int] = {}

    def selected(self, selector: Selector) -> int:
        """The selected things: bit i stands for the i-th."""
        known = self._known.get(selector)
        if known is None:
            known = self.everything
            for requirement in selector.requirements:
                key = requirement.key
                with_key = self._keys.get(key, 0)
                with_value = 0
                for value in requirement.values:
                    with_value |= self._values.get((key, value), 0)
                match requirement.operator:
                    case Operator.IN:
                        known &= with_value
                    case Operator.NOT_IN:
                        known &= ~with_value
                    case Operator.EXISTS:
                        known &= with_key
                    case Operator.DOES_NOT_EXIST:
                        known &= ~with_key
            self._known[selector] = known
        return known


def bits_of(number: int) -> Iterable[int]:
    """The positions of the bits that are set, ascending."""
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


class Universe:
    """Kinds of pods (bits 0 to `len(kinds)` - 1) and address ranges (the bits after them)."""

    def __init__(
        self, kinds: Sequence[Kind], addresses: AddressSpace, world: Surroundings, assumptions: Assumptions
    ) -> None:
        self.kinds = tuple(kinds)
        self.addresses = addresses
        self._world = world
        self._assumptions = assumptions
        count = len(kinds)
        self.pods = (1 << count) - 1
        self.outside = ((1 << len(addresses.ranges)) - 1) << count
        self.everyone = self.pods | self.outside
        self._labels = LabelIndex([dict(kind.labels) for kind in kinds])
        self.by_namespace: dict[str, int] = {}
        self._by_spots: dict[tuple[int, ...] | None, int] = {}
        self.host = self.finished = 0
        for i, kind in enumerate(kinds):
            bit = 1 << i
            self.by_namespace[kind.namespace] = self.by_namespace.get(kind.namespace, 0) | bit
            self._by_spots[kind.spots] = self._by_spots.get(kind.spots, 0) | bit
            self.host |= bit if kind.host_network else 0
            self.finished |= bit if kind.finished else 0
        self.as_node = self.host if assumptions.hostnetwork is HostNetwork.NODE else 0
        """Pods that NetworkPolicy sees as nodes."""
        self._names = list(self.by_namespace)
        self._namespaces = LabelIndex([world.labels_of(name) for name in self._names])
        self._in_selected: dict[Selector, int] = {}
        self._peers: dict[tuple[object, ...], tuple[int, int]] = {}

    def in_namespaces(self, selector: Selector) -> int:
        """The pods in the namespaces that a selector selects."""
        found = self._in_selected.get(selector)
        if found is None:
            found = 0
            for i in bits_of(self._namespaces.selected(selector)):
                found |= self.by_namespace[self._names[i]]
            self._in_selected[selector] = found
        return found

    def selected(self, home: int, selector: Selector | None) -> int:
        """The pods, among those of some namespaces, that a pod selector selects and that have not finished."""
        if selector is not None:
            home &= self._labels.selected(selector)
        return home & ~self.finished

    def members(self, peer: Peer, home: str | None, family: int | None) -> tuple[int, int]:
        """Who surely belongs to a peer, and who may.

        Args:
            peer: the peer.
            home: the policy's namespace; None for a cluster-scoped policy.
            family: the family of the connections that are looked at; None where nothing says.
        """
        key: tuple[object, ...]
        match peer:
            case PodPeer():
                key = (peer.namespaces, peer.pods, home if peer.namespaces is None else home is None)
            case BlockPeer():
                key = (peer.cidr, peer.excepts, family)
            case NetworksPeer():
                key = (peer.networks, family)
            case NodePeer():
                key = ("nodes", peer.nodes)
            case DomainPeer():
                key = ("domains",)
        found = self._peers.get(key)
        if found is None:
            found = self._peers[key] = self._members(peer, home, family)
        return found

    def _members(self, peer: Peer, home: str | None, family: int | None) -> tuple[int, int]:
        match peer:
            case PodPeer():
                where = self.by_namespace.get(home or "", 0)
                if peer.namespaces is not None:
                    where = self.in_namespaces(peer.namespaces)
                hidden = self.host if home is None else self.as_node
                return self.selected(where, peer.pods) & ~hidden, 0
            case BlockPeer():
                held = self.addresses.held((peer.cidr,), peer.excepts)
                selects_pods = self._assumptions.ipblock_selects_pods
                return self._within(held, (peer.cidr,), family, selects_pods, holes=bool(peer.excepts))
            case NetworksPeer():
                held = self.addresses.held(peer.networks)
                selects_pods = self._assumptions.networks_select_pods
                return self._within(held, peer.networks, family, selects_pods, holes=False)
            case NodePeer():
                return self._on_nodes(peer.nodes)
            case DomainPeer():
                return 0, self.outside

    def _within(
        self, held: int, networks: tuple[Network, ...], family: int | None, selects_pods: YesNo, *, holes: bool
    ) -> tuple[int, int]:
        """Members of a peer of addresses: of networks with or without holes, which are the ranges `held`."""
        fitting = [network for network in networks if family in {None, network.version}]
        whole = not holes and any(network.prefixlen == 0 for network in fitting)
        perhaps = bool(fitting) and self._assumptions.pod_without_address is PodWithoutAddress.UNSPECIFIED
        sure = possible = 0
        for spots, kinds in self._by_spots.items():
            if spots is not None:
                looked_at = self._of_family(spots, family)
                sure |= kinds if any(held >> spot & 1 for spot in looked_at) else 0
            elif whole:
                sure |= kinds
            elif perhaps:
                possible |= kinds
        allowed = self.pods if selects_pods is YesNo.YES else self.as_node
        return sure & allowed | held << len(self.kinds), possible & allowed

    def _of_family(self, spots: tuple[int, ...], family: int | None) -> tuple[int, ...]:
        if family is None:
            return spots
        return tuple(spot for spot in spots if self.addresses.ranges[spot].first.version == family)

    def _on_nodes(self, selector: Selector) -> tuple[int, int]:
        if not selector.requirements:
            return self.host, 0
        nodes = self._world.nodes
        by_name = {name: selects(selector, node.labels) for name, node in nodes.items()}
        answers = set(by_name.values())
        sure = possible = 0
        for i in bits_of(self.host):
            name = self.kinds[i].node
            if name in by_name:
                sure |= by_name[name] << i
            elif len(answers) == 1:
                sure |= answers.copy().pop() << i
            else:
                possible |= 1 << i
        return sure, possible

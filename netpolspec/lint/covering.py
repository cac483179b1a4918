"""What one selector, peer, port or rule allows that another one allows, too, whatever the cluster holds."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from netpolspec.policy.objects import BlockPeer, NetworksPeer, NodePeer, Operator, PodPeer, Selector
from netpolspec.policy.selectors import selects

if TYPE_CHECKING:
    from netpolspec.policy.objects import Network, Peer, PortMatch, Requirement, Rule
    from netpolspec.policy.peers import Surroundings

_ALL = Selector()


def _implies(given: Requirement, asked: Requirement) -> bool:
    """Whether whatever meets one requirement meets another."""
    if given.key != asked.key:
        return False
    has, wants = given.operator, asked.operator
    held, wanted = set(given.values), set(asked.values)
    match wants:
        case Operator.EXISTS:
            return has in {Operator.IN, Operator.EXISTS}
        case Operator.IN:
            return has is Operator.IN and held <= wanted
        case Operator.NOT_IN:
            if has is Operator.IN:
                return not held & wanted
            return has is Operator.DOES_NOT_EXIST or (has is Operator.NOT_IN and wanted <= held)
        case Operator.DOES_NOT_EXIST:
            return has is Operator.DOES_NOT_EXIST


@lru_cache(1 << 16)
def covers_selector(wide: Selector, narrow: Selector) -> bool:
    """Whether one selector selects whatever another does."""
    return all(any(_implies(given, asked) for given in narrow.requirements) for asked in wide.requirements)


def covers_peer(wide: Peer, narrow: Peer, home: str | None, world: Surroundings) -> bool:
    """Whether one peer is for everybody that another is for."""
    match wide, narrow:
        case PodPeer(), PodPeer():
            if wide.pods is not None and not covers_selector(wide.pods, narrow.pods or _ALL):
                return False
            if wide.namespaces is None:
                return narrow.namespaces is None or (home is not None and _is_just(narrow.namespaces, home))
            if narrow.namespaces is None:
                return home is not None and selects(wide.namespaces, world.labels_of(home))
            return covers_selector(wide.namespaces, narrow.namespaces)
        case BlockPeer(), BlockPeer():
            return covers_network(wide.cidr, narrow.cidr) and all(
                not hole.overlaps(narrow.cidr) or any(covers_network(other, hole) for other in narrow.excepts)
                for hole in wide.excepts
            )
        case NetworksPeer(), NetworksPeer():
            return all(any(covers_network(other, one) for other in wide.networks) for one in narrow.networks)
        case NodePeer(), NodePeer():
            return covers_selector(wide.nodes, narrow.nodes)
        case _:
            return False


def _is_just(namespaces: Selector, home: str) -> bool:
    return any(
        each.key == "kubernetes.io/metadata.name" and each.operator is Operator.IN and each.values == (home,)
        for each in namespaces.requirements
    )


def covers_network(wide: Network, narrow: Network) -> bool:
    """Whether one network holds every address of another."""
    return narrow.version == wide.version and narrow.prefixlen >= wide.prefixlen and narrow.network_address in wide


def covers_port(wide: PortMatch, narrow: PortMatch) -> bool:
    """Whether one item of `ports` is for every port that another is for."""
    if wide.protocol is not narrow.protocol:
        return False
    if wide.port is None:
        return True
    if isinstance(wide.port, str) or not isinstance(narrow.port, int):
        return wide.port == narrow.port
    return wide.port <= narrow.port and (narrow.end or narrow.port) <= (wide.end or wide.port)


def overlap_ports(one: Rule, other: Rule) -> bool:
    """Whether two rules may be for one port; names may stand for any."""
    if not one.ports or not other.ports:
        return True
    return any(_overlap_port(a, b) for a in one.ports for b in other.ports)


def _overlap_port(one: PortMatch, other: PortMatch) -> bool:
    if one.protocol is not other.protocol:
        return False
    if not isinstance(one.port, int) or not isinstance(other.port, int):
        return one.port is None or other.port is None or one.port == other.port
    return one.port <= (other.end or other.port) and other.port <= (one.end or one.port)


def covers_rule(wide: Rule, narrow: Rule, home: str | None, world: Surroundings) -> bool:
    """Whether one rule matches whatever another matches."""
    if wide.ports and not (
        narrow.ports and all(any(covers_port(other, one) for other in wide.ports) for one in narrow.ports)
    ):
        return False
    if not wide.peers:
        return True
    return bool(narrow.peers) and all(
        any(covers_peer(other, one, home, world) for other in wide.peers) for one in narrow.peers
    )

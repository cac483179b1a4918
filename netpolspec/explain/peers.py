"""Why the other end of a connection belongs to a peer, or misses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from netpolspec.explain.words import say_miss, say_selector
from netpolspec.policy.decision import External, OnNode
from netpolspec.policy.objects import BlockPeer, DomainPeer, NetworksPeer, NodePeer, Pod, PodPeer
from netpolspec.policy.peers import Match, match_peer
from netpolspec.policy.selectors import selects

if TYPE_CHECKING:
    from netpolspec.policy.decision import Endpoint
    from netpolspec.policy.objects import Network, Peer
    from netpolspec.policy.peers import Question

_PODS_ALONE = "an ipBlock or a rule without peers would be for it"


def say_peer(peer: Peer, home: str | None, other: Endpoint, question: Question) -> tuple[Match, str]:
    """Whether an endpoint belongs to a peer, and why.

    Args:
        peer: the peer.
        home: the policy's namespace; None for a cluster-scoped policy.
        other: the end that the policy does not select.
        question: the circumstances.
    """
    match = match_peer(peer, home, other, question)
    match peer:
        case PodPeer():
            return match, _pods(peer, home, other, question)
        case BlockPeer():
            return match, _block(peer, other, question, match)
        case NetworksPeer():
            return match, _networks(peer.networks, other, question, match)
        case NodePeer():
            selected = say_selector(peer.nodes, "every node")
            what = {Match.YES: "matches", Match.NO: "does not match", Match.OPEN: "may match"}[match]
            return match, f"nodes ({selected}) {what} {other.label}"
        case DomainPeer():
            listed = ", ".join(peer.names)
            what = {Match.YES: "hold", Match.NO: "do not hold", Match.OPEN: "may lead to"}[match]
            return match, f"domainNames {listed} {what} {other.label}"
        case _:
            assert_never(peer)


def describe_peer(peer: Peer, home: str | None) -> str:
    """Whom a peer is for, in a few words."""
    match peer:
        case PodPeer():
            pods = "pods" if peer.pods is None or not peer.pods.requirements else f"pods {say_selector(peer.pods, '')}"
            if peer.namespaces is None:
                return f"{pods} of namespace {home}"
            return f"{pods} of {say_selector(peer.namespaces, 'every namespace')}"
        case BlockPeer():
            but = f" except {', '.join(map(str, peer.excepts))}" if peer.excepts else ""
            return f"{peer.cidr}{but}"
        case NetworksPeer():
            return ", ".join(map(str, peer.networks))
        case NodePeer():
            return f"nodes {say_selector(peer.nodes, '(all)')}"
        case DomainPeer():
            return ", ".join(peer.names)
        case _:
            assert_never(peer)


def _pods(peer: PodPeer, home: str | None, other: Endpoint, question: Question) -> str:
    match other:
        case External():
            return f"selects pods, and {other.label} is outside the cluster: {_PODS_ALONE}"
        case OnNode():
            return f"selects pods, and {other.label} is none: {_PODS_ALONE}"
        case Pod():
            pass
        case _:
            assert_never(other)
    if question.as_node(other) or (home is None and other.template.host_network):
        return f"selects pods, and {other.label} is on the host's network, so it is seen as its node"
    if peer.namespaces is None:
        return _pods_at_home(peer, home, other)
    labels = question.world.labels_of(other.namespace)
    there = selects(peer.namespaces, labels)
    if peer.pods is None:
        found = "matches" if there else f"does not match: {say_miss(peer.namespaces, labels)}"
        return f"namespaceSelector {found}"
    fits = selects(peer.pods, other.labels)
    if there and fits:
        return "namespaceSelector and podSelector match"
    if there:
        return f"namespaceSelector matches, podSelector does not: {say_miss(peer.pods, other.labels)}"
    if fits:
        return f"podSelector matches, namespaceSelector does not: {say_miss(peer.namespaces, labels)}"
    wrong = f"{say_miss(peer.namespaces, labels)}; {say_miss(peer.pods, other.labels)}"
    return f"neither namespaceSelector nor podSelector matches: {wrong}"


def _pods_at_home(peer: PodPeer, home: str | None, other: Pod) -> str:
    wrong = "" if peer.pods is None else say_miss(peer.pods, other.labels)
    if other.namespace == home:
        return f"podSelector does not match: {wrong}" if wrong else "podSelector matches"
    only = f"without a namespaceSelector it means pods of {home} only, and {other.label} is in {other.namespace}"
    return f"podSelector does not match ({wrong}), and {only}" if wrong else f"podSelector matches, but {only}"


def _block(peer: BlockPeer, other: Endpoint, question: Question, match: Match) -> str:
    addresses = question.world.addresses(other) if question.seen_as is None else question.seen_as
    name = f"ipBlock {peer.cidr if addresses else describe_peer(peer, None)}"
    inside = [address for address in addresses if address in peer.cidr]
    for address in inside:
        hole = next((each for each in peer.excepts if address in each), None)
        if hole is not None and match is not Match.YES:
            return f"{name} holds {address}, but its except {hole} takes it out"
    return _say_held(name, tuple(map(str, inside)), other, question, match=match, key="ipblock-selects-pods")


def _networks(networks: tuple[Network, ...], other: Endpoint, question: Question, match: Match) -> str:
    name = f"networks {', '.join(map(str, networks))}"
    inside = [str(a) for a in question.world.addresses(other) if any(a in network for network in networks)]
    return _say_held(name, tuple(inside), other, question, match=match, key="networks-select-pods")


def _say_held(
    name: str, inside: tuple[str, ...], other: Endpoint, question: Question, *, match: Match, key: str
) -> str:
    """Whether addresses hold an endpoint, where no exception says otherwise."""
    if match is Match.YES:
        return f"{name} holds {', '.join(inside) or 'every address of its family'}"
    addresses = question.world.addresses(other)
    if inside and isinstance(other, Pod) and question.assumptions.value(key) == "no":
        return f"{name} holds {inside[0]}, but {question.assumptions.given(key)}: it selects no pods"
    if addresses:
        return f"{name} does not hold {', '.join(map(str, addresses))}"
    what = "may hold" if match is Match.OPEN else "does not hold"
    return f"{name} {what} {other.label}, whose address is not known"

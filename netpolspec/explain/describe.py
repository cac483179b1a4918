"""A policy in the words of `kubectl describe networkpolicy`, but right where those mislead.

kubectl writes `<none>` for an empty selector, be it of pods or of namespaces, though it selects all of them; some of
its versions call a direction isolated that policyTypes leaves out, and leave endPort out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.explain.words import say_port, say_selector
from netpolspec.policy.objects import AdminPolicy, BlockPeer, Direction, NetworkPolicy, PodPeer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.policy.objects import Peer, Rule


def describe(policy: NetworkPolicy | AdminPolicy) -> Iterator[str]:
    """The lines, without line ends."""
    yield f"Name:         {policy.name}"
    if isinstance(policy, AdminPolicy):
        yield f"Kind:         {policy.kind}"
        yield from _admin(policy)
        return
    yield f"Namespace:    {policy.namespace}"
    yield "Spec:"
    yield f"  PodSelector:     {say_selector(policy.pods, f'{{}} (every pod of namespace {policy.namespace})')}"
    for direction in Direction:
        yield from _direction(policy, direction)
    yield f"  Policy Types: {', '.join(each for each in Direction if each in policy.types)}"


def _direction(policy: NetworkPolicy, direction: Direction) -> Iterator[str]:
    name = direction.lower()
    rules = policy.ingress if direction is Direction.INGRESS else policy.egress
    if direction not in policy.types:
        yield f"  Not affecting {name} traffic: policyTypes lacks {direction}"
        if rules:
            yield f"    (its {len(rules)} {name} rule{'s have' if len(rules) > 1 else ' has'} no effect)"
        return
    yield f"  Allowing {name} traffic:"
    if not rules:
        yield f"    <none> (Selected pods are isolated for {name} connectivity)"
    for index, rule in enumerate(rules):
        if index:
            yield "    ----------"
        yield from _rule(rule, direction, policy.namespace)


def _rule(rule: Rule, direction: Direction, home: str | None) -> Iterator[str]:
    ingress = direction is Direction.INGRESS
    way = "From" if ingress else "To"
    if not rule.ports:
        yield "    To Port: <any> (traffic allowed to all ports)"
    for port in rule.ports:
        yield f"    To Port: {say_port(port)}"
    if not rule.peers:
        yield f"    {way}: <any> (traffic not restricted by {'source' if ingress else 'destination'})"
    for peer in rule.peers:
        yield f"    {way}:"
        yield from (f"      {line}" for line in _peer(peer, home))


def _peer(peer: Peer, home: str | None) -> Iterator[str]:
    match peer:
        case PodPeer():
            if peer.namespaces is not None:
                yield f"NamespaceSelector: {say_selector(peer.namespaces, '{} (every namespace)')}"
            if peer.pods is not None:
                where = f" of namespace {home}" if peer.namespaces is None else ""
                only = f" (only in namespace {home})" if peer.namespaces is None and peer.pods.requirements else ""
                yield f"PodSelector: {say_selector(peer.pods, f'{{}} (every pod{where})')}{only}"
        case BlockPeer():
            yield "IPBlock:"
            yield f"  CIDR: {peer.cidr}"
            yield f"  Except: {', '.join(map(str, peer.excepts)) or '<none>'}"
        case _:
            from netpolspec.explain.peers import describe_peer

            yield describe_peer(peer, home)


def _admin(policy: AdminPolicy) -> Iterator[str]:
    yield f"Tier:         {policy.tier}"
    yield f"Priority:     {policy.priority}"
    yield "Spec:"
    yield f"  Subject:      namespaces {say_selector(policy.namespaces, '{} (every namespace)')}"
    if policy.pods is not None:
        yield f"                pods {say_selector(policy.pods, '{} (every pod)')}"
    for direction, rules in ((Direction.INGRESS, policy.ingress), (Direction.EGRESS, policy.egress)):
        for index, rule in enumerate(rules):
            yield f"  {direction} rule {index}{f' ({rule.name})' if rule.name else ''}: {rule.action}"
            yield from _rule(rule, direction, None)

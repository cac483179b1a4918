"""Policies, rules, peers and selectors as a manifest would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from netpolspec.policy.objects import BlockPeer, Direction, Operator, PodPeer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netpolspec.policy.objects import NetworkPolicy, Peer, PortMatch, Rule, Selector

Written: TypeAlias = "str | int | Sequence[Written] | Mapping[str, Written]"


def write_selector(selector: Selector) -> dict[str, Written]:
    """A LabelSelector: one value of one label is a `matchLabels`, anything else a `matchExpressions`."""
    labels: dict[str, str] = {}
    expressions: list[dict[str, Written]] = []
    for each in selector.requirements:
        if each.operator is Operator.IN and len(each.values) == 1 and each.key not in labels:
            labels[each.key] = each.values[0]
            continue
        values: dict[str, Written] = {"values": list(each.values)} if each.values else {}
        expressions.append({"key": each.key, "operator": each.operator.value, **values})
    written: dict[str, Written] = {"matchLabels": labels} if labels else {}
    return {**written, "matchExpressions": expressions} if expressions else written


def write_peer(peer: Peer) -> dict[str, Written]:
    """A NetworkPolicyPeer.

    Raises:
        ValueError: the peer is of a kind that a NetworkPolicy cannot have.
    """
    match peer:
        case PodPeer():
            namespaces = {"namespaceSelector": write_selector(peer.namespaces)} if peer.namespaces is not None else {}
            pods = {"podSelector": write_selector(peer.pods)} if peer.pods is not None else {}
            return {**namespaces, **pods}
        case BlockPeer():
            excepts: dict[str, Written] = {"except": list(map(str, peer.excepts))} if peer.excepts else {}
            return {"ipBlock": {"cidr": str(peer.cidr), **excepts}}
        case _:
            raise ValueError(peer)


def write_port(port: PortMatch) -> dict[str, Written]:
    """A NetworkPolicyPort."""
    written: dict[str, Written] = {"protocol": port.protocol.value} if port.protocol is not None else {}
    written |= {"port": port.port} if port.port is not None else {}
    return written | ({"endPort": port.end} if port.end is not None else {})


def write_rule(rule: Rule, direction: Direction) -> dict[str, Written]:
    """A NetworkPolicyIngressRule or NetworkPolicyEgressRule."""
    ends = "from" if direction is Direction.INGRESS else "to"
    written: dict[str, Written] = {ends: [write_peer(peer) for peer in rule.peers]} if rule.peers else {}
    return written | ({"ports": [write_port(port) for port in rule.ports]} if rule.ports else {})


def write_policy(policy: NetworkPolicy) -> dict[str, Written]:
    """A NetworkPolicy."""
    spec: dict[str, Written] = {
        "podSelector": write_selector(policy.pods),
        "policyTypes": [direction.value for direction in Direction if direction in policy.types],
    }
    for name, rules, direction in (
        ("ingress", policy.ingress, Direction.INGRESS),
        ("egress", policy.egress, Direction.EGRESS),
    ):
        if rules:
            spec[name] = [write_rule(rule, direction) for rule in rules]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": policy.name, "namespace": policy.namespace},
        "spec": spec,
    }

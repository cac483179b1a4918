"""NetworkPolicy of `networking.k8s.io/v1`, with the validation of the API server of Kubernetes v1.35.

Rules from pkg/apis/networking/validation/validation.go (ValidateNetworkPolicy and what it calls), defaults from
pkg/apis/networking/v1/defaults.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.load.addresses import Block, parse_address, parse_block
from netpolspec.load.names import check_port, check_port_name
from netpolspec.load.schema import (
    Anything,
    Fields,
    Items,
    NumberOrName,
    Problems,
    Record,
    Text,
    Whole,
    describe,
    suggest,
)
from netpolspec.load.selectors import SELECTOR, read_selector
from netpolspec.policy.objects import BlockPeer, Direction, NetworkPolicy, PodPeer, PortMatch, Protocol, Rule, Selector

if TYPE_CHECKING:
    from netpolspec.load.metadata import Meta
    from netpolspec.policy.objects import Peer
    from netpolspec.source import Pointer

_PORT = Record({"protocol": Text(), "port": NumberOrName(), "endPort": Whole()})
_BLOCK = Record({"cidr": Text(), "except": Items(Text())})
_PEER = Record({"podSelector": SELECTOR, "namespaceSelector": SELECTOR, "ipBlock": _BLOCK})
SPEC = Record(
    {
        "podSelector": SELECTOR,
        "policyTypes": Items(Text()),
        "ingress": Items(Record({"from": Items(_PEER), "ports": Items(_PORT)})),
        "egress": Items(Record({"to": Items(_PEER), "ports": Items(_PORT)})),
    }
)
"""NetworkPolicySpec, k8s.io/api/networking/v1/types.go."""
SCHEMA = Record({"apiVersion": Text(), "kind": Text(), "metadata": Anything(), "spec": SPEC, "status": Anything()})
"""`status` is gone from the API since v1.28, but stands in what older servers print."""


def make_network_policy(fields: Fields, meta: Meta, at: Pointer, problems: Problems) -> tuple[NetworkPolicy, ...]:
    """The policy of a decoded manifest; what the server would refuse is reported."""
    spec: Fields = fields.get("spec", {})
    where = at.at("spec")
    pods = read_selector(spec.get("podSelector", {}), where.at("podSelector"), problems)
    ingress = _rules(spec, "ingress", "from", where, problems)
    egress = _rules(spec, "egress", "to", where, problems)
    types = _types(spec, where, problems)
    return (NetworkPolicy(meta.name, meta.namespace, pods, types, ingress, egress, at),)


def _types(spec: Fields, at: Pointer, problems: Problems) -> frozenset[Direction]:
    written: list[str] = spec.get("policyTypes", [])
    if not written:
        return frozenset({Direction.INGRESS, Direction.EGRESS} if spec.get("egress") else {Direction.INGRESS})
    if len(written) > len(Direction):
        problems.add("bad-policy-type", "'policyTypes' has more than two items", at.at("policyTypes"))
    for index, text in enumerate(written):
        if text not in set(Direction):
            help_ = suggest(text, (direction.value for direction in Direction))
            problems.add("bad-policy-type", f"unknown policy type {describe(text)}", at.at("policyTypes", index), help_)
    return frozenset(direction for direction in Direction if direction in written)


def _rules(spec: Fields, name: str, ends: str, at: Pointer, problems: Problems) -> tuple[Rule, ...]:
    rules = []
    for index, rule in enumerate(spec.get(name, ())):
        where = at.at(name, index)
        ports = tuple(
            read_port(port, where.at("ports", number), problems) for number, port in enumerate(rule.get("ports", ()))
        )
        peers = (_peer(peer, where.at(ends, number), problems, ends) for number, peer in enumerate(rule.get(ends, ())))
        rules.append(Rule(tuple(peer for peer in peers if peer is not None), ports, where))
    return tuple(rules)


def read_protocol(text: str | None, at: Pointer, problems: Problems) -> Protocol:
    """A protocol's name, TCP where there is none."""
    if text is None:
        return Protocol.TCP
    try:
        return Protocol(text)
    except ValueError:
        help_ = suggest(text, (protocol.value for protocol in Protocol))
        problems.add("bad-protocol", f"unknown protocol {describe(text)}", at.at("protocol"), help_)
        return Protocol.TCP


def read_port(fields: Fields, at: Pointer, problems: Problems) -> PortMatch:
    """One item of `ports` (ValidateNetworkPolicyPort)."""
    protocol = read_protocol(fields.get("protocol"), at, problems)
    port: int | str | None = fields.get("port")
    end: int | None = fields.get("endPort")
    match port:
        case None:
            if end is not None:
                problems.add("bad-port", "'endPort' needs a 'port'", at.at("endPort"), "set 'port', where it begins")
        case str():
            if end is not None:
                problems.add("bad-port", "'endPort' needs a number as 'port', not a name", at.at("endPort"))
            if wrong := check_port_name(port):
                help_ = ("remove the quotes: a port in quotes is a name",) if port.isdecimal() else ()
                problems.add("bad-port", f"port name {describe(port)} {wrong}", at.at("port"), *help_)
        case int():
            if wrong := check_port(port):
                problems.add("bad-port", f"port {port} {wrong}", at.at("port"))
            if end is not None and end < port:
                problems.add("bad-port", f"'endPort' {end} is below 'port' {port}", at.at("endPort"))
            if end is not None and (wrong := check_port(end)):
                problems.add("bad-port", f"'endPort' {end} {wrong}", at.at("endPort"))
    return PortMatch(protocol, port, end, at)


def _peer(fields: Fields, at: Pointer, problems: Problems, ends: str) -> Peer | None:
    """One item of `from` or `to` (ValidateNetworkPolicyPeer)."""
    pods = _selector(fields, "podSelector", at, problems)
    namespaces = _selector(fields, "namespaceSelector", at, problems)
    block = _block(fields["ipBlock"], at.at("ipBlock"), problems) if "ipBlock" in fields else None
    if "ipBlock" in fields and (pods is not None or namespaces is not None):
        problems.add(
            "bad-peer", "a peer cannot have 'ipBlock' beside a selector", at, "make two items of it: either may match"
        )
        return None
    if not fields:
        _say_empty(at, problems, ends)
        return None
    if "ipBlock" in fields:
        return block
    return PodPeer(namespaces, pods, at)


def _say_empty(at: Pointer, problems: Problems, ends: str) -> None:
    direction = "ingress" if ends == "from" else "egress"
    problems.add(
        "empty-peer",
        f"an item of '{ends}' names no peer",
        at,
        "an empty peer does not stand for everybody, as some texts have it: the API server refuses it",
        f"to allow everybody, leave '{ends}' out: {direction}: [{{}}]",
        "to allow all pods of all namespaces, write: namespaceSelector: {}",
    )


def _selector(fields: Fields, name: str, at: Pointer, problems: Problems) -> Selector | None:
    return read_selector(fields[name], at.at(name), problems) if name in fields else None


def _block(fields: Fields, at: Pointer, problems: Problems) -> BlockPeer | None:
    """An ipBlock (ValidateIPBlock)."""
    text: str = fields.get("cidr", "")
    if not text:
        problems.add("missing-field", "'ipBlock' has no 'cidr'", at, key=True)
        return None
    outer = read_cidr(text, at.at("cidr"), problems)
    if outer is None:
        return None
    excepts = []
    for index, written in enumerate(fields.get("except", ())):
        where = at.at("except", index)
        inner = read_cidr(written, where, problems)
        if inner is None:
            continue
        excepts.append(inner.network)
        if not _is_strictly_inside(inner, outer):
            same = inner.network == outer.network
            help_ = ("it takes everything away: remove the peer instead",) if same else ()
            problems.add("bad-cidr", f"'except' {written} is not strictly inside 'cidr' {text}", where, *help_)
    return BlockPeer(outer.network, tuple(excepts), at.at())


def _is_strictly_inside(inner: Block, outer: Block) -> bool:
    return (
        inner.network.version == outer.network.version
        and inner.network.prefixlen > outer.network.prefixlen
        and inner.network.network_address in outer.network
    )


def read_cidr(text: str, at: Pointer, problems: Problems) -> Block | None:
    """A CIDR block; forms that the server only warns of give a warning here, too."""
    block = parse_block(text)
    if block is None:
        address = parse_address(text)
        whole = "" if address is None else f"; for the one address, write {text}/{address.max_prefixlen}"
        help_ = f"such as 10.9.8.0/24 or 2001:db8::/64{whole}"
        problems.add("bad-cidr", f"{describe(text)} is not a CIDR block", at, help_)
        return None
    if block.nonstandard and not block.host_bits:
        problems.warn("cidr-form", f"a later Kubernetes will refuse CIDR block {text}", at, f"write {block.network}")
    warn_of_host_bits(text, block, at, problems)
    return block


def warn_of_host_bits(text: str, block: Block, at: Pointer, problems: Problems) -> None:
    """The server accepts a block whose address has bits behind the prefix; they mean nothing."""
    if block.host_bits:
        one = f"{text.partition('/')[0]}/{block.network.max_prefixlen}"
        problems.warn(
            "cidr-host-bits",
            f"CIDR block {text} has bits behind its prefix: it means {block.network}",
            at,
            f"write {block.network}, or {one} for the one address",
        )

"""AdminNetworkPolicy, BaselineAdminNetworkPolicy (v1alpha1) and ClusterNetworkPolicy (v1alpha2).

Refused is what the custom resource definitions of kubernetes-sigs/network-policy-api refuse, in their experimental
channel (apis/v1alpha1 as of v0.1.7, apis/v1alpha2 as of v0.2.0): schema, counts, patterns and CEL rules. Some things
that the definitions let through are refused, too, because no implementation could tell what they mean: selectors that
LabelSelectorAsSelector rejects, protocols other than TCP, UDP and SCTP, ranges of v1alpha1 that end before they start,
and domain names in rules that do not accept (the types' comments allow them for nothing else).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from netpolspec.load.addresses import parse_block
from netpolspec.load.names import check_port
from netpolspec.load.network_policy import read_protocol, warn_of_host_bits
from netpolspec.load.schema import Anything, Fields, Items, Problems, Record, Shape, Text, Whole, describe, suggest
from netpolspec.load.selectors import SELECTOR, read_selector
from netpolspec.policy.objects import (
    Action,
    AdminPolicy,
    DomainPeer,
    NetworksPeer,
    NodePeer,
    PodPeer,
    PortMatch,
    Protocol,
    Rule,
    Selector,
    Tier,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.metadata import Meta
    from netpolspec.policy.objects import Network, Peer
    from netpolspec.source import Pointer

_PODS = Record({"namespaceSelector": SELECTOR, "podSelector": SELECTOR})
_SUBJECT: dict[str, Shape] = {"namespaces": SELECTOR, "pods": _PODS}
_INGRESS_PEER = Record(_SUBJECT)
_BASELINE_PEER = Record({**_SUBJECT, "nodes": SELECTOR, "networks": Items(Text())})
_EGRESS_PEER = Record({**_BASELINE_PEER.fields, "domainNames": Items(Text())})

_NUMBER = Record({"protocol": Text(), "port": Whole()})
_RANGE = Record({"protocol": Text(), "start": Whole(), "end": Whole()})
_PORTS = Items(Record({"portNumber": _NUMBER, "portRange": _RANGE, "namedPort": Text()}))
_DESTINATION = Record({"number": Whole(), "range": Record({"start": Whole(), "end": Whole()})})
_TRANSPORT = Record({"destinationPort": _DESTINATION})
_PROTOCOLS = Items(Record({"tcp": _TRANSPORT, "udp": _TRANSPORT, "sctp": _TRANSPORT, "destinationNamedPort": Text()}))


@dataclass(frozen=True, eq=False)
class _Dialect:
    """In what the three kinds differ."""

    kind: str
    actions: Mapping[str, Action]
    egress_peer: Record
    port_field: str
    limit: int
    """How many rules, peers and ports there may be."""

    @cached_property
    def schema(self) -> Record:
        """The object's fields."""
        ports = _PROTOCOLS if self.port_field == "protocols" else _PORTS
        rule: dict[str, Shape] = {"name": Text(), "action": Text(), self.port_field: ports}
        fields: dict[str, Shape] = {
            "subject": _INGRESS_PEER,
            "ingress": Items(Record({**rule, "from": Items(_INGRESS_PEER)})),
            "egress": Items(Record({**rule, "to": Items(self.egress_peer)})),
        }
        if self.kind != "BaselineAdminNetworkPolicy":
            fields["priority"] = Whole()
        if self.kind == "ClusterNetworkPolicy":
            fields["tier"] = Text()
        top: dict[str, Shape] = {"apiVersion": Text(), "kind": Text(), "metadata": Anything(), "status": Anything()}
        return Record({**top, "spec": Record(fields)})

    def make(self, fields: Fields, meta: Meta, at: Pointer, problems: Problems) -> tuple[AdminPolicy, ...]:
        """The policy of a decoded manifest; what the definitions refuse is reported."""
        where = at.at("spec")
        spec: Fields | None = fields.get("spec")
        if spec is None:
            problems.add("missing-field", f"a {self.kind} needs a 'spec'", at)
            return ()
        if self.kind == "BaselineAdminNetworkPolicy" and meta.name != "default":
            problems.add(
                "bad-name",
                f"a {self.kind} must be called 'default', not '{meta.name}'",
                at.at("metadata", "name"),
                "there is at most one in a cluster",
            )
        subject = _subject(spec, where, problems)
        return (
            AdminPolicy(
                kind=self.kind,
                name=meta.name,
                tier=_tier(self, spec, where, problems),
                priority=_priority(spec, where, problems) if self.kind != "BaselineAdminNetworkPolicy" else 0,
                namespaces=(subject.namespaces if subject else None) or Selector(),
                pods=subject.pods if subject else None,
                ingress=_rules(self, spec, where, problems, name="ingress", ends="from"),
                egress=_rules(self, spec, where, problems, name="egress", ends="to"),
                origin=at,
            ),
        )


_ALLOW_DENY = {"Allow": Action.ACCEPT, "Deny": Action.DENY}
ADMIN = _Dialect("AdminNetworkPolicy", {**_ALLOW_DENY, "Pass": Action.PASS}, _EGRESS_PEER, "ports", 100)
BASELINE = _Dialect("BaselineAdminNetworkPolicy", _ALLOW_DENY, _BASELINE_PEER, "ports", 100)
CLUSTER = _Dialect("ClusterNetworkPolicy", {action.value: action for action in Action}, _EGRESS_PEER, "protocols", 25)

DIALECTS = {
    ("v1alpha1", ADMIN.kind): ADMIN,
    ("v1alpha1", BASELINE.kind): BASELINE,
    ("v1alpha2", CLUSTER.kind): CLUSTER,
}
"""By version and kind."""


def _need(fields: Fields, name: str, at: Pointer, problems: Problems) -> bool:
    """Whether a required field is there; its absence is reported."""
    if name in fields:
        return True
    problems.add("missing-field", f"'{name}' is missing", at)
    return False


def _choose(text: str, name: str, known: Mapping[str, object] | list[str], at: Pointer, problems: Problems) -> None:
    """Report a value that is none of those known."""
    problems.add("bad-value", f"unknown {name} {describe(text)}", at.at(name), suggest(text, known))


def _tier(dialect: _Dialect, spec: Fields, at: Pointer, problems: Problems) -> Tier:
    if dialect.kind != "ClusterNetworkPolicy":
        return Tier.ADMIN if dialect is ADMIN else Tier.BASELINE
    tiers = [Tier.ADMIN.value, Tier.BASELINE.value]
    if _need(spec, "tier", at, problems):
        if spec["tier"] in tiers:
            return Tier(spec["tier"])
        _choose(spec["tier"], "tier", tiers, at, problems)
    return Tier.ADMIN


_MAX_PRIORITY = 1000


def _priority(spec: Fields, at: Pointer, problems: Problems) -> int:
    if not _need(spec, "priority", at, problems):
        return 0
    priority: int = spec["priority"]
    if not 0 <= priority <= _MAX_PRIORITY:
        message = f"priority {priority} must be between 0 and {_MAX_PRIORITY}"
        problems.add("bad-value", message, at.at("priority"))
    return priority


def _subject(spec: Fields, at: Pointer, problems: Problems) -> PodPeer | None:
    if not _need(spec, "subject", at, problems):
        return None
    peer = _peer(spec["subject"], at.at("subject"), problems, "a subject", needs_both=False)
    return peer if isinstance(peer, PodPeer) else None


def _limited(fields: Fields, name: str, most: int, at: Pointer, problems: Problems, *, least: int = 0) -> list[Fields]:
    """The items of a list whose length is bounded."""
    items: list[Fields] = fields.get(name, [])
    if name in fields and len(items) < least:
        problems.add("too-few-items", f"'{name}' needs at least one item", at.at(name), key=True)
    if len(items) > most:
        problems.add("too-many-items", f"'{name}' has {len(items)} items: {most} are allowed", at.at(name), key=True)
    return items


_LONGEST_NAME = 100


def _rules(
    dialect: _Dialect, spec: Fields, at: Pointer, problems: Problems, *, name: str, ends: str
) -> tuple[Rule, ...]:
    rules = []
    for index, fields in enumerate(_limited(spec, name, dialect.limit, at, problems)):
        where = at.at(name, index)
        action = _action(dialect, fields, where, problems)
        title: str = fields.get("name", "")
        if len(title) > _LONGEST_NAME:
            problems.add("bad-name", f"a rule's name is at most {_LONGEST_NAME} characters long", where.at("name"))
        peers: list[Peer] = []
        if _need(fields, ends, where, problems):
            for number, item in enumerate(_limited(fields, ends, dialect.limit, where, problems, least=1)):
                place = where.at(ends, number)
                peer = _peer(item, place, problems, "a peer", needs_both=dialect is not CLUSTER)
                peers += [peer] if peer is not None else []
                if isinstance(peer, DomainPeer) and action is not Action.ACCEPT:
                    _say_domains(dialect, place, problems)
        ports = _ports(dialect, fields, where, problems)
        _check_named(ports, peers, problems)
        rules.append(Rule(tuple(peers), ports, where, action, title))
    return tuple(rules)


def _action(dialect: _Dialect, fields: Fields, at: Pointer, problems: Problems) -> Action:
    if _need(fields, "action", at, problems):
        if fields["action"] in dialect.actions:
            return dialect.actions[fields["action"]]
        other = "Accept" if dialect is CLUSTER else "Allow"
        if fields["action"] in ("Allow", "Accept"):
            problems.add("bad-value", f"unknown action '{fields['action']}'", at.at("action"), f"write '{other}'")
        else:
            _choose(fields["action"], "action", dialect.actions, at, problems)
    return Action.ACCEPT


def _say_domains(dialect: _Dialect, at: Pointer, problems: Problems) -> None:
    accept = "Accept" if dialect is CLUSTER else "Allow"
    help_ = "accept the names that are wanted, and deny the rest in a rule after it"
    problems.add("bad-peer", f"'domainNames' goes with action {accept} only", at.at("domainNames"), help_, key=True)


def _check_named(ports: tuple[PortMatch, ...], peers: list[Peer], problems: Problems) -> None:
    """Only pods have named ports."""
    named = [port for port in ports if isinstance(port.port, str)]
    if named and any(not isinstance(peer, PodPeer) for peer in peers):
        where = named[0].origin
        problems.add(
            "bad-port",
            "a named port cannot stand beside nodes, networks or domainNames, which have no names for ports",
            where,  # type: ignore[arg-type]
            "use the port's number, or make two rules of it",
        )


# --- peers --------------------------------------------------------------------------------------------------------


def _peer(fields: Fields, at: Pointer, problems: Problems, what: str, *, needs_both: bool) -> Peer | None:
    """A peer, or the subject: exactly one of its fields."""
    if len(fields) != 1:
        found = " and ".join(f"'{name}'" for name in fields) or "none"
        problems.add("bad-peer", f"{what} has exactly one field, not {found}", at)
        return None
    (name,) = fields
    where = at.at(name)
    match name:
        case "namespaces":
            return PodPeer(read_selector(fields[name], where, problems), None, at)
        case "pods":
            return _pods(fields[name], where, at, problems, needs_both=needs_both)
        case "nodes":
            return NodePeer(read_selector(fields[name], where, problems), at)
        case "networks":
            return NetworksPeer(_networks(fields, at, problems), at)
        case _:
            return DomainPeer(_domains(fields, at, problems), at)


def _pods(fields: Fields, where: Pointer, at: Pointer, problems: Problems, *, needs_both: bool) -> PodPeer:
    _need(fields, "podSelector", where, problems)
    if needs_both:
        _need(fields, "namespaceSelector", where, problems)
    namespaces = read_selector(fields.get("namespaceSelector", {}), where.at("namespaceSelector"), problems)
    return PodPeer(namespaces, read_selector(fields.get("podSelector", {}), where.at("podSelector"), problems), at)


_MOST_NAMES = 25
_LONGEST_CIDR = 43


def _networks(fields: Fields, at: Pointer, problems: Problems) -> tuple[Network, ...]:
    networks: list[Network] = []
    texts: list[str] = []
    for index, text in enumerate(map(str, _limited(fields, "networks", _MOST_NAMES, at, problems, least=1))):
        where = at.at("networks", index)
        block = parse_block(text)
        if block is None or block.nonstandard or len(text) > _LONGEST_CIDR:
            help_ = "such as 10.9.8.0/24 or 2001:db8::/64"
            problems.add("bad-cidr", f"{describe(text)} is not a CIDR block", where, help_)
        else:
            networks.append(block.network)
            warn_of_host_bits(text, block, where, problems)
        if text in texts:
            problems.add("duplicate-item", f"{describe(text)} stands twice in 'networks'", where)
        texts.append(text)
    return tuple(networks)


_DOMAIN = re.compile(r"(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?\Z")


def _domains(fields: Fields, at: Pointer, problems: Problems) -> tuple[str, ...]:
    names: list[str] = []
    for index, text in enumerate(map(str, _limited(fields, "domainNames", _MOST_NAMES, at, problems, least=1))):
        where = at.at("domainNames", index)
        if not _DOMAIN.match(text):
            help_ = "such as www.example.com or *.example.com"
            problems.add("bad-name", f"{describe(text)} is not a domain name", where, help_)
        if text in names:
            problems.add("duplicate-item", f"{describe(text)} stands twice in 'domainNames'", where)
        names.append(text)
    return tuple(dict.fromkeys(name.lower().removesuffix(".") for name in names))


# --- ports --------------------------------------------------------------------------------------------------------


def _ports(dialect: _Dialect, fields: Fields, at: Pointer, problems: Problems) -> tuple[PortMatch, ...]:
    ports = []
    for index, item in enumerate(_limited(fields, dialect.port_field, dialect.limit, at, problems, least=1)):
        where = at.at(dialect.port_field, index)
        if len(item) != 1:
            found = " and ".join(f"'{name}'" for name in item) or "none"
            problems.add("bad-port", f"an item of '{dialect.port_field}' has exactly one field, not {found}", where)
            continue
        ((name, value),) = item.items()
        place = where.at(name)
        match name:
            case "namedPort" | "destinationNamedPort":
                ports.append(PortMatch(None, value, None, where))
            case "portNumber":
                protocol = read_protocol(value.get("protocol"), place, problems)
                ports.append(PortMatch(protocol, _number(value, "port", place, problems), None, where))
            case "portRange":
                protocol = read_protocol(value.get("protocol"), place, problems)
                ports.append(PortMatch(protocol, *_range(value, place, problems, one=True), where))
            case _:
                ports.append(_transport(Protocol(name.upper()), value, where, place, problems))
    return tuple(ports)


def _transport(protocol: Protocol, fields: Fields, at: Pointer, place: Pointer, problems: Problems) -> PortMatch:
    """`tcp`, `udp` or `sctp` of a ClusterNetworkPolicy."""
    if not _need(fields, "destinationPort", place, problems):
        return PortMatch(protocol, None, None, at)
    port: Fields = fields["destinationPort"]
    where = place.at("destinationPort")
    if len(port) != 1:
        problems.add("bad-port", "'destinationPort' has exactly one of 'number' and 'range'", where)
        return PortMatch(protocol, None, None, at)
    if "number" in port:
        return PortMatch(protocol, _number(port, "number", where, problems), None, at)
    return PortMatch(protocol, *_range(port["range"], where.at("range"), problems), at)


def _number(fields: Fields, name: str, at: Pointer, problems: Problems) -> int:
    if not _need(fields, name, at, problems):
        return 1
    number: int = fields[name]
    if wrong := check_port(number):
        problems.add("bad-port", f"port {number} {wrong}", at.at(name))
    return number


def _range(fields: Fields, at: Pointer, problems: Problems, *, one: bool = False) -> tuple[int, int]:
    """First and last port of a range, which in v1alpha1 may be one port."""
    start, end = _number(fields, "start", at, problems), _number(fields, "end", at, problems)
    if "start" in fields and "end" in fields and (start > end or (start == end and not one)):
        problems.add("bad-port", f"'start' {start} must be below 'end' {end}", at.at("start"))
    return start, end

"""A second implementation of the semantics, to hold the first one to: slow, plain, and sharing no code with it.

It asks about one port of one connection at a time and tries every policy, rule, peer and port in turn. Where a match
cannot be known it goes both ways and compares the answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.policy.decision import Endpoint, External, OnNode
from netpolspec.policy.objects import (
    Action,
    Address,
    AdminPolicy,
    BlockPeer,
    Cluster,
    Direction,
    DomainPeer,
    Labels,
    NetworkPolicy,
    NetworksPeer,
    NodePeer,
    Peer,
    Pod,
    PodPeer,
    PortMatch,
    Protocol,
    Rule,
    Selector,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.policy.assumptions import Assumptions
    from netpolspec.policy.objects import Network


class Fork(Exception):  # noqa: N818 - a question, no error
    """Somebody must say whether something holds."""

    def __init__(self, question: object) -> None:
        self.question = question


class Brute:
    def __init__(self, cluster: Cluster, assumptions: Assumptions) -> None:
        self.cluster = cluster
        self.assume = assumptions
        self.facts: dict[object, bool] = {}
        self.destination: Endpoint = OnNode()
        self.protocol = Protocol.TCP
        self.port = 0
        self.family: int | None = None

    def answer(self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int) -> str:
        source, destination = self.who(source, destination), self.who(destination, source)
        self.destination, self.protocol, self.port = destination, protocol, port
        answers = set(self.all_answers(source, destination, {}))
        if len(answers) == 1:
            return answers.pop()
        return "unknown" if "unknown" in answers else "unspecified"

    def all_answers(self, source: Endpoint, destination: Endpoint, facts: dict[object, bool]) -> Iterator[str]:
        for family in self.families(source, destination):
            self.facts, self.family = facts, family
            try:
                yield self.one_answer(source, destination)
            except Fork as fork:
                for value in (False, True):
                    yield from self.all_answers(source, destination, {**facts, fork.question: value})

    def is_it(self, question: object) -> bool:
        if question not in self.facts:
            raise Fork(question)
        return self.facts[question]

    def who(self, end: Endpoint, opposite: Endpoint) -> Endpoint:
        if isinstance(end, OnNode) and end.node is None and isinstance(opposite, Pod):
            return OnNode(opposite.template.node)
        if isinstance(end, External) and end.address is not None:
            for pod in self.cluster.pods:
                if end.address in pod.addresses and not pod.template.host_network and not pod.finished:
                    return pod
            for node in self.cluster.nodes:
                if end.address in node.addresses:
                    return OnNode(node.name)
        return end

    def families(self, source: Endpoint, destination: Endpoint) -> list[int | None]:
        fours = [any(a.version == 4 for a in self.addresses(end)) for end in (source, destination)]
        sixes = [any(a.version == 6 for a in self.addresses(end)) for end in (source, destination)]
        known = [bool(self.addresses(end)) for end in (source, destination)]
        found: list[int | None] = []
        for family, have in ((4, fours), (6, sixes)):
            if any(have) and all(has or not knows for has, knows in zip(have, known, strict=True)):
                found.append(family)
        return found or [None]

    def addresses(self, end: Endpoint) -> tuple[Address, ...]:
        if isinstance(end, External):
            return () if end.address is None else (end.address,)
        if isinstance(end, Pod) and (end.addresses or not end.template.host_network):
            return end.addresses
        name = end.template.node if isinstance(end, Pod) else end.node
        for node in self.cluster.nodes:
            if node.name == name:
                return node.addresses
        return ()

    def one_answer(self, source: Endpoint, destination: Endpoint) -> str:
        for end in (source, destination):
            if isinstance(end, Pod) and end.finished:
                return "denied"
        names = [(end.namespace, end.name) for end in (source, destination) if isinstance(end, Pod)]
        if len(names) == 2 and names[0] == names[1]:
            return "allowed"
        egress = self.one_end(Direction.EGRESS, source, destination)
        ingress = self.one_end(Direction.INGRESS, destination, source)
        for worst in ("denied", "unknown", "unspecified"):
            if worst in (egress, ingress):
                return worst
        return "allowed"

    def one_end(self, direction: Direction, subject: Endpoint, other: Endpoint) -> str:
        if not isinstance(subject, Pod):
            return "allowed"
        for foreign in self.cluster.foreign_policies:
            if foreign.namespace is None or foreign.namespace == subject.namespace:
                return "unknown"
        if self.is_node(subject):
            return "allowed"

        verdict = self.cluster_tier(direction, subject, other, "Admin")
        if verdict != "next":
            return verdict
        mine = [
            policy
            for policy in self.cluster.policies
            if policy.namespace == subject.namespace and self.fits(policy.pods, subject.labels)
        ]
        isolating = [policy for policy in mine if direction in policy.types]
        if isolating:
            return "allowed" if self.some_rule_allows(isolating, direction, subject, other) else "denied"
        if self.assume.value("baseline-after-isolation") == "any" and any(policy.types for policy in mine):
            return "allowed"
        verdict = self.cluster_tier(direction, subject, other, "Baseline")
        return "allowed" if verdict == "next" else verdict

    def some_rule_allows(
        self, isolating: list[NetworkPolicy], direction: Direction, subject: Pod, other: Endpoint
    ) -> bool:
        if self.lives_on(subject, other):
            return True
        for policy in isolating:
            for rule in self.rules(policy, direction):
                if self.matches(rule, policy.namespace, other):
                    return True
        return False

    def matches(self, rule: Rule, home: str | None, other: Endpoint) -> bool:
        if rule.ports and not any(self.port_fits(port) for port in rule.ports):
            return False
        if not rule.peers:
            return True
        return any(self.belongs(other, peer, home, (id(rule), i)) for i, peer in enumerate(rule.peers))

    def rules(self, policy: NetworkPolicy | AdminPolicy, direction: Direction) -> tuple[Rule, ...]:
        return policy.ingress if direction == Direction.INGRESS else policy.egress

    def cluster_tier(self, direction: Direction, subject: Pod, other: Endpoint, tier: str) -> str:
        for priority in range(1001):
            actions = []
            for policy in self.cluster.admin_policies:
                if str(policy.tier) != tier or policy.priority != priority or subject.template.host_network:
                    continue
                if not self.fits(policy.namespaces, self.namespace_labels(subject.namespace)):
                    continue
                if policy.pods is not None and not self.fits(policy.pods, subject.labels):
                    continue
                for rule in self.rules(policy, direction):
                    if self.matches(rule, None, other):
                        actions.append(rule.action)
                        break
            if len(set(actions)) > 1:
                return "unspecified"
            if actions:
                return {Action.ACCEPT: "allowed", Action.DENY: "denied", Action.PASS: "next"}[actions[0]]
        return "next"

    def is_node(self, pod: Pod) -> bool:
        return pod.template.host_network and self.assume.value("hostnetwork") == "node"

    def lives_on(self, pod: Pod, other: Endpoint) -> bool:
        if isinstance(other, OnNode):
            return other.node is None or other.node == pod.template.node
        if isinstance(other, Pod) and self.is_node(other):
            return other.template.node is not None and other.template.node == pod.template.node
        return False

    def namespace_labels(self, name: str) -> Labels:
        if name in self.cluster.namespaces:
            return self.cluster.namespaces[name].labels
        return {"kubernetes.io/metadata.name": name}

    def fits(self, selector: Selector, labels: Labels) -> bool:
        for requirement in selector.requirements:
            there = requirement.key in labels
            among = there and labels[requirement.key] in requirement.values
            operator = str(requirement.operator)
            if operator == "In" and not among:
                return False
            if operator == "NotIn" and among:
                return False
            if operator == "Exists" and not there:
                return False
            if operator == "DoesNotExist" and there:
                return False
        return True

    def port_fits(self, wanted: PortMatch) -> bool:
        destination, protocol, port = self.destination, self.protocol, self.port
        if wanted.protocol not in (None, protocol):
            return False
        if wanted.port is None:
            return True
        if isinstance(wanted.port, int):
            last = wanted.port if wanted.end is None else wanted.end
            return port in range(wanted.port, last + 1)
        if not isinstance(destination, Pod) or self.is_node(destination):
            return False
        for declared in destination.ports:
            if declared.name == wanted.port and declared.protocol == protocol and declared.number == port:
                return True
        return False

    def belongs(self, other: Endpoint, peer: Peer, home: str | None, key: object) -> bool:
        if isinstance(peer, PodPeer):
            return self.is_selected_pod(other, peer, home)
        if isinstance(peer, NodePeer):
            return self.is_selected_node(other, peer.nodes, key)
        if isinstance(peer, DomainPeer):
            return self.has_name(other, peer, key)
        if isinstance(peer, BlockPeer):
            return self.in_block([peer.cidr], list(peer.excepts), other, "ipblock-selects-pods", key)
        assert isinstance(peer, NetworksPeer)
        return self.in_block(list(peer.networks), [], other, "networks-select-pods", key)

    def is_selected_pod(self, other: Endpoint, peer: PodPeer, home: str | None) -> bool:
        if not isinstance(other, Pod):
            return False
        if (home is None and other.template.host_network) or (home is not None and self.is_node(other)):
            return False
        if peer.namespaces is None:
            if other.namespace != home:
                return False
        elif not self.fits(peer.namespaces, self.namespace_labels(other.namespace)):
            return False
        return peer.pods is None or self.fits(peer.pods, other.labels)

    def has_name(self, other: Endpoint, peer: DomainPeer, key: object) -> bool:
        if not isinstance(other, External):
            return False
        if not other.name:
            return self.is_it(key)
        for name in peer.names:
            if name == other.name:
                return True
            if name[0] == "*" and other.name.endswith(name[1:]) and other.name != name[2:]:
                return True
        return False

    def is_selected_node(self, other: Endpoint, selector: Selector, key: object) -> bool:
        if isinstance(other, External):
            return False
        if isinstance(other, Pod) and not other.template.host_network:
            return False
        if not selector.requirements:
            return True
        name = other.template.node if isinstance(other, Pod) else other.node
        selected = {node.name: self.fits(selector, node.labels) for node in self.cluster.nodes}
        if name in selected:
            return selected[name]
        if selected and all(selected.values()):
            return True
        if selected and not any(selected.values()):
            return False
        return self.is_it(key)

    def in_block(
        self, blocks: list[Network], holes: list[Network], other: Endpoint, assumption: str, key: object
    ) -> bool:
        family = self.family
        if isinstance(other, Pod) and not self.is_node(other) and self.assume.value(assumption) == "no":
            return False
        addresses = self.addresses(other)
        if not addresses:
            blocks = [block for block in blocks if family is None or family == block.version]
            if not blocks:
                return False
            for block in blocks:
                if block.prefixlen == 0 and not holes:
                    return True
            if isinstance(other, External) or self.assume.value("pod-without-address") == "unspecified":
                return self.is_it(key)
            return False
        for address in addresses:
            if family is not None and address.version != family:
                continue
            if any(self.within(address, b) for b in blocks) and not any(self.within(address, h) for h in holes):
                return True
        return False

    def within(self, address: Address, network: Network) -> bool:
        if address.version != network.version:
            return False
        drop = (32 if address.version == 4 else 128) - network.prefixlen
        return int(address) >> drop == int(network.network_address) >> drop

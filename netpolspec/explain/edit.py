"""One edit to a policy: the policy after it, and the same as a JSON patch of its manifest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from netpolspec.explain.words import say_port, say_requirement
from netpolspec.explain.written import write_peer, write_policy, write_port, write_rule, write_selector
from netpolspec.policy.objects import Action, AdminPolicy, BlockPeer, Direction, NetworkPolicy, PodPeer, Selector

if TYPE_CHECKING:
    from netpolspec.explain.written import Written
    from netpolspec.policy.objects import Cluster, Network, Peer, PortMatch, Requirement, Rule
    from netpolspec.source import Origin


class Size(IntEnum):
    """How much an edit changes, and how much else changes with it."""

    VALUE = 1
    PIECE = 2
    PORT = 3
    PEER = 4
    RULE = 5
    TYPE = 6
    POLICY = 7


@dataclass(frozen=True, slots=True)
class Patch:
    """One operation of RFC 6902, as `kubectl patch --type=json` takes it."""

    op: str
    path: str
    value: Written | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A policy before and after one edit."""

    size: Size
    direction: Direction
    before: NetworkPolicy | AdminPolicy | None
    """None: the policy is new."""
    after: NetworkPolicy | AdminPolicy
    place: str
    """`ingress[0].from[1]`; empty for a new policy."""
    what: str
    """What is done there: `let podSelector take tier in (api,web)`."""
    origin: Origin | None
    """Where the place is written."""
    patch: tuple[Patch, ...] = ()
    new: Written | None = None
    """What is added: a rule, a peer, a port, a whole policy."""

    @property
    def line(self) -> str:
        """The edit in one line."""
        if self.before is None:
            return f"add {self.after.label}: {self.what}"
        where = f", {self.place}" if self.place else ""
        return f"in {self.after.label}{where}: {self.what}"

    def apply(self, cluster: Cluster) -> Cluster:
        """The cluster after the edit."""
        after = self.after
        if isinstance(after, NetworkPolicy):
            if self.before is None:
                return replace(cluster, policies=(*cluster.policies, after))
            return replace(cluster, policies=tuple(after if p is self.before else p for p in cluster.policies))
        admin = tuple(after if p is self.before else p for p in cluster.admin_policies)
        return replace(cluster, admin_policies=admin)


@dataclass(frozen=True, slots=True)
class Spot:
    """A direction of a policy, where rules are edited."""

    policy: NetworkPolicy | AdminPolicy
    direction: Direction

    @property
    def name(self) -> str:
        """`ingress` or `egress`."""
        return self.direction.lower()

    @property
    def ends(self) -> str:
        """`from` or `to`."""
        return "from" if self.direction is Direction.INGRESS else "to"

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of the direction."""
        return self.policy.ingress if self.direction is Direction.INGRESS else self.policy.egress

    def with_rules(self, rules: tuple[Rule, ...]) -> NetworkPolicy | AdminPolicy:
        """The policy with other rules."""
        if self.direction is Direction.INGRESS:
            return replace(self.policy, ingress=rules)
        return replace(self.policy, egress=rules)

    def with_rule(self, index: int, rule: Rule) -> NetworkPolicy | AdminPolicy:
        """The policy with another rule in a rule's place."""
        rules = self.rules
        return self.with_rules((*rules[:index], rule, *rules[index + 1 :]))

    def with_peer(self, index: int, number: int, peer: Peer) -> NetworkPolicy | AdminPolicy:
        """The policy with another peer in a peer's place."""
        rule = self.rules[index]
        return self.with_rule(index, replace(rule, peers=(*rule.peers[:number], peer, *rule.peers[number + 1 :])))


def widen(spot: Spot, index: int, number: int, part: str, *, old: Requirement, new: Requirement | None) -> Edit:
    """Change one requirement of a selector of a peer, or drop it.

    Args:
        spot: the policy and direction.
        index: which rule.
        number: which peer of it.
        part: `namespaceSelector` or `podSelector`.
        old: the requirement.
        new: what takes its place; None: nothing.
    """
    peer = spot.rules[index].peers[number]
    assert isinstance(peer, PodPeer)  # noqa: S101 - only these have selectors of pods
    selector = (peer.namespaces if part == "namespaceSelector" else peer.pods) or Selector()
    kept = tuple(new if each is old else each for each in selector.requirements)
    changed = Selector(tuple(each for each in kept if each is not None))
    after = replace(peer, namespaces=changed) if part == "namespaceSelector" else replace(peer, pods=changed)
    place = f"{spot.name}[{index}].{spot.ends}[{number}]"
    path = f"/spec/{spot.name}/{index}/{spot.ends}/{number}/{part}"
    what = f"drop {say_requirement(old)} from the {part}"
    if new is not None:
        what = f"let the {part} ask for {say_requirement(new)} instead of {say_requirement(old)}"
    patch = (Patch("replace", path, write_selector(changed)),)
    size = Size.PIECE if new is None else Size.VALUE
    return Edit(
        size, spot.direction, spot.policy, spot.with_peer(index, number, after), place, what, peer.origin, patch
    )


def drop_except(spot: Spot, index: int, number: int, which: int) -> Edit:
    """Take an item of `except` away."""
    peer = spot.rules[index].peers[number]
    assert isinstance(peer, BlockPeer)  # noqa: S101 - only these have exceptions
    after = replace(peer, excepts=(*peer.excepts[:which], *peer.excepts[which + 1 :]))
    place = f"{spot.name}[{index}].{spot.ends}[{number}]"
    path = f"/spec/{spot.name}/{index}/{spot.ends}/{number}/ipBlock/except/{which}"
    what = f"take {peer.excepts[which]} out of except"
    policy = spot.with_peer(index, number, after)
    return Edit(Size.VALUE, spot.direction, spot.policy, policy, place, what, peer.origin, (Patch("remove", path),))


def add_except(spot: Spot, index: int, number: int, network: Network) -> Edit:
    """Except an address from a block."""
    peer = spot.rules[index].peers[number]
    assert isinstance(peer, BlockPeer)  # noqa: S101 - only these have exceptions
    after = replace(peer, excepts=(*peer.excepts, network))
    place = f"{spot.name}[{index}].{spot.ends}[{number}]"
    path = f"/spec/{spot.name}/{index}/{spot.ends}/{number}/ipBlock/except"
    patch = (Patch("add", path, [*map(str, after.excepts)]),)
    policy = spot.with_peer(index, number, after)
    return Edit(Size.VALUE, spot.direction, spot.policy, policy, place, f"add except: [{network}]", peer.origin, patch)


def add_port(spot: Spot, index: int, port: PortMatch) -> Edit:
    """Add an item to a rule's `ports`."""
    rule = spot.rules[index]
    policy = spot.with_rule(index, replace(rule, ports=(*rule.ports, port)))
    new = write_port(port)
    patch = (Patch("add", f"/spec/{spot.name}/{index}/ports/-", new),)
    place = f"{spot.name}[{index}]"
    what = f"add port {say_port(port)}"
    return Edit(Size.PORT, spot.direction, spot.policy, policy, place, what, rule.origin, patch, new)


def add_peer(spot: Spot, index: int, peer: Peer, whom: str) -> Edit:
    """Add an item to a rule's `from` or `to`."""
    rule = spot.rules[index]
    policy = spot.with_rule(index, replace(rule, peers=(*rule.peers, peer)))
    new = write_peer(peer)
    patch = (Patch("add", f"/spec/{spot.name}/{index}/{spot.ends}/-", new),)
    what = f"add a peer for {whom}"
    return Edit(Size.PEER, spot.direction, spot.policy, policy, f"{spot.name}[{index}]", what, rule.origin, patch, new)


def add_rule(spot: Spot, rule: Rule, what: str) -> Edit:
    """Add a rule at the end."""
    new = write_rule(rule, spot.direction)
    rules = [write_rule(each, spot.direction) for each in (*spot.rules, rule)]
    patch = Patch("add", f"/spec/{spot.name}/-", new) if spot.rules else Patch("add", f"/spec/{spot.name}", rules)
    policy, origin = spot.with_rules((*spot.rules, rule)), spot.policy.origin
    return Edit(Size.RULE, spot.direction, spot.policy, policy, spot.name, what, origin, (patch,), new)


def drop_peer(spot: Spot, index: int, number: int) -> Edit:
    """Take a peer away; the rule has another one, for without any it would be for everybody."""
    rule = spot.rules[index]
    policy = spot.with_rule(index, replace(rule, peers=(*rule.peers[:number], *rule.peers[number + 1 :])))
    patch = (Patch("remove", f"/spec/{spot.name}/{index}/{spot.ends}/{number}"),)
    place = f"{spot.name}[{index}].{spot.ends}[{number}]"
    origin = rule.peers[number].origin
    return Edit(Size.PIECE, spot.direction, spot.policy, policy, place, "take this peer out", origin, patch)


def drop_port(spot: Spot, index: int, number: int) -> Edit:
    """Take a port away; the rule has another one, for without any it would be for all."""
    rule = spot.rules[index]
    policy = spot.with_rule(index, replace(rule, ports=(*rule.ports[:number], *rule.ports[number + 1 :])))
    patch = (Patch("remove", f"/spec/{spot.name}/{index}/ports/{number}"),)
    place = f"{spot.name}[{index}].ports[{number}]"
    what = f"take port {say_port(rule.ports[number])} out"
    origin = rule.ports[number].origin
    return Edit(Size.PORT, spot.direction, spot.policy, policy, place, what, origin, patch)


def drop_rule(spot: Spot, index: int) -> Edit:
    """Take a rule away."""
    rules = spot.rules
    policy = spot.with_rules((*rules[:index], *rules[index + 1 :]))
    patch = (Patch("remove", f"/spec/{spot.name}/{index}"),)
    place, origin = f"{spot.name}[{index}]", rules[index].origin
    return Edit(Size.RULE, spot.direction, spot.policy, policy, place, "take this rule out", origin, patch)


def change_action(spot: Spot, index: int, action: Action) -> Edit:
    """Let a rule of a cluster-scoped policy do something else."""
    rule = spot.rules[index]
    assert isinstance(spot.policy, AdminPolicy)  # noqa: S101 - rules of a NetworkPolicy have no action
    older = spot.policy.kind != "ClusterNetworkPolicy"
    names = {Action.ACCEPT: "Allow" if older else "Accept", Action.DENY: "Deny", Action.PASS: "Pass"}
    patch = (Patch("replace", f"/spec/{spot.name}/{index}/action", names[action]),)
    policy = spot.with_rule(index, replace(rule, action=action))
    what = f"let its action be {names[action]} instead of {names[rule.action]}"
    place = f"{spot.name}[{index}]"
    return Edit(Size.PIECE, spot.direction, spot.policy, policy, place, what, rule.origin, patch)


def add_type(policy: NetworkPolicy, direction: Direction) -> Edit:
    """Let a policy that selects the pod isolate it in another direction, too."""
    types = frozenset({*policy.types, direction})
    patch = (Patch("add", "/spec/policyTypes", [each.value for each in Direction if each in types]),)
    what = f"add {direction} to policyTypes, which isolates the pods that it selects for {direction.lower()}"
    after = replace(policy, types=types)
    return Edit(Size.TYPE, direction, policy, after, "policyTypes", what, policy.origin, patch)


def add_policy(policy: NetworkPolicy, direction: Direction, what: str) -> Edit:
    """A policy that was not there."""
    return Edit(Size.POLICY, direction, None, policy, "", what, None, (), write_policy(policy))

"""Rules and peers that others make useless, and exceptions that others take back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.lint.covering import covers_network, covers_peer, covers_rule, covers_selector, overlap_ports
from netpolspec.lint.scene import Finding
from netpolspec.lint.selection import ends_of, rules_of
from netpolspec.policy.objects import AdminPolicy, BlockPeer, Direction, NetworkPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.lint.scene import Scene
    from netpolspec.policy.objects import Network, Rule

_HELP = "take it out, or narrow the other one down"


def redundant_rules(scene: Scene) -> Iterator[Finding]:
    """Rules that allow nothing that another does not allow, and rules that are never reached."""
    for policies in scene.by_namespace.values():
        for direction in Direction:
            placed = [
                (number, policy, place, rule)
                for number, policy in enumerate(policies)
                for way, place, rule in rules_of(policy)
                if way is direction
            ]
            for one in placed:
                wider = next((other for other in placed if other is not one and _made_useless(one, other, scene)), None)
                if wider is not None:
                    yield _useless(one[1], one[2], one[3], wider[1], wider[3])
    for cluster_wide in scene.cluster.admin_policies:
        yield from _unreached(cluster_wide, scene)
    for policy in scene.policies:
        yield from _redundant_peers(policy, scene)


_Placed = tuple[int, NetworkPolicy, str, "Rule"]


def _made_useless(one: _Placed, other: _Placed, scene: Scene) -> bool:
    number, policy, place, rule = one
    at, wide, there, wider = other
    if policy is not wide and not covers_selector(wide.pods, policy.pods):
        return False
    if not covers_rule(wider, rule, policy.namespace, scene.world):
        return False
    # Of two that are alike, the second is one too many.
    alike = covers_rule(rule, wider, policy.namespace, scene.world) and covers_selector(policy.pods, wide.pods)
    return not alike or (at, there) < (number, place)


def _useless(policy: NetworkPolicy, place: str, rule: Rule, other: NetworkPolicy, wider: Rule) -> Finding:
    where = "another rule of this policy" if other is policy else other.label
    message = f"this rule is useless: {where} allows all that it allows"
    return Finding(
        "redundant-rule", message, policy, place, rule.origin, (_HELP,), (("the rule that does", wider.origin),)
    )


def _unreached(policy: AdminPolicy, scene: Scene) -> Iterator[Finding]:
    """Rules of which an earlier one takes everything: the first that matches counts."""
    for rules, name in ((policy.ingress, "ingress"), (policy.egress, "egress")):
        for index, rule in enumerate(rules):
            earlier = next((each for each in rules[:index] if covers_rule(each, rule, None, scene.world)), None)
            if earlier is not None:
                message = "this rule is never reached: an earlier one matches all that it matches"
                notes = (("the earlier one", earlier.origin),)
                place = f"{name}[{index}]"
                yield Finding("redundant-rule", message, policy, place, rule.origin, ("put it first",), notes)


def _redundant_peers(policy: NetworkPolicy | AdminPolicy, scene: Scene) -> Iterator[Finding]:
    home = policy.namespace if isinstance(policy, NetworkPolicy) else None
    for direction, place, rule in rules_of(policy):
        for number, peer in enumerate(rule.peers):
            for at, other in enumerate(rule.peers):
                if at == number or not covers_peer(other, peer, home, scene.world):
                    continue
                if covers_peer(peer, other, home, scene.world) and number < at:
                    continue
                message = "this peer is useless: another item of the list is for all that it is for"
                notes = (("the other item", other.origin),)
                where = f"{place}.{ends_of(direction)}[{number}]"
                yield Finding("redundant-rule", message, policy, where, peer.origin, (_HELP,), notes)
                break


def reopened_excepts(scene: Scene) -> Iterator[Finding]:
    """Exceptions of a block that another block takes back."""
    for policies in scene.by_namespace.values():
        blocks = [
            (policy, direction, f"{place}.{ends_of(direction)}[{number}]", rule, peer)
            for policy in policies
            for direction, place, rule in rules_of(policy)
            for number, peer in enumerate(rule.peers)
            if isinstance(peer, BlockPeer)
        ]
        for policy, direction, place, rule, peer in blocks:
            for other_policy, other_direction, _, other_rule, other in blocks:
                if other is peer or other_direction is not direction or not overlap_ports(rule, other_rule):
                    continue
                if other_policy is not policy and not _share_pods(policy, other_policy, scene):
                    continue
                hole = next((each for each in peer.excepts if _opens(other, each)), None)
                if hole is not None:
                    whole = covers_network(other.cidr, hole)
                    what = "takes nothing away" if whole else "takes less away than it says"
                    message = f"except {hole} {what}: another peer allows {other.cidr}"
                    help_ = "what policies allow adds up; make the same exception there, or take this one out"
                    notes = (("the peer that allows it", other.origin),)
                    yield Finding("except-reopened", message, policy, place, peer.origin, (help_,), notes)
                    break


def _opens(block: BlockPeer, hole: Network) -> bool:
    """Whether a block holds a part of an exception that none of its own takes out again."""
    if hole.version != block.cidr.version or not hole.overlaps(block.cidr):
        return False
    part = hole if hole.prefixlen >= block.cidr.prefixlen else block.cidr
    return not any(covers_network(each, part) for each in block.excepts)


def _share_pods(one: NetworkPolicy, other: NetworkPolicy, scene: Scene) -> bool:
    if scene.pods:
        return bool(scene.selected(one) & scene.selected(other))
    return covers_selector(one.pods, other.pods) or covers_selector(other.pods, one.pods)

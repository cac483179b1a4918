"""All lints over all worlds: what holds wherever a policy is used is told, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.lint.dns import egress_without_dns
from netpolspec.lint.overlap import redundant_rules, reopened_excepts
from netpolspec.lint.ports import differing_names, undeclared_ports
from netpolspec.lint.selection import peer_and_or, peer_matches_nothing, selects_no_pod
from netpolspec.lint.writing import not_read, open_by_empty_from, rules_without_effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from netpolspec.lint.scene import Finding, Scene
    from netpolspec.policy.objects import AdminPolicy, ForeignPolicy, NetworkPolicy

CHECKS: tuple[Callable[[Scene], Iterator[Finding]], ...] = (
    selects_no_pod,
    peer_matches_nothing,
    peer_and_or,
    open_by_empty_from,
    rules_without_effect,
    redundant_rules,
    reopened_excepts,
    undeclared_ports,
    differing_names,
    egress_without_dns,
    not_read,
)


def find_all(scenes: Iterable[Scene]) -> tuple[Finding, ...]:
    """What the lints find in every scene in which a policy stands.

    A policy that a spec brings in on the way to another world, or beside others for one expectation, is as it is meant
    as long as there is one world in which the finding does not hold.
    """
    used: dict[int, tuple[NetworkPolicy | AdminPolicy | ForeignPolicy, int]] = {}
    found: dict[tuple[str, int, str], tuple[Finding, int]] = {}
    for scene in scenes:
        for policy in (*scene.policies, *scene.cluster.foreign_policies):
            used[id(policy)] = (policy, used.get(id(policy), (policy, 0))[1] + 1)
        here = {(each.code, id(each.policy), each.place): each for check in CHECKS for each in check(scene)}
        for key, finding in here.items():
            found[key] = (finding, found.get(key, (finding, 0))[1] + 1)
    everywhere = [finding for (_, policy, _), (finding, times) in found.items() if times == used[policy][1]]
    # A peer that was meant to be half of another matches nothing for that very reason.
    halves = {(id(each.policy), each.place) for each in everywhere if each.code == "peer-and-or"}
    return tuple(
        each
        for each in everywhere
        if each.code != "peer-matches-nothing" or (id(each.policy), each.place.partition(".")[0]) not in halves
    )

"""What the policies at one end of a connection say, tier by tier.

Order and actions: the comments of `ClusterNetworkPolicySpec` and its rule actions (policy.networking.k8s.io).
A match that cannot be known leaves more than one outcome; the answer is only given where all of them agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from netpolspec.policy.assumptions import BaselineAfterIsolation
from netpolspec.policy.decision import Answer, Citation, Endpoint, Judgement, OnNode
from netpolspec.policy.objects import Action, AdminPolicy, Direction, NetworkPolicy, Pod, Protocol, Rule, Tier
from netpolspec.policy.peers import Match, Question, match_peer
from netpolspec.policy.ports import covers


@dataclass(frozen=True, slots=True)
class Packet:
    """A connection as one end's policies see it."""

    direction: Direction
    subject: Pod
    other: Endpoint
    protocol: Protocol
    port: int
    own_node: bool
    """Whether the other end is the node of the subject."""

    @property
    def destination(self) -> Endpoint:
        """Whose port it is."""
        return self.subject if self.direction is Direction.INGRESS else self.other


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies that select one pod."""

    isolating: dict[Direction, tuple[NetworkPolicy, ...]]
    admin: tuple[AdminPolicy, ...]
    """By ascending priority."""
    baseline: tuple[AdminPolicy, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one tier may do with a packet. Neither: undecided between policies of one priority."""

    answer: Answer
    tier: Tier | None
    citation: Citation | None
    reason: str


def _rules(policy: NetworkPolicy | AdminPolicy, direction: Direction) -> tuple[Rule, ...]:
    return policy.ingress if direction is Direction.INGRESS else policy.egress


def match_rule(
    policy: NetworkPolicy | AdminPolicy, index: int, packet: Packet, question: Question
) -> tuple[Match, Citation | None]:
    """Whether a rule is for a packet, and which peer and port make it so."""
    rule = _rules(policy, packet.direction)[index]
    home = policy.namespace if isinstance(policy, NetworkPolicy) else None
    port_index = None
    if rule.ports:
        destination = packet.destination
        named = destination.ports if isinstance(destination, Pod) and not question.as_node(destination) else ()
        hits = (i for i, port in enumerate(rule.ports) if covers(port, packet.protocol, packet.port, named))
        port_index = next(hits, None)
        if port_index is None:
            return Match.NO, None
    best, peer_index = (Match.NO, None) if rule.peers else (Match.YES, None)
    for i, peer in enumerate(rule.peers):
        match = match_peer(peer, home, packet.other, question)
        if match > best:
            best, peer_index = match, i
        if best is Match.YES:
            break
    if best is Match.NO:
        return best, None
    return best, Citation(
        policy,
        packet.direction,
        index,
        rule,
        peer_index,
        None if peer_index is None else rule.peers[peer_index],
        port_index,
        None if port_index is None else rule.ports[port_index],
    )


def _candidates(policy: AdminPolicy, packet: Packet, question: Question) -> tuple[list[Citation], bool]:
    """The rules that may be the first to match, and whether the last of them surely does."""
    found = []
    for index in range(len(_rules(policy, packet.direction))):
        match, citation = match_rule(policy, index, packet, question)
        if citation is not None:
            found.append(citation)
        if match is Match.YES:
            return found, True
    return found, False


def _judge_admin(
    policies: tuple[AdminPolicy, ...], tier: Tier, packet: Packet, question: Question
) -> tuple[list[Outcome], bool]:
    """The possible outcomes of a tier of cluster-scoped policies, and whether a packet may come out undecided."""
    outcomes: list[Outcome] = []
    passed = False
    for _, level in groupby(policies, key=lambda policy: policy.priority):
        found = [_candidates(policy, packet, question) for policy in level]
        actions = [{citation.rule.action for citation in citations if citation.rule} for citations, _ in found]
        distinct = set().union(*actions)
        if sum(map(bool, actions)) > 1 and len(distinct) > 1:
            reason = "policies of one tier and priority match with different actions"
            outcomes += [Outcome(Answer.UNSPECIFIED, tier, c, reason) for citations, _ in found for c in citations]
        else:
            for citation in (citation for citations, _ in found for citation in citations):
                assert citation.rule is not None  # noqa: S101 - candidates always cite a rule
                match citation.rule.action:
                    case Action.ACCEPT:
                        outcomes.append(Outcome(Answer.ALLOWED, tier, citation, f"{citation.label} accepts it"))
                    case Action.DENY:
                        outcomes.append(Outcome(Answer.DENIED, tier, citation, f"{citation.label} denies it"))
                    case Action.PASS:
                        passed = True
        if any(sure for _, sure in found):
            return outcomes, passed
    return outcomes, True


def names(policies: tuple[NetworkPolicy, ...]) -> str:
    """Policies as a sentence names them: `NetworkPolicy ms-b/x`, `NetworkPolicies ms-b/x, ms-b/y and 3 more`."""
    if len(policies) == 1:
        return policies[0].label
    listed = [f"{policy.namespace}/{policy.name}" for policy in policies]
    shown = 3 if len(listed) > 4 else len(listed)  # noqa: PLR2004 - "and 1 more" would be no shorter
    more = f" and {len(listed) - shown} more" if len(listed) > shown else ""
    return f"NetworkPolicies {', '.join(listed[:shown])}{more}"


def _judge_network_policies(
    isolating: tuple[NetworkPolicy, ...], packet: Packet, question: Question
) -> tuple[list[Outcome], bool]:
    """The union of what the isolating policies allow; final where there is one of them."""
    if not isolating:
        return [], True
    if packet.own_node:
        return [
            Outcome(Answer.ALLOWED, Tier.NETWORK_POLICY, None, "a pod and its own node always reach each other")
        ], False
    outcomes = []
    for policy in isolating:
        for index in range(len(_rules(policy, packet.direction))):
            match, citation = match_rule(policy, index, packet, question)
            if citation is None:
                continue
            outcome = Outcome(Answer.ALLOWED, Tier.NETWORK_POLICY, citation, f"{policy.label} allows it")
            if match is Match.YES:
                return [outcome], False
            outcomes.append(outcome)
    citation = Citation(isolating[0], packet.direction) if len(isolating) == 1 else None
    reason = f"no rule of {names(isolating)} allows it"
    return [*outcomes, Outcome(Answer.DENIED, Tier.NETWORK_POLICY, citation, reason)], False


def judge(policies: Policies, packet: Packet, question: Question) -> Judgement:
    """What the policies that select a pod say to a packet."""
    isolating = policies.isolating[packet.direction]
    admin = policies.admin
    outcomes, on = _judge_admin(admin, Tier.ADMIN, packet, question)
    if on:
        found, on = _judge_network_policies(isolating, packet, question)
        outcomes += found
    if on and policies.baseline and any(policies.isolating.values()):
        question.consulted.add("baseline-after-isolation")
        on = question.assumptions.baseline_after_isolation is not BaselineAfterIsolation.ANY
        if not on:
            reason = "isolated in the other direction, so the Baseline tier has no say"
            outcomes.append(Outcome(Answer.ALLOWED, None, None, reason))
    if on:
        found, on = _judge_admin(policies.baseline, Tier.BASELINE, packet, question)
        outcomes += found
    if on:
        reason = f"not isolated for {packet.direction.lower()}"
        if admin or policies.baseline:
            reason += ", and no rule of a cluster-scoped policy settles it"
        outcomes.append(Outcome(Answer.ALLOWED, None, None, reason))
    return _sum_up(packet.direction, outcomes, isolating)


def _sum_up(direction: Direction, outcomes: list[Outcome], isolating: tuple[NetworkPolicy, ...]) -> Judgement:
    last = outcomes[-1]
    answers = {outcome.answer for outcome in outcomes}
    if len(answers) == 1 and last.answer is not Answer.UNSPECIFIED:
        return Judgement(direction, last.answer, last.reason, last.tier, last.citation, (), isolating)
    rivals = tuple(outcome.citation for outcome in outcomes if outcome.citation is not None)
    ties = [outcome for outcome in outcomes if outcome.answer is Answer.UNSPECIFIED]
    if ties:
        reason, tier = ties[0].reason, ties[0].tier
    else:
        reason = f"whether {rivals[0]} matches is not known" if rivals else "open"
        tier = outcomes[0].tier
    return Judgement(direction, Answer.UNSPECIFIED, reason, tier, None, rivals, isolating)


def own_node(pod: Pod, other: Endpoint, question: Question) -> bool:
    """Whether the other end is the node that runs a pod."""
    match other:
        case OnNode(node=None):
            return True
        case OnNode(node=name):
            return name == pod.template.node
        case Pod():
            node = other.template.node
            return question.as_node(other) and node is not None and node == pod.template.node
        case _:
            return False

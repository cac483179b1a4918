"""One connection accounted for: at both ends, tier by tier, what every policy, rule and peer makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.explain.peers import say_peer
from netpolspec.explain.words import failing, say_asked, say_miss, say_port_on, say_selector
from netpolspec.policy.addresses import possible_families
from netpolspec.policy.decision import Answer
from netpolspec.policy.objects import AdminPolicy, Direction, NetworkPolicy, Pod, Tier
from netpolspec.policy.peers import Match, Question, Surroundings
from netpolspec.policy.ports import covers
from netpolspec.policy.tiers import own_node

if TYPE_CHECKING:
    from netpolspec.policy.decide import Model
    from netpolspec.policy.decision import Decision, Endpoint, Judgement
    from netpolspec.policy.objects import Action, Rule
    from netpolspec.policy.readings import Connection
    from netpolspec.source import Origin


@dataclass(frozen=True, slots=True)
class PeerNote:
    """What one item of `from` or `to` makes of the other end."""

    place: str
    """`ingress[0].from[1]`."""
    match: Match
    why: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class RuleNote:
    """What one rule makes of a connection."""

    place: str
    """`ingress[0]`."""
    index: int
    match: Match
    action: Action
    port_match: bool
    ports: str
    """`ports are 80/TCP, asked for 8080/TCP`."""
    peers: tuple[PeerNote, ...]
    """Empty: the rule is for every peer."""
    peer_match: Match
    rule: Rule


@dataclass(frozen=True, slots=True)
class PolicyNote:
    """What one policy makes of a connection at one end."""

    policy: NetworkPolicy | AdminPolicy
    selects: bool
    affects: bool
    """It selects the pod, and it is for this direction."""
    why: str
    """Why it selects the pod, or does not; or why it does not matter that it does."""
    rules: tuple[RuleNote, ...]
    """Only where it affects the connection."""
    missing: int = 0
    """How many requirements keep it from selecting the pod."""


@dataclass(frozen=True, slots=True)
class TierNote:
    """What a tier makes of a connection."""

    tier: Tier
    asked: bool
    """Whether its word counts: no tier before it has settled the matter."""
    policies: tuple[PolicyNote, ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """The place that comes nearest to letting a connection through."""

    policy: NetworkPolicy | AdminPolicy
    place: str
    why: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a connection."""

    direction: Direction
    subject: Endpoint
    """The end whose policies these are."""
    other: Endpoint
    judgement: Judgement
    tiers: tuple[TierNote, ...]
    """Empty where no policy can be for the subject."""

    @property
    def nearest(self) -> Miss | None:
        """The nearest miss of the rules that would let the connection through; None where there is no such rule."""
        best: tuple[int, Miss] | None = None
        for tier in self.tiers:
            for note in tier.policies:
                for rule in note.rules:
                    if rule.match is Match.YES or tier.tier is not Tier.NETWORK_POLICY:
                        continue
                    found = _miss(note, rule)
                    if best is None or found[0] < best[0]:
                        best = found
        return best[1] if best else None


@dataclass(frozen=True, slots=True)
class Account:
    """A connection and everything that is said to it."""

    connection: Connection
    decision: Decision
    egress: Side
    ingress: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        """Egress, then ingress: the way that the packet takes."""
        return self.egress, self.ingress

    @property
    def decisive(self) -> Side:
        """The end that decides."""
        return self.ingress if self.decision.decisive.direction is Direction.INGRESS else self.egress


def account(model: Model, connection: Connection) -> Account:
    """Say what everything makes of a connection.

    Args:
        model: decides it.
        connection: as `Model.resolve` gives it.
    """
    decision = model.decide(
        connection.source, connection.destination, connection.protocol, connection.port, via=connection.via
    )
    cluster = model.cluster
    world = Surroundings(cluster.namespaces, {node.name: node for node in cluster.nodes})
    families = possible_families(*({int(a.version) for a in world.addresses(end)} for end in connection.ends))
    question = Question(model.assumptions, world, families[0])
    sides = []
    for direction, judgement in ((Direction.EGRESS, decision.egress), (Direction.INGRESS, decision.ingress)):
        ends = connection.ends if direction is Direction.EGRESS else connection.ends[::-1]
        sides.append(_Surveyor(model, question, direction, connection).side(*ends, judgement))
    return Account(connection, decision, sides[0], sides[1])


def _miss(note: PolicyNote, rule: RuleNote) -> tuple[int, Miss]:
    """How far a rule is from matching, and what keeps it from it."""
    if rule.peer_match is Match.YES:
        return 1, Miss(note.policy, rule.place, rule.ports, rule.rule.ports[0].origin)
    ranks = [(_distance(peer), peer) for peer in rule.peers]
    distance, peer = min(ranks, key=lambda pair: pair[0])
    also = "" if rule.port_match else f"; and {rule.ports}"
    return distance + (0 if rule.port_match else 3), Miss(note.policy, peer.place, peer.why + also, peer.origin)


def _distance(peer: PeerNote) -> int:
    """Fewer where half of a peer matches; what selects no pods at all is far off."""
    if "matches, " in peer.why or "takes it out" in peer.why:
        return 0
    return 2 if "does not match" in peer.why else 4


class _Surveyor:
    """Walks the policies at one end of a connection."""

    def __init__(self, model: Model, question: Question, direction: Direction, connection: Connection) -> None:
        self._cluster = model.cluster
        self._question = question
        self._direction = direction
        self._connection = connection

    def side(self, subject: Endpoint, other: Endpoint, judgement: Judgement) -> Side:
        tiers: tuple[TierNote, ...] = ()
        if isinstance(subject, Pod) and not self._question.as_node(subject) and not subject.finished:
            settled = list(Tier).index(judgement.tier) if judgement.tier is not None else len(Tier)
            if self._connection.to_itself and self._connection.via is None:
                settled = -1
            if own_node(subject, other, self._question):
                settled = min(settled, list(Tier).index(Tier.ADMIN))
            tiers = tuple(
                TierNote(tier, index <= settled, notes)
                for index, tier in enumerate(Tier)
                if (notes := tuple(self._policies(tier, subject, other))) or tier is Tier.NETWORK_POLICY
            )
        return Side(self._direction, subject, other, judgement, tiers)

    def _policies(self, tier: Tier, subject: Pod, other: Endpoint) -> list[PolicyNote]:
        found: list[PolicyNote] = []
        if tier is Tier.NETWORK_POLICY:
            found += [self._note(p, subject, other) for p in self._cluster.policies if p.namespace == subject.namespace]
            return sorted(found, key=lambda note: (not note.affects, not note.selects, note.missing))
        if subject.template.host_network:
            return []
        policies = sorted((p for p in self._cluster.admin_policies if p.tier is tier), key=lambda p: p.priority)
        found += [note for p in policies if (note := self._admin_note(p, subject, other)).selects]
        return found

    def _note(self, policy: NetworkPolicy, subject: Pod, other: Endpoint) -> PolicyNote:
        missing = failing(policy.pods, subject.labels)
        if missing:
            why = f"does not select {subject.label}: {say_miss(policy.pods, subject.labels)}"
            return PolicyNote(policy, selects=False, affects=False, why=why, rules=(), missing=len(missing))
        selected = say_selector(policy.pods, "every pod of the namespace")
        if self._direction not in policy.types:
            why = f"selects {subject.label}, but {self._direction.lower()} is not affected: policyTypes lacks "
            return PolicyNote(policy, selects=True, affects=False, why=why + self._direction, rules=())
        rules = tuple(self._rule(policy, index, other) for index in range(len(self._rules_of(policy))))
        return PolicyNote(policy, selects=True, affects=True, why=f"selects {subject.label} ({selected})", rules=rules)

    def _admin_note(self, policy: AdminPolicy, subject: Pod, other: Endpoint) -> PolicyNote:
        labels = self._question.world.labels_of(subject.namespace)
        missing = len(failing(policy.namespaces, labels))
        missing += len(failing(policy.pods, subject.labels)) if policy.pods is not None else 0
        if missing:
            return PolicyNote(policy, selects=False, affects=False, why="", rules=(), missing=missing)
        rules = tuple(self._rule(policy, index, other) for index in range(len(self._rules_of(policy))))
        why = f"selects {subject.label}" if rules else f"selects {subject.label}, and has no {self._direction.lower()}"
        return PolicyNote(policy, selects=True, affects=bool(rules), why=why, rules=rules)

    def _rules_of(self, policy: NetworkPolicy | AdminPolicy) -> tuple[Rule, ...]:
        return policy.ingress if self._direction is Direction.INGRESS else policy.egress

    def _rule(self, policy: NetworkPolicy | AdminPolicy, index: int, other: Endpoint) -> RuleNote:
        rule = self._rules_of(policy)[index]
        home = policy.namespace if isinstance(policy, NetworkPolicy) else None
        ingress = self._direction is Direction.INGRESS
        place = f"{'ingress' if ingress else 'egress'}[{index}]"
        ends = "from" if ingress else "to"
        peers = []
        for number, peer in enumerate(rule.peers):
            match, why = say_peer(peer, home, other, self._question)
            peers.append(PeerNote(f"{place}.{ends}[{number}]", match, why, peer.origin))
        peer_match = max((note.match for note in peers), default=Match.YES)
        port_match, ports = self._ports(rule)
        match = peer_match if port_match else Match.NO
        return RuleNote(place, index, match, rule.action, port_match, ports, tuple(peers), peer_match, rule)

    def _ports(self, rule: Rule) -> tuple[bool, str]:
        if not rule.ports:
            return True, "every port"
        destination, protocol, port = self._connection.destination, self._connection.protocol, self._connection.port
        named = isinstance(destination, Pod) and not self._question.as_node(destination)
        declared = destination.ports if isinstance(destination, Pod) and named else ()
        listed = ", ".join(say_port_on(item, declared, destination.label) for item in rule.ports)
        if any(covers(item, protocol, port, declared) for item in rule.ports):
            return True, f"ports are {listed}"
        return False, f"ports are {listed}, asked for {say_asked(port, protocol)}"


def settles(side: Side) -> NetworkPolicy | AdminPolicy | None:
    """The policy that decides at an end; of several that isolate, the one that comes nearest; None where none does."""
    judgement = side.judgement
    if judgement.citation is not None:
        policy = judgement.citation.policy
        return policy if isinstance(policy, NetworkPolicy | AdminPolicy) else None
    if judgement.answer is Answer.DENIED and judgement.isolating:
        nearest = side.nearest
        return nearest.policy if nearest is not None else judgement.isolating[0]
    return None

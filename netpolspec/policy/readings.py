"""One connection under given assumptions, judged at both ends and explained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netpolspec.policy.addresses import possible_families
from netpolspec.policy.assumptions import Assumptions, Verdict
from netpolspec.policy.decision import Answer, Citation, Decision, Endpoint, Judgement, combine
from netpolspec.policy.objects import Direction, Pod, Protocol, Service, Tier
from netpolspec.policy.peers import Question, Surroundings
from netpolspec.policy.selectors import selects
from netpolspec.policy.tiers import Packet, Policies, judge, own_node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netpolspec.policy.objects import Address, AdminPolicy, Cluster, ForeignPolicy, NetworkPolicy


@dataclass(frozen=True, slots=True)
class Connection:
    """Who dials whom: the arguments of `Model.decide`."""

    source: Endpoint
    destination: Endpoint
    protocol: Protocol
    port: int
    via: Service | None = None

    @property
    def ends(self) -> tuple[Endpoint, Endpoint]:
        """The source and the destination."""
        return self.source, self.destination

    @property
    def to_itself(self) -> bool:
        """Whether both ends are one pod."""
        source, destination = self.source, self.destination
        return (
            isinstance(source, Pod)
            and isinstance(destination, Pod)
            and source.name == destination.name
            and source.namespace == destination.namespace
        )


class Judge:
    """Judges connections by walking the policies; nothing in the cluster may change."""

    def __init__(self, cluster: Cluster, world: Surroundings) -> None:
        self._world = world
        self._foreign = cluster.foreign_policies
        self._by_namespace: dict[str, list[NetworkPolicy]] = {}
        for policy in cluster.policies:
            self._by_namespace.setdefault(policy.namespace, []).append(policy)
        self._admin = sorted(cluster.admin_policies, key=lambda policy: policy.priority)
        self._known: dict[tuple[str, bool, frozenset[tuple[str, str]]], Policies] = {}

    def decide(
        self,
        assumptions: Assumptions,
        consulted: set[str],
        connection: Connection,
        seen_as: tuple[Address, ...] | None = None,
    ) -> Decision:
        """Decide a connection without regard to any Service; where it may be of either family, in both.

        Args:
            assumptions: what is assumed.
            consulted: takes the keys of the assumptions that were looked at.
            connection: who dials whom.
            seen_as: the addresses by which blocks are to see the destination, if not its own.
        """
        families = _families(self._world, connection)
        questions = [Question(assumptions, self._world, family, seen_as, consulted) for family in families]
        readings = [self._read(question, connection) for question in questions]
        return settle(readings, Verdict.UNSPECIFIED, "over IPv4 and over IPv6 the answers differ")

    # --- one reading ----------------------------------------------------------------------------------------------

    def _read(self, question: Question, connection: Connection) -> Decision:
        egress = self._judge(question, Direction.EGRESS, connection)
        ingress = self._judge(question, Direction.INGRESS, connection)
        return both_ends(egress, ingress)

    def _judge(self, question: Question, direction: Direction, connection: Connection) -> Judgement:
        subject, other = connection.source, connection.destination
        if direction is Direction.INGRESS:
            subject, other = other, subject
        if not isinstance(subject, Pod):
            return Judgement(direction, Answer.ALLOWED, f"no policy is for {subject.label}")
        foreign = tuple(p for p in self._foreign if p.namespace in {None, subject.namespace})
        if foreign:
            return _judge_foreign(direction, foreign)
        if question.as_node(subject):
            return Judgement(
                direction, Answer.ALLOWED, f"{subject.label} is on the host's network: no policy is for it"
            )
        node = own_node(subject, other, question)
        packet = Packet(direction, subject, other, connection.protocol, connection.port, node)
        return judge(self._policies(subject), packet, question)

    def _policies(self, pod: Pod) -> Policies:
        key = (pod.namespace, pod.template.host_network, frozenset(pod.labels.items()))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._policies_of(pod)
        return found

    def _policies_of(self, pod: Pod) -> Policies:
        mine = [p for p in self._by_namespace.get(pod.namespace, ()) if selects(p.pods, pod.labels)]
        isolating = {d: tuple(p for p in mine if d in p.types) for d in Direction}
        if pod.template.host_network:
            return Policies(isolating, (), ())  # "host-networked pods are not included in subject selection"
        labels = self._world.labels_of(pod.namespace)
        admin = [
            p for p in self._admin if selects(p.namespaces, labels) and (p.pods is None or selects(p.pods, pod.labels))
        ]
        return Policies(isolating, _of(Tier.ADMIN, admin), _of(Tier.BASELINE, admin))


def _of(tier: Tier, policies: Iterable[AdminPolicy]) -> tuple[AdminPolicy, ...]:
    return tuple(policy for policy in policies if policy.tier is tier)


def both_ends(egress: Judgement, ingress: Judgement) -> Decision:
    """What follows from what both ends say."""
    answer = combine(egress.answer, ingress.answer)
    if answer is Answer.ALLOWED:
        because = f"egress: {egress.reason}; ingress: {ingress.reason}"
    else:
        decisive = ingress if ingress.answer is answer else egress
        because = f"{decisive.direction.lower()}: {decisive.reason}"
    return Decision(answer, egress, ingress, (), because)


def whatever_policies_say(answer: Answer, reason: str) -> Decision:
    """An answer that needs no policy."""
    egress, ingress = (Judgement(direction, answer, reason) for direction in (Direction.EGRESS, Direction.INGRESS))
    return Decision(answer, egress, ingress, (), reason)


def _families(world: Surroundings, connection: Connection) -> tuple[int | None, ...]:
    """The families that a connection may be of; None where nothing says."""
    known = [{int(address.version) for address in world.addresses(end)} for end in connection.ends]
    return possible_families(*known)


def _judge_foreign(direction: Direction, foreign: tuple[ForeignPolicy, ...]) -> Judgement:
    more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
    reason = f"{foreign[0].label}{more}: of a kind that the model does not know"
    rivals = tuple(Citation(policy, direction) for policy in foreign)
    return Judgement(direction, Answer.UNKNOWN, reason, rivals=rivals)


def settle(readings: list[Decision], otherwise: Verdict, why: str) -> Decision:
    """The answer that all readings give; where they differ, the verdict, or UNKNOWN where one of them is."""
    first = readings[0]
    if all(reading.answer is first.answer for reading in readings):
        return first
    unknown = [reading for reading in readings if reading.answer is Answer.UNKNOWN]
    return unknown[0] if unknown else stated(first, otherwise, why, readings)


def stated(base: Decision, verdict: Verdict, why: str, readings: list[Decision]) -> Decision:
    """An answer that no policy gives, at the ends of which the readings differ; at both where there is one reading.

    The places that decide in the readings become rivals.
    """
    answer = Answer(str(verdict))
    sides = {}
    for judgement in (base.egress, base.ingress):
        direction = judgement.direction
        all_sides = [side for reading in readings for side in (reading.egress, reading.ingress)]
        here = [side for side in all_sides if side.direction is direction]
        if len(here) > 1 and len({side.answer for side in here}) == 1:
            sides[direction] = judgement
            continue
        rivals = {str(side.citation): side.citation for side in here if side.citation is not None}
        sides[direction] = replace(judgement, answer=answer, reason=why, citation=None, rivals=tuple(rivals.values()))
    return Decision(answer, sides[Direction.EGRESS], sides[Direction.INGRESS], (), why)

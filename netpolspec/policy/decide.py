"""The model: one connection, decided and explained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netpolspec.policy.assumptions import Assumptions, Verdict, choices
from netpolspec.policy.decision import Answer, Citation, Decision, Endpoint, External, Judgement, OnNode, combine
from netpolspec.policy.objects import (
    Address,
    AdminPolicy,
    Cluster,
    Direction,
    ForeignPolicy,
    NetworkPolicy,
    Pod,
    Protocol,
    Service,
    ServiceType,
    Tier,
)
from netpolspec.policy.peers import Question, Surroundings
from netpolspec.policy.selectors import selects
from netpolspec.policy.tiers import Packet, Policies, judge, own_node

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Connection:
    """Who dials whom: the arguments of `Model.decide`."""

    source: Endpoint
    destination: Endpoint
    protocol: Protocol
    port: int
    via: Service | None = None

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


class Model:
    """Decides connections in one cluster under one set of assumptions. Nothing in the cluster may change."""

    def __init__(self, cluster: Cluster, assumptions: Assumptions | None = None) -> None:
        self.cluster = cluster
        self.assumptions = assumptions or Assumptions()
        services = cluster.services.values()
        self._world = Surroundings(
            cluster.namespaces,
            {node.name: node for node in cluster.nodes},
            frozenset(address for service in services for address in service.cluster_addresses),
        )
        self._ends: dict[Address, Endpoint] = {}
        for node in cluster.nodes:
            self._ends.update(dict.fromkeys(node.addresses, OnNode(node.name)))
        for pod in cluster.pods:
            if not pod.template.host_network and not pod.finished:
                self._ends.update(dict.fromkeys(pod.addresses, pod))
        self._by_namespace: dict[str, list[NetworkPolicy]] = {}
        for policy in cluster.policies:
            self._by_namespace.setdefault(policy.namespace, []).append(policy)
        self._admin = sorted(cluster.admin_policies, key=lambda policy: policy.priority)

    def locate(self, address: Address) -> Endpoint:
        """Who has an address: a pod, a node, or somebody outside."""
        return self._ends.get(address) or External(address)

    def decide(
        self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int, *, via: Service | None = None
    ) -> Decision:
        """Decide one connection and say why.

        Args:
            source: where it comes from; need not be one of the cluster's pods.
            destination: the pod or address that is dialled, or that stands behind `via`.
            protocol: the transport protocol.
            port: the port of the destination itself, not the Service's.
            via: the Service through which the destination is reached, if any.
        """
        connection = self._resolve(source, destination, protocol, port, via)
        consulted: set[str] = set()
        decision = self._decide(self.assumptions, consulted, connection)
        used = []
        for key in sorted(consulted):
            others = (value for value in choices(key) if value != self.assumptions.value(key))
            changed = (self.assumptions.with_value(key, value) for value in others)
            if any(self._decide(other, set(), connection).answer is not decision.answer for other in changed):
                used.append(self.assumptions.given(key))
        return replace(decision, assumptions=tuple(used))

    def answer(
        self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int, *, via: Service | None = None
    ) -> Answer:
        """The answer alone."""
        return self._decide(self.assumptions, set(), self._resolve(source, destination, protocol, port, via)).answer

    def _resolve(
        self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int, via: Service | None
    ) -> Connection:
        ends = []
        for end, opposite in ((source, destination), (destination, source)):
            if isinstance(end, External) and end.address is not None:
                ends.append(self._ends.get(end.address, end))
            elif isinstance(end, OnNode) and end.node is None and isinstance(opposite, Pod):
                ends.append(OnNode(opposite.template.node))
            else:
                ends.append(end)
        return Connection(ends[0], ends[1], protocol, port, via)

    def _decide(self, assumptions: Assumptions, consulted: set[str], connection: Connection) -> Decision:
        """One decision for each reading of what is open (the family, whose address is seen), made into one."""
        for end in (connection.source, connection.destination):
            if isinstance(end, Pod) and end.finished:
                return _both(Answer.DENIED, f"{end.label} has finished: nothing reaches it, and it reaches nothing")
        if connection.to_itself:
            if connection.via is not None:
                return self._hairpin(assumptions, consulted, connection)
            return _both(Answer.ALLOWED, "a pod always reaches itself")
        families = _families(self._world, connection)
        questions = [Question(assumptions, self._world, family, None, consulted) for family in families]
        readings = [self._read(question, connection) for question in questions]
        settled = _settle(readings, Verdict.UNSPECIFIED, "over IPv4 and over IPv6 the answers differ")
        if connection.via is None:
            return settled
        if isinstance(connection.source, External):
            return self._through_node_port(assumptions, consulted, connection, connection.via, settled)
        question = Question(assumptions, self._world, None, connection.via.cluster_addresses, consulted)
        return _settle([settled, self._read(question, connection)], Verdict.UNSPECIFIED, _CLUSTER_ADDRESS)

    def _hairpin(self, assumptions: Assumptions, consulted: set[str], connection: Connection) -> Decision:
        reading = self._read(Question(assumptions, self._world), connection)
        if reading.egress.tier is None and reading.ingress.tier is None:
            return reading
        consulted.add("hairpin")
        return _stated(reading, assumptions.hairpin, _HAIRPIN, [reading])

    def _through_node_port(
        self, assumptions: Assumptions, consulted: set[str], connection: Connection, via: Service, plain: Decision
    ) -> Decision:
        if via.type not in (ServiceType.NODE_PORT, ServiceType.LOAD_BALANCER):
            return plain
        entries = (OnNode(), *(OnNode(name) for name in self._world.nodes or ("",)))
        from_node = [replace(connection, source=node) for node in entries]
        readings = [plain, *(self._read(Question(assumptions, self._world), other) for other in from_node)]
        if len({reading.answer for reading in readings}) > 1:
            consulted.add("nodeport-snat")
        return _settle(readings, assumptions.nodeport_snat, _SNAT)

    # --- one reading ----------------------------------------------------------------------------------------------

    def _read(self, question: Question, connection: Connection) -> Decision:
        egress = self._judge(question, Direction.EGRESS, connection)
        ingress = self._judge(question, Direction.INGRESS, connection)
        answer = combine(egress.answer, ingress.answer)
        if answer is Answer.ALLOWED:
            because = f"egress: {egress.reason}; ingress: {ingress.reason}"
        else:
            decisive = ingress if ingress.answer is answer else egress
            because = f"{decisive.direction.lower()}: {decisive.reason}"
        return Decision(answer, egress, ingress, (), because)

    def _judge(self, question: Question, direction: Direction, connection: Connection) -> Judgement:
        subject, other = connection.source, connection.destination
        if direction is Direction.INGRESS:
            subject, other = other, subject
        if not isinstance(subject, Pod):
            return Judgement(direction, Answer.ALLOWED, f"no policy is for {subject.label}")
        foreign = tuple(p for p in self.cluster.foreign_policies if p.namespace in {None, subject.namespace})
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
        mine = [p for p in self._by_namespace.get(pod.namespace, ()) if selects(p.pods, pod.labels)]
        isolating = {d: tuple(p for p in mine if d in p.types) for d in Direction}
        if pod.template.host_network:
            return Policies(isolating, (), ())  # "host-networked pods are not included in subject selection"
        labels = self._world.labels_of(pod.namespace)
        admin = [
            p for p in self._admin if selects(p.namespaces, labels) and (p.pods is None or selects(p.pods, pod.labels))
        ]
        return Policies(isolating, _of(Tier.ADMIN, admin), _of(Tier.BASELINE, admin))


_HAIRPIN = "a pod to itself through its own Service: the API does not define what policies see"
_SNAT = "whether a policy sees the client's address or a node's is not defined by the API"
_CLUSTER_ADDRESS = "whether a block of addresses sees the Service's address or the endpoint's is not defined by the API"


def _of(tier: Tier, policies: Iterable[AdminPolicy]) -> tuple[AdminPolicy, ...]:
    return tuple(policy for policy in policies if policy.tier is tier)


def _both(answer: Answer, reason: str) -> Decision:
    egress, ingress = (Judgement(direction, answer, reason) for direction in (Direction.EGRESS, Direction.INGRESS))
    return Decision(answer, egress, ingress, (), reason)


def _families(world: Surroundings, connection: Connection) -> tuple[int | None, ...]:
    """The families that a connection may be of; None where there is one or nothing says."""
    known = [
        {address.version for address in world.addresses(end)} for end in (connection.source, connection.destination)
    ]
    common = set.intersection(*known) if all(known) else set.union(*known)
    return tuple(sorted(common)) if len(common) > 1 else (None,)


def _judge_foreign(direction: Direction, foreign: tuple[ForeignPolicy, ...]) -> Judgement:
    more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
    reason = f"{foreign[0].label}{more}: of a kind that the model does not know"
    rivals = tuple(Citation(policy, direction) for policy in foreign)
    return Judgement(direction, Answer.UNKNOWN, reason, rivals=rivals)


def _settle(readings: list[Decision], otherwise: Verdict, why: str) -> Decision:
    """The answer that all readings give; where they differ, the verdict."""
    first = readings[0]
    if all(reading.answer is first.answer for reading in readings):
        return first
    return _stated(first, otherwise, why, readings)


def _stated(base: Decision, verdict: Verdict, why: str, readings: Iterable[Decision]) -> Decision:
    """An answer that no policy gives; the places that decide in the readings become rivals."""
    answer = Answer(str(verdict))
    judgements = {}
    for judgement in (base.egress, base.ingress):
        all_sides = (side for reading in readings for side in (reading.egress, reading.ingress))
        cited = (side.citation for side in all_sides if side.direction is judgement.direction)
        rivals = tuple({str(citation): citation for citation in cited if citation is not None}.values())
        judgements[judgement.direction] = replace(judgement, answer=answer, reason=why, citation=None, rivals=rivals)
    return Decision(answer, judgements[Direction.EGRESS], judgements[Direction.INGRESS], (), why)

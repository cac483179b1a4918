"""The model: what one connection, or every port between two ends, is answered, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import ip_network
from typing import TYPE_CHECKING, NamedTuple

from netpolspec.policy.addresses import AddressSpace
from netpolspec.policy.assumptions import Assumptions, choices
from netpolspec.policy.decision import Answer, Decision, Endpoint, External, OnNode
from netpolspec.policy.indirect import Translator
from netpolspec.policy.kinds import Vocabulary
from netpolspec.policy.objects import Pod, Protocol, ServiceType
from netpolspec.policy.peers import Surroundings
from netpolspec.policy.readings import Connection, Judge

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from netpolspec.policy.index import Index, Outcome
    from netpolspec.policy.kinds import Kind
    from netpolspec.policy.objects import Address, Cluster, Network, Service
    from netpolspec.policy.portspace import Ranges


@dataclass(frozen=True, slots=True)
class Reachable:
    """Every port between two ends; a port in neither is denied."""

    allowed: Mapping[Protocol, Ranges]
    undecided: Mapping[Protocol, Ranges]
    """Answered `unspecified` or `unknown`."""

    @property
    def everything(self) -> bool:
        """Whether every port of every protocol is allowed."""
        return all(self.allowed[protocol] == ((1, 65535),) for protocol in Protocol)


class _Known(NamedTuple):
    """What is kept about a pod that was asked about; with the pod, since its identity is the key."""

    pod: Pod
    kind: Kind
    number: int
    """Equal for pods of which the same is said in the same words."""


def _same(one: Endpoint, other: Endpoint) -> bool:
    """Whether two endpoints are one pod."""
    return (
        isinstance(one, Pod) and isinstance(other, Pod) and one.name == other.name and one.namespace == other.namespace
    )


class Model:
    """Decides connections in one cluster under one set of assumptions. Nothing in the cluster may change."""

    def __init__(self, cluster: Cluster, assumptions: Assumptions | None = None, *, others: Iterable[Pod] = ()) -> None:
        """Take a cluster.

        Args:
            cluster: the objects.
            assumptions: what is assumed where the API leaves something open; by default the usual.
            others: pods that are no part of the cluster and will be asked about. Any pod may be; these are compiled
                with the rest, so that `answer` is as fast for them as for the cluster's own.
        """
        self.cluster = cluster
        self.assumptions = assumptions or Assumptions()
        self._others = tuple(others)
        self._world = Surroundings(cluster.namespaces, {node.name: node for node in cluster.nodes})
        self._judge = Translator(cluster, Judge(cluster, self._world))
        self._ends: dict[Address, Endpoint] = {}
        for node in cluster.nodes:
            self._ends.update(dict.fromkeys(node.addresses, OnNode(node.name)))
        for pod in cluster.pods:
            if not pod.template.host_network and not pod.finished:
                self._ends.update(dict.fromkeys(pod.addresses, pod))
        self._outcomes: dict[tuple[int, int], Outcome] = {}
        self._answers: dict[Hashable, Answer] = {}
        self._decisions: dict[Hashable, Decision] = {}
        self._pods: dict[int, _Known] = {}
        self._numbers: dict[Hashable, int] = {}

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self.cluster, self._world)

    @cached_property
    def index(self) -> Index:
        """The compiled form of the cluster, made when it is first needed."""
        from netpolspec.policy.index import Index

        return Index(self.cluster, self._vocabulary, self._world, self.assumptions, self._others)

    def locate(self, address: Address) -> Endpoint:
        """Who has an address: a pod, a node, or somebody outside."""
        return self._ends.get(address) or External(address)

    def told_apart(self, network: Network) -> tuple[Address, ...]:
        """The first address of each part of a network that no policy, pod, node or Service divides."""
        return self._addresses.told_apart(network)

    @cached_property
    def _addresses(self) -> AddressSpace:
        own = {address for pod in self.cluster.pods for address in pod.addresses}.union(
            self._ends, *(service.cluster_addresses for service in self.cluster.services.values())
        )
        return AddressSpace((*self._vocabulary.networks, *map(ip_network, own)))

    def decide(
        self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int, *, via: Service | None = None
    ) -> Decision:
        """Decide one connection and say why.

        Args:
            source: where it comes from; need not be one of the cluster's pods.
            destination: the pod or address that is dialled, or that stands behind `via`. An address of a Service or
                a port of a node leads to the endpoints.
            protocol: the transport protocol.
            port: the port of the destination: with `via`, the endpoint's.
            via: the Service that was dialled, where `destination` is one of its endpoints.
        """
        key = self._key(source, destination, protocol, port, via)
        decision = self._decisions.get(key)
        if decision is None:
            connection = self.resolve(source, destination, protocol, port, via)
            decision = self._decisions[key] = self._explained(connection)
        return decision

    def _explained(self, connection: Connection) -> Decision:
        """A decision with the assumptions on which it rests: those of which another value gives another answer."""
        consulted: set[str] = set()
        decision = self._judge.decide(self.assumptions, consulted, connection)
        used = []
        for key in sorted(consulted):
            others = (value for value in choices(key) if value != self.assumptions.value(key))
            changed = (self.assumptions.with_value(key, value) for value in others)
            if any(self._judge.decide(other, set(), connection).answer is not decision.answer for other in changed):
                used.append(self.assumptions.given(key))
        return replace(decision, assumptions=tuple(used))

    def answer(
        self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int, *, via: Service | None = None
    ) -> Answer:
        """The answer that `decide` would give, alone and fast: what is learnt about two kinds of pods is kept."""
        outcome = self._outcome(source, destination, via)
        if outcome is None:
            return self._walked(source, destination, protocol, port, via)
        bit = self.index.ports.bit(protocol, port)
        if outcome.allowed & bit:
            return Answer.ALLOWED
        if outcome.denied & bit:
            return Answer.DENIED
        return Answer.UNKNOWN if outcome.foreign else Answer.UNSPECIFIED

    def reachable(self, source: Endpoint, destination: Endpoint, *, via: Service | None = None) -> Reachable:
        """The answers for every port of the destination, as ranges."""
        outcome = self._outcome(source, destination, via)
        if outcome is not None:
            space = self.index.ports
            return Reachable(
                space.ranges(outcome.allowed), space.ranges(space.full & ~outcome.allowed & ~outcome.denied)
            )
        space = self.index.port_space(self._cuts(destination))
        sets = dict.fromkeys(Answer, 0)
        for protocol, port in space.samples():
            answer = self._walked(source, destination, protocol, port, via)
            sets[answer] |= space.bit(protocol, port)
        undecided = sets[Answer.UNSPECIFIED] | sets[Answer.UNKNOWN]
        return Reachable(space.ranges(sets[Answer.ALLOWED]), space.ranges(undecided))

    def _cuts(self, destination: Endpoint) -> Iterator[tuple[Protocol, int]]:
        """Ports that may answer otherwise than their neighbours, beside those that policies name by number."""
        if isinstance(destination, Pod):
            yield from ((port.protocol, port.number) for port in destination.ports)
            return
        for service in self.cluster.services.values():
            for item in service.ports:
                yield item.protocol, item.number
                if item.node_port is not None:
                    yield item.protocol, item.node_port

    def ping(self, source: Endpoint, destination: Endpoint) -> Answer:
        """Whether ICMP gets through, which NetworkPolicy does not define.

        What policies leave open on every port of every protocol they do not restrict; else it is as `icmp` assumes.
        """
        reachable = self.reachable(source, destination)
        if reachable.everything:
            return Answer.ALLOWED
        return Answer(str(self.assumptions.icmp))

    # --- the two ways to an answer --------------------------------------------------------------------------------

    def _outcome(self, source: Endpoint, destination: Endpoint, via: Service | None) -> Outcome | None:
        """What the index says of two pods; None where the answer depends on more than their kinds."""
        if via is not None and via.cluster_addresses and not via.headless:
            return None
        index = self.index
        one, other = index.by_id.get(id(source)), index.by_id.get(id(destination))
        if one is not None and other is not None and one != other:
            outcome = self._outcomes.get((one, other))
            if outcome is not None:
                return outcome
        if not (isinstance(source, Pod) and isinstance(destination, Pod)):
            return None
        one = index.number(self._known(source).kind) if one is None else one
        other = index.number(self._known(destination).kind) if other is None else other
        if one is None or other is None or (one == other and _same(source, destination)):
            return None
        if (index.universe.host >> one | index.universe.host >> other) & 1:
            return None  # it matters whether they share a node
        outcome = self._outcomes.get((one, other))
        if outcome is None:
            outcome = self._outcomes[one, other] = index.between(one, other)
        return outcome

    def _walked(
        self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int, via: Service | None
    ) -> Answer:
        key = self._key(source, destination, protocol, port, via)
        answer = self._answers.get(key)
        if answer is None:
            connection = self.resolve(source, destination, protocol, port, via)
            answer = self._answers[key] = self._judge.decide(self.assumptions, set(), connection).answer
        return answer

    def _key(
        self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int, via: Service | None
    ) -> Hashable:
        """What is equal for connections that are decided alike, and for the same reasons."""
        one = self._known(source).number if isinstance(source, Pod) else source
        other = self._known(destination).number if isinstance(destination, Pod) else destination
        itself = one == other and _same(source, destination)
        return (one, other, itself, id(protocol), port, None if via is None else (via.namespace, via.name))

    def _known(self, pod: Pod) -> _Known:
        known = self._pods.get(id(pod))
        if known is None:
            kind = self._vocabulary.describe(pod)
            label = pod.label if kind.host_network or kind.finished else ""  # reasons name these
            number = self._numbers.setdefault((kind, pod.template.node, label), len(self._numbers))
            known = self._pods[id(pod)] = _Known(pod, kind, number)
        return known

    def resolve(
        self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int, via: Service | None
    ) -> Connection:
        """Who is meant: addresses of the cluster's own, the other end's node; no Service where none translates."""
        ends = []
        for end, opposite in ((source, destination), (destination, source)):
            if isinstance(end, External) and end.address is not None:
                ends.append(self._ends.get(end.address, end))
            elif isinstance(end, OnNode) and end.node is None and isinstance(opposite, Pod):
                ends.append(OnNode(opposite.template.node))
            else:
                ends.append(end)
        translated = via if via is not None and not via.headless and via.type is not ServiceType.EXTERNAL_NAME else None
        return Connection(ends[0], ends[1], protocol, port, translated)

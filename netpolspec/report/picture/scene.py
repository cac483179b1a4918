"""What a picture of a world shows: namespaces, who is in them, the policies there, and who may talk to whom.

Arrows are the model's answers for the ports that a workload declares. Where all of a namespace reach a workload alike,
one arrow begins at the namespace: a picture with an arrow for each pair would be black.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Refusal
from netpolspec.load.resource import assemble_resources
from netpolspec.plan.model import AddressEnd, Change, Check, ClientEnd
from netpolspec.plan.resolve import Inhabitants
from netpolspec.policy.assumptions import Assumptions
from netpolspec.policy.decide import Model
from netpolspec.policy.decision import Answer, External
from netpolspec.policy.objects import Pod, Protocol
from netpolspec.policy.selectors import selects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from netpolspec.plan.model import Point, Scenario, World
    from netpolspec.policy.decision import Endpoint
    from netpolspec.policy.objects import Cluster, NetworkPolicy

OUTSIDE = "outside the cluster"
_SYSTEM = "kube-system"
_MOST_PORTS = 3


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who talks or is talked to."""

    room: str
    """The namespace, or OUTSIDE."""
    name: str
    """As the namespace's people call it; of a client its labels."""
    ports: tuple[str, ...]
    """What it declares: `80`, `53/UDP`; empty for clients."""
    is_client: bool
    """A pod of the runner's own, or an address: nobody talks to it."""
    policies: tuple[str, ...] = ()
    """The NetworkPolicies that select it."""

    @property
    def key(self) -> tuple[str, str]:
        """What arrows call it."""
        return self.room, self.name


@dataclass(frozen=True, slots=True)
class Room:
    """A namespace, or what is outside."""

    name: str
    actors: tuple[Actor, ...]
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """Somebody may talk to somebody."""

    source: tuple[str, str]
    """An actor's key, or a namespace and an empty name: all in it."""
    destination: tuple[str, str]
    ports: str
    """Which ports, where it is not all that the destination declares."""
    undecided: bool
    """Whether the API leaves it open."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole picture."""

    title: str
    rooms: tuple[Room, ...]
    arrows: tuple[Arrow, ...]
    cluster_wide: tuple[str, ...]
    """Policies that belong to no namespace."""

    @property
    def actors(self) -> int:
        """How many there are."""
        return sum(len(room.actors) for room in self.rooms)


def scene_of_scenario(scenario: Scenario, assumptions: Assumptions | None = None) -> Scene:
    """The world in which a scenario ends, with those who are asked about in it."""
    world: World = {}
    points: list[Point] = []
    for step in scenario.steps:
        match step:
            case Change(world=world):
                pass
            case Check():
                points += step.points
    cluster = assemble_resources(world.values())
    return scene_of_cluster(cluster, scenario.name, assumptions, points)


def scene_of_cluster(
    cluster: Cluster, title: str, assumptions: Assumptions | None = None, points: Iterable[Point] = ()
) -> Scene:
    """The picture of a cluster.

    Args:
        cluster: the objects.
        title: what the picture is called.
        assumptions: what is assumed where the API leaves something open.
        points: test points, whose sources are in the picture too.
    """
    ends = {**_workloads(cluster), **_askers(cluster, points)}
    model = Model(cluster, assumptions or Assumptions())
    allowed = {key: dict(_reach(model, key, end, ends)) for key, end in ends.items() if not end.actor.is_client}
    if _is_plain_dns(cluster, allowed, ends):
        ends = {key: end for key, end in ends.items() if key[0] != _SYSTEM}
        allowed = {key: sources for key, sources in allowed.items() if key[0] != _SYSTEM}
    rooms = tuple(_rooms(cluster, [end.actor for end in ends.values()]))
    arrows = tuple(arrow for key, sources in allowed.items() for arrow in _arrows(key, sources, rooms))
    wide = (*(each.label for each in cluster.admin_policies), *(each.label for each in cluster.foreign_policies))
    return Scene(title, rooms, arrows, wide)


@dataclass(frozen=True, slots=True)
class _End:
    """An actor, and somebody to ask the model about in its place."""

    actor: Actor
    endpoint: Endpoint


_Ends = dict[tuple[str, str], _End]
_Reached = tuple[str, bool]
"""Ports as an arrow says them, and whether they are undecided."""


def _workloads(cluster: Cluster) -> _Ends:
    found: _Ends = {}
    for pod in cluster.pods:
        if not pod.finished and pod.owner.name:
            ports = tuple(dict.fromkeys(_port(port.protocol, port.number) for port in pod.ports))
            policies = tuple(policy.name for policy in cluster.policies if _applies(policy, pod))
            actor = Actor(pod.namespace, pod.owner.name, ports, is_client=False, policies=policies)
            found.setdefault(actor.key, _End(actor, pod))
    return found


def _askers(cluster: Cluster, points: Iterable[Point]) -> _Ends:
    """The runner's own clients and the addresses that points ask from."""
    found: _Ends = {}
    inhabitants = Inhabitants(cluster)
    for text, point in {point.source_text: point for point in points}.items():
        try:
            sources = inhabitants.sources(point)
        except Refusal:
            continue  # it meant something before the world changed
        for source in sources:
            if isinstance(source, ClientEnd):
                pod = source.pod
                name = text.partition("[")[2].rstrip("]") or "client"
                policies = tuple(policy.name for policy in cluster.policies if _applies(policy, pod))
                actor = Actor(pod.namespace, name, (), is_client=True, policies=policies)
                found.setdefault(actor.key, _End(actor, pod))
            elif isinstance(source, AddressEnd):
                network = source.network
                address = network if not hasattr(network, "network_address") else network.network_address
                actor = Actor(OUTSIDE, text, (), is_client=True)
                found.setdefault(actor.key, _End(actor, External(address)))
    return found


def _applies(policy: NetworkPolicy, pod: Pod) -> bool:
    return policy.namespace == pod.namespace and selects(policy.pods, pod.labels)


def _port(protocol: Protocol, number: int) -> str:
    return str(number) if protocol is Protocol.TCP else f"{number}/{protocol}"


def _reach(
    model: Model, key: tuple[str, str], end: _End, ends: _Ends
) -> Iterator[tuple[tuple[str, str], _Reached | None]]:
    """What each other actor reaches of a workload; None: nothing."""
    pod = end.endpoint
    assert isinstance(pod, Pod)  # noqa: S101 - clients are nobody's destination
    ports = tuple(dict.fromkeys((port.protocol, port.number) for port in pod.ports)) or ((Protocol.TCP, 1),)
    for other, source in ends.items():
        if other != key:
            answers = [(port, model.answer(source.endpoint, pod, *port)) for port in ports]
            yes = [_port(*port) for port, answer in answers if answer is Answer.ALLOWED]
            open_ = [_port(*port) for port, answer in answers if answer not in {Answer.ALLOWED, Answer.DENIED}]
            told = yes or open_
            whole = len(told) == len(ports)
            yield other, (_listed(() if whole else told), not yes) if told else None


def _listed(ports: Sequence[str]) -> str:
    more = f" +{len(ports) - _MOST_PORTS}" if len(ports) > _MOST_PORTS else ""
    return ", ".join(ports[:_MOST_PORTS]) + more


def _is_plain_dns(
    cluster: Cluster, allowed: Mapping[tuple[str, str], Mapping[tuple[str, str], _Reached | None]], ends: _Ends
) -> bool:
    """Whether kube-system holds nothing but the DNS that every cluster has, and everybody reaches it."""
    inside = [key for key in ends if key[0] == _SYSTEM]
    plain = {name for _, name in inside} <= {"coredns", "kube-dns"} and not any(ends[k].actor.is_client for k in inside)
    policed = any(policy.namespace == _SYSTEM for policy in cluster.policies)
    return plain and not policed and all(sources is not None for key in inside for sources in allowed[key].values())


def _rooms(cluster: Cluster, actors: Sequence[Actor]) -> Iterator[Room]:
    names = dict.fromkeys(actor.room for actor in actors)
    names |= dict.fromkeys(policy.namespace for policy in cluster.policies)
    names |= dict.fromkeys(name for name in cluster.namespaces if name not in {_SYSTEM, "default"})
    for name in sorted(names, key=lambda name: (name == OUTSIDE, name)):
        held = sorted(
            (actor for actor in actors if actor.room == name), key=lambda actor: (actor.is_client, actor.name)
        )
        policies = tuple(policy.name for policy in cluster.policies if policy.namespace == name)
        yield Room(name, tuple(held), policies)


def _arrows(
    key: tuple[str, str], sources: Mapping[tuple[str, str], _Reached | None], rooms: Sequence[Room]
) -> Iterator[Arrow]:
    """The arrows to one workload; one from a whole namespace where all in it, two at least, reach the same."""
    for room in rooms:
        reached = {actor.key: sources.get(actor.key) for actor in room.actors if actor.key != key}
        told = set(reached.values())
        if len(reached) > 1 and len(told) == 1 and room.name not in {key[0], OUTSIDE}:
            one = told.pop()
            if one is not None:
                yield Arrow((room.name, ""), key, *one)
            continue
        for source, what in reached.items():
            if what is not None:
                yield Arrow(source, key, *what)

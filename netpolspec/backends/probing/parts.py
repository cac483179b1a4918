"""What a test point comes down to on a live cluster: which pod dials whom, on which way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from netpolspec.backends import tree
from netpolspec.backends.options import Paths
from netpolspec.backends.probing.clients import Client
from netpolspec.backends.probing.converge import Aim, Source
from netpolspec.backends.probing.probe import Dial, How
from netpolspec.plan.model import AddressEnd, ClientEnd, DomainEnd, NodeEnd, PodEnd
from netpolspec.policy.objects import Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from netpolspec.backends.live import LivePod
    from netpolspec.plan.model import Point, Probe, SourceEnd, Via

_DNS_PORT = 53


@dataclass(frozen=True, slots=True)
class Target:
    """A pod that may answer, and the port of it."""

    pod: LivePod
    port: int


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One way in which a point is tested: all parts must answer as the point expects. Compared by identity."""

    point: Point
    source: Source
    source_node: str
    source_pod: SourceEnd
    """What the model takes the source for."""
    dial: Dial
    targets: tuple[Target, ...]
    """Who may answer: one pod, or the endpoints of the Service that is dialled; nobody outside the cluster."""
    via: Via | None

    @property
    def aim(self) -> Aim:
        """What is dialled, and from where."""
        return Aim(self.source, self.dial)

    @property
    def label(self) -> str:
        """Source and destination with their nodes, for people."""
        where = f"{self.source.namespace}/{self.source.pod} ({self.source_node})"
        if self.via is not None:
            service = self.via.service
            pods = ", ".join(target.pod.label for target in self.targets) or "no endpoints"
            return f"{where} -> Service {service.namespace}/{service.name} {self.dial.target} ({pods})"
        if self.targets:
            pod = self.targets[0].pod
            return f"{where} -> {pod.label} {self.dial.target} ({pod.node})"
        return f"{where} -> {self.dial.target}"


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes on which clients can be put."""

    schedulable: tuple[str, ...]
    paths: Paths

    @property
    def spread(self) -> bool:
        """Whether a client is put on several nodes."""
        return self.paths is Paths.BOTH and len(self.schedulable) > 1

    @property
    def homes(self) -> tuple[str | None, ...]:
        """Where every client has a pod."""
        return self.schedulable[:2] if self.spread else (None,)

    def towards(self, node: str | None) -> tuple[str | None, ...]:
        """Where a client dials from to reach a pod on a node by both ways: from that node, and from another."""
        if not self.spread:
            return (None,)
        others = [home for home in self.homes if home != node]
        if node is None or node not in self.schedulable:
            return self.homes
        return (node, others[0])


def wanted_clients(points: Iterable[Point], nodes: Nodes) -> tuple[Client, ...]:
    """The clients that points name as their source, before anything is known of their destinations."""
    from netpolspec.syntax.names import ClientSource

    named = dict.fromkeys(point.source for point in points if isinstance(point.source, ClientSource))
    return tuple(
        Client(source.namespace, tuple(sorted(source.labels)), node) for source in named for node in nodes.homes
    )


class Surveyor:
    """Turns points into parts, in one state of the cluster."""

    def __init__(self, pods: Mapping[tuple[str, str], LivePod], nodes: Nodes, image: str) -> None:
        self.pods = pods
        self._nodes = nodes
        self._image = image

    def parts(self, point: Point, probes: Sequence[Probe]) -> tuple[Part, ...]:
        """The parts of a point; none where its source is not a pod, so that no packet can be sent."""
        made: dict[Aim, Part] = {}
        for group in _grouped(point, probes).values():
            for part in self._parts(point, group):
                made.setdefault(part.aim, part)
        return tuple(made.values())

    def clients(self, point: Point, probes: Sequence[Probe]) -> Iterator[Client]:
        """The clients that the parts will need."""
        for group in _grouped(point, probes).values():
            if isinstance(group[0].source, ClientEnd):
                yield from self._clients(group[0].source, self._targets(group))

    def _targets(self, group: Sequence[Probe]) -> tuple[Target, ...]:
        found = [
            (self.pods.get((probe.destination.pod.namespace, probe.destination.pod.name)), probe.port)
            for probe in group
            if isinstance(probe.destination, PodEnd)
        ]
        return tuple(dict.fromkeys(Target(pod, port) for pod, port in found if pod is not None))

    def _clients(self, end: ClientEnd, targets: Sequence[Target]) -> tuple[Client, ...]:
        client = Client(end.pod.namespace, tuple(sorted(end.pod.labels.items())))
        node = targets[0].pod.node if len(targets) == 1 else None
        return tuple(client.on(each) if each else client for each in self._nodes.towards(node))

    def _sources(self, end: SourceEnd, targets: Sequence[Target]) -> Iterator[tuple[Source, str]]:
        match end:
            case ClientEnd():
                for client in self._clients(end, targets):
                    pod = self.pods.get((client.namespace, client.pod))
                    yield Source(client.namespace, client.pod), pod.node if pod is not None else "?"
            case PodEnd(pod=pod):
                live = self.pods.get((pod.namespace, pod.name))
                yield Source(pod.namespace, pod.name), live.node if live is not None else "?"
            case AddressEnd() | NodeEnd():
                return
            case _:
                assert_never(end)

    def _parts(self, point: Point, group: Sequence[Probe]) -> Iterator[Part]:
        probe = group[0]
        targets = self._targets(group)
        dials = tuple(self._dials(point, probe, targets))
        for source, node in self._sources(probe.source, targets):
            for dial, whom, via in dials:
                itself = [each for each in whom if (source.namespace, source.pod) == each.pod.key]
                if via is None and itself and probe.via is not None:
                    continue  # an endpoint's own address: no policy keeps it from that
                yield Part(point, source, node, probe.source, dial, whom, via)

    def _dials(
        self, point: Point, probe: Probe, targets: tuple[Target, ...]
    ) -> Iterator[tuple[Dial, tuple[Target, ...], Via | None]]:
        """What is dialled, who may answer, and through which Service."""
        if probe.via is not None and (point.by_name or not probe.via.service.headless):
            service = probe.via.service
            names = (f"{service.name}.{service.namespace}.svc",)
            for host in names if point.by_name else tuple(map(str, service.cluster_addresses)):
                yield Dial(host, probe.via.port, self._how(point, probe, targets), point.allowed), targets, probe.via
            if len(targets) == 1 or service.headless:
                return
            # Whom the Service picks is left to chance: so that each endpoint is judged, its own address is dialled too.
        for target in targets:
            for address in target.pod.addresses:
                yield Dial(address, target.port, self._how(point, probe, (target,)), point.allowed), (target,), None
        match probe.destination:
            case AddressEnd(network=network):
                yield Dial(str(network), probe.port, self._how(point, probe, ()), point.allowed), (), None
            case DomainEnd(name=name):
                yield Dial(f"{name}.", probe.port, self._how(point, probe, ()), point.allowed), (), None
            case PodEnd() | None:
                pass

    def _how(self, point: Point, probe: Probe, targets: Sequence[Target]) -> How:
        ours = bool(targets) and all(serves(each.pod, probe.protocol, each.port, self._image) for each in targets)
        match probe.protocol:
            case Protocol.TCP:
                return How.REPLY if ours and point.allowed else How.CONNECT
            case Protocol.UDP:
                return How.QUERY if probe.port == _DNS_PORT and not ours else How.DATAGRAM
            case Protocol.SCTP:
                return How.SCTP
            case _:
                assert_never(probe.protocol)


def _grouped(point: Point, probes: Sequence[Probe]) -> Mapping[object, list[Probe]]:
    """Probes that are one dial: those from one source to the same port of one Service."""
    groups: dict[object, list[Probe]] = {}
    for probe in probes:
        source = probe.source.pod.label if isinstance(probe.source, (ClientEnd, PodEnd)) else repr(probe.source)
        if probe.via is not None and (point.by_name or not probe.via.service.headless):
            service = probe.via.service
            key: object = (source, service.namespace, service.name, probe.via.port, probe.protocol)
        else:
            end = probe.destination.pod.label if isinstance(probe.destination, PodEnd) else repr(probe.destination)
            key = (source, end, probe.port, probe.protocol)
        groups.setdefault(key, []).append(probe)
    return groups


def serves(pod: LivePod, protocol: Protocol, port: int, image: str) -> bool:
    """Whether a server of ours stands behind a port of a pod."""
    return any(
        container.get("image") == image and tree.text(container, "name") == f"serve-{protocol.lower()}-{port}"
        for container in tree.rows(pod.manifest, "spec", "containers")
    )

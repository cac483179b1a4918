"""Whom the ends of a test point mean in a world, and which probes the point comes down to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias, assert_never

from netpolspec.diagnostics import Diagnostic, Refusal, nearest
from netpolspec.plan.model import AddressEnd, ClientEnd, DomainEnd, NodeEnd, PodEnd, Probe, Via
from netpolspec.policy.decision import External
from netpolspec.policy.objects import Pod, PodTemplate, Protocol, WorkloadRef
from netpolspec.policy.services import resolve as endpoints_of
from netpolspec.syntax.names import AddressName, ClientSource, DomainName, NodeName, PodsName, ServiceName, WorkloadName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from netpolspec.plan.model import DestinationEnd, Point, SourceEnd
    from netpolspec.policy.objects import Cluster, Service
    from netpolspec.source import Span
    from netpolspec.syntax.names import DestinationName, SourceName

CLIENT = "netpolspec-client"
"""The name of the runner's own pods where no cluster gives them one."""

_CONJUNCTIONS = frozenset({"and", "or"})
"""Words that are a namespace only where there is one of that name."""
_CELLS = frozenset({".", "X"})
"""What stands in a truth table where a destination is asserted; no destination is written so."""

_Guess: TypeAlias = "Callable[[], str | None]"
Dial: TypeAlias = tuple["DestinationEnd | None", Protocol, int, "Via | None"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a name means nothing here, or a warning about what it means; the caller knows the place."""

    code: str
    message: str
    help: tuple[str, ...] = ()

    def at(self, span: Span) -> Diagnostic:
        """The problem as a message."""
        return Diagnostic(self.code, self.message, span, self.help)


class _Unknown(Exception):  # noqa: N818 - says what happened
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Inhabitants:
    """Everybody that a name can mean in one world. Policies do not matter here."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._pods: dict[str, list[Pod]] = {}
        for pod in cluster.pods:
            self._pods.setdefault(pod.namespace, []).append(pod)
        self._sources: dict[str, tuple[SourceEnd, ...] | Problem] = {}
        self._destinations: dict[str, tuple[tuple[Dial, ...], tuple[Problem, ...]] | Problem] = {}

    def probes(self, point: Point) -> tuple[Probe, ...]:
        """The probes of a point: each source with each destination.

        Raises:
            Refusal: a name in it means nothing in this world.
        """
        sources, dials = self.sources(point), self.dials(point)
        return tuple(Probe(source, end, proto, port, via) for source in sources for end, proto, port, via in dials)

    def sources(self, point: Point) -> tuple[SourceEnd, ...]:
        """Whom the source means; at least one.

        Raises:
            Refusal: nobody.
        """
        found = self._sources.get(point.source_text)
        if found is None:
            try:
                found = self._find_sources(point.source)
            except _Unknown as unknown:
                found = unknown.problem
            self._sources[point.source_text] = found
        if isinstance(found, Problem):
            raise Refusal(found.at(point.source_span))
        return found

    def dials(self, point: Point) -> tuple[Dial, ...]:
        """Whom the destination means, and on which ports; at least one.

        Raises:
            Refusal: nobody.
        """
        found = self._find_dials(point)
        if isinstance(found, Problem):
            if point.destination_span.text in _CELLS:
                found = replace(found, help=(*found.help, "or write '-': a cell without a destination is not asserted"))
            raise Refusal(found.at(point.destination_span))
        return found[0]

    def warnings(self, point: Point) -> tuple[Problem, ...]:
        """What is legal in the destination, but seldom meant."""
        found = self._find_dials(point)
        return () if isinstance(found, Problem) else found[1]

    def _find_dials(self, point: Point) -> tuple[tuple[Dial, ...], tuple[Problem, ...]] | Problem:
        found = self._destinations.get(point.destination_text)
        if found is None:
            warnings: list[Problem] = []
            try:
                found = (
                    tuple(self._find_destinations(point.destination, point.destination_text, warnings)),
                    tuple(warnings),
                )
            except _Unknown as unknown:
                found = unknown.problem
            self._destinations[point.destination_text] = found
        return found

    # --- sources --------------------------------------------------------------------------------------------------

    def _find_sources(self, source: SourceName) -> tuple[SourceEnd, ...]:
        match source:
            case ClientSource(namespace=namespace, labels=labels):
                self._require_namespace(namespace, lambda: self._workload_elsewhere(namespace))
                template = PodTemplate(dict(labels), (), host_network=False)
                owner = WorkloadRef("Pod", namespace, CLIENT)
                origin = self.cluster.namespaces[namespace].origin
                pod = Pod(namespace, CLIENT, template, owner, (), finished=False, origin=origin)  # type: ignore[arg-type]
                return (ClientEnd(pod),)
            case WorkloadName():
                return tuple(PodEnd(pod) for pod in self._workload(source))
            case AddressName(text=text):
                return (_address_end(text),)
            case NodeName():
                return (NodeEnd(),)
            case _:
                assert_never(source)

    def _require_namespace(self, name: str, meant: _Guess | None = None, *otherwise: str) -> None:
        """Make sure of a namespace; else `meant` finds whom the word names, and `otherwise` says what may be meant."""
        if name in self.cluster.namespaces:
            return
        close = (meant() if meant is not None else None) or nearest(name, self.cluster.namespaces)
        if close:
            hints: tuple[str, ...] = (f"did you mean '{close}'?",)
        elif name in _CONJUNCTIONS:
            hints = ("names are separated by commas, as in 'ms-a, ms-b'",)
        else:
            hints = otherwise or (f"add 'given namespace {name}'",)
        raise _Unknown(Problem("unknown-namespace", f"namespace '{name}' does not exist in this world", hints))

    def _service_elsewhere(self, name: str) -> str | None:
        """A Service of that name, as a destination says it."""
        return next((f"{name}.{place}" for place, other in self.cluster.services if other == name), None)

    def _workload_elsewhere(self, name: str) -> str | None:
        """A workload of that name, as an `expect` says it."""
        pods = (pod for here in self._pods.values() for pod in here if pod.owner.name == name)
        return next((f"{pod.namespace}/{name}" for pod in pods), None)

    def _workload(self, name: WorkloadName) -> list[Pod]:
        """The pods of a workload or the pod of that name; finished ones are nobody's ends."""
        self._require_namespace(name.namespace)
        here = self._pods.get(name.namespace, [])
        named = [pod for pod in here if name.name in (pod.owner.name, pod.name)]
        kinds = {pod.owner.kind for pod in named if pod.owner.name == name.name}
        if name.kind is not None:
            named = [
                pod for pod in named if pod.owner.kind.lower() == name.kind.lower() and pod.owner.name == name.name
            ]
        elif len(kinds) > 1:
            choices = " or ".join(f"'{name.namespace}/{kind.lower()}/{name.name}'" for kind in sorted(kinds))
            message = f"'{name.namespace}/{name.name}' is the name of several workloads"
            raise _Unknown(Problem("ambiguous-name", message, (f"say which: {choices}",)))
        elif kinds:
            named = [pod for pod in named if pod.owner.name == name.name]
        shown = f"{name.kind}/{name.name}" if name.kind else name.name
        if not named:
            known = sorted({pod.owner.name for pod in here})
            close = nearest(name.name, known)
            hint = f"did you mean '{name.namespace}/{close}'?" if close else f"workloads there: {_listed(known)}"
            message = f"no workload or pod '{shown}' with pods in namespace '{name.namespace}'"
            raise _Unknown(Problem("unknown-workload", message, (hint,)))
        running = [pod for pod in named if not pod.finished]
        if not running:
            message = f"the pods of '{name.namespace}/{shown}' have finished: nothing reaches them"
            raise _Unknown(Problem("finished-pods", message))
        return running

    # --- destinations ---------------------------------------------------------------------------------------------

    def _find_destinations(self, name: DestinationName, text: str, warnings: list[Problem]) -> Iterable[Dial]:
        match name.whom:
            case ServiceName(name=service, namespace=namespace):
                return self._service(service, namespace, name, text)
            case PodsName(namespace=namespace, labels=labels):
                return self._namespace(namespace, labels, name, warnings)
            case WorkloadName() as workload:
                return self._on_ports(self._workload(workload), name, text, warnings)
            case AddressName(text=address):
                end = _address_end(address)
                return [(end, Protocol(name.protocol), _number(name, text), None)]
            case DomainName(name=domain):
                return [(DomainEnd(domain), Protocol(name.protocol), _number(name, text), None)]
            case _:
                assert_never(name.whom)

    def _service(self, name: str, namespace: str, destination: DestinationName, text: str) -> list[Dial]:
        host = text.partition(":")[0]
        outside = f"a name outside the cluster ends in a dot: '{host}.'"
        inside = f"add 'given namespace {namespace}' if the Service '{name}' in it is meant"
        either = (outside, inside) if host == f"{name}.{namespace}" else ()
        self._require_namespace(namespace, lambda: self._service_elsewhere(name), *either)
        service = self.cluster.services.get((namespace, name))
        if service is None:
            known = [other for place, other in self.cluster.services if place == namespace]
            close = nearest(name, known)
            meant = f"{close}.{namespace}" if close else self._service_elsewhere(name)
            hint = f"did you mean '{meant}'?" if meant else f"Services there: {_listed(known)}"
            message = f"no Service '{name}' in namespace '{namespace}'"
            raise _Unknown(Problem("unknown-service", message, (hint,)))
        protocol = Protocol(destination.protocol)
        dialled = [
            (port.number, port.protocol)
            for port in service.ports
            if destination.port in (None, port.number, port.name)
            and (port.protocol is protocol or (destination.port is None and not destination.protocol_stated))
        ]
        if not dialled:
            raise _Unknown(_no_service_port(service, destination))
        dials: list[Dial] = []
        for number, spoken in dialled:
            via = Via(service, number)
            ends = endpoints_of(self.cluster, service, number, spoken)
            if not ends:
                dials.append((None, spoken, number, via))
            for end, port in ends:
                if isinstance(end, External):
                    if end.address is None:
                        dials.append((DomainEnd(end.name), spoken, port, via))
                    else:
                        dials.append((AddressEnd(end.address), spoken, port, via))
                else:
                    dials.append((PodEnd(end), spoken, port, via))
        return dials

    def _namespace(
        self,
        namespace: str,
        labels: Sequence[tuple[str, str]] | None,
        destination: DestinationName,
        warnings: list[Problem],
    ) -> Iterable[Dial]:
        def meant() -> str | None:
            alone = labels is None
            return (self._service_elsewhere(namespace) or self._workload_elsewhere(namespace)) if alone else None

        self._require_namespace(namespace, meant)
        here = [pod for pod in self._pods.get(namespace, []) if not pod.finished]
        if labels is not None:
            wanted = dict(labels)
            found = [pod for pod in here if wanted.items() <= dict(pod.labels).items()]
            if not found:
                shown = ",".join(f"{key}={value}" for key, value in labels)
                message = f"no pod in namespace '{namespace}' has the labels '{shown}'"
                known = sorted({f"{key}={value}" for pod in here for key, value in pod.labels.items()})
                raise _Unknown(Problem("no-such-pods", message, (f"labels there: {_listed(known)}",)))
            return self._on_ports(found, destination, f"{namespace}[...]", warnings)
        dials = [dial for pod in here for dial in _declared(pod, destination)]
        if not dials:
            raise _Unknown(self._no_declared_port(namespace, here, destination))
        return dials

    def _no_declared_port(self, namespace: str, here: list[Pod], destination: DestinationName) -> Problem:
        """Nobody declares the port: perhaps the port of a Service was meant."""
        if not here:
            return Problem(
                "no-such-pods", f"namespace '{namespace}' has no pods", (f"add 'given pod ... in {namespace}'",)
            )
        port = _shown_port(destination)
        services = [
            f"'{service.name}.{namespace}:{destination.port}'"
            for (place, _), service in self.cluster.services.items()
            if place == namespace and any(p.number == destination.port for p in service.ports)
        ]
        ports = sorted({f"{p.number}/{p.protocol.lower()}" for pod in here for p in pod.ports})
        if services:
            hint = f"that is the port of a Service: did you mean {' or '.join(services)}?"
        else:
            hint = f"ports declared there: {_listed(ports)}"
        return Problem("undeclared-port", f"no pod in namespace '{namespace}' declares port {port}", (hint,))

    def _on_ports(
        self, pods: list[Pod], destination: DestinationName, text: str, warnings: list[Problem]
    ) -> Iterable[Dial]:
        """The pods on the port that is said; a number that they do not declare is legal."""
        dials: list[Dial] = []
        for pod in pods:
            declared = _declared(pod, destination)
            if declared:
                dials.extend(declared)
            elif isinstance(destination.port, int):
                dials.append((PodEnd(pod), Protocol(destination.protocol), destination.port, None))
        if not dials:
            ports = sorted({f"{p.name or p.number}/{p.protocol.lower()}" for pod in pods for p in pod.ports})
            message = f"none of the pods of '{text}' declares port {_shown_port(destination)}"
            raise _Unknown(Problem("undeclared-port", message, (f"they declare: {_listed(ports)}",)))
        undeclared = [pod for pod in pods if not _declared(pod, destination)]
        if undeclared and isinstance(destination.port, int):
            message = (
                f"port {_shown_port(destination)} is declared by none of the containers of '{undeclared[0].label}'"
            )
            hint = "declaring ports is voluntary in Kubernetes, but a mistyped number looks just like this"
            warnings.append(Problem("undeclared-port", message, (hint,)))
        return dials


def _declared(pod: Pod, destination: DestinationName) -> list[Dial]:
    """The ports of a pod that a destination means: all, by name, or by number."""
    protocol = Protocol(destination.protocol)
    return [
        (PodEnd(pod), port.protocol, port.number, None)
        for port in pod.ports
        if (destination.port is None and (port.protocol is protocol or not destination.protocol_stated))
        or (destination.port == port.number and port.protocol is protocol)
        or (destination.port == port.name and (port.protocol is protocol or not destination.protocol_stated))
    ]


def _shown_port(destination: DestinationName) -> str:
    port = "*" if destination.port is None else str(destination.port)
    return f"'{port}/{destination.protocol.lower()}'"


def _number(name: DestinationName, text: str) -> int:
    if isinstance(name.port, int):
        return name.port
    message = f"outside the cluster a port is a number, and '{text}' has none"
    raise _Unknown(Problem("bad-port", message, ("write it as in '10.1.2.3:443'",)))


def _no_service_port(service: Service, destination: DestinationName) -> Problem:
    ports = [f"{port.number}/{port.protocol.lower()}" for port in service.ports]
    message = f"Service '{service.namespace}/{service.name}' has no port {_shown_port(destination)}"
    targets = [port for port in service.ports if port.target == destination.port]
    hint = f"that is its target port; its own is {targets[0].number}" if targets else f"its ports: {_listed(ports)}"
    if service.external_name is not None and not ports:
        hint = f"it is an ExternalName without ports: write what it stands for, '{service.external_name.rstrip('.')}.'"
    return Problem("unknown-service-port", message, (hint,))


def _listed(names: Sequence[str]) -> str:
    most = 8
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return (f"{shown} and {len(names) - most} more" if len(names) > most else shown) or "none"


def _address_end(text: str) -> AddressEnd:
    return AddressEnd(ip_network(text) if "/" in text else ip_address(text))

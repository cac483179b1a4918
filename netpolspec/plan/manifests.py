"""The Kubernetes manifests that `given namespace|pod|deployment|service` stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.load.manifests import understand
from netpolspec.plan.expand import Names, expand_word
from netpolspec.plan.words import MAX_PORT, Setting, read_labels, read_number, read_port
from netpolspec.source import Pointer
from netpolspec.syntax.ast import GivenNamespace, GivenService, GivenWorkload, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Resource
    from netpolspec.source import Path, Span
    from netpolspec.syntax.ast import PortDeclaration, Word

SERVED = "netpolspec/serve"
"""The image of containers whose ports the runner itself is to serve: no `image` was given. No registry has it;
a live backend puts its own in."""

_MOST_REPLICAS = 10_000


@dataclass(frozen=True, slots=True)
class Written:
    """A manifest's document where it was made from a statement: paths lead to the words that gave the values."""

    places: Mapping[Path, Span]
    whole: Span

    def locate(self, path: Path, *, key: bool = False) -> Span:  # noqa: ARG002 - the protocol's shape
        """The span of the nearest ancestor that a word gave."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return self.places.get((), self.whole)


def _labels(settings: tuple[Setting, ...]) -> dict[str, Json]:
    return {setting.key: setting.value for setting in settings}


def _place(places: dict[Path, Span], path: Path, settings: tuple[Setting, ...]) -> None:
    for setting in settings:
        places[(*path, setting.key)] = setting.key_span.source.span(setting.key_span.start, setting.value_span.end)


def _metadata(name: Word, namespace: Word | None, names: Names, places: dict[Path, Span]) -> dict[str, Json]:
    places["metadata", "name"] = name.span
    metadata: dict[str, Json] = {"name": expand_word(name, names)}
    if namespace is not None:
        places["metadata", "namespace"] = namespace.span
        metadata["namespace"] = expand_word(namespace, names)
    return metadata


def make_namespace(given: GivenNamespace, names: Names) -> tuple[Resource | None, tuple[Diagnostic, ...]]:
    """`given namespace NAME [key=value...]`.

    Raises:
        Refusal: a word of it cannot be read.
    """
    places: dict[Path, Span] = {}
    metadata = _metadata(given.name, None, names, places)
    labels = read_labels(given.labels, names)
    _place(places, ("metadata", "labels"), labels)
    if labels:
        metadata["labels"] = _labels(labels)
    manifest: dict[str, Json] = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    return understand(manifest, Pointer(Written(places, given.span)))


def make_workload(given: GivenWorkload, names: Names) -> tuple[Resource | None, tuple[Diagnostic, ...]]:
    """`given pod|deployment NAME in NS ...`.

    A deployment without labels gets `app=NAME`, as from `kubectl create deployment`.

    Raises:
        Refusal: a word of it cannot be read.
    """
    places: dict[Path, Span] = {}
    metadata = _metadata(given.name, given.namespace, names, places)
    settings = read_labels(given.labels, names)
    labels = _labels(settings)
    deployment = given.kind is Kind.DEPLOYMENT
    if deployment and not labels:
        labels = {"app": metadata["name"]}
    prefix: Path = ("spec", "template") if deployment else ()
    _place(places, (*prefix, "metadata", "labels"), settings)
    container: dict[str, Json] = {"name": "serve", "image": SERVED}
    if given.image is not None:
        container["image"] = expand_word(given.image, names)
    ports = [
        _container_port(port, names, places, (*prefix, "spec", "containers", 0, "ports", n))
        for n, port in enumerate(given.ports)
    ]
    if ports:
        container["ports"] = ports
    spec: dict[str, Json] = {"containers": [container]}
    if not deployment:
        if labels:
            metadata["labels"] = labels
        pod: dict[str, Json] = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        return understand(pod, Pointer(Written(places, given.span)))
    replicas = 1
    if given.replicas is not None:
        replicas = read_number(given.replicas, names, "replicas", 0, _MOST_REPLICAS)
    manifest: dict[str, Json] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
    return understand(manifest, Pointer(Written(places, given.span)))


def _container_port(port: PortDeclaration, names: Names, places: dict[Path, Span], path: Path) -> dict[str, Json]:
    number, protocol = read_port(port.port, names)
    places[path] = port.span
    made: dict[str, Json] = {"containerPort": number, "protocol": str(protocol)}
    if port.name is not None:
        made["name"] = expand_word(port.name, names)
        places[(*path, "name")] = port.name.span
    return made


def make_service(given: GivenService, names: Names) -> tuple[Resource | None, tuple[Diagnostic, ...]]:
    """`given service NAME in NS port P[/PROTO] -> TARGET... [on key=value...]`.

    Of several ports each gets a name, as Kubernetes demands: `tcp-80`.

    Raises:
        Refusal: a word of it cannot be read.
    """
    places: dict[Path, Span] = {}
    metadata = _metadata(given.name, given.namespace, names, places)
    ports: list[Json] = []
    for n, port in enumerate(given.ports):
        number, protocol = read_port(port.port, names)
        places["spec", "ports", n] = port.span
        made: dict[str, Json] = {"port": number, "protocol": str(protocol)}
        if len(given.ports) > 1:
            made["name"] = f"{protocol.lower()}-{number}"
        target = expand_word(port.target, names) if port.target is not None else str(number)
        if port.target is not None:
            places["spec", "ports", n, "targetPort"] = port.target.span
        decimal = target.isascii() and target.isdecimal()
        if decimal and port.target is not None:
            made["targetPort"] = read_number(port.target, names, "port", 1, MAX_PORT)
        else:
            made["targetPort"] = int(target) if decimal else target
        ports.append(made)
    spec: dict[str, Json] = {"ports": ports}
    settings = read_labels(given.selector, names)
    _place(places, ("spec", "selector"), settings)
    if settings:
        spec["selector"] = _labels(settings)
    manifest: dict[str, Json] = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    return understand(manifest, Pointer(Written(places, given.span)))

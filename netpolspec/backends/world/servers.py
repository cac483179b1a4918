"""Our own servers: what the ports of a spec's pods and deployments are served by where it names no image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.backends import tree
from netpolspec.backends.marks import SIDECAR_LABELS, SIDECARS_OFF, TEMPLATES
from netpolspec.plan.manifests import SERVED
from netpolspec.policy.objects import Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.plain import Json

POD_SECURITY: Mapping[str, Json] = {
    # What the `restricted` Pod Security Standard demands. The sysctl is one of those that it allows: it lets a user
    # other than root listen on port 80.
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "runAsGroup": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
    "sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
}
CONTAINER_SECURITY: Mapping[str, Json] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
REQUESTS: Mapping[str, Json] = {"requests": {"cpu": "5m", "memory": "16Mi"}}
"""No limits: a throttled dialler would see drops where there are none."""

_SERVE = {
    # Each sends its host's name to whoever connects, or for each datagram. busybox's own programs stand in where the
    # image has no agnhost.
    Protocol.TCP: """[ -x /agnhost ] && exec /agnhost serve-hostname --http=false --tcp --port={port}
command -v tcpsvd >/dev/null && exec tcpsvd -c 250 0.0.0.0 {port} hostname
exec nc -ll -p {port} -e hostname""",
    Protocol.UDP: """[ -x /agnhost ] && exec /agnhost serve-hostname --http=false --udp --port={port}
exec udpsvd 0.0.0.0 {port} hostname""",
    Protocol.SCTP: "SERVE_SCTP_PORT_{port}=served exec /agnhost porter",
}
_IDLE = "trap 'exit 0' TERM; while :; do sleep 3600 & wait; done"
"""What a pod without ports does; like the servers it ends at once when it is told to."""


def equip(manifest: Mapping[str, Json], image: str) -> dict[str, Json]:
    """A manifest in which containers without an image of their own have become servers of ours.

    Each declared port gets a container, so that one that cannot listen shows. The rest is left as it is.
    """
    paths: tuple[tuple[str, ...], ...] = ((),) if manifest.get("kind") == "Pod" else TEMPLATES
    equipped = dict(manifest)
    for path in paths:
        pod = tree.table(equipped, *path)
        if not is_served(pod):
            continue
        served = _serve(pod, image)
        equipped = tree.put(equipped, path, served) if path else served
    return equipped


def is_served(pod: Mapping[str, Json]) -> bool:
    """Whether a pod, or a pod template, is to be served by us."""
    return any(container.get("image") == SERVED for container in tree.rows(pod, "spec", "containers"))


def _serve(pod: Mapping[str, Json], image: str) -> dict[str, Json]:
    containers: list[Json] = []
    for container in tree.rows(pod, "spec", "containers"):
        if container.get("image") != SERVED:
            containers.append(container)
            continue
        ports = tree.rows(container, "ports")
        containers += [_listener(port, image) for port in ports] or [idler("serve", image)]
    spec = {
        **tree.table(pod, "spec"),
        "containers": containers,
        "securityContext": POD_SECURITY,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0,
    }
    metadata = {
        **tree.table(pod, "metadata"),
        "annotations": {**tree.table(pod, "metadata", "annotations"), **SIDECARS_OFF},
        "labels": {**tree.table(pod, "metadata", "labels"), **SIDECAR_LABELS},
    }
    return {**pod, "metadata": metadata, "spec": spec}


def _listener(port: Mapping[str, Json], image: str) -> dict[str, Json]:
    number = tree.number(port, "containerPort")
    protocol = Protocol(tree.text(port, "protocol") or "TCP")
    name = f"serve-{protocol.lower()}-{number}"
    container = listener(name, image, protocol, number)
    container["ports"] = [port]
    return container


def listener(name: str, image: str, protocol: Protocol, port: int) -> dict[str, Json]:
    """A container that serves one port.

    It has no readiness probe: it listens some milliseconds after its start, a probe would find that out after a second.
    """
    return _container(name, image, _SERVE[protocol].format(port=port))


def idler(name: str, image: str) -> dict[str, Json]:
    """A container that does nothing until somebody runs a script in it."""
    return _container(name, image, _IDLE)


def _container(name: str, image: str, script: str) -> dict[str, Json]:
    return {
        "name": name,
        "image": image,
        "command": ["sh", "-c", script],
        "securityContext": CONTAINER_SECURITY,
        "resources": REQUESTS,
    }

"""Why nothing stands behind a Service: what its selector misses, or the port that its pods do not declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.explain.words import failing, say_asked, say_miss
from netpolspec.policy.objects import Operator, Requirement, Selector
from netpolspec.policy.services import pods_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.policy.objects import Cluster, ContainerPort, Pod, Protocol, Service


def why_no_endpoints(cluster: Cluster, service: Service, port: int, protocol: Protocol) -> tuple[str, str]:
    """Why a Service has no endpoint for one of its ports, and what there is instead."""
    if not service.selector:
        return "it has no selector", "neither Endpoints nor an EndpointSlice lists a ready address for it"
    pods = pods_of(cluster, service)
    if pods:
        item = next(item for item in service.ports if (item.number, item.protocol) == (port, protocol))
        leads = f"port {say_asked(port, protocol)} leads to a port called '{item.target}'"
        return f"{leads}, which none of its pods declares", f"they declare {_declared(pods)}"
    selector = Selector(tuple(Requirement(key, Operator.IN, (value,)) for key, value in service.selector.items()))
    at_home = [pod for pod in cluster.pods if pod.namespace == service.namespace]
    if not at_home:
        return "its selector matches no pod", f"namespace '{service.namespace}' has no pods"
    close = min(at_home, key=lambda pod: len(failing(selector, pod.labels)))
    if not failing(selector, close.labels):
        return "the pods that its selector matches have finished or are not ready", f"one of them is {close.label}"
    nearest = f"the pod that comes nearest is {close.label}: {say_miss(selector, close.labels)}"
    return "its selector matches no pod", nearest


def _declared(pods: Sequence[Pod]) -> str:
    ports = dict.fromkeys(port for pod in pods for port in pod.ports)
    return ", ".join(map(_say_declared, ports)) or "no ports"


def _say_declared(port: ContainerPort) -> str:
    number = say_asked(port.number, port.protocol)
    return f"'{port.name}' ({number})" if port.name else f"{number} without a name"

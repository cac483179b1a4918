"""Services: what stands behind an address or name and a port.

A policy sees the pod and its own port, so a Service is resolved before anything is decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netpolspec.policy.decision import External
from netpolspec.policy.objects import ServiceType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.policy.objects import Address, Cluster, EndpointAddress, Pod, Protocol, Service, ServicePort


class Backend(NamedTuple):
    """An endpoint of a Service, and the port on it."""

    endpoint: Pod | External
    port: int


def resolve(cluster: Cluster, service: Service, port: int, protocol: Protocol) -> tuple[Backend, ...]:
    """The endpoints that a connection to a Service's port may reach; none where it is not answered.

    A headless Service is a name for its pods: nothing translates the port that is dialled. The same holds for
    ExternalName, which leads to a name outside.

    Args:
        cluster: where the Service is.
        service: the Service that is dialled, by its cluster address or its name.
        port: the number that is dialled, a port of the Service.
        protocol: the transport protocol.
    """
    if service.type is ServiceType.EXTERNAL_NAME:
        return (Backend(External(None, (service.external_name or "").rstrip(".").lower()), port),)
    if service.headless:
        return _headless(cluster, service, port)
    found: dict[tuple[str, int], Backend] = {}
    for item in service.ports:
        if item.number == port and item.protocol is protocol:
            backends = _selected(cluster, service, item) if service.selector else _listed(cluster, service, item)
            found.update({(backend.endpoint.label, backend.port): backend for backend in backends})
    return tuple(found.values())


def at(cluster: Cluster, address: Address) -> Service | None:
    """The Service that has a cluster address."""
    return next((service for service in cluster.services.values() if address in service.cluster_addresses), None)


def pods_of(cluster: Cluster, service: Service) -> tuple[Pod, ...]:
    """The pods that a Service selects and that may serve; an empty selector selects none.

    "If empty or not present, the service is assumed to have an external process managing its endpoints"
    (ServiceSpec). A pod is left out where it has finished, or where the Service's own Endpoints call it not ready.
    """
    if not service.selector:
        return ()
    wanted = service.selector.items()
    unready = {
        address.pod
        for endpoints in _endpoints_of(cluster, service)
        for address in endpoints
        if address.pod and not address.ready
    }
    return tuple(
        pod
        for pod in cluster.pods
        if pod.namespace == service.namespace
        and not pod.finished
        and pod.name not in unready
        and all(pod.labels.get(key) == value for key, value in wanted)
    )


def target(pod: Pod, port: ServicePort) -> int | None:
    """The number on a pod that a Service's port leads to; None where the pod does not declare the name.

    The first container port of that name and protocol counts (`podutil.FindPort` of the endpoints controller).
    """
    if isinstance(port.target, int):
        return port.target
    matching = (
        declared.number for declared in pod.ports if declared.name == port.target and declared.protocol is port.protocol
    )
    return next(matching, None)


def _selected(cluster: Cluster, service: Service, port: ServicePort) -> Iterator[Backend]:
    for pod in pods_of(cluster, service):
        number = target(pod, port)
        if number is not None:
            yield Backend(pod, number)


def _listed(cluster: Cluster, service: Service, port: ServicePort) -> Iterator[Backend]:
    for endpoints in cluster.endpoints:
        if endpoints.namespace != service.namespace or endpoints.service != service.name:
            continue
        for name, number, protocol in endpoints.ports:
            if name != port.name or protocol is not port.protocol:
                continue
            for address in endpoints.addresses:
                endpoint = _endpoint(cluster, service, address) if address.ready else None
                if endpoint is not None:
                    yield Backend(endpoint, number)


def _headless(cluster: Cluster, service: Service, port: int) -> tuple[Backend, ...]:
    if service.selector:
        return tuple(Backend(pod, port) for pod in pods_of(cluster, service))
    found: dict[str, Backend] = {}
    for addresses in _endpoints_of(cluster, service):
        for address in addresses:
            endpoint = _endpoint(cluster, service, address) if address.ready else None
            if endpoint is not None:
                found[endpoint.label] = Backend(endpoint, port)
    return tuple(found.values())


def _endpoints_of(cluster: Cluster, service: Service) -> Iterator[tuple[EndpointAddress, ...]]:
    for endpoints in cluster.endpoints:
        if endpoints.namespace == service.namespace and endpoints.service == service.name:
            yield endpoints.addresses


def _endpoint(cluster: Cluster, service: Service, address: EndpointAddress) -> Pod | External | None:
    """The pod that an endpoint names or whose address it has; None where that pod has finished."""
    at_home = [pod for pod in cluster.pods if pod.namespace == service.namespace and pod.name == address.pod]
    by_address = [pod for pod in cluster.pods if address.address in pod.addresses and not pod.template.host_network]
    for pod in at_home or by_address:
        return None if pod.finished else pod
    return External(address.address)

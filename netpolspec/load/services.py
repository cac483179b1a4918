"""Services, and the endpoints of those that have no selector.

Rules from pkg/apis/core/validation/validation.go (ValidateService) and pkg/apis/discovery/validation (v1.35); fields
that say nothing about reachability are accepted unread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.load.addresses import parse_address
from netpolspec.load.metadata import check_labels
from netpolspec.load.names import check_label_name, check_port, check_port_name, check_subdomain
from netpolspec.load.network_policy import read_protocol
from netpolspec.load.schema import (
    Anything,
    Fields,
    Flag,
    Items,
    NumberOrName,
    Problems,
    Record,
    Table,
    Text,
    Whole,
    describe,
    suggest,
)
from netpolspec.policy.objects import EndpointAddress, Endpoints, Protocol, Service, ServicePort, ServiceType

if TYPE_CHECKING:
    from netpolspec.load.metadata import Meta
    from netpolspec.policy.objects import Address
    from netpolspec.source import Pointer

_PORT = Record(
    {"name": Text(), "port": Whole(), "protocol": Text(), "targetPort": NumberOrName(), "nodePort": Whole()}, open=True
)
SERVICE = Record(
    {
        "spec": Record(
            {
                "type": Text(),
                "selector": Table(Text()),
                "ports": Items(_PORT),
                "clusterIP": Text(),
                "clusterIPs": Items(Text()),
                "externalName": Text(),
            },
            open=True,
        )
    },
    open=True,
)
_TARGET = Record({"kind": Text(), "name": Text()}, open=True)
_ADDRESSES = Items(Record({"ip": Text(), "targetRef": _TARGET}, open=True))
_ENDPOINT_PORTS = Items(Record({"name": Text(), "port": Whole(), "protocol": Text()}, open=True))
ENDPOINTS = Record(
    {"subsets": Items(Record({"addresses": _ADDRESSES, "notReadyAddresses": _ADDRESSES, "ports": _ENDPOINT_PORTS}))},
    open=True,
)
ENDPOINT_SLICE = Record(
    {
        "addressType": Text(),
        "endpoints": Items(
            Record(
                {
                    "addresses": Items(Text()),
                    "conditions": Record({"ready": Flag()}, open=True),
                    "targetRef": _TARGET,
                },
                open=True,
            )
        ),
        "ports": _ENDPOINT_PORTS,
        "metadata": Anything(),
    },
    open=True,
)


def make_service(fields: Fields, meta: Meta, at: Pointer, problems: Problems) -> tuple[Service, ...]:
    """The Service of a decoded manifest."""
    spec: Fields = fields.get("spec", {})
    where = at.at("spec")
    kind = _type(spec.get("type") or "ClusterIP", where, problems)
    cluster_ips: list[str] = spec.get("clusterIPs") or [spec.get("clusterIP", "")]
    headless = cluster_ips[0] == "None"
    selector: dict[str, str] = spec.get("selector", {})
    check_labels(selector, where.at("selector"), problems)
    ports = _ports(spec.get("ports", []), where, problems)
    if not ports and not headless and kind is not ServiceType.EXTERNAL_NAME:
        problems.add("missing-field", "a Service needs ports", where, "set 'spec.ports'", key=True)
    external = _external_name(spec, where, problems) if kind is ServiceType.EXTERNAL_NAME else None
    addresses = _cluster_addresses(cluster_ips, where, problems)
    name = meta.name
    return (Service(meta.namespace, name, kind, selector or None, ports, headless, addresses, external, at),)


def _type(text: str, at: Pointer, problems: Problems) -> ServiceType:
    try:
        return ServiceType(text)
    except ValueError:
        help_ = suggest(text, (kind.value for kind in ServiceType))
        problems.add("bad-value", f"unknown type of Service {describe(text)}", at.at("type"), help_)
        return ServiceType.CLUSTER_IP


def _external_name(spec: Fields, at: Pointer, problems: Problems) -> str | None:
    name: str = spec.get("externalName", "")
    if not name:
        problems.add("missing-field", "a Service of type ExternalName needs 'externalName'", at, key=True)
    elif wrong := check_subdomain(name.removesuffix(".")):
        problems.add("bad-name", f"'externalName' {describe(name)} {wrong}", at.at("externalName"))
    return name.removesuffix(".") or None


def _cluster_addresses(texts: list[str], at: Pointer, problems: Problems) -> tuple[Address, ...]:
    found = []
    for text in texts:
        if text in ("", "None"):
            continue
        address = parse_address(text)
        if address is None:
            problems.add("bad-address", f"{describe(text)} is not an IP address", at.at("clusterIP"))
        else:
            found.append(address)
    return tuple(found)


def _ports(items: list[Fields], at: Pointer, problems: Problems) -> tuple[ServicePort, ...]:
    ports: list[ServicePort] = []
    for index, item in enumerate(items):
        where = at.at("ports", index)
        port = _port(item, where, problems)
        if not port.name and len(items) > 1:
            problems.add("missing-field", "with several ports, each needs a name", where, "set 'name'")
        if port.name and any(other.name == port.name for other in ports):
            problems.add("bad-port", f"two ports are called '{port.name}'", where.at("name"))
        if any((other.number, other.protocol) == (port.number, port.protocol) for other in ports):
            problems.add("bad-port", f"port {port.number}/{port.protocol} stands twice", where)
        ports.append(port)
    return tuple(ports)


def _port(fields: Fields, at: Pointer, problems: Problems) -> ServicePort:
    """One item of a Service's ports (validateServicePort)."""
    number: int = fields.get("port", 0)
    name: str = fields.get("name", "")
    target: int | str = fields.get("targetPort") or number
    if number == 0:
        problems.add("missing-field", "a Service's port needs a 'port'", at)
    elif wrong := check_port(number):
        problems.add("bad-port", f"port {number} {wrong}", at.at("port"))
    elif wrong := check_port_name(target) if isinstance(target, str) else check_port(target):
        problems.add("bad-port", f"'targetPort' {target} {wrong}", at.at("targetPort"))
    if name and (wrong := check_label_name(name)):
        problems.add("bad-port", f"port name {describe(name)} {wrong}", at.at("name"))
    protocol = read_protocol(fields.get("protocol") or None, at, problems)
    return ServicePort(name, number, protocol, target, fields.get("nodePort") or None)


# --- endpoints ----------------------------------------------------------------------------------------------------


def make_endpoints(fields: Fields, meta: Meta, at: Pointer, problems: Problems) -> tuple[Endpoints, ...]:
    """One for each subset of an Endpoints object."""
    result = []
    for index, subset in enumerate(fields.get("subsets", ())):
        where = at.at("subsets", index)
        addresses: list[EndpointAddress] = []
        for name, ready in (("addresses", True), ("notReadyAddresses", False)):
            for number, entry in enumerate(subset.get(name, ())):
                place = where.at(name, number, "ip")
                addresses += _address(entry.get("ip", ""), entry, place, problems, ready=ready)
        ports = _endpoint_ports(subset, where, problems, needed=True)
        result.append(Endpoints(meta.namespace, meta.name, tuple(addresses), ports, where))
    return tuple(result)


def make_endpoint_slice(fields: Fields, meta: Meta, at: Pointer, problems: Problems) -> tuple[Endpoints, ...]:
    """An EndpointSlice, where a label says which Service it belongs to and its addresses are IP addresses."""
    if fields.get("addressType") not in ("IPv4", "IPv6", "FQDN"):
        problems.add("bad-value", "'addressType' must be IPv4, IPv6 or FQDN", at.at("addressType"), "set 'addressType'")
    service = meta.labels.get("kubernetes.io/service-name")
    ports = _endpoint_ports(fields, at, problems, needed=False)
    if service is None or fields.get("addressType") == "FQDN":
        return ()
    addresses: list[EndpointAddress] = []
    for index, entry in enumerate(fields.get("endpoints", ())):
        ready = entry.get("conditions", {}).get("ready", True)
        for number, text in enumerate(entry.get("addresses", ())):
            place = at.at("endpoints", index, "addresses", number)
            addresses += _address(text, entry, place, problems, ready=ready)
    return (Endpoints(meta.namespace, service, tuple(addresses), ports, at),)


def _address(text: str, entry: Fields, at: Pointer, problems: Problems, *, ready: bool) -> list[EndpointAddress]:
    address = parse_address(text)
    if address is None:
        problems.add("bad-address", f"{describe(text)} is not an IP address", at)
        return []
    target: Fields = entry.get("targetRef", {})
    pod = target.get("name") if target.get("kind") == "Pod" else None
    return [EndpointAddress(address, pod, ready)]


def _endpoint_ports(
    fields: Fields, at: Pointer, problems: Problems, *, needed: bool
) -> tuple[tuple[str, int, Protocol], ...]:
    ports = []
    for index, port in enumerate(fields.get("ports", ())):
        where = at.at("ports", index)
        number: int = port.get("port", 0)
        if "port" not in port and not needed:  # every port, which no list can hold
            continue
        if wrong := check_port(number):
            problems.add("bad-port", f"port {number} {wrong}", where.at("port"))
        ports.append((port.get("name", ""), number, read_protocol(port.get("protocol") or None, where, problems)))
    return tuple(ports)

"""Ports of rules: numbers, ranges, names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netpolspec.policy.objects import ContainerPort, PortMatch, Protocol


def numbers(name: str, protocol: Protocol, declared: tuple[ContainerPort, ...]) -> tuple[int, ...]:
    """The numbers of a named port of a pod, for one protocol; none where the pod does not declare it."""
    return tuple(port.number for port in declared if port.name == name and port.protocol is protocol)


def covers(wanted: PortMatch, protocol: Protocol, port: int, declared: tuple[ContainerPort, ...]) -> bool:
    """Whether one item of `ports` is for a destination port.

    A name is looked up in what the destination pod declares, with the item's protocol (NetworkPolicyPort:
    "a numerical or named port on a pod"); an item without a port is for every port of its protocol.
    """
    if wanted.protocol is not None and wanted.protocol is not protocol:
        return False
    match wanted.port:
        case None:
            return True
        case str(name):
            return port in numbers(name, protocol, declared)
        case int(first):
            return first <= port <= (first if wanted.end is None else wanted.end)

"""What a source or a destination of an `expect` names, once its word is expanded; compared by what it says.

Parsed by the grammar's second and third start rule. What is meant by it in a world, `netpolspec.plan.resolve` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ClientSource:
    """`ms-a` or `ms-a[special=true,tier=web]`: a client pod of the runner's own."""

    namespace: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WorkloadName:
    """`ms-a/web` or `ms-a/deployment/web`."""

    namespace: str
    kind: str | None
    name: str


@dataclass(frozen=True, slots=True)
class AddressName:
    """`10.1.2.3`, `10.0.0.0/8`, `2001:db8::1`, as written (in a destination with the brackets taken off)."""

    text: str


@dataclass(frozen=True, slots=True)
class NodeName:
    """`<node>`: the node that runs the destination pod."""


@dataclass(frozen=True, slots=True)
class ServiceName:
    """`nginx.ms-b` or one of its longer forms."""

    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class PodsName:
    """`ms-b` or `ms-b[app=nginx]` as a destination: the pods of a namespace."""

    namespace: str
    labels: tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True)
class DomainName:
    """`example.com.`: a name outside the cluster; the final dot is not kept."""

    name: str


SourceName: TypeAlias = ClientSource | WorkloadName | AddressName | NodeName


@dataclass(frozen=True, slots=True)
class DestinationName:
    """What a destination word says: whom, which port (number, name or None for `*`), which protocol."""

    whom: ServiceName | PodsName | WorkloadName | AddressName | DomainName
    port: int | str | None
    protocol: str
    """`TCP`, `UDP` or `SCTP`."""
    protocol_stated: bool
    """False where TCP is the default."""

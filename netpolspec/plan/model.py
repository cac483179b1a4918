"""A spec as it will run: everything expanded, looked up and checked. The written counterpart is `syntax.ast`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.resource import Key, Resource
    from netpolspec.policy.objects import Address, Network, Pod, Protocol, Service
    from netpolspec.source import Span
    from netpolspec.syntax.names import DestinationName, SourceName

World: TypeAlias = Mapping["Key", "Resource"]
"""The objects that exist at one moment of a scenario, the default ones of every cluster included."""


@dataclass(frozen=True, slots=True)
class Point:
    """One test point: one source, one destination, one expectation. It may need several probes."""

    source: SourceName
    source_text: str
    """As the spec says it after expansion: `ms-a[special=true]`."""
    destination: DestinationName
    destination_text: str
    by_name: bool
    """Dial the DNS name, not the address."""
    allowed: bool
    """What is expected."""
    within: float | None
    """Seconds that a change may take to take effect; None: the backend's default."""
    because: str | None
    source_span: Span
    destination_span: Span
    span: Span
    """What a failure is drawn at: the two ends, the one of several that is meant, or the cell of a truth table."""

    @property
    def wanted(self) -> str:
        """`allowed` or `denied`."""
        return "allowed" if self.allowed else "denied"

    @property
    def namespaces(self) -> frozenset[str]:
        """The namespaces that its ends name."""
        named = (getattr(end, "namespace", None) for end in (self.source, self.destination.whom))
        return frozenset(space for space in named if space is not None)

    @property
    def title(self) -> str:
        """The test point's description: `ms-a -> ms-b:80 allowed`."""
        name = " by name" if self.by_name else ""
        return f"{self.source_text} -> {self.destination_text}{name} {self.wanted}"


@dataclass(frozen=True, slots=True)
class Change:
    """The world from here on: what a run of `given`s or a `when` makes of it."""

    world: World
    span: Span
    """The first expectation that is about this world."""


@dataclass(frozen=True, slots=True)
class Check:
    """Expectations that stand together: they are probed together."""

    points: tuple[Point, ...]


Step: TypeAlias = Change | Check


@dataclass(frozen=True)
class Scenario:
    """A rule with expectations of its own, ready to run. It starts from nothing but its own steps."""

    name: str
    description: str
    span: Span
    """The rule's head: where the scenario is reported."""
    last_line: int
    """The last line of the rule, for `FILE:LINE`."""
    tags: frozenset[str]
    needs: tuple[str, ...]
    skip: str | None
    todo: str | None
    after: tuple[Scenario, ...]
    """Prerequisites that are scenarios: they run first, and if one fails this one is skipped."""
    steps: tuple[Step, ...]
    unknown: bool = False
    """Whether its world holds what nobody has read: a cluster that was not asked. Then names may mean nothing here."""

    @cached_property
    def points(self) -> int:
        """How many test points it has."""
        return sum(len(step.points) for step in self.steps if isinstance(step, Check))

    @property
    def file(self) -> str:
        """The file that the user would edit."""
        return self.span.source.path

    @property
    def title(self) -> str:
        """Name and description as TAP shows them."""
        return f"{self.name}: {self.description}" if self.description else self.name


@dataclass(frozen=True, slots=True)
class Included:
    """One file that a spec took in, as `check --explain` shows it."""

    file: str
    by: str
    at: Span | None
    """The `include` line; None where it is the default world."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All scenarios of a run, in the order in which they run, and the warnings that were met on the way."""

    scenarios: tuple[Scenario, ...]
    warnings: tuple[Diagnostic, ...] = ()
    included: tuple[Included, ...] = ()
    terraform: tuple[tuple[str, str], ...] = ()
    """Each Terraform folder, and who said what it means."""
    asked: tuple[tuple[Span, tuple[Resource, ...]], ...] = ()
    """Each statement that brings in what stands elsewhere, with what it brings in."""
    secrets: frozenset[str] = frozenset()
    """The text of Terraform's sensitive values: nothing that shows the objects may show it."""


# --- what a point comes down to in a world ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClientEnd:
    """A client pod of the runner's own; `pod` is what the model takes it for."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class PodEnd:
    """A pod of the world."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class AddressEnd:
    """Addresses outside the cluster, from first to last (of one family); a single address is a range of one."""

    network: Network | Address


@dataclass(frozen=True, slots=True)
class NodeEnd:
    """The node that runs the destination pod."""


@dataclass(frozen=True, slots=True)
class DomainEnd:
    """A name outside the cluster."""

    name: str


SourceEnd: TypeAlias = ClientEnd | PodEnd | AddressEnd | NodeEnd
DestinationEnd: TypeAlias = PodEnd | AddressEnd | DomainEnd


@dataclass(frozen=True, slots=True)
class Via:
    """The Service that is dialled, and its port."""

    service: Service
    port: int


@dataclass(frozen=True, slots=True)
class Probe:
    """One connection of a test point: from one end to one end, on one port.

    Through a Service, `destination` is one of its endpoints and `port` the endpoint's port; all probes of a point
    with the same `source` and `via` are one dial on a live backend.
    """

    source: SourceEnd
    destination: DestinationEnd | None
    """None: a Service without endpoints, so that nothing can answer."""
    protocol: Protocol
    port: int
    via: Via | None

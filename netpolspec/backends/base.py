"""What a backend is: the smallest thing that brings a world about and sends probes in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from netpolspec.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netpolspec.plan.model import Change, Point, Scenario
    from netpolspec.policy.objects import Cluster


class Verdict(StrEnum):
    """What a probe on a live backend met."""

    ALLOWED = "allowed"
    DROPPED = "dropped"
    REFUSED = "refused"
    NO_LISTENER = "no-listener"
    DNS = "dns"
    UNREACHABLE = "unreachable"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Observation:
    """What packets did for one test point."""

    verdict: Verdict
    """Of several dials, that of the one that differs most from what was expected."""
    counts_as: str | None = None
    """The expectation that it meets: `allowed`, `denied` (proven by a control), or None: neither."""
    evidence: tuple[str, ...] = ()
    """Source and destination pod, node, address, round, milliseconds, raw line: one fact a string."""
    attempts: int = 1
    converged_after_ms: int | None = None
    control: str | None = None
    """How the denial was proven, or why it could not be."""
    probe: str | None = None
    """The command that repeats it by hand, as a line to paste into a shell."""
    differs: tuple[str, ...] = ()
    """Where pods or paths answered differently, one line for each part; empty where all answered alike."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can do; what it cannot is a SKIP with its reason."""

    missing: Mapping[str, str]
    """Word of a `needs` statement to the reason why it cannot be had here: `{"ipv6": "the nodes have no IPv6"}`."""
    observes: bool
    """Whether it sends packets."""


class WorldFailed(Exception):  # noqa: N818 - says what happened
    """The environment failed: a tool is missing, the cluster is lost, an object was not accepted."""

    def __init__(self, message: str, *help_: str, code: str = "environment", notes: Sequence[str] = ()) -> None:
        """Say what happened in one line, and after it what to do, one command or sentence each."""
        super().__init__(message)
        self.diagnostic = Diagnostic(code, message, help=help_, notes=tuple(notes))


class Backend(Protocol):
    """One place where specs can run. All methods may raise WorldFailed."""

    name: str

    def prepare(self, scenarios: Sequence[Scenario]) -> Capabilities:
        """Get ready for these scenarios; called once, first."""
        ...

    def apply(self, change: Change, points: Sequence[Point]) -> Cluster | None:
        """Make the world what the change says; the cluster as it then is, or None where it is just the plan's.

        Args:
            change: the whole world from now on
            points: what will be probed before the next change
        """
        ...

    def probe(self, points: Sequence[Point]) -> Sequence[Observation | None]:
        """Judge points of the present world, one observation each, in their order; None: no packet was sent."""
        ...

    def close(self) -> None:
        """Remove everything that the run created; safe to call twice, and after a failure."""
        ...

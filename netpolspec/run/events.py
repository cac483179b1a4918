"""What happens in a run, as data. Every report is a pure function of these events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from netpolspec.backends.base import Observation
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.plan.model import Point, Scenario
    from netpolspec.source import Origin


class Status(StrEnum):
    """How a scenario or a test point ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    BROKEN = "broken"
    """The environment failed: the probe is in `error`."""


@dataclass(frozen=True, slots=True)
class DecidedBy:
    """A policy, and the rule of it, that decides a point; `rule` is empty where the policy isolates by itself."""

    policy: str
    """`NetworkPolicy ms-b/deny-from-any`."""
    rule: str
    """`ingress[0].from[1]`."""
    direction: str
    """`Ingress` or `Egress`."""
    origin: Origin

    def __str__(self) -> str:
        rule = f" {self.rule}" if self.rule else ""
        return f"{self.policy}{rule} ({self.origin.span})"


@dataclass(frozen=True, slots=True)
class PointResult:
    """A judged test point."""

    point: Point
    status: Status
    message: str
    """Why it failed: `expected allowed, the model says denied`; empty where it passed."""
    model: str | None
    """`allowed`, `denied`, `unspecified` or `unknown`; None where the model was not asked."""
    observed: Observation | None
    """None where no packet was sent."""
    decided_by: tuple[DecidedBy, ...] = ()
    reason: str = ""
    """The model's reason, one sentence: `no rule of NetworkPolicy ms-b/deny-from-any allows it`."""
    assumptions: tuple[str, ...] = ()
    """What the model's answer rests on where the API leaves it open: `ipblock-selects-pods=yes`."""
    differs: tuple[str, ...] = ()
    """Where pods or addresses answer differently: one line for each part."""
    probe: str | None = None
    """The command that repeats it by hand."""
    hint: tuple[str, ...] = ()
    """Of a failure that the model shares: what comes nearest, and the smallest edit, a line each."""

    @property
    def found(self) -> str:
        """What was met: the observed verdict where packets were sent, else the model's answer."""
        return self.observed.verdict if self.observed else (self.model or "nothing")


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The plan is made; nothing was touched yet."""

    scenarios: tuple[Scenario, ...]
    """Those selected, in running order."""
    backend: str
    """`model`, `kind` or `cluster`."""
    assumptions: tuple[str, ...] = ()
    """Those that differ from the defaults."""
    terraform: tuple[tuple[str, str], ...] = ()
    """Each Terraform folder or plan of the user's that was read, and who said what it means."""


@dataclass(frozen=True, slots=True)
class ScenarioStarted:
    """A scenario begins."""

    scenario: Scenario
    batch: int = 0
    """Those of a batch run side by side. When the next batch begins they are over, even if they are not told yet."""


@dataclass(frozen=True, slots=True)
class ScenarioEnded:
    """A scenario is over; its results are complete."""

    scenario: Scenario
    status: Status
    results: tuple[PointResult, ...]
    reason: str = ""
    """Why it was skipped or broke."""
    seconds: float = 0.0

    @property
    def unexpectedly_passed(self) -> bool:
        """A `todo` that holds by now."""
        return self.scenario.todo is not None and self.status is Status.PASSED


@dataclass(frozen=True, slots=True)
class BailedOut:
    """The run cannot go on."""

    reason: str
    diagnostic: Diagnostic | None = None


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over, also after a bail-out; no event follows."""

    seconds: float
    interrupted_by: int | None = None
    """The signal's number."""


Event: TypeAlias = RunStarted | ScenarioStarted | ScenarioEnded | BailedOut | RunEnded

"""Runs a plan on a backend and tells what happens, event by event."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from netpolspec.backends.base import WorldFailed
from netpolspec.diagnostics import Diagnostic
from netpolspec.plan.model import Change
from netpolspec.policy.assumptions import KEYS, Assumptions
from netpolspec.policy.cluster import assemble
from netpolspec.run.events import (
    BailedOut,
    PointResult,
    RunEnded,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
    Status,
)
from netpolspec.run.judge import Found, Judge

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from netpolspec.backends.base import Backend, Capabilities, Observation
    from netpolspec.plan.model import Point, Scenario, World
    from netpolspec.policy.objects import Cluster
    from netpolspec.run.events import Event
    from netpolspec.run.judge import Opinion


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run, beyond what is run."""

    assumptions: Assumptions = field(default_factory=Assumptions)
    fail_fast: bool = False
    """Stop after the first scenario that fails."""
    strict_model: bool = False
    """A point at which packets contradict the model fails, even if they did what was expected."""


class Interrupted(KeyboardInterrupt):
    """A signal asks the run to end; thrown into the runner so that it cleans up."""

    def __init__(self, signal: int) -> None:
        super().__init__()
        self.signal = signal


def run(scenarios: Sequence[Scenario], backend: Backend, options: RunOptions) -> Generator[Event]:
    """Run scenarios in their order; prerequisites come before their dependents.

    Yields:
        RunStarted, then per scenario ScenarioStarted and ScenarioEnded, at the end RunEnded; BailedOut where the
        run cannot go on. Whatever happens, the backend is closed first and RunEnded is the last event.
    """
    started = time.monotonic()
    signal: int | None = None
    try:
        yield RunStarted(tuple(scenarios), backend.name, _changed(options.assumptions))
        yield from _Runner(backend, options).scenarios(scenarios)
        backend.close()
    except WorldFailed as failure:
        yield _closed(backend, BailedOut(str(failure), failure.diagnostic))
    except KeyboardInterrupt as interrupt:
        signal = interrupt.signal if isinstance(interrupt, Interrupted) else 2
        yield _closed(backend, BailedOut("interrupted"))
    finally:
        backend.close()
    yield RunEnded(time.monotonic() - started, signal)


def _closed(backend: Backend, event: BailedOut) -> BailedOut:
    """Close a backend whose run has failed; the event, with what could not be removed where that fails, too."""
    try:
        backend.close()
    except WorldFailed as failure:
        told = event.diagnostic or Diagnostic("bailed-out", event.reason)
        notes, help_ = (*told.notes, str(failure)), (*told.help, *failure.diagnostic.help)
        return BailedOut(event.reason, replace(told, notes=notes, help=help_))
    return event


def _changed(assumptions: Assumptions) -> tuple[str, ...]:
    """The assumptions that are not the defaults."""
    default = Assumptions()
    return tuple(assumptions.given(key) for key in KEYS if assumptions.value(key) != default.value(key))


class _Runner:
    """One run on one backend."""

    def __init__(self, backend: Backend, options: RunOptions) -> None:
        self._backend = backend
        self._options = options
        self._ended: dict[int, ScenarioEnded] = {}
        self._judges: dict[tuple[int, ...], Judge] = {}

    def scenarios(self, scenarios: Sequence[Scenario]) -> Iterator[Event]:
        capabilities = self._backend.prepare(scenarios)
        stopped = False
        for scenario in scenarios:
            reason = "a scenario before it failed, and --fail-fast is set" if stopped else None
            reason = reason or scenario.skip or self._held_up(scenario) or _lacks(scenario, capabilities)
            if reason is not None:
                ended = ScenarioEnded(scenario, Status.SKIPPED, (), reason)
            else:
                yield ScenarioStarted(scenario)
                began = time.monotonic()
                results = tuple(self._points(scenario, capabilities))
                ended = ScenarioEnded(scenario, _worst(results), results, "", time.monotonic() - began)
            # Results are not kept: memory stays flat however long the run is.
            self._ended[id(scenario)] = ScenarioEnded(scenario, ended.status, (), ended.reason)
            yield ended
            failed = ended.status in {Status.FAILED, Status.BROKEN} and scenario.todo is None
            stopped = stopped or (failed and self._options.fail_fast)

    def _held_up(self, scenario: Scenario) -> str | None:
        """The prerequisite because of which a scenario cannot say anything."""
        for before in scenario.after:
            ended = self._ended.get(id(before))
            if ended is not None and ended.status is not Status.PASSED:
                how = {Status.FAILED: "failed", Status.BROKEN: "broke", Status.SKIPPED: "was skipped"}[ended.status]
                return f"prerequisite '{before.name}' {how}"
        return None

    def _points(self, scenario: Scenario, capabilities: Capabilities) -> Iterator[PointResult]:
        judge: Judge | None = None
        for step in scenario.steps:
            if isinstance(step, Change):
                judge = self._judge(step, self._backend.apply(step))
                continue
            assert judge is not None  # noqa: S101 - a scenario's first step is a change
            observations = self._backend.probe(step.points)
            for point, observation in zip(step.points, observations, strict=True):
                result = self._result(point, judge.judge(point), observation, observes=capabilities.observes)
                failed = scenario.todo is None and result.status is Status.FAILED and result.model != point.wanted
                yield replace(result, hint=judge.hints(point, judge.judge(point))) if failed else result

    def _judge(self, change: Change, cluster: Cluster | None) -> Judge:
        """The model of a world; worlds of the same objects share it."""
        if cluster is not None:
            return Judge(cluster, self._options.assumptions)
        key = tuple(map(id, change.world.values()))
        judge = self._judges.get(key)
        if judge is None:
            self._judges.clear()  # the next scenario seldom has the same world, and models are large
            judge = self._judges[key] = Judge(_cluster(change.world), self._options.assumptions)
        return judge

    def _result(
        self, point: Point, opinion: Opinion, observation: Observation | None, *, observes: bool
    ) -> PointResult:
        if observation is not None:
            status, message = _observed(point, opinion, observation, strict=self._options.strict_model)
        elif observes:
            status, message = Status.SKIPPED, f"no packet can be sent from {point.source_text} here"
        else:
            status, message = _modelled(point, opinion)
        return PointResult(
            point,
            status,
            message,
            opinion.found,
            observation,
            opinion.decided_by,
            opinion.reason,
            opinion.assumptions,
            observation.differs if observation is not None else opinion.differs,
            observation.probe if observation is not None else None,
        )


def _cluster(world: World) -> Cluster:
    return assemble((one for resource in world.values() for one in resource.objects), declare_namespaces=False)


def _lacks(scenario: Scenario, capabilities: Capabilities) -> str | None:
    """Why a backend cannot run a scenario."""
    for need in scenario.needs:
        if need in capabilities.missing:
            return f"needs {need}: {capabilities.missing[need]}"
    return None


def _modelled(point: Point, opinion: Opinion) -> tuple[Status, str]:
    """The model's answer alone is what is found."""
    if opinion.found == point.wanted:
        return Status.PASSED, ""
    return Status.FAILED, f"expected {point.wanted}, the model says {opinion.found}"


def _observed(point: Point, opinion: Opinion, observation: Observation, *, strict: bool) -> tuple[Status, str]:
    """What packets did is what is found; that the model says otherwise is a finding of its own."""
    if observation.verdict == "error":
        return Status.BROKEN, f"expected {point.wanted}, but the probe failed"
    contradicted = opinion.found in {Found.ALLOWED, Found.DENIED} and observation.counts_as != opinion.found
    if observation.counts_as != point.wanted:
        why = f" ({observation.control})" if observation.counts_as is None and observation.control else ""
        model = f"; the model says {opinion.found}" if contradicted else ""
        return Status.FAILED, f"expected {point.wanted}, observed {observation.verdict}{why}{model}"
    if contradicted and strict:
        return Status.FAILED, f"observed {observation.verdict} as expected, but the model says {opinion.found}"
    return Status.PASSED, ""


def _worst(results: Sequence[PointResult]) -> Status:
    for status in (Status.BROKEN, Status.FAILED):
        if any(result.status is status for result in results):
            return status
    return Status.PASSED

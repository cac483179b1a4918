"""Runs a plan on a backend and tells what happens, event by event."""

from __future__ import annotations

import sys
import time
from collections import deque
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, assert_never

from netpolspec.backends.base import WorldFailed
from netpolspec.diagnostics import Diagnostic
from netpolspec.load.resource import assemble_resources
from netpolspec.plan.model import Change, Check
from netpolspec.policy.assumptions import KEYS, Assumptions
from netpolspec.run.events import BailedOut, RunEnded, RunStarted, ScenarioEnded, ScenarioStarted, Status
from netpolspec.run.judge import Found, Judge
from netpolspec.run.lanes import lanes
from netpolspec.run.results import judged, worst
from netpolspec.signals import number_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from netpolspec.backends.base import Backend, Capabilities
    from netpolspec.plan.model import Point, Scenario
    from netpolspec.policy.objects import Cluster
    from netpolspec.run.events import Event, PointResult


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run, beyond what is run."""

    assumptions: Assumptions = field(default_factory=Assumptions)
    fail_fast: bool = False
    """Stop after the first scenario that fails."""
    strict_model: bool = False
    """A point at which packets contradict the model fails, even if they did what was expected."""
    terraform: tuple[tuple[str, str], ...] = ()
    """Each Terraform folder of the plan, and who said what it means; only told."""


def run(scenarios: Sequence[Scenario], backend: Backend, options: RunOptions) -> Generator[Event]:
    """Run scenarios in their order; prerequisites come before their dependents.

    Yields:
        RunStarted, then per scenario ScenarioStarted and ScenarioEnded, at the end RunEnded; BailedOut where the
        run cannot go on. Where packets are sent, scenarios whose worlds do not touch run side by side; they end in
        their order. Whatever happens, the backend is closed first and RunEnded is the last event. An interrupt lets
        it clean up; a second one does not, and then BailedOut says what is left.
    """
    started = time.monotonic()
    end = _End(backend)
    runner = _Runner(scenarios, backend, options)
    try:
        yield RunStarted(tuple(scenarios), backend.name, _changed(options.assumptions), options.terraform)
        yield from runner.events()
        backend.close()
    except WorldFailed as failure:
        yield from runner.held_back()
        yield end.closed(BailedOut(str(failure), failure.diagnostic))
    except KeyboardInterrupt as interrupt:
        end.signal = number_of(interrupt)
        yield from runner.held_back()
        yield end.closed(BailedOut("interrupted"))
    finally:
        end.close_unheard()
    yield RunEnded(time.monotonic() - started, end.signal)


class _End:
    """How a run ends: its backend is closed, and the first interrupt does not prevent it."""

    def __init__(self, backend: Backend) -> None:
        self.signal: int | None = None
        """What interrupted the run, or its closing."""
        self._backend = backend
        self._over = False

    def closed(self, event: BailedOut) -> BailedOut:
        """Close the backend of a run that has failed; the event, with what could not be removed."""
        try:
            self._backend.close()
        except WorldFailed as failure:
            event = _with(event, (str(failure),), failure.diagnostic.help)
        except KeyboardInterrupt as interrupt:
            if self.signal is None:
                self.signal = number_of(interrupt)
                return self.closed(event)
            # The second one: nothing more is removed, and what is left is told.
            event = _with(event, getattr(interrupt, "__notes__", ()))
        self._over = True
        return event

    def close_unheard(self) -> None:
        """Close the backend, unless it is; what could not be removed is told by the exception that ends the run."""
        left = None if self._over else self.closed(BailedOut("")).diagnostic
        reason = sys.exception()
        if left is not None and reason is not None:
            for told in (*left.notes, *left.help):
                reason.add_note(str(told))


def _with(event: BailedOut, notes: Sequence[str], help_: Sequence[str] = ()) -> BailedOut:
    """The event, with more to tell beside its reason."""
    told = event.diagnostic or Diagnostic("bailed-out", event.reason)
    return BailedOut(event.reason, replace(told, notes=(*told.notes, *notes), help=(*told.help, *help_)))


def _changed(assumptions: Assumptions) -> tuple[str, ...]:
    """The assumptions that are not the defaults."""
    default = Assumptions()
    return tuple(assumptions.given(key) for key in KEYS if assumptions.value(key) != default.value(key))


class _Runner:
    """One run on one backend."""

    def __init__(self, scenarios: Sequence[Scenario], backend: Backend, options: RunOptions) -> None:
        self._scenarios = scenarios
        self._backend = backend
        self._options = options
        self._untold = deque(scenarios)
        self._held_back: dict[int, ScenarioEnded] = {}
        self._statuses: dict[int, Status] = {}
        self._stopped = False
        self._judges: dict[tuple[int, ...], Judge] = {}

    def events(self) -> Iterator[Event]:
        """What happens, scenario by scenario."""
        capabilities = self._backend.prepare(self._scenarios)
        alone = not capabilities.observes or self._options.fail_fast
        for batch, abreast in enumerate(zip_longest(*((self._scenarios,) if alone else lanes(self._scenarios)))):
            running: list[Scenario] = []
            for scenario in (each for each in abreast if each is not None):
                reason = self._left_out(scenario, capabilities)
                if reason is not None:
                    self._end(ScenarioEnded(scenario, Status.SKIPPED, (), reason))
                else:
                    yield ScenarioStarted(scenario, batch)
                    running.append(scenario)
            self._run(running, capabilities)
            while self._untold and id(self._untold[0]) in self._held_back:
                yield self._held_back.pop(id(self._untold.popleft()))

    def held_back(self) -> Iterator[ScenarioEnded]:
        """What has ended before scenarios that will not come to their end any more."""
        yield from (self._held_back.pop(id(each)) for each in self._untold if id(each) in self._held_back)

    def _left_out(self, scenario: Scenario, capabilities: Capabilities) -> str | None:
        """Why a scenario is not run."""
        if self._stopped:
            return "a scenario before it failed, and --fail-fast is set"
        return scenario.skip or self._held_up(scenario) or _lacks(scenario, capabilities)

    def _held_up(self, scenario: Scenario) -> str | None:
        """The prerequisite because of which a scenario cannot say anything."""
        for before in scenario.after:
            status = self._statuses.get(id(before), Status.PASSED)
            if status is not Status.PASSED:
                how = {Status.FAILED: "failed", Status.BROKEN: "broke", Status.SKIPPED: "was skipped"}[status]
                return f"prerequisite '{before.name}' {how}"
        return None

    def _end(self, ended: ScenarioEnded) -> None:
        """A scenario is over. Its results are kept until they are told: memory stays flat however long the run is."""
        self._held_back[id(ended.scenario)] = ended
        self._statuses[id(ended.scenario)] = ended.status
        if self._options.fail_fast and ended.scenario.todo is None:
            self._stopped = self._stopped or ended.status in {Status.FAILED, Status.BROKEN}

    def _run(self, scenarios: Sequence[Scenario], capabilities: Capabilities) -> None:
        """Run scenarios side by side: again and again all their worlds come about, and all their points are probed."""
        began = time.monotonic()
        courses = [_Course(scenario) for scenario in scenarios]
        for at in range(max((len(course.stages) for course in courses), default=0)):
            change = _joined([course.change(at) for course in courses])
            points = [point for course in courses for point in course.points(at)]
            judge = self._judge(change, self._backend.apply(change, points))
            observations = iter(self._backend.probe(points))
            for course in courses:
                for point in course.points(at):
                    result = judged(judge, point, next(observations), capabilities, strict=self._options.strict_model)
                    course.results.append(_explained(result, judge) if course.scenario.todo is None else result)
                if at == len(course.stages) - 1:
                    course.seconds = time.monotonic() - began
        for course in courses:
            results = tuple(course.results)
            self._end(ScenarioEnded(course.scenario, worst(results), results, "", course.seconds))

    def _judge(self, change: Change, cluster: Cluster | None) -> Judge:
        """The model of a world; worlds of the same objects share it."""
        if cluster is not None:
            return Judge(cluster, self._options.assumptions)
        key = tuple(map(id, change.world.values()))
        judge = self._judges.get(key)
        if judge is None:
            self._judges.clear()  # the next scenario seldom has the same world, and models are large
            judge = self._judges[key] = Judge(assemble_resources(change.world.values()), self._options.assumptions)
        return judge


class _Course:
    """A scenario on its way: worlds, each with what is probed in it."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.stages: list[tuple[Change, tuple[Point, ...]]] = []
        for step in scenario.steps:
            match step:
                case Change():
                    self.stages.append((step, ()))
                case Check(points=points):
                    change, before = self.stages.pop()
                    self.stages.append((change, before + points))
                case _:
                    assert_never(step)
        self.results: list[PointResult] = []
        self.seconds = 0.0

    def change(self, at: int) -> Change:
        """The world of a stage; after the last one it stays until others that run beside it are through."""
        return self.stages[min(at, len(self.stages) - 1)][0]

    def points(self, at: int) -> tuple[Point, ...]:
        """What is probed in a stage."""
        return self.stages[at][1] if at < len(self.stages) else ()


def _joined(changes: Sequence[Change]) -> Change:
    """One world of several that do not touch."""
    if len(changes) == 1:
        return changes[0]
    return Change({key: resource for change in changes for key, resource in change.world.items()}, changes[-1].span)


def _explained(result: PointResult, judge: Judge) -> PointResult:
    """A failure that the model shares, with what comes nearest."""
    point = result.point
    if result.status is not Status.FAILED or result.model == point.wanted:
        return result
    if result.model == Found.UNKNOWN and result.observed is not None:  # packets have told what the model cannot
        return result
    return replace(result, hint=judge.hints(point, judge.judge(point)))


def _lacks(scenario: Scenario, capabilities: Capabilities) -> str | None:
    """Why a backend cannot run a scenario."""
    for need in scenario.needs:
        if need in capabilities.missing:
            return f"needs {need}: {capabilities.missing[need]}"
    return None

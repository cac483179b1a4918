"""The end of a run for people, on standard error: what failed, drawn at its line, and how to run just that again."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from statistics import median_low
from typing import TYPE_CHECKING, assert_never

from netpolspec.diagnostics import Diagnostic, Note, Severity, render
from netpolspec.report.effects import effects
from netpolspec.report.results import contradicts
from netpolspec.run.events import BailedOut, RunEnded, RunStarted, ScenarioEnded, ScenarioStarted, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netpolspec.plan.model import Scenario
    from netpolspec.report.effects import Effect
    from netpolspec.run.events import DecidedBy, Event, PointResult

_MOST_CHANGES = 10
"""Changes of policies of which it is said when they took effect: the slowest."""
_MOST_DRAWN = 20
"""Failures that are drawn in a run."""
_MOST_OF_ONE = 5
"""Failures that are drawn of one scenario, so that a big one leaves room for the others."""


@dataclass(slots=True)
class _Counts:
    """How often something ended in which way."""

    passed: int = 0
    failed: int = 0
    broken: int = 0
    skipped: int = 0
    todo: int = 0

    def add(self, status: Status, *, todo: bool) -> None:
        match status:
            case Status.PASSED:
                self.passed += 1
            case Status.FAILED if todo:
                self.todo += 1
            case Status.FAILED:
                self.failed += 1
            case Status.SKIPPED:
                self.skipped += 1
            case Status.BROKEN:
                self.broken += 1
            case _:
                assert_never(status)

    def __str__(self) -> str:
        named = (
            (self.failed, "failed"),
            (self.broken, "broken"),
            (self.passed, "passed"),
            (self.todo, "todo"),
            (self.skipped, "skipped"),
        )
        return ", ".join(f"{count} {name}" for count, name in named if count)


@dataclass(slots=True)
class Summary:
    """Takes events as they come and keeps only what it will draw, however long the run is."""

    again: Callable[[Scenario], str | None]
    """The command that runs a scenario again; None where there is none, as for standard input."""
    _scenarios: _Counts = field(default_factory=_Counts)
    _points: _Counts = field(default_factory=_Counts)
    _drawn: list[Diagnostic] = field(default_factory=list)
    _more: int = 0
    _contradicted: int = 0
    """Points that passed although the model says otherwise."""
    _slowest: list[Effect] = field(default_factory=list)
    _times: list[int] = field(default_factory=list)
    """Milliseconds that each change of policies took."""
    _backend: str = ""
    _terraform: tuple[tuple[str, str], ...] = ()
    _seconds: float = 0.0

    def add(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case RunStarted():
                self._backend, self._terraform = event.backend, event.terraform
            case ScenarioEnded():
                self._end(event)
            case RunEnded():
                self._seconds = event.seconds
            case ScenarioStarted() | BailedOut():
                pass
            case _:
                assert_never(event)

    def text(self, *, color: bool = False) -> str:
        """What there is to say once the run is over; ends with a newline."""
        return "\n".join(self._parts(color=color)) + "\n"

    def _parts(self, *, color: bool) -> Iterator[str]:
        for diagnostic in self._drawn:
            yield render(diagnostic, color=color)
            yield ""
        if self._more:
            yield f"and {_counted(self._more, 'more failure')}, which the report has\n"
        if not str(self._scenarios):
            yield "no scenarios"
            return
        yield f"scenarios: {self._scenarios}"
        if str(self._points):
            odd = f"; of {self._contradicted} the model says otherwise" if self._contradicted else ""
            yield f"test points: {self._points}{odd}"
        yield from self._changes()
        sent = "judged by the model, no packet was sent" if self._backend == "model" else f"judged on {self._backend}"
        yield f"{sent}; {_time(self._seconds)}"
        yield from (f"terraform: {folder}: {who}" for folder, who in self._terraform)

    def _changes(self) -> Iterator[str]:
        """When the changes of policies took effect."""
        if not self._times:
            return
        which = "the slowest" if len(self._times) > len(self._slowest) else "each"
        yield f"{_counted(len(self._times), 'change')} of policies took effect, {which} after:"
        for each in self._slowest:
            yield f"  {each.ms:>6} ms  {each.span.source.path}:{each.span.line}  {each.scenario}"
        if len(self._times) > len(self._slowest):
            yield f"  {median_low(self._times):>6} ms  in the middle of all"

    def _end(self, event: ScenarioEnded) -> None:
        for effect in effects(event):
            self._times.append(effect.ms)
            self._slowest = sorted([*self._slowest, effect], key=lambda one: -one.ms)[:_MOST_CHANGES]
        scenario = event.scenario
        todo = scenario.todo is not None
        self._scenarios.add(event.status, todo=todo)
        failures = 0
        for result in event.results:
            self._points.add(result.status, todo=todo)
            if result.status is Status.PASSED and contradicts(result):
                self._contradicted += 1
                if self._contradicted <= _MOST_OF_ONE and len(self._drawn) < _MOST_DRAWN:
                    self._drawn.append(self._contradiction(scenario, result))
            if result.status is Status.BROKEN or (result.status is Status.FAILED and not todo):
                failures += 1
                if failures <= _MOST_OF_ONE:
                    self._draw(partial(self._failure, scenario, result))
        self._more += max(0, failures - _MOST_OF_ONE)
        if not failures and (event.status is Status.BROKEN or (event.status is Status.FAILED and not todo)):
            self._draw(partial(self._scenario_failure, event))
        if event.unexpectedly_passed:
            self._draw(partial(_holds_by_now, scenario))

    def _draw(self, make: Callable[[], Diagnostic]) -> None:
        if len(self._drawn) < _MOST_DRAWN:
            self._drawn.append(make())
        else:
            self._more += 1

    def _again(self, scenario: Scenario) -> tuple[str, ...]:
        command = self.again(scenario)
        return (f"to run just this again: {command}",) if command else ()

    def _failure(self, scenario: Scenario, result: PointResult) -> Diagnostic:
        point = result.point
        notes: list[Note | str] = [result.reason] if result.reason else []
        notes += [_decider(by) for by in result.decided_by]
        observed = result.observed
        notes += [f"differs: {part}" for part in (observed.differs if observed is not None else ()) or result.differs]
        notes += [f"this rests on {assumption}" for assumption in result.assumptions]
        if point.because is not None:
            notes.append(f"expected because: {point.because}")
        if observed is not None:
            notes += [*observed.evidence, *([observed.control] if observed.control else [])]
        hints = (f"to repeat the probe by hand: {result.probe}",) if result.probe else ()
        return Diagnostic(
            "expectation-not-met",
            f"{point.title}: {result.message}",
            point.span,
            (*result.hint, *hints, *self._again(scenario)),
            tuple(notes),
        )

    def _contradiction(self, scenario: Scenario, result: PointResult) -> Diagnostic:
        notes: list[Note | str] = [result.reason] if result.reason else []
        return Diagnostic(
            "model-differs",
            f"{result.point.title}: observed {result.found} as expected, but the model says {result.model}",
            result.point.span,
            ("--strict-model has such points fail", *self._again(scenario)),
            (*notes, *(_decider(by) for by in result.decided_by)),
            Severity.WARNING,
        )

    def _scenario_failure(self, event: ScenarioEnded) -> Diagnostic:
        scenario = event.scenario
        message = f"scenario '{scenario.name}': {event.reason or event.status.value}"
        return Diagnostic("scenario-failed", message, scenario.span, self._again(scenario))


def _decider(by: DecidedBy) -> Note:
    rule = f" {by.rule}" if by.rule else ""
    return Note(f"decided by {by.policy}{rule}, {by.direction.lower()}", by.origin.span)


def _holds_by_now(scenario: Scenario) -> Diagnostic:
    return Diagnostic(
        "todo-holds",
        f"'{scenario.name}' is marked as todo ({scenario.todo}), but it holds by now",
        scenario.span,
        ("take the 'todo' out, so that it counts from now on",),
        severity=Severity.WARNING,
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _time(seconds: float) -> str:
    minute = 60
    if seconds < minute:
        return f"{seconds:.2f} s"
    return f"{int(seconds // minute)} min {seconds % minute:.0f} s"

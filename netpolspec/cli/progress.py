"""What goes on in long work: lines that change at the end of a terminal, a line each elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from netpolspec.diagnostics import shown, width
from netpolspec.run.events import BailedOut, RunEnded, RunStarted, ScenarioEnded, ScenarioStarted, Status

if TYPE_CHECKING:
    import os

    from netpolspec.cli.terminal import Messages, Report
    from netpolspec.plan.model import Scenario
    from netpolspec.run.events import Event

_DIM, _RED, _PLAIN = "\x1b[2m", "\x1b[1;31m", "\x1b[0m"
_MOST_LINES = 12
_BAD = {Status.FAILED: "failed", Status.BROKEN: "broken"}


class Progress:
    """Called with what is being waited for; `add` takes a run's events, `done` takes everything away, for good.

    On a terminal where somebody looks on, it is a live area that comes up when the work lasts. Elsewhere what is waited
    for is a line each, and events are the report's matter.
    """

    def __init__(self, messages: Messages, report: Report | None = None, *, quiet: bool) -> None:
        """Nothing is shown yet.

        Args:
            messages: where it is shown.
            report: what may write to the same terminal meanwhile.
            quiet: whether nothing is shown at all.
        """
        self._messages = messages
        self._report = report
        self._quiet = quiet
        self._board = Board(time.monotonic(), color=messages.color)
        self._area = None if quiet else messages.live_area(self._board.lines)
        if self._area is not None and report is not None and report.is_terminal:
            report.above = self._area.above

    def __call__(self, text: str) -> None:
        """Say what is waited for; it stands until the next call or event."""
        if self._quiet:
            return
        now = time.monotonic()
        if self._area is None:
            self._messages.line(f"{now - self._board.began:5.1f} s  {text}")
            return
        self._board.wait_for(text, now)
        self._area.start()

    def add(self, event: Event) -> None:
        """Take note of an event, before the report has it."""
        if self._area is None:
            return
        self._board.add(event, time.monotonic())
        self._area.start()
        if isinstance(event, ScenarioEnded) and self._area.shown and not self._report_is_seen():
            self._tell_failure(event)

    def done(self) -> None:
        """Leave a clean terminal."""
        if self._area is not None:
            self._area.stop()

    def _report_is_seen(self) -> bool:
        return self._report is not None and self._report.is_terminal

    def _tell_failure(self, event: ScenarioEnded) -> None:
        """Failures stand where the report, which has them too, goes somewhere else."""
        how = _BAD.get(event.status)
        if how is None or event.scenario.todo is not None:
            return
        bad = [each for each in event.results if each.status in _BAD]
        why = f": {bad[0].point.title}: {bad[0].message}" if bad else f": {event.reason}" if event.reason else ""
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        how = f"{_RED}{how}{_PLAIN}" if self._messages.color else how
        self._messages.line(f"{how} {shown(event.scenario.name + why + more)}")


@dataclass(slots=True)
class _Activity:
    text: str
    since: float


@dataclass(slots=True)
class Board:
    """How far a run is, and what it is busy with. Times are those of `time.monotonic`."""

    began: float
    color: bool = False
    _total: int | None = None
    _ended: int = 0
    _failed: int = 0
    _broken: int = 0
    _running: dict[int, _Activity] = field(default_factory=dict)
    _batch: int = 0
    _over: set[int] = field(default_factory=set)
    """Scenarios that have ended and are not told yet, because one before them has not."""
    _waiting: _Activity | None = None

    def wait_for(self, text: str, now: float) -> None:
        """Something is waited for; the same as before goes on."""
        if self._waiting is None or self._waiting.text != text:
            self._waiting = _Activity(text, now)

    def add(self, event: Event, now: float) -> None:
        """Take note of an event."""
        match event:
            case RunStarted(scenarios=scenarios):
                self._total = len(scenarios)
            case ScenarioStarted(scenario=scenario, batch=batch):
                self._waiting = None
                if batch != self._batch:
                    self._over |= self._running.keys()
                    self._batch, self._running = batch, {}
                self._running = {**self._running, id(scenario): _Activity(scenario.name, now)}
            case ScenarioEnded(scenario=scenario):
                self._waiting = None
                self._end(scenario, event.status)
            case BailedOut():
                self._waiting = None
                self._running = {}
            case RunEnded():
                pass
            case _:
                assert_never(event)

    def _end(self, scenario: Scenario, status: Status) -> None:
        # A new one each time: the drawing thread may go through the old one at this moment.
        self._over.discard(id(scenario))
        self._running = {key: activity for key, activity in self._running.items() if key != id(scenario)}
        self._ended += 1
        if scenario.todo is None:
            self._failed += status is Status.FAILED
            self._broken += status is Status.BROKEN

    def lines(self, size: os.terminal_size) -> list[str]:
        """What there is to see, in as many lines as a terminal of that size has room for; empty where there is nothing.

        First how far the run is, then the scenarios that run, then what is waited for, each with its time.
        """
        now = time.monotonic()
        lines = [] if self._total is None else [self._line(now - self.began, self._counts(), size.columns)]
        waiting = self._waiting
        running = list(self._running.values())
        room = max(1, min(_MOST_LINES, size.lines - 1) - len(lines) - (waiting is not None))
        if len(running) > room:
            lines += [self._line(now - each.since, f"  {each.text}", size.columns) for each in running[: room - 1]]
            lines += [self._line(None, f"  and {len(running) - room + 1} more", size.columns)]
        else:
            lines += [self._line(now - each.since, f"  {each.text}", size.columns) for each in running]
        if waiting is not None:
            lines.append(self._line(now - waiting.since, waiting.text, size.columns))
        return lines

    def _counts(self) -> str:
        bad = ((self._failed, "failed"), (self._broken, "broken"))
        total = f"{self._ended + len(self._over)}/{self._total} scenario{'' if self._total == 1 else 's'}"
        return ", ".join([total, *(f"{count} {name}" for count, name in bad if count)])

    def _line(self, seconds: float | None, text: str, columns: int) -> str:
        timed = _elapsed(seconds) if seconds is not None else " " * _TIME_WIDTH
        told = cut(f"  {text}", max(0, columns - 1 - _TIME_WIDTH))
        return f"{_DIM}{timed}{_PLAIN}{told}" if self.color else f"{timed}{told}"


_TIME_WIDTH = 7


def _elapsed(seconds: float) -> str:
    """A time in seven columns: `  3.2 s`, `   2:05`."""
    minute = 60
    return f"{seconds:5.1f} s" if seconds < minute else f"{int(seconds) // minute:4}:{int(seconds) % minute:02}"


def cut(text: str, columns: int) -> str:
    """As much of a text as fits, with an ellipsis where something is missing, and nothing that moves the cursor."""
    text = shown(text)
    if width(text) <= columns:
        return text
    while text and width(text) >= columns:
        text = text[:-1]
    return f"{text}\N{HORIZONTAL ELLIPSIS}" if columns else ""

"""What `deliver` does when a signal or a fault comes in the middle."""

from __future__ import annotations

import io
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from report.events import ended, passed, point, scenario

from netpolspec import signals
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.model import ModelBackend
from netpolspec.cli.exits import Exit, Outcome
from netpolspec.cli.interrupts import deliver
from netpolspec.cli.main import main
from netpolspec.report.tap import Tap
from netpolspec.run.events import BailedOut, RunEnded, RunStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from netpolspec.run.events import Event

POINT = point()
ENDS = tuple(ended(scenario(name, POINT), passed(POINT)) for name in ("a", "b", "c"))


class World:
    """A run that cleans up when it is interrupted, as the runner does."""

    def __init__(self, at: str = "", cleaning: Callable[[], None] = lambda: None) -> None:
        self.cleaned = 0
        self._at = at
        self._cleaning = cleaning

    def run(self) -> Generator[Event]:
        yield RunStarted(tuple(end.scenario for end in ENDS), "model")
        number: int | None = None
        try:
            for end in ENDS:
                if end.scenario.name == self._at:
                    signal.raise_signal(signal.SIGTERM)
                yield end
        except signals.Interrupted as interrupt:
            number = interrupt.signal
            self._cleaning()
            yield BailedOut("interrupted")
        finally:
            self.cleaned += 1
        yield RunEnded(1.0, number)


class Taker:
    """Takes events as the command does, and is interrupted on the way."""

    def __init__(self, at: str = "", number: int = signal.SIGINT, error: Exception | None = None) -> None:
        self.text = ""
        self.outcome = Outcome()
        self._at, self._number, self._error = at, number, error
        self._tap = Tap()

    def __call__(self, event: Event) -> None:
        self.outcome.add(event)
        self.text += "".join(self._tap.text(event))
        if self._at and self._at in self.text:
            self._at = ""
            if self._error is not None:
                raise self._error
            signal.raise_signal(self._number)


def run(world: World, taker: Taker, *, cleaned: int = 1) -> list[str]:
    with signals.raised():
        deliver(world.run(), taker)
    assert world.cleaned == cleaned
    return taker.text.splitlines()


def test_a_run_that_nobody_interrupts() -> None:
    world, taker = World(), Taker()
    assert run(world, taker)[-1] == "ok 3 - c: Nobody gets in."
    assert taker.outcome.exit is Exit.MET


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_the_report_is_written(number: int, status: int) -> None:
    world, taker = World(), Taker("2 - b", number)
    lines = run(world, taker)
    assert lines[-2:] == ["ok 2 - b: Nobody gets in.", "Bail out! interrupted"]
    assert taker.outcome.exit == status


def test_a_signal_while_a_scenario_runs() -> None:
    world, taker = World("c"), Taker()
    assert run(world, taker)[-1] == "Bail out! interrupted"
    assert taker.outcome.exit is Exit.TERMINATED


def test_a_second_signal_ends_the_cleaning() -> None:
    world, taker = World("b", lambda: signal.raise_signal(signal.SIGINT)), Taker()
    assert run(world, taker)[-1] == "Bail out! interrupted"
    assert taker.outcome.exit is Exit.INTERRUPTED


def test_a_signal_before_the_first_scenario() -> None:
    world, taker = World(), Taker("1..3", signal.SIGTERM)
    assert run(world, taker, cleaned=0) == ["TAP version 14", "1..3", "Bail out! interrupted"]
    assert taker.outcome.exit is Exit.TERMINATED


def test_a_fault_leaves_no_report_that_looks_whole() -> None:
    world, taker = World(), Taker("2 - b", error=ValueError("x"))
    with pytest.raises(ValueError, match="x"):
        run(world, taker)
    assert world.cleaned == 1
    assert taker.text.splitlines()[-1] == "Bail out! netpolspec has a fault: ValueError"


def test_what_is_left_is_told_where_the_report_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def close(_: ModelBackend) -> None:
        raise WorldFailed("the cluster is left", "netpolspec down")

    monkeypatch.setattr(ModelBackend, "close", close)
    with io.TextIOWrapper(Path("/dev/full").open("wb", buffering=0)) as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(["run", "-e", "expect 10.0.0.1 -> 10.0.0.2:80 allowed"]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "error: cannot write the report: no space left on device"
    assert [line.strip() for line in lines[1:]] == ["= note: the cluster is left", "= note: netpolspec down"]

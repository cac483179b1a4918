"""A backend is closed whatever happens, and what it could not remove is told beside why the run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Never

import pytest

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.model import ModelBackend
from netpolspec.cli.interrupts import deliver
from netpolspec.run.events import BailedOut, RunEnded
from netpolspec.run.runner import RunOptions, run
from netpolspec.signals import Interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.backends.base import Capabilities
    from netpolspec.plan.model import Scenario
    from netpolspec.run.events import Event


class Stubborn(ModelBackend):
    """Fails in prepare, if it is told to, and always in close."""

    def __init__(self, prepare: BaseException | None = None) -> None:
        self._prepare = prepare
        self._closed = False

    def prepare(self, scenarios: Sequence[Scenario]) -> Capabilities:
        if self._prepare is not None:
            raise self._prepare
        return super().prepare(scenarios)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            raise WorldFailed("the cluster is left", "netpolspec down")


class Busy(ModelBackend):
    """Is interrupted so many times when it is closed."""

    def __init__(self, interrupts: int, prepare: BaseException | None = None, *, fails: bool = False) -> None:
        self.interrupts = interrupts
        self.closed = False
        self._prepare = prepare
        self._fails = fails

    def prepare(self, scenarios: Sequence[Scenario]) -> Capabilities:
        if self._prepare is not None:
            raise self._prepare
        return super().prepare(scenarios)

    def close(self) -> None:
        if self.interrupts:
            self.interrupts -= 1
            interrupt = Interrupted(15)
            interrupt.add_note("much is left")
            raise interrupt
        self.closed = True
        if self._fails:
            raise WorldFailed("the cluster is left", "netpolspec down")


def test_an_interrupt_lets_it_be_closed_and_a_second_one_does_not() -> None:
    patient, hasty = Busy(1), Busy(2)
    *_, bailed, ended = run((), patient, RunOptions())
    assert (bailed, patient.closed) == (BailedOut("interrupted"), True)
    *_, bailed, ended = run((), hasty, RunOptions())
    assert isinstance(bailed, BailedOut)
    assert bailed.diagnostic is not None
    assert (bailed.reason, bailed.diagnostic.notes, hasty.closed) == ("interrupted", ("much is left",), False)
    assert isinstance(ended, RunEnded)
    assert ended.interrupted_by == 15


@pytest.mark.parametrize(
    ("prepare", "reason", "notes"),
    [
        (None, "the cluster is left", ()),
        (WorldFailed("no docker"), "no docker", ("the cluster is left",)),
        (Interrupted(15), "interrupted", ("the cluster is left",)),
    ],
)
def test_what_could_not_be_removed_is_told(prepare: BaseException | None, reason: str, notes: tuple[str, ...]) -> None:
    events = list(run((), Stubborn(prepare), RunOptions()))
    bailed = [event for event in events if isinstance(event, BailedOut)]
    assert [event.reason for event in bailed] == [reason]
    assert bailed[0].diagnostic is not None
    assert bailed[0].diagnostic.notes == notes
    assert bailed[0].diagnostic.help == ("netpolspec down",)
    assert isinstance(events[-1], RunEnded)
    assert events[-1].interrupted_by == (15 if reason == "interrupted" else None)


def test_an_interrupt_after_a_failure_lets_it_be_closed_too() -> None:
    patient = Busy(1, WorldFailed("no docker"), fails=True)
    *_, bailed, ended = run((), patient, RunOptions())
    assert isinstance(bailed, BailedOut)
    assert bailed.diagnostic is not None
    assert (bailed.reason, bailed.diagnostic.notes) == ("no docker", ("the cluster is left",))
    assert isinstance(ended, RunEnded)
    assert (ended.interrupted_by, patient.closed) == (15, True)


@pytest.mark.parametrize(
    ("backend", "closed", "told"),
    [
        (Busy(0, fails=True), True, ["the cluster is left", "netpolspec down"]),
        (Busy(1), True, []),
        (Busy(2), False, ["much is left"]),
    ],
)
def test_where_nobody_takes_the_report_what_is_left_is_told_beside_that(
    backend: Busy,
    closed: bool,  # noqa: FBT001 - a row of the table
    told: Sequence[str],
) -> None:
    def take(_: Event) -> Never:
        raise ConnectionError("the reader went away")

    with pytest.raises(ConnectionError) as lost:
        deliver(run((), backend, RunOptions()), take)
    assert (backend.closed, getattr(lost.value, "__notes__", [])) == (closed, told)

"""Exit statuses: what a run comes down to for the program that started it."""

from __future__ import annotations

import signal
from enum import IntEnum
from typing import TYPE_CHECKING

from netpolspec.run.events import BailedOut, RunEnded, ScenarioEnded, Status

if TYPE_CHECKING:
    from netpolspec.run.events import Event


class Exit(IntEnum):
    """What each exit status means; docs/cli.md tells users."""

    MET = 0
    """Every expectation is met."""
    NOT_MET = 1
    """An expectation is not met."""
    WRONG = 2
    """The spec or the command line is wrong, or selects nothing; nothing was touched."""
    FAILED = 3
    """The environment failed, or netpolspec has a fault."""
    INTERRUPTED = 130
    TERMINATED = 143


class Outcome:
    """Works out the exit status of a run from its events."""

    def __init__(self) -> None:
        self.exit = Exit.MET

    def add(self, event: Event) -> None:
        """Take note of an event; the exit status only gets more severe."""
        match event:
            case BailedOut():
                self._raise(Exit.FAILED)
            case ScenarioEnded(status=Status.BROKEN):
                self._raise(Exit.FAILED)
            case ScenarioEnded(status=Status.FAILED) if event.scenario.todo is None:
                self._raise(Exit.NOT_MET)
            case RunEnded(interrupted_by=int() as number):
                self._raise(interrupted(number))
            case _:
                pass

    def _raise(self, status: Exit) -> None:
        self.exit = max(self.exit, status)


def interrupted(number: int) -> Exit:
    """The exit status of a run that a signal ended."""
    return Exit.TERMINATED if number == signal.SIGTERM else Exit.INTERRUPTED

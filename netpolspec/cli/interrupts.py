"""An interrupted run: the runner cleans up, and the report says that it is not whole."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from netpolspec.run.events import BailedOut, RunEnded
from netpolspec.signals import Interrupted, number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from netpolspec.run.events import Event


def deliver(events: Generator[Event], take: Callable[[Event], None]) -> None:
    """Hand each event to its taker, whatever happens on the way.

    An interrupt in the taker is thrown into the runner, which cleans up and says so in its last events. One that
    comes while it cleans up ends the run at once. Any other exception is thrown into it, too, and told as a
    `BailedOut`, so that no reader takes the report for a whole one; then it goes on its way.
    """
    try:
        for event in events:
            take(event)
    except KeyboardInterrupt as interrupt:
        _end(events, take, number_of(interrupt))
    except Exception as error:
        with contextlib.suppress(type(error)):
            events.throw(error)  # notes on it say what could not be removed
        with contextlib.suppress(Exception):
            take(BailedOut(f"netpolspec has a fault: {type(error).__name__}"))
        raise
    finally:
        events.close()


def _end(events: Generator[Event], take: Callable[[Event], None], number: int) -> None:
    """Let the runner end its run; where it cannot any more, say what it would have said."""
    said = False
    try:
        event = events.throw(Interrupted(number))
        while True:
            said = said or isinstance(event, BailedOut)
            take(event)
            event = next(events)
    except StopIteration:
        pass
    except KeyboardInterrupt:
        if not said:
            take(BailedOut("interrupted"))
        take(RunEnded(0.0, number))

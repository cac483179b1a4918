"""Ctrl-C and SIGTERM: the runner cleans up, and the report says that it is not whole."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

from netpolspec.run.events import BailedOut, RunEnded
from netpolspec.run.runner import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import FrameType

    from netpolspec.run.events import Event

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def raised_by_signals() -> Iterator[None]:
    """Let the signals that ask for an end raise `Interrupted`; one that was ignored stays so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, _raise)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)


def deliver(events: Generator[Event], take: Callable[[Event], None]) -> None:
    """Hand each event to its taker, whatever happens on the way.

    An interrupt in the taker is thrown into the runner, which cleans up and says so in its last events. One that
    comes while it cleans up ends the run at once. Any other exception is told as a `BailedOut`, so that no reader
    takes the report for a whole one, and goes on its way.
    """
    try:
        for event in events:
            take(event)
    except KeyboardInterrupt as interrupt:
        number = interrupt.signal if isinstance(interrupt, Interrupted) else signal.SIGINT
        _end(events, take, number)
    except Exception as error:
        events.close()
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

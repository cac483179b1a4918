"""Ctrl-C and SIGTERM: raised as exceptions, once each, and never where Python or a child process would lose them."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SOON = 0.01
_NUDGE = signal.SIGURG
_NUDGES, _BETWEEN_NUDGES = 10, 0.05


class Interrupted(KeyboardInterrupt):
    """A signal asks the program to end; whatever it is doing cleans up on the way out."""

    def __init__(self, signal: int) -> None:
        super().__init__()
        self.signal = signal


def number_of(interrupt: KeyboardInterrupt) -> int:
    """The signal that an interrupt came from."""
    return interrupt.signal if isinstance(interrupt, Interrupted) else signal.SIGINT


class _Handler:
    """Raises what comes in the main thread, or holds it back for a moment."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.holds = False
        self.held: int | None = None

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self.process:
            return  # a child that is not a program of its own yet: it must not clean up in our place
        if self.holds:
            self.held = number
            return
        raise Interrupted(number)


_handler = _Handler()


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Let the signals that ask for an end raise `Interrupted` in the main thread; one that is ignored stays so."""
    before = {number: signal.getsignal(number) for number in (*_SIGNALS, _NUDGE)}
    swallowed = sys.unraisablehook
    sys.unraisablehook = _sent_again
    _handler.process = os.getpid()
    try:
        for number in _SIGNALS:
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, _handler)
        with _main_thread_woken():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = swallowed


@contextlib.contextmanager
def _main_thread_woken() -> Iterator[None]:
    """Have a signal wake the main thread from what it waits for, whichever thread the system has let it interrupt.

    Handlers run in the main thread, when it runs at all: where another thread was interrupted, it would go on waiting
    for a child process or a lock. Then a second signal, which means nothing, interrupts the main one.
    https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers
    """
    signal.signal(_NUDGE, lambda *_: None)
    heard, told = os.pipe()
    os.set_blocking(told, False)
    others = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    threading.Thread(target=_nudge, args=(heard,), name="netpolspec-signals", daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(others)
        os.close(told)


def _nudge(heard: int) -> None:
    """Interrupt the main thread for each signal that is heard of; more than once, since it may be about to wait."""
    main = threading.main_thread().ident
    while numbers := os.read(heard, 64):
        if main is not None and not set(_SIGNALS).isdisjoint(numbers):
            for _ in range(_NUDGES):
                signal.pthread_kill(main, _NUDGE)
                time.sleep(_BETWEEN_NUDGES)
    os.close(heard)


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Let no signal raise inside the block, but right after it: for what must not be left half done, and is short."""
    if _handler.holds or threading.current_thread() is not threading.main_thread():
        yield
        return
    _handler.holds = True
    try:
        yield
    finally:
        _handler.holds = False
        number, _handler.held = _handler.held, None
        if number is not None:
            raise Interrupted(number)


def _sent_again(swallowed: sys.UnraisableHookArgs) -> None:
    """What Python cannot raise, since a destructor or the callback of a weak reference was running, must not be lost.

    Raised here it would be, so a thread sends the signal once more, as soon as this is over.
    https://docs.python.org/3/library/signal.html#note-on-signal-handlers-and-exceptions
    """
    interrupt = swallowed.exc_value
    if not isinstance(interrupt, Interrupted):
        sys.__unraisablehook__(swallowed)
        return
    held, _handler.holds = _handler.holds, True
    threading.Thread(target=_send, args=(interrupt.signal,), daemon=True).start()
    _handler.holds = held


def _send(number: int) -> None:
    time.sleep(_SOON)
    while _handler.holds:
        time.sleep(_SOON)
    os.kill(os.getpid(), number)

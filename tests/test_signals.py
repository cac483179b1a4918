"""Signals are raised once, at a moment in which nothing is lost by it."""

from __future__ import annotations

import os
import signal
import threading
import time
import weakref
from typing import TYPE_CHECKING

import pytest

from netpolspec import shell, signals

if TYPE_CHECKING:
    from pathlib import Path


class Thing:
    """Something that can be referred to weakly."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_raised(number: signal.Signals) -> None:
    with signals.raised(), pytest.raises(signals.Interrupted) as interrupt:
        signal.raise_signal(number)
    assert signals.number_of(interrupt.value) == number


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_python_swallows_comes_again() -> None:
    def callback(_: weakref.ref[Thing]) -> None:
        signal.raise_signal(signal.SIGTERM)

    things = [Thing()]
    reference = weakref.ref(things[0], callback)
    with signals.raised():
        things.clear()
        with pytest.raises(signals.Interrupted) as interrupt:
            time.sleep(10)
    assert interrupt.value.signal == signal.SIGTERM
    assert reference() is None


def test_a_signal_that_interrupts_another_thread_ends_what_the_main_one_waits_for() -> None:
    def kill() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    timer = threading.Timer(0.3, kill)
    started = time.monotonic()
    timer.start()
    with signals.raised(), pytest.raises(signals.Interrupted) as interrupt:
        shell.run(["sleep", "20"], timeout=30)
    assert interrupt.value.signal == signal.SIGTERM
    assert time.monotonic() - started < 10


def test_what_is_held_back_is_raised_right_after() -> None:
    done = 0

    def work() -> None:
        nonlocal done
        with signals.held_back():
            signal.raise_signal(signal.SIGTERM)
            with signals.held_back():
                done += 1
            done += 1
        done += 1

    with signals.raised(), pytest.raises(signals.Interrupted) as interrupt:
        work()
    assert done == 2
    assert interrupt.value.signal == signal.SIGTERM
    with signals.held_back():  # it comes once
        done += 1


def test_a_child_is_never_left_behind_half_started(tmp_path: Path) -> None:
    """Signals at every moment of a start: the child ends with us, and only we clean up."""
    alive = tmp_path / "alive"
    cleaned = 0
    for tenth_ms in range(0, 300, 10):
        timer = threading.Timer(tenth_ms / 10_000, os.kill, (os.getpid(), signal.SIGTERM))
        with signals.raised():
            try:
                timer.start()
                shell.run(["sh", "-c", "sleep 1; echo >> $0", str(alive)], timeout=10)
            except signals.Interrupted:
                with (tmp_path / "cleaned").open("a") as log:
                    log.write(f"{os.getpid()}\n")
                cleaned += 1
    time.sleep(1.5)
    assert not alive.exists()
    assert (tmp_path / "cleaned").read_text().split() == [str(os.getpid())] * cleaned
    assert cleaned == 30


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with signals.raised():
        assert signal.getsignal(signal.SIGTERM) is not before[1]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with signals.raised():
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)

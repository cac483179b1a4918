"""The last lines of a terminal, drawn again and again while something goes on.

Written here and not taken from a library: rich.live takes 60 ms to import, which is more than most runs on the model
take, wants the report, which goes to the same terminal on another stream, to go through its own console, and hides the
cursor. Here the cursor is visible, and stands at the first character of the area's first line. So a terminal is left
usable however the program ends, also by `kill -9`; what somebody else writes stands above what is drawn next; and a
terminal that becomes narrower may break the lines anew without our losing the place where they begin.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType
    from typing import TextIO

_DELAY = 0.3
"""Seconds before anything is shown: what is over by then has nothing to tell."""
_PERIOD = 0.1
_PAUSE = 0.04
"""Seconds between two drawings when much is written above them."""
_ERASE = "\r\x1b[J"
_ERASE_LINE = "\x1b[K"


class LiveArea:
    """Lines at the end of a terminal; a thread draws them from `start` to `stop`. Other lines are written `above`."""

    def __init__(self, stream: TextIO, lines: Callable[[os.terminal_size], Sequence[str]]) -> None:
        """Nothing is drawn yet.

        Args:
            stream: the terminal.
            lines: what to draw in a terminal of a size: at most that many lines, each narrower than it.
        """
        self._stream = stream
        self._lines = lines
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._ticker: threading.Thread | None = None
        self._drawn_at = 0.0
        self._visible = False
        self.shown = False
        """Whether anything was drawn up to now."""

    def start(self) -> None:
        """Draw from soon on; once it is started, nothing happens."""
        if self._ticker is None:
            self._ticker = threading.Thread(target=self._tick, name="live-area", daemon=True)
            self._ticker.start()
            if self._may_suspend(signal.SIG_DFL):
                signal.signal(signal.SIGTSTP, self._suspend)

    def stop(self) -> None:
        """Leave the terminal as if nothing had been drawn, for good."""
        self._ended.set()
        with self._lock:
            self._erase()
        if self._ticker is not None:
            self._ticker.join()
        if self._may_suspend(self._suspend):
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)

    @contextlib.contextmanager
    def above(self) -> Iterator[None]:
        """Whole lines may be written to the terminal meanwhile; they stay, above what is drawn."""
        with self._lock:
            self._erase()
            yield
            if self.shown and time.monotonic() - self._drawn_at > _PAUSE:
                self._draw()

    def _tick(self) -> None:
        pause = _DELAY
        while not self._ended.wait(pause):
            pause = _PERIOD
            with self._lock:
                self._draw()

    def _draw(self) -> None:
        if self._ended.is_set() or not self._in_foreground():
            return
        lines = self._lines(self._size())
        if lines:
            self._visible = self.shown = True  # before it is written: an interrupt may come in the middle
            self._write(_drawn(lines))
        else:
            self._erase()
        self._drawn_at = time.monotonic()

    def _erase(self) -> None:
        if self._visible and self._in_foreground():
            self._write(_ERASE)
            self._visible = False

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()

    def _size(self) -> os.terminal_size:
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            size = os.terminal_size((0, 0))
        return size if size.columns > 0 and size.lines > 0 else os.terminal_size((80, 24))

    def _in_foreground(self) -> bool:
        """Whether the terminal is ours: a job in the background draws nothing over what somebody types."""
        try:
            return os.tcgetpgrp(self._stream.fileno()) == os.getpgrp()
        except (OSError, ValueError):  # it controls no session, so there is nobody whose it could be
            return True

    def _suspend(self, number: int, _frame: FrameType | None) -> None:
        """Ctrl-Z: the shell gets a clean terminal, and the area comes back with the program."""
        with self._lock:
            self._erase()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            signal.signal(number, self._suspend)

    def _may_suspend(self, now: object) -> bool:
        """Whether Ctrl-Z is handled like that now, and the handler can be changed."""
        is_main = threading.current_thread() is threading.main_thread()
        return is_main and signal.getsignal(signal.SIGTSTP) == now


def _drawn(lines: Sequence[str]) -> str:
    """What draws lines over those that stand there, without a moment of nothing, and goes back to the first one."""
    text = "\r" + "\n".join(f"{line}{_ERASE_LINE}" for line in lines)
    # Behind the last line: erase what is left of a longer area.
    return text + "\x1b[J" + (f"\x1b[{len(lines) - 1}A" if len(lines) > 1 else "") + "\r"

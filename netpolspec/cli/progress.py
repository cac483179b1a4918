"""What is being waited for: one line that changes on a terminal, a line each elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netpolspec.cli.terminal import Messages

_CLEAR = "\r\x1b[K"
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class Progress:
    """Called with what is being waited for. `done` takes the line away before something else is written."""

    def __init__(self, messages: Messages, *, quiet: bool) -> None:
        self._messages = messages
        self._quiet = quiet
        self._began = time.monotonic()
        self._shown = False

    def __call__(self, text: str) -> None:
        """Show what happens now; it stands until the next call."""
        if self._quiet:
            return
        seconds = f"{time.monotonic() - self._began:5.1f} s"
        if not self._messages.is_terminal:
            self._messages.line(f"{seconds}  {text}")
            return
        line = f"{seconds}  {text}"
        self._messages.write(_CLEAR + (f"{_DIM}{line}{_PLAIN}" if self._messages.color else line))
        self._shown = True

    def done(self) -> None:
        """Take the line away."""
        if self._shown:
            self._messages.write(_CLEAR)
            self._shown = False

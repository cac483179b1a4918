"""A program on a terminal, and somebody who looks at its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

_PATIENCE = 15.0
# The first terminal that the leader of a session opens controls it: so Ctrl-C and the foreground are as in a shell.
_TAKE_TERMINAL = "import os, sys; os.close(os.open(os.ttyname(2), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"


class Onlooker:
    """Starts a program with a terminal as its standard error (and output), and reads what the screen shows."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 60,
        lines: int = 20,
        environ: Mapping[str, str],
        stdout: int = -1,
    ) -> None:
        self._screen = pyte.HistoryScreen(columns, lines, history=1000)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._master, slave = pty.openpty()
        self._set_size(columns, lines)
        self.written = bytearray()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *command],
            stdin=subprocess.PIPE,
            stdout=slave if stdout == -1 else stdout,
            stderr=slave,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "TERM": "xterm", **environ},
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._master != -1:
            self.process.kill()
            self.end()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # nobody has the other end any more
                return
            if not data:
                return
            with self._lock:
                self.written += data
                self._stream.feed(data)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        """Make the terminal another size."""
        with self._lock:
            self._screen.resize(lines, columns)
            self._set_size(columns, lines)

    def tell(self, line: str) -> None:
        """Give the program a line on its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def press(self, key: str) -> None:
        """Press a key: `\\x03` is Ctrl-C."""
        os.write(self._master, key.encode())

    @property
    def lines(self) -> list[str]:
        """What can be seen, without empty lines at the end."""
        with self._lock:
            lines = [line.rstrip() for line in self._screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def cursor(self) -> tuple[int, int, bool]:
        """Line and column of the cursor, from 0, and whether it is to be seen."""
        with self._lock:
            return self._screen.cursor.y, self._screen.cursor.x, not self._screen.cursor.hidden

    def until(self, seen: Callable[[list[str]], bool]) -> list[str]:
        """Wait until the screen is as it should be; what it shows then."""
        deadline = time.monotonic() + _PATIENCE
        while not seen(lines := self.lines):
            assert time.monotonic() < deadline, "\n".join(["the screen shows:", *lines])
            time.sleep(0.01)
        return lines

    def end(self) -> int:
        """Wait for the end of the program and of what it has written; its exit status."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        status = self.process.wait(_PATIENCE)
        self._reader.join(_PATIENCE)
        os.close(self._master)
        self._master = -1
        return status

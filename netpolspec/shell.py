"""Child processes: how every one of them is started, timed, ended and shown. The only importer of `sh`."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec import signals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    import sh

    _GivenUp = tuple[threading.Event, ...]

GRACE = 2.0
"""Seconds between asking a process group to end and ending it."""

_SECRET_OPTION = re.compile(r"^(--?[\w-]*(?:token|password|secret|passwd)[\w-]*)(=.*)?$", re.IGNORECASE | re.DOTALL)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")

_live: dict[int, _GivenUp] = {}
"""The process groups of the children that are running, each with what its thread looks at."""
_ended = 0
"""How often all of them were asked to end."""
_live_lock = threading.Lock()


class _Thread(threading.local):
    """What belongs to the thread."""

    given_up: _GivenUp = ()
    """One is set when nobody waits any more for what it does: its pool's, or that of the thread which made the pool."""


_thread = _Thread()


class GivenUp(BaseException):
    """Nobody waits any more for what this thread does. No Exception, so that none takes it for a tool's failure."""


class ToolMissing(Exception):  # noqa: N818 - says what happened
    """A program that is not installed, or that the system cannot start."""

    def __init__(self, tool: str, why: str = "") -> None:
        super().__init__(
            f"'{tool}' cannot be started: {why}" if why else f"'{tool}' is not installed, or not on the PATH"
        )
        self.tool = tool


class ToolFailed(Exception):  # noqa: N818 - says what happened
    """A child process that ended otherwise than it should; the message is fit to be shown."""

    def __init__(self, finished: Finished) -> None:
        super().__init__(finished.complaint)
        self.finished = finished


@dataclass(frozen=True, slots=True)
class Finished:
    """A child process that is over."""

    argv: tuple[str, ...]
    status: int
    """The exit status; of a process that a signal ended, the signal's number with a minus."""
    stdout: str
    stderr: str
    seconds: float
    timed_out: bool = False
    """It did not end by itself in the time that it was given."""

    @property
    def ok(self) -> bool:
        """Whether it ended by itself, with status 0."""
        return self.status == 0 and not self.timed_out

    @property
    def ending(self) -> str:
        """How it ended: `exit status 1`, `ended by SIGKILL`, `no end within 30 s`."""
        return f"no end within {self.seconds:.0f} s" if self.timed_out else _ending(self.status)

    @property
    def said(self) -> str:
        """The last that it wrote, stderr first; secrets removed."""
        return hide_secrets((self.stderr.strip() or self.stdout.strip())[-2000:])

    @property
    def line(self) -> str:
        """The command as a line to paste into a shell; secrets removed."""
        return paste(self.argv)

    @property
    def complaint(self) -> str:
        """What went wrong, the line that repeats it, and below it what the program said."""
        return f"{self.ending}: {self.line}" + (f"\n{self.said}" if self.said else "")


def _ending(status: int) -> str:
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"ended by {signal.Signals(-status).name}"
    return f"exit status {status}"


def hide_secrets(text: str) -> str:
    """Text with the values of authorization headers taken out."""
    return _BEARER.sub(r"\1 ***", text)


def paste(argv: Sequence[str]) -> str:
    """A command as a line to paste into a shell; the values of secret options become `***`."""
    shown = []
    hide_next = False
    for word in argv:
        option = _SECRET_OPTION.match(word)
        if hide_next:
            shown.append("***")
        elif option and option[2]:
            shown.append(f"{option[1]}=***")
        else:
            shown.append(hide_secrets(word))
        hide_next = bool(option) and not (option and option[2]) and not hide_next
    return shlex.join(shown)


def run(
    argv: Sequence[str],
    *,
    timeout: float,
    stdin: str = "",
    env: Mapping[str, str | None] | None = None,
    cwd: Path | None = None,
    lend: Collection[int] = (),
) -> Finished:
    """Run a program to its end, without a shell, in a session of its own; safe from several threads at once.

    Args:
        argv: the program, looked up on the PATH, and its arguments
        timeout: seconds after which its process group is asked to end, and `GRACE` later made to
        stdin: what it reads; it never sees the terminal, so it cannot ask a question
        env: variables added to, or replacing those of, our own environment; None takes one away
        cwd: the folder in which it runs
        lend: file descriptors that it gets: a lock on one is held until it, too, has ended, even if we are killed

    Raises:
        ToolMissing: the program does not exist, or cannot be started
        GivenUp: in a thread of `alongside` that is interrupted; how the program ended is then our own doing
    """
    path = shutil.which(argv[0])
    if path is None:
        raise ToolMissing(argv[0])
    for descriptor in lend:
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - the system call has it so
    whole_env = {name: value for name, value in {**os.environ, **(env or {})}.items() if value is not None}
    started = time.monotonic()
    timed_out = threading.Event()
    with contextlib.ExitStack() as until_it_ends:
        with signals.held_back():
            child = _child(path, argv, stdin=stdin, env=whole_env, cwd=cwd, lend=lend)
            process = until_it_ends.enter_context(child)
        until_it_ends.enter_context(_deadline(process.pgid, timeout, timed_out))
        process.wait()
    if _is_given_up():
        raise GivenUp
    return Finished(
        argv=tuple(argv),
        status=255 if process.exit_code is None else process.exit_code,
        stdout=process.stdout.decode(errors="replace"),
        stderr=process.stderr.decode(errors="replace"),
        seconds=time.monotonic() - started,
        timed_out=timed_out.is_set(),
    )


@contextlib.contextmanager
def _child(
    path: str, argv: Sequence[str], *, stdin: str, env: dict[str, str], cwd: Path | None, lend: Collection[int]
) -> Iterator[sh.OProc]:
    """A process that `end_all` knows as long as the block runs, and that an exception in the block ends."""
    import sh

    before = _ended
    if _is_given_up():
        raise GivenUp
    try:
        process: sh.OProc = sh.Command(path)(
            *argv[1:],
            _bg=True,
            _bg_exc=False,
            _new_session=True,
            _tty_out=False,
            _decode_errors="replace",
            _out_bufsize=65536,
            _err_bufsize=65536,
            _in=stdin,
            _env=env,
            _cwd=str(cwd) if cwd else None,
            _ok_code=list(range(256)),
            _no_pipe=True,
            _pass_fds=set(lend),
        ).process
    except sh.ForkException as failure:  # a file for another machine, a script whose interpreter is not there
        raise ToolMissing(argv[0], str(failure).strip().splitlines()[-1].strip()) from failure
    with _live_lock:
        _live[process.pgid] = _thread.given_up
    try:
        if _ended != before or _is_given_up():  # while it was being started
            end(process.pgid)
        yield process
    except BaseException:
        end(process.pgid)
        raise
    finally:
        with _live_lock:
            del _live[process.pgid]


def check(
    argv: Sequence[str],
    *,
    timeout: float,
    stdin: str = "",
    env: Mapping[str, str | None] | None = None,
    cwd: Path | None = None,
) -> Finished:
    """As `run`, but anything else than status 0 in time raises ToolFailed."""
    finished = run(argv, timeout=timeout, stdin=stdin, env=env, cwd=cwd)
    if not finished.ok:
        raise ToolFailed(finished)
    return finished


def end(group: int, grace: float = GRACE) -> None:
    """Ask a process group to end; when the grace (seconds) is over, make it. Returns at once."""
    _signal(group, signal.SIGTERM)
    killer = threading.Timer(grace, _signal, (group, signal.SIGKILL))
    killer.daemon = True
    killer.start()


def end_all(grace: float = GRACE) -> None:
    """End every child process that is running now, or is about to; new ones may be started afterwards."""
    global _ended  # noqa: PLW0603 - it belongs to _live
    with _live_lock:
        _ended += 1
        groups = tuple(_live)
    for group in groups:
        end(group, grace)


@contextlib.contextmanager
def alongside(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that are waited for; an interrupt ends their child processes, and they begin nothing more."""
    from concurrent.futures import ThreadPoolExecutor

    given_up = threading.Event()
    pool = ThreadPoolExecutor(threads, "netpolspec", _begin_thread, ((*_thread.given_up, given_up),))
    try:
        yield pool
        pool.shutdown()
    except BaseException:
        given_up.set()
        pool.shutdown(wait=False, cancel_futures=True)
        with _live_lock:
            groups = [group for group, events in _live.items() if given_up in events]
        for group in groups:
            end(group)
        raise


def _begin_thread(given_up: _GivenUp) -> None:
    _thread.given_up = given_up


def _is_given_up() -> bool:
    return any(event.is_set() for event in _thread.given_up)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


@contextlib.contextmanager
def _deadline(group: int, timeout: float, timed_out: threading.Event) -> Iterator[None]:
    def expire() -> None:
        timed_out.set()
        end(group)

    timer = threading.Timer(timeout, expire)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()

"""The command as a process: streams that end, signals, terminals. Each test starts it once."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import termios
import time
from typing import TYPE_CHECKING, Protocol

import pytest

from netpolspec import __version__

if TYPE_CHECKING:
    from pathlib import Path

RULE = "{name}: world\n\texpect ms-a, ms-b, ms-c -> ms-b:80 allowed\n"
SPEC = """\
world:
	given namespace ms-a
	given namespace ms-b
	given namespace ms-c
	given deployment nginx in ms-b app=nginx port 80

"""


class Start(Protocol):
    """Starts the command; its output comes as it is written, nothing is read ahead."""

    def __call__(self, *arguments: str, stdout: int = ..., stderr: int = ...) -> subprocess.Popen[bytes]: ...


@pytest.fixture
def start(netpolspec: Path, tmp_path: Path) -> Start:
    """Starts the command in a folder that holds large.nps, whose report no pipe can hold, and wrong.nps."""
    (tmp_path / "large.nps").write_text(SPEC + "".join(RULE.format(name=f"s-{n}") for n in range(700)), "utf-8")
    (tmp_path / "wrong.nps").write_text(SPEC + "a: world\n\texpect ms-a -> ms-b:80 denied\n", "utf-8")
    environ = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}

    def start(*arguments: str, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
        command = (str(netpolspec), *arguments)
        return subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=stdout, stderr=stderr, bufsize=0)

    return start


def test_version(start: Start) -> None:
    out, err = start("--version").communicate()
    assert (out, err) == (f"netpolspec {__version__}\n".encode(), b"")


def test_a_reader_that_has_enough(start: Start) -> None:
    process = start("run", "large.nps")
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"TAP version 14\n"
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait() == 3


def test_a_disk_that_is_full(start: Start) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        _, err = (process := start("run", "wrong.nps", stdout=full.fileno())).communicate()
    assert process.returncode == 3
    assert err == b"error: cannot write the report: no space left on device\n"


def test_no_standard_output_at_all(netpolspec: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.nps").write_text(SPEC, "utf-8")
    command = ["sh", "-c", 'exec "$0" run wrong.nps >&-', str(netpolspec)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (3, b"error: cannot write the report: no stdout\n")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(start: Start, number: int, status: int) -> None:
    process = start("run", "large.nps")
    assert process.stdout is not None
    first = process.stdout.readline()  # the run has begun, and cannot end: nobody reads on
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode == status
    assert err == b"error: interrupted\n"
    lines = (first + out).decode().splitlines()
    assert lines[1] == "1..700"
    assert lines[-1].startswith("Bail out! interrupted")
    assert len(lines) < 700 * 6


def test_a_signal_before_there_is_anything_to_report(start: Start, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless.nps")
    process = start("run", "endless.nps")
    with (tmp_path / "endless.nps").open("wb", buffering=0) as other_end:
        other_end.write(b"\n")
        while fcntl.ioctl(other_end, termios.FIONREAD, b"1234") != bytes(4):  # until the command has read it
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (143, b"", b"error: interrupted\n")


def test_people_at_a_terminal_get_a_summary_in_colour(start: Start) -> None:
    ours, theirs = pty.openpty()
    process = start("run", "wrong.nps", stderr=theirs)
    os.close(theirs)
    out, _ = process.communicate()
    text = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the terminal's other end is closed
            break
        text += piece
        if not piece:
            break
    os.close(ours)
    assert process.returncode == 1
    assert b"\x1b" not in out
    assert text.startswith(b"\x1b[1;31merror\x1b[0m")
    assert b"netpolspec run wrong.nps::a" in text


def test_utf8_whatever_the_locale(netpolspec: Path, tmp_path: Path) -> None:
    rule = "## Nichts läuft → nirgends.\na: world ; expect ms-a -> ms-b:80 denied\n"
    (tmp_path / "a.nps").write_text(SPEC + rule, "utf-8")
    environ = os.environ | {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0", "LC_ALL": "C"}
    command = (netpolspec, "run", "-v", "a.nps")
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, check=False)
    assert done.returncode == 1
    assert "not ok 1 - a: Nichts läuft → nirgends.\n" in done.stdout.decode()
    assert b"Traceback" not in done.stderr

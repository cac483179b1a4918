"""Sets a checkout up: uv of a pinned version into `.tools/uv`, then the locked packages into `.venv`.

`bin/setup` starts it, with any Python from 3.11 on and nothing but the standard library. Doing it again is harmless
and quick. What the tools print goes to `.tools/setup.log`; a person sees on stderr what is under way and, where it
fails, one line.
"""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

FAILED = 3  # what netpolspec ends with where its environment is at fault


class SetupError(Exception):
    """The set-up cannot go on; the text is the line to show."""


def say(text: str) -> None:
    """Tells a person; stdout belongs to the command that the set-up is for."""
    print(f"netpolspec: {text}", file=sys.stderr, flush=True)


def take_lock(path: Path) -> TextIO | None:
    """Opens the lock, which holds until it is closed; where another set-up has it, only waits for that one to end."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another set-up of this checkout")
        fcntl.flock(file, fcntl.LOCK_EX)
        file.close()
        return None
    return file


def run(log: Path, command: tuple[str | Path, ...], settings: dict[str, str]) -> None:
    """Runs a command whose output goes to the log's end.

    Raises:
        SetupError: it failed; the text holds the line of its output that says why.
    """
    line = shlex.join(str(word) for word in command)
    with log.open("a+") as file:
        file.write(f"$ {line}\n")
        file.flush()
        begin = file.tell()
        environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | settings
        status = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment, check=False
        ).returncode
        if status:
            file.seek(begin)
            raise SetupError(f"set-up failed: {find_reason(file.read())} (the whole of it: {log})")


def find_reason(output: str) -> str:
    """The line of a tool's output that is likeliest to tell a person what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if any(
        re.search(r"connection broken|connection refused|dns error|timed out", line, re.IGNORECASE) for line in lines
    ):
        return "the package index cannot be reached"
    errors = [line for line in lines if line.lower().startswith(("error", "\u00d7"))]
    return (errors or lines[-1:] or ["it printed nothing"])[0]


def install_uv(root: Path, log: Path) -> Path:
    """Installs the uv that `bin/uv.txt` pins, by hash, unless it is there; returns its path."""
    home = root / ".tools" / "uv"
    program = home / "bin" / "uv"
    pinned = root / "bin" / "uv.txt"
    installed = home / pinned.name
    if program.exists() and installed.exists() and installed.read_bytes() == pinned.read_bytes():
        return program
    if find_spec("ensurepip") is None:
        package = "python3-venv" if sys.executable == "/usr/bin/python3" else f"{Path(sys.executable).name}-venv"
        raise SetupError(f"{sys.executable} cannot make environments: apt install {package}")
    say(f"setting up, once: uv into {home}")
    settings = {"PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_RETRIES": "2"}
    run(log, (sys.executable, "-I", "-m", "venv", "--clear", home), settings)
    pip = (home / "bin" / "python", "-I", "-m", "pip")
    run(log, (*pip, "install", "--require-hashes", "--only-binary", ":all:", "--requirement", pinned), settings)
    shutil.copyfile(pinned, installed)
    return program


def sync(root: Path, log: Path, uv: Path, what: str) -> None:
    """Brings `.venv` to what `uv.lock` says; `run` adds what is missing and leaves the development packages alone."""
    home = root / ".venv"
    say(f"setting up: the locked packages into {home}")
    command: tuple[str | Path, ...] = (uv, "sync", "--locked", "--project", root)
    if what == "run":
        command += ("--no-default-groups", "--inexact", "--compile-bytecode")
    if not (home / "bin" / "python").exists():
        command += ("--python", sys.executable)
    settings = {"UV_PROJECT_ENVIRONMENT": str(home), "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    run(log, command, settings)


def set_up(root: Path, what: str) -> None:
    """Does it all, and leaves the stamps that let `bin/setup` end at once the next time."""
    tools = root / ".tools"
    tools.mkdir(exist_ok=True)
    lock = take_lock(tools / "lock")
    if lock is None:
        os.execv(root / "bin" / "setup", ("setup", what))  # noqa: S606  # which ends at once, or has its turn
    with lock:
        log = tools / "setup.log"
        log.write_text("")
        begun = tools / "begun"
        begun.write_text(f"{root}\n")  # older than anything that is edited while the set-up is under way
        sync(root, log, install_uv(root, log), what)
        if what == "dev":
            shutil.copy2(begun, tools / "ready-run")
        begun.replace(tools / f"ready-{what}")


def main(root: str, what: str) -> int:
    """Sets up the checkout at `root` for `what` (`run` or `dev`); returns the exit status."""
    try:
        set_up(Path(root), what)
    except SetupError as error:
        say(str(error))
    except OSError as error:
        say(f"set-up failed: {error}")
    except KeyboardInterrupt:
        say("set-up interrupted; the next command takes it up again")
        return 130
    else:
        return 0
    return FAILED


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

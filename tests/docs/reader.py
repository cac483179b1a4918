"""A reader who does what a page says, from top to bottom, in a folder of their own."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from string import Template
from typing import TYPE_CHECKING

from netpolspec.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docs.pages import Block

SHELL = re.compile(r"[|&;<>*?`$(]|^\w+=")
"""What needs a shell."""
PLAIN = re.compile(
    r"netpolspec (?P<words>(?:[^|&;<>*?`$()\n]|\"\$\w+\")+?)"
    r"(?: > (?P<file>[\w./-]+))?"
    r"(?P<unless> \|\| \[ \$\? -eq 1 \])?"
)
"""What is understood without a shell: netpolspec alone, its report in a file perhaps, or 1 being as good as 0."""
BUILT_IN = {"cd", "echo", "exit", "set", "test", "!", "exec", "."}


class NotInstalled(Exception):  # noqa: N818 - says what happened
    """A program that a command names is not here."""


@dataclass
class Reader:
    """Somebody at a terminal.

    Attributes:
        folder: the current folder
        scripts: where the `netpolspec` command is
        environ: the environment
        live: whether there is a cluster to work with
        update: whether what a page shows is to be replaced by what comes
        updates: blocks, and what they should be
        left_out: blocks that were not run for want of something, and what
    """

    folder: Path
    scripts: Path
    environ: dict[str, str] = field(default_factory=dict)
    live: bool = False
    update: bool = False
    updates: list[tuple[Block, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    _status: int = 0

    def write(self, name: str, text: str) -> None:
        """Make a file, or another text of one."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def update_page(self) -> None:
        """Write into the page what its blocks should be; of those that are indented, nothing becomes of that."""
        for block, text in reversed(self.updates):
            lines = block.page.read_text("utf-8").splitlines(keepends=True)
            end = block.line + block.text.count("\n")
            if "".join(lines[block.line : end]) == block.text:
                lines[block.line : end] = [text]
                block.page.write_text("".join(lines), "utf-8")

    def leave_out(self, block: Block, why: str) -> None:
        """Remember that a block was not run."""
        self.left_out.append(f"{block.name} ({why})")

    def type(self, command: str) -> tuple[int, str]:
        """Type a command and read what comes, on both streams as they come.

        Raises:
            NotInstalled: it names a program that is not here.
        """
        if command == "echo $?":
            return 0, f"{self._status}\n"
        if command.startswith("netpolspec ") and not SHELL.search(_unquoted(command)):
            self._status, text = self._run_here(shlex.split(command)[1:])
        else:
            self._status, text = self.run_script(command)
        return self._status, text

    def require(self, program: str) -> None:
        """Make sure that a program is here.

        Raises:
            NotInstalled: it is not.
        """
        if shutil.which(program, path=self._path) is None:
            raise NotInstalled(program)

    def run_script(self, script: str) -> tuple[int, str]:
        """Have a shell run something; in the place of a shell, where there is nothing but netpolspec to be run.

        Raises:
            NotInstalled: it names a program that is not here.
        """
        lines = [line.strip() for line in script.replace("\\\n", " ").splitlines() if line.strip()]
        if all(map(PLAIN.fullmatch, lines)):
            return self._run_plain(lines)
        for program in programs(script):
            if program not in BUILT_IN:
                self.require(program)
        ran = subprocess.run(
            ["/bin/sh", "-e", "-c", script],
            cwd=self.folder,
            env={**self.environ, "PATH": self._path},
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=900,
        )
        return ran.returncode, ran.stdout

    def _run_plain(self, lines: list[str]) -> tuple[int, str]:
        """What a shell would make of lines that are PLAIN."""
        status, said = 0, ""
        for line in lines:
            found = PLAIN.fullmatch(line)
            assert found is not None
            words = [Template(word).substitute(self.environ) for word in shlex.split(found["words"])]
            status, text = self._run_here(words, self.folder / found["file"] if found["file"] else None)
            said += text
            if status != 0 and not (status == 1 and found["unless"]):
                return status, said
        return 0, said

    @property
    def _path(self) -> str:
        return f"{self.scripts}:{self.environ['PATH']}"

    def _run_here(self, arguments: list[str], file: Path | None = None) -> tuple[int, str]:
        """Run netpolspec in this process, which takes a tenth of the time of another one; `file` gets the report."""
        both, report = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with (
            self._at_home(),
            contextlib.redirect_stdout(both if file is None else report),
            contextlib.redirect_stderr(both),
        ):
            status = main(arguments)
        if file is not None:
            file.write_bytes(report.buffer.getvalue())
        return status, both.buffer.getvalue().decode()

    @contextlib.contextmanager
    def _at_home(self) -> Iterator[None]:
        before, stdin = dict(os.environ), sys.stdin
        os.environ.clear()
        os.environ.update(self.environ)
        sys.stdin = io.TextIOWrapper(io.BytesIO())
        try:
            with contextlib.chdir(self.folder):
                yield
        finally:
            os.environ.clear()
            os.environ.update(before)
            sys.stdin = stdin


def _unquoted(command: str) -> str:
    """A command without what stands in single quotes, which no shell looks at."""
    return re.sub(r"'[^']*'", "", command)


def programs(script: str) -> Iterator[str]:
    """The programs that a script starts: the first words of its commands."""
    text = re.sub(r"'[^']*'|\\\n|\$\(\(|#.*", "", script)
    for part in re.split(r"\n|&&|\|\|?|;|\$\(", text):
        words = [word for word in part.split() if not re.match(r"\w+=", word)]
        if words and re.fullmatch(r"[\w./-]+", words[0]) and words[0] not in {"if", "then", "else", "fi", "done", "do"}:
            yield words[0]


def as_pattern(shown: str) -> str:
    """A regular expression for what a page shows: a line `...` is any lines, ` ...` at an end the rest of a line."""
    lines = []
    for line in shown.splitlines(keepends=True):
        start = line.removesuffix(" ...\n")
        if line == "...\n":
            lines.append(r"(?:.*\n)*")
        elif start != line and start.strip():
            lines.append(re.escape(start) + r" .*\n")
        else:
            lines.append(re.escape(line))
    return "".join(lines)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console, and what it is to write."""
    found = re.split(r"^\$ ((?:.*\\\n)*.*)\n", text, flags=re.MULTILINE)
    assert found[0] == "", "a console begins with a command"
    yield from zip(found[1::2], found[2::2], strict=True)

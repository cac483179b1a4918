"""What the documentation shows of a terminal is what happens there.

A block `console` begins with `$ netpolspec ...`; what is below, up to the next `$`, is all that the command writes, on
both streams, but for lines that are `...`: they stand for any lines. Commands run in a copy of project/, those of some
pages among other files (BESIDE). A block with the name of a file lies there as well:

    ```yaml manifests/policy.yaml
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from docs.pages import BLOCKS, ROOT, Block

pytestmark = pytest.mark.checkout

PROJECT = Path(__file__).parent / "project"
BESIDE = {
    ROOT / "README.md": (ROOT / "specs", "specs"),
    ROOT / "docs/explain.md": (ROOT / "tests/explain/cases", "."),
}
"""The files that a page speaks of, and where they lie as it speaks of them."""
ELSEWHERE = {
    "netpolspec up --cni-manifest cni.yaml": "needs docker: its words are tested in tests/backends",
    "netpolspec doctor": "its answer is that of one machine: tests/backends/ has others",
}
CONSOLES = {block.name: block for block in BLOCKS if block.language == "console"}


def commands(block: Block) -> list[tuple[str, str]]:
    """Each command of a block, and what it is to write."""
    found = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)
    assert found[0] == "", "a console begins with a command"
    return list(zip(found[1::2], found[2::2], strict=True))


def lay_out(block: Block, folder: Path) -> None:
    """The files among which a block's commands run."""
    source, place = BESIDE.get(block.page, (PROJECT, "."))
    shutil.copytree(source, folder / place, dirs_exist_ok=True)
    (folder / "pyproject.toml").touch()
    for other in BLOCKS:
        if other.page == block.page and "." in other.label and other.language not in {"console", "sh"}:
            path = folder / other.label
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(other.text, "utf-8")


def as_pattern(text: str) -> str:
    """A regular expression for what is to be written, `...` being any lines."""
    return "".join(r"(?:.*\n)*" if line == "...\n" else re.escape(line) for line in text.splitlines(keepends=True))


@pytest.mark.parametrize("block", CONSOLES.values(), ids=CONSOLES)
def test_a_console_shows_what_happens(block: Block, netpolspec: Path, tmp_path: Path) -> None:
    lay_out(block, tmp_path)
    environment = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    for command, shown in commands(block):
        if command in ELSEWHERE:
            continue
        program, *arguments = shlex.split(command)
        assert program == "netpolspec"
        ran = subprocess.run(
            [netpolspec, *arguments],
            cwd=tmp_path,
            env=environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert re.fullmatch(as_pattern(shown), ran.stdout), f"{block.name} shows:\n{shown}\nbut:\n{ran.stdout}"


def test_nothing_is_left_out_that_is_not_shown() -> None:
    shown = {command for block in CONSOLES.values() for command, _ in commands(block)}
    assert set(ELSEWHERE) <= shown

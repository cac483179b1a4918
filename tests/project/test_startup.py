"""Start-up is a feature: a command loads what it needs and no more."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LIBRARIES = {"kubernetes", "lark", "sh", "structlog", "yaml"}


def find_loaded(*arguments: str) -> set[str]:
    """The modules that a run of the command loads."""
    command = (sys.executable, "-X", "importtime", "-m", "netpolspec", *arguments)
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def find_top(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


def test_version_loads_no_library() -> None:
    loaded = find_loaded("--version")
    assert "netpolspec" in loaded
    assert find_top(loaded) & LIBRARIES == set()


def test_check_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "one.nps").write_text("given namespace a; given pod web in a port 80; expect a -> a/web:80 allowed\n")
    loaded = find_loaded("check", str(tmp_path / "one.nps"))
    assert "lark" in loaded
    assert find_top(loaded) & {"kubernetes", "sh"} == set()
    unneeded = ("netpolspec.load.hcl", "netpolspec.backends.cluster", "netpolspec.backends.kind", "netpolspec.report")
    assert {name for name in loaded if name.startswith(unneeded)} == set()

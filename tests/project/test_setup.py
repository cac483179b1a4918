"""The two commands of the README: when they set up, when they start at once, and what they say.

A checkout is put together here whose environment is made of shell scripts, and whose Python only says that it was
called: what `bin/bootstrap.py` does with uv and PyPI takes the network, and seconds.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.checkout

BIN = Path(__file__).resolve().parents[2] / "bin"
INPUTS = ("uv.lock", "pyproject.toml", "bin/uv.txt", "bin/bootstrap.py")


def write_script(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@dataclass(frozen=True)
class Checkout:
    root: Path
    python: Path

    def run(self, *command: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHON": str(self.python)} | settings
        return subprocess.run(
            command, cwd=self.root.parent, env=environment, capture_output=True, text=True, check=False
        )

    def is_set_up_by(self, *command: str | Path) -> bool:
        """Whether the command goes through the set-up, which fails here and so must be the end of it."""
        run = self.run(*command)
        if run.stderr == "":
            assert (run.returncode, run.stdout) == (0, "it runs\n")
            return False
        assert (run.returncode, run.stdout) == (3, "")
        return True

    def stamp(self, what: str) -> None:
        (self.root / ".tools").mkdir(exist_ok=True)
        (self.root / f".tools/ready-{what}").write_text(f"{self.root}\n")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "a folder" / "check out"
    shutil.copytree(BIN, root / "bin")
    for name in INPUTS:
        (root / name).touch()
        os.utime(root / name, (0, 0))
    for program in ("netpolspec", "just", "python"):
        write_script(root / ".venv/bin" / program, "echo it runs")
    write_script(tmp_path / "python", '[ "$2" = -c ] && exit 0; shift; echo "set up: $*" >&2; exit 3')
    made = Checkout(root, tmp_path / "python")
    made.stamp("run")
    made.stamp("dev")
    return made


def test_what_is_set_up_starts_at_once_with_its_arguments(checkout: Checkout) -> None:
    write_script(checkout.root / ".venv/bin/netpolspec", 'printf "<%s>" "$PWD" "$@"; exit 1')
    run = checkout.run(checkout.root / "bin/netpolspec", "run", "a b.nps", "-e", "given 'x'; $(Y)", "")
    assert run.stdout == f"<{checkout.root.parent}><run><a b.nps><-e><given 'x'; $(Y)><>"
    assert (run.returncode, run.stderr) == (1, "")


def test_what_is_compiled_is_kept(checkout: Checkout) -> None:
    write_script(checkout.root / ".venv/bin/netpolspec", 'echo "${PYTHONDONTWRITEBYTECODE-unset}"')
    run = checkout.run(checkout.root / "bin/netpolspec", PYTHONDONTWRITEBYTECODE="1")
    assert run.stdout == "unset\n"


def test_a_command_may_be_reached_by_a_link_or_a_relative_path(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(checkout.root / "bin/netpolspec")
    assert not checkout.is_set_up_by(tmp_path / "linked")
    assert not checkout.is_set_up_by("check out/bin/netpolspec")
    assert not checkout.is_set_up_by("sh", "-c", "cd 'check out' && CDPATH=/ bin/netpolspec")


@pytest.mark.parametrize("name", INPUTS)
def test_what_the_environment_is_made_from_sets_it_up_again(checkout: Checkout, name: str) -> None:
    stamp = checkout.root / ".tools/ready-run"
    changed = stamp.stat().st_mtime_ns + 1_000_000
    os.utime(checkout.root / name, ns=(changed, changed))
    assert checkout.is_set_up_by(checkout.root / "bin/netpolspec")


def test_an_environment_that_was_moved_is_set_up_again(checkout: Checkout) -> None:
    moved = checkout.root.rename(checkout.root.with_name("elsewhere"))
    assert checkout.is_set_up_by(moved / "bin/netpolspec")


def test_an_interpreter_that_went_away_sets_the_environment_up_again(checkout: Checkout) -> None:
    python = checkout.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    assert checkout.is_set_up_by(checkout.root / "bin/netpolspec")


def test_what_runs_is_less_than_what_checks(checkout: Checkout) -> None:
    (checkout.root / ".tools/ready-dev").unlink()
    assert not checkout.is_set_up_by(checkout.root / "bin/netpolspec")
    assert checkout.is_set_up_by(checkout.root / "bin/just")
    assert (
        checkout.run(checkout.root / "bin/just").stderr
        == f"set up: {checkout.root}/bin/bootstrap.py {checkout.root} dev\n"
    )


def test_a_python_that_is_too_old_is_named(checkout: Checkout) -> None:
    (checkout.root / ".tools/ready-run").unlink()
    write_script(checkout.python, '[ "$1" = --version ] && echo Python 3.9.2 && exit; exit 1')
    run = checkout.run(checkout.root / "bin/netpolspec", "--version")
    assert (run.returncode, run.stdout) == (3, "")
    assert run.stderr == (
        f"netpolspec: needs Python 3.11 or later, but {checkout.python} is Python 3.9.2"
        " (PYTHON=/path/to/python chooses another)\n"
    )


def test_a_newer_python_is_found_beside_an_old_one(checkout: Checkout, tmp_path: Path) -> None:
    (checkout.root / ".tools/ready-run").unlink()
    write_script(tmp_path / "path/python3", "exit 1")
    write_script(tmp_path / "path/python3.12", '[ "$2" = -c ] || echo this one >&2')
    run = checkout.run(checkout.root / "bin/setup", "run", PYTHON="", PATH=f"{tmp_path}/path:/nowhere")
    assert run.stderr == "this one\n"


def test_setup_knows_two_purposes(checkout: Checkout) -> None:
    run = checkout.run(checkout.root / "bin/setup", "all")
    assert (run.returncode, run.stdout, run.stderr) == (2, "", "usage: setup [run|dev]\n")


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", BIN / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError'\nERROR: No matching distribution\n",
            "the package index cannot be reached",
        ),
        (
            "Resolved 3 packages in 2ms\nerror: The lockfile at `uv.lock` needs to be updated\n\nhint: run `uv lock`\n",
            "error: The lockfile at `uv.lock` needs to be updated",
        ),
        ("error: Failed to fetch\n  cause: Connection refused (os error 111)\n", "the package index cannot be reached"),
        ("one\n\n  two  \n", "two"),
        ("\n", "it printed nothing"),
    ],
)
def test_of_what_a_tool_printed_the_reason_is_shown(bootstrap: ModuleType, output: str, reason: str) -> None:
    assert bootstrap.find_reason(output) == reason

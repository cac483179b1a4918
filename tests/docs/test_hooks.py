"""What the repository offers to pre-commit, with the real pre-commit: docs/how-to/pre-commit.md."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest
from docs.pages import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.checkout,
    pytest.mark.skipif(importlib.util.find_spec("pre_commit") is None, reason="pre-commit: 'just site' has it"),
]

WORLD = """\
world:
	given namespace a
	given pod web in a port 80
"""
RIGHT = "expect a -> a/web:80 allowed\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with specs, on which pre-commit is to work."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/world.nps").write_text(WORLD, "utf-8")
    (tmp_path / "specs/right.nps").write_text(RIGHT, "utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)  # noqa: S607 - whichever is there


def commit(project: Path, hook: str) -> subprocess.CompletedProcess[str]:
    """What one hook says of all files, with the environment of these tests in the place of one of its own.

    pre-commit would install netpolspec from PyPI's packages first, minutes in which nothing of ours is tried.
    """
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8").replace("language: python", "language: system")
    (project / ".pre-commit-config.yaml").write_text(
        "repos:\n- repo: local\n  hooks:\n" + "".join(f"  {line}\n" for line in hooks.splitlines()), "utf-8"
    )
    environ = os.environ | {
        "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(project / ".git/pre-commit"),
    }
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", hook, "--all-files", "--color=never"],
        cwd=project,
        env=environ,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_what_is_right_passes(project: Path) -> None:
    for hook in ("netpolspec-check", "netpolspec-run"):
        ended = commit(project, hook)
        assert ended.returncode == 0, ended.stdout
        assert "Passed" in ended.stdout


def test_a_mistake_stops_a_commit(project: Path) -> None:
    (project / "specs/right.nps").write_text("expect a -> a/wbe:80 allowed\n", "utf-8")
    ended = commit(project, "netpolspec-check")
    assert ended.returncode == 1
    assert "did you mean 'a/web'?" in ended.stdout


def test_an_expectation_that_is_not_met_stops_a_commit(project: Path) -> None:
    (project / "specs/right.nps").write_text("expect a -> a/web:80 denied\n", "utf-8")
    ended = commit(project, "netpolspec-run")
    assert ended.returncode == 1
    assert "not ok 1 - a -> a/web:80 denied" in ended.stdout


def test_a_stale_page_stops_a_commit(project: Path) -> None:
    (project / "page.md").write_text("<!-- netpolspec results specs/right.nps -->\n<!-- /netpolspec -->\n", "utf-8")
    git(project, "add", ".")
    assert "Failed" in commit(project, "netpolspec-embed").stdout
    subprocess.run([sys.executable, "-m", "netpolspec", "embed", "page.md"], cwd=project, check=True)
    git(project, "add", ".")
    assert "Passed" in commit(project, "netpolspec-embed").stdout


def test_pre_commit_reads_the_hooks() -> None:
    manifest = ROOT / ".pre-commit-hooks.yaml"
    ended = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", manifest], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout

"""The folder in which a page is read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from docs.pages import ROOT, show

PROJECT = Path(__file__).parent / "project"
FROM_NOTHING = {"docs/tutorial.md", "docs/judges.md"}
"""Pages that begin in an empty folder."""
BESIDE = {
    "README.md": (ROOT / "specs", "specs"),
    "docs/explain.md": (ROOT / "tests/explain/cases", "."),
    "docs/terraform.md": (ROOT / "tests/commands/plans/opens.json", "PLAN.json"),
    "docs/how-to/pull-request.md": (ROOT / "tests/commands/plans/opens.json", "PLAN.json"),
}
"""What lies beside the files of project/, where a page speaks of more."""
IN_GIT = {f"docs/how-to/{name}.md" for name in ("pull-request", "github-actions", "gitlab", "jenkins", "pre-commit")}
"""Pages about a change: main/manifests is what is on the branch `main` of `origin`."""


def lay_out(page: Path, folder: Path) -> None:
    """Put what a page speaks of into an empty folder."""
    if show(page) in FROM_NOTHING:
        return
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
    if show(page) in BESIDE:
        source, place = BESIDE[show(page)]
        if source.is_dir():
            shutil.copytree(source, folder / place, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, folder / place)
    (folder / "pyproject.toml").touch()
    (folder / "terraform").symlink_to(ROOT / "terraform")
    if show(page) in IN_GIT:
        _check_out(folder)


def _check_out(folder: Path) -> None:
    """Make the folder a clone, on a branch of its own."""
    origin, changed = folder.with_name(f"{folder.name}-origin"), folder / "changed"
    (folder / "manifests").rename(changed)
    (folder / "main/manifests").rename(folder / "manifests")
    (folder / "main").rmdir()
    (folder / "opened.txt").write_text("ops/probe -> shop/db:22\n", "utf-8")
    (folder / "out").mkdir()
    who = ("-c", "user.name=reader", "-c", "user.email=reader@example.com")
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "manifests", "specs", "pyproject.toml"),
        (*who, "commit", "--quiet", "--message=main"),
        ("clone", "--quiet", "--bare", ".", str(origin)),
        ("remote", "add", "origin", origin.as_uri()),
        ("fetch", "--quiet", "origin"),
        ("checkout", "--quiet", "-b", "change"),
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True)  # noqa: S607 - whichever is there
    shutil.rmtree(folder / "manifests")
    changed.rename(folder / "manifests")

"""The folder in which a page is read."""

from __future__ import annotations

import shutil
from pathlib import Path

from docs.pages import ROOT, show

PROJECT = Path(__file__).parent / "project"
FROM_NOTHING = {"docs/tutorial.md", "docs/judges.md"}
"""Pages that begin in an empty folder."""
BESIDE = {
    "README.md": (ROOT / "specs", "specs"),
    "docs/explain.md": (ROOT / "tests/explain/cases", "."),
}
"""What lies beside the files of project/, where a page speaks of more."""


def lay_out(page: Path, folder: Path) -> None:
    """Put what a page speaks of into an empty folder."""
    if show(page) in FROM_NOTHING:
        return
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
    if show(page) in BESIDE:
        source, place = BESIDE[show(page)]
        shutil.copytree(source, folder / place, dirs_exist_ok=True)
    (folder / "pyproject.toml").touch()
    (folder / "terraform").symlink_to(ROOT / "terraform")

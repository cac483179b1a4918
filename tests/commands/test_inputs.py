"""What a command line names: what cannot be read is told, wherever it was named, and nothing is left out silently."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from commands.conftest import Project


@pytest.mark.parametrize("command", ["run", "check", "doc"])
def test_a_folder_that_cannot_be_read_is_not_left_out(project: Project, command: str) -> None:
    """Root may read every folder, so this one is too far down to have a path."""
    name, top = "d" * 250, os.open("specs", os.O_RDONLY)
    for _ in range(17):
        os.mkdir(name, dir_fd=top)
        below = os.open(name, os.O_RDONLY, dir_fd=top)
        os.close(top)
        top = below
    os.close(top)
    ended = project.run(command, "specs")
    assert (ended.status, ended.out) == (2, "")
    assert re.search(r"cannot read 'specs/d{250}/.*d': file name too long", ended.err)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read(project: Project) -> None:
    (project.folder / "specs/more").chmod(0)
    assert "cannot read 'specs/more': permission denied" in project.run("run", "specs/more").err
    assert "cannot read 'specs/more': permission denied" in project.run("run").err

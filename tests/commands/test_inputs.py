"""What a command line names: what cannot be read is told, wherever it was named, and nothing is left out silently."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from program import as_anybody

if TYPE_CHECKING:
    from pathlib import Path

    from commands.conftest import Project


@pytest.mark.parametrize("command", ["run", "check", "doc"])
@pytest.mark.parametrize("path", ["nope", "nope.nps", "*.nope", "empty"])
def test_a_path_of_the_setting_is_told_with_its_line(project: Project, command: str, path: str) -> None:
    project.write("pyproject.toml", f'[tool.netpolspec]\n\npaths = ["specs", "{path}"]\n')
    (project.folder / "empty").mkdir()
    ended = project.run(command)
    assert (ended.status, ended.out) == (2, "")
    assert re.match(rf"error: 'paths': (there is )?no .*'{re.escape(path)}'\n --> pyproject.toml:3:1\n", ended.err)
    assert "FILE::" not in ended.err


def test_a_path_of_the_environment_is_told_as_such(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("pyproject.toml", '[tool.netpolspec]\npaths = ["specs"]\n')
    monkeypatch.setenv("NETPOLSPEC_PATHS", "nope")
    assert project.run("run").err == "error: 'NETPOLSPEC_PATHS': there is no file 'nope'\n"
    assert project.run("run", "nope.nps").err == "error: there is no file 'nope.nps'\n"


@pytest.mark.parametrize("position", ["specs/tenants.nps:4", "specs/tenants.nps:7:9", "specs/tenants.nps:3"])
def test_a_position_of_a_message_is_a_scenario(project: Project, position: str) -> None:
    assert project.ran(position) == ["deny-from-any"]
    named = "specs/tenants.nps::deny-from-any"
    for command in (["show"], ["matrix"], ["render"], ["explain", "ms-a", "ms-b:80"], ["doc"]):
        by_line, by_name = project.run(*command, position), project.run(*command, named)
        assert (by_line.status, by_line.err) == (0, "")
        assert by_line.out.replace(position, named) == by_name.out


def test_a_file_of_the_name_of_a_position_wins(project: Project) -> None:
    project.write("odd:1:2", "given namespace a\ngiven pod p in a port 80\nexpect a -> a:80 allowed\n")
    assert project.run("run", "odd:1:2").out.splitlines()[-1] == "ok 1 - odd:1:2"


@pytest.mark.parametrize("command", [["show"], ["matrix"], ["explain", "ms-a", "ms-b:80"]])
def test_where_one_scenario_is_needed(project: Project, command: list[str]) -> None:
    ended = project.run(*command, "specs/world.nps")
    told = "error: 'specs/world.nps' has no scenario\n  = help: a rule with an 'expect' of its own is one\n"
    assert (ended.status, ended.out, ended.err) == (2, "", told)
    ended = project.run(*command, "specs/tenants.nps")
    assert "'specs/tenants.nps' has not one scenario" in ended.err
    assert "there are deny-from-any, allow-from-ms-a, after-ms-a" in ended.err
    ended = project.run(*command, "specs/tenants.nps::*-ms-a")
    assert "name one: 'specs/tenants.nps::SCENARIO'" in ended.err
    assert "did you mean 'deny-from-any'?" in project.run(*command, "specs/tenants.nps::deny-from-ay").err


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


@pytest.mark.parametrize("named", [("specs/more",), ()])
def test_a_folder_that_may_not_be_read(project: Project, netpolspec: Path, named: tuple[str, ...]) -> None:
    command = (*as_anybody(), str(netpolspec), "run", *named)
    (project.folder / "specs/more").chmod(0)
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
    assert "cannot read 'specs/more': permission denied" in done.stderr
    assert (done.returncode, done.stdout) == (2, "")

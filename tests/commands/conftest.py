"""A small project to run commands in, and the commands themselves, in this process."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest
from program import Ended, execute

if TYPE_CHECKING:
    from pathlib import Path

WORLD = """\
IN := ms-b
PORT ?= 80

world:
	given namespace ms-a namespace=ms-a
	given namespace ms-b namespace=ms-b
	given namespace ms-c namespace=ms-c
	given deployment nginx in ms-b app=nginx replicas 2 port 80
	given service nginx in ms-b port $(PORT) -> 80 on app=nginx
"""
TENANTS = """\
tags tenants

## Nobody gets in.
deny-from-any: world
	tags quick
	given policy deny-from-any
	expect ms-a, ms-c -> ms-b:80 denied

## Only ms-a gets in.
allow-from-ms-a: world
	given policy allow-from ns=ms-a
	expect ms-a -> ms-b:80 allowed
	expect ms-c -> ms-b:80 denied

## Still the same.
after-ms-a: allow-from-ms-a
	expect ms-a -> nginx.ms-b:$(PORT) allowed
"""
MISTAKEN = """\
## Wrong on purpose: ms-c is not allowed.
mistaken: world
	given policy allow-from ns=ms-a
	expect ms-c -> ms-b:80 allowed

open-to-all: world ; expect ms-a, ms-c -> ms-b:80 allowed
"""


class Project:
    """A folder with specs, as the current folder."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def run(self, *arguments: str, stdin: str | None = None) -> Ended:
        """Run netpolspec with arguments."""
        if stdin is not None:
            self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        return execute(self._capsys, *arguments)

    def ran(self, *arguments: str) -> list[str]:
        """The names of the scenarios that `run` runs, in their order."""
        ended = self.run("run", *arguments)
        assert ended.status in {0, 1}, ended.err
        return [
            line.removeprefix("# Subtest: ").partition(":")[0] for line in ended.out.splitlines() if line[:1] == "#"
        ]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    """A project with the specs above, below specs/; no environment but what a test sets."""
    for name in ("HARNESS_ACTIVE", "HARNESS_VERSION", "NO_COLOR", "FORCE_COLOR", "NETPOLSPEC_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path, monkeypatch, capsys)
    made.write("pyproject.toml", "")
    made.write("specs/world.nps", WORLD)
    made.write("specs/tenants.nps", TENANTS)
    made.write("specs/more/mistaken.nps", MISTAKEN)
    return made

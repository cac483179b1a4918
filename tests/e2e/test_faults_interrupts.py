"""Ctrl-C, SIGTERM and kill -9 while a world is made, while it is probed and while it is removed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from netpolspec.backends.world.cleanup import remove_everything
from netpolspec.run.events import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from e2e.lab import Lab

pytestmark = pytest.mark.e2e

SPEC = """\
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given pod web in ms-b app=web port 80
first: world ; given policy deny-from-any in ms-b ; expect ms-a -> ms-b:80 denied
"""


class Running:
    """netpolspec in a process of its own."""

    def __init__(self, program: Path, lab: Lab, folder: Path) -> None:
        (folder / "spec.nps").write_text(SPEC, "utf-8")
        self.lab = lab
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                [program, "run", "--on", "cluster", *lab.where, "spec.nps"],
                cwd=folder,
                env={**os.environ, "NETPOLSPEC_PROBE_IMAGE": lab.probe_image},
                stdout=out,
                stderr=err,
            )

    @property
    def out(self) -> list[str]:
        return self._out.read_text("utf-8").splitlines()

    @property
    def err(self) -> str:
        return self._err.read_text("utf-8")

    def reach(self, stage: Callable[[Running], bool]) -> None:
        deadline = time.monotonic() + 60
        while not stage(self):
            assert self.process.poll() is None, self.err
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def end(self, number: int) -> float:
        """Send a signal; how many seconds it took to end."""
        assert self.process.poll() is None, f"it ended before it got its signal:\n{self.err}"
        sent = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(60)
        return time.monotonic() - sent

    def has(self, *what: str) -> bool:
        return bool(self.lab.kubectl.run("get", *what, "--ignore-not-found", "-o", "name").stdout.strip())


def world_is_made(running: Running) -> bool:
    return running.has("namespace", "ms-a")


def it_is_probed(running: Running) -> bool:
    return running.has("-n", "ms-b", "networkpolicy", "deny-from-any")


def it_is_removed(running: Running) -> bool:
    return any(line.startswith("ok 1") for line in running.out)


STAGES = [world_is_made, it_is_probed, it_is_removed]


@pytest.fixture
def running(netpolspec: Path, lab: Lab, tmp_path: Path) -> Iterator[Running]:
    if lab.left():
        remove_everything(lab.kubectl, "tidy", lambda _: None)
    run = Running(netpolspec, lab, tmp_path)
    yield run
    if run.process.poll() is None:
        run.process.kill()
        run.process.wait(10)


def going(lab: Lab) -> list[str]:
    """The namespaces of runs that are not being deleted."""
    found = lab.kubectl.items("get", "namespaces", "-l", "netpolspec.dev/run")
    return [json.dumps(each) for each in found if "deletionTimestamp" not in json.dumps(each)]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cleans_up_within_ten_seconds(
    stage: Callable[[Running], bool], number: signal.Signals, running: Running
) -> None:
    running.reach(stage)
    seconds = running.end(number)
    assert running.process.returncode == 128 + number
    assert seconds < 10
    assert running.out[-1].startswith("Bail out!")
    assert going(running.lab) == []
    assert not running.has("-n", "default", "lease", "netpolspec")


@pytest.mark.parametrize("stage", STAGES)
def test_after_a_kill_the_next_run_removes_what_was_left(stage: Callable[[Running], bool], running: Running) -> None:
    running.reach(stage)
    running.end(signal.SIGKILL)
    report = running.lab.run(SPEC)
    assert report.point.status is Status.PASSED
    assert running.lab.clear(90)


def test_a_second_interrupt_leaves_at_once_and_says_what_is_left(running: Running) -> None:
    running.reach(it_is_probed)
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.7)
    seconds = running.end(signal.SIGINT)
    assert running.process.returncode == 130
    assert seconds < 5
    assert "what this run created was not all removed" in running.err
    assert f"netpolspec down --context {running.lab.kubectl.context}" in running.err
    assert running.lab.run(SPEC).point.status is Status.PASSED
    assert running.lab.clear(90)


def test_two_runs_at_once_do_not_disturb_each_other(running: Running) -> None:
    running.reach(world_is_made)
    second = running.lab.run(SPEC)
    assert second.bailed is not None
    assert second.bailed.reason.startswith("another run is at work on this cluster: process ")
    assert running.process.wait(60) == 0
    assert [line for line in running.out if line.startswith("ok 1")]

"""Ctrl-C, SIGTERM and kill -9 while terraform applies, and what a later run or `netpolspec down` finds."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from e2e.terraforming import POLICY, STUCK, make_ground

from netpolspec.run.events import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from e2e.lab import Lab
    from e2e.terraforming import Ground

pytestmark = pytest.mark.e2e

LOCAL = """\
resource "terraform_data" "file" {
  input = "MADE"
  provisioner "local-exec" {
    command = "touch ${self.input}"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "rm ${self.input}"
  }
}
"""
SPEC = """\
world:
  given namespace ms-a
  given pod web in ms-a port 80
one: world ; given terraform "module" ; expect ms-a -> ms-a/web:80 denied
"""


@pytest.fixture
def ground(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    return make_ground(lab, tmp_path, monkeypatch)


@pytest.fixture
def applying(ground: Ground, netpolspec: Path) -> Iterator[subprocess.Popen[str]]:
    """A run in whose middle terraform waits for a Deployment that is never ready."""
    made = ground.folder / "made"
    ground.module("module", STUCK + POLICY % ("deny", "deny", "ms-a") + LOCAL.replace("MADE", str(made)))
    (ground.folder / "spec.nps").write_text(SPEC, "utf-8")
    with (ground.folder / "out").open("w") as out, (ground.folder / "err").open("w") as err:
        process = subprocess.Popen(
            [netpolspec, *_where(ground, "run", "--on", "cluster"), "--terraform", "plan", "spec.nps"],
            env={**os.environ, "NETPOLSPEC_PROBE_IMAGE": ground.lab.probe_image},
            stdout=out,
            stderr=err,
            text=True,
        )
    _until(lambda: made.exists() and ground.lab.kubectl.run("-n", "stuck", "get", "deployment", "never").ok, process)
    yield process
    if process.poll() is None:
        process.kill()
        process.wait(10)


def _where(ground: Ground, *command: str) -> list[str]:
    """A command on the lab's cluster."""
    return [*command, *ground.lab.where]


def _until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _terraforms(ground: Ground) -> list[str]:
    """The processes that work in a work folder, as they were started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return [line for line in found if f"-chdir={ground.state}" in line]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cleans_up_within_ten_seconds(
    number: signal.Signals, ground: Ground, applying: subprocess.Popen[str]
) -> None:
    sent = time.monotonic()
    applying.send_signal(number)
    applying.wait(30)
    assert time.monotonic() - sent < 10
    assert applying.returncode == 128 + number
    assert (ground.folder / "out").read_text("utf-8").splitlines()[-1].startswith("Bail out!")
    assert _terraforms(ground) == []
    assert not (ground.folder / "made").exists()
    assert ground.works == []
    assert ground.lab.clear(60)


def test_after_a_kill_the_next_run_removes_what_was_left(ground: Ground, applying: subprocess.Popen[str]) -> None:
    applying.kill()
    applying.wait(10)
    assert len(ground.works) == 1
    assert _terraforms(ground), "terraform outlives who started it"
    report = ground.run(SPEC.replace('given terraform "module"', "given policy deny-from-any in ms-a"))
    assert report.point.status is Status.PASSED
    assert "ending a terraform that an earlier run started" in report.said
    assert "terraform destroy: what an earlier run left" in report.said
    assert _terraforms(ground) == []
    assert not (ground.folder / "made").exists()
    assert ground.works == []
    assert ground.lab.clear(60)


def test_after_a_kill_down_finds_the_state(ground: Ground, applying: subprocess.Popen[str], netpolspec: Path) -> None:
    applying.kill()
    applying.wait(10)
    down = subprocess.run(
        [netpolspec, *_where(ground, "down")], capture_output=True, text=True, timeout=120, check=False
    )
    assert down.returncode == 0, down.stderr
    assert "namespace 'stuck'" in down.stderr
    assert not (ground.folder / "made").exists()
    assert ground.works == []
    assert ground.lab.clear(60)

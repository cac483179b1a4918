"""Probes that go wrong: an exec without a word, a client that dies, an API server that goes away."""

from __future__ import annotations

import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest
from e2e.lab import shim

from netpolspec.backends.base import Verdict
from netpolspec.run.events import Status

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.lab import Lab

pytestmark = pytest.mark.e2e

SPEC = """\
IN := ms-b
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given pod web in ms-b app=web port 80
  given policy allow-from ns=ms-a
probed: world
  expect ms-a -> ms-b/web:80 allowed
  expect ms-b -> ms-b/web:80 denied
"""

EXEC_OF_A_CLIENT = 'case "$*" in *exec*netpolspec-client-*) probing=1 ;; *) probing= ;; esac\n'


def test_an_exec_that_says_nothing_is_an_error(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim(
        tmp_path, monkeypatch, EXEC_OF_A_CLIENT + '[ -z "$probing" ] || { cat >/dev/null; exit 0; }\nexec "$real" "$@"'
    )
    monkeypatch.setattr("netpolspec.backends.probing.converge.TROUBLE_PATIENCE", 1.0)
    report = lab.run(SPEC, timeout=1)
    assert [(point.status, point.found) for point in report.points] == [(Status.BROKEN, Verdict.ERROR)] * 2
    assert report.points[1].observed is not None
    assert any("no line came for it" in fact for fact in report.points[1].observed.evidence)


def test_half_a_line_is_an_error(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = '[ -z "$probing" ] || { "$real" "$@" | head -c 30; exit 0; }\nexec "$real" "$@"'
    shim(tmp_path, monkeypatch, EXEC_OF_A_CLIENT + half)
    monkeypatch.setattr("netpolspec.backends.probing.converge.TROUBLE_PATIENCE", 1.0)
    report = lab.run(SPEC, timeout=1)
    assert [(point.status, point.found) for point in report.points] == [(Status.BROKEN, Verdict.ERROR)] * 2


def test_a_status_of_zero_with_a_foreign_line_is_an_error(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = '[ -z "$probing" ] || { cat >/dev/null; echo "NPS1 abc 0a OK 10 0 last web"; exit 0; }\nexec "$real" "$@"'
    shim(tmp_path, monkeypatch, EXEC_OF_A_CLIENT + forged)
    monkeypatch.setattr("netpolspec.backends.probing.converge.TROUBLE_PATIENCE", 1.0)
    report = lab.run(SPEC, timeout=1)
    assert [(point.status, point.found) for point in report.points] == [(Status.BROKEN, Verdict.ERROR)] * 2


def test_a_client_that_is_killed_in_mid_probe_comes_again(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim(tmp_path, monkeypatch, EXEC_OF_A_CLIENT + '[ -z "$probing" ] || >"$here/probing"\nexec "$real" "$@"')
    killed: list[str] = []

    def kill() -> None:
        def later() -> None:
            while not (tmp_path / "probing").exists():
                time.sleep(0.05)
            time.sleep(0.3)  # a dial that is denied takes 1.5 s
            for namespace in ("ms-a", "ms-b"):
                said = lab.kubectl.check(
                    *("-n", namespace, "delete", "pods", "-l", "netpolspec.dev/client", "--force", "--grace-period=0")
                )
                killed.extend(line for line in said.splitlines() if line)

        (tmp_path / "probing").unlink(missing_ok=True)
        threading.Thread(target=later).start()

    report = lab.run(SPEC, before_probing=kill)
    assert len(killed) == 2
    assert {title: found for title, found in report.outcomes.items() if not found.startswith("passed")} == {}
    denied = report.points[1].observed
    assert denied is not None
    assert denied.attempts > 2, "what the dead client said does not count"


def test_an_api_server_that_restarts_in_mid_run(lab: Lab) -> None:
    node = lab.kubectl.check("get", "nodes", "-l", "node-role.kubernetes.io/control-plane", "-o", "name")
    name = node.strip().removeprefix("node/")

    def stop() -> None:
        command = ("docker", "exec", name, "sh", "-c", "kill $(pidof kube-apiserver)")
        subprocess.run(command, check=True, capture_output=True, timeout=20)

    # A plugin, too, has to find the API server again, and may take a minute to try: time for this run, and for a second
    # one, so that what comes after this test finds a cluster that enforces.
    for disturb in (stop, lambda: None):
        report = lab.run(SPEC, timeout=150, before_probing=disturb)
        assert {title: found for title, found in report.outcomes.items() if not found.startswith("passed")} == {}
    assert lab.clear(120)

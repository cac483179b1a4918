"""Enforcement that is absent, late, unsteady or refuses instead of dropping."""

from __future__ import annotations

import os
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

WORLD = """\
IN := ms-b
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given pod web in ms-b app=web port 80
  given service web in ms-b port 80 on app=web
"""
DENIED = WORLD + "shut: world ; given policy deny-from-any ; expect ms-a -> web.ms-b:80, ms-b:80 denied\n"

# Lists that hold a NetworkPolicy are not applied; what they would have come to is told all the same.
CAUGHT = """\
case "$*" in
  *apply*)
    told="$here/stdin.$$"
    cat >"$told"
    if grep -q '"kind": "NetworkPolicy"' "$told"; then
      {instead}
      cat "$told"
      exit 0
    fi
    exec "$real" "$@" <"$told" ;;
esac
exec "$real" "$@"
"""
SWALLOWED = CAUGHT.format(instead=":")
LATE = CAUGHT.format(instead='(sleep 5; "$real" "$@" <"$told") >"$here/late.$$" 2>&1 &')


def test_a_cluster_that_does_not_enforce_ends_the_run(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim(tmp_path, monkeypatch, SWALLOWED)
    report = lab.run(DENIED)
    assert report.bailed is not None
    assert report.bailed.reason == "policies have no effect on this cluster"
    assert report.bailed.diagnostic is not None
    assert report.bailed.diagnostic.code == "not-enforced"
    assert [str(note) for note in report.bailed.diagnostic.notes] == [
        "on the same node, no-egress -> open: expected denied (egress), observed allowed",
        "on the same node, open -> no-ingress: expected denied (ingress), observed allowed",
    ]
    assert report.points == ()
    assert lab.clear(90)


def test_enforcement_that_is_late_is_waited_for(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim(tmp_path, monkeypatch, LATE)
    report = lab.run(DENIED)
    assert [(point.status, point.found) for point in report.points] == [(Status.PASSED, Verdict.DROPPED)] * 2
    for point in report.points:
        assert point.observed is not None
        assert point.observed.converged_after_ms is not None
        assert 4000 < point.observed.converged_after_ms < 10_000


def test_enforcement_that_is_later_than_allowed_fails(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim(tmp_path, monkeypatch, LATE)
    report = lab.run(
        WORLD + "shut: world ; given policy deny-from-any ; expect ms-a -> ms-b:80 denied within 2s\n", controls=False
    )
    assert (report.point.status, report.point.found) == (Status.FAILED, Verdict.ALLOWED)


def test_enforcement_that_flaps_fails(lab: Lab) -> None:
    stop = threading.Event()

    def flap() -> None:
        def now_and_then() -> None:
            while not stop.is_set():
                lab.kubectl.run("-n", "ms-b", "delete", "networkpolicy", "deny-from-any", "--wait=false")
                time.sleep(0.4)
                policy = (
                    '{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"deny-from-any",'
                    '"namespace":"ms-b"},"spec":{"podSelector":{},"policyTypes":["Ingress"]}}'
                )
                lab.kubectl.run("-n", "ms-b", "create", "-f", "-", stdin=policy)
                time.sleep(0.4)

        threading.Thread(target=now_and_then, daemon=True).start()

    try:
        report = lab.run(
            WORLD + "shut: world ; given policy deny-from-any ; expect ms-a -> ms-b:80 denied\n",
            timeout=4,
            hold=5,
            before_probing=flap,
        )
    finally:
        stop.set()
    assert (report.point.status, report.point.found) == (Status.FAILED, Verdict.ALLOWED)


def test_a_plugin_that_rejects(lab: Lab) -> None:
    reject, usual = os.environ.get("NETPOLSPEC_CNI_MANIFEST_REJECT"), os.environ.get("NETPOLSPEC_CNI_MANIFEST")
    daemonsets = os.environ.get("NETPOLSPEC_CNI_DAEMONSETS", "").split()
    if not (reject and usual and daemonsets):
        pytest.skip("NETPOLSPEC_CNI_MANIFEST_REJECT names no manifest of a plugin that rejects")

    def install(manifest: str) -> None:
        lab.kubectl.check("apply", "-f", manifest)
        for name in daemonsets:
            lab.kubectl.check(
                *("-n", "kube-system", "rollout", "status", f"daemonset/{name}", "--timeout=60s"), timeout=70
            )

    install(reject)
    try:
        report = lab.run(
            DENIED.replace("denied", "denied within 20s")
            + """\
mixed: world
  given policy allow-from ns=ms-a
  given pod idle in ms-b app=idle port 80 image IMAGE
  expect ms-a -> ms-b/web:80, web.ms-b:80 allowed within 20s
  expect ms-b -> ms-b/web:80, web.ms-b:80 denied within 20s
  expect ms-b -> ms-b/idle:80 denied
  expect ms-a -> ms-b/idle:80 allowed
""".replace("IMAGE", lab.probe_image),
            timeout=3,
        )
    finally:
        install(usual)
    refused = {Verdict.REFUSED, Verdict.DROPPED}  # a kernel sends one ICMP error a second to one address, no more
    assert [(point.status, "refused" if point.found in refused else point.found) for point in report.points] == [
        (Status.PASSED, "refused"),
        (Status.PASSED, "refused"),
        (Status.PASSED, Verdict.ALLOWED),
        (Status.PASSED, Verdict.ALLOWED),
        (Status.PASSED, "refused"),
        (Status.PASSED, "refused"),
        (Status.FAILED, Verdict.NO_LISTENER),
        (Status.FAILED, Verdict.NO_LISTENER),
    ]
    assert Verdict.REFUSED in {point.found for point in report.points}

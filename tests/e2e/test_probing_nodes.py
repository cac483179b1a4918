"""Several nodes: what is dialled from the destination's own node, and from another one."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from netpolspec.backends.options import Paths
from netpolspec.run.events import Status

if TYPE_CHECKING:
    from e2e.lab import Lab

    from netpolspec.run.events import PointResult

pytestmark = pytest.mark.e2e

SPEC = """\
IN := ms-b
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given deployment web in ms-b app=web replicas 2 port 80
  given service web in ms-b port 80 on app=web
  given pod lone in ms-b app=lone port 80
open: world
  expect ms-a -> ms-b/lone:80, ms-b/web:80, web.ms-b:80 allowed
shut: world
  given policy deny-from-any
  expect ms-a -> ms-b/lone:80, ms-b/web:80, web.ms-b:80 denied
"""

_WAY = re.compile(r"^ms-a/netpolspec-client-\w+ \((?P<source>[^)]+)\) -> (?P<pod>ms-b/\S+) \S+ \((?P<node>[^)]+)\)")


def ways(point: PointResult) -> dict[str, set[bool]]:
    """For each destination pod, whether it was dialled from its own node, from another, or both."""
    assert point.observed is not None
    found: dict[str, set[bool]] = {}
    for fact in point.observed.evidence:
        match = _WAY.match(fact)
        if match is not None:
            found.setdefault(match["pod"], set()).add(match["source"] == match["node"])
    return found


def test_each_pod_is_dialled_from_its_node_and_from_another(lab_of_three: Lab) -> None:
    report = lab_of_three.run(SPEC)
    assert {title: found for title, found in report.outcomes.items() if not found.startswith("passed")} == {}
    for point in (report.points[0], report.points[1], report.points[3], report.points[4]):
        found = ways(point)
        assert len(found) == (1 if "lone" in point.point.title else 2)
        assert all(each == {True, False} for each in found.values()), point.point.title
    assert lab_of_three.clear(90)


def test_any_path_will_do_where_that_is_asked_for(lab_of_three: Lab) -> None:
    report = lab_of_three.run(SPEC, paths=Paths.ANY)
    assert {point.status for point in report.points} == {Status.PASSED}
    assert all(len(each) == 1 for each in ways(report.points[3]).values())


def test_enforcement_that_is_missing_on_one_node_ends_the_run(lab_of_three: Lab) -> None:
    """What enforces is kept off one worker: the canary sees it, whichever node that is."""
    names = os.environ.get("NETPOLSPEC_E2E_ENFORCER", "")
    if not names:
        pytest.skip("NETPOLSPEC_E2E_ENFORCER names no DaemonSet in kube-system that can be kept off a node")
    kubectl = lab_of_three.kubectl
    nodes = kubectl.check("get", "nodes", "-l", "!node-role.kubernetes.io/control-plane", "-o", "name").split()
    keep_off = '{"spec":{"template":{"spec":{"nodeSelector":{"netpolspec-e2e":"enforced"}}}}}'
    try:
        kubectl.check("label", *[node for node in nodes if node != nodes[-1]], "netpolspec-e2e=enforced")
        kubectl.check("-n", "kube-system", "patch", "daemonset", names, "-p", keep_off)
        kubectl.check("-n", "kube-system", "rollout", "status", f"daemonset/{names}", "--timeout=60s", timeout=70)
        report = lab_of_three.run(SPEC)
    finally:
        kubectl.run("-n", "kube-system", "patch", "daemonset", names, "-p", keep_off.replace('"enforced"', "null"))
        kubectl.run("label", *nodes, "netpolspec-e2e-")
        kubectl.run("-n", "kube-system", "rollout", "status", f"daemonset/{names}", "--timeout=60s", timeout=70)
    assert report.bailed is not None
    assert report.bailed.reason == "policies have no effect on this cluster"

"""Denials that are none: each of these must show what is wrong, and never pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from netpolspec.backends.base import Verdict
from netpolspec.run.events import Status

if TYPE_CHECKING:
    from e2e.lab import Lab

    from netpolspec.run.events import PointResult

pytestmark = pytest.mark.e2e

WORLD = """\
IN := ms-b
SILENT := registry.k8s.io/e2e-test-images/agnhost:2.53
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given pod web in ms-b app=web port 80
  given pod idle in ms-b app=idle port 80 image $(SILENT)
  given service web in ms-b port 80 -> 80 on app=web
  given service wrong in ms-b port 80 -> 8080 on app=web
  given service empty in ms-b port 80 -> 80 on app=nobody
"""


def control(point: PointResult) -> str:
    assert point.observed is not None
    assert point.observed.control is not None
    return point.observed.control


@pytest.fixture
def world(lab: Lab) -> str:
    return WORLD.replace("registry.k8s.io/e2e-test-images/agnhost:2.53", lab.probe_image)


def test_where_nothing_listens_neither_expectation_is_met(lab: Lab, world: str) -> None:
    report = lab.run(
        world
        + """\
open: world
  expect ms-a -> ms-b/idle:80 allowed
  expect ms-a -> ms-b/idle:80 denied
  expect ms-a -> wrong.ms-b:80 allowed
  expect ms-a -> wrong.ms-b:80 denied
  expect ms-a -> empty.ms-b:80 allowed
  expect ms-a -> empty.ms-b:80 denied
""",
        timeout=3,
    )
    assert [(point.status, point.found) for point in report.points] == [(Status.FAILED, Verdict.NO_LISTENER)] * 6
    assert control(report.points[1]) == "nothing listens on port 80/tcp of ms-b/idle: its own pod is refused"
    assert control(report.points[3]) == "nothing listens on port 8080/tcp of ms-b/web: its own pod is refused"
    assert control(report.points[5]) == "Service ms-b/empty has no endpoints"


def test_a_headless_service_without_endpoints_is_no_reason_to_skip(lab: Lab, world: str) -> None:
    report = lab.run(
        world
        + """\
headless: world
  given manifest <<YAML
  apiVersion: v1
  kind: Service
  metadata: {name: nowhere, namespace: ms-b}
  spec: {clusterIP: None, selector: {app: nobody}, ports: [{port: 80}]}
  YAML
  expect ms-a -> nowhere.ms-b:80 allowed
  expect ms-a -> nowhere.ms-b:80 denied
""",
        timeout=3,
    )
    assert [(point.status, point.found) for point in report.points] == [(Status.FAILED, Verdict.NO_LISTENER)] * 2


def test_a_policy_does_not_make_a_denial_of_silence(lab: Lab, world: str) -> None:
    report = lab.run(
        world
        + """\
shut: world
  given policy deny-from-any
  expect ms-a -> ms-b/idle:80 denied
  expect ms-a -> wrong.ms-b:80 denied
  expect ms-a -> empty.ms-b:80 denied
  expect ms-a -> web.ms-b:80 denied
"""
    )
    assert [point.status for point in report.points] == [Status.FAILED, Status.FAILED, Status.FAILED, Status.PASSED]
    assert "nothing listens on port 80/tcp of ms-b/idle" in control(report.points[0])
    assert "nothing listens on port 8080/tcp of ms-b/web" in control(report.points[1])
    assert control(report.points[2]) == "Service ms-b/empty has no endpoints"
    assert "was reached earlier from ms-a/netpolspec-client-" in control(report.points[3])


def test_a_service_that_comes_when_it_is_denied_already(lab: Lab, world: str) -> None:
    """The policy is out of the way for the moment that it takes to reach the Service."""
    report = lab.run(
        world
        + """\
shut: world
  given policy deny-from-any
  expect ms-a -> ms-b/web:80 denied
  when given service late in ms-b port 80 -> 80 on app=web
  expect ms-a -> late.ms-b:80 denied
later: world
  given policy deny-from-any
  given service later in ms-b port 80 -> 80 on app=web
  expect ms-a -> later.ms-b:80 denied
"""
    )
    assert [point.status for point in report.points] == [Status.PASSED] * 3
    for point in report.points[1:]:
        assert "was reached earlier from ms-a/netpolspec-client-" in control(point)


def test_without_controls_the_report_says_so(lab: Lab, world: str) -> None:
    point = lab.run(
        world + "shut: world ; given policy deny-from-any ; expect ms-a -> ms-b/idle:80 denied", controls=False
    ).point
    assert point.status is Status.PASSED
    assert control(point) == "controls are off: nothing proves this denial"


def test_a_misspelt_namespace_label(lab: Lab) -> None:
    report = lab.run(
        """\
IN := ms-b
misspelt:
  given namespace ms-a namepace=ms-a
  given namespace ms-b namespace=ms-b
  given pod web in ms-b port 80
  given policy allow-from ns=ms-a
  expect ms-a -> ms-b:80 allowed
""",
        timeout=2,
    )
    assert report.point.status is Status.FAILED
    assert (report.point.model, report.point.found) == ("denied", Verdict.DROPPED)


def test_default_deny_egress_hides_dns(lab: Lab, world: str) -> None:
    report = lab.run(
        world
        + """\
no-egress: world
  given policy deny-to-any in ms-a
  expect ms-a -> web.ms-b:80 by name denied
  expect ms-a -> web.ms-b:80 by name allowed
  expect ms-a -> web.ms-b:80 denied within 20s
""",
        timeout=2,
    )
    assert [(point.status, point.found) for point in report.points] == [
        (Status.FAILED, Verdict.DNS),
        (Status.FAILED, Verdict.DNS),
        (Status.PASSED, Verdict.DROPPED),
    ]


def test_dns_that_is_down(lab: Lab, world: str) -> None:
    kubectl = lab.kubectl
    try:
        kubectl.check("-n", "kube-system", "scale", "deployment/coredns", "--replicas=0")
        kubectl.check(
            *("-n", "kube-system", "wait", "--for=delete", "pod", "-l", "k8s-app=kube-dns", "--timeout=60s"), timeout=70
        )
        report = lab.run(
            world
            + """\
by-name: world
  expect ms-a -> web.ms-b:80 by name allowed
  expect ms-a -> web.ms-b:80 by name denied
  expect ms-a -> web.ms-b:80 allowed within 20s
""",
            timeout=2,
        )
    finally:
        kubectl.check("-n", "kube-system", "scale", "deployment/coredns", "--replicas=2")
        kubectl.check(*("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=120s"), timeout=130)
    assert [(point.status, point.found) for point in report.points] == [
        (Status.FAILED, Verdict.DNS),
        (Status.FAILED, Verdict.DNS),
        (Status.PASSED, Verdict.ALLOWED),
    ]


def test_one_replica_of_three_behaves_differently(lab: Lab) -> None:
    spec = """\
IN := ms-b
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given deployment web in ms-b app=web replicas 3 port 80
  given service web in ms-b port 80 on app=web
  given manifest <<YAML
  apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: odd, namespace: ms-b}
  spec: {podSelector: {matchLabels: {odd: 'yes'}}, policyTypes: [Ingress]}
  YAML
odd: world
  expect ms-a -> ms-b/web:80 allowed
  expect ms-a -> ms-b/web:80 denied
  expect ms-a -> web.ms-b:80 allowed
  expect ms-a -> web.ms-b:80 denied
"""

    def make_one_odd() -> None:
        name = lab.kubectl.check("-n", "ms-b", "get", "pods", "-l", "app=web", "-o", "name").split()[0]
        lab.kubectl.check("-n", "ms-b", "label", name, "odd=yes")

    report = lab.run(spec, timeout=5, before_probing=make_one_odd)
    pods_allowed, pods_denied, service_allowed, service_denied = report.points
    assert {point.status for point in report.points} == {Status.FAILED}
    assert pods_allowed.found == Verdict.DROPPED
    for point in (pods_allowed, pods_denied):
        assert point.observed is not None
        found = {line.split(" -> ")[1].split()[0]: line.rpartition(": ")[2] for line in point.observed.differs}
        assert sorted(found.values()) == ["allowed", "allowed", "dropped"], "it is named"
    assert service_allowed.found == Verdict.DROPPED
    assert service_denied.found == Verdict.ALLOWED

"""What the article does by hand, and every kind of destination, with real packets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from e2e.lab import BUSYBOX, NGINX

from netpolspec.backends import tree
from netpolspec.backends.base import Verdict
from netpolspec.backends.marks import CLIENT
from netpolspec.run.events import Status

if TYPE_CHECKING:
    from e2e.lab import Lab

pytestmark = pytest.mark.e2e

TENANTS = """\
IN := ms-b
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given namespace ms-c namespace=ms-c
  given deployment nginx in ms-b app=nginx replicas 2 port 80
  given service nginx in ms-b port 80 -> 80 on app=nginx
  given service nginx-90 in ms-b port 90 -> 80 on app=nginx
"""


def test_the_articles_scenarios(lab: Lab) -> None:
    report = lab.run(
        TENANTS
        + """\
open-by-default: world ; expect ms-a, ms-b, ms-c -> nginx.ms-b:80, nginx-90.ms-b:90 allowed
deny-from-any: world ; given policy deny-from-any ; expect ms-a, ms-b, ms-c -> nginx.ms-b:80, ms-b:80 denied
allow-from: world
  given policy allow-from ns=ms-a
  expect ms-a -> nginx.ms-b:80, nginx-90.ms-b:90, ms-b:80 allowed
  expect ms-a -> nginx.ms-b:80 by name allowed
  expect ms-b, ms-c -> nginx.ms-b:80, nginx-90.ms-b:90, ms-b:80 denied
"""
    )
    assert report.bailed is None
    assert {point.status for point in report.points} == {Status.PASSED}
    assert len(report.points) == 6 + 6 + 10
    assert lab.clear(90)


def test_a_denial_tells_how_it_was_proven(lab: Lab) -> None:
    point = lab.run(TENANTS + "card: world ; given policy allow-from ns=ms-a; expect ms-c -> ms-b:80 denied").point
    seen = point.observed
    assert point.status is Status.PASSED
    assert point.model == "denied"
    assert seen is not None
    assert (seen.verdict, seen.counts_as, seen.control) == (Verdict.DROPPED, "denied", "reached now from its own pod")
    assert seen.converged_after_ms is not None
    assert 0 < seen.converged_after_ms < 5000
    assert seen.probe is not None
    assert " exec netpolspec-client-" in seen.probe
    assert seen.probe.endswith(":80 --timeout=1500ms --protocol=tcp")
    judged = {fact.split(" -> ")[1].split()[0] for fact in seen.evidence if fact.endswith(": dropped")}
    assert len(judged) == 2, "each replica"
    assert sum(fact.startswith("NPS1 ") for fact in seen.evidence) == sum(": dropped" in fact for fact in seen.evidence)


def test_udp_named_ports_and_pods(lab: Lab) -> None:
    report = lab.run(
        """\
IN := ms-b
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given pod dns in ms-b app=dns port 5353/udp as queries port 8080 as http
  given service dns in ms-b port 53/udp -> queries on app=dns
open: world
  expect ms-a -> ms-b/dns:queries, ms-b/dns:http, dns.ms-b:53/udp allowed
  expect ms-b/dns -> ms-b/dns:http allowed
  expect ms-a -> kube-dns.kube-system:53/udp, kube-dns.kube-system:53 allowed
shut: world
  given policy deny-from-any
  expect ms-a -> ms-b/dns:queries, ms-b/dns:http, dns.ms-b:53/udp denied
  expect ms-b/dns -> ms-b/dns:http allowed because "a pod always reaches itself"
"""
    )
    assert {title: found for title, found in report.outcomes.items() if not found.startswith("passed")} == {}
    assert len(report.points) == 10


def test_sources_that_are_workloads_of_the_spec(lab: Lab) -> None:
    report = lab.run(
        TENANTS
        + """\
from-pods: world
  given pod web in ms-a app=web port 8080
  given policy deny-from-any
  expect ms-b/nginx -> ms-a/web:8080 allowed
  expect ms-a/web -> ms-b:80 denied
"""
    )
    assert report.outcomes == {
        "ms-b/nginx -> ms-a/web:8080 allowed": "passed allowed",
        "ms-a/web -> ms-b:80 denied": "passed dropped",
    }


def test_sources_and_servers_of_other_images_get_an_ephemeral_container(lab: Lab) -> None:
    report = lab.run(
        f"""\
IN := ms-b
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given deployment nginx in ms-b app=nginx port 80 image {NGINX}
  given service nginx in ms-b port 80 -> 80 on app=nginx
  given manifest <<YAML
  apiVersion: v1
  kind: Pod
  metadata: {{name: web, namespace: ms-a}}
  spec:
    containers: [{{name: web, image: {BUSYBOX}, command: [sleep, '3600']}}]
    terminationGracePeriodSeconds: 0
  YAML
open: world ; expect ms-a/web, ms-a -> ms-b/nginx:80, nginx.ms-b:80 allowed
shut: world ; given policy deny-from-any ; expect ms-a/web, ms-a -> ms-b/nginx:80, nginx.ms-b:80 denied
"""
    )
    assert {title: found for title, found in report.outcomes.items() if not found.startswith("passed")} == {}
    control = report.points[4].observed
    assert control is not None
    assert control.control == "reached now from its own pod"


def test_when_changes_the_living_world(lab: Lab) -> None:
    report = lab.run(
        TENANTS
        + """\
changes: world
  given policy allow-from ns=ms-a
  expect ms-a -> ms-b:80 allowed
  when label namespace ms-a namespace=other
  expect ms-a -> ms-b:80 denied
  when label namespace ms-a namespace=ms-a
  expect ms-a -> ms-b:80 allowed
  when scale deployment nginx in ms-b to 1
  expect ms-c -> ms-b:80 denied
  when remove policy allow-from
  expect ms-c -> ms-b:80 allowed
"""
    )
    assert [f"{point.status} {point.found}" for point in report.points] == [
        "passed allowed",
        "passed dropped",
        "passed allowed",
        "passed dropped",
        "passed allowed",
    ]


def test_egress_and_dns(lab: Lab) -> None:
    report = lab.run(
        TENANTS
        + """\
no-egress: world
  given policy deny-to-any in ms-a
  expect ms-a -> nginx.ms-b:80, ms-b:80, kube-dns.kube-system:53/udp denied
  expect ms-c -> nginx.ms-b:80 allowed
"""
    )
    assert {title: found for title, found in report.outcomes.items() if not found.startswith("passed")} == {}


def test_two_scenarios_with_the_same_object_and_other_labels(lab: Lab) -> None:
    report = lab.run(
        """\
IN := ms-b
base:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given policy allow-from ns=ms-a
first: base
  given deployment web in ms-b app=web port 80
  given service web in ms-b port 80 on app=web
  expect ms-a -> web.ms-b:80 allowed
  expect ms-b -> web.ms-b:80 denied
second: base
  given deployment web in ms-b app=other port 8080
  given service web in ms-b port 80 -> 8080 on app=other
  expect ms-a -> web.ms-b:80 allowed
  expect ms-b -> web.ms-b:80, ms-b/web:8080 denied
"""
    )
    assert {title: found for title, found in report.outcomes.items() if not found.startswith("passed")} == {}


def test_a_client_whose_labels_a_service_and_a_replicaset_select(lab: Lab) -> None:
    admin = lab.of_admin
    report = admin.run(
        """\
IN := ms-b
world:
  given namespace ms-b namespace=ms-b
  given manifest <<YAML
  apiVersion: apps/v1
  kind: ReplicaSet
  metadata: {name: web, namespace: ms-b}
  spec:
    replicas: 1
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: serve, image: netpolspec/serve, ports: [{containerPort: 80}]}]}
  YAML
  given service web in ms-b port 80 on app=web
same-labels: world
  expect ms-b[app=web] -> web.ms-b:80, ms-b/web:80 allowed
  expect ms-b[app=web] -> web.ms-b:80 by name allowed
""",
        keep=True,
    )
    assert {title: found for title, found in report.outcomes.items() if not found.startswith("passed")} == {}
    slices = lab.kubectl.items("-n", "ms-b", "get", "endpointslices", "-l", "kubernetes.io/service-name=web")
    ready = [
        tree.text(endpoint, "targetRef", "name")
        for each in slices
        for endpoint in tree.rows(each, "endpoints")
        if tree.value(endpoint, "conditions", "ready") is True
    ]
    assert len(ready) == 1
    assert ready[0].startswith("web-")
    pods = lab.kubectl.items("-n", "ms-b", "get", "pods", "-l", "app=web")
    theirs = [pod for pod in pods if CLIENT not in tree.strings(pod, "metadata", "labels")]
    assert len(theirs) == 1, "the ReplicaSet neither adopted a client nor did without a pod of its own"
    assert len(pods) > 1
    assert lab.left() != []
    report = admin.run("given namespace ms-x; given pod p in ms-x port 80; expect ms-x -> ms-x:80 allowed")
    assert report.point.status is Status.PASSED
    assert any("earlier run left behind" in line for line in report.said)
    assert lab.clear(90)


def test_an_image_with_busybox_will_do_for_tcp(lab: Lab) -> None:
    report = replace(lab, probe_image=BUSYBOX).run(
        TENANTS
        + """\
open: world ; expect ms-a, ms-c -> nginx.ms-b:80, ms-b:80 allowed
shut: world
  given policy allow-from ns=ms-a
  expect ms-a -> nginx.ms-b:80 by name allowed
  expect ms-c -> nginx.ms-b:80, ms-b:80 denied
"""
    )
    assert {title: found for title, found in report.outcomes.items() if not found.startswith("passed")} == {}


def test_what_the_cluster_lacks_is_skipped_with_its_reason(lab: Lab) -> None:
    report = lab.run(
        """\
world:
  given namespace ms-a
  given pod web in ms-a port 80 port 7/sctp
six: world ; needs ipv6 ; expect ms-a -> ms-a/web:80 allowed
sctp: world ; needs sctp ; expect ms-a -> ms-a/web:7/sctp allowed
outside: world ; needs outside ; expect 192.0.2.1 -> ms-a/web:80 allowed
"""
    )
    assert report.bailed is None
    told = {ended.scenario.name: ended.reason for ended in report.scenarios if ended.status is Status.SKIPPED}
    assert told["outside"].startswith("needs outside: ")
    for name in {"six", "sctp"} & told.keys():
        assert told[name].startswith(f"needs {'ipv6' if name == 'six' else name}: the ")
    assert {point.status for point in report.points} <= {Status.PASSED}

"""Clients whose labels are those of the pods behind a Service, and a cluster whose nodes are not ready yet."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from netpolspec.backends import tree

if TYPE_CHECKING:
    from e2e.lab import Lab

pytestmark = pytest.mark.e2e

WORLD = """\
	given namespace kept-a
	given pod web in kept-a app=web port 80
	given manifest <<YAML
		apiVersion: v1
		kind: Service
		metadata: {name: web, namespace: kept-a}
		spec: {selector: {app: web}, ports: [{port: 80}], publishNotReadyAddresses: true, clusterIP: None}
	YAML
"""


def endpoints(lab: Lab) -> list[str]:
    slices = lab.kubectl.items("-n", "kept-a", "get", "endpointslices.discovery.k8s.io")
    rows = [each for one in slices for each in tree.rows(one, "endpoints")]
    return [tree.text(each, "targetRef", "name") for each in rows]


def test_a_client_is_not_there_while_a_service_is_dialled_that_would_have_it(lab: Lab) -> None:
    """One scenario needs the client, and shows that it is behind the Service; the next dials the Service without it."""
    seen: list[list[str]] = []
    text = f"""\
world:
{WORLD}
from-it: world
	expect kept-a[app=web] -> kept-a/web:80 allowed

to-it: world
	expect kept-a -> web.kept-a:80 by name allowed
"""
    report = lab.run(text, before_probing=lambda: seen.append(endpoints(lab)))
    assert [f"{each.status} {each.found}" for each in report.points] == ["passed allowed", "passed allowed"]
    assert seen[-1] == ["web"], "the client of the first scenario has gone"
    assert lab.clear(60)


def test_a_client_behind_the_service_that_is_dialled_is_refused(lab: Lab) -> None:
    bailed = lab.run(f"a:\n{WORLD}\n\texpect kept-a[app=web] -> web.kept-a:80 by name allowed\n").bailed
    assert bailed is not None
    assert bailed.reason == ("client kept-a[app=web] would be an endpoint of Service kept-a/web, which is dialled")
    assert lab.clear(60)


def test_nodes_that_are_not_ready_yet_are_waited_for(lab: Lab) -> None:
    taint = "node.cloudprovider.kubernetes.io/uninitialized"
    nodes = [tree.text(each, "metadata", "name") for each in lab.kubectl.items("get", "nodes")]
    lab.kubectl.check("taint", "nodes", *nodes, f"{taint}=true:NoSchedule", "--overwrite")

    def mend() -> None:
        time.sleep(3)
        lab.kubectl.check("taint", "nodes", *nodes, f"{taint}-")

    mending = threading.Thread(target=mend)
    mending.start()
    try:
        report = lab.run("given namespace a\ngiven pod b in a port 80\nexpect a -> a/b:80 allowed\n")
    finally:
        mending.join()
    assert report.point.status == "passed"
    assert "waiting for a node on which a pod can be put" in report.said

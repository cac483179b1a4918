"""Worlds that cannot be made, and what of a cluster is left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from netpolspec.backends import tree
from netpolspec.backends.world.cleanup import remove_everything
from netpolspec.run.events import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.lab import Lab, Report

pytestmark = pytest.mark.e2e

NAMESPACES = "given namespace ms-a namespace=ms-a\n  given namespace ms-b namespace=ms-b"


def reason(report: Report) -> str:
    assert report.bailed is not None
    return report.bailed.reason


def test_an_image_that_cannot_be_pulled(lab: Lab) -> None:
    image = "registry.invalid/no/such:image"
    report = lab.run(
        f"given namespace ms-a; given pod web in ms-a port 80 image {image}; expect ms-a -> ms-a/web:80 denied"
    )
    assert reason(report) == f"the world does not get ready: image '{image}' cannot be had"
    assert report.bailed is not None
    assert report.bailed.diagnostic is not None
    assert any("pod ms-a/web on node" in str(note) and image in str(note) for note in report.bailed.diagnostic.notes)
    assert report.points == ()
    assert lab.clear(90)


def test_a_probe_image_that_cannot_be_pulled(lab: Lab) -> None:
    other = replace(lab, probe_image="registry.invalid/no/agnhost:1")
    report = other.run("given namespace ms-a; given pod web in ms-a port 80; expect ms-a -> ms-a/web:80 allowed")
    assert "image 'registry.invalid/no/agnhost:1' cannot be had" in reason(report)
    assert lab.clear(90)


@pytest.fixture
def tenant(lab: Lab) -> Iterator[str]:
    """A namespace that somebody else made, with a pod of theirs in it."""
    name = "netpolspec-e2e-theirs"
    theirs = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": "theirs"}}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": name},
            "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {
                        "terminationGracePeriodSeconds": 0,
                        "containers": [
                            {
                                "name": "web",
                                "image": lab.probe_image,
                                "args": ["netexec", "--http-port=80"],
                                "ports": [{"containerPort": 80}],
                            }
                        ],
                    },
                },
            },
        },
    ]
    lab.kubectl.check("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": theirs}))
    lab.kubectl.check("-n", name, "rollout", "status", "deployment/web", "--timeout=60s", timeout=70)
    yield name
    lab.kubectl.check("delete", "namespace", name, "--wait=true", timeout=60)


def test_what_is_there_already_is_left_alone(lab: Lab, tenant: str) -> None:
    before = lab.kubectl.read("get", "namespace", tenant)
    taken = lab.run(
        f"given namespace {tenant} mine=yes; given pod p in {tenant} port 80; expect {tenant} -> {tenant}/p:80 allowed"
    )
    assert reason(taken) == f"Namespace {tenant} exists already, and this run did not create it"
    guest = lab.run("given pod p in default port 80; expect default -> default/p:80 allowed")
    assert reason(guest) == "Pod default/p would come into a namespace that this run did not create"
    assert lab.kubectl.read("get", "namespace", tenant) == before
    assert lab.clear(90)


def test_with_leave_it_is_changed_and_changed_back(lab: Lab, tenant: str) -> None:
    report = lab.run(
        f"""\
theirs:
  given namespace {tenant} netpol=test
  given namespace ms-a
  given pod p in {tenant} port 80
  given policy deny-from-any in {tenant}
  expect ms-a -> {tenant}/p:80 denied
""",
        allow_existing=True,
    )
    assert report.point.status is Status.PASSED
    after = lab.kubectl.read("get", "namespace", tenant)
    assert tree.strings(after, "metadata", "labels")["team"] == "theirs"
    assert "netpol" not in tree.strings(after, "metadata", "labels")
    names = lab.kubectl.check("-n", tenant, "get", "pods,networkpolicies,deployments", "-o", "name").split()
    assert [name.rpartition("-")[0].rpartition("-")[0] or name for name in sorted(names)] == [
        "deployment.apps/web",
        "pod/web",
    ]
    assert lab.clear(90)


def test_down_removes_what_a_kept_run_left(lab: Lab) -> None:
    report = lab.run(
        f"kept:\n  {NAMESPACES}\n  given pod web in ms-b port 80\n  expect ms-a -> ms-b:80 allowed\n", keep=True
    )
    assert report.point.status is Status.PASSED
    assert "namespace/ms-b" in lab.left()
    assert set(remove_everything(lab.kubectl, "down", lambda _: None)) >= {"ms-a", "ms-b"}
    assert lab.clear(90)


def test_runs_have_the_documented_role_and_no_other(lab: Lab) -> None:
    for words in ("get secrets -A", "-n default create configmap any", "get replicasets.apps -A", "delete nodes any"):
        assert "forbidden" in lab.user.run(*words.split()).stderr.lower(), words

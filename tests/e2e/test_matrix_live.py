"""`netpolspec matrix --context`: what a live cluster holds, read and not touched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from e2e.lab import BUSYBOX

from netpolspec.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from e2e.lab import Lab

    from netpolspec.load.plain import Json

pytestmark = pytest.mark.e2e

NAMESPACE = "netpolspec-e2e-matrix"


def pod(name: str) -> Mapping[str, Json]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "containers": [{"name": "c", "image": BUSYBOX, "command": ["sleep", "3600"]}],
                },
            },
        },
    }


POLICY: Mapping[str, Json] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "server", "namespace": NAMESPACE},
    "spec": {
        "podSelector": {"matchLabels": {"app": "server"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}], "ports": [{"port": 80}]}],
    },
}


@pytest.fixture
def world(lab_to_read: Lab) -> Iterator[Lab]:
    """Three deployments, and a policy that lets one of them reach another."""
    lab = lab_to_read
    try:
        lab.kubectl.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}])
        lab.kubectl.apply([pod("server"), pod("friend"), pod("stranger"), POLICY])
        for name in ("server", "friend", "stranger"):
            lab.kubectl.check("-n", NAMESPACE, "rollout", "status", f"deployment/{name}", timeout=120)
        yield lab
    finally:
        lab.kubectl.check("delete", "namespace", NAMESPACE, "--wait=true", "--ignore-not-found", timeout=120)


def test_a_live_cluster_is_read_and_left_alone(world: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    before = world.kubectl.check("get", "all,netpol", "-n", NAMESPACE, "-o", "jsonpath={.items[*].metadata.generation}")
    arguments = ["matrix", *world.where, "--format", "json", "--to", f"{NAMESPACE}/*"]
    assert main([*arguments, "--from", NAMESPACE]) == 0
    out, _ = capfd.readouterr()
    found = {(pair["source"], pair["destination"]): pair["allowed"]["TCP"] for pair in json.loads(out)["pairs"]}
    names = {name: f"{NAMESPACE}/{name}" for name in ("server", "friend", "stranger")}
    assert found[names["friend"], names["server"]] == [[80, 80]]
    assert found[names["stranger"], names["server"]] == []
    assert found[names["server"], names["stranger"]] == [[1, 65535]]
    assert len(found) == 6, "six pods are three workloads"
    after = world.kubectl.check("get", "all,netpol", "-n", NAMESPACE, "-o", "jsonpath={.items[*].metadata.generation}")
    assert before == after

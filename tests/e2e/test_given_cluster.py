"""`given cluster`: what somebody has made beforehand is judged, and is afterwards what it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from e2e.lab import HERE, shim

from netpolspec.backends import tree
from netpolspec.backends.world.ledger import NAME, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from e2e.lab import Lab

    from netpolspec.load.plain import Json

pytestmark = pytest.mark.e2e

SPACES = ("given-shop", "given-db")
KINDS = "namespaces,pods,deployments.apps,replicasets.apps,services,networkpolicies.networking.k8s.io"
WORLD = """\
apiVersion: v1
kind: Namespace
metadata: {name: given-shop, labels: {tier: front}}
---
apiVersion: v1
kind: Namespace
metadata: {name: given-db, labels: {tier: back}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: given-shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: web, image: IMAGE, args: [netexec, --http-port=8080], ports: [{containerPort: 8080, name: http}]}
---
apiVersion: v1
kind: Pod
metadata: {name: ready, namespace: given-db, labels: {app: ready}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: web
    image: IMAGE
    args: [netexec, --http-port=8080]
    ports: [{containerPort: 8080, name: http}]
    readinessProbe: {tcpSocket: {port: http}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: given-shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: front, namespace: given-shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{from: [{namespaceSelector: {matchLabels: {tier: front}}}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nobody, namespace: given-db}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""
SPEC = """\
there: ; given cluster

as-it-is: there
	expect given-shop -> given-shop/web:http, web.given-shop:80 allowed
	expect given-db -> given-shop/web:http, web.given-shop:80 denied

beside: there
	given namespace given-guest tier=front
	expect given-guest -> web.given-shop:80 by name allowed
"""


_COME_AND_GO = ("/Pod/web-", "/Pod/netpolspec-", "/ReplicaSet/")


def objects(lab: Lab) -> dict[str, Json]:
    """What is there now: everything of each object."""
    found: dict[str, Json] = {}
    for space in SPACES:
        found[space] = lab.kubectl.read("get", "namespace", space)
        for each in lab.kubectl.items("-n", space, "get", KINDS.removeprefix("namespaces,")):
            found[f"{space}/{each['kind']}/{tree.text(each, 'metadata', 'name')}"] = each
    return found


def specs(lab: Lab) -> dict[str, Json]:
    """What is there now, without what the API server notes about it; pods of controllers and of runs come and go."""
    return {
        name: {"spec": tree.value(each, "spec"), "labels": tree.strings(each, "metadata", "labels")}
        for name, each in objects(lab).items()
        if isinstance(each, dict) and not any(part in name for part in _COME_AND_GO)
    }


@pytest.fixture(scope="module")
def there(lab_to_read: Lab) -> Iterator[Lab]:
    """A cluster in which somebody has made something."""
    lab = lab_to_read
    lab.kubectl.check("apply", "-f", "-", stdin=WORLD.replace("IMAGE", lab.probe_image))
    lab.kubectl.check("-n", "given-shop", "rollout", "status", "deployment/web", "--timeout=120s", timeout=130)
    lab.kubectl.check("-n", "given-db", "wait", "--for=condition=Ready", "pod/ready", "--timeout=60s", timeout=70)
    yield lab
    lab.kubectl.check("delete", "namespace", *SPACES, timeout=120)


def command(lab: Lab, on: str, path: Path) -> list[str]:
    where = ("--on", on, *lab.where, "--probe-image", lab.probe_image)
    return [sys.executable, "-m", "netpolspec", "run", *where, str(path)]


@pytest.mark.parametrize("on", ["cluster", "model"])
def test_what_is_there_is_judged_and_left_alone(there: Lab, on: str, tmp_path: Path) -> None:
    (tmp_path / "s.nps").write_text(SPEC)
    before = objects(there)
    finished = subprocess.run(command(there, on, tmp_path / "s.nps"), capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.count("\n    ok ") == 5
    assert ("observed:" in finished.stdout) == (on == "cluster")
    assert there.clear(60)
    assert objects(there) == before


def test_nothing_is_sent_to_the_cluster_for_the_model_but_reads(
    there: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim(tmp_path, monkeypatch, 'echo "$@" >> "$here/calls"; exec "$real" "$@"')
    (tmp_path / "s.nps").write_text(SPEC)
    subprocess.run(command(there, "model", tmp_path / "s.nps"), capture_output=True, check=True)
    calls = (tmp_path / "calls").read_text().splitlines()
    verbs = {next(word for word in call.split() if word in {"get", "api-resources", "config"}) for call in calls}
    assert verbs == {"get", "api-resources", "config"}
    assert sum(" get namespaces," in call for call in calls) == 1


DENIED = """\
given cluster
expect given-shop -> given-db/ready:8080 denied
"""


def test_a_denial_for_everybody_is_proven_by_the_node_that_finds_it_ready(there: Lab) -> None:
    point = there.run(DENIED).point
    assert (point.status, point.found) == ("passed", "dropped")
    assert point.observed is not None
    assert point.observed.control == "its readiness probe, which its node sends, finds it there"


def test_a_denial_that_nothing_proves_is_none(there: Lab) -> None:
    """Nothing listens there, the pod may not be asked, and nobody else may reach it."""
    point = there.run(DENIED.replace("8080", "9999")).point
    assert (point.status, point.found) == ("failed", "dropped")
    assert point.observed is not None
    assert point.observed.counts_as is None
    assert "its own pod cannot be asked" in str(point.observed.control)


def test_who_may_reach_it_is_sent_to_prove_that_it_is_there(there: Lab) -> None:
    point = there.run("given cluster; expect given-db -> web.given-shop:80 denied").point
    assert (point.status, point.found) == ("passed", "dropped")
    assert point.observed is not None
    assert "given-shop/netpolspec-client-" in str(point.observed.control)


def test_a_policy_of_the_run_over_what_is_there(there: Lab) -> None:
    """Before it comes, the pods are reached: afterwards nobody could prove that they listen."""
    text = """\
        given cluster
        given policy deny-from-any in given-shop
        when remove policy front in given-shop
        expect given-shop -> given-shop/web:http, web.given-shop:80 denied
        """
    before = specs(there)
    report = there.run(text, allow_existing=True)
    assert set(report.outcomes.values()) == {"passed dropped"}
    assert specs(there) == before
    refused = there.run(text).bailed
    assert refused is not None
    assert "and this run did not create it" in refused.reason or "did not create" in refused.reason
    assert specs(there) == before


CHANGES = """\
given cluster
expect given-db -> web.given-shop:80 denied
when label namespace given-db tier=front
expect given-db -> web.given-shop:80 allowed
when scale deployment web in given-shop to 1
expect given-db -> web.given-shop:80 allowed
when unlabel namespace given-db tier
expect given-db -> web.given-shop:80 denied
"""


def test_changes_are_made_where_they_are_allowed_and_undone(there: Lab) -> None:
    before = specs(there)
    report = there.run(CHANGES, allow_existing=True)
    assert [f"{each.status} {each.found}" for each in report.points] == [
        "passed dropped", "passed allowed", "passed allowed", "passed dropped",
    ]  # fmt: skip
    assert specs(there) == before
    bailed = there.run(CHANGES).bailed
    assert bailed is not None
    assert bailed.reason == "Namespace given-db would be changed, and this run did not create it"
    assert specs(there) == before


def test_a_namespace_of_others_is_never_removed(there: Lab) -> None:
    text = "given cluster\nexpect given-shop -> web.given-shop:80 allowed\nwhen remove namespace given-db\n"
    bailed = there.run(f"{text}expect given-shop -> web.given-shop:80 allowed", allow_existing=True).bailed
    assert bailed is not None
    assert bailed.reason.endswith("would be removed, and could not be brought back as it was")


def test_a_source_of_others_needs_permission(there: Lab) -> None:
    bailed = there.run("given cluster\nexpect given-shop/web -> web.given-shop:80 allowed").bailed
    assert bailed is not None
    assert "cannot be made to dial: this run did not create it" in bailed.reason


def test_what_a_killed_run_has_changed_is_undone_by_the_next(there: Lab, tmp_path: Path) -> None:
    before = specs(there)
    text = CHANGES + "when remove policy front in given-shop\nexpect given-db -> given-shop/web:9 denied within 60s\n"
    (tmp_path / "s.nps").write_text(text)
    run = subprocess.Popen([*command(there, "cluster", tmp_path / "s.nps"), "--allow-existing"], cwd=HERE)
    deadline = time.monotonic() + 120
    while "given-shop/NetworkPolicy/front" in specs(there) and time.monotonic() < deadline:
        time.sleep(0.2)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    lease = there.kubectl.read("-n", NAMESPACE, "get", "lease", NAME)
    noted = json.loads(tree.strings(lease, "metadata", "annotations")["netpolspec.dev/undo"])
    assert {each["kind"] for each in noted} == {"Namespace", "Deployment", "NetworkPolicy"}
    assert specs(there) != before
    assert there.run("given namespace a\ngiven pod b in a port 80\nexpect a -> a/b:80 allowed").point.status == "passed"
    assert specs(there) == before

"""A cluster that stays: made once, reused, looked at, in trouble, deleted."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from e2e.machine import NAME, Machine
from program import as_anybody

from netpolspec.backends.access import check_access
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.kubectl import Kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e

CONTEXT = f"kind-{NAME}"
OTHER = """\
apiVersion: v1
kind: Config
current-context: production
contexts:
- {name: production, context: {cluster: production, user: production}}
clusters:
- {name: production, cluster: {server: "https://192.0.2.1"}}
users:
- {name: production, user: {token: secret}}
"""


GIVEN = """\
from-mine:
  given cluster
  given namespace ms-b
  given pod web in ms-b app=web port 80
  given policy allow-from ns=mine in ms-b
  expect mine -> ms-b:80 allowed
  expect ms-b -> ms-b:80 denied
"""


@pytest.fixture(scope="module")
def machine(netpolspec: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with a cluster that `netpolspec up` made, and a context of production that is current."""
    made = Machine(netpolspec, tmp_path_factory.mktemp("machine"))
    made.clean()
    made.write("kubeconfig", OTHER)
    try:
        up = made.run("up")
        assert up.status == 0, up.err
        assert up.out == ""
        assert f"cluster '{NAME}' is made and ready" in up.err
        yield made
    finally:
        made.clean()


def test_it_is_ready_and_the_current_context_is_what_it_was(machine: Machine) -> None:
    (found,) = machine.clusters
    assert (found["name"], found["health"], found["kept"], found["in_use"]) == (NAME, "ready", True, False)
    assert found["nodes_ready"] == found["nodes"]
    assert machine.kubectl("config", "current-context") == "production\n"
    nodes = machine.kubectl("--context", CONTEXT, "get", "nodes", "-o", "name").split()
    assert len(nodes) == found["nodes"]


def test_up_again_finds_it(machine: Machine) -> None:
    again = machine.run("up")
    assert again.status == 0
    assert f"cluster '{NAME}' is there and ready" in again.err
    assert again.seconds < 10


def test_a_run_reuses_it_and_leaves_it_as_it_was(machine: Machine) -> None:
    before = machine.kubectl("--context", CONTEXT, "get", "namespaces", "-o", "name")
    run = machine.run("run", "--on", "kind", "-v", "spec.nps")
    assert run.status == 0, run.out + run.err
    assert run.out.count("\nok ") == 2
    assert "making cluster" not in run.err
    assert "deleting cluster" not in run.err
    assert machine.kubectl("--context", CONTEXT, "get", "namespaces", "-o", "name") == before


def test_what_is_asked_for_otherwise_is_told_at_once(machine: Machine) -> None:
    run = machine.run("run", "--on", "kind", "--node-image", "kindest/node:v9", "spec.nps")
    assert run.status == 3
    assert run.last_line.startswith(f"Bail out! cluster '{NAME}' is there, but otherwise: --node-image kindest/node:v9")
    assert run.seconds < 10


def test_what_a_run_left_in_it_is_removed_and_nothing_else(machine: Machine) -> None:
    machine.kubectl("--context", CONTEXT, "create", "namespace", "mine")
    kept = machine.run("run", "--on", "cluster", "--context", CONTEXT, "--keep", "spec.nps")
    assert kept.status == 0, kept.out + kept.err
    assert "namespace/ms-b" in machine.kubectl("--context", CONTEXT, "get", "namespaces", "-o", "name")
    down = machine.run("down", "--context", CONTEXT)
    assert down.status == 0, down.err
    assert "namespace 'ms-b'" in down.err
    left = machine.kubectl("--context", CONTEXT, "get", "namespaces", "-o", "name").split()
    assert "namespace/ms-b" not in left
    assert "namespace/mine" in left
    assert "nothing to remove" in machine.run("down", "--context", CONTEXT).err
    machine.kubectl("--context", CONTEXT, "delete", "namespace", "mine")


def test_given_cluster_is_what_it_holds_already(machine: Machine) -> None:
    machine.kubectl("--context", CONTEXT, "create", "namespace", "mine")
    machine.kubectl("--context", CONTEXT, "label", "namespace", "mine", "namespace=mine")
    machine.write("given.nps", GIVEN)
    run = machine.run("run", "--on", "kind", "given.nps")
    assert run.status == 0, run.out + run.err
    assert run.out.count("observed: ") == 2
    assert machine.kubectl("--context", CONTEXT, "get", "namespace", "mine", "-o", "name") == "namespace/mine\n"
    machine.kubectl("--context", CONTEXT, "delete", "namespace", "mine")


def refused(machine: Machine, kubectl: Kubectl) -> WorldFailed:
    with pytest.raises(WorldFailed) as caught:
        check_access(kubectl)
    run = machine.run("run", "--on", "cluster", "--kubeconfig", str(kubectl.kubeconfig), *context(kubectl), "spec.nps")
    assert run.status == 3
    assert f"Bail out! {caught.value}" in run.out
    assert run.seconds < 15
    return caught.value


def context(kubectl: Kubectl) -> tuple[str, str]:
    return ("--context", kubectl.context)


def altered(machine: Machine, user: dict[str, object]) -> Kubectl:
    """A kubeconfig for the real cluster, with another user in it."""
    config = json.loads(
        machine.kubectl("--context", CONTEXT, "config", "view", "--raw", "--minify", "--flatten", "-o", "json")
    )
    config["users"][0]["user"] = user
    return Kubectl(CONTEXT, str(machine.write("altered", json.dumps(config))))


def test_credentials_that_have_expired(machine: Machine) -> None:
    failure = refused(machine, altered(machine, {"token": "expired"}))
    assert failure.diagnostic.code == "credentials"
    assert f"to renew them: kind export kubeconfig --name {NAME}" in failure.diagnostic.help


def test_an_exec_plugin_that_asks_a_question(machine: Machine) -> None:
    plugin = machine.write("plugin", "#!/bin/sh\nprintf 'password: ' >&2\nread -r answer || exit 1\n")
    plugin.chmod(0o755)
    exec_ = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(plugin),
        "interactiveMode": "IfAvailable",
    }
    failure = refused(machine, altered(machine, {"exec": exec_}))
    assert failure.diagnostic.code == "login"
    assert any("password:" in str(note) for note in failure.diagnostic.notes)


def test_an_exec_plugin_that_is_not_installed(machine: Machine) -> None:
    exec_ = {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin", "interactiveMode": "Never"}
    failure = refused(machine, altered(machine, {"exec": exec_}))
    assert "'no-such-plugin', which is not installed" in str(failure)


def test_another_certificate_authority(machine: Machine) -> None:
    kubectl = altered(machine, {"token": "any"})
    config = json.loads((machine.folder / "altered").read_text())
    config["clusters"][0]["cluster"]["certificate-authority-data"] = base64.b64encode(OTHER_CA.encode()).decode()
    machine.write("altered", json.dumps(config))
    assert refused(machine, kubectl).diagnostic.code == "credentials"


def test_an_unknown_context(machine: Machine) -> None:
    failure = refused(machine, Kubectl(f"{CONTEXT}s", str(machine.kubeconfig)))
    assert failure.diagnostic.help[0] == f"did you mean '{CONTEXT}'?"


def test_a_kubeconfig_that_may_not_be_read(machine: Machine) -> None:
    path = machine.write("secret", OTHER)
    path.chmod(0)
    named = ("--context", CONTEXT, "--kubeconfig", "secret")
    run = machine.run("run", "--on", "cluster", *named, "spec.nps", through=as_anybody())
    assert run.status == 3
    assert run.seconds < 10
    assert "Bail out! kubeconfig 'secret' cannot be read by this user" in run.out


def test_a_cluster_that_was_stopped_is_told_and_can_be_deleted(machine: Machine) -> None:
    machine.docker("stop", "--time", "1", f"{NAME}-control-plane")
    run = machine.run("run", "--on", "kind", "spec.nps")
    assert run.status == 3
    assert f"Bail out! cluster '{NAME}' is there, but its API server does not answer" in run.out
    assert f"docker start {NAME}-control-plane" in run.err
    assert run.seconds < 15
    assert [cluster["health"] for cluster in machine.clusters] == ["down"]
    down = machine.run("down")
    assert down.status == 0
    assert f"removed cluster '{NAME}'" in down.err
    assert machine.nodes == []
    assert machine.clusters == []
    assert CONTEXT not in machine.kubectl("config", "get-contexts", "-o", "name").split()
    assert machine.kubectl("config", "current-context") == "production\n"


# Of nobody: made for this test with openssl, its key thrown away.
OTHER_CA = """\
-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUT1E23kZNyaCHWcsRy3uYcohbQxwwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyMjE3MTczOFoYDzIxMjYxMDI5MTcx
NzM4WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQcKLAgxHiXIP+E7s6aVrEKBk+44P8QJFgeRgpSSLTGRhy9/n+anAnqiNVxRVCr
ofFOPtco8GCHTeeiUXzEZP0Wo1MwUTAdBgNVHQ4EFgQURtb0Cm1K0a8Xen2tOKoX
P2bkKWEwHwYDVR0jBBgwFoAURtb0Cm1K0a8Xen2tOKoXP2bkKWEwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiB+198gzcKXLDfE/l1pzpm7Ec2upQvW
vmwO7eQJ1g8rGQIhAI/zej/Hk1hqgKpxkz3fuXbXXIiGnlBbMGhjaWA5XRke
-----END CERTIFICATE-----
"""

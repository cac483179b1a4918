"""Clusters that runs make: deleted at the end, when interrupted, after kill -9; and what keeps one from coming up."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from e2e.machine import NAME, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.e2e

RUN = ("run", "--on", "kind", "-v", "spec.nps")


@pytest.fixture
def machine(netpolspec: Path, tmp_path: Path) -> Iterator[Machine]:
    """A machine without a cluster, and without one afterwards."""
    made = Machine(netpolspec, tmp_path)
    made.clean()
    yield made
    made.clean()


def test_a_run_makes_its_cluster_of_three_nodes_and_deletes_it(machine: Machine) -> None:
    run = machine.run(*RUN, "--nodes", "3")
    assert run.status == 0, run.out + run.err
    assert run.out.count("\nok ") == 2
    assert f"making cluster '{NAME}'" in run.err
    assert "waiting for the nodes to be Ready" in run.err
    assert machine.nodes == []
    assert machine.clusters == []
    assert not machine.kubeconfig.exists(), "a run's own cluster is no business of the user's kubectl"


def test_keep_leaves_it_for_the_next_run(machine: Machine) -> None:
    first = machine.run(*RUN, "--keep")
    assert first.status == 0, first.out + first.err
    assert [cluster["kept"] for cluster in machine.clusters] == [True]
    second = machine.run(*RUN)
    assert second.status == 0, second.out + second.err
    assert "making cluster" not in second.err
    assert machine.run("down", NAME).status == 0
    assert machine.nodes == []


def test_a_plugin_that_enforces_nothing_ends_the_run(machine: Machine) -> None:
    manifest = os.environ.get("NETPOLSPEC_CNI_MANIFEST_UNENFORCED")
    if manifest is None:
        pytest.skip("NETPOLSPEC_CNI_MANIFEST_UNENFORCED names no manifest of a plugin that enforces nothing")
    run = machine.run(*RUN, "--cni-manifest", manifest, "--keep")
    assert run.status == 3
    assert "Bail out! policies have no effect on this cluster" in run.out
    assert "\nok" not in run.out
    believed = machine.run(*RUN, "--cni-manifest", manifest, "--controls", "off", "--timeout", "2s")
    assert believed.status == 1
    assert "observed allowed" in believed.out
    ends = [line for line in believed.out.splitlines() if line.startswith(("ok ", "not ok "))]
    assert ends == ["not ok 1 - shut", "ok 2 - open"]


# --- interrupted ----------------------------------------------------------------------------------------------------


MAKING, WAITING, DELETING = "making cluster", "waiting for DaemonSet", "deleting cluster"


@pytest.mark.parametrize(
    ("when", "by", "status", "pause"),
    [
        (MAKING, signal.SIGINT, 130, 0),
        (MAKING, signal.SIGTERM, 143, 5),
        (WAITING, signal.SIGINT, 130, 1),
        (DELETING, signal.SIGTERM, 143, 0.5),
    ],
)
def test_a_signal_lets_nothing_be_left(
    machine: Machine, when: str, by: signal.Signals, status: int, pause: float
) -> None:
    if when is DELETING:
        machine.slow_down_deletions()
    ended = machine.interrupt(*RUN, when=when, by=by, pause=pause)
    assert ended.status == status
    assert ended.seconds < 10
    assert ended.last_line == "Bail out! interrupted"
    assert machine.nodes == []
    assert machine.clusters == []


def test_up_that_is_interrupted_leaves_nothing(machine: Machine) -> None:
    ended = machine.interrupt("up", when=MAKING, by=signal.SIGTERM, pause=2)
    assert ended.status == 143
    assert ended.seconds < 10
    assert machine.nodes == []


def test_a_second_interrupt_leaves_at_once_and_says_what_is_left(machine: Machine) -> None:
    machine.slow_down_deletions()
    ended = machine.interrupt(*RUN, when=MAKING, by=signal.SIGINT, again=1)
    assert ended.status == 130
    assert ended.seconds < 5
    assert ended.last_line == "Bail out! interrupted"
    assert f"cluster '{NAME}' may be left: `netpolspec down {NAME}` deletes it, and so does the next run" in ended.err
    assert machine.run("down", NAME).status == 0
    assert machine.nodes == []
    assert machine.clusters == []


def test_after_kill_9_the_next_run_mends_what_is_left(machine: Machine) -> None:
    ended = machine.interrupt(*RUN, when=MAKING, by=signal.SIGKILL)
    assert ended.status == -signal.SIGKILL
    # kind, which nobody ended, may be going on.
    assert [cluster["health"] for cluster in machine.clusters] in (["being made"], ["incomplete"])
    run = machine.run(*RUN)
    assert run.status == 0, run.out + run.err
    assert f"removing what is left of cluster '{NAME}'" in run.err
    assert f"making cluster '{NAME}'" in run.err
    assert machine.nodes == []


@pytest.mark.parametrize("when", [MAKING, WAITING, DELETING])
def test_after_kill_9_down_removes_what_is_left(machine: Machine, when: str) -> None:
    if when is DELETING:
        machine.slow_down_deletions()
    machine.interrupt(*RUN, when=when, by=signal.SIGKILL)
    assert machine.nodes
    down = machine.run("down")
    assert (down.status, down.out) == (0, "")
    assert machine.nodes == []
    assert machine.clusters == []


# --- what keeps a cluster from coming up ----------------------------------------------------------------------------


def test_an_image_that_cannot_be_had_is_told_with_pod_and_event(machine: Machine) -> None:
    usual = os.environ.get("NETPOLSPEC_CNI_MANIFEST")
    if usual is None or not Path(usual).is_file():
        pytest.skip("NETPOLSPEC_CNI_MANIFEST names no file to take an image out of")
    image = next(line.split("image:")[1].strip() for line in Path(usual).read_text().splitlines() if "image:" in line)
    missing = "missing.invalid/agent:1"
    machine.write("cni.yaml", Path(usual).read_text().replace(image, missing))
    up = machine.run("up", "--cni-manifest", "cni.yaml")
    assert up.status == 3
    assert f"image '{missing}' cannot be had" in up.err
    assert f"on node {NAME}-control-plane; container" in up.err
    assert "; event " in up.err
    assert f"kind load docker-image {missing} --name {NAME}" in up.err
    assert [cluster["health"] for cluster in machine.clusters] == ["incomplete"]
    run = machine.run("down")
    assert run.status == 0
    assert machine.nodes == []


def test_a_port_that_is_taken(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        mapping = f"{{containerPort: 80, hostPort: {port}, listenAddress: 127.0.0.1}}"
        machine.write(
            "kind.yaml",
            "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking: {disableDefaultCNI: true}\n"
            f"nodes: [{{role: control-plane, extraPortMappings: [{mapping}]}}]\n",
        )
        run = machine.run(*RUN, "--kind-config", "kind.yaml")
    assert run.status == 3
    assert run.last_line == f"Bail out! port {port} is taken"
    assert f"'sport = :{port}'" in run.err
    assert machine.nodes == []
    assert machine.clusters == []


def test_a_node_image_that_cannot_be_had(machine: Machine) -> None:
    run = machine.run(*RUN, "--node-image", "missing.invalid/node:1")
    assert run.status == 3
    assert run.last_line == "Bail out! node image 'missing.invalid/node:1' cannot be had"
    assert machine.nodes == []


def test_a_kind_configuration_that_kind_refuses(machine: Machine) -> None:
    machine.write(
        "kind.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodez: 3\nx: {disableDefaultCNI: true}\n"
    )
    run = machine.run(*RUN, "--kind-config", "kind.yaml")
    assert run.status == 3
    assert run.last_line == "Bail out! the kind configuration kind.yaml is not valid"
    assert "nodez" in run.err
    assert run.seconds < 10


def test_a_cluster_of_somebody_else_is_used_and_left(machine: Machine) -> None:
    kind = shutil.which("kind")
    assert kind is not None
    up = machine.run("up")
    assert up.status == 0, up.err
    shutil.rmtree(machine.folder / "state")  # from now on it is nobody's that we know
    run = machine.run(*RUN)
    assert run.status == 0, run.out + run.err
    assert machine.nodes
    down = machine.run("down", NAME)
    assert down.status == 3
    assert f"cluster '{NAME}' was not made by netpolspec" in down.err
    assert machine.nodes

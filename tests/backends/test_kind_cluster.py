"""Clusters that come and go: made once, shared, deleted by the last; what is in the way, and what killed runs leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from backends.fakes import Tools

from netpolspec import shell
from netpolspec.backends import readiness
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.clusters import kind_cluster, kindctl, lifecycle
from netpolspec.backends.clusters.blueprint import Wish, draw
from netpolspec.backends.clusters.kind_cluster import KindCluster
from netpolspec.backends.clusters.lifecycle import Health, down, status, up
from netpolspec.backends.clusters.records import Place, Stage, recorded
from netpolspec.backends.kind import KindBackend
from netpolspec.backends.model import ModelBackend
from netpolspec.backends.options import LiveOptions
from netpolspec.backends.readiness import Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from netpolspec.diagnostics import Diagnostic

CNI = """\
{apiVersion: apps/v1, kind: Deployment, metadata: {name: controller, namespace: net}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, namespace: net}}
"""


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    made = Tools(tmp_path / "fakes")
    made.install(monkeypatch)
    made.says("cni.yaml", CNI)
    monkeypatch.setattr(kind_cluster, "SETTLE", 0.0)
    monkeypatch.setattr(lifecycle, "SETTLE", 0.0)
    return made


class Told(list[str]):
    """What was shown on the progress line."""

    def __call__(self, text: str) -> None:
        self.append(text)


def cluster(
    fakes: Tools,
    *,
    keep: bool = False,
    tell: Callable[[str], None] = lambda _: None,
    node_image: str | None = None,
    cni_manifest: str | None = None,
) -> KindCluster:
    place = cni_manifest or str(fakes.folder / "cni.yaml")
    return KindCluster(draw(Wish(name="mine", cni_manifest=place, node_image=node_image)), tell, keep=keep)


def make_one_that_stays(fakes: Tools) -> None:
    made = cluster(fakes, keep=True)
    made.acquire()
    made.release()


def failure(act: Callable[[], object]) -> Diagnostic:
    with pytest.raises(WorldFailed) as caught:
        act()
    return caught.value.diagnostic


# --- made, ready, shared, deleted -----------------------------------------------------------------------------------


def test_a_cluster_is_made_readied_in_order_and_deleted_at_the_end(fakes: Tools) -> None:
    told = Told()
    made = cluster(fakes, tell=told, node_image="mirror/node:1")
    made.acquire()
    assert made.made
    assert fakes.clusters == {"mine"}
    kubeconfig = fakes.folder / "state/netpolspec/clusters/mine/kubeconfig"
    assert made.kubectl.kubeconfig == str(kubeconfig)
    creation = next(call for call in fakes.calls if "create" in call)
    assert creation == f"kind create cluster --name mine --kubeconfig {kubeconfig} --config - --image mirror/node:1"
    assert "disableDefaultCNI: true" in fakes.read("config")
    assert fakes.read("applied") == CNI
    named = f"kubectl --kubeconfig {kubeconfig} --context kind-mine "
    waits = [call.removeprefix(named).split(" --timeout")[0] for call in fakes.calls if "timeout=" in call]
    assert waits == [
        "-n net rollout status DaemonSet/agent",
        "wait --for=condition=Ready node --all",
        "-n net rollout status Deployment/controller",
        "-n kube-system rollout status Deployment/coredns",
    ]
    assert [line.split(" (")[0] for line in told[-5:]] == [
        f"applying {fakes.folder}/cni.yaml",
        "waiting for DaemonSet net/agent",
        "waiting for the nodes to be Ready",
        "waiting for Deployment net/controller",
        "waiting for Deployment kube-system/coredns",
    ]
    made.release()
    assert fakes.clusters == set()
    assert recorded() == ()
    assert not (fakes.folder / "user-kubeconfig").exists(), "a run's own cluster is no business of the user's kubectl"


def test_what_goes_with_the_cluster_is_left_in_it_and_what_stays_is_tidied_up(fakes: Tools) -> None:
    wish = Wish(name="mine", cni_manifest=str(fakes.folder / "cni.yaml"))
    seen: list[LiveOptions] = []

    def on_cluster(options: LiveOptions) -> ModelBackend:
        seen.append(options)
        return ModelBackend()

    for keep_cluster, keep_world in ((False, True), (True, False)):
        if keep_cluster:
            make_one_that_stays(fakes)
        backend = KindBackend(draw(wish), LiveOptions(), lambda _: None, on_cluster)
        backend.prepare(())
        assert seen[-1].context == "kind-mine"
        assert seen[-1].keep == keep_world
        backend.close()
        backend.close()
    assert fakes.clusters == {"mine"}


def test_a_cluster_is_deleted_even_if_what_runs_on_it_cannot_end_well(fakes: Tools) -> None:
    class Stubborn(ModelBackend):
        def close(self) -> None:
            raise WorldFailed("cannot end")

    wish = Wish(name="mine", cni_manifest=str(fakes.folder / "cni.yaml"))
    backend = KindBackend(draw(wish), LiveOptions(), lambda _: None, lambda _: Stubborn())
    backend.prepare(())
    with pytest.raises(WorldFailed, match="cannot end"):
        backend.close()
    assert fakes.clusters == set()


def test_the_last_of_two_runs_deletes_the_cluster(fakes: Tools) -> None:
    first, second = cluster(fakes), cluster(fakes)
    first.acquire()
    second.acquire()
    assert (first.made, second.made) == (True, False)
    first.release()
    assert fakes.clusters == {"mine"}
    second.release()
    assert fakes.clusters == set()


def test_a_kept_cluster_stays_and_is_reused_without_waiting_for_anything(fakes: Tools) -> None:
    assert up(draw(Wish(name="mine", cni_manifest=str(fakes.folder / "cni.yaml"))), lambda _: None)
    fakes.says("calls")
    again = cluster(fakes)
    again.acquire()
    again.release()
    assert fakes.clusters == {"mine"}
    assert not [call for call in fakes.calls if "create" in call or "apply" in call or "timeout=" in call]


def test_a_kept_cluster_is_known_to_the_users_kubectl_and_not_made_current(fakes: Tools) -> None:
    fakes.says("current-context", "production")
    up(draw(Wish(name="mine", cni_manifest=str(fakes.folder / "cni.yaml"))), lambda _: None)
    assert fakes.read("user-kubeconfig") == "context kind-mine\n"
    assert fakes.read("current-context") == "production"
    assert "kubectl config use-context production" in fakes.calls


def test_keep_makes_a_cluster_of_a_run_stay(fakes: Tools) -> None:
    running = cluster(fakes)
    running.acquire()
    keeping = cluster(fakes, keep=True)
    keeping.acquire()
    keeping.release()
    running.release()
    assert fakes.clusters == {"mine"}
    assert [record.keep for record in recorded()] == [True]


def test_a_cluster_that_somebody_else_made_is_used_and_never_deleted(fakes: Tools) -> None:
    (fakes.folder / "clusters" / "mine").mkdir()
    used = cluster(fakes)
    used.acquire()
    assert not used.made
    used.release()
    assert fakes.clusters == {"mine"}
    assert not [call for call in fakes.calls if "delete" in call]


def test_a_cluster_without_any_network_is_only_made_for_somebody_who_will_install_one(fakes: Tools) -> None:
    bare = KindCluster(draw(Wish(name="mine", cni="none")), lambda _: None, keep=False)
    assert failure(bare.acquire).code == "no-network"
    assert up(draw(Wish(name="mine", cni="none")), lambda _: None)
    assert not [call for call in fakes.calls if "wait" in call or "apply" in call]


def test_a_chart_is_rendered_applied_and_waited_for(fakes: Tools) -> None:
    fakes.installed.add("helm")
    made = KindCluster(draw(Wish(name="mine", cni="cilium", ip_family="dual")), lambda _: None, keep=False)
    made.acquire()
    made.release()
    template = next(call for call in fakes.calls if call.startswith("helm template"))
    assert "--repo https://helm.cilium.io --version 1." in template
    assert "--namespace kube-system --include-crds" in template
    assert template.endswith("--set=ipv6.enabled=true")
    assert fakes.read("applied") == CNI
    fakes.says("helm-fails", 'Error: looks like "https://helm.cilium.io" is not a valid chart repository')
    assert failure(made.acquire).message == "'helm' does not work: " + fakes.read("helm-fails")


def test_a_chart_without_helm_says_so_before_anything_is_made(fakes: Tools) -> None:
    made = KindCluster(draw(Wish(name="mine", cni="cilium")), lambda _: None, keep=False)
    assert failure(made.acquire).message == "'helm' is not installed, or not on the PATH"
    assert not [call for call in fakes.calls if "create" in call]


# --- a plugin's manifest --------------------------------------------------------------------------------------------


@pytest.fixture
def web(fakes: Tools) -> Iterator[str]:
    """A web server that has the manifest, and nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/cni.yaml" else 404)
            self.end_headers()
            self.wfile.write(fakes.read("cni.yaml").encode() if self.path == "/cni.yaml" else b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_manifest_comes_from_a_url(fakes: Tools, web: str) -> None:
    made = cluster(fakes, cni_manifest=f"{web}/cni.yaml")
    made.acquire()
    assert fakes.read("applied") == CNI
    made.release()


@pytest.mark.parametrize("place", ["/none.yaml", "refused"])
def test_a_manifest_that_cannot_be_had_is_told_before_a_cluster_is_made(fakes: Tools, web: str, place: str) -> None:
    url = web + place if place != "refused" else "http://127.0.0.1:1/cni.yaml"
    told = failure(cluster(fakes, cni_manifest=url).acquire)
    assert told.message.startswith(f"cannot fetch '{url}': ")
    assert ("Not Found" if place != "refused" else "Connection refused") in told.message
    assert "NETPOLSPEC_CNI_MANIFEST" in told.help[0]
    assert not [call for call in fakes.calls if "create" in call]
    assert recorded() == ()


def test_a_manifest_that_defines_its_own_kinds_takes_a_second_attempt(
    fakes: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind_cluster, "RETRY_PAUSE", 0.0)
    fakes.says("apply-fails-once", 'error: resource mapping not found: no matches for kind "Net" in version "x/v1"')
    made = cluster(fakes)
    made.acquire()
    assert sum(" apply " in call for call in fakes.calls) == 2
    made.release()


def test_a_manifest_that_the_cluster_refuses_ends_the_cluster(fakes: Tools) -> None:
    fakes.says("apply-fails", "error: DaemonSet in version v1 cannot be handled")
    told = failure(cluster(fakes).acquire)
    assert told.message == f"'{fakes.folder}/cni.yaml' cannot be applied"
    assert told.notes == ("error: DaemonSet in version v1 cannot be handled",)
    assert fakes.clusters == set()


# --- what does not get ready ----------------------------------------------------------------------------------------

STUCK = {
    "metadata": {"name": "agent-x", "namespace": "net"},
    "spec": {"nodeName": "mine-control-plane"},
    "status": {
        "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [
            {"name": "agent", "image": "mirror/agent:1", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
        ],
    },
}
EVENT = {
    "involvedObject": {"name": "agent-x"},
    "reason": "Failed",
    "message": 'Failed to pull image "mirror/agent:1":\n  not found',
    "lastTimestamp": "2026-01-01T00:00:00Z",
}


@pytest.fixture
def stuck(fakes: Tools) -> Tools:
    fakes.says("rollout-hangs")
    fakes.says("pods.json", json.dumps({"items": [STUCK]}))
    fakes.says("events.json", json.dumps({"items": [EVENT, EVENT | {"message": "old", "lastTimestamp": "2025"}]}))
    return fakes


def test_an_image_that_cannot_be_had_is_told_with_pod_node_and_event_long_before_the_deadline(stuck: Tools) -> None:
    began = time.monotonic()
    told = failure(cluster(stuck).acquire)
    assert time.monotonic() - began < 10
    assert told.message.startswith("DaemonSet net/agent not ready after ")
    assert told.message.endswith(": image 'mirror/agent:1' cannot be had")
    assert told.notes[0] == (
        "pod net/agent-x on node mine-control-plane; container agent (mirror/agent:1): ImagePullBackOff; "
        'event Failed: Failed to pull image "mirror/agent:1": not found'
    )
    assert any("netpolspec up" in line for line in told.help)
    assert stuck.clusters == set()


def test_up_leaves_a_cluster_that_does_not_get_ready_to_be_looked_at(stuck: Tools) -> None:
    blueprint = draw(Wish(name="mine", cni_manifest=str(stuck.folder / "cni.yaml")))
    told = failure(lambda: up(blueprint, lambda _: None))
    assert "where this machine has it: kind load docker-image mirror/agent:1 --name mine" in told.help
    assert stuck.clusters == {"mine"}
    assert [state.health for state in status()] == [Health.INCOMPLETE]
    stuck.stops("rollout-hangs")
    assert up(blueprint, lambda _: None), "what is incomplete is made anew"
    assert [state.record.stage for state in status()] == [Stage.READY]


def test_a_wait_ends_at_its_deadline_with_what_the_nodes_say(fakes: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_cluster, "READY_TIMEOUT", 0.05)
    fakes.says("rollout-hangs")
    condition = {"type": "Ready", "status": "False", "message": "cni plugin not\ninitialized"}
    fakes.says(
        "nodes.json", json.dumps({"items": [{"metadata": {"name": "n"}, "status": {"conditions": [condition]}}]})
    )
    told = failure(cluster(fakes).acquire)
    assert told.message.startswith("DaemonSet net/agent not ready after ")
    assert told.notes == ("node n: cni plugin not initialized",)


def test_a_node_that_is_ready_and_still_tainted_is_waited_for(fakes: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "POLL", 0.0)
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    taints = [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]
    staying = [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
    node = {"metadata": {"name": "n"}, "spec": {"taints": [*staying, *taints]}, "status": ready}
    fakes.says("nodes.json", json.dumps({"items": [node]}))

    def tell(text: str) -> None:
        told(text)
        if text == "waiting for node 'n' to take pods":
            fakes.says("nodes.json", json.dumps({"items": [node | {"spec": {"taints": staying}}]}))

    told = Told()
    made = cluster(fakes, tell=tell)
    made.acquire()
    assert told[-1] == "waiting for node 'n' to take pods"
    made.release()


def test_a_pod_without_a_node_says_why(fakes: Tools) -> None:
    pod = {
        "metadata": {"name": "p", "namespace": "net"},
        "status": {
            "conditions": [
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: taint"}
            ]
        },
    }
    fakes.says("pods.json", json.dumps({"items": [pod]}))
    found = readiness.ailments_of(cluster(fakes).kubectl, Workload("DaemonSet", "net", "agent"))
    assert [each.text for each in found] == ["pod net/p, on no node yet; 0/1 nodes: taint"]


# --- what is in the way ---------------------------------------------------------------------------------------------


def test_a_kept_cluster_that_is_otherwise_than_asked_for_is_told_not_used(fakes: Tools) -> None:
    make_one_that_stays(fakes)
    told = failure(cluster(fakes, node_image="other:1").acquire)
    assert told.message == (
        "cluster 'mine' is there, but otherwise: --node-image other:1 is asked for, it was made without --node-image"
    )
    assert told.help[0] == "to make it anew: netpolspec down mine"
    assert fakes.clusters == {"mine"}


def test_a_left_over_cluster_that_is_otherwise_than_asked_for_gives_way(fakes: Tools) -> None:
    leave(fakes, Stage.READY)
    other = cluster(fakes, node_image="other:1")
    other.acquire()
    assert other.made
    other.release()


def test_a_cluster_in_use_does_not_give_way(fakes: Tools) -> None:
    using = cluster(fakes)
    using.acquire()
    assert failure(cluster(fakes, node_image="other:1").acquire).code == "cluster-differs"
    assert fakes.clusters == {"mine"}
    using.release()


def test_a_kept_cluster_that_does_not_answer_is_told(fakes: Tools) -> None:
    up(draw(Wish(name="mine", cni_manifest=str(fakes.folder / "cni.yaml"))), lambda _: None)
    fakes.says("api-down")
    told = failure(cluster(fakes).acquire)
    assert told.message == "cluster 'mine' is there, but its API server does not answer"
    assert told.help == (
        "to start a node that was stopped: docker start mine-control-plane",
        "to be rid of it: netpolspec down mine",
    )


def test_somebody_elses_cluster_that_does_not_answer_is_left_alone(fakes: Tools) -> None:
    (fakes.folder / "clusters" / "mine").mkdir()
    fakes.says("api-down")
    assert "to be rid of it: kind delete cluster --name mine" in failure(cluster(fakes).acquire).help
    assert fakes.clusters == {"mine"}


def test_the_cluster_of_somebody_who_was_faster_is_not_deleted(fakes: Tools) -> None:
    fakes.says("create-fails", 'ERROR: node(s) already exist for a cluster with the name "mine"')
    assert failure(cluster(fakes).acquire).message == "somebody else is making cluster 'mine'"
    assert not [call for call in fakes.calls if "delete" in call]


# --- killed runs ----------------------------------------------------------------------------------------------------


def leave(fakes: Tools, stage: Stage) -> None:
    """What a run leaves behind that is killed with -9 in that stage."""
    made = cluster(fakes)
    made.acquire()
    record = recorded()[0]
    Place("mine").write(record.__class__("mine", stage, False, record.plugin, record.facts, record.made_at))  # noqa: FBT003
    made._place.release()  # noqa: SLF001 - what the system does when a process ends
    fakes.says("calls")


def test_a_half_made_cluster_of_a_killed_run_is_removed_and_made_anew(fakes: Tools) -> None:
    leave(fakes, Stage.MAKING)
    assert [state.health for state in status()] == [Health.INCOMPLETE]
    again = cluster(fakes)
    again.acquire()
    assert again.made
    steps = [call.split()[1] for call in fakes.calls if call.startswith(("kind delete", "kind create"))]
    assert steps == ["delete", "create"]
    again.release()
    assert fakes.clusters == set()


def test_a_complete_cluster_of_a_killed_run_is_used_again_and_deleted_at_the_end(fakes: Tools) -> None:
    leave(fakes, Stage.READY)
    again = cluster(fakes)
    again.acquire()
    assert not again.made
    again.release()
    assert fakes.clusters == set()


def test_a_record_of_a_cluster_that_is_gone_is_in_nobodys_way(fakes: Tools) -> None:
    leave(fakes, Stage.READY)
    (fakes.folder / "clusters" / "mine").rmdir()
    assert [state.health for state in status()] == [Health.GONE]
    again = cluster(fakes)
    again.acquire()
    assert again.made
    again.release()


KILLED = """
from pathlib import Path
from backends.fakes import Tools
from netpolspec import shell
shell.run = Tools(Path({folder!r}))
from netpolspec.backends.clusters.blueprint import Wish, draw
from netpolspec.backends.clusters.kind_cluster import KindCluster
KindCluster(draw(Wish(name="mine", cni_manifest={manifest!r})), print, keep=False).acquire()
"""


@pytest.fixture
def other(fakes: Tools) -> Iterator[subprocess.Popen[bytes]]:
    """Another process, in the middle of making the cluster."""
    fakes.says("create-hangs")
    script = KILLED.format(folder=str(fakes.folder), manifest=str(fakes.folder / "cni.yaml"))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while not fakes.clusters and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.01)
        assert fakes.clusters == {"mine"}
        yield process
        process.kill()


def kill_9(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def test_kill_9_while_a_cluster_is_made_is_mended_by_the_next_run(fakes: Tools, other: subprocess.Popen[bytes]) -> None:
    assert [state.health for state in status()] == [Health.MAKING]
    kill_9(other)
    assert [state.health for state in status()] == [Health.INCOMPLETE]
    fakes.stops("create-hangs")
    again = cluster(fakes)
    again.acquire()
    assert again.made
    again.release()
    assert fakes.clusters == set()


def test_kill_9_while_a_cluster_is_made_is_mended_by_down(fakes: Tools, other: subprocess.Popen[bytes]) -> None:
    told = Told()

    def tell(text: str) -> None:
        told(text)
        if text.startswith("waiting"):
            kill_9(other)

    assert down((), tell) == ("mine",)
    assert told == ["waiting until cluster 'mine' is made, to delete it", "deleting cluster 'mine'"]
    assert fakes.clusters == set()
    assert status() == ()


def test_down_leaves_a_cluster_that_a_run_uses(fakes: Tools) -> None:
    using = cluster(fakes)
    using.acquire()
    assert failure(lambda: down((), lambda _: None)).code == "busy"
    assert [state.in_use for state in status()] == [True]
    using.release()


def test_an_interrupt_while_a_cluster_is_made_removes_it(fakes: Tools) -> None:
    made = cluster(fakes)

    def interrupt(_text: str) -> None:
        if "applying" in _text:
            raise KeyboardInterrupt

    made = cluster(fakes, tell=interrupt, keep=True)
    with pytest.raises(KeyboardInterrupt):
        made.acquire()
    made.release()
    assert fakes.clusters == set()
    assert recorded() == ()


@pytest.mark.parametrize("made", [False, True])
def test_a_second_interrupt_says_what_is_left(fakes: Tools, monkeypatch: pytest.MonkeyPatch, *, made: bool) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    hasty = cluster(fakes)
    if made:
        hasty.acquire()
    else:
        monkeypatch.setattr(kindctl, "create", interrupt)
    monkeypatch.setattr(kindctl, "delete", interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        hasty.release() if made else hasty.acquire()
    (left,) = caught.value.__notes__
    assert left.startswith("cluster 'mine' may be left: `netpolspec down mine` deletes it")
    monkeypatch.undo()
    fakes.install(monkeypatch)
    if not made:
        assert failure(hasty.release).message == left, "a run tells it in its last words"
    hasty.release()
    assert [state.in_use for state in status()] == ([] if made else [False])


@pytest.mark.parametrize("where", [(Place, "share"), (KindCluster, "_record")])
def test_an_interrupt_right_after_a_cluster_was_made_does_not_leave_it(
    fakes: Tools, monkeypatch: pytest.MonkeyPatch, where: tuple[type, str]
) -> None:
    really = getattr(*where)

    def interrupt(*arguments: object) -> object:
        if fakes.clusters:
            raise KeyboardInterrupt
        return really(*arguments)

    monkeypatch.setattr(*where, interrupt)
    made = cluster(fakes)
    with pytest.raises(KeyboardInterrupt):
        made.acquire()
    made.release()
    assert (fakes.clusters, recorded()) == (set(), ())


def test_a_second_interrupt_while_a_run_tidies_up_says_that_the_cluster_is_left(fakes: Tools) -> None:
    class Hasty(ModelBackend):
        def close(self) -> None:
            raise KeyboardInterrupt

    blueprint = draw(Wish(name="mine", cni_manifest=str(fakes.folder / "cni.yaml")))
    backend = KindBackend(blueprint, LiveOptions(), lambda _: None, lambda _: Hasty())
    backend.prepare(())
    with pytest.raises(KeyboardInterrupt) as caught:
        backend.close()
    (left,) = caught.value.__notes__
    assert left.startswith("cluster 'mine' may be left: `netpolspec down mine` deletes it")
    assert fakes.clusters == {"mine"}


def test_an_interrupt_leaves_the_users_context_current(fakes: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(argv: Sequence[str], **options: Any) -> shell.Finished:  # noqa: ANN401 - handed on
        finished = fakes(argv, **options)
        if "export" in argv:
            fakes.says("current-context", "kind-mine")
            raise KeyboardInterrupt
        return finished

    fakes.says("current-context", "production")
    monkeypatch.setattr(shell, "run", run)
    with pytest.raises(KeyboardInterrupt):
        cluster(fakes, keep=True).acquire()
    assert fakes.read("current-context") == "production"


def test_somebody_who_looks_on_does_not_keep_a_cluster_from_being_deleted(fakes: Tools) -> None:
    made, looking = cluster(fakes), Place("mine")
    made.acquire()
    looking.share(lambda: None)
    timer = threading.Timer(0.05, looking.release)
    timer.start()
    made.release()
    assert fakes.clusters == set()


# --- down -----------------------------------------------------------------------------------------------------------


def test_down_deletes_what_netpolspec_made_and_nothing_else(fakes: Tools) -> None:
    (fakes.folder / "clusters" / "theirs").mkdir()
    make_one_that_stays(fakes)
    told = failure(lambda: down(("theirs",), lambda _: None))
    assert told.message == "cluster 'theirs' was not made by netpolspec"
    assert down((), lambda _: None) == ("mine",)
    assert fakes.clusters == {"theirs"}
    assert down(("mine", "never-there"), lambda _: None) == ()


def test_one_that_cannot_be_deleted_does_not_keep_the_others(fakes: Tools) -> None:
    make_one_that_stays(fakes)
    (fakes.folder / "clusters" / "theirs").mkdir()
    failure(lambda: down(("theirs", "mine"), lambda _: None))
    assert fakes.clusters == {"theirs"}


@pytest.mark.parametrize("settle", [0.0, 0.5])
def test_a_cluster_that_comes_back_while_it_is_deleted_is_deleted_again(
    fakes: Tools, monkeypatch: pytest.MonkeyPatch, settle: float
) -> None:
    seen = iter([(), (), ("mine",)] if settle else [("mine",)])
    monkeypatch.setattr(kindctl, "clusters", lambda: next(seen, ()))
    kindctl.delete("mine", settle=settle)
    assert sum("delete" in call for call in fakes.calls) == 2


def test_a_cluster_that_stays_whatever_is_done_is_told(fakes: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kindctl, "PATIENCE", 0.0)
    monkeypatch.setattr(kindctl, "clusters", lambda: ("mine",))
    told = failure(lambda: kindctl.delete("mine"))
    assert told.message == "cluster 'mine' cannot be deleted"
    assert told.help[0] == "to try again: netpolspec down mine"
    assert fakes.calls


def test_a_run_that_never_had_the_cluster_deletes_nothing(fakes: Tools) -> None:
    leave(fakes, Stage.READY)
    unlucky = cluster(fakes)
    fakes.installed.remove("kubectl")
    failure(unlucky.acquire)
    unlucky.release()
    assert fakes.clusters == {"mine"}


def test_records_that_cannot_be_written_are_told(fakes: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(fakes.folder / "calls"))
    cluster(fakes)
    fakes.says("calls")
    assert failure(cluster(fakes).acquire).code == "state"
    (fakes.folder / "state" / "netpolspec" / "clusters" / "mine" / "lock").mkdir(parents=True)
    monkeypatch.setenv("XDG_STATE_HOME", str(fakes.folder / "state"))
    assert failure(cluster(fakes).acquire).code == "state"


def test_records_that_cannot_be_read_are_told(fakes: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    # fails for root, too, as somebody else's folder does for others
    monkeypatch.setenv("XDG_STATE_HOME", str(fakes.folder / ("x" * 300)))
    for act in (status, lambda: down((), lambda _: None), Place("mine").in_use):
        assert failure(act).code == "state"


def test_a_lock_that_is_lent_is_held_until_the_child_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    mine, theirs = Place("mine"), Place("mine")
    assert mine.try_alone()
    kept = {"timeout": 60, "lend": (mine.descriptor,)}
    child = threading.Thread(target=shell.run, args=(("sleep", "60"),), kwargs=kept)
    child.start()
    while not shell._live:  # noqa: SLF001 - waits for the child to be there
        time.sleep(0.01)
    mine.release()  # as when we are killed
    assert not theirs.try_alone()
    shell.end_all()
    child.join()
    assert theirs.try_alone()
    theirs.release()

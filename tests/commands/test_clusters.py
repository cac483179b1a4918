"""`up`, `down`, `status`, and the settings of clusters, with stand-ins for docker, kind and kubectl."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pytest
from backends.fakes import Tools
from program import Ended, execute

from netpolspec.cli.progress import Progress
from netpolspec.cli.terminal import Messages
from netpolspec.diagnostics import Refusal
from netpolspec.settings import resolve

if TYPE_CHECKING:
    from pathlib import Path

CNI = "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, namespace: net}}\n"
NODE = {
    "metadata": {"name": "n"},
    "status": {"conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.35.4"}},
}


class Shell:
    """Runs netpolspec in this process, with stand-ins for the tools."""

    def __init__(self, tools: Tools, capsys: pytest.CaptureFixture[str]) -> None:
        self.tools = tools
        self._capsys = capsys

    def run(self, *arguments: str) -> Ended:
        """Run netpolspec."""
        return execute(self._capsys, *arguments)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    tools = Tools(tmp_path / "tools")
    tools.install(monkeypatch)
    tools.says("cni.yaml", CNI)
    tools.says("nodes.json", json.dumps({"items": [NODE, NODE]}))
    monkeypatch.chdir(tools.folder)
    for name in ("NODE_IMAGE", "KIND_CONFIG", "CLUSTER_NAME"):
        monkeypatch.delenv(f"NETPOLSPEC_{name}", raising=False)
    monkeypatch.setenv("NETPOLSPEC_CNI_MANIFEST", "cni.yaml")
    return Shell(tools, capsys)


# --- the commands ---------------------------------------------------------------------------------------------------


def test_a_disk_that_is_full(shell: Shell) -> None:
    place = shell.tools.folder / "state/netpolspec/clusters/netpolspec"
    place.mkdir(parents=True)
    (place / "record.draft").symlink_to("/dev/full")
    status, out, err = shell.run("up", "-q")
    assert (status, out) == (3, "")
    assert err.startswith("error: cannot write: No space left on device\n  = help: XDG_STATE_HOME and TMPDIR name")
    assert not [call for call in shell.tools.calls if "create cluster" in call]


def test_up_shows_what_it_waits_for_and_what_to_do_next(shell: Shell) -> None:
    status, out, err = shell.run("up")
    assert (status, out) == (0, "")
    assert [re.sub(r"^ *\d+\.\d s  ", "", line).strip() for line in err.splitlines()] == [
        "fetching cni.yaml",
        "making cluster 'netpolspec' (kind create cluster)",
        "applying cni.yaml",
        "waiting for DaemonSet net/agent (the pods' network)",
        "waiting for the nodes to be Ready (they are once the plugin has configured them)",
        "waiting for Deployment kube-system/coredns (names of Services)",
        "cluster 'netpolspec' is made and ready",
        "to look at it:     kubectl --context kind-netpolspec get nodes",
        "to run specs:      netpolspec run --on kind",
        "to be rid of it:   netpolspec down netpolspec",
    ]
    assert "is there and ready" in shell.run("up")[2]


def test_up_without_a_plugin_says_so(shell: Shell) -> None:
    assert "cluster 'netpolspec' is made; it has no network plugin yet" in shell.run("up", "--cni", "none")[2]


def test_quiet_is_quiet(shell: Shell) -> None:
    assert shell.run("up", "-q") == (0, "", "")
    assert shell.run("down", "-q") == (0, "", "")


def test_another_name_is_part_of_what_to_do_next(shell: Shell) -> None:
    assert "netpolspec run --on kind --cluster-name other" in shell.run("up", "--cluster-name", "other")[2]


def test_status_is_a_table_for_people(shell: Shell) -> None:
    assert shell.run("status") == (0, "", "no clusters; `netpolspec up` makes one\n")
    shell.run("up")
    status, out, err = shell.run("status")
    assert (status, err) == (0, "")
    head, row = out.splitlines()
    assert head.split() == ["NAME", "HEALTH", "NODES", "KUBERNETES", "PLUGIN", "AGE", "STAYS"]
    assert row.split() == ["netpolspec", "ready", "2/2", "v1.35.4", "cni.yaml", "0", "s", "yes"]


def test_status_is_a_document_for_programs(shell: Shell) -> None:
    assert json.loads(shell.run("status", "--format", "json")[1]) == {"clusters": []}
    shell.run("up", "--cluster-name", "a")
    shell.tools.says("api-down")
    shell.tools.says("nodes.json", json.dumps({"items": []}))
    (found,) = json.loads(shell.run("status", "--format", "json")[1])["clusters"]
    assert {key: found[key] for key in ("name", "context", "health", "kept", "in_use", "plugin")} == {
        "name": "a",
        "context": "kind-a",
        "health": "not ready",
        "kept": True,
        "in_use": False,
        "plugin": "cni.yaml",
    }


def test_down_says_what_is_gone(shell: Shell) -> None:
    shell.run("up", "--cluster-name", "a")
    shell.run("up", "--cluster-name", "b")
    assert shell.run("down", "a")[2].splitlines()[-1] == "removed cluster 'a'"
    assert shell.run("down")[2].splitlines()[-1] == "removed cluster 'b'"
    assert shell.run("down")[2].splitlines()[-1] == "nothing to remove"
    assert shell.tools.clusters == set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["up", "mine"], "'up' takes no 'mine'"),
        (["up", "--nodes", "0"], "'--nodes' cannot be '0'"),
        (["up", "--cni", "flannel"], "--cni does not know 'flannel'"),
        (["up", "--cluster-name", "A"], "'A' cannot be a cluster's name"),
        (["up", "--kind-config", "none"], "there is no file 'none'"),
        (["status", "mine"], "'status' takes no 'mine'"),
        (["status", "--format", "xml"], "there is no 'xml'"),
        (["down", "--context", "c", "mine"], "exclude each other"),
        (["down", "--kubeconfig", "c"], "'--kubeconfig' needs '--context'"),
    ],
)
def test_a_wrong_command_line_touches_nothing(shell: Shell, arguments: list[str], message: str) -> None:
    status, out, err = shell.run(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert shell.tools.calls == []


def test_a_failure_of_the_environment_is_status_3(shell: Shell) -> None:
    shell.tools.says("create-fails", "no space left on device")
    status, out, err = shell.run("up")
    assert (status, out) == (3, "")
    assert "error: the container engine's disk is full" in err
    assert "= help: to make room: docker system prune" in err


# --- settings -------------------------------------------------------------------------------------------------------


def test_places_that_speak_of_clusters_are_kept_apart_the_strongest_first(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.netpolspec]\nnodes = 3\nkind-config = 'kind.yaml'\ncni = 'calico'\n"
    )
    below = tmp_path / "below"
    below.mkdir()
    found = resolve({"cni": "kindnet"}, {"NETPOLSPEC_NODE_IMAGE": "i:1", "NETPOLSPEC_NODES": "2"}, below).clusters
    assert found[0] == {"cni": "kindnet"}
    assert found[1] == {"node-image": "i:1", "nodes": 2}
    assert {key: found[2][key] for key in ("cni", "nodes")} == {"cni": "calico", "nodes": 3}
    assert str(found[2]["kind-config"]).endswith("kind.yaml")
    assert str(found[2]["kind-config"]) != "kind.yaml", "relative to the project, not to the current folder"


def test_a_url_of_the_project_is_no_path(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.netpolspec]\ncni-manifest = 'https://mirror.example/cni.yaml'\n")
    assert resolve({}, {}, tmp_path).clusters[2] == {"cni-manifest": "https://mirror.example/cni.yaml"}


@pytest.mark.parametrize(
    ("text", "seconds"), [("10", 10), ("10s", 10), ("1.5s", 1.5), ("500ms", 0.5), ("2m", 120), ("0", 0)]
)
def test_durations(tmp_path: Path, text: str, seconds: float) -> None:
    assert resolve({"timeout": text}, {}, tmp_path).live == {"timeout": pytest.approx(seconds)}


@pytest.mark.parametrize(
    ("key", "value"),
    [("timeout", "10h"), ("hold", "-1s"), ("concurrency", "0"), ("controls", "maybe"), ("probe-paths", "some")],
)
def test_live_settings_that_cannot_be(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(Refusal, match=f"'--{key}' cannot be '{value}'"):
        resolve({key: value}, {}, tmp_path)


def test_what_nobody_says_of_live_runs_is_not_there(tmp_path: Path) -> None:
    assert resolve({}, {}, tmp_path).live == {}
    environ = {"NETPOLSPEC_CONTROLS": "off", "NETPOLSPEC_PROBE_IMAGE": "mirror/agnhost:1"}
    assert resolve({}, environ, tmp_path).live == {"controls": False, "probe-image": "mirror/agnhost:1"}


# --- progress -------------------------------------------------------------------------------------------------------


def test_elsewhere_progress_is_a_line_each() -> None:
    stream = io.StringIO()
    progress = Progress(Messages(stream, {}), quiet=False)
    progress("waiting for this")
    progress.done()
    assert stream.getvalue().endswith(" s  waiting for this\n")

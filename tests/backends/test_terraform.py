"""Modules in a run's work folder: which are in force, whose place they take, and what of a killed run is found."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from netpolspec.backends import tree
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.kubectl import Kubectl
from netpolspec.backends.world.terraform_roots import AloneRoot, SharedRoot
from netpolspec.backends.world.terraform_works import Owner, Work, clear, forget_cluster, read_state, stale, targets
from netpolspec.load.resource import Key
from netpolspec.load.terraform.job import Job, open_job
from netpolspec.load.terraform.static import Found
from netpolspec.load.terraform.values import Request
from netpolspec.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from netpolspec.load.plain import Json

POLICY = """\
variable "name" {
  type    = string
  default = "deny"
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = var.name
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
"""
SERVER = "https://127.0.0.1:6443"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """netpolspec's memory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "netpolspec" / "terraform"


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kubectl:
    """A kubectl that knows one context."""
    config = {"clusters": [{"name": "a", "cluster": {"server": SERVER}}]}
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{json.dumps(config)}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return Kubectl("staging", "/somewhere/kubeconfig")


def job(folder: Path, text: str = POLICY, **variables: str) -> Job:
    folder.mkdir(exist_ok=True)
    (folder / "main.tf").write_text(text)
    return open_job(Request(str(folder), Source("spec.nps", "x").span(0, 1), variables), Found())


def work_in(folder: Path) -> Work:
    folder.mkdir(parents=True)
    return Work(folder)


def calls(root: SharedRoot) -> dict[str, Any]:
    held: dict[str, Any] = json.loads((root.folder / "main.tf.json").read_text())["module"]
    return held


def policy(name: str) -> Key:
    return Key("NetworkPolicy", "ms-b", name)


# --- which are in force -------------------------------------------------------------------------------------------


def test_modules_of_one_folder_take_each_others_place(tmp_path: Path) -> None:
    one, two, other = job(tmp_path / "a", name="one"), job(tmp_path / "a", name="two"), job(tmp_path / "b")
    root = SharedRoot(work_in(tmp_path / "work"), {1: one, 2: two, 3: other}, "1234")
    assert {name: call["count"] for name, call in calls(root).items()} == {"m0": 0, "m1": 0, "m2": 0}
    assert root.assign([1, 3], {}, {})
    assert {name: call["count"] for name, call in calls(root).items()} == {"m0": 1, "m1": 0, "m2": 1}
    assert root.successors([2, 3], {2: frozenset({policy("x")})}, {policy("x"): 1}) == {2: 1}
    assert root.assign([2, 3], {2: frozenset({policy("x")})}, {policy("x"): 1})
    assert (calls(root)["m0"]["name"], calls(root)["m0"]["count"]) == ("two", 1)
    assert not root.assign([2, 3], {}, {})
    assert root.assign([], {}, {})
    assert {call["count"] for call in calls(root).values()} == {0}


def test_the_place_is_that_of_the_one_with_the_same_objects(tmp_path: Path) -> None:
    jobs = {at: job(tmp_path / "a", name=f"p{at}") for at in range(4)}
    root = SharedRoot(work_in(tmp_path / "work"), jobs, "1234")
    root.assign([0, 1], {}, {})
    made = {policy("p0"): 0, policy("p1"): 1}
    keys = {2: frozenset({policy("p1")}), 3: frozenset({policy("p0")})}
    assert root.successors([2, 3], keys, made) == {2: 1, 3: 0}
    assert root.successors([1, 3], keys, made) == {3: 0}
    assert root.successors([0, 1, 2, 3], keys, made) == {}


def test_values_are_values(tmp_path: Path) -> None:
    root = SharedRoot(work_in(tmp_path / "work"), {1: job(tmp_path / "a", name="${path.root}%{x}")}, "1234")
    assert calls(root)["m0"]["name"] == "$${path.root}%%{x}"


def test_the_cluster_is_the_runs_own(tmp_path: Path) -> None:
    text = 'provider "kubernetes" {\n  host = "https://production"\n}\n' + POLICY
    root = SharedRoot(work_in(tmp_path / "work"), {1: job(tmp_path / "a", text)}, "1234")
    held = json.loads((root.folder / "main.tf.json").read_text())
    assert held["provider"] == {"kubernetes": {"config_path": str(tmp_path / "work" / "kubeconfig")}}
    alone = AloneRoot(work_in(tmp_path / "other"), "a0", job(tmp_path / "a", text), "1234")
    for folder in (tmp_path / "work", tmp_path / "other"):
        assert not [path for path in folder.rglob("*") if path.is_file() and "production" in path.read_text()]
    assert (alone.folder / "main.tf").read_text().startswith('provider "kubernetes" {}')


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        (POLICY, False),
        (POLICY.replace("ms-b", "${basename(path.root)}"), True),
        (POLICY + 'import {\n  to = kubernetes_network_policy.this\n  id = "a/b"\n}\n', True),
        (POLICY + 'provider "kubernetes" {\n  alias = "other"\n}\n', True),
        (POLICY + 'provider "kubernetes" {\n  host = "x"\n}\n', False),
    ],
)
def test_which_modules_must_be_root_modules(text: str, alone: bool, tmp_path: Path) -> None:  # noqa: FBT001
    made = job(tmp_path / "a", text)
    assert (made.stands_alone or made.names_providers) is alone


# --- what a state says --------------------------------------------------------------------------------------------

STATE = {
    "version": 4,
    "resources": [
        {
            "module": "module.m3[0].module.inner",
            "mode": "managed",
            "type": "kubernetes_namespace",
            "name": "this",
            "instances": [{"attributes": {"metadata": [{"name": "a", "labels": {"netpolspec.dev/run": "1"}}]}}],
        },
        {"mode": "data", "type": "kubernetes_namespace", "name": "asked", "instances": [{}]},
        {
            "module": "module.m0[0]",
            "mode": "managed",
            "type": "terraform_data",
            "name": "file",
            "instances": [{"attributes": {"id": "x"}}, {"attributes": {"id": "y"}}],
        },
    ],
}


def test_what_no_label_tells_terraform_destroys(tmp_path: Path) -> None:
    assert read_state(tmp_path) == ()
    (tmp_path / "terraform.tfstate").write_text(json.dumps(STATE))
    assert [(each.module, each.type, each.labelled) for each in read_state(tmp_path)] == [
        ("m3", "kubernetes_namespace", True),
        ("m0", "terraform_data", False),
        ("m0", "terraform_data", False),
    ]
    assert targets(tmp_path) == ("-target=module.m0[0].terraform_data.file",)
    (tmp_path / "terraform.tfstate").write_text("half a st")
    assert targets(tmp_path) == ()


# --- after a kill -------------------------------------------------------------------------------------------------


def left(state: Path, run: str, owner: Owner | None) -> Path:
    """The folder of a run that was killed."""
    folder = state / run
    folder.mkdir(parents=True)
    if owner is not None:
        (folder / "record.json").write_text(json.dumps(asdict(owner)))
    return folder


def test_a_folder_is_stale_when_nobody_holds_it(state: Path, kubectl: Kubectl) -> None:
    work = Work.begin(kubectl, "mine")
    assert (work.folder.stat().st_mode & 0o777, work.kubeconfig.stat().st_mode & 0o777) == (0o700, 0o600)
    assert work.owner == Owner("mine", "staging", "/somewhere/kubeconfig", SERVER)
    left(state, "other", None)
    assert [each.folder.name for each in stale()] == ["other"]
    work.release()
    assert [each.folder.name for each in stale()] == ["mine", "other"]
    work.remove()
    assert not work.folder.exists()


def test_what_is_left_on_this_cluster_is_cleared(state: Path, kubectl: Kubectl) -> None:
    here = left(state, "here", Owner("here", "other-name", None, SERVER))
    elsewhere = left(state, "elsewhere", Owner("elsewhere", "staging", None, "https://elsewhere"))
    nowhere = left(state, "nowhere", None)
    assert clear(kubectl, lambda _: None) == 2
    assert [each.exists() for each in (here, elsewhere, nowhere)] == [False, True, False]


def test_what_was_on_a_cluster_that_is_gone_is_forgotten(state: Path, tmp_path: Path) -> None:
    one = left(state, "one", Owner("one", "kind-a", str(tmp_path / "a"), SERVER))
    two = left(state, "two", Owner("two", "kind-b", str(tmp_path / "b"), SERVER))
    forget_cluster(tmp_path / "a")
    assert (one.exists(), two.exists()) == (False, True)


def test_a_terraform_that_outlived_its_run_is_ended(state: Path, kubectl: Kubectl) -> None:
    folder = left(state, "killed", Owner("killed", "staging", None, SERVER))
    with (folder / "busy").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_SH)
        orphan = subprocess.Popen((sys.executable, "-c", "import time; time.sleep(60)"), pass_fds=(busy.fileno(),))
    assert not Work(folder).wait(0)
    said: list[str] = []
    clear(kubectl, said.append)
    assert said == ["ending a terraform that an earlier run started"]
    assert orphan.wait(10) < 0
    assert not folder.exists()


def test_a_terraform_that_is_not_there_any_more_is_told(state: Path, kubectl: Kubectl) -> None:
    folder = left(state, "killed", Owner("killed", "staging", None, SERVER))
    (folder / "root").mkdir()
    (folder / "root" / "terraform.tfstate").write_text(json.dumps(STATE))
    with pytest.raises(WorldFailed, match="'terraform' is not installed") as told:
        clear(kubectl, lambda _: None)
    assert told.value.diagnostic.code == "no-tool"
    assert told.value.diagnostic.help[-1] == f"to give up what an earlier run made with it: rm -r {folder}"
    assert folder.exists()


def test_a_folder_that_cannot_be_read_is_told(kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", f"/{'x' * 300}")  # fails for root, too, as somebody else's does for others
    with pytest.raises(WorldFailed, match=r"cannot read '.*/terraform': File name too long") as told:
        clear(kubectl, lambda _: None)
    assert told.value.diagnostic.code == "state"


def test_a_folder_that_cannot_be_made_is_told(
    kubectl: Kubectl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(Exception, match="cannot write to") as told:
        Work.begin(kubectl, "mine")
    assert told.value.diagnostic.code == "state"  # type: ignore[attr-defined]


# --- what kubectl changes on top ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "patch"),
    [
        ({}, {}, {}),
        ({"a": 1}, {"a": 1}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}, {"a": {"b": None}}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "d": {"e": 3}}}, {"a": {"d": {"e": 3}}}),
        ({"a": [1, 2]}, {"a": [2]}, {"a": [2]}),
        ({"a": 1, "b": 2}, {"a": {"x": 1}}, {"a": {"x": 1}, "b": None}),
    ],
)
def test_the_merge_patch_between_two_objects(
    old: dict[str, Json], new: dict[str, Json], patch: dict[str, Json]
) -> None:
    assert tree.difference(old, new) == patch

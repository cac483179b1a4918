"""Who holds a cluster, as the Lease tells it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.kubectl import Kubectl
from netpolspec.backends.marks import RUN
from netpolspec.backends.world.ledger import SILENCE, Holder, Ledger, read_entry
from netpolspec.load.resource import Key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def lease(holder: Holder | None, age: float = 0.0, **notes: str) -> dict[str, object]:
    when = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - age))
    told = {"netpolspec.dev/holder": json.dumps(asdict(holder))} if holder else {}
    metadata = {"labels": {RUN: "old"}, "annotations": {**told, **notes}, "resourceVersion": "7"}
    return {"metadata": metadata, "spec": {"renewTime": when}}


OURSELVES = Holder.ourselves()
ELSEWHERE = replace(OURSELVES, host="another/boot/space")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what is known of processes is read from /proc")
def test_a_process_that_has_ended_holds_nothing() -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    dead = replace(OURSELVES, pid=done.pid)
    done.wait()
    assert dead.gone
    assert replace(OURSELVES, started="1").gone, "the number is used by another process now"
    assert not OURSELVES.gone
    assert not replace(dead, host="another/boot/space").gone, "nothing is known of other hosts"


def test_a_holder_elsewhere_is_given_up_when_it_is_silent() -> None:
    assert read_entry(lease(ELSEWHERE)).alive  # type: ignore[arg-type]
    assert not read_entry(lease(ELSEWHERE, SILENCE + 5)).alive  # type: ignore[arg-type]
    assert not read_entry(lease(None)).alive, "a kept world is held by nobody"  # type: ignore[arg-type]


def test_what_there_is_to_clear_up_is_read() -> None:
    touched = json.dumps([["v1", "Namespace", "", "prod"]])
    notes = {"netpolspec.dev/kinds": "ConfigMap,StatefulSet.apps", "netpolspec.dev/touched": touched}
    entry = read_entry(lease(OURSELVES, **notes))  # type: ignore[arg-type]
    assert (entry.run_id, entry.version) == ("old", "7")
    assert entry.kinds == ("ConfigMap", "StatefulSet.apps")
    assert entry.touched == {Key("Namespace", "", "prod"): "v1"}


@pytest.mark.parametrize("garbage", [{}, {"metadata": {"annotations": {"netpolspec.dev/holder": "{"}}}])
def test_a_lease_that_cannot_be_read_is_held_by_nobody(garbage: dict[str, object]) -> None:
    assert not read_entry(garbage).alive  # type: ignore[arg-type]


@pytest.fixture
def server(tmp_path: Path) -> Callable[[dict[str, object] | None], Kubectl]:
    """A stand-in for kubectl that holds one Lease, and refuses writes to another version of it."""
    path, state = tmp_path / "kubectl", tmp_path / "lease"
    path.write_text(
        f"""#!{sys.executable}
import json, sys
from pathlib import Path
state = Path({str(state)!r})
words = sys.argv[1:]
if "get" in words:
    print(state.read_text() if state.exists() else "")
elif "create" in words:
    if state.exists():
        sys.exit("Error from server (AlreadyExists): leases already exists")
    state.write_text(sys.stdin.read())
elif "replace" in words:
    new = json.load(sys.stdin)
    if json.loads(state.read_text())["metadata"]["resourceVersion"] != new["metadata"]["resourceVersion"]:
        sys.exit("Error from server (Conflict): the object has been modified")
    state.write_text(json.dumps(new))
elif "patch" in words:
    patch, held = json.loads(words[-1]), json.loads(state.read_text())
    held["metadata"]["annotations"].update(patch.get("metadata", {{}}).get("annotations", {{}}))
    state.write_text(json.dumps(held))
elif "delete" in words:
    state.unlink()
"""
    )
    path.chmod(0o755)

    def make(held: dict[str, object] | None) -> Kubectl:
        if held is not None:
            state.write_text(json.dumps(held))
        return Kubectl("context", None, str(path))

    return make


def held(kubectl: Kubectl) -> dict[str, object]:
    return json.loads(kubectl.check("get", "lease"))  # type: ignore[no-any-return]


def test_a_free_cluster_is_taken_and_given_back(server: Callable[[dict[str, object] | None], Kubectl]) -> None:
    kubectl = server(None)
    ledger = Ledger(kubectl, "new")
    assert ledger.acquire() is None
    entry = read_entry(held(kubectl))  # type: ignore[arg-type]
    assert (entry.run_id, entry.holder, entry.alive) == ("new", OURSELVES, True)
    ledger.release()
    ledger.release()
    assert kubectl.check("get", "lease").strip() == ""


def test_a_cluster_that_is_held_is_refused(server: Callable[[dict[str, object] | None], Kubectl]) -> None:
    with pytest.raises(WorldFailed, match="another run is at work on this cluster: process ") as caught:
        Ledger(server(lease(OURSELVES)), "new").acquire()
    assert caught.value.diagnostic.code == "lock"


def test_what_a_dead_run_left_is_handed_over(server: Callable[[dict[str, object] | None], Kubectl]) -> None:
    kubectl = server(lease(replace(OURSELVES, started="1"), 0.0, **{"netpolspec.dev/kinds": "ConfigMap"}))
    ledger = Ledger(kubectl, "new")
    left = ledger.acquire()
    assert left is not None
    assert left.run_id == "old"
    assert ledger.kinds == {"ConfigMap"}
    ledger.note(kinds=["Secret"], touched={Key("Namespace", "", "prod"): "v1"})
    entry = read_entry(held(kubectl))  # type: ignore[arg-type]
    assert entry.kinds == ("ConfigMap", "Secret"), "a successor must know of both"
    assert entry.touched == {Key("Namespace", "", "prod"): "v1"}
    ledger.release()


def test_a_kept_world_is_held_by_nobody_but_remembered(server: Callable[[dict[str, object] | None], Kubectl]) -> None:
    kubectl = server(None)
    ledger = Ledger(kubectl, "new")
    ledger.acquire()
    ledger.release(kept=True)
    entry = read_entry(held(kubectl))  # type: ignore[arg-type]
    assert (entry.run_id, entry.alive) == ("new", False)

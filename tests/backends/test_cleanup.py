"""What is left, and how to undo it, is not forgotten: ends that are cut short, clusters that are taken over."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest

from netpolspec import shell
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.cluster import ClusterBackend
from netpolspec.backends.kubectl import Kubectl
from netpolspec.backends.marks import RUN
from netpolspec.backends.options import LiveOptions
from netpolspec.backends.world import cleanup
from netpolspec.backends.world.ledger import Ledger
from netpolspec.backends.world.objects import release
from netpolspec.backends.world.undo import Undo
from netpolspec.load.resource import Key
from netpolspec.signals import Interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from netpolspec.load.plain import Json

DENY: dict[str, Json] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "deny", "namespace": "prod", "uid": "u1"},
    "spec": {"podSelector": {}},
}
UNDO = Undo(Key("NetworkPolicy", "prod", "deny"), "networking.k8s.io/v1", manifest=DENY)


class Cluster:
    """The Lease that a killed run has left: it knows how to bring somebody's policy back. In place of `shell.run`."""

    def __init__(self) -> None:
        notes: dict[str, Json] = {"netpolspec.dev/undo": json.dumps([UNDO.written()])}
        self.lease: dict[str, Json] | None = {
            "metadata": {"name": "netpolspec", "labels": {RUN: "killed"}, "resourceVersion": "1", "annotations": notes},
            "spec": {"renewTime": "2026-01-01T00:00:00.000000Z"},
        }
        self.there: list[dict[str, Json]] = []
        self.calls: list[str] = []
        self.applied: list[Json] = []
        self.refused = ""
        """A word of the commands that fail."""
        self.said = "Error from server (BadRequest)"

    def __call__(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> shell.Finished:
        del timeout
        words = list(argv)[3:]
        self.calls.append(" ".join(words))
        if self.refused and self.refused in words:
            return shell.Finished(tuple(argv), 1, "", self.said, 0.0)
        return shell.Finished(tuple(argv), 0, self._answer(words, stdin), "", 0.0)

    def _answer(self, words: list[str], stdin: str) -> str:
        if "lease" in words and "get" in words:
            return json.dumps(self.lease) if self.lease else ""
        if "lease" in words and "delete" in words:
            self.lease = None
        elif "lease" in words and "patch" in words:
            assert self.lease is not None
            change = json.loads(words[-1]).get("metadata", {}).get("annotations", {})
            self.notes.update(change)
        elif "replace" in words:
            self.lease = json.loads(stdin)
        elif "apply" in words:
            self.applied += json.loads(stdin)["items"]
        elif "get" in words and "-f" in words:
            names = [each["metadata"]["name"] for each in json.loads(stdin)["items"]]
            found = [each for each in self.there if each["metadata"]["name"] in names]  # type: ignore[index,call-overload]
            return json.dumps({"kind": "List", "items": found}) if found else ""
        return '{"kind": "List", "items": []}' if "json" in words else ""

    @property
    def notes(self) -> dict[str, Json]:
        assert self.lease is not None
        return self.lease["metadata"]["annotations"]  # type: ignore[index,call-overload,return-value]

    @property
    def knows_how_to_undo(self) -> bool:
        return self.lease is not None and "deny" in str(self.notes["netpolspec.dev/undo"])


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cluster:
    made = Cluster()
    monkeypatch.setattr(shell, "run", made)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return made


@pytest.mark.parametrize("how", [Interrupted(2), WorldFailed("terraform cannot destroy what an earlier run made")])
def test_down_that_does_not_come_to_its_end_keeps_the_notes(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, how: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise how

    monkeypatch.setattr(cleanup, "clear_works", fail)
    with pytest.raises(type(how)):
        cleanup.remove_everything(Kubectl("context"), "down", lambda _: None)
    assert cluster.knows_how_to_undo


def test_what_cannot_be_undone_keeps_nothing_else_from_being_removed(cluster: Cluster) -> None:
    cluster.refused = "create"
    with pytest.raises(WorldFailed):
        cleanup.remove_everything(Kubectl("context"), "down", lambda _: None)
    assert any(call.startswith("delete namespaces") for call in cluster.calls)
    assert cluster.knows_how_to_undo


def test_a_run_that_ends_before_leftovers_are_cleared_clears_them(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise Interrupted(2)

    monkeypatch.setattr("netpolspec.backends.cluster.clear_leftovers", interrupt)
    monkeypatch.setattr("netpolspec.backends.cluster.check_access", lambda _: None)
    backend = ClusterBackend(LiveOptions(context="context", run_id="new"))
    with pytest.raises(Interrupted):
        backend.prepare(())
    backend.close()
    assert any(call.startswith("delete networkpolicies") and f"-l {RUN} " in call for call in cluster.calls)
    assert any(call.startswith("create ") for call in cluster.calls), "prod/deny is there again"
    assert cluster.lease is None


@pytest.mark.parametrize(("selector", "refused"), [("of_run", False), ("of_others", True)])
def test_a_kind_for_which_the_right_is_missing(cluster: Cluster, selector: str, refused: bool) -> None:  # noqa: FBT001
    cluster.refused = "ReplicaSet.apps"
    cluster.said = "Error from server (Forbidden): replicasets.apps is forbidden"
    with pytest.raises(WorldFailed) if refused else contextlib.nullcontext():
        cleanup.remove(Kubectl("context"), getattr(cleanup, selector)("r1"), ["ReplicaSet.apps"], {})
    assert cluster.calls[-1].startswith("delete namespaces") is not refused


@pytest.mark.parametrize("kept", [True, False])
def test_the_lease_of_a_run_that_took_over_stays(cluster: Cluster, kept: bool) -> None:  # noqa: FBT001
    ledger = Ledger(Kubectl("context"), "ours")
    ledger.acquire()
    assert cluster.lease is not None
    cluster.lease["metadata"]["labels"] = {RUN: "theirs"}  # type: ignore[index]
    before = json.dumps(cluster.lease)
    ledger.release(kept=kept)
    assert json.dumps(cluster.lease) == before


def test_what_its_owner_has_removed_is_not_made_again(cluster: Cluster) -> None:
    """Applied without its spec, a NetworkPolicy would deny everything to everybody."""
    other: dict[str, Json] = {**DENY, "metadata": {"name": "other", "namespace": "prod", "uid": "u2"}}
    cluster.there = [other]
    release(Kubectl("context"), [DENY, other])
    metadata = {"name": "other", "namespace": "prod", "uid": "u2"}
    assert cluster.applied == [{"apiVersion": DENY["apiVersion"], "kind": "NetworkPolicy", "metadata": metadata}]
    release(Kubectl("context"), [DENY])
    assert len(cluster.applied) == 1

"""What is there already: read, changed, remembered, and what proves a denial where its pods may not be asked."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from backends.test_controls import part, pod

from netpolspec.backends.base import Verdict, WorldFailed
from netpolspec.backends.kubectl import Kubectl
from netpolspec.backends.live import read_pod
from netpolspec.backends.options import LiveOptions
from netpolspec.backends.probing.clients import Client, publishers_of, spoilt_by
from netpolspec.backends.probing.controls import Evidence, Memory, is_found_ready, listeners
from netpolspec.backends.probing.converge import Outcome
from netpolspec.backends.probing.probe import Answer
from netpolspec.backends.world.existing import Existing
from netpolspec.backends.world.ledger import Ledger, read_entry
from netpolspec.backends.world.there import There, has_existing
from netpolspec.backends.world.undo import Undo, read_undo
from netpolspec.load.resource import Key, Resource
from netpolspec.policy.objects import Protocol
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SPAN = Source("s.nps", "given cluster").span(0, 13)
LABELS: dict[str, Any] = {"labels": {"tier": "front"}, "uid": "u", "resourceVersion": "7"}
SHOP: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", **LABELS}}
POLICY: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "front", "namespace": "shop", **LABELS},
    "spec": {"podSelector": {}},
    "status": {"x": 1},
}


def found(manifest: dict[str, Any]) -> Resource:
    metadata = manifest["metadata"]
    key = Key(manifest["kind"], metadata.get("namespace", ""), metadata["name"])
    return Resource(key, manifest, (), SPAN, existing=True)


def relabelled(resource: Resource, **labels: str) -> Resource:
    metadata = resource.manifest["metadata"]
    assert isinstance(metadata, dict)
    manifest = {**resource.manifest, "metadata": {**metadata, "labels": labels}}
    return replace(resource, manifest=manifest, given=resource.given or resource.manifest)


def removed(resource: Resource) -> Resource:
    return replace(resource, manifest={}, given=resource.manifest)


def world(*resources: Resource) -> dict[Key, Resource]:
    return {each.key: each for each in resources}


class Calls:
    """A kubectl that writes down how it was called, with the option -p and standard input."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "calls"
        program = folder / "kubectl"
        program.write_text(
            '#!/bin/sh\nfor word; do printf \'%s \' "$word"; done >> "$0.calls"\n'
            'case "$*" in *" -f "*) cat >> "$0.calls" ;; esac\necho >> "$0.calls"\n'
        )
        program.chmod(0o755)
        self.kubectl = Kubectl("lab", None, str(program))
        self._log = folder / "kubectl.calls"

    def take(self) -> list[str]:
        """The calls since the last time, without those on the Lease."""
        text = self._log.read_text() if self._log.exists() else ""
        self._log.write_text("")
        calls = [line.removeprefix("--context lab ").strip() for line in text.splitlines()]
        return [call for call in calls if " lease " not in f" {call} "]


@pytest.fixture
def calls(tmp_path: Path) -> Calls:
    return Calls(tmp_path)


def existing(calls: Calls, *, allowed: bool = True) -> Existing:
    return Existing(calls.kubectl, LiveOptions(allow_existing=allowed), Ledger(calls.kubectl, "r"))


def patches(calls: Sequence[str]) -> list[object]:
    return [json.loads(call.partition(" -p ")[2]) for call in calls]


def test_a_change_is_a_patch_of_what_differs_and_is_undone_when_nobody_asks_for_it(calls: Calls) -> None:
    held, shop = existing(calls), found(SHOP)
    assert not held.bring_about(world(shop))
    assert calls.take() == []
    changed = relabelled(shop, tier="back", more="1")
    assert held.bring_about(world(changed))
    assert patches(calls.take()) == [{"metadata": {"labels": {"tier": "back", "more": "1"}}}]
    assert not held.bring_about(world(changed)), "it is so already"
    assert not held.bring_about(world(replace(changed))), "another scenario wants the same"
    assert calls.take() == []
    assert held.bring_about(world(relabelled(changed, tier="back")))
    assert patches(calls.take()) == [{"metadata": {"labels": {"more": None}}}]
    assert held.bring_about({})
    assert patches(calls.take()) == [
        {"metadata": {"labels": {"tier": "front"}}},
        {"metadata": {"labels": {"tier": "front", "more": None}}},
    ], "each change has its own way back, the last one first"
    assert held.ledger.undo == ()


def test_what_was_removed_is_made_anew_without_what_the_server_adds(calls: Calls) -> None:
    held, policy = existing(calls), found(POLICY)
    held.bring_about(world(removed(policy)))
    (call,) = calls.take()
    assert call.startswith("-n shop delete networkpolicy.v1.networking.k8s.io front ")
    held.bring_about(world(policy))
    (call,) = calls.take()
    verb, _, manifest = call.partition(" -f - ")
    assert verb == "create --field-manager=netpolspec"
    (made,) = json.loads(manifest)["items"]
    assert made["metadata"] == {"name": "front", "namespace": "shop", "labels": {"tier": "front"}}
    assert "status" not in made


def test_what_undoes_a_change_is_written_down_before_it_is_made(calls: Calls) -> None:
    held = existing(calls)
    held.bring_about(world(relabelled(found(SHOP), tier="back"), removed(found(POLICY))))
    written = json.dumps([each.written() for each in held.ledger.undo])
    annotations = {"netpolspec.dev/undo": written}
    entry = read_entry({"metadata": {"annotations": annotations}, "spec": {}})
    assert entry.undo == held.ledger.undo
    assert [each.key.kind for each in entry.undo] == ["Namespace", "NetworkPolicy"]


@pytest.mark.parametrize("undo", [Undo(Key("Pod", "a", "b"), "v1", patch={"x": None}), Undo(Key("A", "", "b"), "v1")])
def test_undo_is_read_as_it_was_written(undo: Undo) -> None:
    assert read_undo(json.loads(json.dumps(undo.written()))) == undo


@pytest.mark.parametrize(
    ("allowed", "wanted", "message"),
    [
        (
            False,
            relabelled(found(SHOP), tier="back"),
            "Namespace shop would be changed, and this run did not create it",
        ),
        (False, removed(found(POLICY)), "NetworkPolicy shop/front would be changed, and this run did not create it"),
        (True, removed(found(SHOP)), "Namespace shop would be removed, and could not be brought back as it was"),
    ],
)
def test_what_may_not_be_changed_is_not_touched(calls: Calls, allowed: bool, wanted: Resource, message: str) -> None:  # noqa: FBT001
    with pytest.raises(WorldFailed) as caught:
        existing(calls, allowed=allowed).bring_about(world(wanted))
    assert (str(caught.value), caught.value.diagnostic.code) == (message, "existing")
    assert calls.take() == []


def test_a_world_is_what_was_found_last() -> None:
    then, now = found(SHOP), relabelled(found(SHOP), tier="now")
    now = replace(now, given=None)
    new, gone = found({**POLICY, "metadata": {"name": "new", "namespace": "shop"}}), found(POLICY)
    ours = replace(found({**SHOP, "metadata": {"name": "ours"}}), existing=False)
    there = There(Kubectl("lab", None), _found=world(now, new))
    assert there.as_it_is(world(then, gone, ours)) == world(now, new, ours)
    changed = relabelled(then, tier="ours")
    assert there.as_it_is(world(changed))[changed.key] is changed, "what a step has changed stays changed"
    assert there.as_it_is(world(ours)) == world(ours), "a world without the cluster has no part in it"
    assert has_existing(world(then))
    assert not has_existing(world(ours))


# --- controls -------------------------------------------------------------------------------------------------------


def probed(port: int | str, kind: str = "tcpSocket", *, ready: bool = True, host: str = "") -> dict[str, Any]:
    probe = {kind: {"port": port, **({"host": host} if host else {})}}
    container = {"name": "web", "ports": [{"name": "http", "containerPort": 8080}], "readinessProbe": probe}
    status = {"conditions": [{"type": "Ready", "status": str(ready)}], "podIPs": [{"ip": "10.0.0.7"}]}
    return {
        "metadata": {"name": "p", "namespace": "a", "uid": "u"},
        "spec": {"containers": [container]},
        "status": status,
    }


@pytest.mark.parametrize(
    ("manifest", "proves"),
    [
        (probed(8080), True),
        (probed("http", "httpGet"), True),
        (probed(8080, "grpc"), True),
        (probed(9090), False),
        (probed(8080, ready=False), False),
        (probed(8080, "httpGet", host="example.com"), False),
        ({**probed(8080), "spec": {"containers": [{"name": "web"}]}}, False),
    ],
)
def test_a_readiness_probe_vouches_for_its_port(manifest: dict[str, Any], proves: bool) -> None:  # noqa: FBT001
    assert is_found_ready(read_pod(manifest), 8080, Protocol.TCP) == proves
    assert not is_found_ready(read_pod(manifest), 8080, Protocol.UDP)


def test_a_pod_that_was_reached_before_the_policies_is_known_to_listen() -> None:
    memory, about = Memory(), part(pod("web-1"))
    assert memory.lacks_listeners(about, {"uid-web-1"})
    assert not memory.lacks_listeners(about, frozenset()), "it can be asked itself"
    memory.learn(about, Outcome(Answer(Verdict.ALLOWED), met=True, rounds=1, attempts=1, since=1.0), None)
    assert not memory.lacks_listeners(about, {"uid-web-1"})
    evidence = Evidence(memory)
    (target,) = about.targets
    assert list(evidence.hearsay(about)) == [target.pod]
    assert not evidence.prove(about).proven, "it may be gone by now, which looks just like a denial"
    evidence.add_present([target.pod])
    proof = evidence.prove(about)
    assert (proof.proven, proof.text) == (True, "reached earlier in this run from ms-a/client")
    evidence = Evidence(memory)
    for listener in listeners(about):
        evidence.add_self(listener, Answer(Verdict.REFUSED))
    assert evidence.prove(about).silent, "what it says of itself now counts for more"


def test_a_client_is_behind_a_service_that_asks_for_nobody_to_be_ready() -> None:
    spec: dict[str, Any] = {"selector": {"app": "web"}, "publishNotReadyAddresses": True}
    service: dict[str, Any] = {"metadata": {"name": "web", "namespace": "a"}, "spec": spec}
    usual: dict[str, Any] = {"metadata": {"name": "web", "namespace": "a"}, "spec": {"selector": {"app": "web"}}}
    bare: dict[str, Any] = {"metadata": {"name": "web", "namespace": "a"}, "spec": {"publishNotReadyAddresses": True}}
    publishers = publishers_of([usual, bare, service])
    assert publishers == (service,)
    assert spoilt_by(Client("a", (("app", "web"), ("x", "1"))), publishers) == ("a", "web")
    assert spoilt_by(Client("b", (("app", "web"),)), publishers) is None
    assert spoilt_by(Client("a", (("app", "db"),)), publishers) is None

"""What the API server tells, as the model and the prober see it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from netpolspec.backends.live import (
    LivePod,
    cluster_addresses,
    describe,
    is_schedulable,
    may_become_schedulable,
    read_node,
    read_pod,
)
from netpolspec.backends.marks import CLIENT, RUN
from netpolspec.load.resource import Key, Resource
from netpolspec.plan.default_world import default_objects
from netpolspec.policy.objects import Namespace, WorkloadRef
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.plain import Json


def pod(name: str = "web", **changes: Json) -> dict[str, Json]:
    made: dict[str, Json] = {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "ms-b", "uid": f"uid-{name}", "labels": {"app": "web", RUN: "abc"}},
        "spec": {
            "nodeName": "n1",
            "containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80, "name": "http"}]}],
        },
        "status": {
            "phase": "Running",
            "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}],
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "c", "restartCount": 1, "state": {"running": {}}}],
        },
    }
    for path, value in changes.items():
        section, _, field = path.partition("_")
        part = made[section]
        assert isinstance(part, dict)
        made[section] = {**part, field: value}
    return made


def test_a_pod_is_read() -> None:
    live = read_pod(pod())
    assert (live.label, live.node, live.phase, live.ready, live.run) == ("ms-b/web", "n1", "Running", True, "abc")
    assert live.addresses == ("10.0.0.1", "fd00::1")
    assert live.running == {"c"}
    assert live.template.labels == {"app": "web"}, "the runner's own labels are none of the model's business"
    assert [(port.number, port.name, port.protocol) for port in live.template.ports] == [(80, "http", "TCP")]
    assert live.owner == WorkloadRef("Pod", "ms-b", "web")
    assert live.settled()
    assert live.dialable


def test_a_pod_without_anything_is_read() -> None:
    live = read_pod({"kind": "Pod", "metadata": {"name": "x", "namespace": "y"}})
    assert (live.addresses, live.node, live.ready, live.dialable, live.settled()) == ((), "", False, False, False)


@pytest.mark.parametrize(
    ("owners", "labels", "expected"),
    [
        (
            [{"kind": "ReplicaSet", "name": "web-7d9", "controller": True}],
            {"pod-template-hash": "7d9"},
            "Deployment web",
        ),
        ([{"kind": "ReplicaSet", "name": "web-7d9", "controller": True}], {}, "ReplicaSet web-7d9"),
        ([{"kind": "StatefulSet", "name": "db", "controller": True}], {}, "StatefulSet db"),
        ([{"kind": "Node", "name": "n1", "controller": False}], {}, "Pod web"),
        ([{"kind": "Namespace", "name": "ms-b", "controller": True}], {}, "Pod web"),
    ],
)
def test_whose_pod_it_is(owners: Json, labels: dict[str, str], expected: str) -> None:
    metadata: Json = {"name": "web", "namespace": "ms-b", "labels": labels, "ownerReferences": owners}
    owner = read_pod({**pod(), "metadata": metadata}).owner
    assert f"{owner.kind} {owner.name}" == expected


def test_a_client_is_settled_when_it_runs_since_it_is_never_ready() -> None:
    unready: Json = [{"type": "Ready", "status": "False"}]
    labels: Json = {RUN: "abc", CLIENT: "yes"}
    client = read_pod(pod(status_conditions=unready, metadata_labels=labels))
    assert client.is_client
    assert client.settled()
    assert not read_pod(pod(status_conditions=unready)).settled()


def test_a_pod_that_is_going_is_not_dialled() -> None:
    assert not read_pod(pod(metadata_deletionTimestamp="2026-01-01T00:00:00Z")).dialable


@pytest.mark.parametrize(
    ("spec", "addresses"),
    [
        ({"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1", "fd00::2"]}, ("10.96.0.1", "fd00::2")),
        ({"clusterIP": "10.96.0.1"}, ("10.96.0.1",)),
        ({"clusterIP": "None", "clusterIPs": ["None"]}, ()),
        ({}, ()),
    ],
)
def test_the_addresses_of_a_service(spec: Mapping[str, Json], addresses: tuple[str, ...]) -> None:
    assert cluster_addresses({"spec": spec}) == addresses


def test_nodes() -> None:
    node: Mapping[str, Json] = {
        "metadata": {"name": "n1", "labels": {"zone": "a"}},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": "172.18.0.2"},
                {"type": "ExternalIP", "address": ""},  # what Google's provider says of a node that has none
                {"type": "Hostname", "address": "n1"},
            ]
        },
    }
    assert read_node(node).addresses == (ip_address("172.18.0.2"),)
    assert is_schedulable(node)
    assert not is_schedulable({"spec": {"unschedulable": True}})
    assert not is_schedulable({"spec": {"taints": [{"key": "x", "effect": "NoSchedule"}]}})
    assert is_schedulable({"spec": {"taints": [{"key": "x", "effect": "PreferNoSchedule"}]}})


@pytest.mark.parametrize(
    ("spec", "soon"),
    [
        ({"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]}, True),
        ({"taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]}, False),
        (
            {"unschedulable": True, "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]},
            False,
        ),
    ],
)
def test_a_node_that_is_not_ready_yet_is_waited_for(spec: dict[str, Json], soon: bool) -> None:  # noqa: FBT001
    assert not is_schedulable({"spec": spec})
    assert may_become_schedulable({"spec": spec}) == soon


def test_the_model_sees_the_worlds_policies_and_the_pods_that_are_there() -> None:
    source = Source("a.nps", "given namespace ms-b")
    span = source.span(0, 5)
    space = Namespace("ms-b", {"kubernetes.io/metadata.name": "ms-b"}, span)
    world = {
        **default_objects(),
        Key("Namespace", "", "ms-b"): Resource(Key("Namespace", "", "ms-b"), {}, (space,), span),
    }
    labels: Json = {CLIENT: "yes"}
    pods: list[LivePod] = [
        read_pod(pod()),
        read_pod(pod("client", metadata_labels=labels)),
        read_pod(pod("elsewhere", metadata_namespace="not-in-this-world")),
        read_pod(pod("going", metadata_deletionTimestamp="now")),
    ]
    dns: Json = {"name": "kube-dns", "namespace": "kube-system"}
    cluster = describe(world, pods, [{"metadata": dns, "spec": {"clusterIP": "10.96.0.10"}}], ())
    assert [each.label for each in cluster.pods] == ["ms-b/web"], "coredns of the plan is not there, so it is no pod"
    assert cluster.services["kube-system", "kube-dns"].cluster_addresses == (ip_address("10.96.0.10"),)
    assert set(cluster.namespaces) == {"default", "kube-system", "ms-b"}

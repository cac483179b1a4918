"""What has to be done to get from one world to another, and what becomes of manifests on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from netpolspec.backends import tree
from netpolspec.backends.marks import CLIENT, RUN, mark, run_of
from netpolspec.backends.probing.clients import Client, write_client, write_ephemeral
from netpolspec.backends.probing.population import is_complete
from netpolspec.backends.world.differences import compare
from netpolspec.backends.world.servers import equip, is_served
from netpolspec.load.resource import Key
from netpolspec.plan.manifests import SERVED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.plain import Json


def pod(name: str = "web", image: str = SERVED, **labels: str) -> dict[str, Json]:
    port: Json = {"containerPort": 80, "protocol": "TCP", "name": "http"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "ms-b", "labels": labels},
        "spec": {"containers": [{"name": "serve", "image": image, "ports": [port]}]},
    }


def deployment(app: str = "web", replicas: int = 1) -> dict[str, Json]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "ms-b"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": app}},
            "template": {
                "metadata": {"labels": {"app": app}},
                "spec": {"containers": [{"name": "serve", "image": SERVED}]},
            },
        },
    }


WEB = Key("Pod", "ms-b", "web")
CONTROLLER = Key("Deployment", "ms-b", "web")
SPACE = Key("Namespace", "", "ms-b")

# --- differences ----------------------------------------------------------------------------------------------------


def test_what_is_the_same_is_left_alone() -> None:
    assert compare({WEB: pod()}, {WEB: pod()}).empty


def test_new_gone_and_changed() -> None:
    difference = compare({WEB: pod(), SPACE: {"kind": "Namespace"}}, {WEB: pod(tier="a"), CONTROLLER: deployment()})
    assert difference.removed == (SPACE,)
    assert difference.changed == (WEB, CONTROLLER)
    assert difference.replaced == (), "a label can be changed"


@pytest.mark.parametrize(
    ("key", "old", "new", "replaced"),
    [
        (WEB, pod(), pod(image="nginx"), True),
        (WEB, pod(a="1"), pod(a="2"), False),
        (CONTROLLER, deployment(), deployment(app="other"), True),
        (CONTROLLER, deployment(), deployment(replicas=3), False),
    ],
)
def test_what_cannot_be_changed_is_made_anew(
    *, key: Key, old: Mapping[str, Json], new: Mapping[str, Json], replaced: bool
) -> None:
    assert (key in compare({key: old}, {key: new}).replaced) is replaced


# --- marks and servers ----------------------------------------------------------------------------------------------


def test_the_runs_label_is_on_the_object_and_on_the_pods_that_it_makes() -> None:
    marked = mark(deployment(), "abc")
    assert run_of(marked) == "abc"
    assert tree.strings(marked, "spec", "template", "metadata", "labels") == {"app": "web", RUN: "abc"}
    assert tree.table(marked, "spec", "selector") == {"matchLabels": {"app": "web"}}
    assert run_of(deployment()) is None


def test_a_served_pod_gets_a_container_for_each_port() -> None:
    served = pod()
    spec = tree.table(served, "spec")
    ports: Json = [{"containerPort": 80, "name": "http"}, {"containerPort": 53, "protocol": "UDP"}]
    equipped = equip(
        {**served, "spec": {**spec, "containers": [{"name": "serve", "image": SERVED, "ports": ports}]}}, "probe:1"
    )
    containers = tree.rows(equipped, "spec", "containers")
    assert [container["name"] for container in containers] == ["serve-tcp-80", "serve-udp-53"]
    assert {container["image"] for container in containers} == {"probe:1"}
    assert [tree.rows(container, "ports") for container in containers] == [(ports[0],), (ports[1],)]  # type: ignore[index]
    assert not is_served(equipped)


def test_an_image_of_the_specs_own_is_honoured() -> None:
    assert equip(pod(image="nginx:1"), "probe:1") == pod(image="nginx:1")


def restricted(manifest: Mapping[str, Json]) -> list[str]:
    """What the `restricted` Pod Security Standard holds against a pod."""
    spec = tree.table(manifest, "spec")
    faults = []
    if tree.value(spec, "securityContext", "runAsNonRoot") is not True:
        faults.append("runAsNonRoot")
    if tree.text(spec, "securityContext", "seccompProfile", "type") != "RuntimeDefault":
        faults.append("seccompProfile")
    allowed = {"net.ipv4.ip_unprivileged_port_start"}
    faults += [
        str(each["name"]) for each in tree.rows(spec, "securityContext", "sysctls") if each["name"] not in allowed
    ]
    for container in tree.rows(spec, "containers"):
        if tree.value(container, "securityContext", "allowPrivilegeEscalation") is not False:
            faults.append("allowPrivilegeEscalation")
        if tree.value(container, "securityContext", "capabilities", "drop") != ["ALL"]:
            faults.append("capabilities")
        if not tree.table(container, "resources", "requests"):
            faults.append("requests")
    return faults


def test_our_own_pods_meet_the_restricted_standard_and_have_requests() -> None:
    assert restricted(equip(pod(), "probe:1")) == []
    assert restricted(tree.table(equip(deployment(), "probe:1"), "spec", "template")) == []
    assert restricted(write_client(Client("ms-a"), "uid", "probe:1", "abc")) == []


# --- clients --------------------------------------------------------------------------------------------------------


def test_a_client_is_no_endpoint_and_cannot_be_adopted() -> None:
    made = write_client(Client("ms-a", (("app", "web"),)), "uid-1", "probe:1", "abc")
    assert tree.rows(made, "spec", "readinessGates") != ()
    (owner,) = tree.rows(made, "metadata", "ownerReferences")
    assert (owner["kind"], owner["name"], owner["uid"], owner["controller"]) == ("Namespace", "ms-a", "uid-1", True)
    labels = tree.strings(made, "metadata", "labels")
    assert (labels["app"], labels[RUN]) == ("web", "abc")
    assert CLIENT in labels
    assert labels["sidecar.istio.io/inject"] == "false"


def test_each_client_has_a_pod_of_its_own() -> None:
    clients = [Client("a"), Client("a", (("x", "1"),)), Client("a", (("x", "2"),)), Client("a", (), "node")]
    assert len({client.pod for client in clients}) == len(clients)
    assert Client("a").pod == Client("a").pod


def test_an_ephemeral_container_is_added_to_those_that_are_there() -> None:
    once = write_ephemeral(pod(image="nginx"), "netpolspec-1", "probe:1")
    twice = write_ephemeral(once, "netpolspec-2", "probe:1")
    added = tree.rows(twice, "spec", "ephemeralContainers")
    assert [container["name"] for container in added] == ["netpolspec-1", "netpolspec-2"]
    assert all("resources" not in container for container in added), "the API server refuses them"
    assert tree.rows(twice, "spec", "containers") == tree.rows(pod(image="nginx"), "spec", "containers")


# --- readiness ------------------------------------------------------------------------------------------------------


def controller(kind: str, **status: Json) -> dict[str, Json]:
    return {"kind": kind, "metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}


@pytest.mark.parametrize(
    ("live", "complete"),
    [
        (controller("Deployment", observedGeneration=2, replicas=2, updatedReplicas=2, availableReplicas=2), True),
        (controller("Deployment", observedGeneration=1, replicas=2, updatedReplicas=2, availableReplicas=2), False),
        (controller("Deployment", observedGeneration=2, replicas=3, updatedReplicas=2, availableReplicas=2), False),
        (controller("Deployment", observedGeneration=2, replicas=2, updatedReplicas=2), False),
        (controller("StatefulSet", observedGeneration=2, replicas=2, readyReplicas=2), True),
        (controller("ReplicaSet", observedGeneration=2, replicas=2, readyReplicas=1), False),
        (
            controller(
                "DaemonSet",
                observedGeneration=2,
                desiredNumberScheduled=3,
                updatedNumberScheduled=3,
                numberReady=3,
            ),
            True,
        ),
        (controller("DaemonSet", observedGeneration=2, desiredNumberScheduled=3, numberReady=2), False),
    ],
)
def test_a_controller_is_complete_when_its_newest_pods_are_ready(*, live: Mapping[str, Json], complete: bool) -> None:
    assert is_complete(live) is complete

"""`given cluster` without any cluster: what is read of one stands in a text, as kubectl would print it."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from netpolspec.backends.marks import RUN
from netpolspec.backends.model import ModelBackend
from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.live_objects import read_live
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Input
from netpolspec.plan.model import Change
from netpolspec.run.events import ScenarioEnded
from netpolspec.run.runner import RunOptions, run
from netpolspec.source import Source

if TYPE_CHECKING:
    from netpolspec.load.resource import Resource
    from netpolspec.plan.givens import ReadCluster
    from netpolspec.plan.model import Plan


def item(kind: str, name: str, namespace: str = "", version: str = "v1", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    metadata = {"name": name, "uid": f"{kind}-{name}", **({"namespace": namespace} if namespace else {})}
    metadata |= more.pop("metadata", {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def owned(kind: str, name: str) -> dict[str, Any]:
    return {"ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u", "controller": True}]}


def pod(
    name: str, namespace: str, labels: dict[str, str], address: str, owner: str = "", *, port: int = 80
) -> dict[str, Any]:
    container = {"name": "web", "image": "nginx", "ports": [{"containerPort": port, "protocol": "TCP"}]}
    status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}
    metadata = {"labels": labels, **(owned("ReplicaSet", owner) if owner else {})}
    return item("Pod", name, namespace, metadata=metadata, spec={"containers": [container]}, status=status)


APP = {"app": "web"}
TEMPLATE = {
    "metadata": {"labels": APP},
    "spec": {"containers": [{"name": "web", "image": "nginx", "ports": [{"containerPort": 80}]}]},
}
SPEC = {"replicas": 2, "selector": {"matchLabels": APP}, "template": TEMPLATE}
ITEMS = [
    *(
        item("Namespace", name, metadata={"labels": {"kubernetes.io/metadata.name": name}})
        for name in ("default", "kube-system")
    ),
    item("Namespace", "shop", metadata={"labels": {"kubernetes.io/metadata.name": "shop", "tier": "front"}}),
    item("Namespace", "old", metadata={"labels": {RUN: "abc", "kubernetes.io/metadata.name": "old"}}),
    pod("left", "old", {}, "10.0.0.9"),
    item("Node", "n1", status={"addresses": [{"type": "InternalIP", "address": "172.18.0.2"}]}),
    item("Service", "kubernetes", "default", spec={"clusterIP": "10.96.0.1", "ports": [{"port": 443}]}),
    item(
        "Service",
        "kube-dns",
        "kube-system",
        spec={
            "clusterIP": "10.96.0.10",
            "selector": {"k8s-app": "kube-dns"},
            "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "tcp", "port": 53}],
        },
    ),
    pod("rke2-dns-1", "kube-system", {"k8s-app": "kube-dns"}, "10.0.0.2", port=53),
    item("Deployment", "web", "shop", "apps/v1", spec=SPEC),
    item("ReplicaSet", "web-1", "shop", "apps/v1", metadata=owned("Deployment", "web"), spec=SPEC),
    pod("web-1-a", "shop", APP, "10.0.0.3", "web-1"),
    pod("web-1-b", "shop", APP, "10.0.0.4", "web-1"),
    item("Service", "web", "shop", spec={"clusterIP": "10.96.0.20", "selector": APP, "ports": [{"port": 80}]}),
    item(
        "NetworkPolicy",
        "front",
        "shop",
        "networking.k8s.io/v1",
        spec={"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"tier": "front"}}}]}]},
    ),
]


def cluster() -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": ITEMS}, indent=1)
    return read_live([Source("<context lab>", text)], RUN)


def planned(text: str, reader: ReadCluster | None = cluster) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    return analyze([Input(Source("s.nps", textwrap.dedent(text)), Path())], Options(cluster=reader))


def found(text: str) -> dict[str, str]:
    """Test points by their title, with what the model says of them."""
    plan, diagnostics = planned(text)
    assert plan is not None, diagnostics
    events = run(plan.scenarios, ModelBackend(), RunOptions())
    results = [result for event in events if isinstance(event, ScenarioEnded) for result in event.results]
    return {f"{each.point.source_text} -> {each.point.destination_text}": str(each.model) for each in results}


def world(text: str) -> dict[str, Resource]:
    """The world in which the only scenario ends."""
    plan, diagnostics = planned(text)
    assert plan is not None, diagnostics
    changes = [step for step in plan.scenarios[0].steps if isinstance(step, Change)]
    return {str(key): resource for key, resource in changes[-1].world.items()}


def test_what_is_there_is_part_of_the_world() -> None:
    assert found("""\
        given cluster
        given namespace ms-a
        expect ms-a -> shop/web:80, web.shop:80 denied
        expect shop -> shop/web:80, web.shop:80 by name allowed
        expect shop/web -> shop/web:80, 172.18.0.2:10250 allowed
        """) == {
        "ms-a -> shop/web:80": "denied",
        "ms-a -> web.shop:80": "denied",
        "shop -> shop/web:80": "allowed",
        "shop -> web.shop:80": "allowed",
        "shop/web -> shop/web:80": "allowed",
        "shop/web -> 172.18.0.2:10250": "allowed",
    }  # fmt: skip


def test_whose_everything_is() -> None:
    held = world("given cluster; given namespace ms-a; expect ms-a -> shop/web:80 denied")
    assert {name for name, each in held.items() if not each.existing} == {"Namespace ms-a"}
    assert "Deployment kube-system/coredns" not in held, "the cluster's own DNS is there in its stead"
    assert "Namespace old" not in held, "an earlier run has left it behind"
    assert "Pod old/left" not in held


def test_several_rules_may_give_it_and_it_is_read_once() -> None:
    times = []

    def read() -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
        times.append(1)
        return cluster()

    plan, diagnostics = planned(
        """\
        there: ; given cluster
        more: there ; given cluster ; given namespace ms-a
        a: more ; given cluster ; expect ms-a -> shop/web:80 denied
        b: there ; expect shop -> shop/web:80 allowed
        """,
        read,
    )
    assert (diagnostics, times) == ((), [1])
    assert plan is not None


def test_the_same_object_from_the_cluster_and_from_the_spec_is_given_twice() -> None:
    _, (problem,) = planned("given cluster\ngiven namespace shop\nexpect shop -> shop/web:80 allowed")
    assert (problem.code, problem.message) == ("given-twice", "Namespace shop is given twice in one world")


def test_a_name_that_the_cluster_does_not_have_is_a_mistake() -> None:
    _, (problem,) = planned("given cluster\nexpect shop -> shop/wep:80 allowed")
    assert problem.help == ("did you mean 'shop/web'?",)


WHEN = {
    "when label namespace shop tier=back": ("denied", "Namespace shop", {"tier": "back"}),
    "when unlabel namespace shop tier": ("denied", "Namespace shop", {}),
    "when label deployment web in shop more=1": ("allowed", "Deployment shop/web", {}),
    "when scale deployment web in shop to 1": ("allowed", "Deployment shop/web", {}),
}


@pytest.mark.parametrize("when", WHEN)
def test_a_change_remembers_what_was_there(when: str) -> None:
    outcome, key, labels = WHEN[when]
    text = f"given cluster\nexpect shop -> shop/web:80 allowed\n{when}\nexpect shop -> shop/web:80 {outcome}"
    assert set(found(text).values()) <= {"allowed", "denied"}
    changed = world(text)[key]
    assert changed.existing
    assert changed.given is not None
    assert changed.given in ITEMS
    metadata = changed.manifest["metadata"]
    assert isinstance(metadata, dict)
    assert {name: value for name, value in metadata.get("labels", {}).items() if name == "tier"} == labels


def test_a_workload_that_is_changed_has_other_pods() -> None:
    text = "given cluster\nexpect shop -> shop/web:80 allowed\nwhen scale deployment web in shop to 1\n"
    assert {
        name for name in world(text + "expect shop -> shop/web:80 allowed") if name.startswith("Pod shop/")
    } == set()
    _, (problem,) = planned(text.replace("to 1", "to 0") + "expect shop -> shop/web:80 allowed")
    assert problem.code == "unknown-workload"


@pytest.mark.parametrize(
    ("when", "key", "outcome"),
    [
        ("when remove policy front in shop", "NetworkPolicy shop/front", "other -> shop/web:80 allowed"),
        ("when remove service web in shop", "Service shop/web", "other -> shop/web:80 denied"),
    ],
)
def test_what_is_removed_is_remembered_and_counts_no_more(when: str, key: str, outcome: str) -> None:
    text = f"given cluster\ngiven namespace other\nexpect other -> shop/web:80 denied\n{when}\nexpect {outcome}"
    assert list(found(text).values())[-1] == outcome.rpartition(" ")[2]
    removed = world(text)[key]
    assert removed.is_removed
    assert removed.given in ITEMS
    _, (problem,) = planned(f"{text}\n{when}\nexpect {outcome}")
    assert problem.code == "unknown-object"


def test_a_namespace_goes_with_everything_in_it() -> None:
    text = "given cluster\ngiven namespace a\nexpect a -> shop/web:80 denied\n"
    held = world(text + "when remove namespace shop\nexpect a -> 10.0.0.1:80 allowed")
    assert {name for name, each in held.items() if each.is_removed} == {
        *("Namespace shop", "Deployment shop/web", "ReplicaSet shop/web-1", "Pod shop/web-1-a", "Pod shop/web-1-b"),
        *("Service shop/web", "NetworkPolicy shop/front"),
    }


NOT_ASKED = """\
given cluster
given policy deny-from-any in somewhere
expect a -> b/c:80, d.e:80 denied
when label namespace f x=1
when remove policy g
expect a -> b/c:80 allowed
"""


def test_where_no_cluster_is_asked_no_name_is_wrong() -> None:
    plan, diagnostics = planned(NOT_ASKED, None)
    assert diagnostics == ()
    assert plan is not None
    assert plan.scenarios[0].unknown
    plan, diagnostics = planned("given cluster\ngiven namespace a\ngiven namespace a\nexpect a -> b:80 denied", None)
    assert [each.code for each in diagnostics] == ["given-twice"], "what is wrong in any case is told"


def test_why_a_cluster_cannot_be_read_is_drawn_at_the_statement() -> None:
    def read() -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
        raise Refusal(Diagnostic("which-cluster", "nothing says which cluster is meant"))

    _, (problem,) = planned("given namespace a\ngiven cluster\nexpect a -> b:80 denied", read)
    assert str(problem.span) == "s.nps:2:1"

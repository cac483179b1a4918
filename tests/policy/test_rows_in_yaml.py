"""Rows of docs/semantics.md that turn on what a manifest does not say: absent, null and empty fields, defaults."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest
from policy.build import SCTP, TCP, UDP, address

from netpolspec.load.manifests import read_text
from netpolspec.policy.cluster import assemble
from netpolspec.policy.decide import Model
from netpolspec.policy.decision import Answer, Endpoint, External
from netpolspec.source import Source

if TYPE_CHECKING:
    from netpolspec.policy.objects import Protocol

WORLD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, empty: ""}}
spec: {containers: [{name: c, image: x, ports: [{name: http, containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c, image: x}]}
---
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: ops, labels: {app: probe}}
spec: {containers: [{name: c, image: x}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: x, namespace: shop}
spec:
"""
OUTSIDE = External(address("203.0.113.9"))


class Asking:
    """The world above with a policy of that `spec`."""

    def __init__(self, spec: str) -> None:
        text = WORLD + indent(dedent(spec), "  ")
        resources, problems = read_text(Source("world.yaml", text))
        self.codes = [problem.code for problem in problems]
        if not problems:
            cluster = assemble((o for r in resources for o in r.objects), declare_namespaces=True)
            self.pods: dict[str, Endpoint] = {pod.label: pod for pod in cluster.pods}
            self.model = Model(cluster)

    def __call__(
        self, source: str | Endpoint, destination: str | Endpoint, port: int = 80, protocol: Protocol = TCP
    ) -> bool:
        ends = [self.pods[end] if isinstance(end, str) else end for end in (source, destination)]
        answer = self.model.decide(ends[0], ends[1], protocol, port).answer
        assert answer in (Answer.ALLOWED, Answer.DENIED)
        return answer is Answer.ALLOWED


@pytest.mark.parametrize(
    "selector",
    ["podSelector: {}", "podSelector:", "podSelector: {matchLabels: {}}", "podSelector: {matchExpressions: []}"],
)
def test_row_03_every_way_to_write_the_empty_selector(selector: str) -> None:
    asking = Asking(f"{selector}\ningress: []")
    assert not asking("ops/probe", "shop/web")
    assert not asking("ops/probe", "shop/db")


@pytest.mark.parametrize("ingress", ["ingress: []", "ingress:", ""])
def test_row_04_no_ingress_rules_in_every_way(ingress: str) -> None:
    asking = Asking(f"podSelector: {{}}\n{ingress}\npolicyTypes: [Ingress]")
    assert not asking("ops/probe", "shop/web")
    assert asking("shop/web", "ops/probe")


@pytest.mark.parametrize("egress", ["egress: []", "egress:", ""])
def test_row_04_no_egress_rules_in_every_way(egress: str) -> None:
    asking = Asking(f"podSelector: {{}}\n{egress}\npolicyTypes: [Egress]")
    assert not asking("shop/web", "ops/probe")
    assert asking("ops/probe", "shop/web")


def test_row_04_an_empty_rule_allows_all() -> None:
    assert Asking("podSelector: {}\ningress: [{}]")("ops/probe", "shop/web")
    assert Asking("podSelector: {}\negress: [{}]\npolicyTypes: [Egress]")("shop/web", "ops/probe")


def test_row_04_an_empty_peer_is_refused() -> None:
    assert Asking("podSelector: {}\ningress: [{from: [{}]}]").codes


@pytest.mark.parametrize("peers", ["from: []", "from:", ""])
def test_row_05_no_peers_in_every_way(peers: str) -> None:
    asking = Asking(f"podSelector: {{}}\ningress:\n- ports: [{{port: 80}}]\n  {peers}")
    assert asking("ops/probe", "shop/web")
    assert asking(OUTSIDE, "shop/web")
    assert not asking("ops/probe", "shop/web", 81)


@pytest.mark.parametrize("ports", ["ports: []", "ports:", ""])
def test_row_06_no_ports_in_every_way(ports: str) -> None:
    asking = Asking(f"podSelector: {{}}\ningress:\n- from: [{{podSelector: {{}}}}]\n  {ports}")
    assert all(asking("shop/db", "shop/web", 9999, protocol) for protocol in (TCP, UDP, SCTP))
    assert not asking("ops/probe", "shop/web")


def test_row_06_a_protocol_alone() -> None:
    asking = Asking("podSelector: {}\ningress: [{ports: [{protocol: UDP}]}]")
    assert asking("ops/probe", "shop/web", 9999, UDP)
    assert not asking("ops/probe", "shop/web")


@pytest.mark.parametrize("item", ["{port: 80}", "{port: 80, protocol: }", "{port: http}"])
def test_row_07_without_a_protocol_it_is_tcp(item: str) -> None:
    asking = Asking(f"podSelector: {{}}\ningress: [{{ports: [{item}]}}]")
    assert asking("ops/probe", "shop/web", 80, TCP)
    assert not asking("ops/probe", "shop/web", 80, UDP)


@pytest.mark.parametrize("types", ["policyTypes: []", "policyTypes:", ""])
def test_row_08_without_types_egress_counts_only_where_it_has_rules(types: str) -> None:
    ingress_only = Asking(f"podSelector: {{}}\n{types}")
    assert not ingress_only("ops/probe", "shop/web")
    assert ingress_only("shop/web", "ops/probe")
    empty_egress = Asking(f"podSelector: {{}}\negress: []\n{types}")
    assert empty_egress("shop/web", "ops/probe")
    both = Asking(f"podSelector: {{}}\negress: [{{to: [{{podSelector: {{}}}}]}}]\n{types}")
    assert not both("shop/web", "ops/probe")
    assert not both("ops/probe", "shop/web")
    assert not both("shop/web", "shop/db")


def test_row_09_ingress_rules_of_an_egress_policy() -> None:
    asking = Asking("podSelector: {}\npolicyTypes: [Egress]\ningress: []")
    assert asking("ops/probe", "shop/web")
    assert not asking("shop/web", "ops/probe")


def test_row_16_an_empty_value() -> None:
    asking = Asking("podSelector: {}\ningress: [{from: [{podSelector: {matchLabels: {empty: ''}}}]}]")
    assert asking("shop/web", "shop/db")
    assert not asking("shop/db", "shop/web")


@pytest.mark.parametrize(
    "spec",
    [
        "podSelector: {matchExpressions: [{key: a, operator: In, values: []}]}",
        "podSelector: {matchExpressions: [{key: a, operator: NotIn}]}",
        "podSelector: {matchExpressions: [{key: a, operator: Equals, values: [b]}]}",
        "podSelector: {}\ningress: [{ports: [{port: 90, endPort: 80}]}]",
        "podSelector: {}\ningress: [{ports: [{port: http, endPort: 80}]}]",
        "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]",
        "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/9]}}]}]",
        "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]",
    ],
)
def test_row_17_what_the_api_server_refuses_never_reaches_the_model(spec: str) -> None:
    assert Asking(spec).codes


def test_row_18_a_namespace_that_nothing_declares_has_its_name_for_a_label() -> None:
    by_name = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}"
    asking = Asking(f"podSelector: {{}}\ningress: [{{from: [{by_name}]}}]")
    assert asking("ops/probe", "shop/web")
    assert not asking("shop/db", "shop/web")

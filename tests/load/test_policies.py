"""The library that ships with netpolspec, policy by policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.diagnostics import Refusal, render
from netpolspec.load.library import BUILT_IN, find, instantiate, names
from netpolspec.policy.objects import Direction, NetworkPolicy, PodPeer, Protocol, Selector
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from netpolspec.load.plain import Json
    from netpolspec.policy.objects import Rule

NAME = Source("a.nps", "given policy x").span(13, 14)
VARIABLES: Mapping[str, Mapping[str, str]] = {
    "allow-from": {"ns": "ms-a,ms-c"},
    "allow-from-other-namespaces": {"allowed_namespaces": "ms-a,ms-c"},
    "allow-to-namespace": {"ns": "ms-a,ms-c"},
}


def make(name: str, values: Mapping[str, Json]) -> NetworkPolicy:
    """A policy of the library, in ms-b."""
    (resource,), problems = instantiate(find(name, (), NAME), values, "ms-b", NAME, NAME)
    assert problems == ()
    (made,) = resource.objects
    assert isinstance(made, NetworkPolicy)
    return made


def shown(rules: tuple[Rule, ...]) -> list[tuple[list[object], list[object]]]:
    """Rules as (namespaces, pods) of each peer and (protocol, port) of each port; a selector by its labels."""

    def labels(selector: Selector | None) -> dict[str, str] | None:
        return None if selector is None else {each.key: each.values[0] for each in selector.requirements}

    return [
        (
            [(labels(peer.namespaces), labels(peer.pods)) for peer in rule.peers if isinstance(peer, PodPeer)],
            [(port.protocol, port.port) for port in rule.ports],
        )
        for rule in rules
    ]


TWO = [({"namespace": "ms-a"}, None), ({"namespace": "ms-c"}, None)]
DNS = ({"kubernetes.io/metadata.name": "kube-system"}, {"k8s-app": "kube-dns"})
MEANINGS: list[tuple[str, Direction, list[tuple[list[object], list[object]]]]] = [
    ("deny-from-any", Direction.INGRESS, []),
    ("allow-from-any", Direction.INGRESS, [([], [])]),
    ("deny-from-other-namespaces", Direction.INGRESS, [([(None, {})], [])]),
    ("allow-from-other-namespaces", Direction.INGRESS, [(list(TWO), [])]),
    ("allow-from-special", Direction.INGRESS, [([({}, {"special": "true"})], [])]),
    ("allow-from-any-to-port", Direction.INGRESS, [([], [(Protocol.TCP, 80)])]),
    ("allow-from", Direction.INGRESS, [(list(TWO), [])]),
    ("deny-to-any", Direction.EGRESS, []),
    ("allow-dns", Direction.EGRESS, [([DNS], [(Protocol.UDP, 53), (Protocol.TCP, 53)])]),
    ("allow-to-namespace", Direction.EGRESS, [(list(TWO), [])]),
]


@pytest.mark.parametrize(("name", "direction", "rules"), MEANINGS, ids=[each[0] for each in MEANINGS])
def test_meaning(name: str, direction: Direction, rules: list[tuple[list[object], list[object]]]) -> None:
    made = make(name, VARIABLES.get(name, {}))
    assert (made.name, made.namespace, made.pods, made.types) == (name, "ms-b", Selector(), frozenset({direction}))
    assert shown(made.ingress if direction is Direction.INGRESS else made.egress) == rules
    assert not (made.egress if direction is Direction.INGRESS else made.ingress)


def test_every_policy_is_in_the_table() -> None:
    assert set(names(())) == {name for name, _, _ in MEANINGS}


def test_modules_that_are_no_policies_are_not_found() -> None:
    assert {"article", "cluster-kind", "tenants"} < {path.name for path in BUILT_IN.iterdir()}
    for name in ("article", "cluster-kind", "tenants"):
        with pytest.raises(Refusal, match=f"unknown policy '{name}'"):
            find(name, (), NAME)


def test_named_ports() -> None:
    made = make("allow-from-any-to-port", {"port": "http,8443"})
    assert [(port.protocol, port.port) for port in made.ingress[0].ports] == [
        (Protocol.TCP, "http"),
        (Protocol.TCP, 8443),
    ]


def test_a_module_is_placed_by_its_own_variables() -> None:
    made = make("deny-from-any", {"name": "nobody", "pod_labels": {"app": "web"}})
    (label,) = made.pods.requirements
    assert (made.name, label.key, tuple(label.values)) == ("nobody", "app", ("web",))


# --- messages -----------------------------------------------------------------------------------------------------

SPEC = Source("a.nps", "given policy some-policy in ms-b ns=ms-a\n")
STATEMENT, IN, VALUE = SPEC.span(0, 40), SPEC.span(28, 32), SPEC.span(36, 40)
CASES: dict[str, tuple[str, Mapping[str, Json], str | None]] = {
    "empty-text": ("allow-from", {"ns": ""}, "ms-b"),
    "empty-list": ("allow-from", {"ns": []}, "ms-b"),
    "empty-item": ("allow-to-namespace", {"ns": "a,"}, "ms-b"),
    "null-item": ("allow-from", {"ns": ["a", None]}, "ms-b"),
    "missing": ("allow-from-other-namespaces", {}, "ms-b"),
    "unknown": ("allow-from", {"ns": "a", "namspace": "b"}, "ms-b"),
    "bad-value": ("allow-from", {"ns": "a,B-"}, "ms-b"),
    "bad-name": ("allow-from", {"ns": "a", "name": "A_B"}, "ms-b"),
    "bad-port": ("allow-from-any-to-port", {"port": "70000"}, "ms-b"),
    "bad-type": ("deny-from-any", {"pod_labels": "web"}, "ms-b"),
    "list-for-one": ("deny-from-any", {"name": ["a", "b"]}, "ms-b"),
    "no-namespace": ("deny-from-any", {}, None),
    "bad-namespace": ("deny-from-any", {}, "MS"),
}


@pytest.mark.parametrize("case", CASES)
def test_messages(case: str, golden: Callable[[Path, str], None]) -> None:
    name, values, namespace = CASES[case]
    made, problems = instantiate(
        find(name, (), NAME), values, namespace, STATEMENT, IN, places=dict.fromkeys(values, VALUE)
    )
    assert made == ()
    golden(Path(__file__).parent / "modules" / f"{case}.err", "\n\n".join(map(render, problems)) + "\n")

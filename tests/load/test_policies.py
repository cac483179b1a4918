"""The library that ships with netpolspec, policy by policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from netpolspec.load.library import BUILT_IN, declared, find, instantiate, names
from netpolspec.policy.objects import Direction, NetworkPolicy, PodPeer, Protocol, Selector
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from netpolspec.load.resource import Json
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


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_policy_explains_itself(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("# ")
    comments = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    for name in declared(find(path.stem, (), NAME)):
        assert f"#   {name} " in comments


def test_named_ports() -> None:
    made = make("allow-from-any-to-port", {"port": "http,8443"})
    assert [(port.protocol, port.port) for port in made.ingress[0].ports] == [
        (Protocol.TCP, "http"),
        (Protocol.TCP, 8443),
    ]

"""Named policies: finding them, their variables, and what they are with values in their places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.diagnostics import Refusal, render
from netpolspec.load import library
from netpolspec.load.library import Form, declared, find, instantiate, names
from netpolspec.source import Pointer, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Resource

SPEC = Source("a.nps", "given policy some-policy in ms-b ns=ms-a\n")
STATEMENT, NAME, IN, VARIABLE = SPEC.span(0, 40), SPEC.span(13, 24), SPEC.span(28, 32), SPEC.span(33, 40)

GOLDEN = Path(__file__).parent / "policies"
HEAD = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n"


def fill(
    folder: Path, text: str, values: Mapping[str, Json], namespace: str | None = "ms-b"
) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """A policy's text with values in it."""
    (folder / "p.yaml").write_text(text)
    policy = find("p", (folder,), NAME)
    return instantiate(policy, values, namespace, STATEMENT, IN, places=dict.fromkeys(values, VARIABLE))


def spec(folder: Path, text: str, values: Mapping[str, Json]) -> Json:
    """The spec of a policy with values in it."""
    (resource,), problems = fill(folder, HEAD + text, values)
    assert problems == ()
    return resource.manifest["spec"]


def messages(folder: Path, text: str, values: Mapping[str, Json], namespace: str | None = "ms-b") -> list[str]:
    """What is said of a policy with values in it, as it is drawn."""
    try:
        _, problems = fill(folder, text, values, namespace)
    except Refusal as refusal:
        return [render(problem) for problem in refusal.diagnostics]
    return [render(problem) for problem in problems]


# --- finding ------------------------------------------------------------------------------------------------------


def test_nearest_folder_wins_and_the_library_comes_last(tmp_path: Path) -> None:
    for folder, name in (("a", "x.yaml"), ("b", "x.yml"), ("b", "deny-from-any.yaml"), ("b", "y.yml")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text("a: 1\n")
    folders = (tmp_path / "nowhere", tmp_path / "a", tmp_path / "b")
    assert find("x", folders, NAME).path == tmp_path / "a" / "x.yaml"
    assert find("y", folders, NAME).path == tmp_path / "b" / "y.yml"
    assert find("deny-from-any", folders, NAME).path == tmp_path / "b" / "deny-from-any.yaml"
    assert find("allow-from", folders, NAME).path.parent == library.BUILT_IN


def test_folders_of_terraform_and_kustomizations(tmp_path: Path) -> None:
    for path in ("module/main.tf", "overlay/kustomization.yaml", "neither/readme.md"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text("")
    assert find("module", (tmp_path,), NAME).form is Form.TERRAFORM
    assert find("overlay", (tmp_path,), NAME).form is Form.KUSTOMIZATION
    with pytest.raises(Refusal, match="neither Terraform nor a kustomization"):
        find("neither", (tmp_path,), NAME)
    assert {"module", "overlay"} <= set(names((tmp_path,)))
    assert "neither" not in names((tmp_path,))


def test_two_matches_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.yaml").write_text("a: 1\n")
    (tmp_path / "x").mkdir()
    with pytest.raises(Refusal) as caught:
        find("x", (tmp_path,), NAME)
    (problem,) = caught.value.diagnostics
    assert problem.message == "policy 'x' is there twice: 'x.yaml' and 'x'"


@pytest.mark.parametrize("name", ["alow-from", "../library", "allow-from.yaml", "", ".", "a\0b"])
def test_unknown_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").mkdir()
    with pytest.raises(Refusal) as caught:
        find(name, (tmp_path / "policies",), NAME)
    (problem,) = caught.value.diagnostics
    assert problem.message == f"unknown policy '{name}'"
    assert problem.span is NAME
    if name == "alow-from":
        assert problem.help == ("did you mean 'allow-from'? searched: policies, the built-in library",)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assert spec(tmp_path, "spec: {podSelector: {}}\n", {}) == {"podSelector": {}}
    text = "spec: {podSelector: {}, policyTypes: [Egress]}\n"
    assert spec(tmp_path, text, {}) == {"podSelector": {}, "policyTypes": ["Egress"]}


# --- variables ----------------------------------------------------------------------------------------------------


def test_declared(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(
        HEAD + 'spec: {podSelector: {matchLabels: {app: "$(app:-a b)", x: $$(no)}}, ingress: [{from: [{podSelector: '
        "{matchLabels: {app: $(app), of: $(of)}}}], ports: [{port: $(port:-80)}]}]}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: $(of)-x}\n"
    )
    found = declared(find("p", (tmp_path,), NAME))
    assert [(each.name, each.default, each.many) for each in found.values()] == [
        ("app", "a b", False),
        ("of", None, False),
        ("port", "80", True),
    ]
    assert found["port"].span.text == "$(port:-80)"


PORTS = "spec: {podSelector: {}, ingress: [{ports: [{port: $(port:-80), protocol: TCP}, {port: 443}]}]}\n"


@pytest.mark.parametrize(
    ("value", "ports"),
    [
        (None, [80]),
        ("8080", [8080]),
        ("http", ["http"]),
        ("80,http, 90", [80, "http", 90]),
        (["80", 90, "x"], [80, 90, "x"]),
        (81, [81]),
    ],
)
def test_list_repeats_the_item_that_holds_it(tmp_path: Path, value: Json, ports: list[int | str]) -> None:
    filled = spec(tmp_path, PORTS, {} if value is None else {"port": value})
    expected: list[Json] = [{"port": port, "protocol": "TCP"} for port in ports]
    assert filled == {"podSelector": {}, "ingress": [{"ports": [*expected, {"port": 443}]}]}


def test_innermost_list_item_is_repeated(tmp_path: Path) -> None:
    text = (
        "spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: "
        "[{key: app, operator: In, values: [$(apps), web]}]}}]}]}\n"
    )
    filled = spec(tmp_path, text, {"apps": "a,b"})
    assert filled == {
        "podSelector": {},
        "ingress": [
            {
                "from": [
                    {
                        "podSelector": {
                            "matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b", "web"]}]
                        }
                    }
                ]
            }
        ],
    }


def test_two_lists_in_one_item_make_every_pair(tmp_path: Path) -> None:
    text = "spec: {podSelector: {}, egress: [{ports: [{port: $(port), protocol: $(protocol)}]}]}\n"
    filled = spec(tmp_path, text, {"port": "53,54", "protocol": "UDP,TCP"})
    assert filled == {
        "podSelector": {},
        "egress": [
            {"ports": [{"port": port, "protocol": protocol} for port in (53, 54) for protocol in ("UDP", "TCP")]}
        ],
    }


def test_one_variable_twice_in_one_item_is_one_value(tmp_path: Path) -> None:
    text = "spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {a: $(x), b: 'is-$(x)'}}}]}]}\n"
    filled = spec(tmp_path, text, {"x": ["1", "2"]})
    peers: list[Json] = [{"podSelector": {"matchLabels": {"a": each, "b": f"is-{each}"}}} for each in ("1", "2")]
    assert filled == {"podSelector": {}, "ingress": [{"from": peers}]}


def test_text_stays_text_and_numbers_become_numbers(tmp_path: Path) -> None:
    text = "spec: {podSelector: {matchLabels: {a: $(a), $(k:-b): 'x$(a)'}}, "
    text += "ingress: [{ports: [{port: 1, endPort: $(e)}]}]}\n"
    assert spec(tmp_path, text, {"a": "80", "e": "90"}) == {
        "podSelector": {"matchLabels": {"a": "80", "b": "x80"}},
        "ingress": [{"ports": [{"port": 1, "endPort": 90}]}],
    }
    assert spec(tmp_path, text, {"a": True, "e": 90, "k": "c"}) == {
        "podSelector": {"matchLabels": {"a": "true", "c": "xtrue"}},
        "ingress": [{"ports": [{"port": 1, "endPort": 90}]}],
    }


def test_structured_value_and_plain_dollars(tmp_path: Path) -> None:
    text = "spec: {podSelector: $(pods)}\n"
    assert spec(tmp_path, text, {"pods": {"matchLabels": {"a": "b"}}}) == {"podSelector": {"matchLabels": {"a": "b"}}}
    (resource,), _ = fill(
        tmp_path, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: $$(x), b: $x, c: $$}\n", {}
    )
    assert resource.manifest["data"] == {"a": "$(x)", "b": "$x", "c": "$$"}


def test_comma_is_text_where_no_item_could_be_repeated(tmp_path: Path) -> None:
    (resource,), _ = fill(
        tmp_path, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: $(x)}\n", {"x": "1,2"}
    )
    assert resource.manifest["data"] == {"a": "1,2"}


# --- namespaces ---------------------------------------------------------------------------------------------------


def test_namespace_is_set_where_there_is_one(tmp_path: Path) -> None:
    text = (
        f"{HEAD}spec: {{podSelector: {{}}}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: x}}\n---\n"
        "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\n"
        "metadata: {name: default}\nspec: {subject: {namespaces: {}}}\n"
    )
    resources, problems = fill(tmp_path, text, {})
    assert problems == ()
    assert [str(resource.key) for resource in resources] == [
        "NetworkPolicy ms-b/p",
        "Namespace x",
        "BaselineAdminNetworkPolicy default",
    ]


@pytest.mark.parametrize("namespace", ["own", None])
def test_own_namespace(tmp_path: Path, namespace: str | None) -> None:
    text = HEAD.replace("name: p", "name: p, namespace: own") + "spec: {podSelector: {}}\n"
    (resource,), problems = fill(tmp_path, text, {}, namespace)
    assert (resource.key.namespace, problems) == ("own", ())


# --- messages -----------------------------------------------------------------------------------------------------

EMPTY_FROM = (
    HEAD + "spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {namespace: $(ns)}}}]}]}\n"
)
ONE = HEAD + "spec: {podSelector: {matchLabels: {app: $(app)}}}\n"
OWN = HEAD.replace("name: p", "name: p, namespace: own") + "spec: {podSelector: {}}\n"
CASES: dict[str, tuple[str, Mapping[str, Json], str | None]] = {
    "empty-text": (EMPTY_FROM, {"ns": ""}, "ms-b"),
    "empty-list": (EMPTY_FROM, {"ns": []}, "ms-b"),
    "empty-item": (EMPTY_FROM, {"ns": "a,"}, "ms-b"),
    "null-item": (EMPTY_FROM, {"ns": ["a", None]}, "ms-b"),
    "missing": (EMPTY_FROM, {}, "ms-b"),
    "missing-one": (ONE, {}, "ms-b"),
    "unknown": (EMPTY_FROM, {"ns": "a", "namespace": "b"}, "ms-b"),
    "unknown-of-none": (HEAD + "spec: {podSelector: {}}\n", {"x": "b"}, "ms-b"),
    "list-for-one": (ONE, {"app": ["a", "b"]}, "ms-b"),
    "bad-value": (EMPTY_FROM, {"ns": "a,B-"}, "ms-b"),
    "bad-port": (HEAD + PORTS, {"port": "70000"}, "ms-b"),
    "bad-policy": (HEAD + "spec: {podSelector: {}, ingress: [{from: [{}]}]}\n", {}, "ms-b"),
    "no-namespace": (ONE, {"app": "a"}, None),
    "other-namespace": (OWN, {}, "ms-b"),
    "bad-namespace": (ONE, {"app": "a"}, "MS"),
    "bad-placeholder": (HEAD + "spec: {podSelector: {matchLabels: {a: $(a b)}}}\n", {}, "ms-b"),
    "open-placeholder": (HEAD + "spec: {podSelector: {matchLabels: {a: '$(a'}}}\n", {}, "ms-b"),
    "two-defaults": (HEAD + "spec: {podSelector: {matchLabels: {a: $(a:-1), b: $(a:-2)}}}\n", {}, "ms-b"),
    "bad-yaml": (HEAD + "spec: [\n", {}, "ms-b"),
    "twice": (HEAD + "---\n" + HEAD, {}, "ms-b"),
    "empty": ("# nothing\n", {}, "ms-b"),
}


@pytest.mark.parametrize("case", CASES)
def test_messages(
    case: str, tmp_path: Path, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text, values, namespace = CASES[case]
    drawn = messages(tmp_path, text, values, namespace)
    assert drawn
    golden(GOLDEN / f"{case}.err", "\n\n".join(drawn) + "\n")


def test_places_of_a_filled_policy_are_in_its_file(tmp_path: Path) -> None:
    text = HEAD + (
        "spec:\n  podSelector: {}\n  ingress:\n  - from:\n    - podSelector: {}\n"
        "    - namespaceSelector:\n        matchLabels:\n          $(key:-team): $(ns)\n"
        "    - ipBlock: {cidr: 10.0.0.0/8}\n"
    )
    (resource,), _ = fill(tmp_path, text, {"ns": "a,b"})
    assert isinstance(resource.origin, Pointer)
    peers = [resource.origin.at("spec", "ingress", 0, "from", index) for index in range(4)]
    assert [peer.span.line for peer in peers] == [8, 9, 9, 12]
    label = peers[2].at("namespaceSelector", "matchLabels", "team")
    assert (label.span.text, label.key_span.text) == ("$(ns)", "$(key:-team)")

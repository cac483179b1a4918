"""The three ways to silence a lint, and what lints say of several worlds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from netpolspec.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPEN = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: open
  namespace: shop
spec:
  podSelector: {}
  ingress:
  - from: []
"""
SPEC = """\
world:
	given namespace a
	given namespace b
	given pod web in b app=web port 80
"""
CODE = "open-by-empty-from"


@pytest.fixture
def codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """Writes files, checks them, and returns the codes of the lints that speak."""
    monkeypatch.chdir(tmp_path)

    def check(files: dict[str, str], *arguments: str) -> list[str]:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        capsys.readouterr()
        status = main(["check", *(arguments or files)])
        said = capsys.readouterr().err
        assert status == 0, said
        return re.findall(r"= note: ([\w-]+): 'netpolspec help \1'", said)

    return check


def test_it_is_told(codes: Callable[..., list[str]]) -> None:
    assert codes({"p.yaml": OPEN}) == [CODE]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- from: []", f"- from: []  # netpolspec: ignore {CODE}"),
        ("- from: []", f"- from: []  # netpolspec: ignore redundant-rule, {CODE}"),
        ("  - from: []", f"  # netpolspec: ignore {CODE}\n  # and why\n  - from: []"),
        ("apiVersion:", f"# netpolspec: ignore {CODE}\napiVersion:"),
        ("  name: open", f"  name: open\n  annotations: {{netpolspec.dev/ignore: 'peer-and-or,{CODE}'}}"),
    ],
)
def test_it_is_silenced(codes: Callable[..., list[str]], old: str, new: str) -> None:
    assert codes({"p.yaml": OPEN.replace(old, new)}) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- from: []", "- from: []  # netpolspec: ignore redundant-rule"),
        ("  podSelector: {}", f"  podSelector: {{}}  # netpolspec: ignore {CODE}"),
        ("  name: open", "  name: open\n  annotations: {netpolspec.dev/ignore: peer-and-or}"),
    ],
)
def test_what_is_said_elsewhere_or_of_another_does_not_count(
    codes: Callable[..., list[str]], old: str, new: str
) -> None:
    assert codes({"p.yaml": OPEN.replace(old, new)}) == [CODE]


def test_by_settings(codes: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"p.yaml": OPEN}
    assert codes(files, "p.yaml", "--ignore", CODE) == []
    assert codes({**files, "pyproject.toml": f'[tool.netpolspec]\nignore = ["{CODE}"]\n'}, "p.yaml") == []
    monkeypatch.setenv("NETPOLSPEC_IGNORE", "redundant-rule")
    assert codes({**files, "pyproject.toml": ""}, "p.yaml") == [CODE]


def test_a_code_that_there_is_not(codes: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    codes({"p.yaml": OPEN})
    assert main(["check", "p.yaml", "--ignore", "open-by-empty-form"]) == 2
    assert "did you mean 'open-by-empty-from'?" in capsys.readouterr().err


def test_beside_the_given(codes: Callable[..., list[str]]) -> None:
    rule = "a: world ; given policy allow-from-any-to-port in b port=90 ; expect a -> b:80 denied"
    assert codes({"a.nps": f"{SPEC}\n{rule}\n"}) == ["undeclared-policy-port"]
    assert codes({"a.nps": f"{SPEC}\n{rule}   # netpolspec: ignore undeclared-policy-port\n"}) == []


def test_what_one_world_has_use_for_is_not_told(codes: Callable[..., list[str]]) -> None:
    policies = "given policy allow-from-any in b ; given policy allow-from-special in b"
    both = f"both: world ; {policies} ; expect a -> b:80 allowed"
    alone = "alone: world ; given policy allow-from-special in b ; expect a -> b:80 denied"
    assert codes({"a.nps": f"{SPEC}\n{both}\n"}) == ["redundant-rule"]
    assert codes({"a.nps": f"{SPEC}\n{both}\n{alone}\n"}) == []


def test_clients_are_pods(codes: Callable[..., list[str]]) -> None:
    policy = SPEC + "\na: world ; given policy deny-to-any in a ; expect b/web -> b/web:80 allowed\n"
    assert codes({"a.nps": policy}) == ["policy-selects-no-pod", "expectation-without-effect"]
    assert codes({"a.nps": policy.replace("b/web -> b", "a -> b").replace("allowed", "denied")}) == []


def test_terraform(codes: Callable[..., list[str]]) -> None:
    module = """\
variable "namespaces" { type = list(string) }

resource "kubernetes_network_policy_v1" "open" {
  metadata {
    name      = "open"
    namespace = "shop"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
    ingress {
      dynamic "from" {
        for_each = var.namespaces
        content {
          namespace_selector { match_labels = { "kubernetes.io/metadata.name" = from.value } }
        }
      }
    }
  }
}
"""
    assert codes({"tf/main.tf": module}, "tf") == [CODE]
    assert codes({"tf/main.tf": module}, "tf", "namespaces=a,b") == [CODE]
    silenced = module.replace('      dynamic "from"', f'      # netpolspec: ignore {CODE}\n      dynamic "from"')
    assert codes({"tf/main.tf": silenced}, "tf") == []


def test_manifests_of_several_folders_are_one_cluster(codes: Callable[..., list[str]]) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\n"
    pod += "spec: {containers: [{name: c, image: c}]}\n"
    policy = OPEN.replace("podSelector: {}", "podSelector: {matchLabels: {app: web}}").replace("- from: []", "- {}")
    elsewhere = pod.replace("namespace: shop", "namespace: other")
    assert codes({"one/pod.yaml": elsewhere, "two/policy.yaml": policy}, "one", "two") == ["policy-selects-no-pod"]
    assert codes({"one/pod.yaml": pod, "two/policy.yaml": policy}, "one", "two") == []
    assert codes({"two/policy.yaml": policy}, "two") == []


NO_EGRESS = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut, namespace: shop}
spec: {podSelector: {}, ingress: [{}], egress: []PLACE}
"""


@pytest.mark.parametrize(
    ("types", "told"),
    [
        ("", True),
        (", policyTypes: []", True),
        (", policyTypes: [Ingress]", True),
        (", policyTypes: [Ingress, Egress]", False),
    ],
)
def test_an_empty_egress_shuts_nothing_without_its_type(
    codes: Callable[..., list[str]], types: str, *, told: bool
) -> None:
    said = codes({"p.yaml": NO_EGRESS.replace("PLACE", types)})
    assert ("rules-without-effect" in said) is told


PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop, labels: {app: a, monitored: "true"}}
spec: {containers: [{name: main, image: main, ports: [{name: metrics, containerPort: 9090}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: shop, labels: {app: ONE, monitored: "true"}}
spec: {containers: [{name: main, image: main, ports: [{name: metrics, containerPort: 9102}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: metrics, namespace: shop}
spec: {podSelector: SELECTOR, DIRECTION: [{ENDSports: [{port: metrics}]}]}
"""


@pytest.mark.parametrize(
    ("selector", "other", "told"),
    [
        ("{}", "b", False),
        ('{matchLabels: {monitored: "true"}}', "b", False),
        ("{matchLabels: {app: a}}", "a", True),
        ("{matchLabels: {app: a}}", "b", False),
        ("{matchExpressions: [{key: app, operator: In, values: [a]}]}", "a", True),
        ("{matchExpressions: [{key: app, operator: In, values: [a, b]}]}", "b", False),
        ("{matchExpressions: [{key: app, operator: Exists}]}", "b", False),
    ],
)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_name_may_be_another_number_on_each_application(
    codes: Callable[..., list[str]], selector: str, other: str, direction: str, *, told: bool
) -> None:
    own, ends = ("{}", f"to: [{{podSelector: {selector}}}], ") if direction == "egress" else (selector, "")
    text = PODS.replace("ONE", other).replace("SELECTOR", own).replace("DIRECTION", direction).replace("ENDS", ends)
    assert ("named-port-differs" in codes({"p.yaml": text})) is told


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.yaml", OPEN.replace("- from: []", "- from: [] # netpolspec: ignore peer-and-or, nosuch")),
        ("p.yaml", OPEN.replace("  name: open", "  name: open\n  annotations: {netpolspec.dev/ignore: nosuch}")),
        ("a.nps", f"{SPEC}\na: world ; expect a -> b:80 allowed   # netpolspec: ignore nosuch\n"),
    ],
)
def test_a_code_that_there_is_not_in_a_text(
    codes: Callable[..., list[str]], capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    codes({name: text})
    assert main(["check", name]) == 0
    said = capsys.readouterr().err
    assert said.count("warning: there is no lint 'nosuch'") == 1
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "nosuch" in each)
    assert f" --> {name}:{line}:" in said

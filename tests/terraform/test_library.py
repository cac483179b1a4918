"""Policies by name that are Terraform modules, of the library and of the user's: where they go, and who reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.diagnostics import render
from netpolspec.load.resource import Key
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Files
from netpolspec.plan.model import Change

if TYPE_CHECKING:
    from netpolspec.plan.model import Plan, World

WORLD = """
world:
	given namespace ms-a namespace=ms-a
	given namespace ms-b namespace=ms-b
	given pod web in ms-b port 80
"""
OWN = """
resource "kubernetes_network_policy" "own" {
  metadata {
    name      = "own"
    namespace = NAMESPACE
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(text: str, mode: str = "static") -> Plan:
    """The plan of a spec, with nothing said against it."""
    Path("a.nps").write_text(text)
    made, problems = analyze([Files().read(Path("a.nps"), "a.nps")], Options(terraform=mode))
    assert [render(problem) for problem in problems] == []
    assert made is not None
    return made


def refuse(text: str) -> str:
    """What is said against a spec."""
    Path("a.nps").write_text(text)
    made, problems = analyze([Files().read(Path("a.nps"), "a.nps")], Options())
    assert made is None
    return "\n".join(render(problem) for problem in problems)


def worlds(made: Plan) -> list[World]:
    """The world of each scenario, as it is in the end."""
    return [[step for step in scenario.steps if isinstance(step, Change)][-1].world for scenario in made.scenarios]


def scenario(name: str, given: str) -> str:
    return f"{name}: world\n\tgiven policy {given}\n\texpect ms-a -> ms-b/web:80 denied\n"


def test_scenarios_that_give_the_same_policy_share_its_objects(folder: Path) -> None:
    del folder
    first, second, other = worlds(
        plan(
            WORLD
            + scenario("a", "allow-from in ms-b ns=x")
            + scenario("b", "allow-from in ms-b ns=x")
            + scenario("c", "allow-from in ms-b ns=y")
        )
    )
    key = Key("NetworkPolicy", "ms-b", "allow-from")
    assert first[key] is second[key]
    assert first[key] is not other[key]


def test_the_namespace_may_be_given_as_any_other_variable(folder: Path) -> None:
    del folder
    text = WORLD + scenario("a", "deny-from-any namespace=ms-b") + scenario("b", "deny-from-any in ms-b namespace=ms-b")
    for world in (*worlds(plan(text)), *worlds(plan(f"IN := ms-a\n{text}"))):
        assert Key("NetworkPolicy", "ms-b", "deny-from-any") in world


def test_two_namespaces_are_refused(folder: Path) -> None:
    del folder
    said = refuse(WORLD + scenario("a", "deny-from-any in ms-a namespace=ms-b"))
    assert said.startswith("error: policy 'deny-from-any' is put into two namespaces: 'ms-a' and 'ms-b'\n")


def test_a_module_of_the_users_need_not_take_a_namespace(folder: Path) -> None:
    module = folder / "policies" / "own"
    module.mkdir(parents=True)
    text = "IN := ms-b\n" + WORLD + scenario("a", "own")
    (module / "main.tf").write_text(OWN.replace("NAMESPACE", '"ms-a"'))
    (world,) = worlds(plan(text))
    assert Key("NetworkPolicy", "ms-a", "own") in world
    (module / "main.tf").write_text('variable "namespace" {}\n' + OWN.replace("NAMESPACE", "var.namespace"))
    (world,) = worlds(plan(text))
    assert Key("NetworkPolicy", "ms-b", "own") in world


def test_a_module_of_the_users_wins_over_the_librarys(folder: Path) -> None:
    module = folder / "policies" / "deny-from-any"
    module.mkdir(parents=True)
    (module / "main.tf").write_text(OWN.replace("NAMESPACE", '"ms-b"'))
    made = plan(WORLD + scenario("a", "deny-from-any"))
    assert Key("NetworkPolicy", "ms-b", "own") in worlds(made)[0]
    assert made.terraform == (("policies/deny-from-any", "static reader"),)


def test_nobody_is_told_who_read_the_library(folder: Path) -> None:
    del folder
    assert plan(WORLD + scenario("a", "deny-from-any in ms-b"), "auto").terraform == ()


@pytest.mark.usefixtures("terraform")
def test_terraform_reads_the_library_where_it_is_asked_to(folder: Path) -> None:
    del folder
    made = plan(WORLD + scenario("a", "allow-from in ms-b ns=ms-a"), "plan")
    resource = worlds(made)[0][Key("NetworkPolicy", "ms-b", "allow-from")]
    assert made.terraform == ()
    assert str(resource.origin.span).startswith("netpolspec/terraform/allow-from/main.tf:1:")
    (static,) = worlds(plan(WORLD + scenario("a", "allow-from in ms-b ns=ms-a")))
    assert static[resource.key].manifest == resource.manifest

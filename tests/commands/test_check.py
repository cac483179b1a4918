"""`netpolspec check`: all mistakes, and where everything comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commands.conftest import Project


def test_all_is_well(project: Project) -> None:
    ended = project.run("check", "specs")
    assert (ended.status, ended.out) == (0, "")
    assert ended.err == "no mistakes: 3 files, 5 scenarios, 8 test points\n"
    assert project.run("check", "-q", "specs").err == ""


def test_nothing_is_run(project: Project) -> None:
    assert project.run("check", "specs/more/mistaken.nps").status == 0


def test_mistakes_of_all_files(project: Project) -> None:
    project.write("specs/a.nps", "a: wrold\n\texpect ms-a -> ms-b:80 denied\n")
    project.write("specs/b.nps", "b: world\n\texpect ms-a => ms-b:80 denied\n")
    ended = project.run("check", "specs")
    assert (ended.status, ended.out) == (2, "")
    assert "--> specs/a.nps:1:4\n" in ended.err
    assert "--> specs/b.nps:2:" in ended.err
    assert ended.err.endswith("\n2 errors\n")


def test_warnings_are_no_mistakes(project: Project) -> None:
    project.write("specs/a.nps", "idle: world ; given namespace ms-d\na: world ; expect ms-a -> ms-b:80 allowed\n")
    ended = project.run("check", "specs/a.nps")
    assert ended.status == 0
    assert ended.err.startswith("warning: ")
    assert ended.err.endswith("\n1 warning\nno mistakes: 1 file, 1 scenario, 1 test point\n")


def test_explain_shows_what_is_included_and_from_where(project: Project) -> None:
    project.write("all.nps", "include specs/world.nps base.nps\nown: base ; expect ms-a -> ms-b:80 allowed\n")
    project.write("base.nps", "base: world ; expect ms-c -> ms-b:80 allowed\ninclude specs/world.nps\n")
    ended = project.run("check", "--explain", "all.nps", "specs/tenants.nps")
    assert ended.status == 0
    assert ended.out == (
        "all.nps\n"
        "    specs/world.nps    # included at all.nps:1:9\n"
        "    base.nps    # included at all.nps:1:25\n"
        "specs/tenants.nps\n"
        "    specs/world.nps    # the default world\n"
    )


def test_a_text(project: Project) -> None:
    project.write("world.nps", "include specs/world.nps\n")
    assert project.run("check", "-e", "expect ms-a -> ms-b:80 denied").status == 0
    ended = project.run("check", "-e", "expect ms-a -> ms-d:80 denied")
    assert ended.status == 2
    assert "--> <-e>:1:" in ended.err


def test_standard_input(project: Project) -> None:
    ended = project.run("check", "-", stdin="expect ms-a => ms-b:80 denied\n")
    assert ended.status == 2
    assert "--> <stdin>:1:" in ended.err
    ended = project.run("check", "-", stdin="\x00")
    assert ended.status == 2


def test_what_is_not_read_of_a_module_is_said(project: Project) -> None:
    project.write(
        "module/main.tf",
        """variable "ns" {}
resource "kubernetes_network_policy" "closed" {
  metadata {
    name      = "closed"
    namespace = var.ns
  }
  spec {
    pod_selector {}
    policy_types = ["Ingres"]
  }
}
""",
    )
    ended = project.run("check", "module")
    assert (ended.status, ended.out) == (0, "")
    assert ended.err == (
        "warning: what depends on it is not read: variable 'ns' has no value\n"
        " --> module/main.tf:1:1\n"
        "  |\n"
        '1 | variable "ns" {}\n'
        "  | ^^^^^^^^^^^^^\n"
        "  = help: give ns=VALUE, or set it in terraform.tfvars\n"
        "\n"
        "1 warning\n"
        "no mistakes: 0 objects\n"
    )
    assert project.run("check", "module", "--ignore", "terraform-variable").err == "no mistakes: 0 objects\n"
    given = project.run("check", "module", "ns=ms-b")
    assert given.status == 2
    assert "unknown policy type 'Ingres'" in given.err


def test_a_module_that_is_called_without_an_argument_is_a_mistake(project: Project) -> None:
    project.write("module/main.tf", 'module "below" {\n  source = "./below"\n}\n')
    project.write(
        "module/below/main.tf",
        'variable "ns" {}\nresource "kubernetes_namespace" "it" {\n  metadata {\n    name = var.ns\n  }\n}\n',
    )
    ended = project.run("check", "module")
    assert ended.status == 2
    assert "error: variable 'ns' of 'module.below' has no value\n --> module/below/main.tf:1:1\n" in ended.err

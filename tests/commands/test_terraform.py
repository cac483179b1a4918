"""Terraform in runs: every report says who read it, and none shows what is sensitive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from commands.conftest import Project
    from program import Ended

FORMATS = ("junit", "json", "jsonl", "html", "markdown", "github")
MODULE = """\
resource "kubernetes_network_policy" "shut" {
  metadata {
    name      = "shut"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
"""
SPEC = "include world.nps\na: world ; given terraform modules/shut ; expect ms-a -> ms-b:80 denied\n"


def run(project: Project, *arguments: str) -> tuple[Ended, dict[str, str]]:
    """Run a spec with every report; its streams, and the reports by their formats."""
    reports = (part for name in FORMATS for part in ("--report", f"{name}=reports/{name}"))
    ended = project.run("run", "specs/terraform.nps", *reports, *arguments)
    return ended, {name: (project.folder / "reports" / name).read_text("utf-8") for name in FORMATS}


@pytest.fixture
def shut(project: Project) -> Project:
    """The project, with a spec that reads a module."""
    project.write("specs/modules/shut/main.tf", MODULE)
    project.write("specs/terraform.nps", SPEC)
    return project


def test_every_report_says_who_read_a_module(shut: Project) -> None:
    ended, reports = run(shut, "--terraform", "static", "-v")
    assert ended.status == 0
    assert ended.out.splitlines()[:3] == [
        "TAP version 14",
        "1..1",
        "# terraform: specs/modules/shut: static reader",
    ]
    assert "\nterraform: specs/modules/shut: static reader\n" in ended.err
    told = [{"path": "specs/modules/shut", "reader": "static reader"}]
    assert json.loads(reports["json"])["terraform"] == told
    assert json.loads(reports["jsonl"].splitlines()[0])["terraform"] == told
    assert '<property name="terraform" value="specs/modules/shut: static reader"/>' in reports["junit"]
    assert "Terraform in <code>specs/modules/shut</code> read by: static reader" in reports["html"]
    assert "Terraform in `specs/modules/shut` read by: static reader." in reports["markdown"]


def test_the_report_says_why_terraform_did_not_speak(shut: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(shut.folder))
    ended, _ = run(shut)
    assert "# terraform: specs/modules/shut: static reader (terraform is not installed)\n" in ended.out


@pytest.mark.parametrize("mode", ["static", "auto"])
def test_who_reads_the_library_is_not_told(project: Project, mode: str) -> None:
    ended = project.run("run", "specs/tenants.nps", "--terraform", mode)
    assert ended.status == 0
    assert "terraform" not in ended.out


# --- sensitive values ---------------------------------------------------------------------------------------------

SENSITIVE = """\
variable "name" {
  type      = string
  sensitive = true
}
variable "label" {
  type      = string
  sensitive = true
}
variable "port" {
  type      = number
  sensitive = true
}
resource "kubernetes_namespace" "secret" {
  metadata {
    name = "${var.name}-space"
  }
}
resource "kubernetes_network_policy" "secret" {
  metadata {
    name      = "${var.name}-policy"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
    ingress {
      from {
        namespace_selector {
          match_labels = { team = var.label }
        }
      }
      ports {
        port = var.port
      }
    }
  }
}
resource "kubernetes_pod" "secret" {
  metadata {
    name      = "${var.name}-pod"
    namespace = "ms-b"
    labels    = { app = var.label }
  }
  spec {
    container {
      name  = "web"
      image = "web"
      port {
        container_port = var.port
      }
    }
  }
}
"""
VALUES = {"name": '"hush"', "label": '"psst"', "port": "48123"}
WITH_SECRETS = """\
include world.nps
shut: world ; given terraform modules/secret ; expect ms-a -> ms-b/nginx:80 allowed
"""
SECRETS = ("hush", "psst", "48123")


@pytest.fixture
def secret(project: Project) -> Project:
    """The project, with a spec that reads a module of sensitive values, and that fails."""
    project.write("specs/modules/secret/main.tf", SENSITIVE)
    values = "".join(f"{name} = {value}\n" for name, value in VALUES.items())
    project.write("specs/modules/secret/terraform.tfvars", values)
    project.write("specs/terraform.nps", WITH_SECRETS)
    return project


def find_secrets(*texts: str) -> list[str]:
    return [line for text in texts for line in text.splitlines() if any(each in line for each in SECRETS)]


def test_no_report_of_a_run_shows_what_is_sensitive(secret: Project) -> None:
    ended, reports = run(secret, "-vv", "--log-format", "json", "--terraform", "static")
    assert ended.status == 1
    assert find_secrets(ended.out, ended.err, *reports.values()) == []
    for text in (ended.out, ended.err, *reports.values()):
        assert "(sensitive value)" in text
    json.loads(reports["json"])


def test_a_dry_run_shows_nothing_either(secret: Project) -> None:
    ended = secret.run("run", "specs/terraform.nps", "--dry-run", "--terraform", "static", "-vv")
    assert "NetworkPolicy ms-b/(sensitive value)" in ended.out
    assert find_secrets(ended.out, ended.err) == []


def run_command(secret: Project, command: str) -> Ended:
    names = {"SPECS": "specs/terraform.nps", "SPEC": "specs/terraform.nps::shut", "MODULE": "specs/modules/secret"}
    return secret.run(*(names.get(word, word) for word in command.split()), "-vv")


@pytest.mark.parametrize(
    "command",
    [
        "matrix SPEC",
        "matrix SPEC --external",
        "matrix SPEC --format json",
        "matrix SPEC --format json --form classes",
        "matrix SPEC --format csv",
        "matrix SPEC --format dot",
        "matrix SPEC --format mermaid",
        "matrix SPEC --format html",
        "matrix MODULE",
        "matrix diff MODULE SPEC",
        "matrix diff MODULE SPEC --format json",
        "explain ms-a ms-b/nginx:80 SPEC",
        "explain ms-a ms-b/nginx:80 SPEC --format json",
        "explain ms-a ms-b/nginx SPEC",
        "show SPEC",
        "show SPEC --format mermaid",
        "show MODULE",
        "render SPEC",
        "render MODULE --format json",
        "check SPECS",
        "check MODULE",
        "check SPECS MODULE --format json",
        "check SPECS MODULE --format github",
        "doc specs/terraform.nps",
    ],
)
def test_no_command_shows_what_is_sensitive(secret: Project, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETPOLSPEC_TERRAFORM", "static")
    ended = run_command(secret, command)
    assert ended.status in {0, 1}, ended.err
    assert find_secrets(ended.out, ended.err) == []
    if "json" in command:
        assert "(sensitive value)" in json.dumps(json.loads(ended.out))


@pytest.mark.parametrize("command", ["matrix SPEC --format json", "render MODULE"])
def test_nor_does_it_where_terraform_has_read_it(secret: Project, command: str) -> None:
    """terraform, where it is there: starting it for each command would take as long as all other tests."""
    ended = run_command(secret, command)
    assert ended.status == 0, ended.err
    assert find_secrets(ended.out, ended.err) == []
    assert "(sensitive value)" in ended.out


def test_mistakes_do_not_show_it_either(secret: Project) -> None:
    no_ms_b = WITH_SECRETS.replace("include world.nps\n", "").replace("world", "base")
    secret.write("specs/terraform.nps", f"base: ; given namespace ms-a\n{no_ms_b}")
    ended = secret.run("run", "specs/terraform.nps", "--terraform", "static")
    assert ended.status == 2
    assert "(sensitive value)" in ended.err
    assert find_secrets(ended.err) == []


def test_a_block_of_a_document_hides_its_values(project: Project) -> None:
    block = SENSITIVE
    for name, value in VALUES.items():
        block = block.replace(f'variable "{name}" {{', f'variable "{name}" {{\n  default = {value}')
    policy = WITH_SECRETS.replace("given terraform modules/secret", "given policy secret")
    project.write("specs/page.md", f"# Page\n\n```hcl\n{block}```\n\n```nps\n{policy}```\n")
    ended = project.run("run", "specs/page.md", "-vv")
    assert ended.status == 1
    assert find_secrets(ended.out, ended.err) == []

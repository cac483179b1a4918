"""Terraform in runs: every report says who read it, and none shows what is sensitive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from commands.conftest import Ended, Project

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

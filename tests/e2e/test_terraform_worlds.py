"""Worlds that terraform makes: the article's modules and others, applied, diffed between scenarios, removed."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from e2e.terraforming import MODULES, POLICY, make_ground

from netpolspec.run.events import Status

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.lab import Lab, Report
    from e2e.terraforming import Ground

pytestmark = pytest.mark.e2e

GIT = shutil.which("git") or "git"

NAMESPACES = """
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given namespace ms-c namespace=ms-c
"""
PODS = """
  given pod web in ms-b app=web port 80
  given pod other in ms-b app=other port 80 port 90
"""
WORLD = NAMESPACES + PODS[1:]


@pytest.fixture
def ground(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    return make_ground(lab, tmp_path, monkeypatch)


def all_proven(report: Report) -> bool:
    """Whether every point did what was expected, and every denial has its control."""
    assert report.bailed is None, report.bailed
    points = report.points
    assert [(each.point.title, each.message) for each in points if each.status is not Status.PASSED] == []
    assert all(each.observed is not None for each in points)
    denials = [each.observed for each in points if each.observed is not None and each.observed.verdict == "dropped"]
    return bool(denials) and all(each.control is not None for each in denials)


def applies(report: Report, ground: Ground) -> int:
    """How often something was applied, after one `init`; an apply during which the API server was away is repeated."""
    assert ground.calls.count("init") == 1
    assert set(ground.calls) == {"init", "apply"}
    return sum(1 for line in report.said if line.startswith("terraform apply: "))


def test_the_use_cases_of_the_library(ground: Ground) -> None:
    report = ground.run(
        WORLD
        + """
IN := ms-b
deny-from-any: world
  given policy deny-from-any
  expect ms-a, ms-b, ms-c -> web.ms-b:80 denied
allow-from-any: world
  given policy deny-from-any
  given policy allow-from-any
  expect ms-a, ms-b, ms-c -> web.ms-b:80 allowed
deny-from-other-namespaces: world
  given policy deny-from-other-namespaces
  expect ms-b -> web.ms-b:80 allowed
  expect ms-a, ms-c -> web.ms-b:80 denied
allow-from-other-namespaces: world
  given policy deny-from-any
  given policy allow-from-other-namespaces allowed_namespaces=["ms-a"]
  expect ms-a -> web.ms-b:80 allowed
  expect ms-c -> web.ms-b:80 denied
allow-from: world
  given policy allow-from ns=ms-c
  expect ms-c -> web.ms-b:80 allowed
  expect ms-a -> web.ms-b:80 denied
allow-from-special: world
  given policy deny-from-any
  given policy allow-from-special
  expect ms-b[special=true] -> web.ms-b:80 allowed
  expect ms-b -> web.ms-b:80 denied
allow-from-any-to-port: world
  given policy deny-from-any
  given policy allow-from-any-to-port port=90
  expect ms-a -> other.ms-b:90 allowed
  expect ms-a -> other.ms-b:80 denied
""".replace("web.ms-b", "ms-b/web").replace("other.ms-b", "ms-b/other")
    )
    assert all_proven(report)
    assert applies(report, ground) == 7  # one for each scenario
    assert ground.works == []
    assert ground.lab.clear(60)


def test_the_root_module_of_the_article(ground: Ground) -> None:
    root = f'given terraform "{MODULES}/article"'
    report = ground.run(f"""
closed:
  {root} policies=["deny-from-any"]
  {PODS.strip()}
  expect ms-a, ms-c -> ms-b/web:80 denied
one-lets-in:
  {root} policies=["deny-from-any","allow-from-other-namespaces"] allowed_namespaces=["ms-c"]
  {PODS.strip()}
  expect ms-c -> ms-b/web:80 allowed
  expect ms-a -> ms-b/web:80 denied
port:
  {root} policies=["allow-from-any-to-port"] port=["90"]
  {PODS.strip()}
  expect ms-a -> ms-b/other:90 allowed
  expect ms-a -> ms-b/other:80 denied
open:
  {root} policies=[]
  {PODS.strip()}
  expect ms-a -> ms-b/web:80 allowed
""")
    assert all_proven(report)
    # The namespaces stay, with the pods in them, and what differs is changed by one apply for each scenario.
    assert applies(report, ground) == 4
    assert any("article" in line for each in report.points if each.observed for line in each.observed.evidence)
    assert ground.works == []
    assert ground.lab.clear(60)


def test_what_a_when_changes_is_changed_on_top(ground: Ground) -> None:
    ground.module(
        "tenants",
        """
resource "kubernetes_namespace" "this" {
  for_each = toset(["ms-a", "ms-b"])
  metadata {
    name   = each.key
    labels = { team = each.key, extra = "yes" }
  }
}
resource "kubernetes_network_policy" "b" {
  metadata {
    name      = "from-team-a"
    namespace = kubernetes_namespace.this["ms-b"].metadata[0].name
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
    ingress {
      from {
        namespace_selector {
          match_labels = { team = "ms-a" }
        }
      }
    }
  }
}
"""
        + POLICY % ("deny", "deny", '${kubernetes_namespace.this["ms-b"].metadata[0].name}'),
    )
    world = 'given terraform "tenants"\n  given pod web in ms-b app=web port 80'
    report = ground.run(f"""
world:
  {world}
first: world
  expect ms-a -> ms-b/web:80 allowed
  when label namespace ms-a team=other
  expect ms-a -> ms-b/web:80 denied
  when unlabel namespace ms-a extra
  when remove policy from-team-a in ms-b
  when remove policy deny in ms-b
  expect ms-a -> ms-b/web:80 allowed
second: world
  expect ms-a -> ms-b/web:80 allowed
third: world
  when label namespace ms-a team=third
  expect ms-a -> ms-b/web:80 denied
fourth:
  given namespace ms-a
  given namespace ms-b
  given pod web in ms-b app=web port 80
  expect ms-a -> ms-b/web:80 allowed
""")
    assert all_proven(report)
    assert ground.lab.clear(60)
    assert ground.works == []


def test_modules_that_stand_alone(ground: Ground) -> None:
    text = 'provider "kubernetes" {\n  alias = "other"\n  host  = "https://127.0.0.1:1"\n}\n'
    policy = (POLICY % ("deny", "deny", "ms-b")).replace("{\n", "{\n  provider = kubernetes.other\n", 1)
    ground.module("aliased", text + policy)
    named = POLICY % ("rooted", "${basename(path.root) == path.root ? 1 : 2}-rooted", "ms-b")
    ground.module("rooted", 'provider "kubernetes" {\n  config_context = "nowhere"\n}\n' + named)
    report = ground.run(f"""
{WORLD}
aliased: world
  given terraform "aliased"
  expect ms-a -> ms-b/web:80 denied
rooted: world
  given terraform "rooted"
  expect ms-a -> ms-b/web:80 denied
both: world
  given terraform "aliased"
  given terraform "rooted"
  given policy allow-from ns=ms-a in ms-b
  expect ms-a -> ms-b/web:80 allowed
  expect ms-c -> ms-b/web:80 denied
""")
    assert all_proven(report)
    assert ground.lab.clear(60)
    assert ground.works == []


def test_what_has_no_label_is_destroyed_by_terraform(ground: Ground) -> None:
    made = ground.folder / "made"
    ground.module(
        "local",
        f"""
resource "terraform_data" "file" {{
  input = "{made}"
  provisioner "local-exec" {{
    command = "touch ${{self.input}}"
  }}
  provisioner "local-exec" {{
    when    = destroy
    command = "rm ${{self.input}}"
  }}
}}
"""
        + POLICY % ("deny", "deny", "ms-b"),
    )
    seen = []
    report = ground.run(f"""
{WORLD}
first: world ; given terraform "local" ; expect ms-a -> ms-b/web:80 denied
""")
    seen.append(made.exists())
    assert all_proven(report)
    assert seen == [False]
    assert ground.calls == ["init", "apply", "apply"]
    assert ground.works == []


def test_what_gets_its_label_afterwards(ground: Ground) -> None:
    """Modules from afar, whose files are not copied, and those in which something depends on labels."""
    afar = ground.module("afar", POLICY % ("deny", "deny", "ms-b"))
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "one")):
        name = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
        subprocess.run([GIT, "-C", afar, *name, *command], check=True, capture_output=True)
    ground.module("caller", f'module "afar" {{\n  source = "git::file://{afar}"\n}}\n')
    ground.module(
        "reader",
        """
resource "kubernetes_namespace" "guest" {
  metadata {
    name   = "guest"
    labels = { guest = "yes" }
  }
}
resource "kubernetes_network_policy" "guests" {
  for_each = kubernetes_namespace.guest.metadata[0].labels
  metadata {
    name      = "from-${each.key}"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
    ingress {
      from {
        namespace_selector {
          match_labels = { (each.key) = each.value }
        }
      }
    }
  }
}
""",
    )
    report = ground.run(f"""
{WORLD}
first: world
  given terraform "caller"
  expect ms-a -> ms-b/web:80 denied
second: world
  given terraform "caller"
  given terraform "reader"
  expect guest -> ms-b/web:80 allowed
  expect ms-a -> ms-b/web:80 denied
""")
    assert all_proven(report)
    assert ground.works == []
    assert ground.lab.clear(60)
    assert not ground.lab.kubectl.run("get", "namespace", "guest").ok


def test_nothing_that_was_there_is_changed(ground: Ground) -> None:
    ground.lab.kubectl.check("create", "namespace", "theirs")
    try:
        ground.module("into", POLICY % ("deny", "deny", "theirs"))
        text = 'resource "kubernetes_namespace" "this" {\n  metadata {\n    name = "theirs"\n  }\n}\n'
        ground.module("again", text)
        world = "given namespace ms-a\n  given pod web in ms-a port 80"
        report = ground.run(f"""
one:
  {world}
  given terraform "again"
  expect ms-a -> ms-a/web:80 allowed
""")
        assert report.bailed is not None
        assert report.bailed.reason == "Namespace theirs exists already, and this run did not create it"
        assert "terraform does not take over what it did not make" in str(report.bailed.diagnostic)
        assert "apply" not in ground.calls
        assert ground.works == []
        assert (
            ground.lab.kubectl.check("get", "namespace", "theirs", "-o", "jsonpath={.metadata.labels}").count(":") == 1
        )
    finally:
        ground.lab.kubectl.check("delete", "namespace", "theirs", "--wait=false")

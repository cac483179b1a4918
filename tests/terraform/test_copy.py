"""Copies of modules in which everything gets a label: they mean the same, and places in them are found in the files."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from terraform.reading import CORPUS, ask, find_cases

from netpolspec.backends import tree
from netpolspec.load.terraform.copy import Copy, Style, copy_modules
from netpolspec.load.terraform.job import Job, open_job
from netpolspec.load.terraform.kinds import made_by
from netpolspec.load.terraform.read import Mode, read_terraform
from netpolspec.load.terraform.static import Found
from netpolspec.load.terraform.values import Request
from netpolspec.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from netpolspec.load.plain import Json

LABELS = {"netpolspec.dev/run": "1234"}
TEXT = """\
terraform {
  backend "local" {
    path = "elsewhere"
  }
}

provider "kubernetes" {
  host = "https://example.com"
}

resource "kubernetes_namespace" "short" {
  metadata { name = "short" }
}

resource "kubernetes_deployment" "web" {
  metadata {
    name      = "web"
    namespace = "short"
    labels    = var.labels
  }
  spec {
    selector {
      match_labels = { app = "web" }
    }
    template {
      metadata {
        labels = { app = "web" }
      }
      spec {
        container {
          name  = "web"
          image = "web:1"
        }
      }
    }
  }
}

resource "kubernetes_network_policy" "deny" {
  dynamic "metadata" {
    for_each = ["deny"]
    content {
      name      = metadata.value
      namespace = "short"
    }
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}

variable "labels" {
  type    = map(string)
  default = null
}
"""


def open_folder(folder: Path) -> Job:
    source = Source("<command line>", str(folder))
    return open_job(Request(str(folder), source.span(0, len(source.text))), Found())


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(
        TEXT.replace('{ metadata { name = "short" } }', '{\n  metadata { name = "short" }\n}')
    )
    return folder


def copied(folder: Path, target: Path, style: Style) -> Copy:
    target.mkdir()
    return copy_modules(open_folder(folder).modules, target, style)


def objects(folder: Path) -> list[dict[str, object]]:
    source = Source("<command line>", "x")
    (reading,) = read_terraform([Request(str(folder), source.span(0, 1))], Mode.STATIC)
    assert reading.diagnostics == ()
    found: list[dict[str, object]] = json.loads(json.dumps([dict(each.manifest) for each in reading.resources]))
    return found


def test_everything_gets_the_labels(module: Path, tmp_path: Path) -> None:
    copy = copied(module, tmp_path / "copy", Style(labels=LABELS))
    before, after = objects(module), objects(copy.root)
    assert len(before) == len(after) == 3
    for old, new in zip(before, after, strict=True):
        assert new["metadata"]["labels"] == {**(old["metadata"].get("labels") or {}), **LABELS}  # type: ignore[index, attr-defined]
    (web,) = (each for each in after if each["kind"] == "Deployment")
    assert web["spec"]["template"]["metadata"]["labels"] == {"app": "web", **LABELS}  # type: ignore[index]
    assert web["spec"]["selector"] == {"matchLabels": {"app": "web"}}  # type: ignore[index]


def test_the_same_in_json(tmp_path: Path) -> None:
    folder = tmp_path / "module"
    folder.mkdir()
    namespaces = {
        "none": {"metadata": {"name": "none"}},
        "some": {"metadata": [{"name": "some", "labels": {"a": "b"}}]},
        "computed": {"metadata": {"name": "computed", "labels": "${var.labels}"}},
    }
    variable = {"labels": {"type": "map(string)", "default": {"c": "d"}}}
    held = {"resource": {"kubernetes_namespace": namespaces}, "variable": variable}
    (folder / "main.tf.json").write_text(json.dumps(held))
    copy = copied(folder, tmp_path / "copy", Style(labels=LABELS))
    labels = {each["metadata"]["name"]: each["metadata"]["labels"] for each in objects(copy.root)}  # type: ignore[index]
    assert labels == {"none": LABELS, "some": {"a": "b", **LABELS}, "computed": {"c": "d", **LABELS}}


def test_places_are_those_of_the_users_file(module: Path, tmp_path: Path) -> None:
    copy = copied(module, tmp_path / "copy", Style(embedded=True, labels=LABELS))
    (written,) = copy.files.values()
    assert written.source.text != written.text.text
    for word in ("kubernetes_deployment", '"web:1"', "metadata.value", "pod_selector", '"labels"', "default"):
        at = written.text.text.index(word)
        line, column = written.text.line_column(at)
        end = written.text.line_column(at + len(word))
        assert written.span((line, column), end).text == word
        assert written.line(line).text.count(word) == 1
    inside = written.text.line_column(written.text.text.index("labels = {"))
    assert (
        written.span(inside, inside).line == written.source.text[: written.source.text.index("name = ")].count("\n") + 1
    )


def test_who_calls_a_module_configures_its_provider(module: Path, tmp_path: Path) -> None:
    alone = copied(module, tmp_path / "alone", Style())
    called = copied(module, tmp_path / "called", Style(embedded=True))
    assert 'provider "kubernetes" {}' in (alone.root / "main.tf").read_text()
    assert "provider" not in (called.root / "main.tf").read_text()
    assert all("backend" not in (each.root / "main.tf").read_text() for each in (alone, called))
    assert (module / "main.tf").read_text().count("example.com") == 1


def test_labelled_copies_are_what_terraform_understands(module: Path, tmp_path: Path, terraform: Path) -> None:
    copy = copied(module, tmp_path / "copy", Style(embedded=True, labels=LABELS))
    for command in (("init", "-input=false"), ("validate",)):
        done = subprocess.run(
            (terraform, f"-chdir={copy.root}", *command), capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", find_cases(CORPUS))
def test_a_label_is_all_that_differs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the corpus: without its label, what a copy means is what the module means."""
    monkeypatch.chdir(CORPUS)
    request = ask(CORPUS, name)
    job = open_job(request, Found())
    if job.reads_labels:  # it gets none: they are put on its objects afterwards
        assert name.startswith("references-")
        return
    (tmp_path / "copy").mkdir()
    copy = copy_modules(job.modules, tmp_path / "copy", Style(labels=LABELS))
    (before,) = read_terraform([request], Mode.STATIC)
    (after,) = read_terraform([replace(request, folder=str(copy.root))], Mode.STATIC)
    assert [plain(each.manifest) for each in after.resources] == [plain(each.manifest) for each in before.resources]
    if name != "static-only-manifest":  # `kubernetes_manifest` may hold anything, so nothing is put into it
        assert all(
            LABELS.items() <= tree.strings(each.manifest, "metadata", "labels").items() for each in after.resources
        )


def plain(manifest: Mapping[str, Json]) -> dict[str, Json]:
    """A manifest without the label of a copy; without `labels` where there are no others."""
    held: dict[str, Json] = {}
    for key, value in manifest.items():
        if key == "labels" and isinstance(value, Mapping):
            left = {name: each for name, each in value.items() if name not in LABELS}
            held |= {key: left} if left else {}
        elif key in {"metadata", "spec", "template"} and isinstance(value, Mapping):
            below = plain(value)
            held |= {key: below} if below else {}
        else:
            held[key] = value
    return held


@pytest.mark.parametrize(
    ("type_", "asked"),
    [
        ("kubernetes_namespace", "Namespace"),
        ("kubernetes_network_policy_v1", "NetworkPolicy.networking.k8s.io"),
        ("kubernetes_daemonset", "DaemonSet.apps"),
        ("kubernetes_daemon_set_v1", "DaemonSet.apps"),
        ("kubernetes_horizontal_pod_autoscaler_v2beta2", "HorizontalPodAutoscaler.autoscaling"),
        ("kubernetes_config_map", "ConfigMap"),
        ("kubernetes_config_map_v1_data", None),
        ("kubernetes_labels", None),
        ("terraform_data", None),
    ],
)
def test_what_a_type_of_resource_makes(type_: str, asked: str | None) -> None:
    made = made_by(type_)
    assert (None if made is None else made.asked) == asked

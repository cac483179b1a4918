"""Runs in which terraform applies: the specs and modules of a test, and a terraform that takes notes."""

from __future__ import annotations

import os
import shutil
import subprocess
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from e2e.lab import Report

from netpolspec.backends.cluster import ClusterBackend
from netpolspec.backends.options import LiveOptions
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Input
from netpolspec.run.runner import RunOptions, run
from netpolspec.source import Source

if TYPE_CHECKING:
    from e2e.lab import Lab

MODULES = Path(__file__).parents[2] / "terraform"
POLICY = """\
resource "kubernetes_network_policy" "%s" {
  metadata {
    name      = "%s"
    namespace = "%s"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
"""
STUCK = """\
resource "kubernetes_namespace" "stuck" {
  metadata {
    name = "stuck"
  }
}

resource "kubernetes_deployment" "never" {
  metadata {
    name      = "never"
    namespace = kubernetes_namespace.stuck.metadata[0].name
  }
  spec {
    selector {
      match_labels = { app = "never" }
    }
    template {
      metadata {
        labels = { app = "never" }
      }
      spec {
        container {
          name  = "never"
          image = "nowhere.invalid/never:1"
        }
      }
    }
  }
}
"""
"""A Deployment that the provider waits for, in vain."""


@dataclass(frozen=True)
class Ground:
    """A cluster, a folder for modules, and what terraform was told."""

    lab: Lab
    folder: Path
    calls_file: Path

    def module(self, name: str, text: str) -> Path:
        """A folder with one file, `main.tf`."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "main.tf").write_text(text, encoding="utf-8")
        return folder

    def run(self, text: str, **options: object) -> Report:
        """Run a spec of this folder; terraform says what its modules mean, and applies them."""
        settings = replace(
            self.lab.options,
            context=self.lab.user.context,
            kubeconfig=self.lab.user.kubeconfig,
            probe_image=self.lab.probe_image,
            run_id=LiveOptions().run_id,
            **options,  # type: ignore[arg-type]
        )
        spec = Input(Source("test.nps", textwrap.dedent(text)), self.folder)
        plan, diagnostics = analyze((spec,), Options(terraform="plan"))
        assert plan is not None, diagnostics
        self.calls_file.write_text("", encoding="utf-8")
        said: list[str] = []
        return Report(tuple(run(plan.scenarios, ClusterBackend(settings, said.append), RunOptions())), tuple(said))

    @property
    def of_admin(self) -> Ground:
        """The same for runs that may do everything."""
        return replace(self, lab=self.lab.of_admin)

    @property
    def calls(self) -> list[str]:
        """What terraform was started for since the last run began."""
        return self.calls_file.read_text(encoding="utf-8").split()

    @property
    def works(self) -> list[Path]:
        """The work folders that are left."""
        folder = self.state / "netpolspec" / "terraform"
        return sorted(folder.iterdir()) if folder.is_dir() else []

    @property
    def state(self) -> Path:
        """What XDG_STATE_HOME says."""
        return self.folder / "state"


def demand_provider(folder: Path) -> Path:
    """terraform, where `terraform init` finds the provider; otherwise the test is skipped."""
    found = shutil.which("terraform")
    if found is None:
        pytest.skip("terraform is not installed")
    (folder / "main.tf").write_text(POLICY % ("this", "this", "default"), encoding="utf-8")
    init = subprocess.run((found, "init", "-input=false"), cwd=folder, capture_output=True, check=False, timeout=120)
    if init.returncode != 0:
        pytest.skip("terraform finds no provider hashicorp/kubernetes")
    return Path(found)


def make_ground(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """A ground in a new folder, which is the current one, with a memory of its own."""
    asked = tmp_path / "asked"
    asked.mkdir()
    real = demand_provider(asked)
    folder = tmp_path / "ground"
    programs = tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    calls = tmp_path / "calls"
    script = programs / "terraform"
    script.write_text(f'#!/bin/sh\necho "$2" >> {calls}\nexec {real} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.chdir(folder)
    return Ground(lab, folder, calls)

"""`netpolspec up --cluster`: a cluster that a Terraform module makes. The module starts kind by itself."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from e2e.machine import Machine
from e2e.terraforming import MODULES, demand_provider

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.e2e

NAME = "netpolspec-e2e-tf"
MODULE = """\
variable "name" {
  type = string
}

variable "kubeconfig_path" {
  type = string
}

variable "options" {
  type    = string
  default = ""
}

resource "terraform_data" "cluster" {
  input = { name = var.name, kubeconfig = var.kubeconfig_path }

  provisioner "local-exec" {
    command = "kind create cluster --name ${self.input.name} --kubeconfig ${self.input.kubeconfig} ${var.options}"
  }

  provisioner "local-exec" {
    when    = destroy
    command = "kind delete cluster --name ${self.input.name} --kubeconfig ${self.input.kubeconfig}"
  }
}

output "context" {
  value = "kind-${terraform_data.cluster.output.name}"
}

output "kubeconfig" {
  value = terraform_data.cluster.output.kubeconfig
}
"""


@pytest.fixture
def machine(netpolspec: Path, tmp_path: Path) -> Iterator[Machine]:
    asked = tmp_path / "asked"
    asked.mkdir()
    demand_provider(asked)
    folder = tmp_path / "machine"
    (folder / "cluster").mkdir(parents=True)
    (folder / "cluster" / "main.tf").write_text(MODULE, encoding="utf-8")
    made = Machine(netpolspec, folder)
    yield made
    made.run("down", NAME)


def _arguments() -> list[str]:
    """What makes the module's cluster one that can be had here, and the run's network plugin go into it."""
    named = {"--image": "NETPOLSPEC_NODE_IMAGE", "--config": "NETPOLSPEC_KIND_CONFIG"}
    options = " ".join(f"{option} {os.environ[name]}" for option, name in named.items() if name in os.environ)
    return ["up", "--cluster", "cluster", f"name={NAME}", f"options={options}"]


def test_a_cluster_by_terraform(machine: Machine) -> None:
    up = machine.run(*_arguments(), timeout=400)
    assert up.status == 0, up.err
    assert "terraform apply: cluster" in up.err
    assert f"cluster '{NAME}' is made and ready" in up.err
    (cluster,) = machine.clusters
    assert (cluster["name"], cluster["context"], cluster["health"]) == (NAME, f"kind-{NAME}", "ready")
    assert cluster["module"] == str(machine.folder / "cluster")
    assert not machine.kubeconfig.exists()
    again = machine.run(*_arguments())
    assert f"cluster '{NAME}' is there and ready" in again.err
    run = next(line for line in up.err.splitlines() if "to run specs:" in line).split("netpolspec ")[1]
    ran = machine.run(*run.split(), "spec.nps")
    assert ran.status == 0, ran.out + ran.err
    down = machine.run("down", NAME)
    assert down.status == 0, down.err
    assert f"terraform destroy: cluster '{NAME}'" in down.err
    assert machine.clusters == []
    assert NAME not in machine.docker("ps", "--all", "--format", "{{.Names}}")


def test_an_interrupt_leaves_no_cluster(machine: Machine) -> None:
    with machine.start(*_arguments()) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "terraform apply" in line)
        assert line
        while NAME not in machine.docker("ps", "--all", "--format", "{{.Names}}") and process.poll() is None:
            pass
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode == 130
    assert machine.clusters == []
    assert NAME not in machine.docker("ps", "--all", "--format", "{{.Names}}")


def test_a_provider_that_cannot_be_had(machine: Machine) -> None:
    """Where it can be had, there is a test to be written that makes a cluster by it."""
    mirror = machine.folder / "mirror"
    mirror.mkdir()
    settings = machine.folder / "terraformrc"
    place = f'filesystem_mirror {{\n    path = "{mirror}"\n  }}'
    settings.write_text(f"provider_installation {{\n  {place}\n}}\n", encoding="utf-8")
    machine.environment["TF_CLI_CONFIG_FILE"] = str(settings)
    ended = machine.run("up", "--cluster", f"{MODULES}/cluster-kind", f"name={NAME}")
    assert ended.status == 3
    assert "error: a provider cannot be had here" in ended.err
    assert "tehcyx/kind" in ended.err
    assert "where a mirror has it: TF_CLI_CONFIG_FILE names the file that says so" in ended.err
    assert machine.clusters == []


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--cluster", "nowhere"], 2, "'nowhere' is no folder"),
        (["--cluster", "cluster", "colour=red"], 2, "module 'cluster' has no variable 'colour'"),
        (["--cluster", f"{MODULES}/tenants", "namespaces={}"], 2, "has no output 'context'"),
        (["name=x"], 2, "'up' takes no 'name=x'"),
    ],
)
def test_what_is_refused_before_anything_is_done(
    arguments: list[str], status: int, said: str, machine: Machine
) -> None:
    ended = machine.run("up", *arguments)
    assert ended.status == status
    assert said in ended.err
    assert json.dumps(machine.clusters) == "[]"


def test_terraform_is_missing(machine: Machine) -> None:
    programs = machine.folder / "programs"
    programs.mkdir()
    for name in ("kubectl", "kind", "docker"):
        found = next(
            (f"{folder}/{name}" for folder in os.environ["PATH"].split(":") if Path(folder, name).exists()), None
        )
        assert found is not None
        (programs / name).symlink_to(found)
    machine.environment["PATH"] = str(programs)
    ended = machine.run("up", "--cluster", "cluster", f"name={NAME}")
    assert ended.status == 3
    assert "'terraform' is not installed, or not on the PATH" in ended.err

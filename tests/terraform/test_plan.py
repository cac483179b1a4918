"""Reading by plans: what it costs, what it leaves alone, and what is said where it fails."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
import threading
from typing import TYPE_CHECKING

import pytest
from terraform.reading import CORPUS, show_objects

if TYPE_CHECKING:
    from pathlib import Path

from netpolspec.diagnostics import Severity, render
from netpolspec.load.terraform.read import Mode, read_terraform
from netpolspec.load.terraform.reading import Reader, Reading
from netpolspec.load.terraform.values import Request
from netpolspec.source import Source

POLICY = """resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "%s"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
"""
CONSTRAINT = """terraform {
  required_providers {
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = "%s"
    }
  }
}
"""


def ask(folder: Path | str, **variables: str) -> Request:
    source = Source("spec.nps", f'given terraform "{folder}"\n')
    return Request(str(folder), source.span(16, len(source.text) - 1), variables)


def read(folder: Path | str, mode: Mode = Mode.PLAN, **variables: str) -> Reading:
    (reading,) = read_terraform([ask(folder, **variables)], mode)
    return reading


def say(reading: Reading) -> str:
    return "\n".join(render(each) for each in reading.diagnostics if each.severity is Severity.ERROR)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A folder with one policy."""
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(POLICY % "one", encoding="utf-8")
    return folder


@pytest.fixture
def terraform_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """terraform, and a mirror of providers that is empty."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    monkeypatch.chdir(tmp_path)
    settings = tmp_path / "terraformrc"
    settings.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n', encoding="utf-8"
    )
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", settings.name)
    return mirror


# --- where terraform or a provider is not there -------------------------------------------------------------------


def test_terraform_is_missing(module: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "terraform is not installed, or not on the PATH" in say(read(module))
    reading = read(module, Mode.AUTO)
    assert (reading.reader, reading.why) == (Reader.STATIC, "terraform is not installed")
    assert [resource.key.name for resource in reading.resources] == ["one"]


@pytest.mark.usefixtures("terraform_alone")
def test_provider_is_missing(module: Path) -> None:
    said = say(read(module))
    assert said.startswith("error: a provider cannot be had here\n --> spec.nps:1:17")
    assert "= help: --terraform static reads the module without it" in said
    reading = read(module, Mode.AUTO)
    assert (reading.reader, reading.why) == (Reader.STATIC, "a provider cannot be had here")
    assert [resource.key.name for resource in reading.resources] == ["one"]


@pytest.mark.usefixtures("terraform")
def test_no_version_meets_the_constraint(module: Path) -> None:
    (module / "versions.tf").write_text(CONSTRAINT % ">= 99.0", encoding="utf-8")
    said = say(read(module))
    assert "no version of a provider that can be had here meets the constraints" in said
    assert "hashicorp/kubernetes" in said
    assert "change 'version' in 'required_providers'" in said


@pytest.mark.usefixtures("terraform_alone")
def test_the_lock_file_names_another_provider(module: Path) -> None:
    lock = 'provider "registry.terraform.io/hashicorp/kubernetes" {\n  version = "2.23.0"\n}\n'
    (module / ".terraform.lock.hcl").write_text(lock, encoding="utf-8")
    assert "the module's lock file does not fit the providers that can be had here" in say(read(module))
    assert read(module, Mode.AUTO).reader is Reader.STATIC
    assert (module / ".terraform.lock.hcl").read_text(encoding="utf-8") == lock


@pytest.mark.usefixtures("terraform_alone")
def test_another_terraform_is_asked_for(module: Path) -> None:
    (module / "versions.tf").write_text('terraform {\n  required_version = ">= 99.0"\n}\n', encoding="utf-8")
    reading = read(module)
    assert [each.code for each in reading.diagnostics] == ["terraform-version"]
    assert f"{module}/versions.tf:2:3" in say(reading)


def test_a_provider_crashes(module: Path, terraform_alone: Path) -> None:
    folder = terraform_alone / "registry.terraform.io" / "hashicorp" / "kubernetes" / "1.0.0" / _platform()
    folder.mkdir(parents=True)
    program = folder / "terraform-provider-kubernetes_v1.0.0"
    program.write_text("#!/bin/sh\necho out of order >&2\nexit 3\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    reading = read(module)
    assert reading.resources == ()
    assert [each.code for each in reading.diagnostics] == ["terraform-crashed"]
    assert "a provider of terraform crashed, or cannot be started" in say(reading)
    assert "terraform says: Failed to " in say(reading)


def _platform() -> str:
    system = os.uname()
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(system.machine, system.machine)
    return f"{system.sysname.lower()}_{machine}"


@pytest.mark.usefixtures("terraform_alone")
def test_a_module_on_the_network(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'module "policies" {\n  source = "git::file:///nowhere/policies.git"\n}\n', encoding="utf-8"
    )
    reading = read(tmp_path)
    assert [each.code for each in reading.diagnostics] == ["terraform-remote-module"]
    assert [each.code for each in read(tmp_path, Mode.STATIC).diagnostics] == ["terraform-remote-module"]


# --- what it may not start ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("terraform_alone")
def test_other_providers_are_not_started(module: Path) -> None:
    (module / "random.tf").write_text('resource "random_pet" "this" {\n}\n', encoding="utf-8")
    said = say(read(module))
    assert "'random_pet' would start the provider 'random', which nobody allowed" in said
    assert "random.tf:1:1" in said
    reading = read(module, Mode.AUTO)
    assert reading.reader is Reader.STATIC
    assert [resource.key.name for resource in reading.resources] == ["one"]
    (allowed,) = read_terraform([ask(module)], Mode.PLAN, frozenset({"random"}))
    assert "nobody allowed" not in say(allowed)


@pytest.mark.usefixtures("terraform_alone")
def test_data_sources_of_a_cluster_are_not_asked(module: Path) -> None:
    (module / "data.tf").write_text('data "kubernetes_namespace" "this" {\n}\n', encoding="utf-8")
    assert "data source 'kubernetes_namespace.this' asks a cluster, and reading has none" in say(read(module))


@pytest.mark.usefixtures("terraform")
def test_the_cluster_of_the_provider_block_is_not_asked(module: Path) -> None:
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        block = f'provider "kubernetes" {{\n  host     = "http://127.0.0.1:{port}"\n  insecure = true\n}}\n'
        (module / "provider.tf").write_text(block, encoding="utf-8")
        server.settimeout(0.1)

        def listen() -> None:
            while not done.is_set():
                try:
                    server.accept()[0].close()
                    asked.set()
                except TimeoutError:
                    continue

        done = threading.Event()
        listener = threading.Thread(target=listen)
        listener.start()
        try:
            reading = read(module)
        finally:
            done.set()
            listener.join()
    assert [resource.key.name for resource in reading.resources] == ["one"]
    assert not asked.is_set()


# --- what it leaves alone -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("terraform")
def test_nothing_is_written_beside_the_module(module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    (module / "backend.tf").write_text(
        'terraform {\n  backend "local" {\n    path = "state"\n  }\n}\n', encoding="utf-8"
    )
    (module / "terraform.tfstate").write_text("not a state", encoding="utf-8")
    (module / "data").mkdir()
    before = {path: path.stat().st_mtime_ns for path in module.rglob("*")}
    module.chmod(0o555)
    try:
        reading = read(module)
    finally:
        module.chmod(0o755)
    assert [resource.key.name for resource in reading.resources] == ["one"]
    assert {path: path.stat().st_mtime_ns for path in module.rglob("*")} == before
    assert list(scratch.iterdir()) == []


@pytest.mark.usefixtures("terraform")
def test_the_environment_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "name" {\n  default = "given"\n}\n' + POLICY % "${var.name}", encoding="utf-8"
    )
    monkeypatch.setenv("TF_VAR_name", "environment")
    monkeypatch.setenv("TF_WORKSPACE", "production")
    monkeypatch.setenv("TF_CLI_ARGS_plan", "-destroy")
    for mode in (Mode.PLAN, Mode.STATIC):
        assert [resource.key.name for resource in read(tmp_path, mode).resources] == ["given"]
    request = ask(tmp_path)
    asked = Request(request.folder, request.place, environment={"TF_VAR_name": "asked-for"})
    for mode in (Mode.PLAN, Mode.STATIC):
        (reading,) = read_terraform([asked], mode)
        assert [resource.key.name for resource in reading.resources] == ["asked-for"]


# --- what it costs ------------------------------------------------------------------------------------------------


@pytest.fixture
def calls(terraform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that takes a line for each time that terraform is started."""
    log = tmp_path / "calls"
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "terraform"
    script.write_text(f'#!/bin/sh\necho "$2" >> {log}\nexec {terraform} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return log


def test_ten_modules_take_one_init_and_one_plan(calls: Path, tmp_path: Path) -> None:
    requests = []
    for number in range(10):
        folder = tmp_path / f"module-{number}"
        folder.mkdir()
        text = 'variable "name" {\n  type = string\n}\n' + POLICY % "${var.name}"
        (folder / "main.tf").write_text(text, encoding="utf-8")
        requests.append(ask(folder, name=f"policy-{number}"))
    readings = read_terraform(requests, Mode.PLAN)
    names = [resource.key.name for reading in readings for resource in reading.resources]
    assert names == [f"policy-{number}" for number in range(10)]
    assert calls.read_text(encoding="utf-8").split() == ["init", "plan", "show"]


@pytest.mark.usefixtures("terraform")
def test_one_that_is_wrong_does_not_spoil_the_others(module: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    text = POLICY.replace("    pod_selector {}\n", "    pod_selector {}\n    colour = 1\n") % "wrong"
    (wrong / "main.tf").write_text(text, encoding="utf-8")
    good, bad = read_terraform([ask(module), ask(wrong)], Mode.PLAN)
    assert [resource.key.name for resource in good.resources] == ["one"]
    assert f"error: terraform: unsupported argument\n --> {wrong}/main.tf:8:5" in say(bad)


# --- what it says -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("terraform")
def test_a_failed_plan_is_drawn_in_the_file(module: Path) -> None:
    (module / "backend.tf").write_text('terraform {\n  backend "s3" {\n    bucket = "b"\n  }\n}\n', encoding="utf-8")
    (module / "more.tf").write_text(
        'provider "kubernetes" {\n  host = "x"\n}\n\nlocals {\n  a = tonumber("x")\n}\n', encoding="utf-8"
    )
    said = say(read(module))
    assert f"error: terraform: invalid function argument\n --> {module}/more.tf:6:" in said
    assert '6 |   a = tonumber("x")' in said


@pytest.mark.usefixtures("terraform")
def test_what_is_known_after_apply_only_is_refused(tmp_path: Path) -> None:
    text = POLICY.replace('"ms-b"', "terraform_data.place.output") % "late"
    (tmp_path / "main.tf").write_text(
        'resource "terraform_data" "place" {\n  input = timestamp()\n}\n\n' + text, encoding="utf-8"
    )
    reading = read(tmp_path)
    assert reading.resources == ()
    assert "a value is known after apply only" in say(reading)
    assert "note: it decides 'namespace' of 'kubernetes_network_policy.this'" in say(reading)
    assert f"{tmp_path}/main.tf:8:17" in say(reading)


@pytest.mark.usefixtures("terraform")
def test_sensitive_values_are_not_shown(tmp_path: Path) -> None:
    text = POLICY.replace("pod_selector {}", 'pod_selector {\n      match_labels = { "a" = var.secret }\n    }')
    (tmp_path / "main.tf").write_text('variable "secret" {\n  sensitive = true\n}\n\n' + text % "x", encoding="utf-8")
    for mode in (Mode.PLAN, Mode.STATIC):
        good = read(tmp_path, mode, secret="hunter2")  # noqa: S106 - the test's own
        assert len(good.resources) == 1
        assert "hunter2" not in show_objects(good)
        assert "a: (sensitive value)" in show_objects(good)
        bad = read(tmp_path, mode, secret="hunter2!")  # noqa: S106 - the test's own
        assert bad.resources == ()
        assert "label value '(sensitive value)' must consist of" in say(bad)
        assert "hunter2" not in say(bad)


@pytest.mark.usefixtures("terraform")
def test_the_workspace_is_the_default_one(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(POLICY % "in-${terraform.workspace}", encoding="utf-8")
    reading = read(tmp_path)
    assert [resource.key.name for resource in reading.resources] == ["in-default"]
    assert [each.code for each in reading.diagnostics] == ["terraform-workspace"]
    assert "'terraform.workspace' is known to terraform only" in say(read(tmp_path, Mode.STATIC))


@pytest.mark.usefixtures("terraform")
def test_auto_takes_terraform_where_it_is_there() -> None:
    assert read(CORPUS / "policy-deny-all", Mode.AUTO).reader is Reader.PLAN


# --- bad input, where terraform may speak ---------------------------------------------------------------------------

_VARIABLE = 'variable "ports" {\n  type = list(number)\n}\n'


@pytest.mark.usefixtures("terraform")
@pytest.mark.parametrize(
    ("text", "variables", "code", "place"),
    [
        ('resource "kubernetes_network_policy" {\n', {}, "hcl-syntax", "main.tf:1:38"),
        ("locals {\n  a = local.b\n  b = local.a\n}\n", {}, "terraform-cycle", "main.tf:3:7"),
        (_VARIABLE, {"ports": "[80]", "colour": "red"}, "unknown-variable", "spec.nps:1:17"),
        (_VARIABLE, {"ports": "eighty"}, "terraform-variable-type", "spec.nps:1:17"),
        (_VARIABLE, {}, "terraform-variable", "main.tf:1:1"),
        ('module "a" {\n  source = "./nowhere"\n}\n', {}, "terraform-module", "main.tf:2:12"),
        ('module "a" {\n  source = "git::file:///nowhere/at-all.git"\n}\n', {}, "terraform-remote-module", ""),
        ('output "a" {\n  value  = 1\n  colour = 2\n}\n', {}, "terraform-failed", "main.tf:3:3"),
    ],
)
def test_bad_input_is_one_message_and_leaves_nothing(  # noqa: PLR0917 - a row of a table and where it happens
    text: str, variables: dict[str, str], code: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, folder = tmp_path / "scratch", tmp_path / "module"
    scratch.mkdir()
    folder.mkdir()
    (folder / "main.tf").write_text(text, encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    reading = read(folder, Mode.PLAN, **variables)
    errors = [each for each in reading.diagnostics if each.severity is Severity.ERROR]
    assert [each.code for each in errors] == [code], say(reading)
    assert place in say(reading)
    assert list(scratch.iterdir()) == []
    assert [path.name for path in folder.iterdir()] == ["main.tf"]

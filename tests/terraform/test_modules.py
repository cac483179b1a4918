"""The modules of terraform/, the library of policies: that they cannot be misused, and are kept in order."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from netpolspec.load.hcl.configuration import read_folder
from netpolspec.load.library import names
from netpolspec.load.terraform.read import Mode, read_terraform
from netpolspec.load.terraform.reading import Reader
from netpolspec.load.terraform.types import shape_of
from netpolspec.load.terraform.values import Request
from netpolspec.source import Source

pytestmark = pytest.mark.checkout

MODULES = Path(__file__).resolve().parents[2] / "terraform"
NAMES = sorted(folder.name for folder in MODULES.iterdir() if folder.is_dir())
POLICIES = [name for name in NAMES if name not in ("article", "cluster-kind", "tenants")]
LISTS = {
    "allow-from": "ns",
    "allow-from-other-namespaces": "allowed_namespaces",
    "allow-to-namespace": "ns",
    "allow-from-any-to-port": "port",
}
VALUES: dict[str, dict[str, str]] = {
    "allow-from": {"ns": "ms-a,ms-c"},
    "allow-from-other-namespaces": {"allowed_namespaces": "ms-a,ms-c"},
    "allow-to-namespace": {"ns": "ms-a"},
    "allow-from-any-to-port": {"port": "80,http"},
}
PLACE = Source("spec.nps", "given policy\n").span(0, 12)


def ask(name: str, **variables: Any) -> Request:  # noqa: ANN401 - JSON
    return Request(str(MODULES / name), PLACE, variables)


def test_there_is_a_module_for_each_policy_of_the_library() -> None:
    assert set(POLICIES) == set(names(()))


@pytest.mark.parametrize(("name", "variable"), LISTS.items())
def test_an_empty_list_is_refused(name: str, variable: str) -> None:
    (reading,) = read_terraform([ask(name, namespace="ms-b", **{variable: []})], Mode.STATIC)
    assert reading.resources == ()
    assert [each.code for each in reading.diagnostics] == ["terraform-validation"]
    assert "at least one" in reading.diagnostics[0].help[0]


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("allow-from", {"namespace": "Not A Name", "ns": "ms-a"}),
        ("allow-from", {"namespace": "ms-b", "ns": ["ms-a", ""]}),
        ("allow-from-any-to-port", {"namespace": "ms-b", "port": "0"}),
        ("allow-from-any-to-port", {"namespace": "ms-b", "port": "65536"}),
        ("allow-from-any-to-port", {"namespace": "ms-b", "port": "http!"}),
        ("allow-from-any-to-port", {"namespace": "ms-b", "protocol": "tcp"}),
        ("allow-from-special", {"namespace": "ms-b", "client_labels": {}}),
        ("tenants", {"namespaces": {"Not A Name": {}}}),
        ("article", {"policies": ["deny-from-everybody"]}),
    ],
)
def test_a_wrong_value_is_refused(name: str, variables: dict[str, Any]) -> None:
    (reading,) = read_terraform([ask(name, **variables)], Mode.STATIC)
    assert "terraform-validation" in [each.code for each in reading.diagnostics]


def test_the_article_with_all_of_them() -> None:
    (reading,) = read_terraform([ask("article", policies=POLICIES)], Mode.STATIC)
    assert reading.diagnostics == ()
    namespaces = [resource for resource in reading.resources if resource.key.kind == "Namespace"]
    policies = [resource for resource in reading.resources if resource.key.kind == "NetworkPolicy"]
    assert [resource.key.name for resource in namespaces] == ["ms-a", "ms-b", "ms-c"]
    assert [resource.key.name for resource in policies] == POLICIES
    assert {resource.key.namespace for resource in policies} == {"ms-b"}


@pytest.mark.usefixtures("terraform")
def test_terraform_says_the_same() -> None:
    requests = [
        ask("article", policies=POLICIES),
        ask("tenants", namespaces={"ms-a": {"tier": "web"}}),
        *(ask(name, namespace="ms-b", **VALUES.get(name, {})) for name in POLICIES),
    ]
    plans, statics = read_terraform(requests, Mode.PLAN), read_terraform(requests, Mode.STATIC)
    for plan, static in zip(plans, statics, strict=True):
        assert plan.reader is Reader.PLAN
        assert plan.diagnostics == static.diagnostics == ()
        assert [each.manifest for each in plan.resources] == [each.manifest for each in static.resources]


# --- kept in order ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_says_what_it_is(name: str) -> None:
    folder = MODULES / name
    configuration = read_folder(folder, name, shape_of)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {name}\n")
    assert {path.name for path in folder.iterdir() if not path.name.startswith(".")} == {
        "README.md",
        "main.tf",
        "outputs.tf",
        "variables.tf",
        "versions.tf",
    }
    for source in configuration.sources:
        assert "_v1" not in source.text.replace("v1alpha4", "")
    for block in _blocks(folder / "variables.tf") + _blocks(folder / "outputs.tf"):
        assert "description" in block.body.attributes
        assert block.type == "output" or "type" in block.body.attributes
        assert name == "article" or f"| `{block.labels[0]}` |" in readme


def _blocks(path: Path) -> list[Any]:
    from netpolspec.load.hcl.structure import parse_file

    return list(parse_file(Source(path.name, path.read_text(encoding="utf-8"))).blocks)


def test_the_format_is_terraforms(tmp_path: Path) -> None:
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("terraform is not installed")
    command = (terraform, "fmt", "-recursive", "-check", "-diff", str(MODULES))
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout == ""
    assert done.returncode == 0


def test_terraform_finds_them_valid(terraform: Path, tmp_path: Path) -> None:
    shutil.copytree(MODULES, tmp_path, ignore=shutil.ignore_patterns(".terraform*", "cluster-kind"), dirs_exist_ok=True)
    arguments = {name: {key: value.split(",") for key, value in VALUES.get(name, {}).items()} for name in POLICIES}
    calls: dict[str, dict[str, object]] = {
        "article": {"source": "./article"},
        "tenants": {"source": "./tenants", "namespaces": {"ms-a": {"tier": "web"}}},
        **{name: {"source": f"./{name}", "namespace": "ms-b", **arguments[name]} for name in POLICIES},
    }
    assert {*calls, "cluster-kind"} == set(NAMES)
    (tmp_path / "main.tf.json").write_text(json.dumps({"module": calls}), "utf-8")
    for command in (("init", "-backend=false", "-input=false"), ("validate", "-no-color")):
        done = subprocess.run((str(terraform), *command), capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr


KIND_CLUSTER = {"name", "node_image", "wait_for_ready", "kubeconfig_path", "kind_config"}
KIND_CONFIG = {"kind", "api_version", "node", "networking", "containerd_config_patches"}
KIND_NETWORKING = {"disable_default_cni", "pod_subnet"}


def test_the_cluster_is_what_its_provider_knows() -> None:
    """The provider tehcyx/kind is not to be had everywhere, so its schema (schema_kind_config.go) is held here."""
    (block,) = [each for each in _blocks(MODULES / "cluster-kind" / "main.tf") if each.type == "resource"]
    assert block.labels == ("kind_cluster", "this")
    assert {*block.body.attributes, *(each.type for each in block.body.blocks)} <= KIND_CLUSTER
    (config,) = block.body.of_type("kind_config")
    types = {each.labels[0] if each.type == "dynamic" else each.type for each in config.body.blocks}
    assert {*config.body.attributes, *types} <= KIND_CONFIG
    (networking,) = config.body.of_type("networking")
    assert networking.body.attributes.keys() == KIND_NETWORKING

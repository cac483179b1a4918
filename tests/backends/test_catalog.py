"""The table of network plugins: pinned, sourced, and its changes fit manifests of the shape that they were made for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.clusters import manifest
from netpolspec.backends.clusters.catalog import (
    CALICO,
    CILIUM,
    CNIS,
    DEFAULT_CNI,
    KINDNET,
    KUBE_ROUTER,
    NONE,
    BuiltIn,
    Chart,
    IpFamily,
    Manifest,
)
from netpolspec.backends.readiness import Workload

if TYPE_CHECKING:
    from netpolspec.backends.clusters.catalog import Cni
    from netpolspec.backends.clusters.manifest import Object

# The shape of the plugins' own manifests, as far as the catalog changes it.
CALICO_YAML = """
kind: ConfigMap
apiVersion: v1
metadata: {name: calico-config, namespace: kube-system}
data:
  cni_network_config: |-
    {"plugins": [{"type": "calico", "ipam": {
              "type": "calico-ipam"
          }}]}
---
kind: DaemonSet
apiVersion: apps/v1
metadata: {name: calico-node, namespace: kube-system}
spec:
  template:
    spec:
      initContainers: [{name: install-cni, image: "quay.io/calico/cni:v3.32.2"}]
      containers:
        - name: calico-node
          image: quay.io/calico/node:v3.32.2
          env:
            - {name: IP, value: autodetect}
            - {name: FELIX_IPV6SUPPORT, value: "false"}
---
kind: Deployment
apiVersion: apps/v1
metadata: {name: calico-kube-controllers, namespace: kube-system}
spec: {template: {spec: {containers: [{name: controllers, image: "quay.io/calico/kube-controllers:v3.32.2"}]}}}
"""
KUBE_ROUTER_YAML = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-router, namespace: kube-system}
spec:
  template:
    spec:
      initContainers:
      - {name: install-cni, image: docker.io/cloudnativelabs/kube-router, imagePullPolicy: Always}
      containers:
      - name: kube-router
        image: docker.io/cloudnativelabs/kube-router
        imagePullPolicy: Always
        args: [--run-router=true, --run-firewall=true]
"""


def changed(cni: Manifest, text: str, family: IpFamily) -> tuple[Object, ...]:
    objects = manifest.read(text, "m.yaml")
    manifest.change(objects, (*cni.edits, *cni.family_edits.get(family, ())), "m.yaml")
    return objects


def container(objects: tuple[Object, ...], daemonset: str, name: str) -> dict[str, object]:
    found = json.loads(json.dumps(objects))
    pods = [item["spec"]["template"]["spec"] for item in found if item["metadata"]["name"] == daemonset]
    return next(each for each in pods[0]["containers"] if each["name"] == name)


def test_there_are_these_and_no_others() -> None:
    assert set(CNIS) == {"calico", "kindnet", "cilium", "kube-router", "none"}
    assert DEFAULT_CNI is CALICO


@pytest.mark.parametrize("cni", [cni for cni in CNIS.values() if cni is not NONE], ids=lambda cni: cni.name)
def test_every_row_has_its_sources_its_rollouts_and_a_pinned_release(cni: Cni) -> None:
    assert cni.source
    assert cni.workloads
    if isinstance(cni.install, Manifest):
        assert f"/{cni.version}/" in cni.install.url
        assert re.fullmatch(r"v\d+\.\d+\.\d+", cni.version)
    elif isinstance(cni.install, Chart):
        assert cni.install.version == cni.version
        assert re.fullmatch(r"\d+\.\d+\.\d+", cni.version)
    else:
        assert isinstance(cni.install, BuiltIn)


def test_kindnet_is_taken_from_the_first_kind_that_enforces() -> None:
    assert KINDNET.install == BuiltIn(minimum_kind=(0, 24, 0))


def test_kube_router_refuses_where_the_others_drop() -> None:
    assert {cni.name for cni in CNIS.values() if cni.denies_by == "reject"} == {"kube-router"}


def test_what_calico_rolls_out_is_what_its_row_says() -> None:
    assert manifest.workloads(manifest.read(CALICO_YAML, "calico.yaml")) == CALICO.workloads
    assert manifest.workloads(manifest.read(KUBE_ROUTER_YAML, "kube-router.yaml")) == KUBE_ROUTER.workloads


def test_calico_is_not_changed_for_ipv4() -> None:
    assert isinstance(CALICO.install, Manifest)
    assert changed(CALICO.install, CALICO_YAML, IpFamily.IPV4) == manifest.read(CALICO_YAML, "m.yaml")


@pytest.mark.parametrize(
    ("family", "ipv4", "ip"), [(IpFamily.DUAL, "true", "autodetect"), (IpFamily.IPV6, "false", "none")]
)
def test_calico_gives_ipv6_addresses_where_it_is_asked_to(family: IpFamily, ipv4: str, ip: str) -> None:
    assert isinstance(CALICO.install, Manifest)
    objects = changed(CALICO.install, CALICO_YAML, family)
    data = json.loads(json.dumps(objects[0]))["data"]
    ipam = json.loads(data["cni_network_config"])["plugins"][0]["ipam"]
    assert ipam == {"type": "calico-ipam", "assign_ipv4": ipv4, "assign_ipv6": "true"}
    variables = container(objects, "calico-node", "calico-node")["env"]
    assert isinstance(variables, list)
    found = {each["name"]: each["value"] for each in variables}
    assert len(found) == len(variables)
    assert found["IP"] == ip
    assert found["IP6"] == "autodetect"
    assert found["FELIX_IPV6SUPPORT"] == "true"
    assert ("CALICO_ROUTER_ID" in found) == (family is IpFamily.IPV6)


def test_kube_router_is_pinned_where_its_manifest_is_not() -> None:
    assert isinstance(KUBE_ROUTER.install, Manifest)
    objects = changed(KUBE_ROUTER.install, KUBE_ROUTER_YAML, IpFamily.IPV4)
    image = f"docker.io/cloudnativelabs/kube-router:{KUBE_ROUTER.version}"
    assert container(objects, "kube-router", "kube-router")["image"] == image
    assert container(objects, "kube-router", "kube-router")["imagePullPolicy"] == "IfNotPresent"


def test_kube_router_is_told_of_the_families_and_the_ranges_of_services() -> None:
    assert isinstance(KUBE_ROUTER.install, Manifest)
    dual = container(changed(KUBE_ROUTER.install, KUBE_ROUTER_YAML, IpFamily.DUAL), "kube-router", "kube-router")
    assert dual["args"] == [
        "--run-router=true",
        "--run-firewall=true",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--enable-ipv6=true",
        "--service-cluster-ip-range=fd00:10:96::/112",
    ]
    only = container(changed(KUBE_ROUTER.install, KUBE_ROUTER_YAML, IpFamily.IPV6), "kube-router", "kube-router")
    assert isinstance(only["args"], list)
    assert "--enable-ipv4=false" in only["args"]


@pytest.mark.parametrize("family", [IpFamily.DUAL, IpFamily.IPV6])
def test_a_manifest_of_another_shape_is_refused_rather_than_applied_half_changed(family: IpFamily) -> None:
    assert isinstance(CALICO.install, Manifest)
    with pytest.raises(WorldFailed, match="has changed shape"):
        changed(CALICO.install, CALICO_YAML.replace("calico-ipam", "host-local"), family)


def test_cilium_gets_one_operator_for_clusters_of_one_node() -> None:
    assert isinstance(CILIUM.install, Chart)
    assert "operator.replicas=1" in CILIUM.install.values
    assert "ipv4.enabled=false" in CILIUM.install.family_values[IpFamily.IPV6]


@pytest.mark.checkout
def test_the_documentation_has_the_same_table() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "clusters.md").read_text("utf-8")
    words = {"drop": "time out", "reject": "are refused"}
    for cni in CNIS.values():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{cni.name}` | {cni.version}"))
        assert cni is NONE or row.endswith(f"| {words[cni.denies_by]} |")


# --- manifests of users ---------------------------------------------------------------------------------------------


def test_workloads_of_any_manifest_are_found_daemonsets_first() -> None:
    text = """
apiVersion: v1
kind: List
items:
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: controller, namespace: net}}
- {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, namespace: net}}
---
# nothing
---
{"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "second"}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}
"""
    assert manifest.workloads(manifest.read(text, "m.yaml")) == (
        Workload("DaemonSet", "net", "agent"),
        Workload("DaemonSet", "default", "second"),
        Workload("Deployment", "net", "controller"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "m.yaml:1:"),
        ("", "'m.yaml' holds no object"),
        ("# only a comment\n", "'m.yaml' holds no object"),
        ("just text", "holds something that is no Kubernetes object"),
        ("- 1\n- 2\n", "holds something that is no Kubernetes object"),
        ("metadata: {name: x}", "holds something that is no Kubernetes object"),
    ],
)
def test_what_is_no_manifest_is_told_before_a_cluster_is_made(text: str, message: str) -> None:
    with pytest.raises(WorldFailed) as caught:
        manifest.read(text, "m.yaml")
    assert message in str(caught.value)

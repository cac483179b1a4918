"""The network plugins that `--cni` knows: one table, each row pinned to a release, with where its facts come from.

To take a newer release: change `version`, read the pages named in `source` again, and run the end-to-end suite.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.backends.readiness import Workload

if TYPE_CHECKING:
    from collections.abc import Mapping


class IpFamily(StrEnum):
    """Which addresses the pods of a cluster get; kind's own words."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"
    DUAL = "dual"


# --- small changes to a pinned manifest -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetVariable:
    """Sets an environment variable of a DaemonSet's container, replacing what it was."""

    daemonset: str
    container: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class AddArgument:
    """Appends an argument to those of a DaemonSet's container."""

    daemonset: str
    container: str
    argument: str


@dataclass(frozen=True, slots=True)
class SetImage:
    """Replaces an image in all containers of a DaemonSet, and pulls it only where it is not there."""

    daemonset: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ReplaceText:
    """Replaces text in one value of a ConfigMap."""

    configmap: str
    key: str
    old: str
    new: str


Edit: TypeAlias = SetVariable | AddArgument | SetImage | ReplaceText


# --- how a plugin is installed --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Manifest:
    """A file to apply, with what must be changed in it."""

    url: str
    edits: tuple[Edit, ...] = ()
    family_edits: Mapping[IpFamily, tuple[Edit, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chart:
    """A Helm chart to render and apply."""

    repository: str
    name: str
    version: str
    values: tuple[str, ...]
    """`key=value`, as `helm --set` takes them."""
    family_values: Mapping[IpFamily, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """What kind installs by itself unless it is told not to."""

    minimum_kind: tuple[int, int, int]
    """The first kind whose plugin enforces NetworkPolicy."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The user installs a plugin, or the kind configuration brings one."""


Install: TypeAlias = Manifest | Chart | BuiltIn | Nothing


@dataclass(frozen=True, slots=True)
class Cni:
    """One row: a network plugin, and what a kind cluster needs for it."""

    name: str
    version: str
    """The pinned release; of a plugin that comes with kind, `kind's own`."""
    install: Install
    workloads: tuple[Workload, ...]
    """What rolls out when it starts; that a manifest holds others besides is found out by reading it."""
    families: tuple[IpFamily, ...]
    source: tuple[str, ...]
    """The pages that the facts of this row were taken from."""
    pod_subnet: Mapping[IpFamily, str] = field(default_factory=dict)
    """Where the plugin needs another range than kind's own."""
    denies_by: str = "drop"
    """What a denied client meets: `drop` (it times out) or `reject` (it is refused)."""


_ALL = (IpFamily.IPV4, IpFamily.IPV6, IpFamily.DUAL)

_CALICO = "v3.32.2"
_CALICO_NODE = ("calico-node", "calico-node")
# https://docs.tigera.io/calico/latest/networking/ipam/ipv6 (tab Manifest): pools are detected on kubeadm clusters.
_CALICO_IPV6: tuple[Edit, ...] = (
    SetVariable(*_CALICO_NODE, "IP6", "autodetect"),
    SetVariable(*_CALICO_NODE, "FELIX_IPV6SUPPORT", "true"),
)
_CALICO_IPAM = '"type": "calico-ipam"'


def _calico_assigns(ipv4: str) -> ReplaceText:
    wanted = f'{_CALICO_IPAM}, "assign_ipv4": "{ipv4}", "assign_ipv6": "true"'
    return ReplaceText("calico-config", "cni_network_config", _CALICO_IPAM, wanted)


CALICO = Cni(
    name="calico",
    version=_CALICO,
    install=Manifest(
        url=f"https://raw.githubusercontent.com/projectcalico/calico/{_CALICO}/manifests/calico.yaml",
        family_edits={
            IpFamily.DUAL: (*_CALICO_IPV6, _calico_assigns("true")),
            IpFamily.IPV6: (
                *_CALICO_IPV6,
                _calico_assigns("false"),
                SetVariable(*_CALICO_NODE, "IP", "none"),
                SetVariable(*_CALICO_NODE, "CALICO_ROUTER_ID", "hash"),
            ),
        },
    ),
    workloads=(
        Workload("DaemonSet", "kube-system", "calico-node"),
        Workload("Deployment", "kube-system", "calico-kube-controllers"),
    ),
    families=_ALL,
    # Calico's own default pool, so that a cluster looks like those of its documentation.
    pod_subnet={IpFamily.IPV4: "192.168.0.0/16", IpFamily.DUAL: "192.168.0.0/16,fd00:10:244::/56"},
    source=(
        "https://docs.tigera.io/calico/latest/getting-started/kubernetes/self-managed-onprem/onpremises",
        f"https://github.com/projectcalico/calico/blob/{_CALICO}/manifests/calico.yaml",
        "https://docs.tigera.io/calico/latest/networking/ipam/ipv6",
    ),
)

KINDNET = Cni(
    name="kindnet",
    version="kind's own",
    install=BuiltIn(minimum_kind=(0, 24, 0)),
    workloads=(Workload("DaemonSet", "kube-system", "kindnet"),),
    families=_ALL,
    source=(
        "https://github.com/kubernetes-sigs/kind/releases/tag/v0.24.0",
        "https://kind.sigs.k8s.io/docs/user/configuration/#networking",
    ),
)

_CILIUM = "1.20.2"
CILIUM = Cni(
    name="cilium",
    version=_CILIUM,
    install=Chart(
        repository="https://helm.cilium.io",
        name="cilium",
        version=_CILIUM,
        # One operator: its two replicas refuse to share a node, and a cluster of one node has no second.
        values=("image.pullPolicy=IfNotPresent", "ipam.mode=kubernetes", "operator.replicas=1"),
        family_values={
            IpFamily.IPV6: ("ipv4.enabled=false", "ipv6.enabled=true"),
            IpFamily.DUAL: ("ipv6.enabled=true",),
        },
    ),
    workloads=(
        Workload("DaemonSet", "kube-system", "cilium"),
        Workload("Deployment", "kube-system", "cilium-operator"),
    ),
    families=_ALL,
    source=(
        "https://docs.cilium.io/en/stable/installation/kind/",
        f"https://github.com/cilium/cilium/blob/v{_CILIUM}/install/kubernetes/cilium/values.yaml",
    ),
)

_KUBE_ROUTER = "v2.11.1"
_KUBE_ROUTER_IMAGE = "docker.io/cloudnativelabs/kube-router"
_KUBE_ROUTER_POD = ("kube-router", "kube-router")
# https://www.kube-router.io/docs/ipv6/: both families are switches, and the ranges of Services must be told.
_KUBE_ROUTER_IPV6: tuple[Edit, ...] = (
    AddArgument(*_KUBE_ROUTER_POD, "--enable-ipv6=true"),
    AddArgument(*_KUBE_ROUTER_POD, "--service-cluster-ip-range=fd00:10:96::/112"),
)
KUBE_ROUTER = Cni(
    name="kube-router",
    version=_KUBE_ROUTER,
    install=Manifest(
        url=f"https://raw.githubusercontent.com/cloudnativelabs/kube-router/{_KUBE_ROUTER}"
        "/daemonset/kubeadm-kuberouter.yaml",
        # The manifest of a release names the image without a tag.
        edits=(SetImage("kube-router", _KUBE_ROUTER_IMAGE, f"{_KUBE_ROUTER_IMAGE}:{_KUBE_ROUTER}"),),
        family_edits={
            IpFamily.DUAL: (
                AddArgument(*_KUBE_ROUTER_POD, "--service-cluster-ip-range=10.96.0.0/16"),
                *_KUBE_ROUTER_IPV6,
            ),
            IpFamily.IPV6: (
                AddArgument(*_KUBE_ROUTER_POD, "--enable-ipv4=false"),
                AddArgument(*_KUBE_ROUTER_POD, "--router-id=generate"),
                *_KUBE_ROUTER_IPV6,
            ),
        },
    ),
    workloads=(Workload("DaemonSet", "kube-system", "kube-router"),),
    families=_ALL,
    denies_by="reject",
    source=(
        "https://www.kube-router.io/docs/kubeadm/",
        f"https://github.com/cloudnativelabs/kube-router/tree/{_KUBE_ROUTER}/daemonset",
        "https://www.kube-router.io/docs/ipv6/",
        "https://www.kube-router.io/docs/user-guide/#command-line-options",
    ),
)

NONE = Cni(name="none", version="", install=Nothing(), workloads=(), families=_ALL, source=())

CNIS: Mapping[str, Cni] = {cni.name: cni for cni in (CALICO, KINDNET, CILIUM, KUBE_ROUTER, NONE)}
DEFAULT_CNI = CALICO

"""What the Kubernetes API leaves open, and how a user settles it: `--assume KEY=VALUE` and `--profile NAME`."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any


class YesNo(StrEnum):
    """Whether a peer of addresses selects pods by their addresses."""

    YES = "yes"
    NO = "no"


class HostNetwork(StrEnum):
    """What a pod with `hostNetwork: true` is to a NetworkPolicy."""

    NODE = "node"
    POD = "pod"


class BaselineAfterIsolation(StrEnum):
    """Whether isolation in one direction keeps a pod from the Baseline tier in the other."""

    PER_DIRECTION = "per-direction"
    ANY = "any"


class Verdict(StrEnum):
    """The answer to a connection that the API does not define."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNSPECIFIED = "unspecified"


class PodWithoutAddress(StrEnum):
    """Whether a block of addresses may hold a pod whose address nobody knows."""

    OUTSIDE_BLOCKS = "outside-blocks"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Assumptions:
    """One value for each question that the API leaves open; the defaults are what most clusters do."""

    ipblock_selects_pods: YesNo = YesNo.YES
    """Does an `ipBlock` select pods that have an address in it? The API text neither says so nor excludes it."""
    networks_select_pods: YesNo = YesNo.YES
    """The same for `networks`, where the API text says yes: "cluster-internal traffic will be checked as well"."""
    hostnetwork: HostNetwork = HostNetwork.NODE
    """The concept page leaves the choice to the plugin, and names treating it as the node as the common one."""
    baseline_after_isolation: BaselineAfterIsolation = BaselineAfterIsolation.PER_DIRECTION
    hairpin: Verdict = Verdict.UNSPECIFIED
    """A pod to itself through its own Service, where a policy has a say."""
    nodeport_snat: Verdict = Verdict.UNSPECIFIED
    """A client outside through a NodePort or load balancer, where the answer depends on whose address is seen."""
    icmp: Verdict = Verdict.UNSPECIFIED
    """ICMP between two ends of which a policy isolates one."""
    pod_without_address: PodWithoutAddress = PodWithoutAddress.OUTSIDE_BLOCKS
    """A pod of a manifest has no address yet: `outside-blocks` says that no block holds it but a whole family."""

    def value(self, key: str) -> str:
        """The value of a key as it is written: `value("ipblock-selects-pods") == "yes"`."""
        return str(getattr(self, key.replace("-", "_")))

    def given(self, key: str) -> str:
        """A key with its value, as reports list it: `ipblock-selects-pods=yes`."""
        return f"{key}={self.value(key)}"

    def with_value(self, key: str, value: str) -> Assumptions:
        """These assumptions but for one.

        Raises:
            KeyError: there is no such key.
            ValueError: the key has no such value.
        """
        changed: dict[str, Any] = {key.replace("-", "_"): _CHOICES[key](value)}
        return replace(self, **changed)


_CHOICES: dict[str, type[StrEnum]] = {
    field.name.replace("_", "-"): type(getattr(Assumptions(), field.name)) for field in fields(Assumptions)
}

KEYS: tuple[str, ...] = tuple(_CHOICES)
"""Every key of `--assume`."""


def choices(key: str) -> tuple[str, ...]:
    """The values of a key; KeyError where there is no such key."""
    return tuple(str(choice) for choice in _CHOICES[key])


def parse(key: str, value: str, base: Assumptions | None = None) -> Assumptions:
    """The assumptions of `base` (the defaults) but for one.

    Raises:
        ValueError: no such key or value; the message says what there is, ready to be shown.
    """
    if key not in _CHOICES:
        raise ValueError(f"unknown assumption '{key}'")
    if value not in choices(key):
        raise ValueError(f"'{key}' cannot be '{value}'; it is one of {', '.join(choices(key))}")
    return (base or Assumptions()).with_value(key, value)


@dataclass(frozen=True, slots=True)
class Setting:
    """One assumption of a profile, and who says so."""

    key: str
    value: str
    source: str


_CALICO = "projectcalico/calico, libcalico-go/lib/backend/k8s/conversion/conversion.go"
_KUBE_ROUTER = "cloudnativelabs/kube-router, pkg/controllers/netpol"
_KINDNET = "kubernetes-sigs/kube-network-policies, which kindnet runs"

PROFILES: dict[str, tuple[Setting, ...]] = {
    "calico": (
        Setting("ipblock-selects-pods", "yes", f"{_CALICO}: an ipBlock becomes `nets`, which any packet may match"),
        Setting("hostnetwork", "node", f"{_CALICO}: IsValidCalicoWorkloadEndpoint leaves host-network pods out"),
    ),
    "cilium": (
        Setting(
            "ipblock-selects-pods",
            "no",
            "Cilium's documentation, Network Policy, known missing features: `ipBlock` set with a pod IP",
        ),
        Setting(
            "hostnetwork",
            "node",
            "Cilium's documentation, Layer 3 policies: host and remote-node include containers in host networking mode",
        ),
    ),
    "kube-router": (
        Setting("ipblock-selects-pods", "yes", f"{_KUBE_ROUTER}/policy.go: an ipBlock becomes an ipset of nets"),
        Setting("hostnetwork", "node", f"{_KUBE_ROUTER}/utils.go: isNetPolActionable leaves host-network pods out"),
    ),
    "kindnet": (
        Setting("ipblock-selects-pods", "yes", f"{_KINDNET}: evaluateIPBlocks compares the packet's address"),
        Setting("hostnetwork", "node", f"{_KINDNET}: the index of pods by address leaves host-network pods out"),
    ),
}
"""What `--profile` sets: only what the plugin's own source or documentation says; all else keeps its default."""


def profile(name: str, base: Assumptions | None = None) -> Assumptions:
    """The assumptions of `base` (the defaults) with those of a named network plugin.

    Raises:
        ValueError: no such profile; the message is ready to be shown.
    """
    if name not in PROFILES:
        raise ValueError(f"unknown profile '{name}'")
    assumed = base or Assumptions()
    for setting in PROFILES[name]:
        assumed = assumed.with_value(setting.key, setting.value)
    return assumed

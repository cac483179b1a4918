"""Kinds that the model does not read: policies of others, built-in kinds without network, anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netpolspec.diagnostics import nearest
from netpolspec.load.metadata import read_meta
from netpolspec.load.resource import Key, Resource
from netpolspec.policy.objects import ForeignPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.schema import Problems
    from netpolspec.source import Pointer

_NAMESPACED = {
    "v1": "ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController "
    "ResourceQuota Secret Service ServiceAccount",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "coordination.k8s.io/v1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "events.k8s.io/v1": "Event",
    "networking.k8s.io/v1": "Ingress NetworkPolicy",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "Role RoleBinding",
}
_CLUSTER = {
    "v1": "ComponentStatus Namespace Node PersistentVolume",
    "networking.k8s.io/v1": "IPAddress IngressClass ServiceCIDR",
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingAdmissionPolicy "
    "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
    "node.k8s.io/v1": "RuntimeClass",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode StorageClass VolumeAttachment",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding",
    "policy.networking.k8s.io/v1alpha1": "AdminNetworkPolicy BaselineAdminNetworkPolicy",
    "policy.networking.k8s.io/v1alpha2": "ClusterNetworkPolicy",
}
_BUILT_IN = frozenset(
    (version, kind) for table in (_NAMESPACED, _CLUSTER) for version, kinds in table.items() for kind in kinds.split()
)
_IN_NAMESPACES = frozenset((version, kind) for version, kinds in _NAMESPACED.items() for kind in kinds.split())
_CLOSED = frozenset(("v1", "apps/v1", "batch/v1", "networking.k8s.io/v1"))
"""Versions whose kinds are all known, so that another one is a mistake."""
_GONE_GROUPS = frozenset(("", "apps", "autoscaling", "batch", "discovery.k8s.io", "extensions", "policy"))

_POLICIES = {
    "security.istio.io": "AuthorizationPolicy PeerAuthentication",
    "policy.linkerd.io": "Server ServerAuthorization AuthorizationPolicy",
    "kuma.io": "MeshTrafficPermission TrafficPermission",
    "consul.hashicorp.com": "ServiceIntentions",
    "k8s.ovn.org": "EgressFirewall",
    "crd.nsx.vmware.com": "SecurityPolicy",
}
"""Kinds that close or open connections and are not called a NetworkPolicy."""
POLICY_GROUPS = frozenset(_POLICIES)
"""Their API groups."""
_WITHOUT_EFFECT = ("Staged", "MultiNetworkPolicy")
"""Calico's previews enforce nothing; a MultiNetworkPolicy is about networks other than the pods' own."""
_MESH_WIDE = "istio-system"


def other_kind(
    version: str, kind: str, manifest: Mapping[str, Any], at: Pointer, problems: Problems
) -> Resource | None:
    """The resource of a kind that has no reader."""
    group = version.partition("/")[0] if "/" in version else ""
    is_policy = _is_policy(group, kind) and not _is_gone(group, kind)
    if (version, kind) not in _BUILT_IN and not is_policy and _refuse(version, group, kind, at, problems):
        return None
    known = (version, kind) in _BUILT_IN
    meta = read_meta(manifest, at, problems, check_name=_check_path_segment, namespaced=True)
    if meta is None:
        return None
    written = "namespace" in manifest["metadata"]
    namespaced = (version, kind) in _IN_NAMESPACES if known else written or (is_policy and not _is_wide(kind))
    namespace = meta.namespace if namespaced else ""
    name = kind if known else f"{kind}.{group}"
    policies: tuple[ForeignPolicy, ...] = ()
    if is_policy:
        reach = namespace if namespace and (group, namespace) != ("security.istio.io", _MESH_WIDE) else None
        policies = (ForeignPolicy(version, kind, meta.name, reach, at),)
    return Resource(Key(name, namespace, meta.name), manifest, policies, at)


def is_namespaced(version: str, kind: str) -> bool:
    """Whether objects of a kind live in namespaces; of kinds that are not known, all but those with a telling name."""
    if (version, kind) in _BUILT_IN:
        return (version, kind) in _IN_NAMESPACES
    return not _is_wide(kind)


def _is_policy(group: str, kind: str) -> bool:
    if kind.startswith(_WITHOUT_EFFECT) or not group:
        return False
    return kind.endswith("NetworkPolicy") or kind in _POLICIES.get(group, "").split()


def _is_gone(group: str, kind: str) -> bool:
    """Whether a kind is Kubernetes' own NetworkPolicy in a place where no API server has it (any more).

    Groups below k8s.io are Kubernetes' alone (KEP-2337); others may have CRDs of this name, as Calico and Antrea do.
    """
    return kind == "NetworkPolicy" and (group == "extensions" or group.endswith(".k8s.io"))


def _is_wide(kind: str) -> bool:
    """Whether a policy of this kind has no namespace."""
    return any(word in kind for word in ("Cluster", "Global", "Admin"))


def _check_path_segment(name: str) -> str | None:
    if name in (".", "..") or "/" in name or "%" in name:
        return "must not be '.' or '..', nor contain '/' or '%'"
    return None


def _refuse(version: str, group: str, kind: str, at: Pointer, problems: Problems) -> bool:
    """Report a kind that no API server has, as far as that can be known."""
    homes = sorted(home for home, name in _BUILT_IN if name == kind)
    if homes and (group in _GONE_GROUPS or _is_gone(group, kind)):
        message = f"there is no {kind} in '{version}'"
        problems.add("unknown-kind", message, at.at("apiVersion"), f"write apiVersion: {homes[-1]}")
        return True
    if version in _CLOSED:
        names = {name for _, name in _BUILT_IN}
        guess = nearest(kind, names)
        help_ = (f"did you mean '{guess}'?",) if guess else ()
        problems.add("unknown-kind", f"there is no {kind} in '{version}'", at.at("kind"), *help_)
        return True
    return False

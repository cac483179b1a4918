"""Which Kubernetes object each type of resource of the `kubernetes` provider makes."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Made:
    """The kind of object that a type of resource makes."""

    api_version: str
    kind: str

    @property
    def asked(self) -> str:
        """As kubectl takes it: `Deployment.apps`."""
        group, slash, _ = self.api_version.rpartition("/")
        return f"{self.kind}.{group}" if slash else self.kind


def _of(api_version: str, kinds: str) -> dict[str, Made]:
    """By the name that a resource has after the provider's: `config_map` for ConfigMap."""
    return {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower(): Made(api_version, kind) for kind in kinds.split()}


_KINDS: dict[str, Made] = {
    **_of("v1", "Namespace Pod Service ConfigMap Secret ServiceAccount ResourceQuota LimitRange Endpoints"),
    **_of("v1", "PersistentVolume PersistentVolumeClaim ReplicationController"),
    **_of("apps/v1", "Deployment StatefulSet DaemonSet"),
    "daemonset": Made("apps/v1", "DaemonSet"),
    **_of("batch/v1", "Job CronJob"),
    **_of("networking.k8s.io/v1", "NetworkPolicy Ingress IngressClass"),
    **_of("rbac.authorization.k8s.io/v1", "Role RoleBinding ClusterRole ClusterRoleBinding"),
    **_of("autoscaling/v1", "HorizontalPodAutoscaler"),
    **_of("policy/v1", "PodDisruptionBudget"),
    **_of("scheduling.k8s.io/v1", "PriorityClass"),
    **_of("storage.k8s.io/v1", "StorageClass"),
    "csi_driver": Made("storage.k8s.io/v1", "CSIDriver"),
}
_TYPE = re.compile(r"kubernetes_(?P<name>\w+?)(?:_v\d\w*)?")
ADOPTING = frozenset(
    {
        "kubernetes_annotations",
        "kubernetes_config_map_v1_data",
        "kubernetes_default_service_account",
        "kubernetes_default_service_account_v1",
        "kubernetes_env",
        "kubernetes_labels",
        "kubernetes_node_taint",
        "kubernetes_secret_v1_data",
    }
)
"""Types of resources that change objects which are there already."""


def made_by(type_: str) -> Made | None:
    """The kind of object that a type of resource makes; None where it is not one object with labels of its own."""
    found = _TYPE.fullmatch(type_)
    return None if found is None or type_ in ADOPTING else _KINDS.get(found["name"])


def is_labelled(type_: str) -> bool:
    """Whether a type of resource makes an object that can be found by a label."""
    return made_by(type_) is not None


def is_object(type_: str) -> bool:
    """Whether a type of resource makes an object, of whatever kind."""
    return is_labelled(type_) or type_ == "kubernetes_manifest"

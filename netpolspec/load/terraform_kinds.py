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


def _of(api_version: str, **kinds: str) -> dict[str, Made]:
    return {name: Made(api_version, kind) for name, kind in kinds.items()}


_RBAC = "rbac.authorization.k8s.io/v1"
_KINDS: dict[str, Made] = {
    **_of("v1", namespace="Namespace", pod="Pod", service="Service", config_map="ConfigMap"),
    **_of(
        "v1",
        secret="Secret",
        service_account="ServiceAccount",
        resource_quota="ResourceQuota",
        limit_range="LimitRange",
    ),
    **_of("v1", persistent_volume="PersistentVolume", persistent_volume_claim="PersistentVolumeClaim"),
    **_of("v1", replication_controller="ReplicationController", endpoints="Endpoints"),
    **_of(
        "apps/v1", deployment="Deployment", stateful_set="StatefulSet", daemonset="DaemonSet", daemon_set="DaemonSet"
    ),
    **_of("batch/v1", job="Job", cron_job="CronJob"),
    **_of("networking.k8s.io/v1", network_policy="NetworkPolicy", ingress="Ingress", ingress_class="IngressClass"),
    **_of(_RBAC, role="Role", role_binding="RoleBinding"),
    **_of(_RBAC, cluster_role="ClusterRole", cluster_role_binding="ClusterRoleBinding"),
    **_of("autoscaling/v1", horizontal_pod_autoscaler="HorizontalPodAutoscaler"),
    **_of("policy/v1", pod_disruption_budget="PodDisruptionBudget"),
    **_of("scheduling.k8s.io/v1", priority_class="PriorityClass"),
    **_of("storage.k8s.io/v1", storage_class="StorageClass", csi_driver="CSIDriver"),
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

"""Which kinds there are, where they live and what makes the model's objects of them.

Built-in kinds are those that an API server of Kubernetes v1.35 serves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.load import network_policy, services, workloads
from netpolspec.load.names import check_cron_job_name, check_label_name, check_service_name, check_subdomain
from netpolspec.load.simple import NAMESPACE, NODE, make_namespace, make_node

if TYPE_CHECKING:
    from collections.abc import Callable

    from netpolspec.load.metadata import Meta
    from netpolspec.load.schema import Fields, Problems, Record
    from netpolspec.policy.objects import Object
    from netpolspec.source import Pointer

Make: TypeAlias = "Callable[[Fields, Meta, Pointer, Problems], tuple[Object, ...]]"


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind is read."""

    schema: Record
    make: Make
    namespaced: bool = True
    check_name: Callable[[str], str | None] = check_subdomain


_KINDS: dict[tuple[str, str], Kind] = {
    ("networking.k8s.io/v1", "NetworkPolicy"): Kind(network_policy.SCHEMA, network_policy.make_network_policy),
    ("v1", "Namespace"): Kind(NAMESPACE, make_namespace, namespaced=False, check_name=check_label_name),
    ("v1", "Node"): Kind(NODE, make_node, namespaced=False),
    ("v1", "Pod"): Kind(workloads.POD, workloads.make_pod),
    ("v1", "ReplicationController"): Kind(workloads.REPLICATION_CONTROLLER, workloads.make_replication_controller),
    ("apps/v1", "Deployment"): Kind(workloads.CONTROLLER, workloads.controller("Deployment")),
    ("apps/v1", "ReplicaSet"): Kind(workloads.CONTROLLER, workloads.controller("ReplicaSet")),
    ("apps/v1", "DaemonSet"): Kind(workloads.CONTROLLER, workloads.controller("DaemonSet")),
    ("apps/v1", "StatefulSet"): Kind(
        workloads.STATEFUL_SET, workloads.controller("StatefulSet"), check_name=check_label_name
    ),
    ("batch/v1", "Job"): Kind(workloads.JOB, workloads.make_job),
    ("batch/v1", "CronJob"): Kind(workloads.CRON_JOB, workloads.make_cron_job, check_name=check_cron_job_name),
    ("v1", "Service"): Kind(services.SERVICE, services.make_service, check_name=check_service_name),
    ("v1", "Endpoints"): Kind(services.ENDPOINTS, services.make_endpoints),
    ("discovery.k8s.io/v1", "EndpointSlice"): Kind(services.ENDPOINT_SLICE, services.make_endpoint_slice),
}


def find_kind(version: str, kind: str) -> Kind | None:
    """How a kind is read; None for those that the model does not know."""
    if version.startswith("policy.networking.k8s.io/"):
        from netpolspec.load import admin_policy  # few worlds have such policies

        dialect = admin_policy.DIALECTS.get((version.partition("/")[2], kind))
        return None if dialect is None else Kind(dialect.schema, dialect.make, namespaced=False)
    return _KINDS.get((version, kind))

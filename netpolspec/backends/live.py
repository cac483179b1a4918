"""What is really there: pods, Services and nodes as the API server tells them, and the model's view of them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

from netpolspec.backends import tree
from netpolspec.backends.marks import CLIENT, RUN, SIDECAR_LABELS
from netpolspec.policy.cluster import assemble
from netpolspec.policy.objects import (
    ContainerPort,
    Node,
    Pod,
    PodTemplate,
    Protocol,
    Service,
    Workload,
    WorkloadRef,
)
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netpolspec.load.plain import Json
    from netpolspec.plan.model import World
    from netpolspec.policy.objects import Address, Cluster, Object
    from netpolspec.source import Origin

_OURS = frozenset({RUN, CLIENT, *SIDECAR_LABELS})
NOWHERE = Source("<the cluster>", "").span(0, 0)
"""The place of what no file says."""


@dataclass(frozen=True, slots=True, eq=False)
class LivePod:
    """A pod, at the moment when it was read; compared by identity."""

    namespace: str
    name: str
    uid: str
    labels: Mapping[str, str]
    node: str
    """Empty where it has none yet."""
    addresses: tuple[str, ...]
    phase: str
    ready: bool
    running: frozenset[str]
    """Containers that run, ephemeral ones included."""
    containers: tuple[str, ...]
    terminating: bool
    owner: WorkloadRef
    template: PodTemplate
    manifest: Mapping[str, Json]
    """All of it."""

    @property
    def is_client(self) -> bool:
        """Whether it is a client pod of the runner's own."""
        return CLIENT in self.labels

    @property
    def run(self) -> str | None:
        """The run that created it; None: somebody else did."""
        return self.labels.get(RUN)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.namespace, self.name

    @property
    def label(self) -> str:
        """How reports name it."""
        return f"{self.namespace}/{self.name}"

    @property
    def dialable(self) -> bool:
        """Whether it has an address and is there to stay."""
        return bool(self.addresses) and not self.terminating and self.phase == "Running"

    def settled(self) -> bool:
        """Whether it is as ready as it will be: a client runs, another pod is Ready or has finished."""
        if self.is_client:
            return self.dialable and set(self.containers) <= self.running
        return self.phase in {"Succeeded", "Failed"} or (self.ready and bool(self.addresses))


def read_pod(pod: Mapping[str, Json]) -> LivePod:
    """A pod from its JSON."""
    conditions = tree.rows(pod, "status", "conditions")
    statuses = (*tree.rows(pod, "status", "containerStatuses"), *tree.rows(pod, "status", "ephemeralContainerStatuses"))
    namespace, name = tree.text(pod, "metadata", "namespace"), tree.text(pod, "metadata", "name")
    labels = tree.strings(pod, "metadata", "labels")
    containers = tree.rows(pod, "spec", "containers")
    addresses = [tree.text(each, "ip") for each in tree.rows(pod, "status", "podIPs")]
    node = tree.text(pod, "spec", "nodeName")
    return LivePod(
        namespace=namespace,
        name=name,
        uid=tree.text(pod, "metadata", "uid"),
        labels=labels,
        node=node,
        addresses=tuple(address for address in addresses if address),
        phase=tree.text(pod, "status", "phase"),
        ready=any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions),
        running=frozenset(
            tree.text(each, "name") for each in statuses if tree.value(each, "state", "running") is not None
        ),
        containers=tuple(tree.text(each, "name") for each in containers),
        terminating=tree.value(pod, "metadata", "deletionTimestamp") is not None,
        owner=_owner(pod, namespace, name, labels),
        template=PodTemplate(
            labels={key: value for key, value in labels.items() if key not in _OURS},
            ports=tuple(_port(port) for container in containers for port in tree.rows(container, "ports")),
            host_network=tree.value(pod, "spec", "hostNetwork") is True,
            node=node or None,
        ),
        manifest=pod,
    )


def _owner(pod: Mapping[str, Json], namespace: str, name: str, labels: Mapping[str, str]) -> WorkloadRef:
    for owner in tree.rows(pod, "metadata", "ownerReferences"):
        if owner.get("controller") is not True or owner.get("kind") == "Namespace":
            continue
        kind, whose = tree.text(owner, "kind"), tree.text(owner, "name")
        top, _, suffix = whose.rpartition("-")
        if kind == "ReplicaSet" and top and suffix == labels.get("pod-template-hash"):
            # A Deployment names its ReplicaSets so, and only it sets that label.
            return WorkloadRef("Deployment", namespace, top)
        return WorkloadRef(kind, namespace, whose)
    return WorkloadRef("Pod", namespace, name)


def _port(port: Mapping[str, Json]) -> ContainerPort:
    protocol = Protocol(tree.text(port, "protocol") or "TCP")
    return ContainerPort(tree.number(port, "containerPort"), protocol, tree.text(port, "name"))


def cluster_addresses(service: Mapping[str, Json]) -> tuple[str, ...]:
    """The addresses of a Service, none where it is headless."""
    found = tree.value(service, "spec", "clusterIPs")
    listed = found if isinstance(found, list) else [tree.value(service, "spec", "clusterIP")]
    return tuple(each for each in listed if isinstance(each, str) and each not in {"", "None"})


def read_node(node: Mapping[str, Json]) -> Node:
    """A node, for `nodes` peers and host-network pods."""
    addresses = [
        tree.text(each, "address")
        for each in tree.rows(node, "status", "addresses")
        if each.get("type") in {"InternalIP", "ExternalIP"}
    ]
    labels = tree.strings(node, "metadata", "labels")
    origin = NOWHERE
    return Node(tree.text(node, "metadata", "name"), labels, _parse(addresses), origin)


def is_schedulable(node: Mapping[str, Json]) -> bool:
    """Whether an ordinary pod can be put on a node."""
    if tree.value(node, "spec", "unschedulable") is True:
        return False
    return not any(taint.get("effect") in {"NoSchedule", "NoExecute"} for taint in tree.rows(node, "spec", "taints"))


_PASSING_TAINTS = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/", "node.cilium.io/agent-not-ready")
"""Taints that go by themselves once a node is ready."""


def may_become_schedulable(node: Mapping[str, Json]) -> bool:
    """Whether a node on which no ordinary pod can be put is likely to take one soon: it is not ready yet."""
    if tree.value(node, "spec", "unschedulable") is True:
        return False
    taints = (each for each in tree.rows(node, "spec", "taints") if each.get("effect") in {"NoSchedule", "NoExecute"})
    return all(tree.text(taint, "key").startswith(_PASSING_TAINTS) for taint in taints)


def describe(
    world: World, pods: Iterable[LivePod], services: Iterable[Mapping[str, Json]], nodes: Iterable[Node]
) -> Cluster:
    """The cluster as the model is to see it: the world's own objects, with the pods and addresses that are real.

    Policies, namespaces and Services keep their place in the spec's files; a pod has that of what made it. The
    runner's clients are left out.
    """
    origins: dict[tuple[str, str, str], Origin] = {
        (key.kind, key.namespace, key.name): resource.origin for key, resource in world.items()
    }
    addresses = {
        (tree.text(each, "metadata", "namespace"), tree.text(each, "metadata", "name")): _parse(cluster_addresses(each))
        for each in services
    }
    objects: list[Object] = list(nodes)
    for resource in world.values():
        for one in resource.objects:
            match one:
                case Pod() | Workload():
                    pass
                case Service() if (one.namespace, one.name) in addresses:
                    objects.append(replace(one, cluster_addresses=addresses[one.namespace, one.name]))
                case _:
                    objects.append(one)
    spaces = {key.name for key in world if key.kind == "Namespace"}
    for pod in pods:
        if pod.is_client or pod.namespace not in spaces or pod.terminating:
            continue
        origin = origins.get((pod.owner.kind, pod.namespace, pod.owner.name), NOWHERE)
        finished = pod.phase in {"Succeeded", "Failed"}
        real = _parse(pod.addresses)
        objects.append(Pod(pod.namespace, pod.name, pod.template, pod.owner, real, finished=finished, origin=origin))
    return assemble(objects, declare_namespaces=False)


def _parse(addresses: Iterable[str]) -> tuple[Address, ...]:
    """Addresses; what is none, such as the empty text that Google's nodes have for it, is left out."""
    found: list[Address] = []
    for address in addresses:
        with contextlib.suppress(ValueError):
            found.append(ip_address(address))
    return tuple(found)

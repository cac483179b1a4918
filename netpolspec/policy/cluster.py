"""From the objects that were given to the cluster that they describe: workloads become the pods they make."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from netpolspec.policy.objects import (
    AdminPolicy,
    Cluster,
    Endpoints,
    ForeignPolicy,
    Namespace,
    NetworkPolicy,
    Node,
    Pod,
    Service,
    Workload,
    WorkloadRef,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from netpolspec.policy.objects import Object, PodTemplate

_NAME_LABEL = "kubernetes.io/metadata.name"
_HASH_LABEL = "pod-template-hash"


def assemble(objects: Iterable[Object], *, declare_namespaces: bool) -> Cluster:
    """The cluster that objects describe.

    A workload becomes the pods that its controller would make, named `web-0`, `web-1` and so on (a DaemonSet: one on
    each node that is known, else one). It does not where the input holds its pods already, or the workload that
    controls it, as what a cluster prints does.

    Args:
        objects: Objects in any order; of two with the same identity the last one counts.
        declare_namespaces: Whether a namespace that no Namespace declares exists, with its automatic label alone.
    """
    sorted_ = _sort(objects)
    owners = _Owners(sorted_.workloads)
    pods = [_owned(pod, owners) for pod in sorted_.pods.values()]
    pods += _expand(sorted_, owners, pods)
    namespaces = dict(sorted_.namespaces)
    if declare_namespaces:
        for name in _mentioned(sorted_, pods):
            if name not in namespaces:
                namespaces[name] = Namespace(name, {_NAME_LABEL: name})
    return Cluster(
        namespaces=namespaces,
        pods=tuple(pods),
        services=sorted_.services,
        policies=tuple(sorted_.policies.values()),
        admin_policies=tuple(sorted_.admin.values()),
        foreign_policies=tuple(sorted_.foreign),
        endpoints=tuple(sorted_.endpoints),
        nodes=tuple(sorted_.nodes.values()),
    )


class _Sorted:
    """The objects by kind and identity."""

    def __init__(self) -> None:
        self.namespaces: dict[str, Namespace] = {}
        self.nodes: dict[str, Node] = {}
        self.pods: dict[tuple[str, str], Pod] = {}
        self.workloads: dict[WorkloadRef, Workload] = {}
        self.services: dict[tuple[str, str], Service] = {}
        self.policies: dict[tuple[str, str], NetworkPolicy] = {}
        self.admin: dict[tuple[str, str], AdminPolicy] = {}
        self.foreign: list[ForeignPolicy] = []
        self.endpoints: list[Endpoints] = []


def _sort(objects: Iterable[Object]) -> _Sorted:  # noqa: C901 - one case for each kind
    by = _Sorted()
    for thing in objects:
        match thing:
            case Pod():
                by.pods[thing.namespace, thing.name] = thing
            case Namespace():
                by.namespaces[thing.name] = thing
            case NetworkPolicy():
                by.policies[thing.namespace, thing.name] = thing
            case Workload():
                by.workloads[thing.ref] = thing
            case Service():
                by.services[thing.namespace, thing.name] = thing
            case Node():
                by.nodes[thing.name] = thing
            case Endpoints():
                by.endpoints.append(thing)
            case AdminPolicy():
                by.admin[thing.kind, thing.name] = thing
            case ForeignPolicy():
                by.foreign.append(thing)
            case _:
                assert_never(thing)
    return by


def _mentioned(by: _Sorted, pods: Iterable[Pod]) -> Iterator[str]:
    """The namespaces that objects are in."""
    for pod in pods:
        yield pod.namespace
    for workload in by.workloads.values():
        yield workload.ref.namespace
    for namespace, _ in (*by.services, *by.policies):
        yield namespace
    for endpoints in by.endpoints:
        yield endpoints.namespace
    for policy in by.foreign:
        if policy.namespace is not None:
            yield policy.namespace


class _Owners:
    """Finds the workload at the top: a pod of a ReplicaSet of a Deployment is the Deployment's."""

    def __init__(self, workloads: Mapping[WorkloadRef, Workload]) -> None:
        self.workloads = workloads
        self.tops: dict[WorkloadRef, WorkloadRef] = {}

    def top(self, ref: WorkloadRef) -> WorkloadRef:
        """The workload that controls whatever controls this one, as far as the input tells."""
        if ref in self.tops:
            return self.tops[ref]
        seen = {ref}
        at = ref
        while (workload := self.workloads.get(at)) is not None and workload.controlled_by is not None:
            at = workload.controlled_by
            if at in seen:  # owners in a circle: nothing a cluster makes
                break
            seen.add(at)
        self.tops[ref] = at
        return at

    def of_pod(self, pod: Pod) -> WorkloadRef:
        """The workload that a pod belongs to."""
        if pod.owner.kind == "ReplicaSet" and pod.owner not in self.workloads:
            # The ReplicaSet is missing from the input; its Deployment has put a hash into its name and its pods.
            name, _, suffix = pod.owner.name.rpartition("-")
            deployment = WorkloadRef("Deployment", pod.namespace, name)
            if suffix == pod.labels.get(_HASH_LABEL) and deployment in self.workloads:
                return deployment
        return self.top(pod.owner)


def _owned(pod: Pod, owners: _Owners) -> Pod:
    if pod.owner.kind == "Pod":
        return pod
    owner = owners.of_pod(pod)
    return pod if owner == pod.owner else replace(pod, owner=owner)


def _expand(by: _Sorted, owners: _Owners, pods: Iterable[Pod]) -> list[Pod]:
    """The pods of the workloads that have none in the input."""
    taken = set(by.pods)
    present = {pod.owner for pod in pods if not pod.finished or pod.owner.kind in ("Job", "CronJob")}
    made: list[Pod] = []
    for workload in by.workloads.values():
        if workload.controlled_by is not None and workload.controlled_by in by.workloads:
            continue
        owner = owners.top(workload.ref)
        if owner not in present:
            made += _make(workload, owner, taken, by.nodes)
    return made


def _make(
    workload: Workload, owner: WorkloadRef, taken: set[tuple[str, str]], nodes: Mapping[str, Node]
) -> Iterator[Pod]:
    ref = workload.ref
    places: list[str | None] = [*nodes] or [None] if ref.kind == "DaemonSet" else [None] * workload.replicas
    for index, node in enumerate(places):
        number = index + workload.first
        name = f"{ref.name}-{number}"
        if (ref.namespace, name) in taken:
            name = f"{ref.name}-{ref.kind.lower()}-{number}"
        taken.add((ref.namespace, name))
        template = _template(workload, name, number, node)
        yield Pod(ref.namespace, name, template, owner, (), finished=False, origin=workload.origin)


def _template(workload: Workload, name: str, number: int, node: str | None) -> PodTemplate:
    """The template with what the controller adds to each pod."""
    template = workload.template
    match workload.ref.kind:
        case "StatefulSet":
            added = {"statefulset.kubernetes.io/pod-name": name, "apps.kubernetes.io/pod-index": str(number)}
        case "Job":
            added = {"batch.kubernetes.io/job-name": workload.ref.name, "job-name": workload.ref.name}
        case _:
            added = {}
    if added:
        template = replace(template, labels={**template.labels, **added})
    return replace(template, node=node) if node is not None and template.node is None else template

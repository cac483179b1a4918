"""The runner's own client pods: one for each namespace, set of labels and node from which something is dialled.

A client must not become part of what it tests. Its labels may be those that a Service or a bare ReplicaSet selects: so
it has a readiness gate that nobody meets, which keeps it out of the endpoints, and a controller that owns it already,
which keeps it from being adopted. The owner is its Namespace, the one object that is sure to be there.

A Service with `publishNotReadyAddresses` has every pod for an endpoint that it selects and that has an address
(ShouldPodBeInEndpoints, k8s.io/endpointslice/util/controller_utils.go). Nothing keeps a client out of those: it is not
there while such a Service is dialled.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.backends import tree
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.marks import CLIENT, RUN, SIDECAR_LABELS, SIDECARS_OFF
from netpolspec.backends.world.servers import POD_SECURITY, idler

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netpolspec.load.plain import Json

CONTAINER = "probe"
"""The container that dials."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who a client pod is."""

    namespace: str
    labels: tuple[tuple[str, str], ...] = ()
    """Sorted by key."""
    node: str | None = None
    """The node on which it is to run; None: any."""

    @property
    def pod(self) -> str:
        """The name of its pod: the same for the same client, in every run."""
        told = json.dumps([self.labels, self.node])
        return f"netpolspec-client-{hashlib.sha256(told.encode()).hexdigest()[:10]}"

    def on(self, node: str) -> Client:
        """The same client on a node."""
        return Client(self.namespace, self.labels, node)


def publishers_of(services: Iterable[Mapping[str, Json]]) -> tuple[Mapping[str, Json], ...]:
    """The Services that have pods for endpoints whether or not they are ready."""
    return tuple(
        each
        for each in services
        if tree.value(each, "spec", "publishNotReadyAddresses") is True and tree.strings(each, "spec", "selector")
    )


def spoilt_by(client: Client, publishers: Iterable[Mapping[str, Json]]) -> tuple[str, str] | None:
    """Namespace and name of the Service that would have a client for an endpoint; None: none of these."""
    labels = dict(client.labels).items()
    for each in publishers:
        where = tree.text(each, "metadata", "namespace") or "default"
        if where == client.namespace and tree.strings(each, "spec", "selector").items() <= labels:
            return where, tree.text(each, "metadata", "name")
    return None


def endpoint_failure(client: Client, service: tuple[str, str]) -> WorldFailed:
    """Why a Service cannot be dialled while a client is there."""
    labels = ",".join(f"{key}={value}" for key, value in client.labels)
    where, name = service
    return WorldFailed(
        f"client {client.namespace}[{labels}] would be an endpoint of Service {where}/{name}, which is dialled",
        "the Service has 'publishNotReadyAddresses', so every pod with these labels is behind it",
        "expect something of this source and of this Service in different scenarios",
        "or let the pods that are there dial: NAMESPACE/NAME as the source",
        code="client-selected",
    )


def write_client(client: Client, namespace_uid: str, image: str, run_id: str) -> dict[str, Json]:
    """The manifest of a client's pod; it meets the `restricted` Pod Security Standard.

    Args:
        client: who it is
        namespace_uid: the uid of its Namespace object
        image: the probe image
        run_id: for the run's label
    """
    placed: dict[str, Json] = {"affinity": on_node(client.node)} if client.node else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": client.pod,
            "namespace": client.namespace,
            "labels": {**SIDECAR_LABELS, **dict(client.labels), RUN: run_id, CLIENT: "yes"},
            "annotations": SIDECARS_OFF,
            "ownerReferences": [
                {
                    "apiVersion": "v1",
                    "kind": "Namespace",
                    "name": client.namespace,
                    "uid": namespace_uid,
                    "controller": True,
                    "blockOwnerDeletion": False,
                }
            ],
        },
        "spec": {
            **pod_spec(),
            **placed,
            "readinessGates": [{"conditionType": "netpolspec.dev/never"}],
            "containers": [idler(CONTAINER, image)],
        },
    }


def on_node(node: str) -> dict[str, Json]:
    """Affinity to one node, by its name; unlike `nodeName` it leaves the scheduler its say."""
    named: Json = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [named]}}}


def pod_spec() -> dict[str, Json]:
    """What all pods of the runner's own have in common."""
    return {
        "securityContext": POD_SECURITY,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0,
        # A name that does not resolve is to be known soon: the resolver's own defaults are 5 s, twice, a server.
        "dnsConfig": {"options": [{"name": "timeout", "value": "1"}, {"name": "attempts", "value": "2"}]},
    }


def write_ephemeral(pod: Mapping[str, Json], name: str, image: str) -> dict[str, Json]:
    """A live pod with one more ephemeral container, from which it can be made to dial.

    The body of a PUT on the pod's `ephemeralcontainers`. An ephemeral container has no requests and is never removed.
    """
    spec = pod["spec"]
    assert isinstance(spec, dict)  # noqa: S101 - the API server wrote it
    container = idler(name, image)
    del container["resources"]
    security = {**_mapping(container["securityContext"]), **_no_root()}
    present = spec.get("ephemeralContainers")
    others = list(present) if isinstance(present, list) else []
    return {**pod, "spec": {**spec, "ephemeralContainers": [*others, {**container, "securityContext": security}]}}


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _no_root() -> dict[str, Json]:
    """Where the pod itself does not say so, its ephemeral container has to."""
    return {key: POD_SECURITY[key] for key in ("runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile")}

"""The pods that a run has in a cluster: read, waited for, and its own clients among them made and kept alive."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netpolspec.backends import tree
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.kubectl import Kubectl, KubectlFailed, as_list
from netpolspec.backends.live import LivePod, read_pod
from netpolspec.backends.marks import RUN
from netpolspec.backends.probing.clients import CONTAINER, Client, spoilt_by, write_client, write_ephemeral
from netpolspec.backends.probing.converge import Source
from netpolspec.backends.probing.prober import Prober
from netpolspec.backends.readiness import HOPELESS, sick
from netpolspec.backends.world.objects import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from netpolspec.backends.options import LiveOptions
    from netpolspec.backends.world.objects import Objects
    from netpolspec.load.plain import Json

STUCK_AFTER = 10.0
"""Seconds for which a pod may say that its image cannot be had, or that it crashes, before it is believed."""
_ATTEMPTS = 3
"""How often a pod is read and replaced where others write into it in between."""
_CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
_GROUPS = {kind: f"{kind.lower()}s.apps" for kind in _CONTROLLERS}


@dataclass(slots=True)
class Population:
    """Safe to use from several threads."""

    kubectl: Kubectl
    options: LiveOptions
    objects: Objects
    tell: Callable[[str], None]
    own_namespace: str
    """That of the canary, whose pods are no part of the world."""
    pods: Mapping[tuple[str, str], LivePod] = field(default_factory=dict)
    """Those that carry the run's label, by namespace and name."""
    services: tuple[Mapping[str, Json], ...] = ()
    controllers: tuple[Mapping[str, Json], ...] = ()
    clients: dict[Client, LivePod | None] = field(default_factory=dict)
    """Those that were asked for; None where one is not there yet."""
    publishers: tuple[Mapping[str, Json], ...] = ()
    """The Services of the present world that have pods for endpoints whether or not they are ready."""
    neighbours: Mapping[tuple[str, str], LivePod] = field(default_factory=dict)
    """Pods of others that the world has a part in: those of the cluster's DNS."""
    _uids: dict[str, str] = field(default_factory=dict)
    """Of namespaces that the run did not create."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def everybody(self) -> Mapping[tuple[str, str], LivePod]:
        """All pods that can have a part in a probe."""
        return {**self.neighbours, **self.pods}

    @property
    def mute(self) -> frozenset[str]:
        """The uids of pods that cannot be made to dial: others' pods, unless the run may change them."""
        if self.options.allow_existing:
            return frozenset()
        return frozenset(pod.uid for pod in self.neighbours.values() if self.container(pod) is None)

    def read(self) -> None:
        """Look at everything that carries the run's label."""
        kinds = {key.kind for key in self.objects.applied}
        asked = ["pods", "services", *(_GROUPS[kind] for kind in _CONTROLLERS if kind in kinds)]
        with self._lock:
            found = self.kubectl.items("get", ",".join(asked), "-A", "-l", f"{RUN}={self.options.run_id}")
            pods = [read_pod(each) for each in found if each.get("kind") == "Pod"]
            self.pods = {pod.key: pod for pod in pods if pod.namespace != self.own_namespace}
            self.services = tuple(each for each in found if each.get("kind") == "Service")
            self.controllers = tuple(each for each in found if each.get("kind") in _CONTROLLERS)
            for client in self.clients:
                self.clients[client] = self.pods.get((client.namespace, client.pod))

    def want(self, clients: Collection[Client]) -> bool:
        """Create the clients that are not there; whether there were any. `settle` waits for them."""
        with self._lock:
            manifests = self.write(clients)
            if manifests:
                self.objects.apply_all(manifests)
            return bool(manifests)

    def write(self, clients: Collection[Client]) -> list[Mapping[str, Json]]:
        """The manifests of those clients that are not there; from now on `settle` waits for them."""
        with self._lock:
            new = [client for client in dict.fromkeys(clients) if self.clients.get(client) is None]
            for client in new:
                self.clients.setdefault(client, None)
            image, run_id = self.options.probe_image, self.options.run_id
            return [write_client(each, self._uid(each.namespace), image, run_id) for each in new]

    def forget(self, namespaces: Collection[str]) -> None:
        """The clients of these namespaces are gone with them."""
        for client in [client for client in self.clients if client.namespace in namespaces]:
            del self.clients[client]

    def dismiss(self) -> None:
        """Remove the clients that Services of the present world would have for endpoints."""
        with self._lock:
            spoilt = [client for client in self.clients if spoilt_by(client, self.publishers) is not None]
            for client in spoilt:
                gone = ("pod", client.pod, "--ignore-not-found", "--wait=true", "--grace-period=0", "--force")
                self.kubectl.check("-n", client.namespace, "delete", *gone)
                del self.clients[client]

    def _uid(self, namespace: str) -> str:
        uid = self.objects.spaces.get(namespace) or self._uids.get(namespace)
        if uid is None:
            found = self.kubectl.read("get", "namespace", namespace)
            uid = self._uids[namespace] = tree.text(found, "metadata", "uid")
        return uid

    def look_again(self, pods: Collection[LivePod]) -> tuple[LivePod, ...]:
        """Those of the pods that are still there and what they were, as they are now."""
        before = {pod.uid: pod for pod in pods}
        names: list[Mapping[str, Json]] = [
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": pod.namespace, "name": pod.name}}
            for pod in before.values()
        ]
        found = self.kubectl.items("get", "-f", "-", "--ignore-not-found", stdin=as_list(names))
        return tuple(
            pod
            for pod in map(read_pod, found)
            if (then := before.get(pod.uid)) is not None
            and pod.dialable
            and pod.addresses == then.addresses
            and (pod.ready or not then.ready)
        )

    def give_up(self, clients: Collection[Client]) -> None:
        """Clients that the cluster does not take are not waited for any more."""
        with self._lock:
            for client in clients:
                gone = ("pod", client.pod, "--ignore-not-found", "--wait=false", "--grace-period=0", "--force")
                self.kubectl.run("-n", client.namespace, "delete", *gone)
                self.clients.pop(client, None)

    # --- waiting --------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until all pods are as ready as they will be, and those that have to go are gone.

        Raises:
            WorldFailed: it took too long, or a pod is stuck
        """
        started = time.monotonic()
        deadline = started + self.options.ready_timeout
        stuck_since: dict[str, float] = {}
        pause, told = 0.1, ""
        while True:
            self.read()
            waiting = tuple(self._waiting())
            if not waiting:
                return
            now = time.monotonic()
            if waiting[0] != told and now - started > 1:
                told = waiting[0]
                self.tell(f"waiting for {told}")
            stuck_since = {pod.label: stuck_since.get(pod.label, now) for pod in self.pods.values() if _is_stuck(pod)}
            hopeless = [label for label, since in stuck_since.items() if now - since > STUCK_AFTER]
            if hopeless or now > deadline:
                raise self._unready(waiting, hopeless, now - started)
            time.sleep(pause)
            pause = min(1.5 * pause, 0.5)

    def _waiting(self) -> Iterator[str]:
        """What is not as it should be yet, one clause each."""
        for pod in self.pods.values():
            if pod.terminating:
                yield f"pod {pod.label} to be gone"
            elif not pod.settled():
                yield f"pod {pod.label} to be {'running' if pod.is_client else 'ready'}"
        there = {key_of(each) for each in self.controllers}
        for key in self.objects.applied:
            if (key.kind == "Pod" and (key.namespace, key.name) not in self.pods) or (
                key.kind in _CONTROLLERS and key not in there
            ):
                yield f"{key} to be there"
        yield from (f"{key_of(each)} to be complete" for each in self.controllers if not is_complete(each))
        yield from (
            f"pod {client.namespace}/{client.pod} to be there" for client, pod in self.clients.items() if pod is None
        )

    def _unready(self, waiting: tuple[str, ...], hopeless: list[str], seconds: float) -> WorldFailed:
        ailments = sick(self.kubectl, "-A", "-l", f"{RUN}={self.options.run_id}")
        ailments = tuple(each for each in ailments if (not hopeless or each.pod in hopeless))
        image = next((each.image for each in ailments if each.image), None)
        what = f"image '{image}' cannot be had" if image else f"waited {seconds:.0f} s for {waiting[0]}"
        help_ = []
        if image:
            help_.append("a pod's image comes from the spec ('image'), that of our own pods from --probe-image")
        if ailments:
            namespace, name = ailments[0].pod.split("/")
            help_.append(f"to see for yourself: {self.kubectl.line('-n', namespace, 'describe', 'pod', name)}")
        notes = tuple(each.text for each in ailments[:5]) or waiting[:5]
        return WorldFailed(f"the world does not get ready: {what}", *help_, code="not-ready", notes=notes)

    # --- who dials ------------------------------------------------------------------------------------------------

    def prober(self, *, hold: float) -> Prober:
        """Makes these pods dial.

        Args:
            hold: seconds for which an outcome must hold
        """
        return Prober(self.kubectl, self.locate, self.mend, hold=hold, concurrency=self.options.concurrency)

    def uid(self, source: Source) -> str | None:
        """The uid of a source pod; None where it is not there."""
        pod = self.everybody.get((source.namespace, source.pod))
        return pod.uid if pod is not None else None

    def locate(self, source: Source) -> str | None:
        """The container of a source in which a script can be run; None where there is none that runs."""
        pod = self.everybody.get((source.namespace, source.pod))
        return self.container(pod) if pod is not None else None

    def mend(self, sources: Collection[Source]) -> None:
        """After an exec went wrong: see what became of the pods, and make clients that are gone anew."""
        with self._lock:
            try:
                self.read()
                wanted = {Source(client.namespace, client.pod): client for client in self.clients}
                lost = [
                    wanted[source] for source in sources if source in wanted and self.clients[wanted[source]] is None
                ]
                if self.want(lost):
                    self.settle()
            except KubectlFailed as failure:
                if not self.kubectl.may_pass(failure.finished):
                    raise

    def enable(self, sources: Collection[Source], *, own: bool = False) -> frozenset[Source]:
        """Have a container in each of the pods in which a script can be run; those that have one.

        Args:
            sources: the pods
            own: whether it is for a control: pods of others are left alone without a word

        Raises:
            WorldFailed: a pod of others would have to be changed, or its container does not start
        """
        with self._lock:
            everybody = self.everybody
            there = [everybody[source.namespace, source.pod] for source in sources if self.uid(source) is not None]
            lacking = [pod for pod in there if pod.dialable and self.container(pod) is None]
            mine = [pod for pod in lacking if pod.run == self.options.run_id or self.options.allow_existing]
            if not own and (others := [pod for pod in lacking if pod not in mine]):
                raise WorldFailed(
                    f"pod {others[0].label} cannot be made to dial: this run did not create it",
                    "--allow-existing lets the run add an ephemeral container to it, which stays until the pod ends",
                    code="existing",
                )
            if mine:
                self._add_ephemeral(mine)
            return frozenset(source for source in sources if self.locate(source) is not None)

    def _add_ephemeral(self, pods: Collection[LivePod]) -> None:
        name = f"netpolspec-{self.options.run_id}"
        for pod in pods:
            if pod.is_client or any(
                tree.text(each, "name") == name for each in tree.rows(pod.manifest, "spec", "ephemeralContainers")
            ):
                continue
            self._replace(pod, name)
        deadline = time.monotonic() + self.options.ready_timeout
        pause = 0.1
        while True:
            self.read()
            self._read_neighbours(pods)
            now = [self.everybody.get(pod.key) for pod in pods]
            if all(pod is None or not pod.dialable or self.container(pod) is not None for pod in now):
                return
            if time.monotonic() > deadline:
                names = ", ".join(pod.label for pod in pods)
                raise WorldFailed(f"the ephemeral containers of {names} do not start", code="not-ready")
            time.sleep(pause)
            pause = min(1.5 * pause, 0.5)

    def _replace(self, pod: LivePod, container: str) -> None:
        """Add an ephemeral container to a pod as it is now: kubelets write into pods all the time."""
        path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/ephemeralcontainers"
        for attempt in range(_ATTEMPTS):
            live = self.kubectl.read("-n", pod.namespace, "get", "pod", pod.name)
            body = json.dumps(write_ephemeral(live, container, self.options.probe_image))
            try:
                self.kubectl.check("replace", "--raw", path, "-f", "-", stdin=body)
            except KubectlFailed as failure:
                if "(Conflict)" not in failure.finished.stderr or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return

    def _read_neighbours(self, pods: Collection[LivePod]) -> None:
        """Look again at pods of others."""
        fresh = {
            pod.key: read_pod(self.kubectl.read("-n", pod.namespace, "get", "pod", pod.name))
            for pod in pods
            if pod.key in self.neighbours
        }
        self.neighbours = {**self.neighbours, **fresh}

    def container(self, pod: LivePod) -> str | None:
        """The container of a pod of ours in which a script can be run; None where there is none that runs."""
        if not pod.dialable:
            return None
        if pod.is_client:
            return CONTAINER if CONTAINER in pod.running else None
        image = self.options.probe_image
        if pod.run != self.options.run_id:
            return self._ephemeral(pod)
        for container in tree.rows(pod.manifest, "spec", "containers"):
            name = tree.text(container, "name")
            if name in pod.running and container.get("image") == image and "command" in container:
                return name
        return self._ephemeral(pod)

    def _ephemeral(self, pod: LivePod) -> str | None:
        """An ephemeral container of this run's."""
        name = f"netpolspec-{self.options.run_id}"
        return name if name in pod.running else None


def is_complete(controller: Mapping[str, Json]) -> bool:
    """Whether a controller has made all the pods that it should, and they are ready."""
    status = tree.table(controller, "status")
    if tree.number(status, "observedGeneration") < tree.number(controller, "metadata", "generation"):
        return False
    wanted = tree.number(controller, "spec", "replicas")
    counts: tuple[str, ...]
    match controller.get("kind"):
        case "Deployment":
            counts = ("replicas", "updatedReplicas", "availableReplicas")
        case "StatefulSet" | "ReplicaSet":
            counts = ("replicas", "readyReplicas")
        case _:
            wanted = tree.number(status, "desiredNumberScheduled")
            counts = ("updatedNumberScheduled", "numberReady")
    return all(tree.number(status, count) == wanted for count in counts)


def _is_stuck(pod: LivePod) -> bool:
    statuses = (
        *tree.rows(pod.manifest, "status", "initContainerStatuses"),
        *tree.rows(pod.manifest, "status", "containerStatuses"),
    )
    return any(tree.text(each, "state", "waiting", "reason") in HOPELESS for each in statuses)

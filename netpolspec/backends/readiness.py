"""Waits until a new cluster can be used, in the order in which its parts come up, and says what holds it up."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.tree import rows, table, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.load.plain import Json

Tell: TypeAlias = "Callable[[str], None]"
"""Shows on the progress line what is being waited for, and why."""

SLICE = 5.0
"""Seconds of waiting after which the pods are looked at: a missing image is told long before the deadline."""

POLL = 0.3


@dataclass(frozen=True, slots=True)
class Workload:
    """A DaemonSet or Deployment whose rollout is waited for."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


COREDNS = Workload("Deployment", "kube-system", "coredns")

HOPELESS = frozenset(
    {
        # Reasons of waiting containers after which more waiting seldom helps. Source: pkg/kubelet/images/types.go and
        # pkg/kubelet/container/sync_result.go of Kubernetes.
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "CrashLoopBackOff",
    }
)
_PATIENCE = 3
"""Slices in a row in which a pod must be stuck before the wait is given up: a registry may have hiccups."""


@dataclass(frozen=True, slots=True)
class Ailment:
    """A pod that does not get ready."""

    pod: str
    reason: str
    """In a word, where there is one: `ImagePullBackOff`."""
    text: str
    """One line: pod, node, container, image, reason and the event that says most."""
    image: str | None = None
    """The image that cannot be had."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The waits for one cluster."""

    kubectl: Kubectl
    tell: Tell
    timeout: float
    """Seconds that each step may take."""
    stays: bool
    """Whether the cluster will still be there to be looked at when a wait has failed."""

    def wait(self, workloads: Sequence[Workload]) -> None:
        """Wait for the network plugin, the nodes, what else the plugin brings, and CoreDNS.

        A plugin's Deployments come after the nodes: until those are Ready, only DaemonSets start on them.

        Raises:
            WorldFailed: a step took too long, or a pod is stuck; the notes name pods, images and events
        """
        for workload in workloads:
            if workload.kind == "DaemonSet":
                self._rollout(workload, "the pods' network")
        self._nodes()
        for workload in workloads:
            if workload.kind != "DaemonSet":
                self._rollout(workload, "it came with the network plugin")
        if COREDNS not in workloads and self._exists(COREDNS):
            self._rollout(COREDNS, "names of Services")
        self._untainted()

    def _exists(self, workload: Workload) -> bool:
        names = ("-n", workload.namespace, "get", workload.kind, workload.name, "--ignore-not-found", "-o", "name")
        return bool(self.kubectl.check(*names).strip())

    def _rollout(self, workload: Workload, why: str) -> None:
        self.tell(f"waiting for {workload} ({why})")
        wait = ("-n", workload.namespace, "rollout", "status", f"{workload.kind}/{workload.name}")
        self._await(wait, str(workload), lambda: ailments_of(self.kubectl, workload))

    def _nodes(self) -> None:
        self.tell("waiting for the nodes to be Ready (they are once the plugin has configured them)")
        # The plugin's pods may be those of an operator, so that no manifest names them: all pods are looked at.
        wait = ("wait", "--for=condition=Ready", "node", "--all")
        self._await(wait, "the nodes", lambda: _stuck(self.kubectl, "--all-namespaces"))

    def _untainted(self) -> None:
        """Wait until pods can be put on the nodes: a node that was not Ready is tainted for a while longer."""
        began = time.monotonic()
        while True:
            nodes = self.kubectl.items("get", "nodes")
            tainted = [node for node in nodes if not is_ready(node) or _is_held_up(node)]
            if not tainted:
                return
            name = text(tainted[0], "metadata", "name")
            if time.monotonic() - began > self.timeout:
                notes = tuple(_node_troubles(self.kubectl))
                raise self._failure(f"node '{name}' takes no pods after {self.timeout:.0f} s", (), notes)
            self.tell(f"waiting for node '{name}' to take pods")
            time.sleep(POLL)

    def _await(self, wait: Sequence[str], what: str, look: Callable[[], tuple[Ailment, ...]]) -> None:
        """Run a kubectl command that waits, a slice at a time, and look at the pods in between."""
        began = time.monotonic()
        stuck = 0
        while True:
            left = began + self.timeout - time.monotonic()
            given = max(1, round(min(SLICE, left)))
            finished = self.kubectl.run(*wait, f"--timeout={given}s", timeout=given + 15)
            if finished.ok:
                return
            ailments = look()
            stuck = stuck + 1 if any(each.reason in HOPELESS for each in ailments) else 0
            waited = time.monotonic() - began
            if stuck >= _PATIENCE or waited >= self.timeout:
                notes = (*(each.text for each in ailments[:5]), *_node_troubles(self.kubectl)) or (finished.said,)
                raise self._failure(f"{what} not ready after {waited:.0f} s", ailments, notes)

    def _failure(self, message: str, ailments: Sequence[Ailment], notes: Sequence[str]) -> WorldFailed:
        image = next((each.image for each in ailments if each.image), None)
        help_ = []
        if image is not None:
            message += f": image '{image}' cannot be had"
            help_.append("where a mirror has it: --cni-manifest with a manifest that names the mirror")
        elif ailments:
            message += f": {ailments[0].reason or 'pods do not start'}"
        if not self.stays:
            help_.append("to look at it: `netpolspec up`, with the same options, leaves the cluster as it is")
        elif image is not None:
            cluster = self.kubectl.context.removeprefix("kind-")
            help_.append(f"where this machine has it: kind load docker-image {image} --name {cluster}")
        elif ailments:
            namespace, pod = ailments[0].pod.split("/")
            help_.append(f"to see for yourself: {self.kubectl.line('-n', namespace, 'describe', 'pod', pod)}")
        else:
            help_.append(f"to see for yourself: {self.kubectl.line('get', 'nodes,pods', '--all-namespaces')}")
        return WorldFailed(message, *help_, code="not-ready", notes=notes)


# --- which pod, which event, which image ----------------------------------------------------------------------------


def ailments_of(kubectl: Kubectl, workload: Workload) -> tuple[Ailment, ...]:
    """The pods of a workload that are not ready, with what the cluster says about each."""
    try:
        owner = kubectl.read("-n", workload.namespace, "get", workload.kind, workload.name)
    except WorldFailed:
        return ()
    labels = table(owner, "spec", "selector", "matchLabels")
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    return sick(kubectl, "--namespace", workload.namespace, f"--selector={selector}")


def _stuck(kubectl: Kubectl, *where: str) -> tuple[Ailment, ...]:
    """The pods that will not get ready without help."""
    return tuple(each for each in sick(kubectl, *where) if each.reason in HOPELESS)


def sick(kubectl: Kubectl, *where: str) -> tuple[Ailment, ...]:
    """The pods that are not ready, of those that the arguments of `get pods` select; none where they cannot be read."""
    try:
        pods = [pod for pod in kubectl.items("get", "pods", *where) if not is_ready(pod)]
        spaces = sorted({text(pod, "metadata", "namespace") for pod in pods})
        events = [
            event
            for space in spaces
            for event in kubectl.items("-n", space, "get", "events", "--field-selector=type=Warning")
        ]
    except WorldFailed:  # the cluster is in trouble of its own: what is waited for will tell
        return ()
    return tuple(_ailment(pod, events) for pod in pods)


def is_ready(item: Mapping[str, Json]) -> bool:
    """Whether a pod or node says of itself that it is Ready."""
    conditions = rows(item, "status", "conditions")
    return any(text(each, "type") == "Ready" and text(each, "status") == "True" for each in conditions)


def _is_held_up(node: Mapping[str, Json]) -> bool:
    """Whether Kubernetes keeps pods off a node for a time; the taint of control planes is there to stay."""
    return any(text(taint, "key").startswith("node.kubernetes.io/") for taint in rows(node, "spec", "taints"))


_PULL_REASONS = frozenset({"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"})


def _ailment(pod: Mapping[str, Json], events: Sequence[Mapping[str, Json]]) -> Ailment:
    name = text(pod, "metadata", "name")
    namespace = text(pod, "metadata", "namespace")
    node = text(pod, "spec", "nodeName")
    parts = [f"pod {namespace}/{name}" + (f" on node {node}" if node else ", on no node yet")]
    reason, image = "", None
    for status in (*rows(pod, "status", "initContainerStatuses"), *rows(pod, "status", "containerStatuses")):
        state = table(status, "state")
        waiting = table(state, "waiting") or table(state, "terminated")
        said = text(waiting, "reason")
        if not said or said in {"PodInitializing", "Completed"}:
            continue
        reason = reason or said
        parts.append(f"container {text(status, 'name')} ({text(status, 'image')}): {said}")
        if said in _PULL_REASONS:
            image = image or text(status, "image")
    if not reason:
        for condition in rows(pod, "status", "conditions"):
            if condition.get("status") == "False" and condition.get("message"):
                reason = text(condition, "reason")
                parts.append(_one_line(text(condition, "message")))
                break
    told = [each for each in events if text(each, "involvedObject", "name") == name and text(each, "message")]
    if told:
        last = max(told, key=lambda each: text(each, "lastTimestamp") or text(each, "eventTime"))
        parts.append(f"event {text(last, 'reason')}: {_one_line(text(last, 'message'))}")
    return Ailment(f"{namespace}/{name}", reason, "; ".join(parts), image)


def _node_troubles(kubectl: Kubectl) -> Iterator[str]:
    try:
        nodes = kubectl.items("get", "nodes")
    except WorldFailed:
        return
    for node in nodes:
        for condition in rows(node, "status", "conditions"):
            if text(condition, "type") == "Ready" and not is_ready(node):
                yield f"node {text(node, 'metadata', 'name')}: {_one_line(text(condition, 'message'))}"


_SPACE = re.compile(r"\s+")


def _one_line(text: str, longest: int = 300) -> str:
    line = _SPACE.sub(" ", text).strip()
    return line if len(line) <= longest else line[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"

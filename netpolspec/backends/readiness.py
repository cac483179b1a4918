"""Waits until a new cluster can be used, in the order in which its parts come up, and says what holds it up."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.catalog import Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.load.resource import Json

Tell: TypeAlias = "Callable[[str], None]"
"""Shows on the progress line what is being waited for, and why."""

SLICE = 5.0
"""Seconds of waiting after which the pods are looked at: a missing image is told long before the deadline."""

COREDNS = Workload("Deployment", "kube-system", "coredns")

_HOPELESS = frozenset(
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


def wait_until_ready(kubectl: Kubectl, workloads: Sequence[Workload], tell: Tell, *, timeout: float) -> None:
    """Wait for the network plugin, the nodes, what else the plugin brings, and CoreDNS.

    Each step may take `timeout` seconds. A plugin's Deployments come after the nodes: until those are Ready, nothing
    but the DaemonSets is started on them.

    Raises:
        WorldFailed: a step took too long, or a pod is stuck; the notes name pods, images and events
    """
    for workload in workloads:
        if workload.kind == "DaemonSet":
            _await_rollout(kubectl, workload, tell, "the pods' network", timeout)
    _await_nodes(kubectl, tell, timeout)
    for workload in workloads:
        if workload.kind != "DaemonSet":
            _await_rollout(kubectl, workload, tell, "it came with the network plugin", timeout)
    if COREDNS not in workloads and _exists(kubectl, COREDNS):
        _await_rollout(kubectl, COREDNS, tell, "names of Services", timeout)


def _exists(kubectl: Kubectl, workload: Workload) -> bool:
    found = kubectl.check(
        *("-n", workload.namespace, "get", workload.kind, workload.name, "--ignore-not-found", "-o", "name")
    )
    return bool(found.strip())


def _await_rollout(kubectl: Kubectl, workload: Workload, tell: Tell, why: str, timeout: float) -> None:
    tell(f"waiting for {workload} ({why})")
    wait = ("-n", workload.namespace, "rollout", "status", f"{workload.kind}/{workload.name}")
    _await(kubectl, wait, str(workload), lambda: ailments_of(kubectl, workload), timeout)


def _await_nodes(kubectl: Kubectl, tell: Tell, timeout: float) -> None:
    tell("waiting for the nodes to be Ready (they are once the plugin has configured them)")
    # The plugin's pods may be those of an operator, so that no manifest names them: all pods are looked at.
    wait = ("wait", "--for=condition=Ready", "node", "--all")
    _await(kubectl, wait, "the nodes", lambda: _stuck(kubectl, "--all-namespaces"), timeout)


def _await(
    kubectl: Kubectl, wait: Sequence[str], what: str, look: Callable[[], tuple[Ailment, ...]], timeout: float
) -> None:
    """Run a kubectl command that waits, a slice at a time, and look at the pods in between."""
    deadline = time.monotonic() + timeout
    stuck = 0
    while True:
        given = max(1, round(min(SLICE, deadline - time.monotonic())))
        finished = kubectl.run(*wait, f"--timeout={given}s", timeout=given + 15)
        if finished.ok:
            return
        ailments = look()
        stuck = stuck + 1 if any(each.reason in _HOPELESS for each in ailments) else 0
        if stuck >= _PATIENCE or time.monotonic() >= deadline:
            notes = (*(each.text for each in ailments[:5]), *_node_troubles(kubectl)) or (finished.said,)
            raise _unready(kubectl, what, timeout, ailments, notes)


def _unready(
    kubectl: Kubectl, what: str, timeout: float, ailments: Sequence[Ailment], notes: Sequence[str]
) -> WorldFailed:
    help_ = []
    image = next((each.image for each in ailments if each.image), None)
    if image is not None:
        message = f"{what}: image '{image}' cannot be had"
        cluster = kubectl.context.removeprefix("kind-")
        help_.append(f"where this machine has the image: kind load docker-image {image} --name {cluster}")
        help_.append("where a mirror has it: --cni-manifest with a manifest that names the mirror")
    elif ailments:
        message = f"{what}: not ready after {timeout:.0f} s: {ailments[0].reason or 'pods do not start'}"
    else:
        message = f"{what}: not ready after {timeout:.0f} s"
    if ailments:
        namespace, pod = ailments[0].pod.split("/")
        help_.append(f"to see for yourself: {kubectl.line('-n', namespace, 'describe', 'pod', pod)}")
    else:
        help_.append(f"to see for yourself: {kubectl.line('get', 'nodes,pods', '--all-namespaces')}")
    return WorldFailed(message, *help_, code="not-ready", notes=notes)


# --- which pod, which event, which image ----------------------------------------------------------------------------


def ailments_of(kubectl: Kubectl, workload: Workload) -> tuple[Ailment, ...]:
    """The pods of a workload that are not ready, with what the cluster says about each."""
    try:
        owner = kubectl.read("-n", workload.namespace, "get", workload.kind, workload.name)
    except WorldFailed:
        return ()
    labels = _table(owner, "spec", "selector", "matchLabels")
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    return _sick(kubectl, "--namespace", workload.namespace, f"--selector={selector}")


def _stuck(kubectl: Kubectl, *where: str) -> tuple[Ailment, ...]:
    """The pods that will not get ready without help."""
    return tuple(each for each in _sick(kubectl, *where) if each.reason in _HOPELESS)


def _sick(kubectl: Kubectl, *where: str) -> tuple[Ailment, ...]:
    try:
        pods = [pod for pod in kubectl.items("get", "pods", *where) if not _is_ready(pod)]
        spaces = sorted({str(_table(pod, "metadata").get("namespace")) for pod in pods})
        events = [
            event
            for space in spaces
            for event in kubectl.items("-n", space, "get", "events", "--field-selector=type=Warning")
        ]
    except WorldFailed:  # the cluster is in trouble of its own: what is waited for will tell
        return ()
    return tuple(_ailment(pod, events) for pod in pods)


def _is_ready(pod: Mapping[str, Json]) -> bool:
    return any(
        each.get("type") == "Ready" and each.get("status") == "True" for each in _rows(pod, "status", "conditions")
    )


_PULL_REASONS = frozenset({"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"})


def _ailment(pod: Mapping[str, Json], events: Sequence[Mapping[str, Json]]) -> Ailment:
    name = str(_table(pod, "metadata").get("name", "?"))
    namespace = str(_table(pod, "metadata").get("namespace", "?"))
    node = _table(pod, "spec").get("nodeName")
    parts = [f"pod {namespace}/{name}" + (f" on node {node}" if node else ", on no node yet")]
    reason, image = "", None
    for status in (*_rows(pod, "status", "initContainerStatuses"), *_rows(pod, "status", "containerStatuses")):
        state = _table(status, "state")
        waiting = _table(state, "waiting") or _table(state, "terminated")
        said = str(waiting.get("reason", ""))
        if not said or said in {"PodInitializing", "Completed"}:
            continue
        reason = reason or said
        parts.append(f"container {status.get('name')} ({status.get('image')}): {said}")
        if said in _PULL_REASONS:
            image = image or str(status.get("image"))
    if not reason:
        for condition in _rows(pod, "status", "conditions"):
            if condition.get("status") == "False" and condition.get("message"):
                reason = str(condition.get("reason", ""))
                parts.append(_one_line(str(condition["message"])))
                break
    told = [each for each in events if _table(each, "involvedObject").get("name") == name and each.get("message")]
    if told:
        last = max(told, key=lambda each: str(each.get("lastTimestamp") or each.get("eventTime") or ""))
        parts.append(f"event {last.get('reason')}: {_one_line(str(last['message']))}")
    return Ailment(f"{namespace}/{name}", reason, "; ".join(parts), image)


def _node_troubles(kubectl: Kubectl) -> Iterator[str]:
    try:
        nodes = kubectl.items("get", "nodes")
    except WorldFailed:
        return
    for node in nodes:
        for condition in _rows(node, "status", "conditions"):
            if condition.get("type") == "Ready" and condition.get("status") != "True":
                yield f"node {_table(node, 'metadata').get('name')}: {_one_line(str(condition.get('message', '')))}"


# --- plain data -----------------------------------------------------------------------------------------------------


def _table(value: Mapping[str, Json], *path: str) -> Mapping[str, Json]:
    for key in path:
        found = value.get(key)
        if not isinstance(found, dict):
            return {}
        value = found
    return value


def _rows(value: Mapping[str, Json], *path: str) -> tuple[Mapping[str, Json], ...]:
    found = _table(value, *path[:-1]).get(path[-1])
    return tuple(each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


_SPACE = re.compile(r"\s+")


def _one_line(text: str, longest: int = 300) -> str:
    line = _SPACE.sub(" ", text).strip()
    return line if len(line) <= longest else line[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"

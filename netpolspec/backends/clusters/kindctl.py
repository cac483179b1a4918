"""kind's own commands, and what its failures mean for a user."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from netpolspec import shell
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.clusters.blueprint import CREATE_TIMEOUT, kind_config
from netpolspec.backends.tools import KIND, explain_docker

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from netpolspec.backends.clusters.blueprint import Blueprint

QUICK = 20.0
"""Seconds for commands that only ask the container engine something."""
DELETE_TIMEOUT = 60.0
PATIENCE = 5.0
"""Seconds for which a cluster that comes back is deleted again."""
_POLL = 0.2


def _run(*arguments: str, timeout: float, stdin: str = "", lend: Collection[int] = ()) -> shell.Finished:
    try:
        return shell.run(("kind", *arguments), timeout=timeout, stdin=stdin, lend=lend)
    except shell.ToolMissing as missing:
        raise WorldFailed(str(missing), f"to install it: {KIND.advice()}", code="no-tool") from missing


def clusters() -> tuple[str, ...]:
    """The names of all kind clusters of this engine, also of those that are half made or stopped.

    Raises:
        WorldFailed: kind or its engine does not answer
    """
    finished = _run("get", "clusters", timeout=QUICK)
    if not finished.ok:
        raise _failure(finished, "kind cannot list its clusters")
    return tuple(finished.stdout.split())  # "No kind clusters found." goes to stderr


def create(blueprint: Blueprint, kubeconfig: Path, lock: int | None = None) -> None:
    """Make the nodes and start Kubernetes on them, without waiting for them to be Ready: that needs the plugin.

    Args:
        blueprint: what to make
        kubeconfig: where its context goes
        lock: held by kind as well: should we be killed, kind goes on making the cluster, and who comes next waits

    Raises:
        WorldFailed: it did not work; what was half made may still be there
    """
    config = blueprint.kind_config or "-"
    image = ("--image", blueprint.node_image) if blueprint.node_image else ()
    finished = _run(
        *("create", "cluster", "--name", blueprint.name, "--kubeconfig", str(kubeconfig), "--config", config, *image),
        timeout=CREATE_TIMEOUT,
        stdin=kind_config(blueprint) if config == "-" else "",
        lend=() if lock is None else (lock,),
    )
    if not finished.ok:
        raise _explain(finished, blueprint)


def delete(name: str, kubeconfig: Path | None = None, *, settle: float = 0.0) -> None:
    """Delete a cluster, whatever is left of it; one that does not exist is no error.

    Args:
        name: kind's name of it
        kubeconfig: whose context to remove; None: the user's own
        settle: seconds for which it must stay away, for a cluster whose making was cut short: an engine that was told
            to make a node goes on with it when its client has died

    Raises:
        WorldFailed: it is still there
    """
    where = ("--kubeconfig", str(kubeconfig)) if kubeconfig else ()
    began = time.monotonic()
    while True:
        finished = _run("delete", "cluster", "--name", name, *where, timeout=DELETE_TIMEOUT)
        if not _is_there(name, settle):
            return
        if time.monotonic() - began > PATIENCE:
            raise _failure(finished, f"cluster '{name}' cannot be deleted", f"to try again: netpolspec down {name}")


def _is_there(name: str, settle: float) -> bool:
    """Whether a cluster is there, or comes back within some seconds."""
    deadline = time.monotonic() + settle
    while name not in clusters():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL)
    return True


def export(name: str) -> None:
    """Add the cluster's context to the user's own kubeconfig, and leave the context that is current as it is.

    Raises:
        WorldFailed: it cannot be written
    """
    before = shell.run(("kubectl", "config", "current-context"), timeout=QUICK)
    current = before.stdout.strip() if before.ok else ""
    back = ("use-context", current) if current else ("unset", "current-context")
    try:
        finished = _run("export", "kubeconfig", "--name", name, timeout=QUICK)
    finally:
        shell.run(("kubectl", "config", *back), timeout=QUICK)
    if not finished.ok:
        raise _failure(finished, f"the context of cluster '{name}' cannot be added to your kubeconfig")


def write_kubeconfig(name: str, to: Path) -> None:
    """Write a kubeconfig that holds the cluster's context and no other.

    Raises:
        WorldFailed: the cluster has no API server to speak of
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    draft = to.with_suffix(".draft")  # another run may be reading it
    draft.unlink(missing_ok=True)
    finished = _run("export", "kubeconfig", "--name", name, "--kubeconfig", str(draft), timeout=QUICK)
    if not finished.ok:
        raise _failure(
            finished,
            f"cluster '{name}' cannot be used",
            f"to delete it: kind delete cluster --name {name}",
            "to use another one: --cluster-name NAME",
        )
    draft.replace(to)


# --- what went wrong ------------------------------------------------------------------------------------------------


def _failure(finished: shell.Finished, message: str, *help_: str) -> WorldFailed:
    if finished.timed_out:
        message = f"{message}: 'kind' hangs, {finished.ending}"
    else:
        known = explain_docker(finished.stderr)
        if known is not None:
            return known
    return WorldFailed(message, *help_, f"to repeat it: {finished.line}", code="kind", notes=_told(finished))


def _told(finished: shell.Finished) -> tuple[str, ...]:
    """What kind says that is worth showing: not its ticks, and each line once."""
    lines = (line.strip() for line in finished.said.splitlines())
    kept = dict.fromkeys(line for line in lines if line and not line.startswith(("✓", "•", "✗", "Creating cluster")))
    return tuple(line[:300] for line in kept)[-8:]


_PORT = re.compile(r"(?:Bind for|bind host port for|listen (?:tcp|udp)[46]?) (?:\[[^\]]*\]|[^\s:]*):(\d+)")
_PULL = re.compile(r"failed to pull image \"?([^\"\s:]+(?::[^\"\s]+)?)\"?")


def _explain(finished: shell.Finished, blueprint: Blueprint) -> WorldFailed:
    """What `kind create cluster` says, as something to do."""
    said = finished.stderr
    notes = _told(finished)
    known = explain_docker(said)
    if known is not None:
        return known
    if finished.timed_out:
        return _failure(
            finished,
            f"cluster '{blueprint.name}' did not come up",
            "where the node image has to be downloaded first: docker pull it, or name one that is here: --node-image",
        )
    port = _PORT.search(said)
    if port is not None and ("already allocated" in said or "already in use" in said):
        return WorldFailed(
            f"port {port[1]} is taken",
            f"to see by whom: ss --listening --tcp --udp --numeric --processes 'sport = :{port[1]}'",
            "to use another one: change 'hostPort' or 'apiServerPort' in the kind configuration, or leave it out",
            code="port-taken",
            notes=notes[-1:],
        )
    pull = _PULL.search(said)
    if pull is not None:
        return WorldFailed(
            f"node image '{pull[1]}' cannot be had",
            f"to see for yourself: docker pull {pull[1]}",
            "to use one that is here or at a mirror: --node-image IMAGE, or NETPOLSPEC_NODE_IMAGE in the environment",
            code="node-image",
            notes=notes[-1:],
        )
    if _EXISTS in said:
        return WorldFailed(
            f"somebody else is making cluster '{blueprint.name}'",
            "to use another one: --cluster-name NAME",
            code="cluster-exists",
        )
    for sign, message, help_ in _SIGNS:
        if sign in said:
            return WorldFailed(
                message.format(name=blueprint.name, config=blueprint.kind_config or "that netpolspec wrote"),
                help_.format(name=blueprint.name),
                f"to repeat it: {finished.line}",
                code="kind",
                notes=notes,
            )
    return _failure(
        finished,
        f"kind could not make cluster '{blueprint.name}'",
        f"to look at the nodes: kind create cluster --name {blueprint.name} --retain, "
        f"then docker exec {blueprint.name}-control-plane journalctl --unit kubelet",
    )


_EXISTS = "node(s) already exist for a cluster with the name"
_SIGNS = (
    # What kind writes, what it means, and what to do. Source: https://kind.sigs.k8s.io/docs/user/known-issues/
    (
        "too many open files",
        "the machine is out of inotify watches",
        "to have more: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512",
    ),
    (
        "no space left on device",
        "the container engine's disk is full",
        "to make room: docker system prune",
    ),
    (
        "all predefined address pools have been fully subnetted",
        "the container engine is out of networks",
        "to make room: docker network prune",
    ),
    (
        "unable to decode config",
        "the kind configuration {config} is not valid",
        "https://kind.sigs.k8s.io/docs/user/configuration/ says what may stand there",
    ),
    (
        "could not determine kind / apiVersion for config",
        "the kind configuration {config} is not valid",
        "https://kind.sigs.k8s.io/docs/user/configuration/ says what may stand there",
    ),
    (
        "unknown apiVersion",
        "the kind configuration {config} is not valid",
        "it begins with:  kind: Cluster, apiVersion: kind.x-k8s.io/v1alpha4",
    ),
    (
        "could not find a log line that matches",
        "a node of cluster '{name}' did not start",
        "to see why: kind create cluster --name {name} --retain, then docker logs {name}-control-plane",
    ),
)

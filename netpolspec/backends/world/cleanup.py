"""Removes what a run created: at its end, when it was interrupted, and when it was killed and a later one finds it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from netpolspec.backends import tree
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.kubectl import Kubectl, KubectlFailed
from netpolspec.backends.marks import RUN, USUAL_KINDS
from netpolspec.backends.world.existing import restore
from netpolspec.backends.world.ledger import Ledger
from netpolspec.backends.world.objects import release
from netpolspec.backends.world.terraform_works import clear as clear_works

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Key

REQUEST_TIMEOUT = 20.0
GONE_TIMEOUT = 90.0
"""Seconds that namespaces of earlier runs may take to be gone."""
_NAMES = {
    "Namespace": "namespaces",
    "Pod": "pods",
    "Deployment": "deployments.apps",
    "Service": "services",
    "NetworkPolicy": "networkpolicies.networking.k8s.io",
}


def remove(kubectl: Kubectl, selector: str, kinds: Iterable[str], touched: Mapping[Key, str]) -> None:
    """Delete everything that carries a label, and take back what was added to objects of others; waits for nothing.

    Args:
        kubectl: for the cluster
        selector: on the run's label
        kinds: further kinds to look for, as kubectl takes them
        touched: objects of others, with their API versions

    Raises:
        WorldFailed: the cluster did not let us
    """
    release(kubectl, [_bare(key, version) for key, version in touched.items()])
    # Policies go first: what waits for a connection in the meantime, gets it. Namespaces take all that is in them.
    kubectl.check(
        *("delete", "networkpolicies.networking.k8s.io", "-A", "-l", selector, "--wait=false"), timeout=REQUEST_TIMEOUT
    )
    names = ",".join(_NAMES[kind] for kind in sorted(USUAL_KINDS - {"Namespace", "NetworkPolicy"}))
    for kind in (names, *kinds):
        try:
            kubectl.check(
                *("delete", kind, "-A", "-l", selector, "--wait=false", "--grace-period=1"), timeout=REQUEST_TIMEOUT
            )
        except KubectlFailed as failure:
            said = failure.finished.stderr
            # What a run may not delete it could not create either; an earlier one may have been somebody else's.
            barred = kind != names and "(Forbidden)" in said and selector.startswith(f"{RUN}=")
            if not barred and "the server doesn't have a resource type" not in said:
                raise
    kubectl.check("delete", "namespaces", "-l", selector, "--wait=false", timeout=REQUEST_TIMEOUT)


def wait_until_gone(kubectl: Kubectl, selector: str, seconds: float) -> str:
    """Wait for what is being deleted, namespaces and pods in those of others; those that still are, in words."""
    deadline = time.monotonic() + seconds
    for what in (("namespaces",), ("pods", "--all-namespaces")):
        rest = deadline - time.monotonic()
        if rest > 0:
            kubectl.run(
                *("wait", "--for=delete", *what, "-l", selector, f"--timeout={max(1, round(rest))}s"), timeout=rest + 5
            )
    left = kubectl.check("get", "namespaces,pods", "--all-namespaces", "-l", selector, "-o", "name").split()
    return f"still being deleted: {', '.join(left)}" if left else ""


def _bare(key: Key, version: str) -> Mapping[str, Json]:
    place: dict[str, Json] = {"namespace": key.namespace} if key.namespace else {}
    return {"apiVersion": version, "kind": key.kind, "metadata": {"name": key.name, **place}}


def of_run(run_id: str) -> str:
    """Selects what a run created."""
    return f"{RUN}={run_id}"


def of_all() -> str:
    """Selects what any run created."""
    return RUN


def of_others(run_id: str) -> str:
    """Selects what other runs created: while one holds the cluster, all of that was left behind."""
    return f"{RUN},{RUN}!={run_id}"


def take_back(kubectl: Kubectl, selector: str, ledger: Ledger) -> None:
    """Let everything of others be what it was before runs changed it, and remove everything that carries a label.

    Raises:
        WorldFailed: the cluster did not let us; what can be removed is, even where something cannot be undone
    """
    failed = None
    try:
        if ledger.undo:
            restore(kubectl, ledger.undo)
            ledger.note_undo(())
    except WorldFailed as failure:
        failed = failure
    remove(kubectl, selector, ledger.kinds, ledger.touched)
    if failed is not None:
        raise failed


def clear_leftovers(kubectl: Kubectl, ledger: Ledger, run_id: str, tell: Callable[[str], None], *, left: bool) -> None:
    """Remove what earlier runs left behind; the cluster must be ours.

    Args:
        kubectl: for the cluster
        ledger: knows which kinds and objects to look for
        run_id: of this run
        tell: says what is done
        left: whether an earlier run is known not to have cleaned up
    """
    clear_works(kubectl, tell)
    selector = of_others(run_id)
    found = kubectl.check("get", "namespaces", "-l", selector, "-o", "name").split()
    if not (left or found):
        return
    tell(f"removing what an earlier run left behind ({len(found)} namespaces)")
    take_back(kubectl, selector, ledger)
    wait_until_gone(kubectl, selector, GONE_TIMEOUT)


def remove_everything(kubectl: Kubectl, run_id: str, tell: Callable[[str], None]) -> tuple[str, ...]:
    """For `netpolspec down --context`: remove what all runs, also kept ones, have left on a cluster.

    Returns:
        the namespaces that were removed

    Raises:
        WorldFailed: a run is at work, or the cluster did not let us
    """
    ledger = Ledger(kubectl, run_id)
    ledger.acquire()
    try:
        clear_works(kubectl, tell)
        spaces = kubectl.items("get", "namespaces", "-l", of_others(run_id))
        take_back(kubectl, of_others(run_id), ledger)
        wait_until_gone(kubectl, of_others(run_id), GONE_TIMEOUT)
    except BaseException:
        ledger.release(kept=True)  # what is left, and how it is undone, stands there and nowhere else
        raise
    ledger.release()
    tell("everything that netpolspec created on this cluster is removed")
    return tuple(tree.text(each, "metadata", "name") for each in spaces)

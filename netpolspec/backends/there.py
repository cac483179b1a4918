"""What a cluster holds apart from what runs put into it: read with kubectl, never written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.backends.marks import RUN
from netpolspec.backends.prober import alongside
from netpolspec.load.live_objects import KINDS, is_policy_kind, read_live
from netpolspec.source import Source

if TYPE_CHECKING:
    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.resource import Resource

READ_TIMEOUT = 180.0
"""Seconds for reading a large cluster: kubectl asks for 500 objects at a time."""


def fetch(kubectl: Kubectl, *, ours: bool = False) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """Namespaces, nodes, pods, workloads, Services and policies of all kinds, marked as existing; and warnings.

    Args:
        kubectl: for the cluster
        ours: whether what netpolspec itself has put there belongs to it

    Raises:
        WorldFailed: the cluster does not answer, or refuses it
    """
    with alongside(1) as beside:
        usual = beside.submit(_get, kubectl, KINDS)
        served = kubectl.check("api-resources", "--verbs=list", "-o", "name").split()
        others = ",".join(name for name in served if is_policy_kind(name))
        texts = [_get(kubectl, others)] if others else []
        texts.insert(0, usual.result())
    return read_live((Source(f"<context {kubectl.context}>", text) for text in texts), None if ours else RUN)


def _get(kubectl: Kubectl, kinds: str) -> str:
    return kubectl.check("get", kinds, "--all-namespaces", "-o", "json", timeout=READ_TIMEOUT)

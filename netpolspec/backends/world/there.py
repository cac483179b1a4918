"""What a cluster holds apart from what runs put into it: read with kubectl, never written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netpolspec.backends.live import read_pod
from netpolspec.backends.marks import RUN
from netpolspec.load.live_objects import KINDS, is_policy_kind, read_live
from netpolspec.shell import alongside
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.backends.live import LivePod
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.resource import Key, Resource
    from netpolspec.plan.model import World

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


@dataclass(slots=True)
class There:
    """What a cluster holds beside what the run has put into it, at the time when a world is brought about."""

    kubectl: Kubectl
    dns: Mapping[tuple[str, str], LivePod] = field(default_factory=dict)
    """The pods of the cluster's DNS, which has a part in every world."""
    _found: Mapping[Key, Resource] = field(default_factory=dict)

    def knows(self, world: World) -> bool:
        """Whether what a world has a part in was looked at before."""
        return bool(self._found) or not has_existing(world)

    def read(self, world: World) -> None:
        """Look again, where a world has a part in what is there."""
        if has_existing(world):
            resources, _ = fetch(self.kubectl)
            self._found = {resource.key: resource for resource in resources}

    def neighbours(self, world: World) -> Mapping[tuple[str, str], LivePod]:
        """The pods of others that a world has a part in; one without an address is nobody yet."""
        if not has_existing(world):
            return self.dns
        pods = (read_pod(each.manifest) for each in self._found.values() if each.key.kind == "Pod")
        return {**self.dns, **{pod.key: pod for pod in pods if pod.addresses}}

    def as_it_is(self, world: World) -> World:
        """A world in which what was found when it was planned is what was found now."""
        if not has_existing(world):
            return world
        now: dict[Key, Resource] = {}
        for key, resource in world.items():
            if not resource.existing or resource.given is not None:
                now[key] = resource
            elif key in self._found:
                now[key] = self._found[key]
        return {**{key: each for key, each in self._found.items() if key not in world}, **now}


def has_existing(world: World) -> bool:
    """Whether a world holds what a cluster had before."""
    return any(resource.existing for resource in world.values())

"""Clusters for people who keep one: made by `up`, looked at by `status`, deleted by `down`."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.clusters import kindctl
from netpolspec.backends.clusters.kind_cluster import SETTLE, KindCluster
from netpolspec.backends.clusters.records import Place, Stage, recorded
from netpolspec.backends.clusters.terraform_cluster import TerraformCluster, destroy
from netpolspec.backends.kubectl import Kubectl
from netpolspec.backends.readiness import is_ready
from netpolspec.backends.tree import text
from netpolspec.backends.world.terraform_works import forget_cluster

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.backends.clusters.blueprint import Blueprint
    from netpolspec.backends.clusters.records import Record
    from netpolspec.backends.clusters.terraform_cluster import ClusterModule
    from netpolspec.backends.readiness import Tell

POLL = 0.2
LOOK_TIMEOUT = 5.0
"""Seconds in which a cluster must answer to be shown as answering."""


def up(blueprint: Blueprint, tell: Tell) -> bool:
    """Make a cluster, or find it, and let it stay.

    Returns:
        Whether it was made now.

    Raises:
        WorldFailed: it cannot be had
    """
    cluster = KindCluster(blueprint, tell, keep=True)
    cluster.acquire()
    cluster.release()
    return cluster.made


def up_by_terraform(blueprint: Blueprint, module: ClusterModule, tell: Tell) -> bool:
    """Have a Terraform module make a cluster, or find it, and let it stay; whether it was made now.

    Raises:
        WorldFailed: it cannot be had
    """
    cluster = TerraformCluster(blueprint, module, tell)
    cluster.acquire()
    cluster.release()
    return cluster.made


def down(names: Sequence[str], tell: Tell) -> tuple[str, ...]:
    """Delete clusters that netpolspec made, also what is left of those that were never completed.

    Args:
        names: which; none: all of them
        tell: shows what is done

    Returns:
        The names of those that are gone now and were there before.

    Raises:
        WorldFailed: one is not ours, is in use, or cannot be deleted; the others are deleted nevertheless
    """
    wanted = tuple(names) or tuple(record.name for record in recorded())
    failures: list[WorldFailed] = []
    gone = []
    by_kind = any(not _is_by_terraform(name) for name in wanted)
    existing = kindctl.clusters() if by_kind else ()
    for name in wanted:
        try:
            if _delete(name, tell, exists=name in existing or _is_by_terraform(name)):
                gone.append(name)
        except WorldFailed as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return tuple(gone)


def _delete(name: str, tell: Tell, *, exists: bool) -> bool:
    place = Place(name)
    record = place.read()
    if record is None:
        if exists:
            raise WorldFailed(
                f"cluster '{name}' was not made by netpolspec",
                f"to delete it all the same: kind delete cluster --name {name}",
                code="not-ours",
            )
        return False
    waits = False
    while not place.try_alone():
        # What is still being made may be a leftover: kind goes on when what started it is killed.
        record = place.read()
        if record is None or record.stage is not Stage.MAKING:
            raise WorldFailed(
                f"cluster '{name}' is in use by another netpolspec",
                "to delete it: end that first",
                code="busy",
            )
        if not waits:
            tell(f"waiting until cluster '{name}' is made, to delete it")
            waits = True
        time.sleep(POLL)
    try:
        half_made = record.stage is Stage.MAKING
        if exists or half_made:
            tell(f"deleting cluster '{name}'")
            settle = SETTLE if half_made else 0.0
            if record.module:
                destroy(place, tell, settle=settle)
            else:
                kindctl.delete(name, settle=settle)
        forget_cluster(place.kubeconfig)
        place.forget()
    finally:
        place.release()
    return exists


def _is_by_terraform(name: str) -> bool:
    record = Place(name).read()
    return record is not None and bool(record.module)


# --- what there is --------------------------------------------------------------------------------------------------


class Health(StrEnum):
    """How a cluster is."""

    READY = "ready"
    NOT_READY = "not ready"
    """Its API server answers, but not all of its nodes are Ready."""
    DOWN = "down"
    """Its API server does not answer."""
    INCOMPLETE = "incomplete"
    """Nobody is making it any more: what made it was killed."""
    MAKING = "being made"
    GONE = "gone"
    """There is a record of it and nothing else."""


@dataclass(frozen=True, slots=True)
class State:
    """A cluster that netpolspec made, as it is now."""

    record: Record
    health: Health
    in_use: bool
    """Whether a run uses it."""
    nodes: int = 0
    ready: int = 0
    version: str = ""
    """Of Kubernetes, as the nodes say it: `v1.35.4`."""
    age: float = 0.0
    """Seconds since it was made."""

    @property
    def context(self) -> str:
        """In the kubeconfig that knows no other cluster."""
        return self.record.context


def status() -> tuple[State, ...]:
    """All clusters that netpolspec made, by name.

    Raises:
        WorldFailed: kind or its engine does not answer
    """
    records = recorded()
    if not records:
        return ()
    existing = kindctl.clusters() if any(not record.module for record in records) else ()
    with ThreadPoolExecutor(max_workers=8) as pool:
        return tuple(
            pool.map(lambda record: _state(record, exists=record.name in existing or bool(record.module)), records)
        )


def _state(record: Record, *, exists: bool) -> State:
    place = Place(record.name)
    in_use = place.in_use()
    age = max(0.0, time.time() - record.made_at)
    if record.stage is Stage.MAKING:
        return State(record, Health.MAKING if in_use else Health.INCOMPLETE, in_use, age=age)
    if not exists:
        return State(record, Health.GONE, in_use, age=age)
    kubectl = Kubectl(record.context, str(place.kubeconfig))
    try:
        nodes = kubectl.items("get", "nodes", timeout=LOOK_TIMEOUT)
    except WorldFailed:
        return State(record, Health.DOWN, in_use, age=age)
    ready = sum(map(is_ready, nodes))
    health = Health.READY if nodes and ready == len(nodes) else Health.NOT_READY
    version = text(nodes[0], "status", "nodeInfo", "kubeletVersion") if nodes else ""
    return State(record, health, in_use, len(nodes), ready, version, age)

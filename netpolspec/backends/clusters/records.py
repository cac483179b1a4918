"""What is remembered of the clusters that netpolspec made: on disk, so that a later run knows them after a kill -9.

For each cluster a folder `$XDG_STATE_HOME/netpolspec/clusters/NAME` holds a lock, the record and a kubeconfig of its
own. Who makes or deletes the cluster holds the lock alone; who uses it shares it. The system gives a lock up when its
process ends, however it ends: a record that says `making` while nobody holds the lock is a leftover.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.state import list_folder, make_folder, open_lock, state_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from netpolspec.backends.clusters.blueprint import Facts

LOCK_TIMEOUT = 900.0
"""Seconds to wait while another process makes or deletes the same cluster."""
_POLL = 0.2
_MOMENT = 0.2
"""Seconds to wait for a lock that somebody may have taken only to see whether it is free."""
_SOON = 0.01


class Stage(StrEnum):
    """How far a cluster has come."""

    MAKING = "making"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Record:
    """A cluster that netpolspec made."""

    name: str
    stage: Stage
    keep: bool
    """Whether it stays when the run that made it ends: `netpolspec up` or `--keep`."""
    plugin: str
    """The network plugin, for people: `calico v3.32.2`, or the manifest's place."""
    facts: Facts
    """What it is like, to be compared with what is asked for another time."""
    made_at: float
    """Seconds since the epoch."""
    context: str = ""
    """In the kubeconfig of its own; empty in a record of an earlier version: kind's."""

    @property
    def module(self) -> str:
        """The folder of the Terraform module that made it; empty where kind did."""
        return str(self.facts.get("module", ""))


def _clusters() -> Path:
    return state_folder() / "clusters"


def recorded() -> tuple[Record, ...]:
    """All clusters of which there is a record, by name."""
    return tuple(record for folder in list_folder(_clusters()) if (record := Place(folder.name).read()) is not None)


class Place:
    """The folder of one cluster, and the lock in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = _clusters() / name
        self._lock: int | None = None

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig that holds the cluster's context and no other."""
        return self.folder / "kubeconfig"

    @property
    def _record(self) -> Path:
        return self.folder / "record.json"

    def read(self) -> Record | None:
        """What is remembered; None: nothing, the cluster is none of ours."""
        try:
            said = json.loads(self._record.read_text(encoding="utf-8"))
            return Record(
                name=self.name,
                stage=Stage(said["stage"]),
                keep=bool(said["keep"]),
                plugin=str(said["plugin"]),
                facts=dict(said["facts"]),
                made_at=float(said["made_at"]),
                context=str(said.get("context") or f"kind-{self.name}"),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, record: Record) -> None:
        """Remember; it is complete on disk, or not there."""
        make_folder(self.folder)
        draft = self._record.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(record)), encoding="utf-8")
        draft.replace(self._record)

    def forget(self) -> None:
        """The cluster is gone; the lock stays, others may be waiting for it."""
        self._record.unlink(missing_ok=True)
        self.kubeconfig.unlink(missing_ok=True)

    # --- the lock -------------------------------------------------------------------------------------------------

    def _open(self) -> int:
        if self._lock is None:
            make_folder(self.folder)
            self._lock = open_lock(self.folder / "lock")
        return self._lock

    def _try(self, operation: int) -> bool:
        try:
            fcntl.flock(self._open(), operation | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait(self, operation: int, waiting: Callable[[], None]) -> None:
        deadline = time.monotonic() + LOCK_TIMEOUT
        told = False
        while not self._try(operation):
            if not told:
                waiting()
                told = True
            if time.monotonic() > deadline:
                raise WorldFailed(
                    f"another netpolspec has been busy with cluster '{self.name}' for {LOCK_TIMEOUT:.0f} s",
                    "to use another one: --cluster-name NAME",
                    code="busy",
                )
            time.sleep(_POLL)

    @contextlib.contextmanager
    def alone(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the lock alone, to make or delete the cluster; `waiting` is called once where somebody else has it."""
        self._wait(fcntl.LOCK_EX, waiting)
        try:
            yield
        except BaseException:
            self.release()
            raise

    def share(self, waiting: Callable[[], None]) -> None:
        """Use the cluster: others may too, but nobody deletes it. Also after `alone`, which this ends."""
        self._wait(fcntl.LOCK_SH, waiting)

    def try_alone(self) -> bool:
        """Hold the lock alone if nobody else does. Where somebody does, a share of our own is given up (flock(2))."""
        deadline = time.monotonic() + _MOMENT
        while not (alone := self._try(fcntl.LOCK_EX)) and time.monotonic() < deadline:
            time.sleep(_SOON)
        return alone

    @property
    def descriptor(self) -> int:
        """The open lock: a child that gets it holds the lock too, until it ends."""
        return self._open()

    def in_use(self) -> bool:
        """Whether another process has the lock, alone or shared."""
        other = Place(self.name)
        try:
            return not other._try(fcntl.LOCK_EX)
        finally:
            other.release()

    def release(self) -> None:
        """Give the lock up."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

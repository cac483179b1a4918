"""Who works on a cluster at present, and what it may have left: one Lease, `default/netpolspec`.

While a run holds it, no other run changes that cluster. It is renewed; a holder that is silent for too long, or whose
process is known to be gone, has lost it. What a later run must know to clear up stands in its annotations.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.backends import tree
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.kubectl import KubectlFailed
from netpolspec.backends.marks import RUN
from netpolspec.backends.world.undo import read_undo
from netpolspec.load.resource import Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.backends.world.undo import Undo
    from netpolspec.load.plain import Json

NAMESPACE = "default"
"""Where the Lease is: the one namespace that every cluster has and nobody deletes."""
NAME = "netpolspec"
SILENCE = 40.0
"""Seconds without renewal after which a holder is taken for dead."""
RENEWAL = 10.0
LETTING_GO = 3.5
"""Seconds for which the API server may be away when a run lets a cluster go: it is to end soon."""
_HOLDER = "netpolspec.dev/holder"
_KINDS = "netpolspec.dev/kinds"
_TOUCHED = "netpolspec.dev/touched"
_UNDO = "netpolspec.dev/undo"
_WHERE = ("-n", NAMESPACE)


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a cluster."""

    host: str
    """Host, and its present start: another start of the same host is another host."""
    pid: int
    started: str
    """When the process started, in the kernel's ticks: process numbers are used again."""
    user: str

    @classmethod
    def ourselves(cls) -> Holder:
        """This process."""
        return cls(_this_host(), os.getpid(), _started(os.getpid()), _user())

    @property
    def gone(self) -> bool:
        """Whether the process is known to have ended: it ran here, and runs no more."""
        return self.host == _this_host() and _started(self.pid) != self.started

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host.split('/', maxsplit=1)[0]}"


def _this_host() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:
        boot, space = "", Path()
    return f"{socket.gethostname()}/{boot}/{space}"


def _started(pid: int) -> str:
    """When a process started; empty where it does not run, or nothing can be known."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


@dataclass(frozen=True, slots=True)
class Entry:
    """What the Lease says."""

    run_id: str
    """The run that holds it, or held it last."""
    holder: Holder | None
    """None: nobody, a world was kept."""
    renewed: float
    """When it was renewed, in seconds since the epoch."""
    kinds: tuple[str, ...]
    """Kinds beyond the usual ones of which the run may have created objects: `kind.group`."""
    touched: Mapping[Key, str]
    """Objects of others to which the run added fields, with their API versions."""
    undo: tuple[Undo, ...]
    """How objects of others that the run changed or removed become what they were."""
    version: str

    @property
    def alive(self) -> bool:
        """Whether its holder may still be at work."""
        return self.holder is not None and not self.holder.gone and time.time() - self.renewed < SILENCE


def read_entry(lease: Mapping[str, Json]) -> Entry:
    """What a Lease object says."""
    notes = tree.strings(lease, "metadata", "annotations")
    try:
        told = json.loads(notes.get(_HOLDER, "null"))
        holder = Holder(str(told["host"]), int(told["pid"]), str(told["started"]), str(told["user"])) if told else None
        touched = {Key(*each[1:]): str(each[0]) for each in json.loads(notes.get(_TOUCHED, "[]"))}
        undo = tuple(map(read_undo, json.loads(notes.get(_UNDO, "[]"))))
    except (ValueError, KeyError, TypeError):
        holder, touched, undo = None, {}, ()
    try:
        renewed = datetime.fromisoformat(tree.text(lease, "spec", "renewTime")).timestamp()
    except ValueError:
        renewed = 0.0
    return Entry(
        run_id=tree.strings(lease, "metadata", "labels").get(RUN, ""),
        holder=holder,
        renewed=renewed,
        kinds=tuple(kind for kind in notes.get(_KINDS, "").split(",") if kind),
        touched=touched,
        undo=undo,
        version=tree.text(lease, "metadata", "resourceVersion"),
    )


class Ledger:
    """Our hold on a cluster. `note` may be called from one thread while another renews."""

    def __init__(self, kubectl: Kubectl, run_id: str) -> None:
        self._kubectl = kubectl
        self._run_id = run_id
        self._kinds: set[str] = set()
        self._touched: dict[Key, str] = {}
        self._undo: tuple[Undo, ...] = ()
        self._held = False
        self._lost = ""
        self._stop = threading.Event()
        self._noting = threading.Lock()
        self._renewer: threading.Thread | None = None

    def acquire(self) -> Entry | None:
        """Take hold of the cluster; what its last holder left behind, or None where there was none.

        Where the last holder ran elsewhere and has not been heard of for a while, it is waited for until it is either
        heard of or given up.

        Raises:
            WorldFailed: another run is at work
        """
        heard: float | None = None
        while True:
            lease = self._read()
            if lease is None:
                if self._take("create", None):
                    return self._begin(None)
                continue
            entry = read_entry(lease)
            if not entry.alive:
                if self._take("replace", entry):
                    return self._begin(entry)
                continue
            if heard is None:
                heard = entry.renewed
            if entry.renewed != heard or time.time() - entry.renewed < RENEWAL or entry.holder is None:
                raise self._busy(entry)
            time.sleep(0.5)

    def note(self, kinds: Iterable[str] = (), touched: Mapping[Key, str] | None = None) -> None:
        """Write down, before they are created, kinds of objects beyond the usual ones; and objects of others.

        Args:
            kinds: as kubectl takes them: `ConfigMap`, `StatefulSet.apps`
            touched: objects that the run did not create, with their API versions

        Raises:
            WorldFailed: the hold on the cluster was lost
        """
        self._see_that_it_is_ours()
        with self._noting:
            new_kinds = set(kinds) - self._kinds
            new_touched = {key: version for key, version in (touched or {}).items() if key not in self._touched}
            if new_kinds or new_touched:
                self._kinds |= new_kinds
                self._touched |= new_touched
                self._patch(self._kubectl, {"metadata": {"annotations": self._notes()}})

    def note_undo(self, undo: Sequence[Undo]) -> None:
        """Write down, before they are made, what undoes all changes to objects of others.

        Raises:
            WorldFailed: the hold on the cluster was lost
        """
        self._see_that_it_is_ours()
        with self._noting:
            self._undo = tuple(undo)
            self._patch(self._kubectl, {"metadata": {"annotations": self._notes()}})

    def _see_that_it_is_ours(self) -> None:
        if self._lost:
            raise WorldFailed(self._lost, code="lock")

    @property
    def held(self) -> bool:
        """Whether the cluster is ours."""
        return self._held

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that were noted."""
        return frozenset(self._kinds)

    @property
    def touched(self) -> Mapping[Key, str]:
        """The objects of others that were noted, with their API versions."""
        return self._touched

    @property
    def undo(self) -> tuple[Undo, ...]:
        """What undoes the changes to objects of others, in the order in which they were made."""
        return self._undo

    def release(self, *, kept: bool = False) -> None:
        """Let the cluster go, unless another run has taken it over. Safe to call twice.

        Args:
            kept: whether something of ours stays there, of which the next run is to find word
        """
        self._stop.set()
        if not self._held:
            return
        kubectl = replace(self._kubectl, patience=LETTING_GO)
        found = kubectl.items(*_WHERE, "get", "lease", NAME, "--ignore-not-found")
        if found and read_entry(found[0]).run_id == self._run_id:
            if kept:
                self._patch(kubectl, {"metadata": {"annotations": {_HOLDER: None}}, "spec": {"holderIdentity": None}})
            else:
                kubectl.check(*_WHERE, "delete", "lease", NAME, "--ignore-not-found", "--wait=false")
        self._held = False

    # --- the Lease ------------------------------------------------------------------------------------------------

    def _begin(self, left: Entry | None) -> Entry | None:
        self._held = True
        if left is not None:  # until it is cleared up, a successor of ours must know of it, too
            self._kinds |= set(left.kinds)
            self._touched |= left.touched
            self._undo = left.undo
        self._renewer = threading.Thread(target=self._renew, name="netpolspec-lease", daemon=True)
        self._renewer.start()
        return left

    def _busy(self, entry: Entry) -> WorldFailed:
        ago = time.time() - entry.renewed
        return WorldFailed(
            f"another run is at work on this cluster: {entry.holder}, last heard of {max(0, round(ago))} s ago",
            "wait until it has ended, or run on another cluster",
            f"if it is dead, its hold ends {SILENCE:.0f} s after it was last heard of",
            code="lock",
        )

    def _read(self) -> Mapping[str, Json] | None:
        found = self._kubectl.items(*_WHERE, "get", "lease", NAME, "--ignore-not-found")
        return found[0] if found else None

    def _notes(self) -> dict[str, Json]:
        return {
            _KINDS: ",".join(sorted(self._kinds)),
            _TOUCHED: _write_touched(self._touched),
            _UNDO: _write_undo(self._undo),
        }

    def _take(self, verb: str, last: Entry | None) -> bool:
        """As `_write`. Where an interrupt comes in between, it may be ours: `release` will see."""
        try:
            return self._write(verb, last)
        except KeyboardInterrupt:
            self._held = True
            raise

    def _write(self, verb: str, last: Entry | None) -> bool:
        """Create the Lease, or take over one that is as it was read; False where somebody else was faster."""
        ourselves = Holder.ourselves()
        holder = {"host": ourselves.host, "pid": ourselves.pid, "started": ourselves.started, "user": ourselves.user}
        notes: dict[str, Json] = {_HOLDER: json.dumps(holder)}
        if last is not None:
            notes |= {_KINDS: ",".join(last.kinds), _TOUCHED: _write_touched(last.touched)}
            notes |= {_UNDO: _write_undo(last.undo)}
        metadata: dict[str, Json] = {"name": NAME, "labels": {RUN: self._run_id}, "annotations": notes}
        if last is not None:
            metadata["resourceVersion"] = last.version
        lease: dict[str, Json] = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": {"holderIdentity": self._run_id, "leaseDurationSeconds": round(SILENCE), "renewTime": _now()},
        }
        finished = self._kubectl.run(*_WHERE, verb, "-f", "-", stdin=json.dumps(lease))
        if finished.ok:
            return True
        if any(sign in finished.stderr for sign in ("(AlreadyExists)", "(Conflict)", "(NotFound)")):
            return False
        raise KubectlFailed(finished)

    @staticmethod
    def _patch(kubectl: Kubectl, patch: Mapping[str, Json]) -> None:
        kubectl.check(*_WHERE, "patch", "lease", NAME, "--type=merge", "-p", json.dumps(patch))

    def _renew(self) -> None:
        """Say every few seconds that we are alive; notice when the cluster was taken from us."""
        kubectl = replace(self._kubectl, patience=0.0)
        while not self._stop.wait(RENEWAL):
            with contextlib.suppress(WorldFailed):  # the API server may be away for a while
                found = kubectl.items(*_WHERE, "get", "lease", NAME, "--ignore-not-found")
                if not self._stop.is_set() and (not found or read_entry(found[0]).run_id != self._run_id):
                    self._lost = "another run has taken this cluster over: this one was not heard of for too long"
                    return
                self._patch(kubectl, {"spec": {"renewTime": _now()}})


def _write_touched(touched: Mapping[Key, str]) -> str:
    return json.dumps([[version, key.kind, key.namespace, key.name] for key, version in touched.items()])


def _write_undo(undo: Iterable[Undo]) -> str:
    return json.dumps([each.written() for each in undo])


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

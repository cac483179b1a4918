"""Where terraform works for a run: a folder that outlives a kill -9, so that a later run finds the state.

`$XDG_STATE_HOME/netpolspec/terraform/RUN` holds copies of the run's modules, their state, a kubeconfig with the run's
one context, a record of which cluster that is, and two locks. `alive` is held by the run; `busy` by every terraform
that it starts, and by the providers that those start, until they have ended: the system gives locks up with the
processes, however these end.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec import shell
from netpolspec.backends import tree
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.marks import RUN
from netpolspec.backends.state import list_folder, make_folder, open_lock, state_folder
from netpolspec.backends.tools import TERRAFORM
from netpolspec.load.terraform.command import Terraform
from netpolspec.load.terraform.kinds import is_object
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.backends.readiness import Tell
    from netpolspec.load.plain import Json

STATE = "terraform.tfstate"
ENDS = 10.0
"""Seconds that a terraform which an earlier run started may take to end when it is told to."""
DESTROY_TIMEOUT = 60.0
_POLL = 0.05


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose work a folder holds."""

    run_id: str
    context: str
    kubeconfig: str | None
    """As the run was told; None: where kubectl looks by itself."""
    cluster: str
    """The address of its API server."""


def _works() -> Path:
    return state_folder() / "terraform"


class Work:
    """The folder of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._alive: int | None = None

    @classmethod
    def begin(cls, kubectl: Kubectl, run_id: str) -> Work:
        """A new folder, with a kubeconfig for the cluster that kubectl means.

        Raises:
            WorldFailed: it cannot be written, or the context cannot be read
        """
        config = _one_context(kubectl)
        work = cls(_works() / run_id)
        make_folder(work.folder)
        work.hold()
        owner = Owner(run_id, kubectl.context, kubectl.kubeconfig, _server(config))
        (work.folder / "record.json").write_text(json.dumps(asdict(owner)), encoding="utf-8")
        work.kubeconfig.touch(mode=0o600)
        work.kubeconfig.write_text(json.dumps(config), encoding="utf-8")
        return work

    @property
    def kubeconfig(self) -> Path:
        """Holds the run's context and no other."""
        return self.folder / "kubeconfig"

    @property
    def busy(self) -> Path:
        """Locked by whatever terraform runs in the folder."""
        return self.folder / "busy"

    @property
    def owner(self) -> Owner | None:
        """Whose it is; None where its run was killed before it said so."""
        try:
            said = json.loads((self.folder / "record.json").read_text(encoding="utf-8"))
            return Owner(**{name: said[name] for name in ("run_id", "context", "kubeconfig", "cluster")})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def hold(self) -> bool:
        """Be its owner from now on, until this process ends; False where another process is."""
        descriptor = open_lock(self.folder / "alive")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._alive = descriptor
        return True

    def wait(self, seconds: float) -> bool:
        """Wait until no terraform runs in it any more; whether that is so."""
        deadline = time.monotonic() + seconds
        descriptor = open_lock(self.busy)
        try:
            while True:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return True
                if time.monotonic() > deadline:
                    return False
                time.sleep(_POLL)
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """Remove the folder with everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()

    def release(self) -> None:
        """Be its owner no longer."""
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None

    def roots(self) -> tuple[Path, ...]:
        """The folders in it in which there is a state."""
        return tuple(sorted(path.parent for path in self.folder.rglob(STATE)))


def stale() -> Iterator[Work]:
    """The folders of runs that are over and left them; they are ours then."""
    for path in list_folder(_works()):
        work = Work(path)
        if work.hold():
            yield work
            work.release()


def clear(kubectl: Kubectl, tell: Tell) -> int:
    """Have terraform destroy what runs on a cluster left and no label tells, and remove their folders.

    Args:
        kubectl: for the cluster; no other run may be at work on it
        tell: says what is done

    Returns:
        how many folders there were

    Raises:
        WorldFailed: terraform is still at work there, or cannot destroy it
    """
    cleared = 0
    server = ""
    for work in stale():
        owner = work.owner
        server = server or server_of(kubectl)
        if owner is None or owner.cluster == server:
            _clear(work, tell)
            cleared += 1
    return cleared


def _clear(work: Work, tell: Tell) -> None:
    if not work.wait(0):
        tell("ending a terraform that an earlier run started")
        for number in (signal.SIGTERM, signal.SIGKILL):
            _send(number, work.busy)
            if work.wait(ENDS):
                break
        else:
            raise WorldFailed(
                "terraform, which an earlier run started, does not end",
                f"to see it: fuser -v {work.busy}",
                "end it, then run this again",
                code="terraform-failed",
            )
    for root in work.roots():
        if targets(root):
            tell("terraform destroy: what an earlier run left")
            _destroy(root, work)
    work.remove()


def _send(number: signal.Signals, file: Path) -> None:
    """Send a signal to all processes that have a file open, where the system says which these are."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(process.name) != os.getpid() and file in {each.readlink() for each in (process / "fd").iterdir()}:
                os.kill(int(process.name), number)


def _destroy(root: Path, work: Work) -> None:
    place = Source(str(root), "").span(0, 0)
    file = work.folder / f"{root.relative_to(work.folder).parts[0]}.tfvars.json"
    values = (f"-var-file={file}",) if file.exists() else ()
    terraform = Terraform(root, work.folder, work.kubeconfig, {}, place, busy=work.busy)
    give_up = f"to give up what an earlier run made with it: rm -r {work.folder}"
    try:
        finished = terraform.apply(("-destroy", *targets(root), *values), timeout=DESTROY_TIMEOUT)
    except shell.ToolMissing as missing:
        raise WorldFailed(str(missing), f"to install it: {TERRAFORM.advice()}", give_up, code="no-tool") from missing
    if not finished.ok:
        said = terraform.explain(finished)[0]
        raise WorldFailed(
            f"terraform cannot destroy what an earlier run made: {said.message}",
            f"to try it by hand: {finished.line}",
            give_up,
            code="terraform-failed",
        )


def forget_cluster(kubeconfig: Path) -> None:
    """Remove the folders of runs on a cluster that is no more, by the kubeconfig that it had."""
    for work in stale():
        owner = work.owner
        if owner is not None and owner.kubeconfig == str(kubeconfig):
            work.remove()


# --- what a state says ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Instance:
    """One object that terraform has made."""

    module: str
    """The first step of its address, `m3` for `module.m3[0].module.x`; empty in a root module."""
    type: str
    address: str
    """Of the resource, without the key of the instance."""
    attributes: Mapping[str, Json]

    @property
    def labelled(self) -> bool:
        """Whether a label tells whose it is."""
        return any(RUN in tree.table(each, "labels") for each in tree.rows(self.attributes, "metadata"))


def read_state(root: Path) -> tuple[Instance, ...]:
    """What terraform has made in a root module's folder."""
    try:
        state = json.loads((root / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(
        Instance(
            resource.get("module", "").removeprefix("module.").partition("[")[0].partition(".")[0],
            resource.get("type", ""),
            ".".join(resource[part] for part in ("module", "type", "name") if resource.get(part)),
            instance.get("attributes") or {},
        )
        for resource in state.get("resources", ())
        if resource.get("mode") == "managed"
        for instance in resource.get("instances", ())
    )


def targets(root: Path, *, marked: bool = False) -> tuple[str, ...]:
    """The options with which terraform destroys what it has made and no label tells; empty where there is nothing.

    Args:
        root: the folder of the state
        marked: whether objects that terraform made without the label have got it since
    """
    lacking = (each for each in read_state(root) if not each.labelled)
    addresses = dict.fromkeys(each.address for each in lacking if not (marked and is_object(each.type)))
    return tuple(f"-target={address}" for address in addresses)


# --- the kubeconfig -------------------------------------------------------------------------------------------------


def _one_context(kubectl: Kubectl) -> Mapping[str, Json]:
    said = kubectl.check("config", "view", "--raw", "--flatten", "--minify", "-o", "json")
    config: dict[str, Json] = json.loads(said)
    return config


def _server(config: Mapping[str, Json]) -> str:
    clusters = config.get("clusters")
    try:
        return str(clusters[0]["cluster"]["server"])  # type: ignore[index, call-overload]
    except (TypeError, KeyError, IndexError):
        raise WorldFailed("the context has no cluster", code="kubeconfig") from None


def server_of(kubectl: Kubectl) -> str:
    """The address of the API server that kubectl talks to."""
    return _server(_one_context(kubectl))

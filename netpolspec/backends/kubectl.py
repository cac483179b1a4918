"""kubectl against one named cluster: the only way by which the live backends talk to an API server."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netpolspec import shell
from netpolspec.backends.base import WorldFailed
from netpolspec.diagnostics import DOCUMENTATION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netpolspec.load.plain import Json

FIELD_MANAGER = "netpolspec"
"""Who owns the fields that we apply, in the managedFields of the objects."""

REQUEST_TIMEOUT = 30.0
"""Seconds that an ordinary request may take, a slow API server on a busy machine included."""


class KubectlFailed(WorldFailed):
    """kubectl did not do what it was asked to; the message holds what it said and the line that repeats it."""

    def __init__(self, finished: shell.Finished) -> None:
        advice = _advice(finished)
        said = finished.said.splitlines()
        super().__init__(
            f"kubectl failed: {said[-1] if said else finished.ending}",
            *((advice,) if advice else ()),
            f"to repeat it: {finished.line}",
            code="kubectl",
            notes=said[:-1],
        )
        self.finished = finished

    @property
    def not_found(self) -> bool:
        """Whether the API server said that something does not exist."""
        return "(NotFound)" in self.finished.stderr


_ADVICE: tuple[tuple[str, str], ...] = (
    # What kubectl writes (it has no error codes), and what to do then.
    ("does not exist", "no such context; `kubectl config get-contexts` lists them"),
    ("context was not found", "no such context; `kubectl config get-contexts` lists them"),
    ("no such file or directory", "the kubeconfig is missing; name it with --kubeconfig or KUBECONFIG"),
    ("permission denied", "the kubeconfig cannot be read by this user; look at its owner and mode"),
    ("error loading config file", "the kubeconfig is damaged; `kubectl config view` says where"),
    ("certificate has expired", "the kubeconfig's credentials have expired; fetch new ones from where they came"),
    ("the server has asked for the client to provide credentials", "the credentials have expired or are wrong"),
    ("Unauthorized", "the credentials have expired or are wrong; fetch new ones from where they came"),
    ("getting credentials", "the kubeconfig's login helper failed; run it once by hand, here it cannot ask questions"),
    ("(Forbidden)", f"the right for this is missing; the role that is needed: {DOCUMENTATION}/rbac.md"),
    ("was refused - did you specify the right host", "nothing answers there; is the cluster up?"),
    ("connection refused", "nothing answers there; is the cluster up?"),
    ("no such host", "the API server's name does not resolve; is the VPN up?"),
    ("i/o timeout", "the API server does not answer; is the VPN up?"),
    ("unknown flag", "this kubectl is too old; `netpolspec doctor` says which version is needed"),
)


def _advice(finished: shell.Finished) -> str | None:
    if finished.timed_out and not finished.stderr.strip():
        return "the API server does not answer, or the kubeconfig's login helper waits for an answer"
    return next((advice for sign, advice in _ADVICE if sign in finished.stderr), None)


_PASSING = (
    # What kubectl writes while an API server starts anew or is out of breath. It is worth asking again.
    "connection refused",
    "was refused - did you specify the right host",
    "connection reset by peer",
    "client connection lost",
    "unexpected EOF",
    ": EOF",
    "TLS handshake timeout",
    "i/o timeout",
    "context deadline exceeded",
    "unable to handle the request",
    "ServiceUnavailable",
    "InternalError",
    "apiserver not ready",
    "etcdserver:",
    "leader changed",
    "too many requests",
    "Timeout: request did not complete",
)


def is_passing(said: str) -> bool:
    """Whether a complaint is of those that pass by themselves: the API server is not there, or not quite yet."""
    return any(sign in said for sign in _PASSING)


_UNSETTLED = 30.0
"""Seconds after a failure for which an API server may forbid everything to everybody: it has not read the roles yet."""
_BARRED = ("(Forbidden)", "error validating data: unknown")
"""How that sounds; the second where kubectl may not read the schemas of objects."""


class _Trouble:
    """When the API server was last not there."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at = float("-inf")


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl with an explicit context: never the one that happens to be current. Safe to use from several threads."""

    context: str
    kubeconfig: str | None = None
    """A path; None: where kubectl looks by itself (KUBECONFIG, else ~/.kube/config)."""
    program: str = "kubectl"
    patience: float = 0.0
    """Seconds for which `check` and what builds on it ask again while the API server is not there."""
    _trouble: _Trouble = field(default_factory=_Trouble, compare=False, repr=False)

    def argv(self, *arguments: str) -> tuple[str, ...]:
        """The whole command, as it would be typed."""
        config = ("--kubeconfig", self.kubeconfig) if self.kubeconfig else ()
        return (self.program, *config, "--context", self.context, *arguments)

    def line(self, *arguments: str) -> str:
        """The command as a line to paste into a shell."""
        return shell.paste(self.argv(*arguments))

    def run(self, *arguments: str, timeout: float = REQUEST_TIMEOUT, stdin: str = "") -> shell.Finished:
        """Run it, whatever its status will be.

        Raises:
            WorldFailed: kubectl is not installed
        """
        try:
            finished = shell.run(self.argv(*arguments), timeout=timeout, stdin=stdin)
        except shell.ToolMissing as missing:
            raise WorldFailed(str(missing), "`netpolspec doctor` says how to install it", code="no-tool") from missing
        if not finished.ok and any(sign in finished.stderr for sign in _PASSING):
            self._trouble.at = time.monotonic()
        return finished

    def may_pass(self, finished: shell.Finished) -> bool:
        """Whether a failure is of those that pass by themselves: the API server is not there, or not quite yet."""
        if finished.ok:
            return False
        if any(sign in finished.stderr for sign in _BARRED):
            return time.monotonic() - self._trouble.at < _UNSETTLED
        return any(sign in finished.stderr for sign in _PASSING)

    def check(self, *arguments: str, timeout: float = REQUEST_TIMEOUT, stdin: str = "") -> str:
        """Run it and return what it wrote to stdout.

        Raises:
            KubectlFailed: it ended with another status than 0, or not in time
            WorldFailed: kubectl is not installed
        """
        return self._insist(*arguments, timeout=timeout, stdin=stdin).stdout

    def _insist(self, *arguments: str, timeout: float, stdin: str) -> shell.Finished:
        """Run it until it ends with 0, as long as patience lasts and asking again can help."""
        deadline = time.monotonic() + self.patience
        pause = 0.1
        while True:
            finished = self.run(*arguments, timeout=timeout, stdin=stdin)
            if finished.ok:
                return finished
            if not self.may_pass(finished) or time.monotonic() + pause > deadline:
                raise KubectlFailed(finished)
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def read(self, *arguments: str, timeout: float = REQUEST_TIMEOUT, stdin: str = "") -> Mapping[str, Json]:
        """Run it with `-o json` and return the object (or List) that it wrote.

        Raises:
            KubectlFailed: as `check`
            WorldFailed: no JSON object came
        """
        finished = self._insist(*arguments, "-o", "json", timeout=timeout, stdin=stdin)
        return _parse(finished)

    def items(
        self, *arguments: str, timeout: float = REQUEST_TIMEOUT, stdin: str = ""
    ) -> tuple[Mapping[str, Json], ...]:
        """Run a `get` and return the objects that it wrote, be it a List, one object or, as it may be, nothing."""
        finished = self._insist(*arguments, "-o", "json", timeout=timeout, stdin=stdin)
        if "--ignore-not-found" in arguments and not finished.stdout.strip():
            return ()
        answer = _parse(finished)
        found = answer.get("items", [answer])
        return tuple(item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()

    def apply(self, manifests: Sequence[Mapping[str, Json]], *, timeout: float = REQUEST_TIMEOUT) -> None:
        """Server-side apply, in the order given; fields that another manager owns are a conflict, never taken over.

        Raises:
            KubectlFailed: an object was not accepted
        """
        if manifests:
            self.check(
                *("apply", "--server-side", f"--field-manager={FIELD_MANAGER}", "-f", "-"),
                timeout=timeout,
                stdin=as_list(manifests),
            )


def _parse(finished: shell.Finished) -> Mapping[str, Json]:
    again = f"to repeat it: {finished.line}"
    try:
        value = json.loads(finished.stdout)
    except ValueError as error:
        raise WorldFailed(f"kubectl wrote no JSON: {error}", again) from error
    if not isinstance(value, dict):
        raise WorldFailed("kubectl wrote no JSON object", again)
    return value


def as_list(manifests: Sequence[Mapping[str, Json]]) -> str:
    """Objects as one JSON document that kubectl reads from stdin."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})

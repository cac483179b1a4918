"""The way to an existing cluster: its kubeconfig, its context, its credentials, checked before anything is done."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec import shell
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.tools import ANSWER_TIMEOUT, KUBECTL
from netpolspec.diagnostics import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.backends.kubectl import Kubectl

LOGIN_TIMEOUT = 10.0
"""Seconds in which the API server must answer, the login of an exec plugin included."""


def check_access(kubectl: Kubectl) -> None:
    """Make sure that a context is there and that its API server lets us in.

    Raises:
        WorldFailed: one message on what is in the way, and the command that shows or mends it
    """
    known = contexts(kubectl.kubeconfig, kubectl.program)
    if kubectl.context not in known:
        raise _unknown_context(kubectl, known)
    finished = kubectl.run("get", "--raw=/version", f"--request-timeout={ANSWER_TIMEOUT:.0f}s", timeout=LOGIN_TIMEOUT)
    if not finished.ok:
        raise explain(finished, kubectl)


def contexts(kubeconfig: str | None = None, program: str = "kubectl") -> tuple[str, ...]:
    """The contexts of a kubeconfig, without asking any cluster.

    Args:
        kubeconfig: its path; None: where kubectl looks by itself
        program: kubectl, wherever it is

    Raises:
        WorldFailed: it is missing, cannot be read or is damaged
    """
    where = ("--kubeconfig", kubeconfig) if kubeconfig else ()
    argv = (program, *where, "config", "get-contexts", "--output=name")
    try:
        finished = shell.run(argv, timeout=ANSWER_TIMEOUT)
    except shell.ToolMissing as missing:
        raise WorldFailed(str(missing), f"to install it: {KUBECTL.advice()}", code="no-tool") from missing
    if not finished.ok:
        raise _kubeconfig_failure(finished)
    known = tuple(finished.stdout.split())
    if not known:
        places = (Path(kubeconfig),) if kubeconfig else _places()
        if not any(place.exists() for place in places):
            raise _no_kubeconfig(str(places[0]))
    return known


def _places() -> tuple[Path, ...]:
    """Where kubectl looks by itself. Source: the page on kubeconfig files of the Kubernetes documentation."""
    named = tuple(Path(part) for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part)
    return named or (Path.home() / ".kube" / "config",)


def _no_kubeconfig(path: str) -> WorldFailed:
    return WorldFailed(
        f"there is no kubeconfig '{path}'", "--kubeconfig or KUBECONFIG names another", code="kubeconfig"
    )


def _unknown_context(kubectl: Kubectl, known: Sequence[str]) -> WorldFailed:
    if not kubectl.context:
        message = "no context is named; the current one is never taken by accident"
        return WorldFailed(message, "to name one: --context NAME", *_list(known), code="no-context")
    near = nearest(kubectl.context, known)
    help_ = (f"did you mean '{near}'?",) if near else ()
    return WorldFailed(f"unknown context '{kubectl.context}'", *help_, *_list(known), code="unknown-context")


def _list(known: Sequence[str]) -> tuple[str, ...]:
    if not known:
        return ("the kubeconfig has none; KUBECONFIG or --kubeconfig names another file",)
    return (f"there are: {', '.join(known[:10])}{' ...' if len(known) > 10 else ''}",)  # noqa: PLR2004 - enough to see


# --- what kubectl says ----------------------------------------------------------------------------------------------

_LOADING = re.compile(r'error loading config file "(?P<path>[^"]*)": (?P<why>.*)')
_STAT = re.compile(r"stat (?P<path>\S+): (?P<why>no such file or directory|permission denied)")


def _kubeconfig_failure(finished: shell.Finished) -> WorldFailed:
    said = finished.stderr
    repeat = f"to repeat it: {finished.line}"
    if finished.timed_out:
        return WorldFailed("'kubectl' hangs", repeat, code="tool-hangs")
    missing = _STAT.search(said)
    if missing is not None and missing["why"] == "no such file or directory":
        return _no_kubeconfig(missing["path"])
    loading = _LOADING.search(said) or missing
    if loading is None:
        last = finished.said.splitlines()[-1:] or [finished.ending]
        return WorldFailed(f"the kubeconfig cannot be used: {last[0]}", repeat, code="kubeconfig")
    path, why = loading["path"], loading["why"].strip()
    if "permission denied" in why:
        return WorldFailed(
            f"kubeconfig '{path}' cannot be read by this user",
            f"to see its owner and mode: ls -l {path}",
            "--kubeconfig or KUBECONFIG names another",
            code="kubeconfig",
        )
    return WorldFailed(
        f"kubeconfig '{path}' cannot be used: {why.removeprefix(f'open {path}: ')}",
        f"to see it: kubectl --kubeconfig {path} config view",
        code="kubeconfig",
    )


_PLUGIN_MISSING = re.compile(r"exec: executable (?P<plugin>\S+) not found")
_PLUGIN_FAILED = re.compile(r"exec: executable (?P<plugin>\S+) failed with exit code (?P<status>\d+)")
_UNREACHABLE = re.compile(
    r"connection refused|was refused|no such host|i/o timeout|no route to host|network is unreachable"
    r"|context deadline exceeded|Client\.Timeout|TLS handshake timeout|server misbehaving"
)


def explain(finished: shell.Finished, kubectl: Kubectl) -> WorldFailed:
    """What it means for a user that kubectl could not talk to its API server."""
    known = _login(finished, kubectl) or _credentials(finished, kubectl) or _distance(finished, kubectl)
    if known is not None:
        return known
    last = finished.said.splitlines()[-1:] or [finished.ending]
    message = f"context '{kubectl.context}' cannot be used: {last[0]}"
    return WorldFailed(message, f"to repeat it: {finished.line}", code="kubectl")


def _login(finished: shell.Finished, kubectl: Kubectl) -> WorldFailed | None:
    """An exec plugin, or kubectl itself, that cannot get credentials without somebody to answer."""
    said = finished.stderr
    plugin = _PLUGIN_MISSING.search(said)
    if plugin is not None:
        return WorldFailed(
            f"context '{kubectl.context}' logs in with '{plugin['plugin']}', which is not installed",
            f"to see what the context says: {_view(kubectl)}",
            code="login",
        )
    failed = _PLUGIN_FAILED.search(said)
    if failed is not None:
        how = f"needs somebody to answer, or fails: '{failed['plugin']}' ends with status {failed['status']}"
    elif "cannot support interactive mode" in said or "Please enter" in finished.stdout:
        how = "needs somebody to answer"
    elif finished.timed_out and not _UNREACHABLE.search(said):
        how = f"may be waiting for an answer: nothing came within {finished.seconds:.0f} s"
    else:
        return None
    return WorldFailed(
        f"the login of context '{kubectl.context}' {how}",
        f"to do it by hand, where it can ask: {kubectl.line('get', '--raw=/version')}",
        "nothing that netpolspec starts sees the terminal",
        code="login",
        notes=_asked(said),
    )


def _credentials(finished: shell.Finished, kubectl: Kubectl) -> WorldFailed | None:
    said = finished.stderr
    if "x509" in said or "tls: " in said:
        return WorldFailed(
            f"the API server of context '{kubectl.context}' is not trusted, or its certificate has expired",
            f"to see what the context says: {_view(kubectl)}",
            _renew(kubectl.context),
            code="credentials",
            notes=finished.said.splitlines()[-1:],
        )
    if any(sign in said for sign in ("Unauthorized", "must be logged in", "provide credentials")):
        return WorldFailed(
            f"the credentials of context '{kubectl.context}' have expired, or are not valid",
            f"to see which they are: {_view(kubectl)}",
            _renew(kubectl.context),
            code="credentials",
        )
    return None


def _distance(finished: shell.Finished, kubectl: Kubectl) -> WorldFailed | None:
    if not _UNREACHABLE.search(finished.stderr):
        return None
    return WorldFailed(
        f"the API server of context '{kubectl.context}' does not answer",
        f"to see for yourself: {kubectl.line('cluster-info')}",
        *_start(kubectl.context),
        code="unreachable",
        notes=finished.said.splitlines()[-1:],
    )


def _view(kubectl: Kubectl) -> str:
    return kubectl.line("config", "view", "--minify")


def _asked(said: str) -> tuple[str, ...]:
    """What a plugin wrote before it gave up, where that is all that there is to see."""
    lines = (line.strip() for line in said.splitlines())
    plain = (line for line in lines if line and not re.match(r"[EIW]\d{4} |Unable to connect|couldn't get", line))
    return tuple(shell.hide_secrets(line)[:200] for line in dict.fromkeys(plain))[:3]


def _renew(context: str) -> str:
    if context.startswith("kind-"):
        return f"to renew them: kind export kubeconfig --name {context.removeprefix('kind-')}"
    return "to renew them: log in again where they came from"


def _start(context: str) -> tuple[str, ...]:
    if context.startswith("kind-"):
        return (f"to start its node, if it was stopped: docker start {context.removeprefix('kind-')}-control-plane",)
    return ()

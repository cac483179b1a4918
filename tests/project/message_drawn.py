"""Messages that no command can be brought to on any machine, made by the part of the program that makes them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from report.events import other, point, scenario

from netpolspec.backends.access import _unknown_context
from netpolspec.backends.base import Verdict
from netpolspec.backends.kubectl import Kubectl
from netpolspec.backends.live import read_pod
from netpolspec.backends.options import LiveOptions
from netpolspec.backends.probing.canary import INGRESS, OPEN, Canary
from netpolspec.backends.probing.clients import Client, endpoint_failure
from netpolspec.backends.probing.converge import Aim, Outcome, Source
from netpolspec.backends.probing.probe import Answer, Dial, How
from netpolspec.report.summary import Summary
from netpolspec.run.events import ScenarioEnded, Status
from netpolspec.source import Source as Text
from netpolspec.syntax.parser import parse_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from netpolspec.backends.world.objects import Objects
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.plain import Json


def _canary(code: str, verdict: Verdict, trouble: str = "") -> Diagnostic:
    """What is told where one dial that a policy denies ends like this."""
    canary = Canary(Kubectl("staging", None), LiveOptions(context="staging"), cast("Objects", None), ("worker",))
    for name in (OPEN, INGRESS):
        told: dict[str, Json] = {
            "metadata": {"name": name},
            "spec": {"nodeName": "worker"},
            "status": {"podIPs": [{"ip": name}]},
        }
        canary._pods = {**canary._pods, name: read_pod(told)}  # noqa: SLF001
    aim = Aim(Source("", OPEN), Dial(INGRESS, 80, How.CONNECT, allowed=False))
    outcome = Outcome(Answer(verdict, trouble=trouble), met=False, rounds=9, attempts=18, since=None)
    return canary._failed({aim: outcome}, "policies have no effect on this cluster", code).diagnostic  # noqa: SLF001


def _nothing_is_named() -> Diagnostic:
    return _unknown_context(Kubectl("", None), ("staging", "production")).diagnostic


def _zero_byte() -> Diagnostic:
    _, (diagnostic,) = parse_file(Text("example.nps", "given namespace shop\0"))
    return diagnostic


def _no_results() -> Diagnostic:
    summary = Summary(lambda _: "netpolspec run specs/tenants.nps::deny-from-any")
    return summary._scenario_failure(ScenarioEnded(scenario(), Status.BROKEN, (), "the cluster went away"))  # noqa: SLF001


def _other_than_the_model() -> Diagnostic:
    summary = Summary(lambda _: "netpolspec run --on kind specs/tenants.nps::deny-from-any")
    return summary._contradiction(scenario(), other(point("ms-a -> ms-b:80 denied")))  # noqa: SLF001


def _client_selected() -> Diagnostic:
    return endpoint_failure(Client("shop", (("app", "web"),)), ("shop", "web")).diagnostic


DRAWN: Mapping[str, Callable[[], Diagnostic]] = {
    "binary-file": _zero_byte,
    "canary": partial(_canary, "canary", Verdict.ERROR, "the pod is gone"),
    "client-selected": _client_selected,
    "model-differs": _other_than_the_model,
    "no-context": _nothing_is_named,
    "not-enforced": partial(_canary, "not-enforced", Verdict.ALLOWED),
    "scenario-failed": _no_results,
}
"""By code. Those of the canary, of clients and of packets take a cluster: tests/e2e/ provokes them. No command as it is
comes to the others; they are for those who use the parts in other ways."""

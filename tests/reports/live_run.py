"""A run on a cluster, made by hand: passed, failed, broken, skipped, todo, contradicted, and times to take effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.events import POLICY, SPEC, point, scenario, span_of

from netpolspec.backends.base import Observation, Verdict
from netpolspec.run.events import DecidedBy, PointResult, RunEnded, RunStarted, ScenarioEnded, ScenarioStarted, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.plan.model import Point, Scenario
    from netpolspec.run.events import Event

WORLDS = ("ms-a", "ms-b", "ms-c", "shop", "payments")
PORTS = ("ms-b:80", "nginx.ms-b:80", "shop/web:8080", "payments/api:443")


def observed(tested: Point, verdict: Verdict, ms: int | None, control: str | None = None) -> Observation:
    met = "allowed" if verdict is Verdict.ALLOWED else "denied"
    counts_as = None if verdict in {Verdict.ERROR, Verdict.DNS, Verdict.NO_LISTENER} else met
    evidence = (f"client-{tested.source_text} on worker-1 to 10.244.1.7", f"round 3: {verdict.value} after 1500 ms")
    return Observation(verdict, counts_as, evidence, 3, ms, control)


def result(
    tested: Point,
    *,
    model: str | None = None,
    verdict: Verdict | None = None,
    ms: int | None = None,
    control: str | None = None,
    status: Status | None = None,
    message: str = "",
) -> PointResult:
    """A point that was probed; by default the packets do what is expected, and the model agrees."""
    usual = Verdict.ALLOWED if tested.allowed else Verdict.DROPPED
    seen = observed(tested, verdict or usual, ms, control)
    decider = DecidedBy("NetworkPolicy ms-b/deny-from-any", "ingress[0].from[1]", "Ingress", span_of("ingress", POLICY))
    probe = f"kubectl exec -n {tested.source_text} client -- agnhost connect 10.244.1.7:80 --timeout=1500ms"
    return PointResult(
        tested,
        status or (Status.PASSED if seen.counts_as == tested.wanted else Status.FAILED),
        message or ("" if seen.counts_as == tested.wanted else f"expected {tested.wanted}, observed {seen.verdict}"),
        model or tested.wanted,
        seen,
        () if tested.allowed else (decider,),
        "" if tested.allowed else "ingress: no rule of NetworkPolicy ms-b/deny-from-any allows it",
        probe=probe,
    )


def big(name: str) -> tuple[Scenario, tuple[PointResult, ...]]:
    """A matrix of all sources and destinations, with one failure, one denial that is only refused, many times."""
    points = [
        point(f"{source} -> {destination} {'allowed' if (i + j) % 3 else 'denied'}")
        for i, source in enumerate(WORLDS)
        for j, destination in enumerate(PORTS)
    ]
    made = scenario(name, *points, description="Everybody reaches what they need, and nothing else.", tags=("tenants",))
    results = [result(each, ms=40 + n * n * 9) for n, each in enumerate(points)]
    results[5] = result(points[5], verdict=Verdict.DROPPED if points[5].allowed else Verdict.ALLOWED, ms=None)
    return made, tuple(results)


def events(*, again_and_again: int = 1) -> Iterator[Event]:
    """The events of the run, in their order."""
    ends = [each for n in range(again_and_again) for each in _ends("" if again_and_again == 1 else f"-{n}")]
    yield RunStarted(tuple(each.scenario for each in ends), "kind", ("hostnetwork=pod",))
    for each in ends:
        yield ScenarioStarted(each.scenario)
        yield each
    yield RunEnded(12.5)


def _ends(suffix: str) -> Iterator[ScenarioEnded]:
    told, results = big(f"tenants{suffix}")
    yield ScenarioEnded(told, Status.FAILED, results, "", 4.2)
    tested = (point("ms-a -> ms-b:80 denied"), point("ms-c -> ms-b:80 allowed", because="ms-c pays"))
    quiet = scenario(f"deny-from-any{suffix}", *tested, tags=("quick",))
    yield ScenarioEnded(quiet, Status.PASSED, (result(tested[0], ms=120), result(tested[1], ms=80)), "", 1.1)
    odd = scenario(f"contradicted{suffix}", tested[0], description="Packets and the model do not agree.")
    yield ScenarioEnded(odd, Status.PASSED, (result(tested[0], model="allowed", ms=310),), "", 0.9)
    lost = scenario(f"broken{suffix}", tested[0], description="The probe did not come back.")
    wrong = result(
        tested[0], verdict=Verdict.ERROR, status=Status.BROKEN, message="expected denied, but the probe failed"
    )
    yield ScenarioEnded(lost, Status.BROKEN, (wrong,), "", 0.4)
    todo = scenario(f"later{suffix}", tested[1], description="Not yet.", todo="ms-c moves next month")
    missed = result(tested[1], model="denied", verdict=Verdict.DROPPED)
    yield ScenarioEnded(todo, Status.FAILED, (missed,), "", 0.7)
    left = scenario(f"left-out{suffix}", tested[0], description="", source=SPEC)
    yield ScenarioEnded(left, Status.SKIPPED, (), "needs sctp: the nodes have no sctp")

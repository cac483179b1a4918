"""Plans and events made by hand, for what reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.backends.base import Observation, Verdict
from netpolspec.plan.model import Check, Point, Scenario
from netpolspec.run.events import DecidedBy, PointResult, ScenarioEnded, Status
from netpolspec.source import Source
from netpolspec.syntax.names import ClientSource, DestinationName, PodsName

if TYPE_CHECKING:
    from netpolspec.source import Span

SPEC = Source(
    "specs/tenants.nps",
    """\
IN := ms-b

## Nobody gets in.
deny-from-any: world
\tgiven policy deny-from-any
\texpect ms-a -> ms-b:80 denied
\texpect ms-c -> ms-b:80 allowed because "ms-c pays"
""",
)
POLICY = Source("policies/deny-from-any.yaml", "kind: NetworkPolicy\nspec:\n  podSelector: {}\n  ingress: []\n")


def span_of(text: str, source: Source = SPEC) -> Span:
    start = source.text.index(text)
    return source.span(start, start + len(text))


def point(text: str = "ms-a -> ms-b:80 denied", *, because: str | None = None, span: Span | None = None) -> Point:
    ends, wanted = text.rsplit(" ", 1)
    source, destination = ends.split(" -> ")
    return Point(
        source=ClientSource(source, ()),
        source_text=source,
        destination=DestinationName(PodsName("ms-b", None), 80, "TCP", protocol_stated=False),
        destination_text=destination,
        by_name=False,
        allowed=wanted == "allowed",
        within=None,
        because=because,
        source_span=span or span_of("ms-a"),
        destination_span=span or span_of("ms-b:80"),
        span=span or span_of("ms-b:80"),
    )


def scenario(
    name: str = "deny-from-any",
    *points: Point,
    description: str = "Nobody gets in.",
    todo: str | None = None,
    tags: tuple[str, ...] = (),
    after: tuple[Scenario, ...] = (),
    source: Source = SPEC,
    lines: tuple[int, int] = (4, 7),
) -> Scenario:
    head = source.span(source.offset(lines[0], 1), source.offset(lines[0] + 1, 1) - 1)
    return Scenario(
        name=name,
        description=description,
        span=head,
        last_line=lines[1],
        tags=frozenset(tags),
        needs=(),
        skip=None,
        todo=todo,
        after=after,
        steps=(Check(points or (point(),)),),
    )


def passed(tested: Point, *, assumptions: tuple[str, ...] = (), observed: Observation | None = None) -> PointResult:
    return PointResult(tested, Status.PASSED, "", tested.wanted, observed, assumptions=assumptions)


def other(tested: Point) -> PointResult:
    """Packets do what is expected, and the model says otherwise."""
    verdict = Verdict.ALLOWED if tested.allowed else Verdict.DROPPED
    opposite = "denied" if tested.allowed else "allowed"
    seen = Observation(verdict, tested.wanted, converged_after_ms=40)
    return PointResult(tested, Status.PASSED, "", opposite, seen, reason="ingress: not isolated for ingress")


def failed(tested: Point) -> PointResult:
    opposite = "denied" if tested.allowed else "allowed"
    decider = DecidedBy("NetworkPolicy ms-b/deny-from-any", "", "Ingress", span_of("podSelector", POLICY))
    return PointResult(
        tested,
        Status.FAILED,
        f"expected {tested.wanted}, the model says {opposite}",
        opposite,
        None,
        decided_by=(decider,),
        reason="no rule of NetworkPolicy ms-b/deny-from-any allows it",
    )


def broken(tested: Point, evidence: tuple[str, ...] = ("exec: no such pod",)) -> PointResult:
    observed = Observation(Verdict.ERROR, evidence=evidence, attempts=3)
    return PointResult(tested, Status.BROKEN, "the probe failed", tested.wanted, observed, probe="kubectl exec client")


def ended(told: Scenario, *results: PointResult, status: Status | None = None, reason: str = "") -> ScenarioEnded:
    states = {result.status for result in results}
    worst = next((s for s in (Status.BROKEN, Status.FAILED) if s in states), Status.PASSED)
    return ScenarioEnded(told, status or worst, results, reason, 0.001)

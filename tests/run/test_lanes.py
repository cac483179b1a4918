"""Scenarios whose worlds do not touch run side by side where packets are sent; they are told in their order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.backends.base import Capabilities, Observation, Verdict, WorldFailed
from netpolspec.backends.model import ModelBackend
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Input
from netpolspec.run.events import BailedOut, ScenarioEnded, ScenarioStarted
from netpolspec.run.lanes import lanes
from netpolspec.run.runner import RunOptions, run
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.plan.model import Change, Plan, Point, Scenario
    from netpolspec.run.events import Event

TENANT = """\
{0}:
	given namespace {0}
	given pod web in {0} app=web port 80
"""
ADMIN_POLICY = """
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: everywhere}
spec:
  priority: 1
  subject: {namespaces: {}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
"""


def plan(text: str, *tenants: str) -> Plan:
    whole = "".join(TENANT.format(tenant) for tenant in tenants) + text
    made, diagnostics = analyze((Input(Source("test.nps", whole), Path()),), Options())
    assert made is not None, diagnostics
    return made


def names(divided: Sequence[Sequence[Scenario]]) -> list[str]:
    return [" ".join(scenario.name for scenario in lane) for lane in divided]


class Watched(ModelBackend):
    """Says that packets are sent, and that they did what was expected; keeps what it was asked."""

    name = "cluster"

    def __init__(self, missing: dict[str, str] | None = None, fails_at: int = -1) -> None:
        self.missing = missing or {}
        self.fails_at = fails_at
        self.rounds: list[str] = []
        self.worlds: list[set[str]] = []

    def prepare(self, scenarios: Sequence[Scenario]) -> Capabilities:
        super().prepare(scenarios)
        return Capabilities(self.missing, observes=True)

    def apply(self, change: Change, points: Sequence[Point]) -> None:  # noqa: ARG002 - the protocol's shape
        if len(self.worlds) == self.fails_at:
            raise WorldFailed("the cluster is lost")
        self.worlds.append({key.namespace for key in change.world if key.kind == "Pod"})

    def probe(self, points: Sequence[Point]) -> Sequence[Observation | None]:
        self.rounds.append(" ".join(f"{point.source_text}>{point.destination_text}" for point in points))
        verdicts = [Verdict.ALLOWED if point.allowed else Verdict.DROPPED for point in points]
        return [Observation(verdict, point.wanted) for verdict, point in zip(verdicts, points, strict=True)]


def told(events: Sequence[Event]) -> list[str]:
    return [
        f"{'+' if isinstance(event, ScenarioStarted) else event.status.value} {event.scenario.name}"
        for event in events
        if isinstance(event, ScenarioStarted | ScenarioEnded)
    ]


THREE = """\
one: a ; expect a -> a/web:80 allowed
two: a ; expect a -> a/web:80 allowed
	when remove pod web in a
	given pod web2 in a app=web port 80
	expect a -> a/web2:80 allowed
three: b ; expect b -> b/web:80 allowed
""".replace("\tgiven pod web2", "\twhen given pod web2")


def test_worlds_that_share_a_namespace_touch() -> None:
    assert names(lanes(plan(THREE, "a", "b").scenarios)) == ["one two", "three"]


X = "x: a ; expect a -> a/web:80 allowed\n"
Y = "y: b ; expect b -> b/web:80 allowed\n"


@pytest.mark.parametrize(
    ("text", "divided"),
    [
        (X + Y, ["x", "y"]),
        (X + "y: a b ; expect a -> b/web:80 allowed\n", ["x y"]),
        # By way of a third one.
        (X + Y + "z: a b ; expect a -> b/web:80 allowed\n", ["x y z"]),
        # What every cluster has is no border ...
        (X + "y: b ; expect default -> b/web:80 allowed\n", ["x", "y"]),
        # ... unless somebody changes it.
        (X + "x2: a ; given pod p in default port 80 ; expect a -> default/p:80 allowed\n" + Y, ["x x2", "y"]),
        (
            X.replace("x: a", "x: a ; when label namespace default team=x") + Y.replace("expect b", "expect default"),
            ["x y"],
        ),
    ],
)
def test_what_touches(text: str, divided: list[str]) -> None:
    assert names(lanes(plan(text, "a", "b").scenarios)) == divided


def test_a_policy_without_a_namespace_is_about_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(ADMIN_POLICY, "utf-8")
    text = f'{X}y: b ; given manifest "{tmp_path}/policy.yaml" ; expect b -> b/web:80 denied\n'
    assert names(lanes(plan(text, "a", "b").scenarios)) == ["x y"]


def test_a_prerequisite_is_in_the_lane_of_its_dependent() -> None:
    text = "first: a ; when remove namespace a ; expect default -> kube-dns.kube-system:53 allowed\n"
    text += "then: first ; given namespace c ; expect c -> kube-dns.kube-system:53 allowed\n"
    text += "other: b ; expect b -> b/web:80 allowed\n"
    assert names(lanes(plan(text, "a", "b").scenarios)) == ["first then", "other"]


def test_there_is_a_limit() -> None:
    tenants = [f"t{number}" for number in range(6)]
    text = "".join(f"s-{tenant}: {tenant} ; expect {tenant} -> {tenant}/web:80 allowed\n" for tenant in tenants)
    scenarios = plan(text, *tenants).scenarios
    assert names(lanes(scenarios)) == ["s-t0 s-t4", "s-t1 s-t5", "s-t2", "s-t3"]
    assert names(lanes(scenarios, 1)) == ["s-t0 s-t1 s-t2 s-t3 s-t4 s-t5"]
    assert lanes(()) == ()


def test_they_are_probed_together_and_told_in_their_order() -> None:
    text = THREE + "four: b ; expect b -> b/web:80 allowed\nfive: b ; expect b -> b/web:80 allowed\n"
    backend = Watched()
    events = list(run(plan(text, "a", "b").scenarios, backend, RunOptions()))
    assert backend.rounds == [
        "a>a/web:80 b>b/web:80",
        "a>a/web:80 b>b/web:80",
        "a>a/web2:80",  # what runs beside it has said all, and keeps its world
        "b>b/web:80",
    ]
    assert backend.worlds == [{"a", "b"}, {"a", "b"}, {"a", "b"}, {"b"}]
    assert told(events) == [
        *("+ one", "+ three", "passed one"),
        *("+ two", "+ four", "passed two", "passed three", "passed four"),
        *("+ five", "passed five"),
    ]


def test_one_that_is_skipped_takes_no_part() -> None:
    text = (
        THREE.replace("three: b", 'three: b ; skip "not now"') + "four: b ; needs sctp ; expect b -> b/web:80 allowed\n"
    )
    backend = Watched({"sctp": "it has none"})
    events = list(run(plan(text, "a", "b").scenarios, backend, RunOptions()))
    assert backend.worlds == [{"a"}] * 3
    assert told(events) == ["+ one", "passed one", "+ two", "passed two", "skipped three", "skipped four"]


def test_to_fail_fast_they_run_one_after_another() -> None:
    backend = Watched()
    list(run(plan(THREE, "a", "b").scenarios, backend, RunOptions(fail_fast=True)))
    assert backend.worlds == [{"a"}, {"a"}, {"a"}, {"b"}]


def test_what_had_ended_is_told_when_the_run_cannot_go_on() -> None:
    backend = Watched(fails_at=2)
    events = list(run(plan(THREE, "a", "b").scenarios, backend, RunOptions()))
    assert told(events) == ["+ one", "+ three", "passed one", "+ two", "passed three"]
    assert [event.reason for event in events if isinstance(event, BailedOut)] == ["the cluster is lost"]

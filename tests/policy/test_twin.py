"""The model and its brute-force twin give one answer, whatever the cluster."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy import build
from policy.brute import Brute
from policy.worlds import NUMBERS, Maker, World

from netpolspec.policy.decide import Model
from netpolspec.policy.decision import Answer, Endpoint, OnNode
from netpolspec.policy.objects import Protocol

few = settings(max_examples=settings().max_examples // 2)
randoms = st.randoms(use_true_random=False)


def differences(rng: Random, world: World, count: int) -> list[object]:
    """Connections of which the model says something else than the twin: each, what is wanted, and what is said."""
    model, brute = Model(world.cluster, world.assumptions), Brute(world.cluster, world.assumptions)
    found: list[object] = []
    for number in range(count):
        source, destination = rng.choice(world.ends), rng.choice(world.ends)
        if isinstance(source, OnNode) and isinstance(destination, OnNode):
            continue
        protocol, port = rng.choice(tuple(Protocol)), rng.choice(NUMBERS)
        connection = (source, destination, protocol, port)
        wanted = brute.answer(*connection)
        decision = model.decide(*connection)
        if decision.answer != wanted:
            found.append((connection, wanted, decision.answer, decision.because))
        if model.answer(*connection) != wanted:
            found.append((connection, wanted, "answer", model.answer(*connection)))
        among = (wanted == "allowed", wanted in ("unspecified", "unknown"))
        if number == 0 and reachable(model, connection) != among:
            found.append((connection, wanted, "reachable", reachable(model, connection)))
    return found


def reachable(model: Model, connection: tuple[Endpoint, Endpoint, Protocol, int]) -> tuple[bool, bool]:
    """Whether a connection is among those that are allowed, and among those that are undecided."""
    source, destination, protocol, port = connection
    found = model.reachable(source, destination)
    allowed = any(first <= port <= last for first, last in found.allowed[protocol])
    return allowed, any(first <= port <= last for first, last in found.undecided[protocol])


@few
@given(randoms)
def test_everything_at_once(rng: Random) -> None:
    assert differences(rng, Maker(rng, foreign=True).world(), 12) == []


@few
@given(randoms)
def test_network_policies_alone(rng: Random) -> None:
    assert differences(rng, Maker(rng, tiers=False, hosts=False).world(), 12) == []


@few
@given(randoms)
def test_tiers(rng: Random) -> None:
    assert differences(rng, Maker(rng, hosts=False).world(), 12) == []


@pytest.mark.parametrize("seed", range(30))
def test_many_worlds_without_shrinking(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - no secret
    assert differences(rng, Maker(rng, foreign=True).world(), 12) == []


@few
@given(randoms)
def test_pods_that_the_model_was_made_with_are_answered_like_strangers(rng: Random) -> None:
    world = Maker(rng).world()
    stranger = world.ends[len(world.cluster.pods)]
    fast = Model(world.cluster, world.assumptions, others=[stranger])  # type: ignore[list-item]
    slow = Model(world.cluster, world.assumptions)
    for end in world.cluster.pods:
        for protocol, port in ((Protocol.TCP, 80), (Protocol.UDP, 53)):
            assert fast.answer(stranger, end, protocol, port) == slow.answer(stranger, end, protocol, port)
            assert fast.answer(end, stranger, protocol, port) == slow.answer(end, stranger, protocol, port)
        assert fast.reachable(stranger, end) == slow.reachable(stranger, end)


def test_an_unknown_policy_stays_unknown_where_the_families_differ() -> None:
    one, other = build.pod("a/p", ip="10.0.0.1,fd00::1"), build.pod("b/q", ip="10.0.0.2,fd00::2")
    by_family = build.netpol("a/x", ingress=[build.rule(build.block("10.0.0.0/8"))])
    model = Model(build.cluster(one, other, by_family, build.foreign("CiliumNetworkPolicy", "b")))
    assert model.decide(other, one, Protocol.TCP, 80).answer is Answer.UNKNOWN
    assert model.answer(other, one, Protocol.TCP, 80) is Answer.UNKNOWN


def test_a_pod_reaches_itself_also_after_its_like_was_asked_about() -> None:
    one, like = build.pod("a/p"), build.pod("a/q")
    model = Model(build.cluster(one, like, build.netpol("a/x", ingress=[])))
    for _ in range(2):
        assert model.answer(one, like, Protocol.TCP, 80) is Answer.DENIED
        assert model.answer(one, one, Protocol.TCP, 80) is Answer.ALLOWED
        assert model.decide(one, like, Protocol.TCP, 80).answer is Answer.DENIED
        assert model.decide(one, one, Protocol.TCP, 80).answer is Answer.ALLOWED

"""Changes to a cluster of which it is known what they may do to the answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from policy.worlds import NUMBERS, Maker, World

from netpolspec.policy.decide import Model
from netpolspec.policy.decision import Answer, Endpoint
from netpolspec.policy.objects import Cluster, NetworkPolicy, Pod, Protocol, Rule

if TYPE_CHECKING:
    from random import Random

    from netpolspec.policy.objects import Peer, PortMatch

few = settings(max_examples=settings().max_examples // 2)
randoms = st.randoms(use_true_random=False)


def answers(world: World, cluster: Cluster, ends: list[Endpoint]) -> list[Answer]:
    model = Model(cluster, world.assumptions)
    return [
        model.answer(source, destination, protocol, port)
        for source in ends
        for destination in ends
        for protocol, port in ((Protocol.TCP, 80), (Protocol.TCP, NUMBERS[1]), (Protocol.UDP, 53))
    ]


def pods_of(world: World) -> list[Endpoint]:
    return list(world.cluster.pods[:3])


@few
@given(randoms)
def test_order_never_matters_among_network_policies(rng: Random) -> None:
    world = Maker(rng).world()
    before = answers(world, world.cluster, pods_of(world))
    assert answers(world, world.shuffled(rng), pods_of(world)) == before


@few
@given(randoms)
def test_one_more_allowing_policy_on_isolated_pods_never_closes_anything(rng: Random) -> None:
    maker = Maker(rng, tiers=False)
    world = maker.world()
    if not world.cluster.policies:
        return
    like = rng.choice(world.cluster.policies)
    more = replace(maker.policy(99), namespace=like.namespace, pods=like.pods, types=like.types)
    after = answers(world, replace(world.cluster, policies=(*world.cluster.policies, more)), pods_of(world))
    for was, became in zip(answers(world, world.cluster, pods_of(world)), after, strict=True):
        assert became is Answer.ALLOWED or became is was or was is Answer.DENIED


@few
@given(randoms)
def test_a_rule_split_by_its_peers_and_ports_is_the_same(rng: Random) -> None:
    world = Maker(rng).world()

    def split(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        found: list[Rule] = []
        for rule in rules:
            peers: list[tuple[Peer, ...]] = [(peer,) for peer in rule.peers] or [()]
            ports: list[tuple[PortMatch, ...]] = [(port,) for port in rule.ports] or [()]
            found += [replace(rule, peers=some, ports=few_) for some in peers for few_ in ports]
        return tuple(found)

    policies = tuple(replace(p, ingress=split(p.ingress), egress=split(p.egress)) for p in world.cluster.policies)
    before = answers(world, world.cluster, pods_of(world))
    assert answers(world, replace(world.cluster, policies=policies), pods_of(world)) == before


@few
@given(randoms)
def test_a_policy_split_into_its_directions_is_the_same(rng: Random) -> None:
    world = Maker(rng).world()
    policies = tuple(
        replace(policy, name=f"{policy.name}-{kind}", types=frozenset({kind}))
        for policy in world.cluster.policies
        for kind in policy.types
    )
    before = answers(world, world.cluster, pods_of(world))
    assert answers(world, replace(world.cluster, policies=policies), pods_of(world)) == before


@few
@given(randoms)
def test_names_never_matter(rng: Random) -> None:
    world = Maker(rng).world()

    def renamed(pod: Pod) -> Pod:
        return replace(pod, name=f"other-{pod.name}")

    policies: list[NetworkPolicy] = [replace(p, name=f"z{i}") for i, p in enumerate(world.cluster.policies)]
    admin = tuple(replace(p, name=f"z{i}") for i, p in enumerate(world.cluster.admin_policies))
    pods = tuple(map(renamed, world.cluster.pods))
    changed = replace(world.cluster, pods=pods, policies=tuple(policies), admin_policies=admin)
    before = answers(world, world.cluster, pods_of(world))
    assert answers(world, changed, list(pods[:3])) == before


@few
@given(randoms)
def test_labels_that_no_policy_asks_for_never_matter(rng: Random) -> None:
    world = Maker(rng).world()
    pods = tuple(
        replace(pod, template=replace(pod.template, labels={**pod.labels, "pod-template-hash": str(i)}))
        for i, pod in enumerate(world.cluster.pods)
    )
    before = answers(world, world.cluster, pods_of(world))
    assert answers(world, replace(world.cluster, pods=pods), list(pods[:3])) == before

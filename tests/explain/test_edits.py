"""The edit that is printed, carried out on the manifest, turns the answer over."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy import build
from policy.worlds import Maker

from netpolspec.explain.account import account
from netpolspec.explain.turnover import turn_over
from netpolspec.explain.written import write_policy
from netpolspec.load.manifests import understand
from netpolspec.policy.decide import Model
from netpolspec.policy.decision import Answer
from netpolspec.policy.objects import AdminPolicy, NetworkPolicy, Protocol
from netpolspec.source import Pointer, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from netpolspec.explain.edit import Edit, Patch
    from netpolspec.policy.decision import Decision
    from netpolspec.policy.objects import Cluster
    from netpolspec.policy.readings import Connection

PORTS = (80, 443, 8080, 9999)


def read(manifest: Mapping[str, Any]) -> NetworkPolicy:
    resource, wrong = understand(manifest, Pointer(Whole(build.HERE)))
    assert resource is not None, [each.message for each in wrong]
    return cast("NetworkPolicy", resource.objects[0])


def patched(manifest: Mapping[str, Any], operations: tuple[Patch, ...]) -> dict[str, Any]:
    """RFC 6902, as far as edits use it."""
    made: Any = copy.deepcopy(manifest)
    for each in operations:
        *way, last = each.path.split("/")[1:]
        at = made
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        if isinstance(at, dict):
            if each.op == "remove":
                del at[last]
            else:
                at[last] = each.value
        elif each.op == "remove":
            del at[int(last)]
        elif each.op == "add":
            at.insert(len(at) if last == "-" else int(last), each.value)
        else:
            at[int(last)] = each.value
    return cast("dict[str, Any]", made)


def carried_out(cluster: Cluster, edits: tuple[Edit, ...]) -> Cluster:
    """The cluster after edits that are made to the policies' manifests, which are read again."""
    for made in edits:
        if isinstance(made.after, AdminPolicy):
            cluster = made.apply(cluster)
            continue
        before, after = made.before, made.after
        if before is None:
            assert made.new is not None
            cluster = replace(cluster, policies=(*cluster.policies, read(cast("Mapping[str, Any]", made.new))))
            continue
        assert isinstance(before, NetworkPolicy)
        same = next(p for p in cluster.policies if (p.namespace, p.name) == (after.namespace, after.name))
        edited = read(patched(write_policy(same), made.patch))
        cluster = replace(cluster, policies=tuple(edited if p is same else p for p in cluster.policies))
    return cluster


def decide(model: Model, asked: Connection) -> Decision:
    return model.decide(asked.source, asked.destination, asked.protocol, asked.port, via=asked.via)


@given(rng=st.randoms(use_true_random=False))
def test_an_edit_that_is_told_turns_the_answer_over(rng: Random) -> None:
    world = Maker(rng).world()
    model = Model(world.cluster, world.assumptions)
    source, destination = rng.choice(world.ends), rng.choice(world.ends)
    asked = model.resolve(source, destination, rng.choice(tuple(Protocol)), rng.choice(PORTS), None)
    found = account(model, asked)
    turn = turn_over(model, found)
    assert bool(turn.edits) != bool(turn.why)
    if not turn.edits:
        return
    edited = carried_out(world.cluster, turn.edits)
    assert decide(Model(edited, world.assumptions), asked).answer is turn.wanted
    for left_out in range(len(turn.edits) if len(turn.edits) > 1 else 0):
        rest = turn.edits[:left_out] + turn.edits[left_out + 1 :]
        if {each.direction for each in turn.edits} == {each.direction for each in rest}:
            continue
        partly = carried_out(world.cluster, rest)
        assert decide(Model(partly, world.assumptions), asked).answer is not turn.wanted


@given(rng=st.randoms(use_true_random=False))
def test_an_account_agrees_with_the_decision(rng: Random) -> None:
    world = Maker(rng).world()
    model = Model(world.cluster, world.assumptions)
    asked = model.resolve(rng.choice(world.ends), rng.choice(world.ends), Protocol.TCP, rng.choice(PORTS), None)
    found = account(model, asked)
    for side in found.sides:
        cited = side.judgement.citation
        if cited is None or cited.rule_index is None:
            continue
        notes = [note for tier in side.tiers for note in tier.policies if note.policy is cited.policy]
        assert [note.rules[cited.rule_index].port_match for note in notes] == [True]


@given(rng=st.randoms(use_true_random=False))
def test_where_a_rule_just_misses_there_is_an_edit(rng: Random) -> None:
    """Between two plain pods every answer of NetworkPolicies can be turned over."""
    world = Maker(rng, tiers=False, hosts=False).world()
    model = Model(world.cluster, world.assumptions)
    pods = [pod for pod in world.cluster.pods if not pod.finished]
    if not pods:
        return
    source, destination = rng.choice(pods), rng.choice(pods)
    asked = model.resolve(source, destination, Protocol.TCP, rng.choice(PORTS), None)
    if asked.to_itself or decide(model, asked).answer not in {Answer.ALLOWED, Answer.DENIED}:
        return
    assert turn_over(model, account(model, asked)).edits


WEB = build.pod("a/web", labels={"app": "web", "tier": "web"}, ip="10.0.0.1")
DB = build.pod("b/db", build.cport(80), labels={"app": "db"}, ip="10.0.0.2")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (
            build.netpol("b/p", ingress=[build.rule(build.pods(build.sel(tier="api"), build.ALL))]),
            (
                "in NetworkPolicy b/p, ingress[0].from[0]: "
                "let the podSelector ask for tier in (api,web) instead of tier=api"
            ),
        ),
        (
            build.netpol("b/p", ingress=[build.rule(build.pods(build.sel(role="api"), build.ALL))]),
            "in NetworkPolicy b/p, ingress[0].from[0]: drop role=api from the podSelector",
        ),
        (
            build.netpol("b/p", ingress=[build.rule(build.pods(None, build.ALL), ports=[build.port(8080)])]),
            "in NetworkPolicy b/p, ingress[0]: add port 80/TCP",
        ),
        (
            build.netpol("b/p", ingress=[build.rule(build.block("10.0.0.0/8", "10.0.0.0/24"))]),
            "in NetworkPolicy b/p, ingress[0].from[0]: take 10.0.0.0/24 out of except",
        ),
        (
            build.netpol("b/p", ingress=[build.rule(build.pods(build.sel(app="web")))]),
            "in NetworkPolicy b/p, ingress[0]: add a peer for pods app=web of namespace a",
        ),
        (
            build.netpol("b/p", ingress=[]),
            "in NetworkPolicy b/p, ingress: add a rule from pods app=web of namespace a on port 80/TCP",
        ),
        (
            build.admin("cnp", ingress=[build.rule(build.pods(None, build.ALL), action=build.DENY)]),
            "in ClusterNetworkPolicy cnp, ingress[0]: let its action be Accept instead of Deny",
        ),
        (
            build.netpol("b/p", ingress=[build.rule(build.pods(None, build.ALL))]),
            "in NetworkPolicy b/p, ingress[0]: take this rule out",
        ),
        (
            build.netpol("b/p", ingress=[build.rule(build.block("10.0.0.0/8"), build.pods(build.sel(app="x")))]),
            "in NetworkPolicy b/p, ingress[0].from[0]: take this peer out",
        ),
        (
            build.netpol("b/p", egress=[]),
            (
                "in NetworkPolicy b/p, policyTypes: "
                "add Ingress to policyTypes, which isolates the pods that it selects for ingress"
            ),
        ),
        (
            build.netpol("c/p", egress=[]),
            "add NetworkPolicy b/deny-ingress-db: isolates the pods of b/db for ingress, and lets nobody through",
        ),
    ],
)
def test_the_smallest_edit(policy: NetworkPolicy | AdminPolicy, said: str) -> None:
    model = Model(build.cluster(build.ns("a"), WEB, DB, policy))
    turn = turn_over(model, account(model, model.resolve(WEB, DB, Protocol.TCP, 80, None)))
    assert [made.line for made in turn.edits] == [said]


def test_two_ends_need_two_edits() -> None:
    policies = (build.netpol("a/out", egress=[]), build.netpol("b/in", ingress=[]))
    model = Model(build.cluster(WEB, DB, *policies))
    turn = turn_over(model, account(model, model.resolve(WEB, DB, Protocol.TCP, 80, None)))
    assert [made.after.label for made in turn.edits] == ["NetworkPolicy b/in", "NetworkPolicy a/out"]


def test_nothing_changes_what_a_pod_says_to_itself() -> None:
    model = Model(build.cluster(DB, build.netpol("b/in", ingress=[])))
    turn = turn_over(model, account(model, model.resolve(DB, DB, Protocol.TCP, 80, None)))
    assert turn.edits == ()
    assert turn.why == "no policy has a say in this connection"


def test_over_two_families_both_have_to_be_opened() -> None:
    """Ingress lets IPv4 through alone, which shows once egress is open."""
    source = build.pod("b/p0", ip="10.0.0.1,fd00::1")
    destination = build.pod("b/p1", build.cport(80), ip="10.0.0.2,fd00::2")
    policy = build.netpol("b/np", ingress=[build.rule(build.block("10.0.0.1/32"))], egress=[])
    model = Model(build.cluster(source, destination, policy))
    asked = model.resolve(source, destination, Protocol.TCP, 80, None)
    turn = turn_over(model, account(model, asked))
    assert {made.direction for made in turn.edits} == {build.INGRESS, build.EGRESS}
    assert decide(Model(carried_out(model.cluster, turn.edits)), asked).answer is Answer.ALLOWED

"""All pairs at once give what each pair gives alone."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy.brute import Brute
from policy.build import (
    ALL,
    DENY,
    PASS,
    SCTP,
    TCP,
    UDP,
    admin,
    block,
    cluster,
    cport,
    foreign,
    netpol,
    ns,
    pod,
    pods,
    port,
    rule,
    sel,
)
from policy.worlds import NUMBERS, Maker, World

from netpolspec.policy.assumptions import KEYS, choices, parse
from netpolspec.policy.decision import Endpoint, External
from netpolspec.policy.objects import Pod, Protocol, Tier, WorkloadRef
from netpolspec.policy.reach import By, Reach, reach

if TYPE_CHECKING:
    from netpolspec.policy.objects import Cluster

few = settings(max_examples=settings().max_examples // 2)
randoms = st.randoms(use_true_random=False)
ALL_PORTS = dict.fromkeys(Protocol, ((1, 65535),))
NO_PORTS: dict[Protocol, tuple[()]] = dict.fromkeys(Protocol, ())


def table(found: Reach) -> dict[tuple[str, str], tuple[object, object]]:
    """Allowed and undecided ports by the names of both ends."""
    return {
        (one, other): (dict(answer.allowed), dict(answer.undecided))
        for source, destination, answer in found.pairs()
        for one in source.members
        for other in destination.members
        if one != other
    }


def allowed(found: Reach) -> dict[tuple[str, str], object]:
    rows = table(found)
    assert all(undecided == NO_PORTS for _, undecided in rows.values())
    return {pair: ports for pair, (ports, _) in rows.items()}


def owned(name: str, *pods_: Pod) -> list[Pod]:
    owner = WorkloadRef("Deployment", pods_[0].namespace, name)
    return [Pod(p.namespace, p.name, p.template, owner, p.addresses, p.finished, p.origin) for p in pods_]


def only(**ports: tuple[tuple[int, int], ...]) -> dict[Protocol, tuple[tuple[int, int], ...]]:
    return {protocol: ports.get(protocol.value, ()) for protocol in Protocol}


# --- worked examples ----------------------------------------------------------------------------------------------


def test_policies_ports_and_workloads() -> None:
    web = owned("web", *(pod(f"shop/web-{i}", cport(8080, "http"), labels={"app": "web"}) for i in range(2)))
    db, probe = pod("shop/db", labels={"app": "db"}), pod("ops/probe", labels={"special": "true"})
    for_db = netpol(
        "shop/db", sel(app="db"), ingress=[rule(pods(sel(app="web")), ports=[port(5432), port(9000, TCP, 9010)])]
    )
    for_web = netpol(
        "shop/web",
        sel(app="web"),
        ingress=[rule(pods(sel(special="true"), ALL), ports=[port("http")]), rule(ports=[port(None, UDP)])],
    )
    assert allowed(reach(cluster(*web, db, probe, for_db, for_web))) == {
        ("ops/probe", "shop/db"): only(),
        ("ops/probe", "shop/web"): only(TCP=((8080, 8080),), UDP=((1, 65535),)),
        ("shop/db", "ops/probe"): ALL_PORTS,
        ("shop/db", "shop/web"): only(UDP=((1, 65535),)),
        ("shop/web", "ops/probe"): ALL_PORTS,
        ("shop/web", "shop/db"): only(TCP=((5432, 5432), (9000, 9010))),
    }


def test_ranges_outside() -> None:
    gate = pod("edge/gate", labels={"app": "gate"})
    hole = block("203.0.113.0/24", "203.0.113.128/25")
    policy = netpol("edge/gate", ingress=[rule(hole, ports=[port(443)])], egress=[])
    first, inside, last = (
        "ip:0.0.0.0-203.0.112.255",
        "ip:203.0.113.0-203.0.113.127",
        "ip:203.0.113.128-255.255.255.255",
    )
    assert allowed(reach(cluster(gate, policy), external=True)) == {
        ("edge/gate", first): only(),
        ("edge/gate", inside): only(),
        ("edge/gate", last): only(),
        (first, "edge/gate"): only(),
        (inside, "edge/gate"): only(TCP=((443, 443),)),
        (last, "edge/gate"): only(),
    }


def test_tiers() -> None:
    a, b = pod("a/p"), pod("b/q")
    from_a = pods(None, sel(tier="red"))
    anp = admin(
        "pass-http",
        namespaces=sel(tier="blue"),
        ingress=[rule(from_a, ports=[port(80)], action=PASS), rule(from_a, action=DENY)],
        kind="AdminNetworkPolicy",
    )
    policy = netpol("b/q", ingress=[rule(pods(None, ALL), ports=[port(80), port(81)])])
    assert allowed(reach(cluster(ns("a", tier="red"), ns("b", tier="blue"), a, b, anp, policy))) == {
        ("a/p", "b/q"): only(TCP=((80, 80),)),
        ("b/q", "a/p"): ALL_PORTS,
    }


def test_without_policies_there_is_one_class_and_one_range() -> None:
    found = reach(cluster(pod("a/p"), pod("b/q")), external=True)
    assert [(k.members, k.outside) for k in found.classes] == [
        (("a/p", "b/q"), False),
        (("ip:0.0.0.0-255.255.255.255",), True),
    ]
    assert set(allowed(found)) == {
        ("a/p", "b/q"),
        ("b/q", "a/p"),
        ("a/p", "ip:0.0.0.0-255.255.255.255"),
        ("b/q", "ip:0.0.0.0-255.255.255.255"),
        ("ip:0.0.0.0-255.255.255.255", "a/p"),
        ("ip:0.0.0.0-255.255.255.255", "b/q"),
    }


def test_nothing_at_all() -> None:
    assert reach(cluster()).classes == ()
    assert [k.members for k in reach(cluster(), external=True).classes] == [("ip:0.0.0.0-255.255.255.255",)]
    assert list(reach(cluster(netpol("a/x", ingress=[rule(block("10.0.0.0/8"))])), external=True).pairs()) == []


def test_ipv6_is_told_as_soon_as_something_has_an_address_of_it() -> None:
    def ranges(*objects: object) -> list[str]:
        return [member for k in reach(cluster(*objects), external=True).classes if k.outside for member in k.members]

    four, six = "ip:0.0.0.0-255.255.255.255", "ip:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    assert ranges(pod("a/p", ip="10.0.0.1")) == [four]
    assert ranges(pod("a/p", ip="fd00::1")) == [four, six]
    assert ranges(pod("a/p"), netpol("a/x", ingress=[rule(block("0.0.0.0/0", "10.0.0.0/8"), block("::/0"))])) == [
        "ip:0.0.0.0-9.255.255.255",
        "ip:11.0.0.0-255.255.255.255",
        six,
        "ip:10.0.0.0-10.255.255.255",
    ]


def test_neighbouring_ranges_that_answer_alike_are_one() -> None:
    halves = netpol("a/x", ingress=[rule(block("10.0.0.0/9"), block("10.128.0.0/9"))])
    found = reach(cluster(pod("a/p"), halves), external=True)
    outside = [member for k in found.classes if k.outside for member in k.members]
    assert outside == ["ip:0.0.0.0-9.255.255.255", "ip:11.0.0.0-255.255.255.255", "ip:10.0.0.0-10.255.255.255"]


def test_pods_that_answer_alike_are_one_class_whatever_their_labels() -> None:
    many = [pod(f"a/p{i}", labels={"app": f"app-{i}"}) for i in range(9)]
    found = reach(cluster(*many, netpol("a/x", sel(app="app-0"), ingress=[])))
    assert sorted(len(k.members) for k in found.classes) == [1, 8]


def test_what_is_open_is_undecided() -> None:
    a, b = pod("a/p"), pod("b/q")
    tie = [
        admin(f"n{i}", ingress=[rule(pods(None, ALL), ports=[port(80)], action=action)])
        for i, action in ((1, DENY), (2, PASS))
    ]
    rows = table(reach(cluster(a, b, *tie, foreign("CiliumNetworkPolicy", "b"))))
    assert rows["a/p", "b/q"] == (NO_PORTS, ALL_PORTS)
    rows = table(reach(cluster(a, b, *tie)))
    assert rows["a/p", "b/q"] == (
        {TCP: ((1, 79), (81, 65535)), UDP: ((1, 65535),), SCTP: ((1, 65535),)},
        only(TCP=((80, 80),)),
    )


def test_pods_of_a_workload_that_differ_leave_it_undecided() -> None:
    inside, outside = pod("a/w-0", ip="10.0.0.1"), pod("a/w-1", ip="10.9.0.1")
    server = pod("b/s", ip="10.0.1.1")
    policy = netpol("b/x", ingress=[rule(block("10.0.0.0/16"), ports=[port(80)]), rule(ports=[port(443)])])
    world = cluster(*owned("w", inside, outside), server, policy)
    assert table(reach(world))["a/w", "b/s"] == (only(TCP=((443, 443),)), only(TCP=((80, 80),)))
    by_pod = table(reach(world, by=By.POD))
    assert by_pod["a/w-0", "b/s"] == (only(TCP=((80, 80), (443, 443))), NO_PORTS)
    assert by_pod["a/w-1", "b/s"] == (only(TCP=((443, 443),)), NO_PORTS)


def test_a_finished_pod_counts_only_where_its_workload_has_no_other() -> None:
    done, runs = pod("a/j-0", finished=True), pod("a/j-1")
    other = pod("b/p")
    assert allowed(reach(cluster(*owned("j", done, runs), other)))["a/j", "b/p"] == ALL_PORTS
    assert allowed(reach(cluster(*owned("j", done), other)))["b/p", "a/j"] == only()


def test_workloads_of_one_name_are_told_apart_by_their_kind() -> None:
    deployment = owned("x", pod("a/x-0"))
    assert set(table(reach(cluster(*deployment, pod("a/x"), pod("a/y"))))) >= {
        ("a/deployment/x", "a/pod/x"),
        ("a/pod/x", "a/y"),
    }


def test_a_node_s_pods_are_open_to_it() -> None:
    agents = owned("agent", pod("k/a-1", host=True, node="n1"), pod("k/a-2", host=True, node="n2"))
    here, there = pod("a/here", node="n1"), pod("a/there", node="n3")
    world = cluster(*agents, here, there, netpol("a/x", ingress=[], egress=[]))
    by_pod = allowed(reach(world, by=By.POD))
    assert by_pod["k/a-1", "a/here"] == by_pod["a/here", "k/a-1"] == ALL_PORTS
    assert by_pod["k/a-2", "a/here"] == by_pod["k/a-1", "a/there"] == only()
    by_workload = table(reach(world))
    assert by_workload["k/agent", "a/here"] == (NO_PORTS, ALL_PORTS)
    assert by_workload["k/agent", "a/there"] == (NO_PORTS, NO_PORTS)
    as_pods = allowed(reach(world, parse("hostnetwork", "pod"), by=By.POD))
    assert as_pods["k/a-1", "a/here"] == only()


# --- against the twin ---------------------------------------------------------------------------------------------


def differences(world: World, rng: Random, count: int) -> list[object]:
    """Pairs of which the classes say something else than the twin: each, what is wanted, and what is said."""
    wrong: list[object] = []
    found = reach(world.cluster, world.assumptions, by=By.POD, external=True)
    brute = Brute(world.cluster, world.assumptions)
    number = {member: k.number for k in found.classes for member in k.members}
    ends = ends_of(world.cluster, found, rng)
    for _ in range(count):
        one, other = rng.choice(sorted(ends)), rng.choice(sorted(ends))
        if one == other or (one.startswith("ip:") and other.startswith("ip:")):
            continue
        protocol, port_ = rng.choice(tuple(Protocol)), rng.choice(NUMBERS)
        wanted = brute.answer(ends[one], ends[other], protocol, port_)
        answer = found.between(number[one], number[other])
        got = "denied"
        for kind, ports in (("allowed", answer.allowed), ("open", answer.undecided)):
            if any(first <= port_ <= last for first, last in ports[protocol]):
                got = kind
        if got != ("open" if wanted in ("unspecified", "unknown") else wanted):
            wrong.append((one, other, protocol, port_, wanted, got))
    return wrong


def ends_of(world: Cluster, found: Reach, rng: Random) -> dict[str, Endpoint]:
    """Who can be asked about by its name in the classes; of a range, one of its ends that nobody inside has."""
    ends: dict[str, Endpoint] = {p.label: p for p in world.pods}
    taken = {address for pod_ in world.pods for address in pod_.addresses}
    taken |= {address for node in world.nodes for address in node.addresses}
    for member in (member for k in found.classes if k.outside for member in k.members):
        address = ip_address(rng.choice(member.removeprefix("ip:").split("-")))
        if address not in taken:
            ends[member] = External(address)
    return ends


@few
@given(randoms)
def test_every_pair_answers_as_the_twin_does(rng: Random) -> None:
    assert differences(Maker(rng, foreign=True).world(), rng, 12) == []


@pytest.mark.parametrize("seed", range(20))
def test_many_worlds_without_shrinking(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - no secret
    assert differences(Maker(rng, foreign=True).world(), rng, 12) == []


@few
@given(randoms)
def test_members_of_a_class_answer_alike(rng: Random) -> None:
    world = Maker(rng).world()
    found = reach(world.cluster, world.assumptions, by=By.POD, external=True)
    rows = [tuple(row) for row in found.rows]
    columns = list(zip(*rows, strict=True))
    keys = [(k.outside, row, column) for k, row, column in zip(found.classes, rows, columns, strict=True)]
    assert len(set(keys)) == len(keys), "two classes that answer alike are one"
    assert sum(len(k.members) for k in found.classes if not k.outside) == len(world.cluster.pods)


def test_the_same_however_many_readings_there_are() -> None:
    base = [pod("a/p", ip="10.0.0.1,fd00::1"), pod("b/q", ip="10.0.0.2,fd00::2"), pod("b/r", ip="10.0.0.3")]
    policy = netpol("a/x", ingress=[rule(block("10.0.0.0/8"))])
    rows = table(reach(cluster(*base, policy)))
    assert rows["b/q", "a/p"] == (NO_PORTS, ALL_PORTS)
    assert rows["b/r", "a/p"] == (ALL_PORTS, NO_PORTS)


def test_baseline_tier_and_isolation() -> None:
    a, b = pod("a/p"), pod("b/q")
    base = admin("base", tier=Tier.BASELINE, ingress=[rule(pods(None, ALL), action=DENY)])
    shut = netpol("b/out", egress=[rule()])
    assert allowed(reach(cluster(a, b, base, shut)))["a/p", "b/q"] == only()
    any_direction = parse("baseline-after-isolation", "any")
    assert allowed(reach(cluster(a, b, base, shut), any_direction))["a/p", "b/q"] == ALL_PORTS


def test_a_host_network_pod_taken_for_a_pod_is_selected_by_network_policy_only() -> None:
    agent, web, other = pod("k/agent", labels={"app": "agent"}, host=True), pod("a/web"), pod("b/other")
    by_label = pods(sel(app="agent"), ALL)
    world = (agent, web, other, netpol("a/x", ingress=[rule(by_label)]))
    as_pod = parse("hostnetwork", "pod")
    assert allowed(reach(cluster(*world)))["k/agent", "a/web"] == only()
    assert allowed(reach(cluster(*world), as_pod))["k/agent", "a/web"] == ALL_PORTS
    deny = admin("deny", ingress=[rule(by_label, action=DENY)])
    for assumptions in (None, as_pod):
        assert allowed(reach(cluster(*world, deny), assumptions))["k/agent", "b/other"] == ALL_PORTS


@few
@given(randoms)
def test_a_workload_is_answered_with_what_its_pods_have_in_common(rng: Random) -> None:
    world = Maker(rng).world()
    owned_by = [WorkloadRef("Deployment", p.namespace, rng.choice("xy")) for p in world.cluster.pods]
    pods_ = tuple(replace(p, owner=owner) for p, owner in zip(world.cluster.pods, owned_by, strict=True))
    whole = replace(world.cluster, pods=pods_)
    by_pod = table(reach(whole, world.assumptions, by=By.POD))
    single: dict[str, list[str]] = {}
    for p in pods_:
        single.setdefault(f"{p.namespace}/{p.owner.name}", []).append(p.label)
    running = {p.label for p in pods_ if not p.finished}
    for (one, other), (allowed_, undecided) in table(reach(whole, world.assumptions)).items():
        pairs = [
            by_pod[a, b]
            for a in [p for p in single[one] if p in running] or single[one]
            for b in [p for p in single[other] if p in running] or single[other]
        ]
        for protocol in Protocol:
            for number in NUMBERS:
                answers = {answer(pair, protocol, number) for pair in pairs}
                wanted = answers.pop() if len(answers) == 1 else "open"
                assert answer((allowed_, undecided), protocol, number) == wanted


def answer(row: tuple[Any, Any], protocol: Protocol, number: int) -> str:
    for kind, ports in zip(("allowed", "open"), row, strict=True):
        if any(first <= number <= last for first, last in ports[protocol]):
            return kind
    return "denied"


@few
@given(randoms)
def test_an_assumption_that_is_not_listed_does_not_matter(rng: Random) -> None:
    world = Maker(rng).world()
    found = reach(world.cluster, world.assumptions, by=By.POD)
    listed = {text.partition("=")[0] for text in found.assumptions}
    for key in KEYS:
        if key in listed:
            continue
        for value in choices(key):
            other = reach(world.cluster, world.assumptions.with_value(key, value), by=By.POD)
            assert table(other) == table(found), key

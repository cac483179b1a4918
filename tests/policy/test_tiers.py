"""Cluster-scoped policy: ClusterNetworkPolicy and its predecessors."""

from __future__ import annotations

import pytest
from policy.build import (
    ACCEPT,
    ALL,
    DENY,
    PASS,
    TCP,
    UDP,
    address,
    admin,
    block,
    cluster,
    cport,
    domains,
    foreign,
    netpol,
    networks,
    node,
    nodes,
    ns,
    pod,
    pods,
    port,
    rule,
    sel,
)

from netpolspec.policy.assumptions import Assumptions, parse
from netpolspec.policy.decide import Model
from netpolspec.policy.decision import Answer, Endpoint, External, OnNode
from netpolspec.policy.objects import Action, Tier

WEB = pod("shop/web", cport(80, "http"), labels={"app": "web"}, ip="10.1.0.1")
PROBE = pod("ops/probe", labels={"app": "probe"}, ip="10.2.0.1")
FROM_OPS = pods(None, sel(team="ops"))
EVERYBODY = pods(None, ALL)
OUTSIDE = External(address("203.0.113.9"))
ADMIN, BASELINE = Tier.ADMIN, Tier.BASELINE


def ask(
    *objects: object, source: Endpoint = PROBE, destination: Endpoint = WEB, number: int = 80, assume: str = ""
) -> Answer:
    key, _, value = assume.partition("=")
    assumptions = parse(key, value) if assume else Assumptions()
    world = cluster(WEB, PROBE, ns("shop", team="shop"), ns("ops", team="ops"), *objects)
    model = Model(world, assumptions)
    decision = model.decide(source, destination, TCP, number)
    assert model.answer(source, destination, TCP, number) is decision.answer
    return decision.answer


def deny_in(tier: Tier = ADMIN, priority: int = 10, name: str = "deny") -> object:
    return admin(name, tier=tier, priority=priority, ingress=[rule(FROM_OPS, action=DENY)])


def accept_in(tier: Tier = ADMIN, priority: int = 10, name: str = "accept") -> object:
    return admin(name, tier=tier, priority=priority, ingress=[rule(FROM_OPS, action=ACCEPT)])


def pass_in(tier: Tier = ADMIN, priority: int = 10, name: str = "pass") -> object:
    return admin(name, tier=tier, priority=priority, ingress=[rule(FROM_OPS, action=PASS)])


CLOSED = netpol("shop/closed", ingress=[])
OPEN = netpol("shop/open", ingress=[rule()])


def test_the_admin_tier_wins_over_network_policy() -> None:
    assert ask(deny_in(), OPEN) is Answer.DENIED
    assert ask(accept_in(), CLOSED) is Answer.ALLOWED


def test_network_policy_is_final_for_what_it_isolates() -> None:
    assert ask(deny_in(BASELINE), OPEN) is Answer.ALLOWED
    assert ask(accept_in(BASELINE), CLOSED) is Answer.DENIED


def test_the_baseline_tier_decides_where_no_network_policy_isolates() -> None:
    assert ask(deny_in(BASELINE)) is Answer.DENIED
    assert ask(deny_in(BASELINE), netpol("shop/other", sel(app="other"), ingress=[])) is Answer.DENIED
    assert ask() is Answer.ALLOWED


def test_pass_from_admin_goes_to_network_policy_and_then_to_baseline() -> None:
    later_deny = deny_in(priority=20)
    assert ask(pass_in(), later_deny) is Answer.ALLOWED
    assert ask(pass_in(), later_deny, CLOSED) is Answer.DENIED
    assert ask(pass_in(), later_deny, OPEN) is Answer.ALLOWED
    assert ask(pass_in(), later_deny, deny_in(BASELINE, name="base")) is Answer.DENIED


def test_pass_from_baseline_goes_to_the_default() -> None:
    assert ask(pass_in(BASELINE), deny_in(BASELINE, priority=20)) is Answer.ALLOWED


def test_rules_are_judged_in_order() -> None:
    port_80 = rule(FROM_OPS, ports=[port(80)], action=ACCEPT)
    rest = rule(FROM_OPS, action=DENY)
    assert ask(admin("x", ingress=[port_80, rest])) is Answer.ALLOWED
    assert ask(admin("x", ingress=[port_80, rest]), number=81) is Answer.DENIED
    assert ask(admin("x", ingress=[rest, port_80])) is Answer.DENIED


@pytest.mark.parametrize("tier", [ADMIN, BASELINE])
def test_a_lower_number_is_judged_first(tier: Tier) -> None:
    assert ask(deny_in(tier, 1), accept_in(tier, 2)) is Answer.DENIED
    assert ask(deny_in(tier, 2), accept_in(tier, 1)) is Answer.ALLOWED
    assert ask(accept_in(tier, 1), deny_in(tier, 2)) is Answer.ALLOWED


@pytest.mark.parametrize("tier", [ADMIN, BASELINE])
@pytest.mark.parametrize(
    ("one", "other"), [(ACCEPT, DENY), (ACCEPT, PASS), (DENY, PASS), (DENY, ACCEPT), (PASS, ACCEPT), (PASS, DENY)]
)
def test_different_actions_at_one_priority_are_unspecified(tier: Tier, one: Action, other: Action) -> None:
    first = admin("one", tier=tier, ingress=[rule(FROM_OPS, action=one)])
    second = admin("other", tier=tier, ingress=[rule(FROM_OPS, action=other)])
    assert ask(first, second) is Answer.UNSPECIFIED


def test_one_action_twice_at_one_priority_is_that_action() -> None:
    assert ask(deny_in(), deny_in(name="deny-too")) is Answer.DENIED
    assert ask(accept_in(), accept_in(name="accept-too"), CLOSED) is Answer.ALLOWED
    assert ask(pass_in(), pass_in(name="pass-too"), deny_in(priority=20)) is Answer.ALLOWED


def test_a_tie_matters_only_where_both_match() -> None:
    on_81 = admin("on-81", ingress=[rule(FROM_OPS, ports=[port(81)], action=ACCEPT)])
    assert ask(deny_in(), on_81) is Answer.DENIED
    assert ask(deny_in(), on_81, number=81) is Answer.UNSPECIFIED
    elsewhere = admin("elsewhere", namespaces=sel(team="ops"), ingress=[rule(EVERYBODY, action=ACCEPT)])
    assert ask(deny_in(), elsewhere) is Answer.DENIED


def test_a_tie_of_tiers_is_none() -> None:
    assert ask(deny_in(ADMIN, 10), accept_in(BASELINE, 10)) is Answer.DENIED


def test_a_denial_at_the_other_end_settles_what_is_open() -> None:
    shut = netpol("ops/shut", egress=[])
    assert ask(deny_in(), accept_in(), shut) is Answer.DENIED


def test_subjects_are_chosen_by_namespace_and_pod() -> None:
    by_pod = admin("x", namespaces=sel(team="shop"), selector=sel(app="web"), ingress=[rule(EVERYBODY, action=DENY)])
    assert ask(by_pod) is Answer.DENIED
    other = pod("shop/other", labels={"app": "other"})
    assert ask(by_pod, other, destination=other) is Answer.ALLOWED
    assert ask(by_pod, source=WEB, destination=PROBE) is Answer.ALLOWED


def test_without_rules_for_a_direction_it_is_not_touched() -> None:
    only_egress = admin("x", egress=[rule(EVERYBODY, action=DENY)], namespaces=sel(team="shop"))
    assert ask(only_egress) is Answer.ALLOWED
    assert ask(only_egress, source=WEB, destination=PROBE) is Answer.DENIED


def test_no_peer_of_an_ingress_rule_is_outside() -> None:
    assert ask(admin("x", ingress=[rule(EVERYBODY, action=DENY)]), source=OUTSIDE) is Answer.ALLOWED


def test_networks_match_pods_too() -> None:
    to_pods = admin("x", egress=[rule(networks("10.1.0.0/16"), action=DENY)])
    assert ask(to_pods) is Answer.DENIED
    assert ask(to_pods, assume="networks-select-pods=no") is Answer.ALLOWED
    assert ask(admin("x", egress=[rule(networks("203.0.113.0/24"), action=DENY)]), destination=OUTSIDE) is Answer.DENIED


def test_nodes_match_nodes_and_host_network_pods() -> None:
    agent = pod("ops/agent", host=True, node="n1")
    world = (node("n1", "192.168.0.1", zone="a"), node("n2", "192.168.0.2", zone="b"), agent)
    in_a = admin("x", egress=[rule(nodes(sel(zone="a")), action=DENY)])
    assert ask(*world, in_a, destination=OnNode("n1")) is Answer.DENIED
    assert ask(*world, in_a, destination=OnNode("n2")) is Answer.ALLOWED
    assert ask(*world, in_a, destination=External(address("192.168.0.1"))) is Answer.DENIED
    assert ask(*world, in_a, destination=agent) is Answer.DENIED
    assert ask(*world, in_a) is Answer.ALLOWED
    assert ask(*world, in_a, destination=OUTSIDE) is Answer.ALLOWED


def test_a_node_that_nobody_described_may_be_any() -> None:
    agent = pod("ops/agent", host=True)
    in_a = admin("x", egress=[rule(nodes(sel(zone="a")), action=DENY)])
    assert ask(agent, in_a, destination=agent) is Answer.UNSPECIFIED
    assert ask(agent, admin("x", egress=[rule(nodes(), action=DENY)]), destination=agent) is Answer.DENIED
    every_node = (node("n1", zone="a"), node("n2", zone="a"))
    assert ask(agent, in_a, *every_node, destination=agent) is Answer.DENIED


def test_domain_names_match_names_and_leave_addresses_open() -> None:
    allowed = rule(domains("example.com", "*.example.org"), action=ACCEPT)
    policy = admin("x", egress=[allowed, rule(networks("0.0.0.0/0"), action=DENY)])
    for name in ("example.com", "www.example.org", "a.b.example.org"):
        assert ask(policy, destination=External(None, name)) is Answer.ALLOWED
    for name in ("www.example.com", "example.org", "notexample.org"):
        assert ask(policy, destination=External(None, name)) is Answer.DENIED
    assert ask(policy, destination=OUTSIDE) is Answer.UNSPECIFIED
    assert ask(policy, destination=WEB) is Answer.DENIED
    assert ask(admin("x", egress=[allowed]), destination=OUTSIDE) is Answer.ALLOWED


def test_named_ports_of_any_protocol() -> None:
    named = admin("x", ingress=[rule(FROM_OPS, ports=[port("http", None)], action=DENY)])
    assert ask(named) is Answer.DENIED
    assert ask(named, number=81) is Answer.ALLOWED
    udp = pod("shop/udp", cport(80, "http", UDP))
    model = Model(cluster(PROBE, udp, ns("ops", team="ops"), named))
    assert model.answer(PROBE, udp, UDP, 80) is Answer.DENIED
    assert model.answer(PROBE, udp, TCP, 80) is Answer.ALLOWED


def test_isolation_in_one_direction_leaves_the_other_to_baseline() -> None:
    base = deny_in(BASELINE)
    only_egress = netpol("shop/egress", egress=[])
    assert ask(base, only_egress) is Answer.DENIED
    assert ask(base, only_egress, assume="baseline-after-isolation=any") is Answer.ALLOWED


def test_a_policy_of_an_unknown_kind_makes_its_reach_unknown() -> None:
    assert ask(foreign("GlobalNetworkPolicy")) is Answer.UNKNOWN
    assert ask(foreign("CiliumNetworkPolicy", "shop")) is Answer.UNKNOWN
    assert ask(foreign("CiliumNetworkPolicy", "ops")) is Answer.UNKNOWN
    assert ask(foreign("CiliumNetworkPolicy", "elsewhere")) is Answer.ALLOWED
    assert ask(foreign("CiliumNetworkPolicy", "shop"), netpol("ops/shut", egress=[])) is Answer.DENIED
    assert ask(foreign("CiliumNetworkPolicy", "shop"), OPEN) is Answer.UNKNOWN


def test_unknown_weighs_more_than_unspecified() -> None:
    tie = (admin("a", namespaces=sel(team="ops"), egress=[rule(EVERYBODY, action=DENY)]), accept_out())
    assert ask(*tie) is Answer.UNSPECIFIED
    assert ask(*tie, foreign("CiliumNetworkPolicy", "shop")) is Answer.UNKNOWN


def accept_out() -> object:
    return admin("b", namespaces=sel(team="ops"), egress=[rule(EVERYBODY, action=ACCEPT)])


def test_what_is_cited() -> None:
    world = cluster(WEB, PROBE, ns("shop", team="shop"), ns("ops", team="ops"), deny_in(), pass_in(priority=5), CLOSED)
    judgement = Model(world).decide(PROBE, WEB, TCP, 80).ingress
    assert (judgement.tier, str(judgement.citation)) == (Tier.NETWORK_POLICY, "NetworkPolicy shop/closed")
    tie = cluster(WEB, PROBE, ns("ops", team="ops"), deny_in(), accept_in())
    rivals = Model(tie).decide(PROBE, WEB, TCP, 80).ingress.rivals
    assert [str(rival) for rival in rivals] == [
        "ClusterNetworkPolicy deny, ingress[0].from[0]",
        "ClusterNetworkPolicy accept, ingress[0].from[0]",
    ]


def test_reasons_of_the_tiers() -> None:
    def because(*objects: object) -> str:
        world = cluster(WEB, PROBE, ns("shop", team="shop"), ns("ops", team="ops"), *objects)
        return Model(world).decide(PROBE, WEB, TCP, 80).because

    assert because(deny_in()) == "ingress: ClusterNetworkPolicy deny denies it"
    assert because(accept_in(), CLOSED).endswith("ingress: ClusterNetworkPolicy accept accepts it")
    assert because(CLOSED) == "ingress: no rule of NetworkPolicy shop/closed allows it"
    several = [netpol(f"shop/np{i}", ingress=[rule(block("1.2.3.4/32"))]) for i in range(6)]
    assert because(*several) == (
        "ingress: no rule of NetworkPolicies shop/np0, shop/np1, shop/np2 and 3 more allows it"
    )
    assert because(foreign("GlobalNetworkPolicy")) == (
        "ingress: GlobalNetworkPolicy foreign (projectcalico.org/v3): of a kind that the model does not know"
    )


def test_rules_of_one_policy_that_may_match_are_no_tie() -> None:
    nowhere = pod("ops/nowhere")
    may_pass = rule(networks("10.1.0.0/16"), action=PASS)
    policy = admin("x", egress=[may_pass, rule(EVERYBODY, action=DENY)])
    world = (nowhere, policy, netpol("shop/closed", egress=[]))
    assume = "pod-without-address=unspecified"
    assert ask(*world, source=WEB, destination=nowhere, assume=assume) is Answer.DENIED
    open_below = netpol("shop/open", egress=[rule()])
    assert ask(nowhere, policy, open_below, source=WEB, destination=nowhere, assume=assume) is Answer.UNSPECIFIED


def test_reasons_for_what_is_open() -> None:
    tied = cluster(WEB, PROBE, ns("ops", team="ops"), deny_in(), accept_in())
    assert Model(tied).decide(PROBE, WEB, TCP, 80).because == (
        "ingress: policies of one tier and priority match with different actions"
    )
    named = admin("names", egress=[rule(domains("example.com")), rule(networks("0.0.0.0/0"), action=DENY)])
    assert Model(cluster(PROBE, named)).decide(PROBE, OUTSIDE, TCP, 80).because == (
        "egress: whether ClusterNetworkPolicy names, egress[0].to[0] matches is not known"
    )

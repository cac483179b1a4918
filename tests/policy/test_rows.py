"""The rows of docs/semantics.md, one by one; a test's name begins with its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from policy.build import (
    ACCEPT,
    ALL,
    DENY,
    EGRESS,
    INGRESS,
    SCTP,
    TCP,
    UDP,
    address,
    admin,
    block,
    cluster,
    cport,
    expr,
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
    service,
)

from netpolspec.policy.assumptions import Assumptions, parse
from netpolspec.policy.decide import Model
from netpolspec.policy.decision import Answer, Endpoint, External, OnNode
from netpolspec.policy.objects import Direction, Operator, Pod, Service, ServiceType
from netpolspec.policy.services import resolve

if TYPE_CHECKING:
    from netpolspec.policy.objects import Protocol

WEB = pod("shop/web", cport(80, "http"), labels={"app": "web"})
DB = pod("shop/db", cport(5432), labels={"app": "db"})
PROBE = pod("ops/probe", labels={"app": "web", "special": "true"})
OTHER = pod("ops/other", labels={"app": "other"})
SHOP, OPS = ns("shop", team="shop"), ns("ops", team="ops")
OUTSIDE = External(address("203.0.113.9"))


class Asking:
    """A cluster that is asked in few words; both ways to an answer must agree."""

    def __init__(self, *objects: object, **assume: str) -> None:
        assumptions = Assumptions()
        for key, value in assume.items():
            assumptions = parse(key.replace("_", "-"), value, assumptions)
        base = (WEB, DB, PROBE, OTHER, SHOP, OPS)
        names = {(thing.namespace, thing.name) for thing in objects if isinstance(thing, Pod)}
        kept = [thing for thing in base if not isinstance(thing, Pod) or (thing.namespace, thing.name) not in names]
        self.cluster = cluster(*kept, *objects)
        self.assumptions = assumptions
        self.model = Model(self.cluster, assumptions)

    def __call__(
        self,
        source: Endpoint,
        destination: Endpoint,
        number: int = 80,
        protocol: Protocol = TCP,
        via: Service | None = None,
    ) -> Answer:
        decision = self.model.decide(source, destination, protocol, number, via=via)
        assert self.model.answer(source, destination, protocol, number, via=via) is decision.answer
        strangers = [end for end in (source, destination) if isinstance(end, Pod)]
        compiled = Model(self.cluster, self.assumptions, others=strangers)
        assert compiled.answer(source, destination, protocol, number, via=via) is decision.answer
        return decision.answer

    def allows(
        self,
        source: Endpoint,
        destination: Endpoint,
        number: int = 80,
        protocol: Protocol = TCP,
        via: Service | None = None,
    ) -> bool:
        answer = self(source, destination, number, protocol, via)
        assert answer in (Answer.ALLOWED, Answer.DENIED)
        return answer is Answer.ALLOWED


def test_row_01_selectors_in_one_item_must_both_hold() -> None:
    one_item = pods(sel(special="true"), sel(team="ops"))
    asking = Asking(netpol("shop/x", ingress=[rule(one_item)]))
    assert asking.allows(PROBE, WEB)
    assert not asking.allows(OTHER, WEB)
    assert not asking.allows(pod("shop/special", labels={"special": "true"}), WEB)


def test_row_01_selectors_in_two_items_are_alternatives() -> None:
    asking = Asking(netpol("shop/x", ingress=[rule(pods(sel(app="db")), pods(None, sel(team="ops")))]))
    assert asking.allows(DB, WEB)
    assert asking.allows(OTHER, WEB)
    assert not asking.allows(pod("shop/else"), WEB)


def test_row_02_a_bare_pod_selector_is_for_the_own_namespace() -> None:
    asking = Asking(netpol("shop/x", ingress=[rule(pods(sel(app="web")))]))
    assert asking.allows(WEB, DB)
    assert not asking.allows(PROBE, DB)


def test_row_03_the_empty_selector_selects_all_and_an_absent_one_does_not_constrain() -> None:
    assert not Asking(netpol("shop/x", ALL, ingress=[])).allows(PROBE, DB)
    every_pod_here = Asking(netpol("shop/x", ingress=[rule(pods(ALL))]))
    assert every_pod_here.allows(WEB, DB)
    assert not every_pod_here.allows(PROBE, DB)
    every_namespace = Asking(netpol("shop/x", ingress=[rule(pods(None, ALL))]))
    assert every_namespace.allows(PROBE, DB)
    assert every_namespace.allows(WEB, DB)
    assert not every_namespace.allows(OUTSIDE, DB)


@pytest.mark.parametrize("direction", list(Direction))
def test_row_04_no_rules_deny_all_and_an_empty_rule_allows_all(direction: Direction) -> None:
    none = netpol("shop/x", types=[direction])
    empty_rule = netpol("shop/x", types=[direction], ingress=[rule()], egress=[rule()])
    source, destination = (PROBE, WEB) if direction is INGRESS else (WEB, PROBE)
    assert not Asking(none).allows(source, destination)
    assert Asking(empty_rule).allows(source, destination)
    assert Asking(none).allows(destination, source)


def test_row_05_no_peers_mean_everybody_inside_and_outside() -> None:
    asking = Asking(netpol("shop/x", ingress=[rule(ports=[port(80)])], egress=[rule(ports=[port(443)])]))
    assert asking.allows(PROBE, WEB)
    assert asking.allows(OUTSIDE, WEB)
    assert not asking.allows(OUTSIDE, WEB, 81)
    assert asking.allows(WEB, OUTSIDE, 443)
    assert not asking.allows(WEB, OUTSIDE, 80)


def test_row_06_no_ports_mean_all_and_a_protocol_alone_all_of_its_ports() -> None:
    from_ops = pods(None, sel(team="ops"))
    asking = Asking(netpol("shop/x", ingress=[rule(from_ops)]))
    assert all(asking.allows(OTHER, WEB, 9999, protocol) for protocol in (TCP, UDP, SCTP))
    only_udp = Asking(netpol("shop/x", ingress=[rule(from_ops, ports=[port(None, UDP)])]))
    assert only_udp.allows(OTHER, WEB, 1, UDP)
    assert only_udp.allows(OTHER, WEB, 65535, UDP)
    assert not only_udp.allows(OTHER, WEB, 80, TCP)


def test_row_07_a_port_is_one_of_its_protocol_only() -> None:
    asking = Asking(netpol("shop/x", ingress=[rule(ports=[port(80)])]))
    assert asking.allows(OTHER, WEB, 80, TCP)
    assert not asking.allows(OTHER, WEB, 80, UDP)
    assert not asking.allows(OTHER, WEB, 80, SCTP)


def test_row_08_a_direction_that_types_lack_is_not_isolated() -> None:
    asking = Asking(netpol("shop/x", types=[INGRESS]))
    assert not asking.allows(OTHER, WEB)
    assert asking.allows(WEB, OTHER)


def test_row_09_rules_of_a_direction_that_types_lack_have_no_effect() -> None:
    asking = Asking(netpol("shop/x", types=[EGRESS], ingress=[rule(pods(sel(app="nobody")))]))
    assert asking.allows(OTHER, WEB)
    assert not asking.allows(WEB, OTHER)
    beside = Asking(netpol("shop/x", types=[EGRESS], ingress=[rule()]), netpol("shop/y", types=[INGRESS]))
    assert not beside.allows(OTHER, WEB)


def test_row_10_policies_add_up_and_allow_wins() -> None:
    deny = netpol("shop/deny", ingress=[])
    allow = netpol("shop/allow", sel(app="web"), ingress=[rule(ports=[port(80)])])
    for policies in ((deny, allow), (allow, deny)):
        asking = Asking(*policies)
        assert asking.allows(OTHER, WEB)
        assert not asking.allows(OTHER, WEB, 81)
        assert not asking.allows(OTHER, DB)


def test_row_11_both_ends_must_allow() -> None:
    out = netpol("ops/out", egress=[rule(pods(sel(app="web"), ALL))])
    in_ = netpol("shop/in", ingress=[rule(pods(sel(special="true"), ALL))])
    asking = Asking(out, in_)
    assert asking.allows(PROBE, WEB)
    assert not asking.allows(PROBE, DB)
    assert not asking.allows(OTHER, WEB)


def test_row_12_a_policy_sees_the_port_of_the_pod_not_of_the_service() -> None:
    front = service("shop/front", (90, 80), on={"app": "web"})
    asking = Asking(front, netpol("shop/x", ingress=[rule(ports=[port(80)])]))
    (backend,) = resolve(asking.cluster, front, 90, TCP)
    assert asking.allows(OTHER, backend.endpoint, backend.port, via=front)
    on_90 = Asking(front, netpol("shop/x", ingress=[rule(ports=[port(90)])]))
    assert not on_90.allows(OTHER, backend.endpoint, backend.port, via=front)
    assert backend == (WEB, 80)


def test_row_13_a_named_port_may_be_another_number_on_each_pod() -> None:
    low, high = pod("shop/low", cport(80, "http")), pod("shop/high", cport(8080, "http"))
    udp = pod("shop/udp", cport(80, "http", UDP))
    asking = Asking(low, high, udp, netpol("shop/x", ingress=[rule(ports=[port("http")])]))
    assert asking.allows(OTHER, low, 80)
    assert not asking.allows(OTHER, low, 8080)
    assert asking.allows(OTHER, high, 8080)
    assert not asking.allows(OTHER, high, 80)
    assert not asking.allows(OTHER, udp, 80, UDP)
    assert not asking.allows(OTHER, DB, 80)


def test_row_13_a_named_port_of_egress_is_looked_up_on_the_destination() -> None:
    asking = Asking(netpol("ops/x", egress=[rule(ports=[port("http")])]))
    own_name = pod("ops/namesake", cport(81, "http"))
    assert asking.allows(own_name, WEB, 80)
    assert not asking.allows(own_name, WEB, 81)
    assert not asking.allows(own_name, OUTSIDE, 80)


def test_row_13_ports_of_all_containers_count() -> None:
    two = pod("shop/two", cport(80, "http"), cport(8080, "http"))
    asking = Asking(two, netpol("shop/x", ingress=[rule(ports=[port("http")])]))
    assert asking.allows(OTHER, two, 80)
    assert asking.allows(OTHER, two, 8080)


def test_row_14_end_port_includes_both_ends() -> None:
    asking = Asking(netpol("shop/x", ingress=[rule(ports=[port(9000, TCP, 9010)])]))
    assert [number for number in (8999, 9000, 9005, 9010, 9011) if asking.allows(OTHER, WEB, number)] == [
        9000,
        9005,
        9010,
    ]


@pytest.mark.parametrize("operator", [Operator.NOT_IN, Operator.DOES_NOT_EXIST])
def test_row_15_negative_operators_match_where_the_key_is_absent(operator: Operator) -> None:
    values = ("other",) if operator is Operator.NOT_IN else ()
    asking = Asking(netpol("shop/x", ingress=[rule(pods(expr("special", operator, *values), ALL))]))
    assert asking.allows(OTHER, WEB)
    assert asking.allows(PROBE, WEB) is (operator is Operator.NOT_IN)


def test_row_16_an_empty_value_wants_the_key_with_an_empty_value() -> None:
    asking = Asking(netpol("shop/x", ingress=[rule(pods(sel(special=""), ALL))]))
    assert not asking.allows(OTHER, WEB)
    assert not asking.allows(PROBE, WEB)
    assert asking.allows(pod("ops/empty", labels={"special": ""}), WEB)


def test_row_18_every_namespace_has_its_name_for_a_label() -> None:
    by_name = pods(None, sel(**{"kubernetes.io/metadata.name": "bare"}))
    undeclared = pod("bare/client")
    asking = Asking(undeclared, netpol("shop/x", ingress=[rule(by_name)]))
    assert asking.allows(undeclared, WEB)
    assert not asking.allows(OTHER, WEB)
    assert asking.allows(pod("bare/stranger"), WEB)


def test_row_19_an_ip_block_selects_pods_by_their_addresses() -> None:
    inside, beside = pod("ops/in", ip="10.1.0.5"), pod("ops/beside", ip="10.2.0.5")
    policy = netpol("shop/x", ingress=[rule(block("10.1.0.0/16"))])
    asking = Asking(inside, beside, policy)
    assert asking.allows(inside, WEB)
    assert not asking.allows(beside, WEB)
    assert asking.model.decide(inside, WEB, TCP, 80).assumptions == ("ipblock-selects-pods=yes",)
    assert asking.model.decide(beside, WEB, TCP, 80).assumptions == ()
    settled = Asking(inside, beside, policy, ipblock_selects_pods="no")
    assert not settled.allows(inside, WEB)
    assert settled.allows(External(address("10.1.9.9")), WEB)


def test_row_19_an_address_of_a_pod_stands_for_the_pod() -> None:
    inside = pod("ops/in", labels={"app": "client"}, ip="10.1.0.5")
    asking = Asking(inside, netpol("shop/x", ingress=[rule(pods(sel(app="client"), ALL))]))
    assert asking.allows(External(address("10.1.0.5")), WEB)
    assert asking.model.locate(address("10.1.0.5")) is inside


def test_row_19_a_pod_whose_address_nobody_knows_is_in_no_block_but_a_whole_family() -> None:
    anywhere = Asking(netpol("shop/x", ingress=[rule(block("0.0.0.0/0"))]))
    assert anywhere.allows(OTHER, WEB)
    narrow = netpol("shop/x", ingress=[rule(block("10.0.0.0/8"))])
    assert not Asking(narrow).allows(OTHER, WEB)
    assert Asking(narrow).model.decide(OTHER, WEB, TCP, 80).assumptions == ("pod-without-address=outside-blocks",)
    assert Asking(narrow, pod_without_address="unspecified")(OTHER, WEB) is Answer.UNSPECIFIED
    with_hole = netpol("shop/x", ingress=[rule(block("0.0.0.0/0", "10.0.0.0/8"))])
    assert not Asking(with_hole).allows(OTHER, WEB)


def test_row_20_except_takes_away_from_its_own_peer_only() -> None:
    hole = block("203.0.113.0/24", "203.0.113.0/28")
    asking = Asking(netpol("shop/x", ingress=[rule(hole)]))
    assert not asking.allows(OUTSIDE, WEB)
    assert asking.allows(External(address("203.0.113.16")), WEB)
    again = Asking(netpol("shop/x", ingress=[rule(hole), rule(block("203.0.113.9/32"), ports=[port(80)])]))
    assert again.allows(OUTSIDE, WEB, 80)
    assert not again.allows(OUTSIDE, WEB, 81)


def test_row_21_a_pod_reaches_itself_whatever_the_policies_say() -> None:
    asking = Asking(netpol("shop/x", types=list(Direction)))
    assert asking.allows(WEB, WEB)
    assert not asking.allows(DB, WEB)
    deny = admin("deny", ingress=[rule(pods(None, ALL), action=DENY)], egress=[rule(pods(None, ALL), action=DENY)])
    assert Asking(deny).allows(WEB, WEB)


def test_row_21_a_node_and_its_own_pods_reach_each_other() -> None:
    here, there = pod("shop/here", node="n1"), pod("shop/there", node="n2")
    world = (node("n1", "192.168.0.1"), node("n2", "192.168.0.2"), here, there)
    asking = Asking(*world, netpol("shop/x", types=list(Direction)))
    assert asking.allows(OnNode("n1"), here)
    assert asking.allows(OnNode(), here)
    assert not asking.allows(OnNode("n1"), there)
    assert asking.allows(here, OnNode("n1"))
    assert not asking.allows(here, OnNode("n2"))
    assert asking.allows(External(address("192.168.0.1")), here)
    assert asking.allows(OnNode(), WEB)


def test_row_21_for_cluster_scoped_kinds_the_own_node_is_no_exception() -> None:
    here = pod("shop/here", node="n1")
    world = (node("n1", "192.168.0.1"), here)
    deny = admin("deny", egress=[rule(nodes(), action=DENY)])
    assert not Asking(*world, deny).allows(here, OnNode("n1"))
    assert not Asking(*world, deny, netpol("shop/x", egress=[])).allows(here, OnNode("n1"))


def test_row_22_a_host_network_pod_is_seen_as_its_node() -> None:
    agent = pod("ops/agent", labels={"app": "agent"}, host=True, node="n1")
    world = (agent, node("n1", "192.168.0.1"))
    by_label = netpol("shop/x", ingress=[rule(pods(sel(app="agent"), ALL))])
    by_block = netpol("shop/x", ingress=[rule(block("192.168.0.0/24"))])
    isolated = netpol("ops/y", sel(app="agent"), types=list(Direction))
    assert not Asking(*world, by_label).allows(agent, WEB)
    assert Asking(*world, by_label).model.decide(agent, WEB, TCP, 80).assumptions == ("hostnetwork=node",)
    assert Asking(*world, by_label, hostnetwork="pod").allows(agent, WEB)
    assert Asking(*world, by_block).allows(agent, WEB)
    assert Asking(*world, by_block, ipblock_selects_pods="no").allows(agent, WEB)
    assert Asking(*world, isolated).allows(agent, WEB)
    assert Asking(*world, isolated).allows(WEB, agent)
    assert not Asking(*world, isolated, hostnetwork="pod").allows(agent, WEB)


def test_row_22_a_host_network_pod_and_the_pods_of_its_node_reach_each_other() -> None:
    agent = pod("ops/agent", host=True, node="n1")
    here, there = pod("shop/here", node="n1"), pod("shop/there", node="n2")
    asking = Asking(agent, here, there, netpol("shop/x", types=list(Direction)))
    assert asking.allows(agent, here)
    assert asking.allows(here, agent)
    assert not asking.allows(agent, there)
    assert not asking.allows(there, agent)


@pytest.mark.parametrize("hostnetwork", ["node", "pod"])
def test_row_22_cluster_network_policy_never_selects_host_network_pods(hostnetwork: str) -> None:
    agent = pod("ops/agent", labels={"app": "agent"}, host=True)
    subject = admin("s", selector=sel(app="agent"), ingress=[rule(pods(None, ALL), action=DENY)])
    peer = admin("p", ingress=[rule(pods(sel(app="agent"), ALL), action=DENY)])
    assert Asking(agent, subject, hostnetwork=hostnetwork).allows(WEB, agent)
    assert Asking(agent, peer, hostnetwork=hostnetwork).allows(agent, WEB)


def test_row_23_a_finished_pod_is_reached_by_nothing_and_selected_by_nothing() -> None:
    done = pod("ops/done", cport(80), labels={"app": "job"}, finished=True, ip="10.1.0.5")
    front = service("ops/front", (80, 80), on={"app": "job"})
    asking = Asking(done, front)
    assert not asking.allows(OTHER, done)
    assert not asking.allows(done, OTHER)
    assert not asking.allows(done, done)
    assert resolve(asking.cluster, front, 80, TCP) == ()
    assert asking.model.locate(address("10.1.0.5")) == External(address("10.1.0.5"))


def test_row_24_denied_egress_denies_dns_too() -> None:
    dns = pod("kube-system/dns", cport(53, "dns", UDP), labels={"k8s-app": "kube-dns"})
    asking = Asking(dns, netpol("shop/x", egress=[]))
    assert not asking.allows(WEB, dns, 53, UDP)
    allow_dns = rule(pods(sel(**{"k8s-app": "kube-dns"}), ALL), ports=[port(53, UDP), port(53)])
    only_dns = Asking(dns, netpol("shop/x", egress=[allow_dns]))
    assert only_dns.allows(WEB, dns, 53, UDP)
    assert not only_dns.allows(WEB, OTHER, 80)


def test_row_25_replies_need_no_rule() -> None:
    asking = Asking(netpol("shop/x", types=list(Direction), ingress=[rule(ports=[port(80)])]))
    assert asking.allows(OTHER, WEB, 80)


def test_row_26_a_policy_without_a_matching_pod_has_no_effect() -> None:
    asking = Asking(netpol("empty/x", types=list(Direction)), netpol("shop/y", sel(app="nobody"), ingress=[]))
    assert all(asking.allows(one, other) for one in (WEB, DB, PROBE) for other in (WEB, DB, PROBE))


def test_row_27_a_block_matches_its_own_family_only() -> None:
    asking = Asking(netpol("shop/x", ingress=[rule(block("0.0.0.0/0"))]))
    assert asking.allows(External(address("8.8.8.8")), WEB)
    assert not asking.allows(External(address("2001:db8::1")), WEB)
    six = Asking(netpol("shop/x", ingress=[rule(block("::/0"))]))
    assert not six.allows(External(address("8.8.8.8")), WEB)
    assert six.allows(External(address("2001:db8::1")), WEB)


def test_row_27_an_unknown_address_is_of_the_family_of_the_other_end() -> None:
    client = pod("ops/client", ip="10.0.0.1")
    asking = Asking(client, netpol("ops/x", egress=[rule(block("::/0"))]), pod_without_address="unspecified")
    assert not asking.allows(client, WEB)
    both = Asking(client, netpol("ops/x", egress=[rule(block("::/0"), block("0.0.0.0/0"))]))
    assert both.allows(client, WEB)


def test_row_27_between_dual_stack_pods_the_families_may_differ() -> None:
    one, other = pod("shop/one", ip="10.0.0.1,fd00::1"), pod("ops/two", ip="10.0.0.2,fd00::2")
    asking = Asking(one, other, netpol("shop/x", ingress=[rule(block("10.0.0.0/8"))]))
    assert asking(other, one) is Answer.UNSPECIFIED
    only_four = pod("ops/four", ip="10.0.0.4")
    assert Asking(one, only_four, netpol("shop/x", ingress=[rule(block("10.0.0.0/8"))])).allows(only_four, one)
    both = netpol("shop/x", ingress=[rule(block("10.0.0.0/8"), block("fd00::/8"))])
    assert Asking(one, other, both).allows(other, one)


def test_row_28_a_pod_to_itself_through_its_own_service() -> None:
    front = service("shop/front", (80, 80), on={"app": "web"})
    policy = netpol("shop/x", types=[INGRESS])
    asking = Asking(front, policy)
    assert asking(WEB, WEB, via=front) is Answer.UNSPECIFIED
    assert "own Service" in asking.model.decide(WEB, WEB, TCP, 80, via=front).because
    assert asking.allows(WEB, WEB)
    settled = Asking(front, policy, hairpin="allowed")
    assert settled.allows(WEB, WEB, via=front)
    assert settled.model.decide(WEB, WEB, TCP, 80, via=front).assumptions == ("hairpin=allowed",)
    assert Asking(front).allows(WEB, WEB, via=front)


def test_row_28_a_client_outside_through_a_node_port() -> None:
    front = service("shop/front", (80, 80), on={"app": "web"}, type_=ServiceType.NODE_PORT)
    policy = netpol("shop/x", ingress=[rule(block("203.0.113.0/24"))])
    assert Asking(front, policy)(OUTSIDE, WEB, via=front) is Answer.UNSPECIFIED
    assert not Asking(front, policy, nodeport_snat="denied").allows(OUTSIDE, WEB, via=front)
    assert Asking(front, policy).allows(OUTSIDE, WEB)
    assert Asking(front).allows(OUTSIDE, WEB, via=front)
    assert Asking(front, netpol("shop/x", ingress=[rule()])).allows(OUTSIDE, WEB, via=front)


def test_row_28_a_block_over_the_cluster_address_of_a_service() -> None:
    front = service("shop/front", (80, 80), on={"app": "web"}, ip="10.96.0.10")
    policy = netpol("ops/x", egress=[rule(block("10.96.0.0/12"))])
    assert Asking(front, policy)(OTHER, WEB, via=front) is Answer.UNSPECIFIED
    assert Asking(front, netpol("ops/x", egress=[])).allows(OTHER, WEB, via=front) is False
    assert Asking(front, netpol("ops/x", egress=[rule(pods(None, ALL))])).allows(OTHER, WEB, via=front)


def test_row_28_a_service_s_own_address_leads_to_its_endpoints() -> None:
    cluster_address = External(address("10.96.0.10"))
    front = service("shop/front", (90, 80), on={"app": "web"}, ip="10.96.0.10")
    from_web = netpol("shop/x", ingress=[rule(pods(sel(special="true"), ALL), ports=[port(80)])])
    asking = Asking(front, from_web)
    assert asking.allows(PROBE, cluster_address, 90)
    assert not asking.allows(OTHER, cluster_address, 90)
    assert asking(PROBE, cluster_address, 80) is Answer.UNSPECIFIED
    second = pod("shop/second", labels={"app": "web", "open": "yes"})
    one_is_open = Asking(
        front, second, netpol("shop/x", sel(open="yes"), ingress=[rule()]), netpol("shop/y", ingress=[])
    )
    assert one_is_open(OTHER, cluster_address, 90) is Answer.UNSPECIFIED
    reachable = asking.model.reachable(PROBE, cluster_address)
    assert reachable.allowed[TCP] == ((90, 90),)


def test_row_28_a_port_of_a_node_leads_to_the_endpoints() -> None:
    front = service("shop/front", (90, 80, TCP, 30080), on={"app": "web"}, type_=ServiceType.NODE_PORT)
    world = (front, node("n1", "192.168.0.1"))
    entry = External(address("192.168.0.1"))
    assert Asking(*world).allows(OTHER, entry, 30080)
    shut = netpol("shop/x", ingress=[])
    assert Asking(*world, shut)(OTHER, entry, 30080) is Answer.UNSPECIFIED
    assert not Asking(*world, shut, nodeport_snat="denied").allows(OTHER, entry, 30080)
    assert Asking(*world, shut).allows(OTHER, entry, 30081)
    no_egress = netpol("ops/x", egress=[])
    assert not Asking(*world, no_egress).allows(OTHER, entry, 30080)
    only_pods = netpol("ops/x", egress=[rule(pods(None, ALL))])
    assert Asking(*world, only_pods)(OTHER, entry, 30080) is Answer.UNSPECIFIED


@pytest.mark.parametrize("verdict", ["allowed", "denied", "unspecified"])
def test_row_28_icmp_where_a_policy_restricts_is_as_assumed(verdict: str) -> None:
    restricted = Asking(netpol("shop/x", ingress=[rule(ports=[port(80)])]), icmp=verdict)
    assert restricted.model.ping(OTHER, WEB) == verdict
    assert restricted.model.ping(WEB, OTHER) is Answer.ALLOWED
    assert restricted.model.ping(WEB, WEB) is Answer.ALLOWED


def test_row_28_egress_to_a_service_that_leads_outside() -> None:
    front = service("shop/front", (443, 443), ip="10.96.0.10")
    policy = netpol("ops/x", egress=[rule(block("203.0.113.0/24"))])
    assert Asking(front, policy)(OTHER, OUTSIDE, 443, via=front) is Answer.UNSPECIFIED
    assert Asking(front, policy).allows(OTHER, OUTSIDE, 443)
    nowhere = service("shop/front", (443, 443))
    assert Asking(nowhere, policy)(OTHER, OUTSIDE, 443, via=nowhere) is Answer.UNSPECIFIED
    assert not Asking(front, netpol("ops/x", egress=[])).allows(OTHER, OUTSIDE, 443, via=front)
    assert Asking(front).allows(OTHER, OUTSIDE, 443, via=front)


def test_row_28_a_name_outside_whose_address_nobody_knows() -> None:
    name = External(None, "example.com")
    assert Asking(netpol("ops/x", egress=[rule(block("0.0.0.0/0"))])).allows(OTHER, name, 443)
    assert Asking(netpol("ops/x", egress=[rule(block("203.0.113.0/24"))]))(OTHER, name, 443) is Answer.UNSPECIFIED
    assert not Asking(netpol("ops/x", egress=[rule(pods(None, ALL))])).allows(OTHER, name, 443)
    networked = admin("n", egress=[rule(networks("203.0.113.0/24"), action=ACCEPT)])
    assert Asking(networked, netpol("ops/x", egress=[]))(OTHER, name, 443) is Answer.UNSPECIFIED


def test_row_28_says_which_end_is_open_and_between_what() -> None:
    one, other = pod("shop/one", ip="10.0.0.1,fd00::1"), pod("ops/two", ip="10.0.0.2,fd00::2")
    asking = Asking(one, other, netpol("shop/x", ingress=[rule(block("10.0.0.0/8"))]))
    decision = asking.model.decide(other, one, TCP, 80)
    assert decision.because == "over IPv4 and over IPv6 the answers differ"
    assert (decision.egress.answer, decision.ingress.answer) == (Answer.ALLOWED, Answer.UNSPECIFIED)
    assert [str(rival) for rival in decision.ingress.rivals] == [
        "NetworkPolicy shop/x, ingress[0].from[0]",
        "NetworkPolicy shop/x",
    ]
    assert decision.decisive is decision.ingress


def test_row_11_the_end_that_decides_is_named() -> None:
    out, in_ = netpol("ops/out", egress=[rule()]), netpol("shop/in", sel(app="db"), ingress=[])
    model = Asking(out, in_).model
    denied = model.decide(OTHER, DB, TCP, 80)
    assert (denied.decisive, denied.because) == (denied.ingress, "ingress: no rule of NetworkPolicy shop/in allows it")
    back = model.decide(WEB, OTHER, TCP, 80)
    assert back.decisive is back.ingress
    assert back.because == "egress: not isolated for egress; ingress: not isolated for ingress"
    allowed = model.decide(OTHER, WEB, TCP, 80)
    assert allowed.decisive is allowed.egress
    assert allowed.egress.isolated
    assert (allowed.egress.citation and allowed.egress.citation.place) == "egress[0]"
    closed = Asking(netpol("ops/closed", egress=[])).model.decide(OTHER, WEB, TCP, 80)
    assert closed.decisive is closed.egress

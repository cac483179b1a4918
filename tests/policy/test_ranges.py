"""A range of addresses is asked about by one address of each part that may answer for itself."""

from __future__ import annotations

from bisect import bisect_right
from ipaddress import ip_network
from typing import TYPE_CHECKING

from policy.build import EGRESS, TCP, address, block, cluster, cport, netpol, node, pod, rule, sel, service

from netpolspec.policy.decide import Model
from netpolspec.policy.decision import Answer, External

if TYPE_CHECKING:
    from netpolspec.policy.objects import Address

ASKER = pod("shop/asker", labels={"app": "asker"}, ip="192.0.2.1")
TARGET = pod("shop/target", cport(80), labels={"app": "target"}, ip="192.0.2.2", node="one")
WORLD = cluster(
    ASKER,
    TARGET,
    pod("shop/inside", cport(80), ip="10.0.0.7,fd00::7"),
    service("shop/front", (80, 80), on={"app": "target"}, ip="10.0.0.5"),
    node("one", "10.0.0.10"),
    netpol("shop/out", sel(app="asker"), types=[EGRESS], egress=[rule(block("10.0.0.0/29", "10.0.0.2/31"))]),
    netpol("shop/in", sel(app="target"), ingress=[rule(block("10.0.0.12/30"))]),
)
RANGE = ip_network("10.0.0.0/28")


def test_a_range_is_cut_where_a_policy_a_pod_a_service_or_a_node_divides_it() -> None:
    firsts = [str(each) for each in Model(WORLD).told_apart(RANGE)]
    assert firsts == [f"10.0.0.{last}" for last in (0, 2, 4, 5, 6, 7, 8, 10, 11, 12)]


def test_a_range_begins_where_it_begins() -> None:
    assert Model(WORLD).told_apart(ip_network("10.0.0.3/32")) == (address("10.0.0.3"),)
    assert Model(WORLD).told_apart(ip_network("172.16.0.0/12")) == (address("172.16.0.0"),)
    assert Model(WORLD).told_apart(ip_network("fd00::6/127")) == (address("fd00::6"), address("fd00::7"))


def test_every_address_answers_as_the_first_of_its_part() -> None:
    model = Model(WORLD)

    def answers(address: Address) -> tuple[Answer, Answer]:
        outside = External(address)
        return model.decide(ASKER, outside, TCP, 80).answer, model.decide(outside, TARGET, TCP, 80).answer

    firsts = model.told_apart(RANGE)
    found = {each: answers(each) for each in RANGE}
    assert len(set(found.values())) == 3
    assert found == {each: answers(firsts[bisect_right(firsts, each) - 1]) for each in RANGE}

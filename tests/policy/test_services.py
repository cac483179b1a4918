"""What stands behind a Service."""

from __future__ import annotations

from ipaddress import ip_address

from policy.build import HERE, TCP, UDP, cluster, cport, node, pod, service

from netpolspec.policy.decision import External
from netpolspec.policy.objects import EndpointAddress, Endpoints, ServiceType
from netpolspec.policy.services import Backend, at, resolve

LOW = pod("shop/low", cport(80, "http"), labels={"app": "web"})
HIGH = pod("shop/high", cport(8080, "http"), labels={"app": "web"})
NAMELESS = pod("shop/nameless", cport(80), labels={"app": "web"})
ELSEWHERE = pod("ops/low", cport(80, "http"), labels={"app": "web"})
ON = {"app": "web"}


def endpoints(*addresses: EndpointAddress, port: int = 8443, name: str = "p0") -> Endpoints:
    return Endpoints("shop", "front", addresses, ((name, port, TCP),), HERE)


def listed(text: str, pod_name: str | None = None, *, ready: bool = True) -> EndpointAddress:
    return EndpointAddress(ip_address(text), pod_name, ready)


def test_a_number_is_the_same_on_every_pod() -> None:
    front = service("shop/front", (90, 80), on=ON)
    found = resolve(cluster(LOW, HIGH, ELSEWHERE, front), front, 90, TCP)
    assert found == (Backend(LOW, 80), Backend(HIGH, 80))


def test_a_name_is_looked_up_on_each_pod_and_leaves_out_who_lacks_it() -> None:
    front = service("shop/front", (90, "http"), on=ON)
    found = resolve(cluster(LOW, HIGH, NAMELESS, front), front, 90, TCP)
    assert found == (Backend(LOW, 80), Backend(HIGH, 8080))


def test_a_name_counts_with_its_protocol_and_the_first_of_several_does() -> None:
    twice = pod("shop/twice", cport(53, "dns", UDP), cport(5353, "dns"), cport(5354, "dns"), labels=ON)
    front = service("shop/front", (53, "dns"), on=ON)
    assert resolve(cluster(twice, front), front, 53, TCP) == (Backend(twice, 5353),)


def test_a_port_that_the_service_lacks_is_not_answered() -> None:
    front = service("shop/front", (90, 80), (53, 53, UDP), on=ON)
    world = cluster(LOW, front)
    assert resolve(world, front, 80, TCP) == ()
    assert resolve(world, front, 90, UDP) == ()
    assert resolve(world, front, 53, UDP) == (Backend(LOW, 53),)


def test_all_labels_of_the_selector_must_be_there() -> None:
    front = service("shop/front", (90, 80), on={"app": "web", "tier": ""})
    assert resolve(cluster(LOW, front), front, 90, TCP) == ()
    empty = pod("shop/empty", labels={"app": "web", "tier": ""})
    assert resolve(cluster(LOW, empty, front), front, 90, TCP) == (Backend(empty, 80),)


def test_an_empty_selector_selects_nothing() -> None:
    front = service("shop/front", (90, 80), on={})
    assert resolve(cluster(LOW, front), front, 90, TCP) == ()


def test_a_headless_service_translates_no_port() -> None:
    front = service("shop/front", (90, 80), on=ON, headless=True)
    found = resolve(cluster(LOW, HIGH, front), front, 90, TCP)
    assert found == (Backend(LOW, 90), Backend(HIGH, 90))


def test_endpoints_of_a_service_without_selector() -> None:
    front = service("shop/front", (443, 443))
    known = pod("shop/known", ip="10.0.0.7")
    named = pod("shop/named", ip="10.0.0.8")
    lists = endpoints(listed("10.0.0.7"), listed("10.0.0.99", "named"), listed("203.0.113.5"))
    found = resolve(cluster(known, named, front, lists), front, 443, TCP)
    assert found == (
        Backend(known, 8443),
        Backend(named, 8443),
        Backend(External(ip_address("203.0.113.5")), 8443),
    )


def test_endpoints_are_matched_by_the_name_of_the_port() -> None:
    front = service("shop/front", (443, 443))
    other = endpoints(listed("203.0.113.5"), name="other")
    assert resolve(cluster(front, other), front, 443, TCP) == ()


def test_what_is_not_ready_is_left_out() -> None:
    without = service("shop/front", (443, 443))
    lists = endpoints(listed("203.0.113.5", ready=False), listed("203.0.113.6"))
    found = resolve(cluster(without, lists), without, 443, TCP)
    assert found == (Backend(External(ip_address("203.0.113.6")), 8443),)
    selecting = service("shop/front", (90, 80), on=ON)
    own = endpoints(listed("10.0.0.1", "low", ready=False), listed("10.0.0.2", "high"))
    assert resolve(cluster(LOW, HIGH, selecting, own), selecting, 90, TCP) == (Backend(HIGH, 80),)


def test_endpoints_of_another_service_do_not_count() -> None:
    front = service("shop/front", (443, 443))
    other = Endpoints("shop", "other", (listed("203.0.113.5"),), (("p0", 443, TCP),), HERE)
    assert resolve(cluster(front, other), front, 443, TCP) == ()


def test_a_headless_service_without_selector() -> None:
    front = service("shop/front", (443, 443), headless=True)
    lists = (endpoints(listed("203.0.113.5")), endpoints(listed("203.0.113.5"), name="p1"))
    found = resolve(cluster(front, *lists), front, 443, TCP)
    assert found == (Backend(External(ip_address("203.0.113.5")), 443),)


def test_finished_pods_are_no_endpoints() -> None:
    done = pod("shop/done", labels=ON, finished=True, ip="10.0.0.9")
    front = service("shop/front", (90, 80), on=ON)
    assert resolve(cluster(done, front), front, 90, TCP) == ()
    without = service("shop/front", (443, 443))
    lists = endpoints(listed("10.0.0.9", "done"))
    assert resolve(cluster(done, without, lists), without, 443, TCP) == ()


def test_host_network_pods_are_endpoints_as_pods() -> None:
    agent = pod("shop/agent", labels=ON, host=True, node="n1")
    front = service("shop/front", (90, 80), on=ON)
    assert resolve(cluster(agent, node("n1", "192.168.0.1"), front), front, 90, TCP) == (Backend(agent, 80),)


def test_an_external_name_leads_to_a_name_outside() -> None:
    front = service("shop/front", type_=ServiceType.EXTERNAL_NAME, external_name="DB.Example.com.")
    assert resolve(cluster(front), front, 5432, TCP) == (Backend(External(None, "db.example.com"), 5432),)


def test_a_service_is_found_by_its_cluster_address() -> None:
    front = service("shop/front", (90, 80), on=ON, ip="10.96.0.10")
    assert at(cluster(front), ip_address("10.96.0.10")) is front
    assert at(cluster(front), ip_address("10.96.0.11")) is None

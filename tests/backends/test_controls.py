"""When a denial is proven, and what a point comes to."""

from __future__ import annotations

from dataclasses import replace

from netpolspec.backends.base import Observation, Verdict
from netpolspec.backends.live import LivePod, read_pod
from netpolspec.backends.probing.controls import Evidence, Memory, Proof, listeners, self_aims
from netpolspec.backends.probing.converge import Outcome, Source
from netpolspec.backends.probing.observe import observe
from netpolspec.backends.probing.parts import Part, Target
from netpolspec.backends.probing.probe import Answer, Attempt, Dial, How
from netpolspec.plan.model import AddressEnd, Point, Via
from netpolspec.policy.objects import Protocol, Service, ServiceType
from netpolspec.source import Source as Text
from netpolspec.syntax.names import AddressName, ClientSource, DestinationName

SPAN = Text("a.nps", "expect").span(0, 6)
CLIENT = Source("ms-a", "client")
OTHER = Source("ms-c", "client")
SERVICE = Service("ms-b", "web", ServiceType.CLUSTER_IP, {"app": "web"}, (), False, (), None, SPAN)  # noqa: FBT003


def pod(name: str, image: str = "probe:1") -> LivePod:
    return read_pod(
        {
            "metadata": {"name": name, "namespace": "ms-b", "uid": f"uid-{name}"},
            "spec": {"nodeName": "n1", "containers": [{"name": "serve-tcp-80", "image": image}]},
            "status": {"podIPs": [{"ip": "10.0.0.1" if name == "web-1" else "10.0.0.2"}]},
        }
    )


def point(*, allowed: bool) -> Point:
    whom = DestinationName(AddressName("10.0.0.1"), 80, "TCP", protocol_stated=False)
    return Point(
        source=ClientSource("ms-a", ()),
        source_text="ms-a",
        destination=whom,
        destination_text="ms-b:80",
        by_name=False,
        allowed=allowed,
        within=None,
        because=None,
        span=SPAN,
        source_span=SPAN,
        destination_span=SPAN,
    )


def part(*pods: LivePod, allowed: bool = False, source: Source = CLIENT, via: bool = False) -> Part:
    host = "10.96.0.1" if via else pods[0].addresses[0] if pods else "192.0.2.1"
    dial = Dial(host, 80, How.CONNECT, allowed)
    service = Via(SERVICE, 80) if via else None
    targets = tuple(Target(each, 80) for each in pods)
    return Part(point(allowed=allowed), source, "n1", AddressEnd(None), dial, targets, service)  # type: ignore[arg-type]


def outcome(verdict: Verdict, *, met: bool = True, since: float | None = 5.0) -> Outcome:
    attempts = (Attempt("X", 3, 0, last=True, text="", raw=f"NPS1 n 0a {verdict}"),)
    return Outcome(Answer(verdict, attempts, 0), met, 1, 2, since)


WEB_1, WEB_2 = pod("web-1"), pod("web-2")
OPEN = outcome(Verdict.ALLOWED)


def itself(evidence: Evidence, about: Part, verdict: Verdict, trouble: str = "") -> None:
    for listener in listeners(about):
        evidence.add_self(listener, Answer(verdict, trouble=trouble))


# --- proofs ---------------------------------------------------------------------------------------------------------


def test_nothing_is_known_at_first() -> None:
    proof = Evidence(Memory()).prove(part(WEB_1))
    assert (proof.proven, proof.silent) == (False, False)
    assert proof.text == "whether anything listens is not known: nobody reaches it, and its own pod cannot be asked"


def test_somebody_else_who_reaches_it_proves_it() -> None:
    evidence = Evidence(Memory())
    evidence.add(part(WEB_1, allowed=True, source=OTHER), OPEN)
    assert evidence.prove(part(WEB_1)) == Proof(proven=True, text="reached now from ms-c/client")
    assert not evidence.prove(part(WEB_2)).proven


def test_its_own_pod_proves_it() -> None:
    evidence = Evidence(Memory())
    itself(evidence, part(WEB_1), Verdict.ALLOWED)
    assert evidence.prove(part(WEB_1)) == Proof(proven=True, text="reached now from its own pod")


def test_its_own_pod_shows_that_nothing_listens() -> None:
    evidence = Evidence(Memory())
    itself(evidence, part(WEB_1), Verdict.REFUSED)
    proof = evidence.prove(part(WEB_1))
    assert (proof.proven, proof.silent) == (False, True)
    assert proof.text == "nothing listens on port 80/tcp of ms-b/web-1: its own pod is refused"


def test_a_pod_that_cannot_tell_proves_nothing() -> None:
    evidence = Evidence(Memory())
    itself(evidence, part(WEB_1), Verdict.ERROR, "no line came for it")
    proof = evidence.prove(part(WEB_1))
    assert not proof.proven
    assert "its own pod found 'no line came for it'" in proof.text


def test_pods_that_listen_do_not_vouch_for_their_service() -> None:
    evidence = Evidence(Memory())
    itself(evidence, part(WEB_1, WEB_2), Verdict.ALLOWED)
    proof = evidence.prove(part(WEB_1, WEB_2, via=True))
    assert not proof.proven
    assert proof.text == "its pods listen, but nobody has reached Service ms-b/web in this run"


def test_a_service_that_was_reached_earlier_is_vouched_for_while_its_pods_are_the_same() -> None:
    memory = Memory()
    memory.learn(part(WEB_1, WEB_2, via=True, allowed=True), OPEN, "uid-client")
    evidence = Evidence(memory)
    itself(evidence, part(WEB_1, WEB_2), Verdict.ALLOWED)
    proof = evidence.prove(part(WEB_1, WEB_2, via=True))
    assert proof.proven
    assert proof.text == "10.96.0.1:80 was reached earlier from ms-a/client; reached now from their own pods"
    assert not evidence.prove(part(WEB_1, via=True)).proven, "its endpoints have changed"
    assert memory.dialled == {"uid-client"}


def test_a_service_is_not_proven_by_the_past_where_its_pods_have_stopped_listening() -> None:
    memory = Memory()
    memory.learn(part(WEB_1, via=True, allowed=True), OPEN, None)
    evidence = Evidence(memory)
    itself(evidence, part(WEB_1), Verdict.REFUSED)
    assert evidence.prove(part(WEB_1, via=True)).silent


def test_a_service_that_somebody_reaches_now_is_proven() -> None:
    evidence = Evidence(Memory())
    evidence.add(part(WEB_1, WEB_2, via=True, allowed=True, source=OTHER), OPEN)
    assert evidence.prove(part(WEB_1, WEB_2, via=True)).text == "10.96.0.1:80 is reached now from ms-c/client"


def test_a_witness_proves_it() -> None:
    evidence = Evidence(Memory())
    evidence.add_witness(part(WEB_1), OTHER)
    assert evidence.prove(part(WEB_1)).text == "reached now from ms-c/client, whom the model allows"


def test_a_service_without_endpoints_leads_nowhere() -> None:
    proof = Evidence(Memory()).prove(part(via=True))
    assert (proof.proven, proof.unserved, proof.text) == (False, True, "Service ms-b/web has no endpoints")


def test_an_address_outside_is_proven_by_having_been_reached() -> None:
    memory = Memory()
    assert not Evidence(memory).prove(part()).proven
    assert memory.lacks(part())
    memory.learn(part(allowed=True), OPEN, None)
    assert not memory.lacks(part())
    assert Evidence(memory).prove(part()).text == "192.0.2.1:80 was reached earlier from ms-a/client"


def test_what_was_not_reached_is_not_remembered() -> None:
    memory = Memory()
    memory.learn(part(WEB_1, via=True, allowed=True), outcome(Verdict.DROPPED, met=False), "uid-client")
    assert (memory.roads, memory.dialled) == ({}, set())


def test_a_source_that_reaches_nobody_proves_nothing() -> None:
    evidence = Evidence(Memory())
    itself(evidence, part(WEB_1), Verdict.ALLOWED)
    evidence.add_mute(CLIENT, "ms-a/client reaches nobody")
    assert evidence.prove(part(WEB_1)) == Proof(proven=False, text="ms-a/client reaches nobody")
    assert evidence.prove(part(WEB_1, source=OTHER)).proven


def test_pods_dial_their_own_addresses_and_ours_have_to_answer() -> None:
    theirs = pod("web-2", image="nginx")
    aims = self_aims([part(WEB_1), part(theirs)], "probe:1")
    assert {(aim.source.pod, aim.dial.host, aim.dial.how, aim.dial.allowed) for aim in aims} == {
        ("web-1", "10.0.0.1", How.REPLY, True),
        ("web-2", "10.0.0.2", How.CONNECT, True),
    }
    assert set(aims.values()) == {
        ("uid-web-1", "10.0.0.1", 80, Protocol.TCP),
        ("uid-web-2", "10.0.0.2", 80, Protocol.TCP),
    }


def test_who_listens_on_one_family_may_not_on_the_other() -> None:
    both = replace(WEB_1, addresses=("10.0.0.1", "fd00::1"))
    four = part(both)
    six = replace(four, dial=replace(four.dial, host="fd00::1"))
    evidence = Evidence(Memory())
    itself(evidence, four, Verdict.ALLOWED)
    itself(evidence, six, Verdict.REFUSED)
    assert evidence.prove(four).proven
    assert not evidence.prove(six).proven


# --- observations ---------------------------------------------------------------------------------------------------

PROVEN = Proof(proven=True, text="reached now from its own pod")
UNPROVEN = Proof(proven=False, text="nobody knows")
SILENT = Proof(proven=False, text="nothing listens", silent=True)
DROPPED, REFUSED = outcome(Verdict.DROPPED), outcome(Verdict.REFUSED)


def observed(*answers: tuple[Part, Outcome, Proof | None]) -> Observation:
    proofs = {each: proof for each, _, proof in answers if proof is not None}
    outcomes = {each: found for each, found, _ in answers}
    return observe([each for each, _, _ in answers], outcomes, proofs, 4.5, lambda each: f"dial {each.dial.target}")


def test_a_proven_denial_counts() -> None:
    seen = observed((part(WEB_1), DROPPED, PROVEN))
    assert (seen.verdict, seen.counts_as, seen.control) == (Verdict.DROPPED, "denied", PROVEN.text)
    assert (seen.converged_after_ms, seen.attempts, seen.differs) == (500, 2, ())
    assert seen.probe == "dial 10.0.0.1:80"
    assert seen.evidence[-1] == "NPS1 n 0a dropped"


def test_a_denial_without_proof_counts_as_nothing() -> None:
    seen = observed((part(WEB_1), DROPPED, UNPROVEN))
    assert (seen.verdict, seen.counts_as, seen.control) == (Verdict.DROPPED, None, "nobody knows")
    assert seen.converged_after_ms is None


def test_who_refuses_where_nothing_listens_is_no_policy() -> None:
    assert observed((part(WEB_1), REFUSED, SILENT)).verdict is Verdict.NO_LISTENER
    assert observed((part(WEB_1), REFUSED, PROVEN)).counts_as == "denied"
    assert observed((part(WEB_1), DROPPED, SILENT)).verdict is Verdict.DROPPED
    unmet = outcome(Verdict.REFUSED, met=False)
    assert observed((part(WEB_1, allowed=True), unmet, SILENT)).verdict is Verdict.NO_LISTENER


def test_a_denial_that_was_not_expected_counts_as_one_if_it_is_proven() -> None:
    unmet = outcome(Verdict.DROPPED, met=False)
    assert observed((part(WEB_1, allowed=True), unmet, PROVEN)).counts_as == "denied"
    assert observed((part(WEB_1, allowed=True), unmet, UNPROVEN)).counts_as is None


def test_what_is_allowed_counts_as_such_whatever_was_expected() -> None:
    assert observed((part(WEB_1, allowed=True), OPEN, None)).counts_as == "allowed"
    assert observed((part(WEB_1), outcome(Verdict.ALLOWED, met=False), None)).counts_as == "allowed"


def test_errors_count_as_nothing() -> None:
    broken = Outcome(Answer(Verdict.ERROR, trouble="no line came for it"), met=False, rounds=3, attempts=3, since=None)
    seen = observed((part(WEB_1), broken, None))
    assert (seen.verdict, seen.counts_as) == (Verdict.ERROR, None)
    assert "no line came for it" in seen.evidence


def test_one_part_that_differs_speaks_for_the_point() -> None:
    good, bad = part(WEB_1), part(WEB_2)
    seen = observed((good, DROPPED, PROVEN), (bad, outcome(Verdict.ALLOWED, met=False), None))
    assert (seen.verdict, seen.counts_as) == (Verdict.ALLOWED, "allowed")
    assert seen.differs == (f"{bad.label}: allowed", f"{good.label}: dropped")
    assert seen.probe == "dial 10.0.0.2:80"


def test_a_difference_outweighs_an_error() -> None:
    broken = Outcome(Answer(Verdict.ERROR), met=False, rounds=1, attempts=1, since=None)
    seen = observed((part(WEB_1), broken, None), (part(WEB_2), outcome(Verdict.ALLOWED, met=False), None))
    assert seen.verdict is Verdict.ALLOWED


def test_many_parts_are_told_shortly() -> None:
    answers = [(part(WEB_1, source=Source("ms-a", f"c{number}")), DROPPED, PROVEN) for number in range(20)]
    bad = (part(WEB_1, source=Source("ms-a", "odd")), outcome(Verdict.ALLOWED, met=False), None)
    seen = observed(*answers, bad)
    assert len(seen.differs) == 9
    assert seen.differs[0].startswith("ms-a/odd ")
    assert seen.differs[-1] == "and 13 more"

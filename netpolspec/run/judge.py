"""What the model says to a test point: every probe decided, the answers put together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias, assert_never

from netpolspec.plan.endpoints import endpoints
from netpolspec.plan.model import AddressEnd, ClientEnd, DomainEnd, NodeEnd, PodEnd
from netpolspec.plan.resolve import Inhabitants
from netpolspec.policy.decide import Model
from netpolspec.policy.decision import Answer
from netpolspec.policy.objects import Protocol
from netpolspec.policy.services import resolve as behind
from netpolspec.run.events import DecidedBy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.plan.model import Point, Probe, SourceEnd
    from netpolspec.policy.assumptions import Assumptions
    from netpolspec.policy.decision import Decision, Endpoint
    from netpolspec.policy.objects import Cluster, Service

_DNS = ("kube-system", "kube-dns")
_DNS_PORT = 53
_MOST_PARTS = 8
_MOST_EXPLAINED = 100
"""Failures of one world for which an edit is looked for: who has more starts with these."""

_Asked: TypeAlias = "tuple[Endpoint, Endpoint, Protocol, int, Service | None]"
"""A connection: the arguments of `Model.decide`."""


class Found(StrEnum):
    """What the model makes of a whole test point."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNSPECIFIED = "unspecified"
    UNKNOWN = "unknown"
    MIXED = "mixed"
    """Pods or addresses that the point means together answer differently."""
    NO_LISTENER = "no-listener"
    """A Service without endpoints."""
    DNS = "dns"
    """The name cannot be looked up, because the source may not reach DNS."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model makes of a point, and why."""

    found: Found
    reason: str
    decided_by: tuple[DecidedBy, ...] = ()
    assumptions: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    examples: tuple[tuple[Found, _Asked], ...] = ()
    """Of each answer that was found, the first connection that got it."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The answer for one source and one destination of those that a point means."""

    label: str
    found: Found
    reason: str
    decision: Decision | None = None
    asked: _Asked | None = None


class Judge:
    """Answers the points of one world. What was asked once is not decided again."""

    def __init__(self, cluster: Cluster, assumptions: Assumptions) -> None:
        self.inhabitants = Inhabitants(cluster)
        self.model = Model(cluster, assumptions)
        self._cluster = cluster
        self._opinions: dict[tuple[str, str, bool], Opinion] = {}
        self._hints: dict[tuple[str, str, bool, bool], tuple[str, ...]] = {}

    def judge(self, point: Point) -> Opinion:
        """What the model says to a point whose names are known to mean something."""
        key = (point.source_text, point.destination_text, point.by_name)
        opinion = self._opinions.get(key)
        if opinion is None:
            probes = self.inhabitants.probes(point)
            parts = [part for probe in probes for part in self._decide(probe, by_name=point.by_name)]
            opinion = self._opinions[key] = _put_together(parts)
        return opinion

    def hints(self, point: Point, opinion: Opinion) -> tuple[str, ...]:
        """What comes nearest to what a point wants, and the smallest edit that brings it about, a line each."""
        missed = [(found, asked) for found, asked in opinion.examples if found != point.wanted]
        if not missed:
            return ()
        key = (point.source_text, point.destination_text, point.by_name, point.allowed)
        known = self._hints.get(key)
        if known is None:
            if len(self._hints) >= _MOST_EXPLAINED:
                return ()
            from netpolspec.explain.short import hints

            found, (source, destination, protocol, port, via) = missed[0]
            connection = self.model.resolve(source, destination, protocol, port, via)
            what = "the source's DNS" if found is Found.DNS else "it"
            known = self._hints[key] = hints(self.model, connection, what)
        return known

    def _decide(self, probe: Probe, *, by_name: bool) -> Iterator[_Part]:
        """The answers for one probe: one, unless an end of it is a range of addresses."""
        if by_name and (unable := self._cannot_look_up(probe.source)) is not None:
            yield unable
            return
        if probe.destination is None:
            assert probe.via is not None  # noqa: S101 - only a Service can be without endpoints
            from netpolspec.explain.endpoints import why_no_endpoints

            service = probe.via.service
            why, instead = why_no_endpoints(self._cluster, service, probe.via.port, probe.protocol)
            reason = f"Service {service.namespace}/{service.name} has no endpoints: {why}; {instead}"
            yield _Part(_label(probe.source), Found.NO_LISTENER, reason)
            return
        via = probe.via.service if probe.via is not None else None
        for source in endpoints(probe.source, self.model):
            for destination in endpoints(probe.destination, self.model):
                decision = self.model.decide(source, destination, probe.protocol, probe.port, via=via)
                label = f"{source.label} -> {destination.label}:{probe.port}"
                if isinstance(probe.destination, DomainEnd) and decision.answer is not Answer.DENIED:
                    unable = self._cannot_look_up(probe.source)
                    if unable is not None:
                        yield unable
                        continue
                asked = (source, destination, probe.protocol, probe.port, via)
                yield _Part(label, Found(str(decision.answer)), decision.because, decision, asked)

    def _cannot_look_up(self, source: SourceEnd) -> _Part | None:
        """Why a source cannot use the cluster's DNS; None where it can.

        Default-deny egress blocks DNS like everything else (Kubernetes concept page, "Default deny all egress").
        """
        service = self._cluster.services.get(_DNS)
        if service is None:
            return _Part(_label(source), Found.DNS, "there is no Service kube-system/kube-dns in this world")
        for pod, port in behind(self._cluster, service, _DNS_PORT, Protocol.UDP):
            for end in endpoints(source, self.model):
                decision = self.model.decide(end, pod, Protocol.UDP, port, via=service)
                if decision.answer is not Answer.ALLOWED:
                    reason = f"the source cannot reach DNS ({pod.label}, 53/udp): {decision.because}"
                    asked = (end, pod, Protocol.UDP, port, service)
                    return _Part(_label(source), Found.DNS, reason, decision, asked)
        return None


def _label(end: SourceEnd) -> str:
    match end:
        case ClientEnd(pod=pod) | PodEnd(pod=pod):
            return pod.label
        case NodeEnd():
            return "<node>"
        case AddressEnd(network=network):
            return str(network)
        case _:
            assert_never(end)


def _put_together(parts: list[_Part]) -> Opinion:
    """One opinion from all parts: theirs where they agree, else `mixed`."""
    decisions = [part.decision for part in parts if part.decision is not None]
    assumptions = tuple(sorted({used for decision in decisions for used in decision.assumptions}))
    kinds = dict.fromkeys(part.found for part in parts)
    if len(kinds) == 1:
        first = parts[0]
        cited = _cited(first.decision) if first.decision is not None else ()
        answered = ((first.found, first.asked),) if first.asked is not None else ()
        return Opinion(first.found, first.reason, cited, assumptions, (), answered)
    examples = {part.found: part for part in reversed(parts)}
    differs = []
    for found in kinds:
        alike = [part.label for part in parts if part.found is found]
        more = f" and {len(alike) - _MOST_PARTS} more" if len(alike) > _MOST_PARTS else ""
        verb = "is" if len(alike) == 1 else "are"
        differs.append(f"{', '.join(alike[:_MOST_PARTS])}{more} {verb} {found} ({examples[found].reason})")
    cited = tuple(dict.fromkeys(by for decision in decisions for by in _cited(decision)))
    reason = "the parts of it differ: " + ", ".join(f"{found}" for found in kinds)
    asked = tuple((found, part.asked) for found, part in examples.items() if part.asked is not None)
    return Opinion(Found.MIXED, reason, cited[:_MOST_PARTS], assumptions, tuple(differs), asked)


def _cited(decision: Decision) -> tuple[DecidedBy, ...]:
    """The policies that decide: at the ends that do not allow, else at both."""
    judgements = [decision.egress, decision.ingress]
    if decision.answer is not Answer.ALLOWED:
        judgements = [judgement for judgement in judgements if judgement.answer is decision.answer]
    cited = []
    for judgement in judgements:
        places = judgement.rivals if judgement.citation is None else (judgement.citation,)
        if places:
            cited += [DecidedBy(place.label, place.place, place.direction, place.origin) for place in places]
        elif judgement.answer is Answer.DENIED:
            cited += [DecidedBy(policy.label, "", judgement.direction, policy.origin) for policy in judgement.isolating]
    return tuple(cited)

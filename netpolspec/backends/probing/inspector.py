"""Judges points on a live cluster: expands them, dials, holds, and sees to the controls."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from netpolspec.backends.base import Observation, Verdict, WorldFailed
from netpolspec.backends.probing.clients import endpoint_failure, spoilt_by
from netpolspec.backends.probing.controls import Evidence, Memory, Proof, listeners, self_aims
from netpolspec.backends.probing.converge import Aim, converge
from netpolspec.backends.probing.observe import observe
from netpolspec.backends.probing.parts import Surveyor
from netpolspec.backends.probing.probe import Dial, How
from netpolspec.backends.probing.witnesses import Witnesses
from netpolspec.plan.model import ClientEnd, PodEnd
from netpolspec.plan.resolve import Inhabitants
from netpolspec.shell import alongside

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from netpolspec.backends.options import LiveOptions
    from netpolspec.backends.probing.canary import Canary
    from netpolspec.backends.probing.clients import Client
    from netpolspec.backends.probing.controls import Listener
    from netpolspec.backends.probing.converge import Outcome
    from netpolspec.backends.probing.parts import Nodes, Part
    from netpolspec.backends.probing.population import Population
    from netpolspec.backends.probing.probe import Answer
    from netpolspec.plan.model import Point, Probe
    from netpolspec.policy.objects import Cluster, Service

SELF_WINDOW_MS = 300
"""For how long a pod dials its own address before it is believed that it does not listen."""
BASELINE_TIMEOUT = 5.0
"""Seconds that a Service may take to lead somewhere before there are policies."""


UNPROVEN = Proof(proven=True, text="controls are off: nothing proves this denial")


class Inspector:
    """One state of the cluster, and what is asked of it."""

    def __init__(
        self,
        cluster: Cluster,
        population: Population,
        *,
        nodes: Nodes,
        options: LiveOptions,
        memory: Memory,
        canary: Canary | None,
    ) -> None:
        """Nothing happens yet.

        Args:
            cluster: as the model is to see it
            population: the pods
            nodes: where clients can be put
            options: of the run
            memory: what was reached earlier in the run
            canary: None where controls are off
        """
        self._population = population
        self._options = options
        self._memory = memory
        self._canary = canary
        self._inhabitants = Inhabitants(cluster)
        self._asked: dict[int, tuple[Probe, ...]] = {}
        self._surveyor = Surveyor(population.everybody, nodes, options.probe_image)
        self._witnesses = Witnesses(cluster, population)
        self._prober = population.prober(hold=options.hold)
        self._quick = population.prober(hold=0.0)

    # --- judging --------------------------------------------------------------------------------------------------

    def judge(self, points: Sequence[Point], changed_at: float) -> list[Observation | None]:
        """One observation for each point; None where no packet can be sent, since its source is no pod.

        Args:
            points: of the present world
            changed_at: when the world was last changed, by the monotonic clock

        Raises:
            Refusal: a name means nothing in this cluster
            WorldFailed: the cluster is lost, or does not enforce policies
        """
        split = self.parts(points)
        parts = [part for each in split for part in each]
        outcomes, evidence = self._dial(parts, changed_at)
        if self._canary is not None and not all(point.allowed for point in points):
            self._canary.result()  # what is allowed is so whether or not policies are enforced
        proofs = self._prove(parts, outcomes, evidence)
        by_part = {part: outcomes[part.aim] for part in parts}
        return [
            self._unanswerable(point, each)
            or (observe(each, by_part, proofs, changed_at, self._line) if each else None)
            for point, each in zip(points, split, strict=True)
        ]

    def _unanswerable(self, point: Point, parts: Sequence[Part]) -> Observation | None:
        """What is to be said of a point to which nobody can answer: its pods are gone, or there are none."""
        destinations = [
            each.destination for each in self._probes(point) if isinstance(each.source, (ClientEnd, PodEnd))
        ]
        gone = [end.pod.label for end in destinations if isinstance(end, PodEnd) and self._is_gone(end)]
        if gone:
            return Observation(Verdict.ERROR, evidence=(f"pod {gone[0]} was there and is gone",))
        if None in destinations and not parts:
            return Observation(Verdict.NO_LISTENER, control="the Service has no endpoints")
        return None

    def _probes(self, point: Point) -> tuple[Probe, ...]:
        if id(point) not in self._asked:
            self._asked[id(point)] = tuple(self._inhabitants.probes(point))
        return self._asked[id(point)]

    def _is_gone(self, end: PodEnd) -> bool:
        return (end.pod.namespace, end.pod.name) not in self._surveyor.pods

    def parts(self, points: Sequence[Point]) -> list[tuple[Part, ...]]:
        """The parts of each point; the pods that they dial from are there."""
        probes = [self._probes(point) for point in points]
        clients = [
            client for point, each in zip(points, probes, strict=True) for client in self._surveyor.clients(point, each)
        ]
        services = [probe.via.service for each in probes for probe in each if probe.via is not None]
        self._refuse_endpoints(clients, services)
        if self._population.want(clients):
            self._population.settle()
            self._surveyor.pods = self._population.everybody
        split = [self._surveyor.parts(point, each) for point, each in zip(points, probes, strict=True)]
        self._population.enable({part.source for each in split for part in each})
        return split

    def _refuse_endpoints(self, clients: Sequence[Client], dialled: Collection[Service]) -> None:
        """See to it that no client is behind a Service that is dialled."""
        names = {(service.namespace, service.name) for service in dialled}
        for client in (*clients, *self._population.clients):
            service = spoilt_by(client, self._population.publishers)
            if service is not None and service in names:
                raise endpoint_failure(client, service)

    def _dial(self, parts: Sequence[Part], changed_at: float) -> tuple[Mapping[Aim, Outcome], Evidence]:
        """Dial until everything is as expected; beside it the destinations dial themselves."""
        started = time.monotonic()
        deadlines: dict[Aim, float] = {}
        for part in parts:
            within = part.point.within
            until = started + self._options.timeout if within is None else max(changed_at + within, started)
            deadlines[part.aim] = max(until, deadlines.get(part.aim, until))
        evidence = Evidence(self._memory)
        denied = [part for part in parts if not part.point.allowed]
        vouched = {each for part in parts if part.point.allowed and len(part.targets) == 1 for each in listeners(part)}
        doubtful = [part for part in denied if not listeners(part) <= vouched]
        if not self._options.controls:
            return converge(deadlines, self._prober.ask, deadlines.__getitem__), evidence
        trials = self._trials(denied)
        deadlines |= dict.fromkeys(trials, started + BASELINE_TIMEOUT)
        with alongside(1) as beside:
            selves = beside.submit(self._ask_selves, doubtful)
            outcomes = converge(deadlines, self._prober.ask, deadlines.__getitem__)
            for listener, answer in selves.result().items():
                evidence.add_self(listener, answer)
        for aim in trials:
            self._see_who_is_mute(aim, outcomes[aim], evidence)
        for part in parts:
            evidence.add(part, outcomes[part.aim])
            self._memory.learn(part, outcomes[part.aim], self._population.uid(part.source))
        return outcomes, evidence

    # --- controls -------------------------------------------------------------------------------------------------

    def _ask_selves(self, parts: Collection[Part]) -> Mapping[Listener, Answer]:
        """What the destinations' own pods find at their own addresses, where they can be asked."""
        aims = self_aims(parts, self._options.probe_image)
        able = self._population.enable({aim.source for aim in aims}, own=True)
        asked = {aim: listener for aim, listener in aims.items() if aim.source in able}
        return {asked[aim]: outcome.answer for aim, outcome in self._ask_once(asked).items()}

    def _ask_once(self, aims: Collection[Aim]) -> Mapping[Aim, Outcome]:
        """Dial once; only those of which nothing can be said are dialled again."""
        now = time.monotonic()
        return converge(aims, lambda some: self._quick.ask(some, SELF_WINDOW_MS), lambda _: now)

    def _trials(self, parts: Collection[Part]) -> frozenset[Aim]:
        """A dial that must go through for each source of which it is not known that it reaches anybody at all."""
        server = self._canary.open_server() if self._canary is not None else None
        if server is None:
            return frozenset()
        dial = Dial(server[0], server[1], How.REPLY, allowed=True)
        return frozenset(
            Aim(part.source, dial)
            for part in parts
            if self._population.uid(part.source) not in self._memory.dialled
            and self._witnesses.may_leave(part.source_pod)
        )

    def _see_who_is_mute(self, aim: Aim, outcome: Outcome, evidence: Evidence) -> None:
        """Whether a source reached the server that nothing keeps it from."""
        if outcome.met:
            self._memory.dialled.add(self._population.uid(aim.source) or "")
            return
        who = f"{aim.source.namespace}/{aim.source.pod}"
        said = outcome.answer.trouble or outcome.answer.verdict
        evidence.add_mute(aim.source, f"{who} reaches nobody: a server that nothing keeps it from was '{said}'")

    def _prove(
        self, parts: Sequence[Part], outcomes: Mapping[Aim, Outcome], evidence: Evidence
    ) -> Mapping[Part, Proof]:
        """What the denials rest on, be they expected or not."""
        if not self._options.controls:
            return {part: UNPROVEN for part in parts if not part.point.allowed}
        failed = [part for part in parts if outcomes[part.aim].answer.verdict not in {Verdict.ALLOWED, Verdict.ERROR}]
        unseen = {pod for part in failed for pod in evidence.hearsay(part)}
        if unseen:
            evidence.add_present(self._population.look_again(unseen))
        for ask in (self._have_selves_asked, self._ask_witnesses):
            lacking = [part for part in failed if not part.point.allowed and evidence.lacking(part)]
            if lacking:
                ask(lacking, evidence)
        unexpected = [part for part in failed if part.point.allowed]
        self._have_selves_asked(unexpected, evidence)
        return {part: evidence.prove(part) for part in failed}

    def _have_selves_asked(self, parts: Sequence[Part], evidence: Evidence) -> None:
        """Ask those of the destinations that were not asked yet."""
        unasked = [part for part in parts if evidence.listens(part) is None]
        for listener, answer in self._ask_selves(unasked).items():
            evidence.add_self(listener, answer)

    def _ask_witnesses(self, parts: Sequence[Part], evidence: Evidence) -> None:
        """Have somebody dial whom the model allows to; who is not there yet, comes."""
        self._recruit([part for part in parts if not self._witnesses.find(part)])
        asked = [(part, Aim(source, _open(part.dial))) for part in parts for source in self._witnesses.find(part)]
        deadline = time.monotonic() + BASELINE_TIMEOUT
        outcomes = converge({aim for _, aim in asked}, self._quick.ask, lambda _: deadline)
        for part, aim in asked:
            if outcomes[aim].met:
                evidence.add_witness(part, aim.source)
                self._memory.learn(part, outcomes[aim], None)

    def _recruit(self, parts: Sequence[Part]) -> None:
        """Have clients that may reach what nobody reaches; where the cluster does not take them, it stays unproven."""
        clients = [client for part in parts if (client := self._witnesses.recruit(part)) is not None]
        new = [client for client in clients if self._population.clients.get(client) is None]
        try:
            if self._population.want(new):
                self._population.settle()
        except WorldFailed:
            self._population.give_up(new)

    def lacks_baseline(self, points: Sequence[Point]) -> bool:
        """Whether something is to be denied that nobody has reached, and that its pods cannot vouch for."""
        return bool(self._unreached(points))

    def baseline(self, points: Sequence[Point]) -> None:
        """Reach, while there are no policies, what is to be denied and what its pods cannot vouch for."""
        needed = {part: Aim(part.source, _open(part.dial)) for part in self._unreached(points)}
        deadline = time.monotonic() + BASELINE_TIMEOUT
        outcomes = converge(set(needed.values()), self._quick.ask, lambda _: deadline)
        for part, aim in needed.items():
            self._memory.learn(part, outcomes[aim], self._population.uid(part.source))

    def _unreached(self, points: Sequence[Point]) -> list[Part]:
        parts = self.parts([point for point in points if not point.allowed])
        mute = self._population.mute
        return [
            part
            for each in parts
            for part in each
            if (part.targets or part.via is None)
            and (self._memory.lacks(part) or self._memory.lacks_listeners(part, mute))
        ]

    def _line(self, part: Part) -> str:
        return self._prober.line(part.source, self._population.locate(part.source) or "probe", part.dial)


def _open(dial: Dial) -> Dial:
    return Dial(dial.host, dial.port, dial.how, allowed=True)

"""The listener control: that something listens where a denial was seen, and that the one who was denied can dial.

A denial is proven by one of these, in this order:
- somebody reaches the same destination now;
- the destination's own pod reaches its own address, which no policy can keep it from; and where a Service was dialled,
  that Service has led there in this run, or does so now for somebody whom the model allows;
- somebody whom the model allows reaches it now;
- it was reached earlier in the run, before the policies, and its pods are still the same;
- its node finds it ready on that port, again and again: a readiness probe comes from where no policy keeps it out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.backends import tree
from netpolspec.backends.base import Verdict
from netpolspec.backends.probing.converge import Aim, Source
from netpolspec.backends.probing.parts import serves
from netpolspec.backends.probing.probe import Dial, How
from netpolspec.policy.objects import Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from netpolspec.backends.live import LivePod
    from netpolspec.backends.probing.converge import Outcome
    from netpolspec.backends.probing.parts import Part, Target
    from netpolspec.backends.probing.probe import Answer

Listener: TypeAlias = "tuple[str, str, int, Protocol]"
"""A pod's uid, an address of it, a port and the protocol: who listens on IPv4 may not on IPv6."""
Road: TypeAlias = "tuple[str, int, How, frozenset[str]]"
"""What is dialled where it is no pod: host, port, and the uids of the pods behind it."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a denial rests on."""

    proven: bool
    text: str
    silent: bool = False
    """Whether it is known that nothing listens there."""
    unserved: bool = False
    """Whether it is a Service that leads nowhere, so that no packet can say anything."""


def listeners(part: Part) -> frozenset[Listener]:
    """The pods that may answer a part, each with its port."""
    return frozenset(_listener(part, each) for each in part.targets)


def _listener(part: Part, target: Target) -> Listener:
    return (target.pod.uid, _address(part, target.pod), target.port, part.dial.protocol)


def _address(part: Part, pod: LivePod) -> str:
    """The address of a pod at which a part reaches it: the one that is dialled, or one of the Service's family."""
    host = part.dial.host
    alike = (each for each in pod.addresses if (":" in each) == (":" in host))
    return host if host in pod.addresses else next(alike, pod.addresses[0] if pod.addresses else "")


def road(part: Part) -> Road | None:
    """The way to a part's destination that its pods cannot vouch for; None where a pod's own address is dialled."""
    if part.via is None and part.targets:
        return None
    how = How.CONNECT if part.dial.how is How.REPLY else part.dial.how
    return (part.dial.host, part.dial.port, how, frozenset(each.pod.uid for each in part.targets))


def self_aims(parts: Iterable[Part], image: str) -> Mapping[Aim, Listener]:
    """The dials from the destinations' own pods to their own addresses."""
    aims: dict[Aim, Listener] = {}
    for part in parts:
        for target in part.targets:
            pod, port, how = target.pod, target.port, part.dial.how
            if how is How.CONNECT and serves(pod, Protocol.TCP, port, image):
                how = How.REPLY
            aim = Aim(Source(pod.namespace, pod.name), Dial(_address(part, pod), port, how, allowed=True))
            aims[aim] = _listener(part, target)
    return aims


def is_found_ready(pod: LivePod, port: int, protocol: Protocol) -> bool:
    """Whether a pod's node reaches a port of it: what its readiness probe says, and no policy keeps a node from."""
    if not pod.ready or protocol is not Protocol.TCP:
        return False
    for container in tree.rows(pod.manifest, "spec", "containers"):
        named = {tree.text(each, "name"): tree.number(each, "containerPort") for each in tree.rows(container, "ports")}
        for kind in ("tcpSocket", "httpGet", "grpc"):
            probed = tree.value(container, "readinessProbe", kind, "port")
            host = tree.text(container, "readinessProbe", kind, "host")
            if not host and port == (named.get(probed) if isinstance(probed, str) else probed):
                return True
    return False


@dataclass(slots=True)
class Memory:
    """What has been reached in this run, so that it need not be reached again while its pods are the same."""

    roads: dict[Road, str] = field(default_factory=dict)
    """With the source that reached it."""
    listeners: dict[Listener, str] = field(default_factory=dict)
    """Likewise, of pods that were dialled at their own addresses."""
    dialled: set[str] = field(default_factory=set)
    """The uids of source pods that have reached somebody."""

    def lacks_listeners(self, part: Part, mute: Collection[str]) -> bool:
        """Whether pods that cannot be asked (by their uids) may be denied to everybody before anybody reached them."""
        return any(
            listener[0] in mute and listener not in self.listeners for listener in listeners(part) if road(part) is None
        )

    def lacks(self, part: Part) -> bool:
        """Whether the way to a part's destination has to be shown, and was not."""
        way = road(part)
        return way is not None and way not in self.roads

    def learn(self, part: Part, outcome: Outcome, source_uid: str | None) -> None:
        """Remember what went through."""
        if outcome.answer.verdict is not Verdict.ALLOWED:
            return
        who = f"{part.source.namespace}/{part.source.pod}"
        if (way := road(part)) is not None:
            self.roads.setdefault(way, who)
        if len(part.targets) == 1:
            self.listeners.update(dict.fromkeys(listeners(part), who))
        if source_uid is not None:
            self.dialled.add(source_uid)


class Evidence:
    """What one round of probing shows about who listens; proofs are drawn from it."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._reached: dict[Listener, str] = {}
        self._roads: dict[Road, str] = {}
        self._selves: dict[Listener, Answer] = {}
        self._mute: dict[Source, str] = {}
        self._present: dict[str, LivePod] = {}

    def add(self, part: Part, outcome: Outcome) -> None:
        """What a part came to."""
        if outcome.answer.verdict is not Verdict.ALLOWED:
            return
        who = f"{part.source.namespace}/{part.source.pod}"
        if (way := road(part)) is not None:
            self._roads.setdefault(way, who)
        if len(part.targets) == 1:
            for listener in listeners(part):
                self._reached.setdefault(listener, who)

    def add_witness(self, part: Part, source: Source) -> None:
        """Somebody else reaches all that a part dials."""
        who = f"{source.namespace}/{source.pod}, whom the model allows"
        if (way := road(part)) is not None:
            self._roads.setdefault(way, who)
        else:
            for listener in listeners(part):
                self._reached.setdefault(listener, who)

    def add_self(self, listener: Listener, answer: Answer) -> None:
        """What a pod found at its own address."""
        self._selves[listener] = answer

    def add_mute(self, source: Source, why: str) -> None:
        """A source that reaches nobody, although nothing keeps it from it."""
        self._mute[source] = why

    def add_present(self, pods: Iterable[LivePod]) -> None:
        """Pods that were looked at again after the dials, and are still what they were."""
        self._present |= {pod.uid: pod for pod in pods}

    def hearsay(self, part: Part) -> Iterator[LivePod]:
        """Those of a part's destinations that would be believed to listen without having answered now."""
        for target in part.targets:
            listener = _listener(part, target)
            answer = self._selves.get(listener)
            answered = listener in self._reached or (answer is not None and answer.verdict is Verdict.ALLOWED)
            if not answered and self._is_vouched(part, target, target.pod):
                yield target.pod

    def lacking(self, part: Part) -> bool:
        """Whether somebody whom the model allows should be asked: the rest does not prove the denial."""
        return not self.prove(part).proven

    def listens(self, part: Part) -> bool | None:
        """Whether something listens at all of a part's destinations; None: that is not known."""
        known = [self._listening(part, each) for each in part.targets]
        if False in known:
            return False
        return True if known and None not in known else None

    def _listening(self, part: Part, target: Target) -> bool | None:
        listener = _listener(part, target)
        if listener in self._reached:
            return True
        answer = self._selves.get(listener)
        if answer is not None and answer.verdict is Verdict.ALLOWED:
            return True
        if answer is not None and answer.verdict is Verdict.REFUSED:
            return False
        present = self._present.get(target.pod.uid)  # one that is gone is silent, and proves nothing
        return True if present is not None and self._is_vouched(part, target, present) else None

    def _is_vouched(self, part: Part, target: Target, pod: LivePod) -> bool:
        listens = _listener(part, target) in self._memory.listeners
        return listens or is_found_ready(pod, target.port, part.dial.protocol)

    def prove(self, part: Part) -> Proof:
        """Whether the denial of a part is proven, and by what."""
        if part.source in self._mute:
            return Proof(proven=False, text=self._mute[part.source])
        if part.via is not None and not part.targets:
            service = f"{part.via.service.namespace}/{part.via.service.name}"
            return Proof(proven=False, text=f"Service {service} has no endpoints", silent=True, unserved=True)
        way = road(part)
        if way is not None and way in self._roads:
            return Proof(proven=True, text=f"{part.dial.target} is reached now from {self._roads[way]}")
        if self.listens(part) is False:
            silent = [each for each in part.targets if self._listening(part, each) is False]
            named = ", ".join(f"port {each.port}/{part.dial.protocol.lower()} of {each.pod.label}" for each in silent)
            return Proof(proven=False, text=f"nothing listens on {named}: its own pod is refused", silent=True)
        if part.targets and self.listens(part) is None:
            return Proof(proven=False, text=self._unknown(part))
        if way is None:
            return Proof(proven=True, text=self._how(part))
        if way in self._memory.roads:
            earlier = f"{part.dial.target} was reached earlier from {self._memory.roads[way]}"
            return Proof(proven=True, text=f"{earlier}; {self._how(part)}" if part.targets else earlier)
        if part.via is not None:
            service = f"Service {part.via.service.namespace}/{part.via.service.name}"
            return Proof(proven=False, text=f"its pods listen, but nobody has reached {service} in this run")
        return Proof(proven=False, text=f"nobody has reached {part.dial.target} in this run: perhaps nothing is there")

    def _how(self, part: Part) -> str:
        """How it is known that a part's pods listen."""
        reached = [self._reached[each] for each in listeners(part) if each in self._reached]
        if len(reached) == len(part.targets):
            return f"reached now from {reached[0]}"
        if all(listener in self._reached or listener in self._selves for listener in listeners(part)):
            return "reached now from its own pod" if len(part.targets) == 1 else "reached now from their own pods"
        earlier = [self._memory.listeners[each] for each in listeners(part) if each in self._memory.listeners]
        if len(earlier) == len(part.targets):
            return f"reached earlier in this run from {earlier[0]}"
        return "its readiness probe, which its node sends, finds it there"

    def _unknown(self, part: Part) -> str:
        for each in part.targets:
            answer = self._selves.get(_listener(part, each))
            if answer is not None and answer.verdict is not Verdict.ALLOWED:
                said = answer.trouble or answer.verdict
                return f"whether {each.pod.label} listens on port {each.port} is not known: its own pod found '{said}'"
        return "whether anything listens is not known: nobody reaches it, and its own pod cannot be asked"

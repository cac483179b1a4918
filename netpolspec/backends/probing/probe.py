"""One round of dials from one pod: the script that dials, the lines that it prints, and what they mean.

All dials of a round run at once, inside one `kubectl exec`. A dial is a *lane*: it dials, prints a line, and dials
again while the outcome is not what is expected; once it is, it has to be so for the hold time. A denial has two lanes
that overlap, and must fail alike in both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import TYPE_CHECKING

from netpolspec.backends.base import Verdict
from netpolspec.policy.objects import Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DIAL_MS = 1500
"""How long a dial lasts at most: Linux sends a lost SYN again after 1 s, so a shorter one takes a loss for a drop."""
SECOND_MS = 1200
"""The same of a denial's second dial. It starts later, and ends late enough to be answered when its SYN came again."""
COVERED_MS = 1000
"""The time over which a dial that was dropped has shown it: its first SYN and the one after 1 s."""
LATER_MS = 500
"""How much later the second dial of a denial starts. The packets of a dropped dial are 1 s apart: whatever lets some
through for half a second at a time, at whatever pace, meets one of the four."""
STARVED_MS = {"agnhost": 2 * DIAL_MS, "nc": 4000}
"""A dial that took so long, twice what it may, was perhaps not dropped: the machine was too busy to see an answer."""
WINDOW_MS = 1500
"""For how long a round dials again by itself: about as long as its dropped dials take anyway."""
LANES = 200
"""The most dials of one exec; each is a process of some megabytes in the pod."""


MANY = 100
"""So many dials in all pods together that starting agnhost for each would keep a small machine busy for seconds."""


class How(StrEnum):
    """What a dial does; the script's own letters."""

    CONNECT = "t"
    """A TCP connection is enough."""
    REPLY = "r"
    """A TCP connection, and the name that our server sends: a proxy that answers by itself is not taken for it."""
    DATAGRAM = "u"
    """Three datagrams, and a reply to one of them."""
    QUERY = "n"
    """A DNS query over UDP: name servers answer nothing else."""
    SCTP = "s"


@dataclass(frozen=True, slots=True)
class Dial:
    """Whom a pod dials, and what is expected."""

    host: str
    """An address, or a name as the pod resolves it; `.svc` at its end stands for the cluster's own domain."""
    port: int
    how: How
    allowed: bool

    @property
    def protocol(self) -> Protocol:
        """The transport protocol."""
        match self.how:
            case How.CONNECT | How.REPLY:
                return Protocol.TCP
            case How.DATAGRAM | How.QUERY:
                return Protocol.UDP
            case How.SCTP:
                return Protocol.SCTP

    @property
    def target(self) -> str:
        """`10.1.2.3:80`, `[fd00::1]:80`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def lanes(self) -> int:
        """How many times it dials at once: a denial takes two that fail alike."""
        return 1 if self.allowed else 2


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line: one time that a lane dialled."""

    word: str
    """What the dialler said, in one word: OK, TIMEOUT, REFUSED, DNS, OTHER, UNKNOWN, SILENT."""
    ms: int
    """How long the dial took."""
    at: int
    """Milliseconds from the start of the script to that of the dial."""
    last: bool
    """Whether the lane ended with it."""
    text: str
    """The rest of what the dialler said, or what the server replied."""
    raw: str
    """The line as it came."""

    @property
    def verdict(self) -> Verdict:
        """What the dial met."""
        return classify(self.word, self.text, self.ms)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one dial of a round came to."""

    verdict: Verdict
    attempts: tuple[Attempt, ...] = ()
    """Those of both lanes, one lane after the other."""
    since: int | None = None
    """Milliseconds from the script's start to the first dial since which the outcome was the same."""
    trouble: str = ""
    """Why the verdict is `error`."""

    @property
    def raw(self) -> str:
        """The line that decided, as it came."""
        return next(
            (attempt.raw for attempt in self.attempts if attempt.last and attempt.verdict is self.verdict),
            self.attempts[-1].raw if self.attempts else "",
        )

    @property
    def ms(self) -> int:
        """How long the longest dial took."""
        return max((attempt.ms for attempt in self.attempts), default=0)

    @property
    def sorts(self) -> frozenset[str]:
        """What all its attempts came to."""
        return frozenset(sort_of(attempt.verdict) for attempt in self.attempts)

    @property
    def replied(self) -> tuple[str, ...]:
        """The names that servers of ours gave."""
        return tuple(sorted({each.text for each in self.attempts if each.word == "OK" and each.text}))


# --- the script -----------------------------------------------------------------------------------------------------


def write_script(
    dials: Sequence[Dial], nonce: str, hold: float, window_ms: int = WINDOW_MS, *, many: bool = False
) -> str:
    """The shell script that makes the dials; its lines are numbered by their place in the sequence.

    Args:
        dials: at most LANES lanes of them
        nonce: what a line must hold to be taken for one of ours
        hold: seconds over which an outcome must be seen before a lane ends
        window_ms: how long a lane whose outcome is not what is expected dials again
        many: whether so much is dialled at the same time that it has to be done with less work
    """
    program = files("netpolspec.backends.probing").joinpath("round.sh").read_text(encoding="utf-8")
    settings = f"N={nonce} H={round(hold * 100)} W={window_ms // 10} C={COVERED_MS // 10} F={'1' * many}\n"
    settings += f"D={DIAL_MS} D2={SECOND_MS}\n"
    # The second lanes start later, so that the packets of a denial's two dials do not meet the same moments.
    lanes = [(f"{number}a", dial) for number, dial in enumerate(dials)]
    lanes += [(f"{number}b", dial) for number, dial in enumerate(dials) if dial.lanes > 1]
    later = round(min(LATER_MS, hold * 500) / 10)
    calls = [
        f"lane {lane} {'a' if dial.allowed else 'd'} {dial.how} {dial.host} {dial.port} {later * lane.endswith('b')} &"
        for lane, dial in lanes
    ]
    return "\n".join((settings + program, *calls, "finish", ""))


def split(dials: Sequence[Dial]) -> tuple[tuple[Dial, ...], ...]:
    """The dials of one pod, so many at a time as one exec can make."""
    parts: list[tuple[Dial, ...]] = []
    part: list[Dial] = []
    lanes = 0
    for dial in dials:
        if lanes + dial.lanes > LANES:
            parts.append(tuple(part))
            part, lanes = [], 0
        part.append(dial)
        lanes += dial.lanes
    return (*parts, tuple(part)) if part else tuple(parts)


def longest(hold: float, window_ms: int = WINDOW_MS) -> float:
    """Seconds after which a script that still runs has gone wrong."""
    return window_ms / 1000 + 3 * DIAL_MS / 1000 + 2 * hold + 25


# --- what it printed ------------------------------------------------------------------------------------------------

_LINE = re.compile(
    r"^NPS1 (?P<nonce>\w+) (?P<lane>\d+[ab]|end) (?P<word>[A-Z]+) (?P<ms>\d+)"
    r"(?: (?P<at>\d+) (?P<state>more|last) ?(?P<text>.*))?$"
)


def read_lines(output: str, nonce: str) -> tuple[Mapping[str, tuple[Attempt, ...]], int | None]:
    """The attempts of each lane (`7a`), and the milliseconds that the script ran; None where it did not end.

    Lines without the nonce, and halves of lines, count as nothing.
    """
    lanes: dict[str, list[Attempt]] = {}
    ran: int | None = None
    for line in output.splitlines(keepends=True):
        match = _LINE.match(line.rstrip("\r\n"))
        if match is None or match["nonce"] != nonce or not line.endswith("\n"):
            continue
        if match["lane"] == "end":
            ran = int(match["ms"])
        elif match["at"] is not None:
            attempt = Attempt(
                word=match["word"],
                ms=int(match["ms"]),
                at=int(match["at"]),
                last=match["state"] == "last",
                text=match["text"].strip(),
                raw=line.strip(),
            )
            lanes.setdefault(match["lane"], []).append(attempt)
    return {lane: tuple(attempts) for lane, attempts in lanes.items()}, ran


def conclude(dials: Sequence[Dial], lanes: Mapping[str, Sequence[Attempt]], trouble: str = "") -> tuple[Answer, ...]:
    """What each dial came to.

    Args:
        dials: in the order in which they were written into the script
        lanes: the attempts of each lane
        trouble: what is known about the exec, for dials without their line
    """
    return tuple(
        _answer(dial, [lanes.get(f"{number}{letter}", ()) for letter in "ab"[: dial.lanes]], trouble)
        for number, dial in enumerate(dials)
    )


def _answer(dial: Dial, lanes: Sequence[Sequence[Attempt]], trouble: str) -> Answer:
    attempts = tuple(attempt for lane in lanes for attempt in lane)
    if not all(lane and lane[-1].last for lane in lanes):
        what = "no line came for it" if not attempts else "its last line did not come"
        return Answer(Verdict.ERROR, attempts, None, f"{what}{f': {trouble}' if trouble else ''}")
    verdicts = {verdict for lane in lanes for verdict in _came_to(lane)}
    # What decides is what was not expected: a denial of which one dial comes through is none, and the other way round.
    if Verdict.ALLOWED in verdicts and len(verdicts) > 1:
        verdicts = verdicts - {Verdict.ALLOWED} if dial.allowed else {Verdict.ALLOWED}
    if verdicts <= _DENIALS and len(verdicts) > 1:
        # A kernel sends so many ICMP errors a second and no more: of several refused dials, some look dropped.
        verdicts -= {Verdict.DROPPED}
    if len(verdicts) > 1:
        said = " and ".join(sorted(verdicts))
        return Answer(Verdict.ERROR, attempts, None, f"dials at the same time failed differently: {said}")
    verdict = verdicts.pop()
    if verdict is Verdict.ERROR:
        failed = next(lane[-1] for lane in lanes if lane[-1].verdict is verdict)
        return Answer(verdict, attempts, None, explain_error(failed))
    return Answer(verdict, attempts, max(_streak(lane)[0].at for lane in lanes))


_DENIALS = frozenset({Verdict.DROPPED, Verdict.REFUSED, Verdict.UNREACHABLE})


def sort_of(verdict: Verdict) -> str:
    """What a verdict comes to: `allowed`, `denied` in whatever way, or itself."""
    return "denied" if verdict in _DENIALS else str(verdict)


def _streak(lane: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """The attempts at the end of a lane that came to the same."""
    start = len(lane)
    while start and sort_of(lane[start - 1].verdict) == sort_of(lane[-1].verdict):
        start -= 1
    return tuple(lane[start:])


def _came_to(lane: Sequence[Attempt]) -> frozenset[Verdict]:
    """What a lane met in the end; of a denial, all the ways in which it showed."""
    if lane[-1].verdict not in _DENIALS:
        return frozenset({lane[-1].verdict})
    return frozenset(attempt.verdict for attempt in _streak(lane))


_UNREACHABLE = ("no route to host", "network is unreachable", "unreachable", "operation not permitted", "prohibited")


def classify(word: str, text: str, ms: int) -> Verdict:
    """What a dial met, by what the dialler wrote; a status is never asked."""
    low = text.lower()
    match word:
        case "OK":
            return Verdict.ALLOWED
        case "TIMEOUT":
            return Verdict.DROPPED if ms <= STARVED_MS["nc" if low.startswith("nc:") else "agnhost"] else Verdict.ERROR
        case "REFUSED":
            return Verdict.REFUSED
        case "DNS":
            return Verdict.DNS
        case "OTHER" | "UNKNOWN":
            if "connection refused" in low or "reset by peer" in low:
                return Verdict.REFUSED
            if any(sign in low for sign in _UNREACHABLE):
                return Verdict.UNREACHABLE
        case _:
            pass
    return Verdict.ERROR


def explain_error(attempt: Attempt) -> str:
    """Why an attempt counts as nothing."""
    match attempt.word:
        case "TIMEOUT":
            return f"the dial took {attempt.ms} ms: the machine is too busy to tell a drop"
        case "SILENT":
            return "something accepted the connection, but our server's name did not come: a proxy in between?"
        case _:
            return f"the dialler said: {attempt.text or attempt.word}"

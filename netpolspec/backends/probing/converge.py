"""Dials until what is expected holds, and then goes on until it has held for a while.

A policy takes effect some time after it was applied, on each node by itself. So what differs from what is expected is
dialled again, soon at first and then less often, until a deadline. When nothing differs any more, all of it has to hold
together for the hold time. Nothing here waits for longer than it takes to know.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from netpolspec.backends.base import Verdict
from netpolspec.backends.probing.probe import sort_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from netpolspec.backends.probing.probe import Answer, Dial

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 1.0
TROUBLE_PATIENCE = 60.0
"""Seconds beyond its deadline for which a dial in `error` is tried again: a pod or the API server may come back."""


@dataclass(frozen=True, slots=True)
class Source:
    """The pod that dials: one of the runner's clients, or a pod of the world."""

    namespace: str
    pod: str


@dataclass(frozen=True, slots=True)
class Aim:
    """One dial from one pod."""

    source: Source
    dial: Dial


@dataclass(frozen=True, slots=True)
class Heard:
    """What a round said about an aim."""

    answer: Answer
    began: float
    """When the round's script started, by the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an aim came to in the end."""

    answer: Answer
    met: bool
    """Whether it is what was expected, and held."""
    rounds: int
    attempts: int
    """How many times it was dialled."""
    since: float | None
    """By the monotonic clock: the first dial since which the outcome has been as it is; None: of an error."""


class Clock(Protocol):
    """Time, as `time` has it; a test has its own."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Let time pass."""
        ...


def converge(
    aims: Collection[Aim],
    ask: Callable[[Collection[Aim]], Mapping[Aim, Heard]],
    deadline: Callable[[Aim], float],
    clock: Clock = time,
) -> Mapping[Aim, Outcome]:
    """Dial until everything is as expected and has held, or its time is up.

    Args:
        aims: what to dial, and what is expected
        ask: one round; every aim that it is given gets an answer, and one that is met has held for the hold time
        deadline: until when (monotonic clock) an aim may take to be as expected
        clock: where time comes from
    """
    states: dict[Aim, _State] = {aim: _State() for aim in aims}
    pending, number, turned = set(states), 0, 0
    pause = FIRST_PAUSE
    while pending:
        number += 1
        before = {aim: states[aim] for aim in pending}
        for aim, each in ask(pending).items():
            states[aim] = states[aim].after(aim, each, number)
        if any(states[aim].met and before[aim].contrary for aim in pending):
            turned = number
        differ = {aim for aim in pending if not states[aim].met}
        pending = {aim for aim in differ if clock.monotonic() < _patience(aim, states[aim], deadline)}
        if pending:
            clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            # Those that were seen last before others turned round have to hold together with them.
            pending = {aim for aim, state in states.items() if state.met and state.seen < turned}
            pause = FIRST_PAUSE
    return {aim: state.outcome() for aim, state in states.items()}


def _patience(aim: Aim, state: _State, deadline: Callable[[Aim], float]) -> float:
    in_trouble = state.answer is not None and state.answer.verdict is Verdict.ERROR
    return deadline(aim) + (TROUBLE_PATIENCE if in_trouble else 0.0)


@dataclass(frozen=True, slots=True)
class _State:
    """What is known about an aim on the way."""

    answer: Answer | None = None
    met: bool = False
    rounds: int = 0
    """In how many rounds it was dialled."""
    seen: int = 0
    """The number of the last of them."""
    attempts: int = 0
    since: float | None = None

    @property
    def contrary(self) -> bool:
        """Whether it was seen to be otherwise than expected; of an error that cannot be said."""
        return self.answer is not None and not self.met and self.answer.verdict is not Verdict.ERROR

    def after(self, aim: Aim, heard: Heard, number: int) -> _State:
        """The state after one more round."""
        answer = heard.answer
        steady = (
            self.answer is not None
            and self.since is not None
            and {sort_of(answer.verdict), *answer.sorts} == {sort_of(self.answer.verdict)}
        )
        now = None if answer.since is None else heard.began + answer.since / 1000
        return _State(
            answer=answer,
            met=is_met(aim.dial, answer.verdict),
            rounds=self.rounds + 1,
            seen=number,
            attempts=self.attempts + max(1, len(answer.attempts)),
            since=self.since if steady else now,
        )

    def outcome(self) -> Outcome:
        """What it came to."""
        assert self.answer is not None  # noqa: S101 - every aim was asked at least once
        return Outcome(self.answer, self.met, self.rounds, self.attempts, self.since)


def is_met(dial: Dial, verdict: Verdict) -> bool:
    """Whether a verdict is what a dial expects, as far as packets can tell: a denial is still to be proven."""
    return sort_of(verdict) == ("allowed" if dial.allowed else "denied")

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from netpolspec.backends.base import Verdict
from netpolspec.backends.probing.converge import TROUBLE_PATIENCE, Aim, Heard, Outcome, Source, converge
from netpolspec.backends.probing.probe import Answer, Attempt, Dial, How

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

ROUND = 0.2
"""Seconds that a round takes in these tests."""


class Time:
    """A clock that only runs when somebody waits, and what is seen at each moment of it."""

    def __init__(self, seen: Callable[[Aim, float], Verdict]) -> None:
        self.now = 0.0
        self.seen = seen
        self.rounds: list[frozenset[Aim]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.now += seconds

    def ask(self, aims: Collection[Aim]) -> Mapping[Aim, Heard]:
        self.rounds.append(frozenset(aims))
        began, self.now = self.now, self.now + ROUND
        heard = {}
        for aim in aims:
            verdict = self.seen(aim, began)
            word = {Verdict.ALLOWED: "OK", Verdict.DROPPED: "TIMEOUT"}.get(verdict, "UNKNOWN")
            since = None if verdict is Verdict.ERROR else 0
            heard[aim] = Heard(Answer(verdict, (Attempt(word, 1, 0, last=True, text="", raw=""),), since), began)
        return heard


def aim(port: int, *, allowed: bool) -> Aim:
    return Aim(Source("ms-a", "client"), Dial("10.0.0.1", port, How.CONNECT, allowed))


def run(time: Time, *aims: Aim, until: float = 10.0) -> Mapping[Aim, Outcome]:
    return converge(aims, time.ask, lambda _: until, time)


OPEN, SHUT = aim(80, allowed=True), aim(81, allowed=False)


def as_expected(aim: Aim, _now: float) -> Verdict:
    return Verdict.ALLOWED if aim.dial.allowed else Verdict.DROPPED


def test_one_round_is_enough_where_all_is_as_expected() -> None:
    time = Time(as_expected)
    outcomes = run(time, OPEN, SHUT)
    assert all(outcome.met for outcome in outcomes.values())
    assert time.rounds == [{OPEN, SHUT}]
    assert outcomes[OPEN].since == 0.0


def test_only_what_differs_is_dialled_again_and_at_the_end_the_rest_has_to_hold_with_it() -> None:
    time = Time(lambda aim, now: Verdict.ALLOWED if aim is OPEN or now < 1.0 else Verdict.DROPPED)
    outcomes = run(time, OPEN, SHUT)
    assert all(outcome.met for outcome in outcomes.values())
    assert time.rounds[0] == {OPEN, SHUT}
    assert set(time.rounds[1:-1]) == {frozenset({SHUT})}
    assert time.rounds[-1] == {OPEN}
    since = outcomes[SHUT].since
    assert since is not None
    assert 1.0 <= since < 1.5
    assert outcomes[SHUT].rounds == len(time.rounds) - 1


def test_the_pause_grows_to_a_second() -> None:
    time = Time(lambda *_: Verdict.ALLOWED)
    began: list[float] = []

    def ask(aims: Collection[Aim]) -> Mapping[Aim, Heard]:
        began.append(time.now)
        return time.ask(aims)

    outcome = converge([SHUT], ask, lambda _: 8.0, time)[SHUT]
    pauses = [round(after - before - ROUND, 2) for before, after in itertools.pairwise(began)]
    assert pauses[:5] == [0.1, 0.2, 0.4, 0.8, 1.0]
    assert max(pauses) == 1.0
    assert not outcome.met
    assert outcome.answer.verdict is Verdict.ALLOWED
    assert 8.0 <= time.now < 9.5


def test_what_flaps_does_not_pass() -> None:
    """It is met in one round, but differs when the rest has come round and all has to hold."""
    time = Time(
        lambda aim, now: (
            (Verdict.ALLOWED if now > 1.2 else Verdict.DROPPED)
            if aim is SHUT
            else (Verdict.ALLOWED if now > 1.0 else Verdict.DROPPED)
        )
    )
    outcomes = run(time, OPEN, SHUT, until=3.0)
    assert outcomes[OPEN].met
    assert not outcomes[SHUT].met
    assert outcomes[SHUT].answer.verdict is Verdict.ALLOWED


def test_a_deadline_that_is_past_still_allows_one_round() -> None:
    time = Time(as_expected)
    assert run(time, OPEN, until=-5.0)[OPEN].met
    assert len(time.rounds) == 1


def test_an_error_is_waited_out_longer_than_a_difference() -> None:
    back = 5.0
    time = Time(lambda aim, now: Verdict.ERROR if now < back else as_expected(aim, now))
    outcome = run(time, SHUT, until=1.0)[SHUT]
    assert outcome.met
    assert outcome.since is not None
    assert outcome.since >= back


def test_an_error_that_lasts_stays_one() -> None:
    time = Time(lambda *_: Verdict.ERROR)
    outcome = run(time, SHUT, until=1.0)[SHUT]
    assert not outcome.met
    assert outcome.answer.verdict is Verdict.ERROR
    assert outcome.since is None
    assert time.now < 1.0 + TROUBLE_PATIENCE + 2


def test_nothing_to_dial_takes_no_round() -> None:
    time = Time(as_expected)
    assert run(time) == {}
    assert time.rounds == []

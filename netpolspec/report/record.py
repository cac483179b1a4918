"""A whole run, put together from its events: what the reports that are written at the end are made from."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from netpolspec.report.results import State, all_results, state_of_point, state_of_scenario
from netpolspec.run.events import BailedOut, RunEnded, RunStarted, ScenarioEnded, ScenarioStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from netpolspec.plan.model import Scenario
    from netpolspec.report.picture.scene import Scene
    from netpolspec.run.events import Event


@dataclass(slots=True)
class Record:
    """A run as far as it came; `add` takes the events in their order."""

    again: Callable[[Scenario], str | None] = lambda _scenario: None
    """The command that runs a scenario again; None where there is none, as for standard input."""
    veiled: Callable[[Scene], Scene] = lambda scene: scene
    """Hides what is sensitive in what is drawn."""
    folder: str = ""
    """What to put before relative paths where a reader starts at the repository's root; empty, or ends with `/`."""
    backend: str = "model"
    planned: tuple[Scenario, ...] = ()
    """Every scenario that was selected, in running order."""
    assumptions: tuple[str, ...] = ()
    terraform: tuple[tuple[str, str], ...] = ()
    """Each Terraform folder that was read, and who said what it means."""
    ended: list[ScenarioEnded] = field(default_factory=list)
    bailed_out: str | None = None
    """Why the run could not go on."""
    seconds: float = 0.0
    interrupted_by: str | None = None
    """The signal's name."""
    whole: bool = False
    """Whether the run was told to its end, be it an early one."""

    def add(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case RunStarted():
                self.backend, self.planned, self.assumptions = event.backend, event.scenarios, event.assumptions
                self.terraform = event.terraform
            case ScenarioStarted():
                pass
            case ScenarioEnded():
                self.ended.append(event)
            case BailedOut(reason=reason):
                self.bailed_out = self.bailed_out or reason
            case RunEnded(seconds=seconds, interrupted_by=number):
                self.seconds, self.whole = seconds, True
                self.interrupted_by = signal.Signals(number).name if number is not None else None
            case _:
                assert_never(event)

    @property
    def observes(self) -> bool:
        """Whether packets were sent."""
        return self.backend != "model"

    @property
    def missing(self) -> tuple[Scenario, ...]:
        """The scenarios that the run never came to."""
        told = {id(event.scenario) for event in self.ended}
        return tuple(scenario for scenario in self.planned if id(scenario) not in told)

    def count_scenarios(self) -> Counter[State]:
        """How many scenarios ended in which way."""
        return Counter(map(state_of_scenario, self.ended))

    def count_points(self) -> Counter[State]:
        """How many test points ended in which way."""
        return Counter(state_of_point(result, event) for event in self.ended for result in all_results(event))

    @property
    def good(self) -> bool:
        """Whether every expectation was met: the run came to its end and nothing failed."""
        states = self.count_scenarios()
        return self.whole and self.bailed_out is None and not (states[State.FAILED] or states[State.BROKEN])


def record(events: Iterable[Event], again: Callable[[Scenario], str | None] | None = None) -> Record:
    """The record of a whole run."""
    made = Record(again) if again is not None else Record()
    for event in events:
        made.add(event)
    return made

"""The pictures of the page: for as many scenarios as keep it small and quick, those that failed first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.plan.model import Change
from netpolspec.policy import assumptions
from netpolspec.policy.assumptions import Assumptions
from netpolspec.report.picture import svg
from netpolspec.report.picture.scene import scene_of_scenario
from netpolspec.report.results import State, state_of_scenario

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netpolspec.plan.model import Scenario
    from netpolspec.report.record import Record
    from netpolspec.run.events import ScenarioEnded

_MOST = 60
"""Pictures on a page."""
_MOST_RESOURCES = 80
_MOST_ACTORS, _MOST_ARROWS = 24, 80
"""What a picture can show so that somebody can read it."""


def pictures(record: Record) -> dict[int, str]:
    """SVG by the number of a scenario on the page, from 1."""
    drawn: dict[int, str] = {}
    settled = _settled(record.assumptions)
    order = sorted(enumerate(record.ended, start=1), key=lambda each: _urgency(each[1]))
    for number, event in order:
        if len(drawn) == _MOST:
            break
        if _size(event.scenario) <= _MOST_RESOURCES:
            scene = record.veiled(scene_of_scenario(event.scenario, settled))
            if scene.rooms and scene.actors <= _MOST_ACTORS and len(scene.arrows) <= _MOST_ARROWS:
                drawn[number] = svg.draw(scene, alone=False)
    return drawn


def _urgency(event: ScenarioEnded) -> int:
    return 0 if state_of_scenario(event) in {State.FAILED, State.BROKEN} else 1


def _size(scenario: Scenario) -> int:
    """How many objects its largest world has."""
    return max((len(step.world) for step in scenario.steps if isinstance(step, Change)), default=0)


def _settled(given: Iterable[str]) -> Assumptions:
    settled = Assumptions()
    for key, _, value in (each.partition("=") for each in given):
        if key in assumptions.KEYS and value in assumptions.choices(key):
            settled = settled.with_value(key, value)
    return settled

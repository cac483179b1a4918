"""When changes of policies took effect, as packets showed it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from netpolspec.plan.model import Change, Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.plan.model import World
    from netpolspec.run.events import ScenarioEnded
    from netpolspec.source import Span


@dataclass(frozen=True, slots=True)
class Effect:
    """A change of policies, and when it had taken effect."""

    scenario: str
    span: Span
    """The first expectation after it."""
    ms: int
    """Milliseconds from the change until the last of the points after it was as expected, and stayed so."""


def effects(ended: ScenarioEnded) -> Iterator[Effect]:
    """When each change of policies in a scenario took effect; those of which that cannot be said are left out."""
    if all(result.observed is None for result in ended.results):
        return  # the model alone was asked: worlds need not be looked through
    results = iter(ended.results)
    policies: frozenset[int] = frozenset()
    change: Change | None = None
    for step in ended.scenario.steps:
        match step:
            case Change():
                change = step
            case Check(points=points):
                seen = [each.observed for each in islice(results, len(points))]
                times = [each.converged_after_ms if each is not None else None for each in seen]
                now = _policies(change.world) if change is not None else policies
                known = [ms for ms in times if ms is not None]
                if change is not None and now != policies and known and len(known) == len(times):
                    yield Effect(ended.scenario.name, change.span, max(known))
                policies = now


def _policies(world: World) -> frozenset[int]:
    return frozenset(id(resource) for resource in world.values() if resource.is_policy)

"""Scenarios whose worlds do not touch can run side by side: a lane holds those that would disturb each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.plan.default_world import default_objects
from netpolspec.plan.model import Change, Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netpolspec.load.resource import Key
    from netpolspec.plan.model import Scenario, World

MOST = 4
"""Lanes at a time: the pods of all their worlds must find room in the cluster."""


def lanes(scenarios: Sequence[Scenario], most: int = MOST) -> tuple[tuple[Scenario, ...], ...]:
    """Divide scenarios so that those of different lanes can run at the same time.

    Two scenarios touch where one has something in a namespace that the other has, or asks about. Where a scenario has
    something of no namespace, such as a ClusterNetworkPolicy, all of them touch.

    Args:
        scenarios: in their order, prerequisites before their dependents
        most: how many lanes there may be

    Returns:
        The lanes; scenarios that touch are in one of them, in their order.
    """
    written = [_written(scenario) for scenario in scenarios]
    taken = {space for spaces in written for space in spaces or ()}
    groups: list[_Group] = []
    for scenario, own in zip(scenarios, written, strict=True):
        group = _Group((own or set()) | (_named(scenario) & taken), [scenario])
        for other in [each for each in groups if None in written or each.touches(group)]:
            groups.remove(other)
            group = _Group(other.spaces | group.spaces, other.scenarios + group.scenarios)
        groups.append(group)
    return _spread(scenarios, groups, most)


@dataclass(frozen=True, slots=True)
class _Group:
    """Scenarios that touch, be it by way of others."""

    spaces: set[str]
    scenarios: list[Scenario]

    def touches(self, other: _Group) -> bool:
        """Whether one of its scenarios touches, or is a prerequisite of, one of the other's."""
        before = {id(one) for scenario in other.scenarios for one in scenario.after}
        return not self.spaces.isdisjoint(other.spaces) or any(id(each) in before for each in self.scenarios)


def _spread(scenarios: Sequence[Scenario], groups: Sequence[_Group], most: int) -> tuple[tuple[Scenario, ...], ...]:
    """Groups to lanes, the next one always to the shortest."""
    order = {id(scenario): at for at, scenario in enumerate(scenarios)}
    sorted_ = [sorted(group.scenarios, key=lambda scenario: order[id(scenario)]) for group in groups]
    made: list[list[Scenario]] = []
    for group in sorted(sorted_, key=lambda group: order[id(group[0])]):
        if len(made) < most:
            made.append(group)
        else:
            min(made, key=len).extend(group)
    return tuple(map(tuple, made))


def _written(scenario: Scenario) -> set[str] | None:
    """The namespaces in which a scenario's world differs from what every cluster has; None: it has no borders."""
    spaces: set[str] = set()
    for world in (step.world for step in scenario.steps if isinstance(step, Change)):
        for key in _differing(world):
            if key.kind != "Namespace" and not key.namespace:
                return None
            spaces.add(key.namespace or key.name)
    return spaces


def _differing(world: World) -> Iterator[Key]:
    default = default_objects()
    yield from (key for key, resource in world.items() if default.get(key) is not resource)
    yield from (key for key in default if key not in world)


def _named(scenario: Scenario) -> set[str]:
    """The namespaces that its test points name."""
    points = (point for step in scenario.steps if isinstance(step, Check) for point in step.points)
    return {space for point in points for space in point.namespaces}

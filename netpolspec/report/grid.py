"""The test points of a scenario as matrices: a row for each source, a column for each destination."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.plan.model import Check
from netpolspec.report.results import all_results

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netpolspec.plan.model import Point
    from netpolspec.run.events import PointResult, ScenarioEnded
    from netpolspec.source import Span

_EMPTY_PER_FULL = 4
"""A matrix with so many more empty cells than full ones is hard to read: a list is better."""
_SMALL = 60
"""Cells of a matrix that may be as empty as it likes."""
_SEPARATOR = re.compile("[;\n]")


@dataclass(frozen=True, slots=True)
class Grid:
    """Points that stand together: they are probed in one world."""

    after: str
    """What happened to the world just before, as the spec says it; empty for the first."""
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    cells: Mapping[tuple[str, str], tuple[PointResult, ...]]

    @property
    def sparse(self) -> bool:
        """Whether it would be mostly holes."""
        size = len(self.sources) * len(self.destinations)
        return size > _SMALL and size > _EMPTY_PER_FULL * len(self.cells)

    @property
    def results(self) -> tuple[PointResult, ...]:
        """All of them, in the order in which their pairs come first."""
        return tuple(result for results in self.cells.values() for result in results)


def destination_of(point: Point) -> str:
    """A destination as a column's head says it."""
    return f"{point.destination_text} by name" if point.by_name else point.destination_text


def grids(event: ScenarioEnded) -> Iterator[Grid]:
    """One for each group of expectations that stand together; what happens between two is the second's `after`."""
    results = all_results(event)
    before: Span | None = None
    for step in event.scenario.steps:
        if isinstance(step, Check) and step.points:
            after = _between(before, step.points[0].span) if before is not None else ""
            yield _grid(after, [next(results) for _ in step.points])
            before = step.points[-1].span


def _between(before: Span, behind: Span) -> str:
    """The statements that change the world between two expectations."""
    text = before.source.text[before.end : behind.start] if before.source is behind.source else ""
    statements = (" ".join(part.split()) for part in _SEPARATOR.split(text.replace("\\\n", " ")))
    return "; ".join(part for part in statements if part.startswith(("when ", "given ")))


def _grid(after: str, results: list[PointResult]) -> Grid:
    cells: dict[tuple[str, str], list[PointResult]] = {}
    for result in results:
        cells.setdefault((result.point.source_text, destination_of(result.point)), []).append(result)
    sources, destinations = (tuple(dict.fromkeys(at[end] for at in cells)) for end in (0, 1))
    return Grid(after, sources, destinations, {at: tuple(each) for at, each in cells.items()})

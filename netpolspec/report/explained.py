"""A failed test point in words: the lines that reports as plain text have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.report.results import differing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.run.events import PointResult


def explained(result: PointResult) -> Iterator[str]:
    """What there is to say about a test point beyond its message, the most telling first; one line each."""
    if result.point.because is not None:
        yield f"because: {result.point.because}"
    if result.reason:
        yield f"reason: {result.reason}"
    yield from (f"decided by {decider} for {decider.direction}" for decider in result.decided_by)
    yield from (f"differs: {part}" for part in differing(result))
    yield from (f"hint: {hint}" for hint in result.hint)
    yield from (f"assuming {assumption}" for assumption in result.assumptions)
    observed = result.observed
    if observed is not None and observed.control is not None:
        yield f"control: {observed.control}"
    if result.probe is not None:
        yield f"to probe it by hand: {result.probe}"
    if observed is not None:
        yield from (f"evidence: {fact}" for fact in observed.evidence)

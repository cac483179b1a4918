"""What was expected against what the model says and what packets did: the result of a test point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.run.events import PointResult, Status
from netpolspec.run.judge import Found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.backends.base import Capabilities, Observation
    from netpolspec.plan.model import Point
    from netpolspec.run.judge import Judge, Opinion


def judged(
    judge: Judge, point: Point, observation: Observation | None, capabilities: Capabilities, *, strict: bool
) -> PointResult:
    """The result of a test point.

    Args:
        judge: the model of the world in which it was probed
        point: what is expected
        observation: what packets did; None where none was sent
        capabilities: whether the backend sends any
        strict: whether a point fails at which packets contradict the model
    """
    opinion = judge.judge(point)
    if observation is not None:
        status, message = _observed(point, opinion, observation, strict=strict)
    elif capabilities.observes:
        status, message = Status.SKIPPED, f"no packet can be sent from {point.source_text} here"
    else:
        status, message = _modelled(point, opinion)
    return PointResult(
        point,
        status,
        message,
        opinion.found,
        observation,
        opinion.decided_by,
        opinion.reason,
        opinion.assumptions,
        observation.differs if observation is not None else opinion.differs,
        observation.probe if observation is not None else None,
    )


def _modelled(point: Point, opinion: Opinion) -> tuple[Status, str]:
    """The model's answer alone is what is found."""
    if opinion.found == point.wanted:
        return Status.PASSED, ""
    return Status.FAILED, f"expected {point.wanted}, the model says {opinion.found}"


def _observed(point: Point, opinion: Opinion, observation: Observation, *, strict: bool) -> tuple[Status, str]:
    """What packets did is what is found; that the model says otherwise is a finding of its own."""
    if observation.verdict == "error":
        return Status.BROKEN, f"expected {point.wanted}, but the probe failed"
    contradicted = opinion.found in {Found.ALLOWED, Found.DENIED} and observation.counts_as != opinion.found
    if observation.counts_as != point.wanted:
        why = f" ({observation.control})" if observation.counts_as is None and observation.control else ""
        model = f"; the model says {opinion.found}" if contradicted else ""
        return Status.FAILED, f"expected {point.wanted}, observed {observation.verdict}{why}{model}"
    if contradicted and strict:
        return Status.FAILED, f"observed {observation.verdict} as expected, but the model says {opinion.found}"
    return Status.PASSED, ""


def worst(results: Sequence[PointResult]) -> Status:
    """How a scenario ends whose points ended so."""
    for status in (Status.BROKEN, Status.FAILED):
        if any(result.status is status for result in results):
            return status
    return Status.PASSED

"""The default backend: no cluster and no packet; what the semantics say is all that is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.backends.base import Capabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.backends.base import Observation
    from netpolspec.plan.model import Change, Point, Scenario


class ModelBackend:
    """Leaves everything to the model, which the runner asks anyway."""

    name = "model"

    def prepare(self, scenarios: Sequence[Scenario]) -> Capabilities:  # noqa: ARG002 - the protocol's shape
        """Nothing to get ready, and nothing that a model lacks."""
        return Capabilities(missing={}, observes=False)

    def apply(self, change: Change, points: Sequence[Point]) -> None:
        """The plan's world is the world."""

    def probe(self, points: Sequence[Point]) -> Sequence[Observation | None]:
        """No packet is sent."""
        return [None] * len(points)

    def close(self) -> None:
        """Nothing was created."""

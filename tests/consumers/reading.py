"""What a TAP consumer made of a text: the one form in which the tests compare consumers that differ."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Point:
    """A test point; `ok` is the word that was written, whatever SKIP or TODO make of it."""

    ok: bool
    number: int
    name: str
    skip: str | None
    todo: str | None
    diagnostics: Mapping[str, object] | None
    children: tuple[Point, ...]
    """The points of its subtest, in a consumer that reads subtests."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a consumer made of one TAP text."""

    program: str
    """The consumer and its version, as it states them."""
    passed: bool
    """Would a CI job that trusts this consumer be green?"""
    version: int | None
    planned: int | None
    skipped: str | None
    """The reason in `1..0 # SKIP reason`."""
    bail_out: str | None
    points: tuple[Point, ...]
    errors: tuple[str, ...]
    """What the consumer objects to in the form of the text."""

    def count(self) -> dict[str, int]:
        """How many points there are of each outcome at the top; TODO counts as such whether it is met or not."""
        counts = {"passed": 0, "failed": 0, "skip": 0, "todo": 0}
        for point in self.points:
            if point.skip is not None:
                counts["skip"] += 1
            elif point.todo is not None:
                counts["todo"] += 1
            else:
                counts["passed" if point.ok else "failed"] += 1
        return counts

    def names(self) -> tuple[str, ...]:
        """The names of the points at the top."""
        return tuple(point.name for point in self.points)


class Consumer(Protocol):
    """Something that reads TAP and tells a CI job whether it passed."""

    reads_subtests: bool

    def read(self, tap: str) -> Reading:
        """Has the consumer read a whole TAP text."""
        ...


def decode_reading(text: str, *, passed: bool | None = None) -> Reading:
    """Decodes what read.pl and read.cjs print; `passed` is for the one that leaves it to prove's exit status."""
    found: dict[str, Any] = json.loads(text)
    return Reading(
        program=found["program"],
        passed=found["passed"] if passed is None else passed,
        version=found["version"],
        planned=found["planned"],
        skipped=found["skipped"],
        bail_out=found["bail_out"],
        points=tuple(_decode_point(point) for point in found["points"]),
        errors=tuple(found["errors"]),
    )


def _decode_point(found: dict[str, Any]) -> Point:
    return Point(
        ok=found["ok"],
        number=found["number"],
        name=found["name"],
        skip=found["skip"],
        todo=found["todo"],
        diagnostics=found.get("diagnostics"),
        children=tuple(_decode_point(child) for child in found.get("children", ())),
    )

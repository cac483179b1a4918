"""What a TAP consumer made of a text: the one form in which the tests compare consumers that differ."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Point:
    """A test point; `ok` is the word that was written, whatever SKIP or TODO make of it."""

    ok: bool
    number: int
    name: str
    skip: str | None
    todo: str | None
    diagnostics: Mapping[str, Any] | None
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


@dataclass(frozen=True, slots=True)
class Consumer:
    """Something that reads TAP; `command` starts it on a list of texts, as read.pl and read.cjs take and give them."""

    command: tuple[str | Path, ...]
    reads_subtests: bool

    def read(self, tap: str) -> Reading:
        """Has the consumer read a whole TAP text."""
        return self.read_all([tap])[0]

    def read_all(self, taps: Sequence[str]) -> tuple[Reading, ...]:
        """Has the consumer read several texts, which costs hardly more than one: it is the start that takes time."""
        reader = subprocess.run(
            self.command, input=json.dumps(taps), capture_output=True, encoding="utf-8", check=False
        )
        assert reader.returncode == 0, f"the consumer died: {reader.stderr}"
        return tuple(_decode_reading(found) for found in json.loads(reader.stdout))


def _decode_reading(found: dict[str, Any]) -> Reading:
    return Reading(**found | {"points": _decode_points(found["points"]), "errors": tuple(found["errors"])})


def _decode_points(found: list[dict[str, Any]]) -> tuple[Point, ...]:
    absent = {"diagnostics": None}
    return tuple(Point(**absent | point | {"children": _decode_points(point.get("children", []))}) for point in found)

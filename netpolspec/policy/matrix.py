"""Every pair of kinds of pods, and of pods and address ranges, answered at once.

Kinds whose rows and columns are equal become one class; classes are few where kinds are many. A pair's answer is the
meeting of the source's egress row with the destination's ingress row, looked up in a table of the few combinations
that there are.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

from netpolspec.policy.addresses import possible_families
from netpolspec.policy.index import Outcome, agreed, joined
from netpolspec.policy.objects import Direction
from netpolspec.policy.spread import grouped, pick, spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netpolspec.policy.index import Index
    from netpolspec.policy.rows import Subject


_CODE = "I"


class Outcomes:
    """Numbers for outcomes, so that a matrix holds numbers."""

    def __init__(self, full: int) -> None:
        self._full = full
        self._numbers: dict[tuple[int, int], int] = {}
        self.known: list[Outcome] = []
        self._met: dict[frozenset[int], int] = {}

    def number(self, outcome: Outcome) -> int:
        """The number of an outcome."""
        key = (outcome.allowed, outcome.denied)
        number = self._numbers.setdefault(key, len(self.known))
        if number == len(self.known):
            self.known.append(Outcome(*key))
        return number

    def meet(self, numbers: Iterable[int]) -> int:
        """The number of what several outcomes have in common."""
        wanted = frozenset(numbers)
        found = self._met.get(wanted)
        if found is None:
            found = self._met[wanted] = self.number(agreed((self.known[number] for number in wanted), self._full))
        return found


class _Side(NamedTuple):
    """One direction, in one reading of the family: for each distinct subject a row of states."""

    of_kind: list[int]
    """By kind, the index of its row."""
    rows: list[array[int]]
    """For each position (kinds, then ranges), the number of a state."""


class _Joining(dict[tuple[int, int], int]):
    """From the states of both ends to the number of an outcome, worked out when first met."""

    def __init__(self, states: list[tuple[int, int]], outcomes: Outcomes) -> None:
        super().__init__()
        self._states = states
        self._outcomes = outcomes

    def __missing__(self, key: tuple[int, int]) -> int:
        number = self._outcomes.number(joined(self._states[key[0]], self._states[key[1]]))
        self[key] = number
        return number


class Matrix:
    """Answers between classes of kinds and ranges. Positions are those of the index' universe."""

    def __init__(self, index: Index, outcomes: Outcomes, ranges: int) -> None:
        """Answer everything.

        Args:
            index: the compiled cluster.
            outcomes: takes the outcomes that occur.
            ranges: how many of the address ranges, from the first, are to be answered for.
        """
        self._index = index
        self._outcomes = outcomes
        self._kinds = len(index.universe.kinds)
        self._width = self._kinds + len(index.addresses.ranges)
        self._states: list[tuple[int, int]] = []
        self._state_numbers: dict[tuple[int, int], int] = {}
        self._free = self._state((index.ports.full, 0))
        self._joining = _Joining(self._states, outcomes)
        self.never = outcomes.number(Outcome(0, index.ports.full))
        families = set(index.families)
        views = {view for one in families for other in families for view in possible_families(one, other)} or {None}
        self._views = sorted(views, key=lambda view: view or 0)
        self._sides = {
            (view, direction): self._side(direction, view) for view in self._views for direction in Direction
        }
        self.class_of, self._firsts = self._classes(self._kinds + ranges)
        self.first_outside = sum(position < self._kinds for position in self._firsts)
        """The number of the first class of ranges; all after it are."""
        self._finished = [i for i, position in enumerate(self._firsts) if self._is_finished(position)]
        self.rows = [array(_CODE, row) for row in self._all_rows()]
        """For each class, the numbers of the outcomes with every class as destination."""

    def first(self, number: int) -> int:
        """A position that is in a class."""
        return self._firsts[number]

    def _state(self, state: tuple[int, int]) -> int:
        number = self._state_numbers.setdefault(state, len(self._states))
        if number == len(self._states):
            self._states.append(state)
        return number

    def _side(self, direction: Direction, view: int | None) -> _Side:
        index = self._index
        numbers: dict[Subject, int] = {}
        of_kind = []
        rows: list[array[int]] = []
        for kind in range(self._kinds):
            subject = index.subject(direction, kind)
            number = numbers.setdefault(subject, len(numbers))
            if number == len(rows):
                row = index.rows.row(subject, view)
                states = [self._state((group.may_allow, group.may_deny)) for group in row]
                positions = spread([group.members for group in row], self._width)
                rows.append(array(_CODE, map(states.__getitem__, positions)))
            of_kind.append(number)
        merged, firsts = grouped(row.tobytes() for row in rows)
        return _Side([merged[number] for number in of_kind], [rows[first] for first in firsts])

    def _classes(self, count: int) -> tuple[list[int], list[int]]:
        """Positions with equal rows and equal columns are one class."""
        columns = [
            grouped(array(_CODE, column).tobytes() for column in zip(*side.rows, strict=True))[0]
            for side in self._sides.values()
            if side.rows
        ]
        keys = []
        for position in range(count):
            key: list[object] = [column[position] for column in columns]
            if position < self._kinds:
                kind = self._index.universe.kinds[position]
                key += [side.of_kind[position] for side in self._sides.values()]
                key += [self._index.families[position], kind.finished]
            else:
                key.append(self._index.addresses.ranges[position - self._kinds].first.version)
            keys.append(tuple(key))
        return grouped(keys)

    def _all_rows(self) -> Iterator[list[int]]:
        """For each class as source, the outcomes to every class."""
        for source, *readings in zip(self._firsts, *map(self._rows_in, self._views), strict=True):
            if self._is_finished(source):
                yield [self.never] * len(self._firsts)
                continue
            row = readings[0]
            if len(readings) > 1:
                by_view = dict(zip(self._views, readings, strict=True))
                row = [
                    self._outcomes.meet(by_view[view][i] for view in self._families(source, destination))
                    for i, destination in enumerate(self._firsts)
                ]
            for i in self._finished:
                row[i] = self.never
            yield row

    def _is_finished(self, position: int) -> bool:
        return bool(self._index.universe.finished >> position & 1)

    def _families(self, source: int, destination: int) -> tuple[int | None, ...]:
        if source >= self._kinds or destination >= self._kinds:
            return (self._views[0],)  # a range's family is its own, whatever is taken for the pod's
        return possible_families(self._index.families[source], self._index.families[destination])

    def _rows_in(self, view: int | None) -> Iterator[list[int]]:
        """For each class as source, the outcomes to every class, in one reading of the family."""
        egress, ingress = self._sides[view, Direction.EGRESS], self._sides[view, Direction.INGRESS]
        inside, outside = self._firsts[: self.first_outside], len(self._firsts) - self.first_outside
        free = [self._free] * len(self._firsts)
        leaving = [pick(self._firsts, row) for row in egress.rows]
        wanted = [ingress.of_kind[position] for position in inside]
        columns = zip(*ingress.rows, strict=True) if ingress.rows else ((),) * self._width
        sources = set(self._firsts)
        join = self._joining.__getitem__
        for position, column in enumerate(columns):
            if position not in sources:
                continue
            arriving = pick(wanted, column)
            if position < self._kinds:
                both = zip(leaving[egress.of_kind[position]], (*arriving, *free[:outside]), strict=True)
                yield list(map(join, both))
            else:
                row = list(map(join, zip(free[: len(inside)], arriving, strict=True)))
                yield row + [self.never] * outside  # nothing inside is between two ranges

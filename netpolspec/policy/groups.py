"""Members made of several kinds of pods: workloads whose pods differ, and who shares a node with whom."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

from netpolspec.policy.spread import grouped, pick

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netpolspec.policy.index import Index
    from netpolspec.policy.matrix import Matrix, Outcomes


class Part(NamedTuple):
    """Some pods of a member."""

    number: int
    """Their class in the matrix."""
    host: bool
    """Whether NetworkPolicy sees them as nodes."""
    node: str | None
    """The node that they run on, where it matters: policies do not come between a node and its own pods."""


class Grouping:
    """Members with equal parts as groups, with the answers between groups; ranges outside are the last groups."""

    def __init__(self, index: Index, matrix: Matrix, outcomes: Outcomes, members: Sequence[frozenset[Part]]) -> None:
        self._index = index
        self._matrix = matrix
        self._outcomes = outcomes
        self.group_of, firsts = grouped(members)
        """For each member, its group."""
        self._groups = [members[first] for first in firsts]
        ranges = range(matrix.first_outside, len(matrix.rows))
        self.outside = len(ranges)
        """How many groups, at the end, are ranges outside."""
        self._classes = [tuple({part.number for part in parts}) for parts in self._groups]
        self._classes += [(number,) for number in ranges]
        self._singles = [classes[0] for classes in self._classes]
        self._several = [i for i, classes in enumerate(self._classes) if len(classes) > 1]
        self.rows = [self._row(classes) for classes in self._classes]
        """For each group as source, for each as destination: the number of an outcome."""
        self._same_node: dict[tuple[int, int], int] = {}
        self._mind_nodes()

    def _row(self, sources: tuple[int, ...]) -> array[int]:
        rows = [self._matrix.rows[number] for number in sources]
        if len(rows) == 1:
            over: Sequence[int] = rows[0]
        else:
            over = [self._outcomes.meet(numbers) for numbers in zip(*rows, strict=True)]
        row = array("I", pick(self._singles, over))
        for i in self._several:
            row[i] = self._outcomes.meet(over[number] for number in self._classes[i])
        return row

    def _mind_nodes(self) -> None:
        """Settle the pairs of which one is on a node as a part of it, and the other a pod of that node."""
        hosts = [i for i, parts in enumerate(self._groups) if any(part.host and part.node for part in parts)]
        guests = [i for i, parts in enumerate(self._groups) if any(not part.host and part.node for part in parts)]
        for host in hosts:
            nodes: dict[int, set[str | None]] = {}
            for part in self._groups[host]:
                nodes.setdefault(part.number, set()).add(part.node if part.host else None)
            for guest in guests:
                pairs = list(_pairs(nodes, self._groups[guest]))
                if any(same for _, _, same in pairs):
                    self.rows[host][guest] = self._outcomes.meet(
                        self._answer(one, two, same) for one, two, same in pairs
                    )
                    self.rows[guest][host] = self._outcomes.meet(
                        self._answer(two, one, same) for one, two, same in pairs
                    )

    def _answer(self, source: int, destination: int, same_node: bool) -> int:  # noqa: FBT001 - a fact, no switch
        if not same_node:
            return self._matrix.rows[source][destination]
        number = self._same_node.get((source, destination))
        if number is None:
            kinds = self._matrix.first(source), self._matrix.first(destination)
            number = self._outcomes.number(self._index.between(*kinds, own_node=True))
            self._same_node[source, destination] = number
        return number


def _pairs(nodes: dict[int, set[str | None]], guests: Iterable[Part]) -> Iterable[tuple[int, int, bool]]:
    """The pairs of classes between a host and a guest that there are, and whether they are on one node."""
    for number, there in nodes.items():
        for guest in guests:
            if guest.node is not None and guest.node in there:
                yield number, guest.number, True
            if there - {guest.node} or guest.node is None:
                yield number, guest.number, False

"""Ports as bits: all ports of all protocols, cut where any policy cuts them.

Two ports of one protocol that no rule tells apart share a bit, so a set of ports is one int, whatever its size.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.policy.objects import Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netpolspec.policy.objects import PortMatch

FIRST, LAST = 1, 65535

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Inclusive, sorted, neither touching nor overlapping."""


class PortSpace:
    """The cuts of one cluster's policies."""

    def __init__(self, matches: Iterable[PortMatch], named: Iterable[tuple[Protocol, int]]) -> None:
        """Cut the ports.

        Args:
            matches: every item of `ports` of every rule.
            named: the protocols and numbers that named ports may stand for.
        """
        cuts: dict[Protocol, set[int]] = {protocol: {FIRST} for protocol in Protocol}
        for match in matches:
            if isinstance(match.port, int):
                for protocol in Protocol if match.protocol is None else (match.protocol,):
                    cuts[protocol] |= {match.port, (match.end or match.port) + 1}
        for protocol, number in named:
            cuts[protocol] |= {number, number + 1}
        self._starts: dict[Protocol, list[int]] = {}
        self._offset: dict[Protocol, int] = {}
        size = 0
        for protocol in Protocol:
            self._starts[protocol] = sorted(cut for cut in cuts[protocol] if cut <= LAST)
            self._offset[protocol] = size
            size += len(self._starts[protocol])
        self.full = (1 << size) - 1
        """Every port of every protocol."""
        self._bits: dict[tuple[int, int], int] = {}

    def bit(self, protocol: Protocol, port: int) -> int:
        """The set that holds one port, and those that no policy tells from it."""
        key = (id(protocol), port)  # there is one object for each protocol, and hashing it is slow
        found = self._bits.get(key)
        if found is None:
            found = self._bits[key] = 1 << (self._offset[protocol] + bisect_right(self._starts[protocol], port) - 1)
        return found

    def between(self, protocol: Protocol, first: int, last: int) -> int:
        """A range, both ends included."""
        low, high = self.bit(protocol, first), self.bit(protocol, last)
        return (high << 1) - low

    def covered(self, match: PortMatch, named: Mapping[str, tuple[tuple[Protocol, int], ...]]) -> int:
        """The ports that one item of `ports` is for, on a destination with these named ports."""
        protocols = tuple(Protocol) if match.protocol is None else (match.protocol,)
        covered = 0
        if isinstance(match.port, str):
            for protocol, number in named.get(match.port, ()):
                if protocol in protocols:
                    covered |= self.bit(protocol, number)
            return covered
        for protocol in protocols:
            if match.port is None:
                covered |= self.between(protocol, FIRST, LAST)
            else:
                covered |= self.between(protocol, match.port, match.end or match.port)
        return covered

    def ranges(self, ports: int) -> dict[Protocol, Ranges]:
        """A set of ports as ranges, for every protocol."""
        found = {}
        for protocol in Protocol:
            starts, offset = self._starts[protocol], self._offset[protocol]
            merged: list[tuple[int, int]] = []
            for i, start in enumerate(starts):
                if not ports >> (offset + i) & 1:
                    continue
                end = starts[i + 1] - 1 if i + 1 < len(starts) else LAST
                if merged and merged[-1][1] == start - 1:
                    merged[-1] = (merged[-1][0], end)
                else:
                    merged.append((start, end))
            found[protocol] = tuple(merged)
        return found

    def samples(self) -> list[tuple[Protocol, int]]:
        """One port of each kind that the policies tell apart."""
        return [(protocol, start) for protocol in Protocol for start in self._starts[protocol]]

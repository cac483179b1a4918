"""The part of a reachability that was asked for: some sources, some destinations, one port or all."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from netpolspec.policy.decide import Reachable
from netpolspec.policy.objects import Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netpolspec.policy.portspace import Ranges
    from netpolspec.policy.reach import Reach

ALL = ((1, 65535),)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a view is restricted to; empty patterns restrict nothing.

    A pattern is a member's name (`shop/web`, `ip:0.0.0.0-9.255.255.255`), a namespace (`shop`), or a glob over names.
    """

    sources: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()
    """Pairs of which at least one end matches."""
    port: tuple[Protocol, int] | None = None


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a member is meant by one of the patterns."""
    return any(pattern in (name, name.partition("/")[0]) or fnmatchcase(name, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Group:
    """The members of one class that a view shows, at one end or both."""

    number: int
    members: tuple[str, ...]
    outside: bool


@dataclass(frozen=True)
class View:
    """A reachability, seen through what was asked."""

    reach: Reach
    asked: Asked

    @cached_property
    def sources(self) -> tuple[Group, ...]:
        """The classes that have sources to show, with those members."""
        return self._groups(self.asked.sources)

    @cached_property
    def destinations(self) -> tuple[Group, ...]:
        """The classes that have destinations to show, with those members."""
        return self._groups(self.asked.destinations)

    def _groups(self, patterns: tuple[str, ...]) -> tuple[Group, ...]:
        groups = []
        for one in self.reach.classes:
            members = tuple(name for name in one.members if not patterns or matches(name, patterns))
            if members:
                groups.append(Group(one.number, members, one.outside))
        return tuple(groups)

    @cached_property
    def workloads(self) -> tuple[str, ...]:
        """Everybody inside that the view shows, sorted."""
        shown = {name for group in (*self.sources, *self.destinations) if not group.outside for name in group.members}
        return tuple(sorted(shown))

    @cached_property
    def focus(self) -> frozenset[str] | None:
        """The members in focus; None: all."""
        if not self.asked.focus:
            return None
        names = (name for one in self.reach.classes for name in one.members)
        return frozenset(name for name in names if matches(name, self.asked.focus))

    @cached_property
    def answers(self) -> tuple[Reachable, ...]:
        """The distinct answers, restricted to the port."""
        port = self.asked.port
        if port is None:
            return self.reach.answers
        return tuple(Reachable(_only(one.allowed, port), _only(one.undecided, port)) for one in self.reach.answers)

    def answer(self, source: int, destination: int) -> int:
        """The index into `answers` for two classes."""
        return self.reach.rows[source][destination]

    def pairs(self) -> Iterator[tuple[str, str, Reachable]]:
        """Every ordered pair of different members, one of them inside."""
        for source in self.sources:
            for destination in self.destinations:
                if source.outside and destination.outside:
                    continue
                answer = self.answers[self.answer(source.number, destination.number)]
                for one in source.members:
                    for other in destination.members:
                        if one != other and (self.focus is None or one in self.focus or other in self.focus):
                            yield one, other, answer

    @property
    def whole(self) -> tuple[tuple[Protocol, Ranges], ...]:
        """What "everything" is here: all ports of all protocols, or the one port that was asked for."""
        if self.asked.port is not None:
            protocol, number = self.asked.port
            return ((protocol, ((number, number),)),)
        return tuple((protocol, ALL) for protocol in Protocol)


def _only(ports: Mapping[Protocol, Ranges], port: tuple[Protocol, int]) -> dict[Protocol, Ranges]:
    protocol, number = port
    found = any(first <= number <= last for first, last in ports.get(protocol, ()))
    return {one: ((number, number),) if found and one is protocol else () for one in Protocol}


def is_empty(ports: Mapping[Protocol, Ranges]) -> bool:
    """Whether no port is among them."""
    return not any(ports.values())


def describe(ports: Mapping[Protocol, Ranges], whole: tuple[tuple[Protocol, Ranges], ...]) -> str:
    """Ports in words: `all`, `none`, `TCP 80,9000-9010 UDP all`."""
    if is_empty(ports):
        return "none"
    if all(ports.get(protocol, ()) == ranges for protocol, ranges in whole):
        return "all"
    return " ".join(f"{protocol} {shown(ranges)}" for protocol, ranges in ports.items() if ranges)


def shown(ranges: Ranges) -> str:
    """Ranges of one protocol: `80,9000-9010`, or `all`."""
    if ranges == ALL:
        return "all"
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)

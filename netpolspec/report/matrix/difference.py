"""What a change opens and what it closes: two reachabilities, compared pair by pair and told class by class."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.policy.objects import Protocol
from netpolspec.report.matrix.view import ALL, describe, is_empty, matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from netpolspec.policy.decide import Reachable
    from netpolspec.policy.portspace import Ranges
    from netpolspec.report.matrix.view import View

Ports: TypeAlias = "Mapping[Protocol, Ranges]"
_WHOLE = tuple((protocol, ALL) for protocol in Protocol)
_NOTHING: Ports = dict.fromkeys(Protocol, ())


@dataclass(frozen=True, slots=True)
class Change:
    """Ports that are open after a change and were not before, or the other way round, between alike members.

    What is undecided counts as open: it may be.
    """

    opened: bool
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    ports: Ports


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes; `added` and `removed` are members that only one side has."""

    changes: tuple[Change, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Side:
    view: View
    number_of: Mapping[str, int]
    spans: tuple[tuple[int, int, int, int], ...]
    """Of the ranges outside: family, first, last, class."""

    def open_between(self, source: int | None, destination: int | None) -> Ports:
        """The ports that are open, or may be, between members of two classes; none where one is not there."""
        if source is None or destination is None:
            return _NOTHING
        answer: Reachable = self.view.answers[self.view.answer(source, destination)]
        if is_empty(answer.undecided):
            return answer.allowed
        return {p: _union(answer.allowed.get(p, ()), answer.undecided.get(p, ())) for p in Protocol}


def compare(before: View, after: View) -> Difference:
    """What the second reachability opens and closes in comparison with the first."""
    sides = (_side(before), _side(after))
    joint: dict[tuple[int | None, int | None], list[str]] = {}
    inside = dict.fromkeys([*sides[0].number_of, *sides[1].number_of])
    for name in inside:
        joint.setdefault((sides[0].number_of.get(name), sides[1].number_of.get(name)), []).append(name)
    outside: dict[tuple[int | None, int | None], list[str]] = {}
    for label, numbers in _common_ranges(*sides):
        outside.setdefault(numbers, []).append(label)
    groups = [(numbers, tuple(sorted(names)), False) for numbers, names in joint.items()]
    groups += [(numbers, tuple(names), True) for numbers, names in outside.items()]
    changes = tuple(_changes(sides, groups))
    added = tuple(sorted(name for name in sides[1].number_of if name not in sides[0].number_of))
    removed = tuple(sorted(name for name in sides[0].number_of if name not in sides[1].number_of))
    return Difference(changes, added, removed)


def _side(view: View) -> _Side:
    numbers: dict[str, int] = {}
    spans = []
    for one in view.reach.classes:
        for name in one.members:
            if one.outside:
                first, _, last = name.removeprefix("ip:").partition("-")
                spans.append((ip_address(first).version, int(ip_address(first)), int(ip_address(last)), one.number))
            else:
                numbers[name] = one.number
    return _Side(view, numbers, tuple(sorted(spans)))


def _common_ranges(one: _Side, other: _Side) -> Iterator[tuple[str, tuple[int | None, int | None]]]:
    """The ranges that both sides together tell apart, with their classes on each."""
    for family in (4, 6):
        sides = [[span for span in side.spans if span[0] == family] for side in (one, other)]
        cuts = sorted({cut for spans in sides for _, first, last, _ in spans for cut in (first, last + 1)})
        kind = type(ip_address("0.0.0.0" if family == 4 else "::"))  # noqa: PLR2004, S104 - a type, nothing is bound
        for first, end in itertools.pairwise(cuts):
            found = [next((number for _, low, high, number in spans if low <= first <= high), None) for spans in sides]
            yield f"ip:{kind(first)}-{kind(end - 1)}", (found[0], found[1])


def _changes(
    sides: tuple[_Side, _Side], groups: list[tuple[tuple[int | None, int | None], tuple[str, ...], bool]]
) -> Iterator[Change]:
    for source, names, source_outside in groups:
        for destination, others, outside in groups:
            if (source_outside and outside) or (names == others and len(names) == 1):
                continue
            before, after = (sides[n].open_between(source[n], destination[n]) for n in (0, 1))
            for opened, more, less in ((True, after, before), (False, before, after)):
                ports = {p: _minus(more.get(p, ()), less.get(p, ())) for p in Protocol}
                if not is_empty(ports):
                    yield Change(opened, names, others, ports)


def _union(one: Ranges, other: Ranges) -> Ranges:
    merged: list[tuple[int, int]] = []
    for first, last in sorted((*one, *other)):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _minus(one: Ranges, other: Ranges) -> Ranges:
    """The ports of one that are not in the other."""
    left = list(one)
    for first, last in other:
        cut = []
        for low, high in left:
            if high < first or low > last:
                cut.append((low, high))
                continue
            if low < first:
                cut.append((low, first - 1))
            if high > last:
                cut.append((last + 1, high))
        left = cut
    return tuple(left)


@dataclass(frozen=True, slots=True)
class Allowance:
    """One line of `--allow-open`: `SOURCE -> DESTINATION[:PORT[/PROTO]]`, patterns as in `Asked`; `*` for anybody."""

    source: str
    destination: str
    port: tuple[Protocol, int] | None

    @classmethod
    def parse(cls, text: str) -> Allowance:
        """Read an allowance.

        Raises:
            ValueError: it has another form; the message says which one is due.
        """
        source, arrow, rest = (part.strip() for part in text.partition("->"))
        destination, colon, port = rest.partition(":") if not rest.startswith("ip:") else (rest, "", "")
        number, _, protocol = port.partition("/")
        protocol = (protocol or "tcp").upper()
        whole = arrow and source and destination
        if not whole or (colon and not (number.isdecimal() and protocol in Protocol.__members__)):
            message = f"'{text}' is not of the form 'SOURCE -> DESTINATION[:PORT[/PROTO]]'"
            raise ValueError(message)
        return cls(source, destination, (Protocol[protocol], int(number)) if colon else None)

    def takes(self, source: str, destination: str, ports: Ports) -> Ports:
        """What is left of ports that a pair opens after this allowance."""
        if not (matches(source, (self.source,)) and matches(destination, (self.destination,))):
            return ports
        if self.port is None:
            return _NOTHING
        protocol, number = self.port
        return {p: _minus(ranges, ((number, number),)) if p is protocol else ranges for p, ranges in ports.items()}


def not_allowed(difference: Difference, allowances: Iterable[Allowance]) -> tuple[Change, ...]:
    """What is opened without an allowance, pair by pair where a class is only allowed in part."""
    allowed = tuple(allowances)
    found = []
    for change in difference.changes:
        if not change.opened:
            continue
        if not allowed:
            found.append(change)
            continue
        for source in change.sources:
            for destination in change.destinations:
                if source == destination:
                    continue
                ports = change.ports
                for allowance in allowed:
                    ports = allowance.takes(source, destination, ports)
                if not is_empty(ports):
                    found.append(Change(True, (source,), (destination,), ports))  # noqa: FBT003 - a record
    return tuple(found)


def write_difference(difference: Difference, refused: tuple[Change, ...], *, color: bool) -> Iterator[str]:
    """A line for each change, `+` opened and `-` closed; an exclamation mark where no allowance covers an opening."""
    for sign, names, word in (("+", difference.added, "new"), ("-", difference.removed, "gone")):
        for name in names:
            yield f"  {sign} {name} is {word}\n"
    pairs = {(one, other) for change in refused for one in change.sources for other in change.destinations}
    for change in difference.changes:
        told = change.opened and any((one, other) in pairs for one in change.sources for other in change.destinations)
        sign = "+" if change.opened else "-"
        line = f"{'!' if told else ' '} {sign} {_names(change.sources)} -> {_names(change.destinations)}  "
        line += ("opens" if change.opened else "closes") + f" {describe(change.ports, _WHOLE)}"
        yield (f"\x1b[{'32' if not change.opened else '31' if told else '33'}m{line}\x1b[0m" if color else line) + "\n"
    if not difference.changes:
        yield "no difference\n"


def _names(names: tuple[str, ...]) -> str:
    most = 3
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def write_difference_json(difference: Difference, refused: tuple[Change, ...]) -> Iterator[str]:
    """A difference as JSON."""
    yield json.dumps(as_document(difference, refused), indent=1) + "\n"


def as_document(difference: Difference, refused: tuple[Change, ...]) -> dict[str, object]:
    """`{"opened": [...], "closed": [...], "not_allowed": [...], "added": [...], "removed": [...]}`."""

    def told(changes: Iterable[Change]) -> list[dict[str, object]]:
        return [
            {
                "sources": change.sources,
                "destinations": change.destinations,
                "ports": {protocol.value: change.ports.get(protocol, ()) for protocol in Protocol},
            }
            for change in changes
        ]

    return {
        "opened": told(change for change in difference.changes if change.opened),
        "closed": told(change for change in difference.changes if not change.opened),
        "not_allowed": told(refused),
        "added": difference.added,
        "removed": difference.removed,
    }

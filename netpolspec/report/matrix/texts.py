"""Reachability for programs: JSON, JSON by classes, a summary in numbers, CSV. All are streamed."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from netpolspec.policy.objects import Protocol
from netpolspec.report.matrix.view import describe, is_empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netpolspec.policy.decide import Reachable
    from netpolspec.policy.portspace import Ranges
    from netpolspec.report.matrix.view import View

_CHUNK = 1 << 16


def write_json(view: View) -> Iterator[str]:
    """`{"workloads": [...], "pairs": [{"source", "destination", "allowed", "undecided"?}, ...]}`, in pieces.

    A million pairs are made of few distinct texts: the end of a pair is made once for each destination and class of
    sources, and the pairs of one source are one join.
    """
    yield f'{{"workloads": {json.dumps(view.workloads)},\n "pairs": ['
    answers = [_answer(answer) for answer in view.answers]
    separator = "\n"
    pending: list[str] = []
    size = 0
    for source in view.sources:
        names: list[str] = []
        ends: list[str] = []
        for destination in view.destinations:
            if source.outside and destination.outside:
                continue
            answer = answers[view.answer(source.number, destination.number)]
            names += destination.members
            ends += [f"{json.dumps(name)}{answer}" for name in destination.members]
        places = {name: n for n, name in enumerate(names)}
        in_focus = None if view.focus is None else [n for n, name in enumerate(names) if name in view.focus]
        for name in source.members:
            own = places.get(name, -1)
            if in_focus is not None and name not in (view.focus or ()):
                chosen = [ends[n] for n in in_focus if n != own]
            else:
                chosen = ends if own < 0 else ends[:own] + ends[own + 1 :]
            if not chosen:
                continue
            head = f'  {{"source": {json.dumps(name)}, "destination": '
            text = separator + head + (",\n" + head).join(chosen)
            separator = ",\n"
            pending.append(text)
            size += len(text)
            if size > _CHUNK:
                yield "".join(pending)
                pending, size = [], 0
    yield "".join(pending) + "]}\n"


def _answer(answer: Reachable) -> str:
    """The end of a pair, from its destination on."""
    text = f', "allowed": {_ports(answer.allowed)}'
    if not is_empty(answer.undecided):
        text += f', "undecided": {_ports(answer.undecided)}'
    return text + "}"


def _ports(ports: Mapping[Protocol, Ranges]) -> str:
    return json.dumps({protocol.value: ports.get(protocol, ()) for protocol in Protocol})


def write_classes(view: View) -> Iterator[str]:
    """`{"classes": [{"id", "members"}], "pairs": [{"source": id, "destination": id, "allowed"}]}`.

    All members of a class answer alike. A class has a pair with itself where it has several members.
    """
    groups = {group.number: set(group.members) for group in view.sources}
    for group in view.destinations:
        groups.setdefault(group.number, set()).update(group.members)
    listed = ",\n  ".join(json.dumps({"id": number, "members": sorted(groups[number])}) for number in sorted(groups))
    yield f'{{"classes": [\n  {listed}],\n "pairs": ['
    answers = [_answer(answer) for answer in view.answers]
    separator = "\n  "
    for source in view.sources:
        lines = []
        for destination in view.destinations:
            if source.outside and destination.outside:
                continue
            if source.number == destination.number and len(groups[source.number]) == 1:
                continue
            answer = answers[view.answer(source.number, destination.number)]
            lines.append(f'{{"source": {source.number}, "destination": {destination.number}{answer}')
        if lines:
            yield separator + ",\n  ".join(lines)
            separator = ",\n  "
    yield "]}\n"


def count(view: View) -> dict[str, int]:
    """How many pairs of different members are wholly allowed, partly, denied, or not wholly decided."""
    counts = {"pairs": 0, "allowed": 0, "partly allowed": 0, "denied": 0, "undecided": 0}
    for source in view.sources:
        for destination in view.destinations:
            if source.outside and destination.outside:
                continue
            pairs = len(source.members) * len(destination.members)
            if source.number == destination.number:
                pairs -= len(set(source.members) & set(destination.members))
            answer = view.answers[view.answer(source.number, destination.number)]
            counts["pairs"] += pairs
            counts[_kind(view, answer)] += pairs
    inside = {name for group in (*view.sources, *view.destinations) for name in group.members}
    return {"members": len(inside), "classes": len(view.reach.classes), **counts}


def _kind(view: View, answer: Reachable) -> str:
    if not is_empty(answer.undecided):
        return "undecided"
    words = describe(answer.allowed, view.whole)
    return {"all": "allowed", "none": "denied"}.get(words, "partly allowed")


def write_summary(view: View, *, as_json: bool) -> Iterator[str]:
    """The numbers of `count`, as one JSON object or a line each."""
    counts = count(view)
    if as_json:
        yield json.dumps({name.replace(" ", "_"): number for name, number in counts.items()}) + "\n"
        return
    width = max(len(f"{number:,}") for number in counts.values())
    for name, number in counts.items():
        yield f"{number:{width},}  {name}\n"


def write_csv(view: View) -> Iterator[str]:
    """One row for each pair: source, destination, the ranges of each protocol, what is undecided."""
    yield _rows([["source", "destination", *(protocol.lower() for protocol in Protocol), "undecided"]])
    pending = []
    for source, destination, answer in view.pairs():
        undecided = "" if is_empty(answer.undecided) else describe(answer.undecided, view.whole)
        pending.append([source, destination, *(_ranges(answer, protocol) for protocol in Protocol), undecided])
        if len(pending) > 1000:  # noqa: PLR2004 - rows that are written together
            yield _rows(pending)
            pending = []
    yield _rows(pending)


def _ranges(answer: Reachable, protocol: Protocol) -> str:
    ranges = answer.allowed.get(protocol, ())
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def _rows(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()

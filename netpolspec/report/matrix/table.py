"""Reachability as a table for a terminal: a row and a column for each class, folded until it fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.report.matrix.texts import write_summary
from netpolspec.report.matrix.view import describe, is_empty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.policy.decide import Reachable
    from netpolspec.report.matrix.view import Group, View

_GREEN, _RED, _YELLOW, _DIM, _END = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"
_LETTERS = "abcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWYZ"
_LONGEST_NAME = 44
_MOST_CLASSES = 100


@dataclass(frozen=True, slots=True)
class _Cell:
    mark: str
    color: str


def write_table(view: View, *, color: bool, width: int = 80) -> Iterator[str]:
    """Rows are sources, columns destinations; both are classes: those within one answer alike.

    `.` everything is allowed, `X` nothing, a letter some of it (explained below), `?` undecided; a class with one
    member has nothing to answer for itself.
    """
    rows, columns = view.sources, view.destinations
    if not rows or not columns:
        yield "nobody to show\n"
        return
    if max(len(rows), len(columns)) > _MOST_CLASSES:
        yield from write_summary(view, as_json=False)
        yield "\ntoo many classes for a table: narrow it down with --from, --to or --focus,\n"
        yield "or take --format csv or html\n"
        return
    legend: dict[str, str] = {}
    numbers = {group.number: n for n, group in enumerate(columns, start=1)}
    names = {group.number: _name(group, numbers.get(group.number)) for group in (*rows, *columns)}
    label = min(max(len(names[group.number]) for group in rows), _LONGEST_NAME)
    cell = max(3, len(str(len(columns))) + 1)
    per_block = max(1, (width - label) // cell)
    for start in range(0, len(columns), per_block):
        block = columns[start : start + per_block]
        yield " " * label + "".join(f"{numbers[group.number]:>{cell}}" for group in block) + "\n"
        for row in rows:
            cells = [_cell(view, row, column, legend) for column in block]
            marks = "".join(" " * (cell - 1) + _paint(one, color=color) for one in cells)
            yield f"{names[row.number][:label]:<{label}}{marks}\n"
        yield "\n"
    yield from _members(rows, columns, numbers)
    yield from _legend(view, legend, color=color)
    if view.reach.assumptions:
        yield "\nthis may rest on what the API leaves open:\n"
        yield from (f"  {assumption}\n" for assumption in view.reach.assumptions)


def _name(group: Group, number: int | None) -> str:
    more = f" +{len(group.members) - 1}" if len(group.members) > 1 else ""
    room = _LONGEST_NAME - 4 - len(more)
    name = min(group.members)
    name = name if len(name) <= room else f"{name[: room - 1]}…"
    return f"{number:>3} {name}{more}" if number is not None else f"    {name}{more}"


def _cell(view: View, row: Group, column: Group, legend: dict[str, str]) -> _Cell:
    alone = row.number == column.number and row.members == column.members and len(row.members) == 1
    if alone or (row.outside and column.outside):
        return _Cell(" ", _DIM)
    answer = view.answers[view.answer(row.number, column.number)]
    words = _words(view, answer)
    if not is_empty(answer.undecided):
        legend.setdefault("?", "undecided: the model does not know, see --format json")
        return _Cell("?", _YELLOW)
    if words == "all":
        return _Cell(".", _GREEN)
    if words == "none":
        return _Cell("X", _RED)
    mark = next((mark for mark, known in legend.items() if known == words), None)
    if mark is None:
        used = sum(key != "?" for key in legend)
        mark = _LETTERS[used] if used < len(_LETTERS) else "*"
        legend[mark] = words if mark != "*" else "some ports, see --format json"
    return _Cell(mark, _YELLOW)


def _words(view: View, answer: Reachable) -> str:
    return describe(answer.allowed, view.whole)


def _paint(cell: _Cell, *, color: bool) -> str:
    return f"{cell.color}{cell.mark}{_END}" if color else cell.mark


def _members(rows: tuple[Group, ...], columns: tuple[Group, ...], numbers: dict[int, int]) -> Iterator[str]:
    """Who is behind each number, where a class has several members or a row is cut off."""
    groups = {group.number: group for group in (*columns, *rows)}
    for number, group in sorted(groups.items(), key=lambda item: numbers.get(item[0], 10**6)):
        names = sorted(group.members)
        shown = numbers.get(number)
        if len(names) > 1:
            head = f"{shown:>3}" if shown is not None else "   "
            listed = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")  # noqa: PLR2004
            yield f"{head} {listed}\n"
        elif shown is not None and group not in rows:
            yield f"{shown:>3} {names[0]}\n"


def _legend(view: View, legend: dict[str, str], *, color: bool) -> Iterator[str]:
    everything = "all ports" if view.asked.port is None else "allowed"
    nothing = "none" if view.asked.port is None else "denied"
    dot, cross = _paint(_Cell(".", _GREEN), color=color), _paint(_Cell("X", _RED), color=color)
    yield f"  {dot} {everything}   {cross} {nothing}\n"
    for mark, words in legend.items():
        yield f"  {_paint(_Cell(mark, _YELLOW), color=color)} {words}\n"

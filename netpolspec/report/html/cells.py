"""Matrices of test points: what was expected, what the model says and what packets did, in one cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.report.grid import destination_of
from netpolspec.report.html.text import escape
from netpolspec.report.results import State, contradicts, state_of_point

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netpolspec.report.grid import Grid
    from netpolspec.run.events import PointResult, ScenarioEnded

_MARKS = {"allowed": ("a", "✓"), "denied": ("d", "✕"), "dropped": ("d", "✕"), "refused": ("d", "✕")}
_UNSURE = ("q", "?")
_NOTHING = '<b class="n">·</b>'


def mark(word: str | None) -> str:
    """A judge's answer as a small tile."""
    if word is None:
        return _NOTHING
    kind, sign = _MARKS.get(word, _UNSURE)
    return f'<b class="{kind}">{sign}</b>'


def matrix(grid: Grid, event: ScenarioEnded, anchors: Mapping[int, str], *, observes: bool) -> Iterator[str]:
    """One matrix, or a list where a matrix would be mostly holes.

    Args:
        grid: what it shows.
        event: the scenario that it belongs to.
        anchors: where the page tells more about a result, by the result's identity.
        observes: whether packets were sent.
    """
    if grid.after:
        yield f'<p class="after">after <code>{escape(grid.after)}</code></p>'
    yield '<div class="wrap" tabindex="0"><table>'
    if grid.sparse:
        yield '<thead><tr><th scope="col">source</th><th scope="col">destination</th><th></th></tr></thead><tbody>'
        for result in grid.results:
            point = result.point
            ends = f'<th scope="row">{escape(point.source_text)}</th><td>{escape(destination_of(point))}</td>'
            yield f"<tr>{ends}{_cell((result,), event, anchors, observes=observes)}</tr>"
    else:
        heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in grid.destinations)
        yield f"<thead><tr><th>from \\ to</th>{heads}</tr></thead><tbody>"
        for source in grid.sources:
            yield f'<tr><th scope="row">{escape(source)}</th>'
            for destination in grid.destinations:
                yield _cell(grid.cells.get((source, destination), ()), event, anchors, observes=observes)
            yield "</tr>"
    yield "</tbody></table></div>"


def _cell(results: tuple[PointResult, ...], event: ScenarioEnded, anchors: Mapping[int, str], *, observes: bool) -> str:
    if not results:
        return '<td class="hole"></td>'
    parts, kind = [], ""
    for result in results:
        loud = kind_of(result, event)
        kind = kind or loud
        parts.append(_loud(result, anchors.get(id(result))) if loud else _quiet(result, observes=observes))
    return f'<td class="{kind}">{"".join(parts)}</td>' if kind else f"<td>{''.join(parts)}</td>"


def kind_of(result: PointResult, event: ScenarioEnded) -> str:
    """The class of a result that has to leap out; empty for one that is as expected."""
    match state_of_point(result, event):
        case State.FAILED | State.BROKEN:
            return "bad"
        case State.TODO:
            return "todo"
        case State.PASSED if contradicts(result):
            return "odd"
        case _:
            return ""


def _quiet(result: PointResult, *, observes: bool) -> str:
    wanted = result.point.wanted
    model = None if result.model is None else str(result.model)
    said = f"expected {wanted}" + (f", model {model}" if model else ", not judged")
    tiles = mark(wanted) + mark(model)
    if observes:
        observed = result.observed
        tiles += mark(observed.verdict if observed is not None else None)
        said += f", observed {observed.verdict}" if observed is not None else ""
        if observed is not None and observed.converged_after_ms is not None:
            said += f" after {observed.converged_after_ms} ms"
    return f'<span class="c" role="img" title="{said}" aria-label="{said}">{tiles}</span>'


def _loud(result: PointResult, anchor: str | None) -> str:
    """The three answers, each with its word; those that differ from what was expected stand out."""
    wanted = result.point.wanted
    lines = [f"<span>{mark(wanted)}expected {wanted}</span>"]
    if result.model is not None:
        model = str(result.model)
        lines.append(f"<span{_differs(model != wanted)}>{mark(model)}model {escape(model)}</span>")
    if result.observed is not None:
        verdict = result.observed.verdict.value
        differs = result.observed.counts_as != wanted
        lines.append(f"<span{_differs(differs)}>{mark(verdict)}observed {verdict}</span>")
    if anchor is None:
        return f'<span class="w">{"".join(lines)}</span>'
    return f'<a class="w" href="#{anchor}">{"".join(lines)}</a>'


def _differs(differs: bool) -> str:  # noqa: FBT001 - the only thing it is about
    return ' class="x"' if differs else ""

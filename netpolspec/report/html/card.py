"""One scenario of the page: its matrices, each failure with all that is known about it, and how to repeat it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.report.grid import grids
from netpolspec.report.html.cells import kind_of, matrix
from netpolspec.report.html.plot import described, plot
from netpolspec.report.html.text import command, counted, escape, excerpt
from netpolspec.report.results import State, all_results, contradicts, differing, state_of_point, state_of_scenario

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from netpolspec.plan.model import Scenario
    from netpolspec.report.record import Record
    from netpolspec.run.events import PointResult, ScenarioEnded

MOST_TOLD = 60
"""Failures of one scenario that are told in full; the matrix shows all."""
_FEWEST_PLOTTED = 4


def card(event: ScenarioEnded, number: int, record: Record, picture: str, *, is_open: bool, tell: int) -> Iterator[str]:
    """A scenario that was run, or skipped.

    Args:
        event: how it ended.
        number: its place on the page, from 1: its address is `#s1`.
        record: the run.
        picture: its world as SVG; empty where there is none.
        is_open: whether it can be read without opening it.
        tell: how many failures may be told in full.
    """
    scenario, state = event.scenario, state_of_scenario(event)
    results = tuple(all_results(event))
    classes = f"sc {state.value}{' contradicted' if any(map(contradicts, results)) else ''}"
    yield f'<details class="{classes}" id="s{number}"{" open" if is_open else ""}>'
    yield _summary(scenario, state, _tally(results, event))
    yield '<div class="in">'
    yield _meta(event)
    if event.reason:
        yield f'<p class="alert">{escape(event.reason)}</p>'
    if event.unexpectedly_passed:
        yield '<p class="alert">This holds by now: its <code>todo</code> can be taken away.</p>'
    loud = [result for result in results if kind_of(result, event)]
    anchors = {id(result): f"s{number}-{n}" for n, result in enumerate(loud[:tell], start=1)}
    if state is not State.SKIPPED:
        for grid in grids(event):
            yield from matrix(grid, event, anchors, observes=record.observes)
    for alike in _alike(loud[:tell]):
        yield from _failure(alike, event, anchors)
    if len(loud) > tell:
        more = counted(len(loud) - tell, "more failure")
        yield f'<p class="after">{more}, which the matrix shows and <code>--report json</code> tells in full</p>'
    yield _times(results)
    again = record.again(scenario)
    if again is not None:
        yield command(again, "Run it again")
    if picture:
        yield f'<details class="pic"><summary>Picture of its world</summary><figure>{picture}</figure></details>'
    yield "</div></details>\n"


def missing_card(scenario: Scenario, number: int, reason: str) -> str:
    """A scenario that the run never came to."""
    head = _summary(scenario, State.SKIPPED, "not run")
    inside = f'<div class="in"><p class="alert">not run: {escape(reason)}</p></div>'
    return f'<details class="sc skipped" id="s{number}">{head}{inside}</details>\n'


def _summary(scenario: Scenario, state: State, tally: str) -> str:
    what = f'<span class="what">{escape(scenario.description)}</span>' if scenario.description else ""
    return (
        f'<summary><span class="name">{escape(scenario.name)}</span>'
        f'<span class="badge {state.value}">{tally}</span>{what}</summary>'
    )


def _tally(results: tuple[PointResult, ...], event: ScenarioEnded) -> str:
    """How it ended, in a few words."""
    states = [state_of_point(result, event) for result in results]
    wrong = sum(state in {State.FAILED, State.BROKEN, State.TODO} for state in states)
    match state_of_scenario(event):
        case State.PASSED:
            return f"{len(states)} passed"
        case State.SKIPPED:
            return "skipped"
        case State.BROKEN:
            return f"broken, {wrong} of {len(states)}"
        case State.TODO:
            return f"todo, {wrong} of {len(states)} failed"
        case State.FAILED:
            return f"{wrong} of {len(states)} failed"


def _meta(event: ScenarioEnded) -> str:
    scenario = event.scenario
    facts = [f'<code class="mono">{escape(scenario.file)}:{scenario.span.line}</code>']
    facts += [escape(" ".join(f"#{tag}" for tag in sorted(scenario.tags)))] if scenario.tags else []
    facts += [f"todo: {escape(scenario.todo)}"] if scenario.todo is not None else []
    facts += [f"after {escape(', '.join(each.name for each in scenario.after))}"] if scenario.after else []
    facts += [f"{event.seconds:.1f} s"] if event.seconds >= 0.1 else []  # noqa: PLR2004 - less is not worth a word
    return f'<p class="meta">{"".join(f"<span>{fact}</span>" for fact in facts)}</p>'


def _alike(results: Sequence[PointResult]) -> Iterator[tuple[PointResult, ...]]:
    """Failures of one line of which the same is to be told."""
    groups: dict[Hashable, list[PointResult]] = {}
    for result in results:
        span, observed = result.point.span, result.observed
        control = observed.control if observed is not None else None
        facts = (result.message, result.point.because, result.reason, differing(result), result.hint, control)
        deciders = tuple((by.policy, by.rule, by.direction) for by in result.decided_by)
        groups.setdefault((id(span.source), span.line, facts, deciders), []).append(result)
    return (tuple(group) for group in groups.values())


def _failure(results: tuple[PointResult, ...], event: ScenarioEnded, anchors: Mapping[int, str]) -> Iterator[str]:
    """What there is to tell of failures that are alike."""
    first = results[0]
    told = first.message or "packets did what was expected, but the model says otherwise"
    yield f'<article class="fail {kind_of(first, event)}"><p class="msg">{escape(told)}</p><ul class="pairs">'
    yield "".join(f'<li id="{anchors[id(each)]}"><code>{escape(each.point.title)}</code></li>' for each in results)
    yield "</ul>"
    yield excerpt([each.point.span for each in results])
    for decider in first.decided_by:
        rule = f" {decider.rule}" if decider.rule else ""
        yield f'<p class="by">decided by <b>{escape(decider.policy + rule)}</b> ({escape(decider.direction)})</p>'
        yield excerpt([decider.origin.span], " pol")
    facts = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in _facts(first))
    if facts:
        yield f"<dl>{facts}</dl>"
    for each in results:
        yield from _probed(each, alone=len(results) == 1)
    yield "</article>"


def _facts(result: PointResult) -> Iterator[tuple[str, str]]:
    """What failures that are alike have in common."""
    if result.point.because is not None:
        yield "expected because", escape(result.point.because)
    if result.reason:
        yield "the model's reason", escape(result.reason)
    if parts := differing(result):
        yield "differs", _listed(parts)
    if result.hint:
        yield "what would change it", _listed(result.hint)
    if result.assumptions:
        yield "assuming", escape(", ".join(result.assumptions))
    if result.observed is not None and result.observed.control is not None:
        yield "control", escape(result.observed.control)


def _probed(result: PointResult, *, alone: bool) -> Iterator[str]:
    """What is known of one point's packets."""
    observed = result.observed
    if observed is None:
        return
    name = "How it was probed" if alone else f"How {result.point.source_text} was probed"
    counts = [counted(observed.attempts, "attempt")]
    if observed.converged_after_ms is not None:
        counts.append(f"took effect after {observed.converged_after_ms} ms")
    yield f'<details class="more"><summary>{escape(name)}: {", ".join(counts)}</summary>'
    if observed.evidence:
        yield _listed(observed.evidence)
    if result.probe is not None:
        yield command(result.probe, "By hand")
    yield "</details>"


def _listed(items: tuple[str, ...]) -> str:
    if len(items) == 1:
        return escape(items[0])
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def _times(results: tuple[PointResult, ...]) -> str:
    """How long this scenario's changes took, where there is enough to plot."""
    times = times_of(results)
    if not times:
        return ""
    words = f'<p class="after">Time to take effect: {described(times)}</p>'
    return f'{words}<div class="narrow">{plot(times)}</div>' if len(times) >= _FEWEST_PLOTTED else words


def times_of(results: tuple[PointResult, ...]) -> tuple[tuple[int, bool], ...]:
    """Milliseconds until what was expected held, and whether that was `allowed`."""
    return tuple(
        (result.observed.converged_after_ms, result.point.allowed)
        for result in results
        if result.observed is not None and result.observed.converged_after_ms is not None
    )

"""`--report html`: the run as one page that needs nothing else, neither network nor, to be read, scripts."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from netpolspec import __version__
from netpolspec.report.html.card import MOST_TOLD, card, missing_card, times_of
from netpolspec.report.html.cells import mark
from netpolspec.report.html.pictures import pictures
from netpolspec.report.html.plot import described, plot
from netpolspec.report.html.text import counted, escape
from netpolspec.report.picture.svg import STYLE
from netpolspec.report.results import State, all_results, contradicts, state_of_scenario

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from netpolspec.report.record import Record

_MOST_OPEN = 20
"""Failed scenarios that can be read without opening them; more would make the page slow to show."""
_MOST_LISTED = 12
_MOST_TOLD_IN_ALL = 1500
"""Failures that are told in full, so that a run in which everything fails still makes a page of a few MB."""


def write(record: Record) -> Iterator[str]:
    """The page, piece by piece."""
    style, script = (files(__package__).joinpath(name).read_text("utf-8") for name in ("style.css", "script.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    title = _verdict(record)
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)} - netpolspec</title>\n'
        f'<style>\n{style}{STYLE}</style></head>\n<body><a class="skip-link" href="#main">To the scenarios</a>\n'
    )
    yield from _header(record, title)
    yield _tools(record)
    yield '<main id="main">'
    yield from _scenarios(record)
    yield '<p class="none" id="none">No scenario fits.</p></main>\n'
    keys = '<span class="keys"><kbd>/</kbd> searches, <kbd>j</kbd> <kbd>k</kbd> step through the scenarios</span>'
    yield f"<footer>netpolspec {__version__}. {keys}</footer>\n<script>{script}</script></body></html>\n"


def _verdict(record: Record) -> str:
    """The run in one sentence."""
    points = record.count_points()
    wrong = points[State.FAILED] + points[State.BROKEN]
    if record.interrupted_by is not None:
        return "The run was interrupted"
    if record.bailed_out is not None or not record.whole:
        return "The run could not go on"
    if wrong:
        are = "is" if wrong == 1 else "are"
        return f"{wrong:,} of {counted(sum(points.values()), 'expectation')} {are} not met"
    if not record.good:
        return "A scenario could not be judged"
    met = points[State.PASSED]
    if not met:
        return "Nothing was tested"
    return "The one expectation is met" if met == 1 else f"All {met:,} expectations are met"


def _header(record: Record, title: str) -> Iterator[str]:
    kind = "good" if record.good else "bad"
    yield f'<header><p class="eyebrow">Network policy report</p><h1 class="{kind}">{title}</h1>'
    judged = f"Judged by packets on {record.backend}, and by the model." if record.observes else ""
    judged = judged or "Judged by the model, from the semantics of the policies; no packet was sent."
    assuming = f" Assuming {escape(', '.join(record.assumptions))}." if record.assumptions else ""
    yield f'<p class="lead">{judged}{assuming} {_duration(record.seconds)}</p>'
    for folder, who in record.terraform:
        yield f"<p>Terraform in <code>{escape(folder)}</code> read by: {escape(who)}</p>"
    if record.bailed_out is not None:
        yield f'<p class="alert"><b>Bailed out:</b> {escape(record.bailed_out)}</p>'
    points, scenarios = record.count_points(), record.count_scenarios()
    yield _bar(points)
    yield f'<ul class="counts">{_counts(points, "test point")}</ul>'
    yield f'<ul class="counts">{_counts(scenarios, "scenario")}</ul>'
    yield '<div class="two">'
    yield from _failures(record)
    times = tuple(time for event in record.ended for time in times_of(event.results))
    if times:
        yield f'<div class="panel"><h2>Time to take effect</h2>{plot(times)}<p>{described(times)}</p></div>'
    yield f'<div class="panel"><h2>How to read a cell</h2><div class="key">{_key(observes=record.observes)}</div></div>'
    yield "</div></header>\n"


def _key(*, observes: bool) -> str:
    judges = ["expected by the spec", "the model's answer", *(["observed"] if observes else [])]
    tiles = f'<span><span class="c">{mark("allowed") * len(judges)}</span> {", ".join(judges)}</span>'
    words = (("allowed", "allowed"), ("denied", "denied"), ("unspecified", "neither"))
    return tiles + "".join(f'<span><span class="c">{mark(answer)}</span> {word}</span>' for answer, word in words)


def _failures(record: Record) -> Iterator[str]:
    """The way to what failed."""
    wrong = [
        (number, event)
        for number, event in enumerate(record.ended, start=1)
        if state_of_scenario(event) in {State.FAILED, State.BROKEN}
    ]
    if not wrong:
        return
    links = [f'<li><a href="#s{number}">{escape(event.scenario.name)}</a></li>' for number, event in wrong]
    more = f"<p>and {counted(len(links) - _MOST_LISTED, 'more')}</p>" if len(links) > _MOST_LISTED else ""
    yield f'<div class="panel"><h2>Failed scenarios</h2><ol>{"".join(links[:_MOST_LISTED])}</ol>{more}</div>'


def _bar(counts: Counter[State]) -> str:
    parts = "".join(f'<i class="{state}" style="flex:{counts[state]}"></i>' for state in State if counts[state])
    return f'<div class="bar" aria-hidden="true">{parts}</div>'


def _counts(counts: Counter[State], name: str) -> str:
    total = f"<li><b>{sum(counts.values()):,}</b> {name}{'' if sum(counts.values()) == 1 else 's'}</li>"
    return total + "".join(
        f'<li class="{state}"><b>{counts[state]:,}</b> {state}</li>' for state in State if counts[state]
    )


def _duration(seconds: float) -> str:
    return f"It took {seconds:.1f} s." if seconds >= 0.05 else ""  # noqa: PLR2004 - less is not worth a word


def _tools(record: Record) -> str:
    scenarios = record.count_scenarios()
    names = [(state.value, state.value, scenarios[state]) for state in State]
    odd = sum(any(map(contradicts, event.results)) for event in record.ended)
    names.append(("contradicted", "model differs", odd))
    buttons = "".join(
        f'<button type="button" data-f="{kind}" aria-pressed="false">{word} {count:,}</button>'
        for kind, word, count in names
        if count
    )
    return (
        '<search class="tools"><div><input id="q" type="search" placeholder="Search: names, pods, policies, files" '
        f'aria-label="Search" autocomplete="off" spellcheck="false">{buttons}'
        '<button type="button" id="open">Open all</button><output id="shown" aria-live="polite"></output>'
        "</div></search>\n"
    )


def _scenarios(record: Record) -> Iterator[str]:
    drawn = pictures(record)
    opened, told = 0, 0
    numbered = enumerate(record.ended, start=1)
    for file, group in groupby(numbered, key=lambda each: each[1].scenario.file):
        yield f"<section><h2>{escape(file)}</h2>\n"
        for number, event in group:
            wrong = state_of_scenario(event) in {State.FAILED, State.BROKEN}
            is_open = (wrong and opened < _MOST_OPEN) or len(record.planned) == 1
            opened += is_open
            tell = max(0, min(MOST_TOLD, _MOST_TOLD_IN_ALL - told))
            told += min(tell, len(tuple(all_results(event)))) if wrong else 0
            yield from card(event, number, record, drawn.get(number, ""), is_open=is_open, tell=tell)
        yield "</section>\n"
    if record.missing:
        reason = record.bailed_out or "the run ended early"
        yield "<section><h2>not run</h2>\n"
        for number, scenario in enumerate(record.missing, start=len(record.ended) + 1):
            yield missing_card(scenario, number, reason)
        yield "</section>\n"

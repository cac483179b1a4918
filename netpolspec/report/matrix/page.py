"""Reachability as one HTML page: no network, light and dark, readable on a phone."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from netpolspec.report.matrix.texts import count
from netpolspec.report.matrix.view import describe, is_empty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.policy.decide import Reachable
    from netpolspec.report.matrix.view import Group, View

_STYLE = """\
:root { color-scheme: light dark; --line: #8884; --yes: #1a7f37; --no: #cf222e; --some: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --yes: #3fb950; --no: #f85149; --some: #d29922; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem; }
.scroll { overflow: auto; max-height: 85vh; border: 1px solid var(--line); }
table { border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: center; white-space: nowrap; }
thead th { position: sticky; top: 0; background: Canvas; z-index: 1; }
tbody th { position: sticky; left: 0; background: Canvas; text-align: left; font-weight: 500; }
.yes { color: var(--yes); } .no { color: var(--no); } .some, .open { color: var(--some); }
details { margin: 1rem 0; } small { opacity: .75; }
"""


def write_html(view: View, title: str) -> Iterator[str]:
    """A page with a row for each class of sources and a column for each class of destinations."""
    counts = ", ".join(f"{number:,} {name}" for name, number in count(view).items())
    yield (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{_STYLE}</style></head>\n<body>\n<h1>{escape(title)}</h1>\n<p>{escape(counts)}</p>\n"
        "<p>Who (rows) reaches whom (columns), by the semantics of the policies; no packet was sent.</p>\n"
        '<div class="scroll"><table>\n<thead><tr><th></th>'
    )
    for group in view.destinations:
        yield f'<th scope="col">{_heading(group)}</th>'
    yield "</tr></thead>\n<tbody>\n"
    for source in view.sources:
        yield f'<tr><th scope="row">{_heading(source)}</th>'
        for destination in view.destinations:
            yield _cell(view, source, destination)
        yield "</tr>\n"
    yield "</tbody></table></div>\n"
    groups = {group.number: group for group in (*view.sources, *view.destinations) if len(group.members) > 1}
    for group in groups.values():
        listed = ", ".join(escape(name) for name in sorted(group.members))
        summary = f"{_heading(group)}: {len(group.members)} that answer alike"
        yield f"<details><summary>{summary}</summary>{listed}</details>\n"
    if view.reach.assumptions:
        yield f"<p>This may rest on what the API leaves open: {escape(', '.join(view.reach.assumptions))}</p>\n"
    yield "</body></html>\n"


def _heading(group: Group) -> str:
    more = f" <small>+{len(group.members) - 1}</small>" if len(group.members) > 1 else ""
    return escape(min(group.members)) + more


def _cell(view: View, source: Group, destination: Group) -> str:
    alone = source.number == destination.number and len({*source.members, *destination.members}) == 1
    if alone or (source.outside and destination.outside):
        return "<td></td>"
    answer = view.answers[view.answer(source.number, destination.number)]
    words, kind = _words(view, answer)
    return f'<td class="{kind}">{escape(words)}</td>'


def _words(view: View, answer: Reachable) -> tuple[str, str]:
    words = describe(answer.allowed, view.whole)
    if not is_empty(answer.undecided):
        return f"{words}; undecided: {describe(answer.undecided, view.whole)}", "open"
    return words, {"all": "yes", "none": "no"}.get(words, "some")

"""Reachability as a graph: dot for Graphviz, mermaid for Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from netpolspec.report.matrix.view import describe, is_empty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.policy.decide import Reachable
    from netpolspec.report.matrix.view import View


def _label(view: View, answer: Reachable) -> str:
    """What an edge says: nothing where everything is allowed."""
    words = describe(answer.allowed, view.whole)
    text = "" if words in ("all", "none") else words
    if not is_empty(answer.undecided):
        text += f"{' ' if text else ''}undecided: {describe(answer.undecided, view.whole)}"
    return text


def _edges(view: View) -> Iterator[tuple[str, str, str]]:
    for source, destination, answer in view.pairs():
        if not (is_empty(answer.allowed) and is_empty(answer.undecided)):
            yield source, destination, _label(view, answer)


def _places(view: View) -> dict[str, list[str]]:
    """The members by namespace; those outside under an empty name."""
    places: dict[str, list[str]] = {}
    names = {name for group in (*view.sources, *view.destinations) for name in group.members}
    for name in sorted(names):
        places.setdefault("" if name.startswith("ip:") else name.partition("/")[0], []).append(name)
    return places


def write_dot(view: View) -> Iterator[str]:
    """A digraph with a cluster for each namespace and an edge for each pair that may talk."""
    yield "digraph reachability {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n"
    for number, (place, names) in enumerate(_places(view).items()):
        indent = "  "
        if place:
            yield f"  subgraph cluster_{number} {{\n    label={json.dumps(place)};\n"
            indent = "    "
        for name in names:
            yield f"{indent}{json.dumps(name)} [label={json.dumps(name.partition('/')[2] or name)}];\n"
        if place:
            yield "  }\n"
    for source, destination, label in _edges(view):
        mark = f" [label={json.dumps(label)}]" if label else ""
        yield f"  {json.dumps(source)} -> {json.dumps(destination)}{mark};\n"
    yield "}\n"


def write_mermaid(view: View) -> Iterator[str]:
    """A flowchart with a subgraph for each namespace and an arrow for each pair that may talk."""
    places = _places(view)
    ids = {name: f"n{number}" for number, name in enumerate(name for names in places.values() for name in names)}
    yield "flowchart LR\n"
    for number, (place, names) in enumerate(places.items()):
        if place:
            yield f'  subgraph ns{number}["{_quoted(place)}"]\n'
        for name in names:
            yield f'    {ids[name]}["{_quoted(name.partition("/")[2] or name)}"]\n'
        if place:
            yield "  end\n"
    for source, destination, label in _edges(view):
        arrow = f'-->|"{_quoted(label)}"|' if label else "-->"
        yield f"  {ids[source]} {arrow} {ids[destination]}\n"


def _quoted(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;")

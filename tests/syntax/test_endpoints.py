"""Sources and destinations: each line of `endpoints/*.txt`, and what it names or why it does not, in `*.golden`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.diagnostics import Diagnostic, render
from netpolspec.source import Source
from netpolspec.syntax.names import ClientSource, NodeName
from netpolspec.syntax.parser import parse_destination, parse_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from netpolspec.source import Span

FOLDER = Path(__file__).parent / "endpoints"


@pytest.mark.parametrize(("name", "parse"), [("sources", parse_source), ("destinations", parse_destination)])
def test_words(name: str, parse: Callable[[str, Span], object], golden: Callable[[Path, str], None]) -> None:
    out = []
    for word in (FOLDER / f"{name}.txt").read_text("utf-8").splitlines():
        source = Source(name, word)
        found = parse(word, source.span(0, len(word)))
        out.append(render(found) if isinstance(found, Diagnostic) else f"{word}\n    {found}")
    golden(FOLDER / f"{name}.golden", "\n".join(out) + "\n")


def test_a_word_out_of_a_variable_is_marked_as_a_whole() -> None:
    source = Source("x.nps", "expect $(CLIENTS) -> ms-b:80 denied")
    span = source.span(7, 17)
    found = parse_source("ms-a[x==y]", span)
    assert isinstance(found, Diagnostic)
    assert found.span == span


def test_a_word_as_written_is_marked_exactly() -> None:
    source = Source("x.nps", "expect ms-a -> ms-b:70000 denied")
    found = parse_destination("ms-b:70000", source.span(15, 25))
    assert isinstance(found, Diagnostic)
    assert found.span is not None
    assert found.span.text == "70000"


def test_the_same_word_at_two_places_is_about_each_place() -> None:
    source = Source("x.nps", "ms-b ms-b")
    spans = source.span(0, 4), source.span(5, 9)
    found = [parse_destination("ms-b", span) for span in spans]
    assert [item.span for item in found if isinstance(item, Diagnostic)] == list(spans)


@pytest.mark.parametrize("word", ["", "ms-a\n", "ms-a\tms-b", "\0", "ms-a\u202e"])
def test_words_that_no_spec_can_hold(word: str) -> None:
    source = Source("x.nps", "word")
    assert isinstance(parse_source(word, source.span(0, 4)), Diagnostic)
    assert isinstance(parse_destination(word, source.span(0, 4)), Diagnostic)


def test_answers_are_remembered_and_equal() -> None:
    source = Source("x.nps", "word")
    span = source.span(0, 4)
    assert parse_source("ms-a", span) is parse_source("ms-a", span) == ClientSource("ms-a", ())
    assert parse_source("<node>", span) == NodeName()

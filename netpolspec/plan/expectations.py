"""`expect` lines and truth tables as test points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.plan.expand import Names, expand_word, expand_words
from netpolspec.plan.model import Point
from netpolspec.plan.words import read_duration
from netpolspec.syntax.names import DestinationName, DomainName, ServiceName
from netpolspec.syntax.parser import parse_destination, parse_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.source import Span
    from netpolspec.syntax.ast import Destination, Expect, ExpectMatrix, Word
    from netpolspec.syntax.names import SourceName

_CELLS = {".": True, "X": False, "-": None}


def read_expect(expect: Expect, names: Names) -> tuple[Point, ...]:
    """Every source paired with every destination, sources first.

    Raises:
        Refusal: a word of it cannot be read.
    """
    within, because = _conditions(expect, names)
    sources = [(text, name, word.span) for word in expect.sources for text, name in _sources(word, names)]
    destinations = [
        (text, name, destination)
        for destination in expect.destinations
        for text, name in _destinations(destination, names)
    ]
    points = []
    for source_text, source, source_span in sources:
        for destination_text, name, destination in destinations:
            span = _drawn_at(expect, source_span, destination.span)
            points.append(
                Point(
                    source,
                    source_text,
                    name,
                    destination_text,
                    destination.by_name,
                    expect.allowed,
                    within,
                    because,
                    source_span,
                    destination.span,
                    span,
                )
            )
    return tuple(points)


def _drawn_at(expect: Expect, source: Span, destination: Span) -> Span:
    if len(expect.destinations) > 1:
        return destination
    if len(expect.sources) > 1:
        return source
    return source.source.span(source.start, destination.end)


def _sources(word: Word, names: Names) -> Iterator[tuple[str, SourceName]]:
    for text in expand_words(word, names):
        name = parse_source(text, word.span)
        if isinstance(name, Diagnostic):
            raise Refusal(name)
        yield text, name


def _destinations(destination: Destination, names: Names) -> Iterator[tuple[str, DestinationName]]:
    for text in expand_words(destination.word, names):
        yield text, _destination(text, destination.word.span, destination.span, by_name=destination.by_name)


def _destination(text: str, span: Span, whole: Span, *, by_name: bool) -> DestinationName:
    name = parse_destination(text, span)
    if isinstance(name, Diagnostic):
        raise Refusal(name)
    if by_name and not isinstance(name.whom, ServiceName | DomainName):
        message = f"'{text}' has no DNS name to be dialled by"
        hint = "'by name' goes with a Service, such as 'nginx.ms-b:80 by name'"
        raise Refusal(Diagnostic("no-dns-name", message, whole, (hint,)))
    return name


def _conditions(expect: Expect | ExpectMatrix, names: Names) -> tuple[float | None, str | None]:
    within = read_duration(expect.within, names) if expect.within is not None else None
    because = expand_word(expect.because, names) if expect.because is not None else None
    return within, because


def read_matrix(matrix: ExpectMatrix, names: Names) -> tuple[Point, ...]:
    """The cells of a truth table that assert something, row by row.

    Raises:
        Refusal: a word of it cannot be read.
    """
    within, because = _conditions(matrix, names)
    port = expand_word(matrix.port, names)
    columns = [(f"{expand_word(word, names)}{port}", word.span) for word in matrix.columns]
    points = []
    for row in matrix.rows:
        text = expand_word(row.source, names)
        source = parse_source(text, row.source.span)
        if isinstance(source, Diagnostic):
            raise Refusal(source)
        for (destination_text, column_span), cell in zip(columns, row.cells, strict=True):
            allowed = _CELLS[cell.text]
            if allowed is None:
                continue
            destination = _destination(destination_text, column_span, column_span, by_name=False)
            points.append(
                Point(
                    source,
                    text,
                    destination,
                    destination_text,
                    by_name=False,
                    allowed=allowed,
                    within=within,
                    because=because,
                    source_span=row.source.span,
                    destination_span=cell.span,
                    span=cell.span,
                )
            )
    return tuple(points)

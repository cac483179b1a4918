"""Golden files: each `cases/*.nps` has its syntax tree in `*.ast`, or the messages that refuse it in `*.err`."""

from __future__ import annotations

import dataclasses
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.diagnostics import render
from netpolspec.source import Source, Span
from netpolspec.syntax.parser import parse_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CASES = sorted((Path(__file__).parent / "cases").glob("*.nps"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path, golden: Callable[[Path, str], None]) -> None:
    source = Source(case.name, case.read_bytes().decode())
    file, diagnostics = parse_file(source)
    if case.stem.startswith("wrong-"):
        assert file is None
        assert list(diagnostics) == sorted(diagnostics, key=lambda diagnostic: diagnostic.order)
        golden(case.with_suffix(".err"), "\n\n".join(render(diagnostic) for diagnostic in diagnostics) + "\n")
    else:
        assert not diagnostics
        golden(case.with_suffix(".ast"), "\n".join(draw(file)) + "\n")


def draw(node: object, indent: str = "") -> Iterator[str]:
    """One line for each node and each word, with its place; what is absent is left out."""
    assert dataclasses.is_dataclass(node)
    span = getattr(node, "span", None)
    place = f"  @{where(span)}" if isinstance(span, Span) else ""
    if type(node).__name__ == "Word":
        yield f"{indent}{getattr(node, 'text')!r}{place}"  # noqa: B009 - the type is only known by name
        return
    yield f"{indent}{type(node).__name__}{place}"
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        if field.name in {"span", "source"} or value in (None, (), ""):
            continue
        for item in value if isinstance(value, tuple) else (value,):
            if dataclasses.is_dataclass(item):
                lines = list(draw(item, f"{indent}  "))
                yield f"{indent}  {field.name}: {lines[0].lstrip()}"
                yield from lines[1:]
            else:
                yield f"{indent}  {field.name}: {item.value if isinstance(item, Enum) else repr(item)}"


def where(span: Span) -> str:
    line, column = span.source.line_column(span.end)
    return f"{span.line}:{span.column}-{'' if line == span.line else f'{line}:'}{column}"

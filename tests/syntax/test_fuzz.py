"""Whatever a file holds: no exception, no endless loop, and each span is in the text and says what it stands for."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netpolspec.diagnostics import Diagnostic, render
from netpolspec.source import Source, Span
from netpolspec.syntax.ast import Word
from netpolspec.syntax.parser import parse_destination, parse_file, parse_source

if TYPE_CHECKING:
    from collections.abc import Iterator

SPECS = [path.read_bytes().decode() for path in sorted((Path(__file__).parent / "cases").glob("*.nps"))]
ATOMS = (
    *("given", "when", "expect", "include", "todo", "skip", "needs", "tags", "namespace", "pod", "deployment"),
    *("service", "manifest", "terraform", "plan", "policy", "helm", "cluster", "label", "unlabel", "remove", "scale"),
    *("in", "as", "on", "to", "replicas", "port", "image", "values", "by", "name", "allowed", "denied", "within"),
    *(
        "because",
        "matrix",
        ":80",
        "->",
        ":",
        ";",
        ",",
        "=",
        ":=",
        "?=",
        "+=",
        "<<END",
        "END",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
    ),
    *('"', "\\", "#", "##", "$", "$(", "$(A)", "$*", "%", "a=b", "a=[", "a={", "ms-a", "web", "x", ".", "X", "-"),
    *(" ", "  ", "\t", "\n", "\n\t", "\n  ", "\r\n", "\r", "\\\n", "\ufeff", "\u00a0", "\u200b", "\0", "é"),
)


def nodes(node: object) -> Iterator[object]:
    """A node and all that is in it."""
    if isinstance(node, tuple):
        for item in node:
            yield from nodes(item)
    elif dataclasses.is_dataclass(node) and not isinstance(node, Source | Span):
        yield node
        for field in dataclasses.fields(node):
            yield from nodes(getattr(node, field.name))


def faults(text: str) -> list[object]:
    """What is wrong with what the parser makes of a text."""
    source = Source("fuzz.nps", text)
    file, diagnostics = parse_file(source)
    found: list[object] = []
    if (file is None) != bool(diagnostics):
        found.append("a tree with mistakes, or neither")
    for diagnostic in diagnostics:
        span, message = diagnostic.span, diagnostic.message
        if span is None or not 0 <= span.start <= span.end <= len(text) or not render(diagnostic):
            found.append(("a mistake that is nowhere", diagnostic))
        if "Token" in message or "''" in message:
            found.append(("a message that shows the insides", message))
    for node in nodes(file):
        span = getattr(node, "span", None)
        if isinstance(span, Span):
            if not 0 <= span.start <= span.end <= len(text):
                found.append(("a node that is nowhere", node))
            if (
                isinstance(node, Word)
                and "\\\n" not in span.text
                and "\\\r\n" not in span.text
                and span.text != node.text
            ):
                found.append(("a word that stands elsewhere", node))
    return found


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    assert faults(text) == []


@given(st.lists(st.sampled_from(ATOMS), max_size=60).map("".join))
def test_pieces_of_the_language(text: str) -> None:
    assert faults(text) == []


@given(st.lists(st.sampled_from(ATOMS), max_size=40).map(" ".join))
def test_words_of_the_language(text: str) -> None:
    assert faults(text) == []


@given(st.data())
def test_specs_with_a_change(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(SPECS))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(st.sampled_from(("", *ATOMS))) + text[end:]
    assert faults(text) == []


@given(
    st.lists(
        st.sampled_from(("ms-a", "ms-b", "80", "*", "/", ":", "::", "[", "]", "=", ",", ".", "-", "<", ">", "é", " ")),
        max_size=12,
    )
)
def test_endpoints(pieces: list[str]) -> None:
    word = "".join(pieces)
    source = Source("fuzz.nps", word)
    for found in (parse_source(word, source.span(0, len(word))), parse_destination(word, source.span(0, len(word)))):
        if isinstance(found, Diagnostic):
            assert found.span is not None
            assert 0 <= found.span.start <= found.span.end <= len(word)


@pytest.mark.parametrize(
    "text",
    [
        "given terraform x a=" + "[" * 20_000,
        "given terraform x a=" + "[" * 20_000 + "]" * 20_000,
        "expect " + "[" * 20_000,
        "expect " + '["' * 10_000,
        "expect " + "$(" * 20_000,
        "expect " + "$(a$(" * 10_000,
        'todo "' + '\\"' * 20_000,
        "X = " + '"' * 20_001,
        "given manifest " + "<<A " * 5_000,
        "given manifest <<A\n" + "A \n" * 5 + " B\n" * 20_000,
        "\n" * 50_000 + "given",
        " \n\t\n" * 20_000 + "given",
        "#\n" * 30_000 + "x",
        "##\n" * 30_000 + "x:",
        "a" * 200_000 + ":",
        "a " * 30_000 + ":",
        "a: " + ";" * 30_000,
        "\\\n" * 30_000,
        "expect " + "a," * 20_000 + " -> b:80 denied",
        "X=" + "\\\n" * 30_000,
    ],
    ids=range(20),
)
def test_long_and_deep_texts_take_no_long_time(text: str) -> None:
    assert faults(text) == []

"""Which blocks a document has, and that every character of a spec stays in its place."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netpolspec.documents.blocks import indent_of, read_blocks, spec_view
from netpolspec.plan.files import is_document
from netpolspec.source import Source
from netpolspec.syntax.ast import Rule
from netpolspec.syntax.parser import parse_file


def view_of(text: str) -> str:
    return spec_view(Source("a.md", text), read_blocks(text))


def specs_of(text: str) -> list[str]:
    """What is a spec in a document."""
    return [block.text for block in read_blocks(text) if block.language == "nps"]


@pytest.mark.parametrize(
    ("text", "specs"),
    [
        ("```nps\na\nb\n```\n", ["a\nb\n"]),
        ("~~~ nps title=x\na\n~~~\n", ["a\n"]),
        ("```NPS\na\n```", ["a\n"]),
        ("```nps\na\n", ["a\n"]),  # without an end, it goes on to the end
        ("```nps\n```\n", [""]),
        ("```nps wrong\na\n```\n", []),
        ("````nps\n```\n````\n", ["```\n"]),
        ("  ```nps\n  a\n    b\n  ```\n", ["a\n  b\n"]),
        ("- x\n\n  ```nps\n  a\n\n  \tb\n  ```\n", ["a\n\n\tb\n"]),
        ("> ```nps\n> a\n> ```\n", ["a\n"]),
        ("```nps\r\na\r\n```\r\n", ["a\n"]),
        ("\ufeff```nps\na\n```\n", ["a\n"]),
        ("    ```nps\n    a\n    ```\n", []),  # code by its indentation
        ("<!--\n```nps\na\n```\n-->\n", []),
        ("````markdown\n```nps\na\n```\n````\n", []),
        ("`` ```nps `` and text\n", []),
        ("```npsx\na\n```\n```\nb\n```\n", []),
    ],
)
def test_blocks_are_those_of_commonmark(text: str, specs: list[str]) -> None:
    assert specs_of(text) == specs


def test_views_have_the_offsets_of_their_documents() -> None:
    text = "# T\n\n```nps\na: b ; c\n```\n\nmore\n\n```yaml\nx: y\n```\n"
    view = view_of(text)
    assert len(view) == len(text)
    assert view.split() == ["a:", "b", ";", "c"]
    assert view.index("a: b") == text.index("a: b")
    assert view.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("mark", "rest"),
    [("", ""), ("  ", "  "), ("> ", "> "), ("- ", "  "), ("1. ", "   "), ("> - ", ">   "), ("> > ", "> > ")],
)
def test_a_spec_means_the_same_wherever_it_stands(mark: str, rest: str) -> None:
    spec = textwrap.dedent("""\
        V := one \\
        two

        ## Described
        ## in two lines.
        world:
        \tgiven namespace ms-a
        \tgiven manifest <<END
        \t  kind: x
        \tEND

        all: world ; expect ms-a -> \\
        \tms-b:80 denied
        \texpect ms-a -> ms-b:81 denied
        """)
    lines = [f"{mark}```nps", *(f"{rest}{line}".rstrip(" ") for line in spec.splitlines()), f"{rest}```", ""]
    source = Source("a.md", "\n".join(lines))
    parsed, diagnostics = parse_file(source, spec_view(source, read_blocks(source.text)))
    plain, _ = parse_file(Source("a.nps", spec))
    assert diagnostics == ()
    assert parsed is not None
    assert plain is not None
    assert [type(item) for item in parsed.items] == [type(item) for item in plain.items]
    for one, other in zip(parsed.items, plain.items, strict=True):
        assert (one.span.line, one.span.column) == (other.span.line + 1, other.span.column + len(mark))
        assert one.span.text.split("\n", 1)[0] == other.span.text.split("\n", 1)[0]
        if isinstance(one, Rule):
            assert isinstance(other, Rule)
            assert [word.text for word in one.targets] == [word.text for word in other.targets]
            assert one.description == other.description
            assert len(one.statements) == len(other.statements)
    world = parsed.items[1]
    assert isinstance(world, Rule)
    heredoc = world.statements[1].what  # type: ignore[union-attr]
    assert heredoc.text == "kind: x\n"
    assert source.line_text(heredoc.line)[heredoc.indent :] == "kind: x"  # type: ignore[union-attr]


def test_a_tab_that_stands_before_a_list_item_s_block() -> None:
    text = "1. x\n\n\t```nps\n\ta: b\n\t\tc\n\t```\n"
    view = view_of(text)
    assert [line.rstrip(" ") for line in view.split("\n") if line.strip()] == ["a: b", "\tc"]
    assert view.index("a: b") == text.index("a: b")


def test_the_indentation_that_a_block_has() -> None:
    text = "- x\n\n  ```yaml\n\n  a: b\n  ```\n"
    (block,) = read_blocks(text)
    assert (block.line, indent_of(block, Source("a.md", text))) == (4, 2)


@pytest.mark.parametrize(("path", "expected"), [("a.md", True), ("A.MD", True), ("a.markdown", True), ("a.nps", False)])
def test_documents_are_told_by_their_names(path: str, *, expected: bool) -> None:
    assert is_document(path) is expected


PIECES = st.lists(
    st.sampled_from(
        ["```nps\n", "```\n", "~~~\n", "a: b\n", "\tc \\\n", "- ", "> ", "    ", "\t", "\n", "x\n", "\r\n", "\r"]
    )
)


@given(PIECES)
def test_any_text_has_a_view_of_its_length(pieces: list[str]) -> None:
    text = "".join(pieces)
    view = view_of(text)
    assert len(view) == len(text)
    assert view.count("\n") == text.count("\n")
    for at, character in enumerate(view):
        assert character in (text[at], " ", "\n", "\\")

"""HCL text to attributes and blocks, after hclsyntax/spec.md of HCL 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.load.hcl.parser import Parser, as_literal
from netpolspec.load.hcl.template import read_quoted
from netpolspec.load.hcl.tokens import END
from netpolspec.load.hcl.tree import Attribute, Block, Body, Literal

if TYPE_CHECKING:
    from netpolspec.source import Source, Span


def parse_file(source: Source) -> Body:
    """The attributes and blocks of a file in HCL's native syntax; raises Refusal at the first mistake."""
    return read_body(Parser(source.text, source.span, 1 if source.text.startswith("\ufeff") else 0), None)


def read_body(parser: Parser, opened: Span | None) -> Body:
    """Attributes and blocks up to the end of the file or, with the span of its brace, of the block."""
    tokens = parser.tokens
    if opened is None:
        tokens.advance()
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    on_one_line = opened is not None and tokens.kind != "newline"
    while True:
        while not on_one_line and tokens.take("newline"):
            pass
        if tokens.kind == (END if opened is None else "}"):
            return Body(attributes, tuple(blocks))
        if tokens.kind == END and opened is not None:
            tokens.refuse("this block is not closed", "its '}' is missing", at=opened)
        start, name_span = tokens.start, tokens.here
        name = tokens.expect("name", "an argument or a block")
        if on_one_line and (tokens.kind != "=" or attributes):
            help_ = "start a new line behind its '{', and one for each argument and block"
            tokens.refuse("a block on one line holds one argument at most", help_, at=name_span)
        if tokens.take("="):
            if name in attributes:
                first = attributes[name].name_span.line
                tokens.refuse(f"argument '{name}' stands twice", f"first on line {first}", at=name_span)
            attributes[name] = Attribute(name, parser.expression(), name_span)
            _end_line(parser, "argument", in_block=on_one_line)
        else:
            blocks.append(_block(parser, name, start))


def _end_line(parser: Parser, what: str, *, in_block: bool) -> None:
    tokens = parser.tokens
    if tokens.kind in ("newline", END) or (tokens.kind == "}" and in_block):
        return
    if tokens.kind == ",":
        tokens.refuse("unexpected ','", "arguments of a block stand on lines of their own, without commas")
    tokens.refuse(f"expected the end of the {what}", "the next argument or block begins on a new line")


def _block(parser: Parser, name: str, start: int) -> Block:
    tokens = parser.tokens
    labels: list[str] = []
    head_end = start + len(name)
    while tokens.kind in ("name", "plain", "quote"):
        if tokens.kind != "quote":
            labels.append(tokens.text.strip('"'))
            head_end = tokens.end
            tokens.advance()
        else:
            label = read_quoted(parser)
            literal = as_literal(label)
            if not isinstance(literal, Literal) or not isinstance(literal.value, str):
                tokens.refuse("a block's label is plain text", at=label.span)
            labels.append(literal.value)
            head_end = label.span.end
    if tokens.kind != "{":
        help_ = f"an argument is written '{name} = ...', a block '{name} {{'"
        tokens.refuse("expected '=' or '{' here", help_)
    opened = tokens.here
    with parser.deeper():
        tokens.enter(lines=True)
        body = read_body(parser, opened)
        extent = tokens.span(start, tokens.end)
        tokens.leave("}", opened)
    _end_line(parser, "block", in_block=False)
    return Block(name, tuple(labels), body, tokens.span(start, head_end), extent)

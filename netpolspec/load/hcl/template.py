"""The inside of quotes and heredocs: literal text, `${...}` and `%{...}`, strip markers, indentation.

How a text falls into pieces decides what `~` strips and what `<<-` takes away, so the pieces are those of HCL's own
scanner: in a heredoc, each line is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from netpolspec.load.hcl.tree import Parens, Template, TemplateFor, TemplateIf
from netpolspec.load.hcl.values import normalize

if TYPE_CHECKING:
    from netpolspec.load.hcl.tokens import Tokens
    from netpolspec.load.hcl.tree import Expr, Part
    from netpolspec.source import Span

_QUOTED = re.compile(r'(?:[^"\\$%\n]|\\.|\$\$\{|%%\{|\$(?!\{)|%(?!\{))+')
_PLAIN = re.compile(r"(?:[^$%\n]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*(?:\n|(?=[$%]\{)|\Z)")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([nrt\"\\])|(.?))", re.DOTALL)
_DOUBLED = re.compile(r"([$%])\1\{")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_LAST_CHARACTER = 0x10FFFF


class Reader(Protocol):
    """Who reads the expressions within a text."""

    tokens: Tokens

    def expression(self) -> Expr:
        """One expression, from where the tokens stand."""
        ...


@dataclass(slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Directive:
    word: str
    key_name: str | None
    value_name: str
    operand: Expr | None
    span: Span


_Piece: TypeAlias = "_Text | Expr | _Directive"


def read_quoted(reader: Reader) -> Expr:
    """The quoted text whose opening quote is the current word; goes past it."""
    tokens = reader.tokens
    start = tokens.start
    at, pieces = _read_pieces(reader, tokens.end, quoted=True, marker=None)
    tokens.jump(at + 1)
    tokens.advance()
    return _assemble(reader, pieces, tokens.span(start, at + 1))


def read_heredoc(reader: Reader) -> Expr:
    """The heredoc whose opening line is the current word; goes past its closing marker."""
    tokens = reader.tokens
    start, opening = tokens.start, tokens.text
    marker = opening.lstrip("<").removeprefix("-").strip()
    at, pieces = _read_pieces(reader, tokens.end, quoted=False, marker=marker)
    if opening.startswith("<<-"):
        _unindent(pieces)
    tokens.jump(at)
    tokens.advance()
    return _assemble(reader, pieces, tokens.span(start, at))


def read_whole(reader: Reader) -> Expr:
    """A text that is a template from its start to its end: a template file, or a string of a `.tf.json` file."""
    tokens = reader.tokens
    at, pieces = _read_pieces(reader, tokens.end, quoted=False, marker=None)
    return _assemble(reader, pieces, tokens.span(0, at))


# --- pieces -------------------------------------------------------------------------------------------------------


def _read_pieces(reader: Reader, at: int, *, quoted: bool, marker: str | None) -> tuple[int, list[_Piece]]:
    """The pieces from an offset on, and the offset of what ends them: the quote, the marker's end, the text's end."""
    tokens = reader.tokens
    content = tokens.content
    pattern = _QUOTED if quoted else _PLAIN
    pieces: list[_Piece] = []
    opening = tokens.span(tokens.start, max(at, tokens.start + 1))
    strip_next, begins_line = False, True
    while True:
        if marker is not None and begins_line and (end := _marker_end(content, at, marker)) is not None:
            return end, pieces
        match = pattern.match(content, at)
        if match is not None and match.end() > at:
            text = _unescape(reader, match.group(), at) if quoted else match.group()
            text = normalize(_DOUBLED.sub(r"\1{", text))
            pieces.append(_Text(text.lstrip() if strip_next else text))
            strip_next, begins_line, at = False, match.group().endswith("\n"), match.end()
        elif content.startswith(("${", "%{"), at):
            piece, at, strips_before, strip_next = _read_sequence(reader, at)
            if strips_before and pieces and isinstance(last := pieces[-1], _Text):
                last.text = last.text.rstrip()
            pieces.append(piece)
            begins_line = False
        elif (quoted and content.startswith('"', at)) or (not quoted and marker is None):
            return at, pieces
        else:
            what = "quoted text ends with its line" if quoted else f"the heredoc's end '{marker}' is missing"
            tokens.refuse(what, *(("for text of several lines use a heredoc: <<EOT",) if quoted else ()), at=opening)


def _marker_end(content: str, at: int, marker: str) -> int | None:
    """Where the marker ends if the line at an offset holds it and nothing else; the line break is not part of it."""
    line_end = content.find("\n", at)
    line = content[at : line_end if line_end >= 0 else len(content)]
    if line.strip() != marker:
        return None
    return at + len(line.rstrip())


def _unescape(reader: Reader, text: str, at: int) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:  # noqa: RET503 - refuse() does not return
        short, long, simple, unknown = match.groups()
        if simple:
            return _SIMPLE[simple]
        if unknown is None and int(short or long, 16) <= _LAST_CHARACTER:
            return chr(int(short or long, 16))
        span = reader.tokens.span(at + match.start(), at + match.end())
        reader.tokens.refuse(f"unknown escape '{match.group()}'", "a backslash itself is written '\\\\'", at=span)

    return _ESCAPE.sub(replace, text)


def _read_sequence(reader: Reader, at: int) -> tuple[_Piece, int, bool, bool]:
    """One `${...}` or `%{...}`: the piece, the offset behind it, whether it strips before and behind."""
    tokens = reader.tokens
    strips_before = tokens.content.startswith("~", at + 2)
    tokens.begin()
    tokens.jump(at + 2 + strips_before)
    tokens.advance()
    piece: _Piece
    if tokens.content[at] == "$":
        inner = reader.expression()
        piece = Parens(inner, inner.span)
    else:
        piece = _read_directive(reader, at)
    tokens.finish()
    strips_behind = tokens.kind == "~" and tokens.content.startswith("}", tokens.end)
    end = tokens.end + 1 if strips_behind else tokens.end
    if not strips_behind and tokens.kind != "}":
        tokens.refuse("expected '}' here", f"it ends the '{tokens.content[at]}{{'")
    return piece, end, strips_before, strips_behind


def _read_directive(reader: Reader, at: int) -> _Directive:
    tokens = reader.tokens
    word = tokens.expect("name", "'if', 'else', 'endif', 'for' or 'endfor'")
    key_name, value_name, operand = None, "", None
    match word:
        case "if":
            operand = reader.expression()
        case "for":
            key_name, value_name = tokens.expect_names_in()
            operand = reader.expression()
        case "else" | "endif" | "endfor":
            pass
        case _:
            tokens.refuse(f"unknown template directive '{word}'", "there are: if, else, endif, for, endfor")
    return _Directive(word, key_name, value_name, operand, tokens.span(at, tokens.start))


def _unindent(pieces: list[_Piece]) -> None:
    """Take the smallest indentation of the lines away from all of them, as `<<-` does."""
    adjust: list[_Text] = []
    smallest: int | None = None
    begins_line = True
    for piece in pieces:
        if begins_line:
            begins_line = False
            spaces: int | None = 0
            if isinstance(piece, _Text):
                trimmed = piece.text.lstrip()
                if not trimmed and piece.text.endswith("\n"):
                    spaces = None  # a blank line says nothing about the indentation
                else:
                    spaces = len(piece.text) - len(trimmed)
                    adjust.append(piece)
            if spaces is not None:
                smallest = spaces if smallest is None else min(smallest, spaces)
        if isinstance(piece, _Text) and piece.text.endswith("\n"):
            begins_line = True
    for text in adjust:
        text.text = text.text[smallest or 0 :]


# --- pieces to parts ----------------------------------------------------------------------------------------------


def _assemble(reader: Reader, pieces: list[_Piece], span: Span) -> Expr:
    if len(pieces) == 1 and isinstance(pieces[0], Parens):
        return Parens(pieces[0].inner, span)
    rest = list(reversed(pieces))
    parts, stopped = _parts(reader, rest)
    if stopped is not None:
        reader.tokens.refuse(f"'{stopped.word}' without its beginning", at=stopped.span)
    return Template(parts, span)


def _parts(reader: Reader, rest: list[_Piece]) -> tuple[tuple[Part, ...], _Directive | None]:
    """Parts up to the end, or up to a directive that ends something."""
    parts: list[Part] = []
    while rest:
        piece = rest.pop()
        if isinstance(piece, _Text):
            parts.append(piece.text)
        elif not isinstance(piece, _Directive):
            parts.append(piece)
        elif piece.word == "if":
            parts.append(_if(reader, piece, rest))
        elif piece.word == "for":
            parts.append(_for(reader, piece, rest))
        else:
            return tuple(parts), piece
    return tuple(parts), None


def _if(reader: Reader, opening: _Directive, rest: list[_Piece]) -> TemplateIf:
    yes, end = _parts(reader, rest)
    no: tuple[Part, ...] = ()
    if end is not None and end.word == "else":
        no, end = _parts(reader, rest)
    if end is None or end.word != "endif" or opening.operand is None:
        at = opening.span if end is None else end.span
        reader.tokens.refuse("'if' without its 'endif'" if end is None else f"'{end.word}' within an 'if'", at=at)
    return TemplateIf(opening.operand, Template(yes, opening.span), Template(no, opening.span), opening.span)


def _for(reader: Reader, opening: _Directive, rest: list[_Piece]) -> TemplateFor:
    body, end = _parts(reader, rest)
    if end is None or end.word != "endfor" or opening.operand is None:
        at = opening.span if end is None else end.span
        reader.tokens.refuse("'for' without its 'endfor'" if end is None else f"'{end.word}' within a 'for'", at=at)
    return TemplateFor(
        opening.key_name, opening.value_name, opening.operand, Template(body, opening.span), opening.span
    )

"""From a spec's text to its AST, and from the words of an `expect` to what they name."""

from __future__ import annotations

import threading
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.syntax.words import Flaw

if TYPE_CHECKING:
    from lark import Lark

    from netpolspec.source import Source, Span
    from netpolspec.syntax.ast import File
    from netpolspec.syntax.build import Builder
    from netpolspec.syntax.layout import Layout
    from netpolspec.syntax.names import DestinationName, SourceName

_LOCK = threading.Lock()
"""The callbacks and the post-lexer know the text of the one parse that is going on."""

_REMEMBERED = 1 << 17
"""Different endpoints to remember: a spec names few, and many times."""


@cache
def _load() -> tuple[Lark, Builder, Layout]:
    """The parser, made when the first text comes: it takes longer than `netpolspec --version` should."""
    from lark import Lark

    from netpolspec.syntax.build import Builder
    from netpolspec.syntax.layout import Layout

    builder, layout = Builder(), Layout()
    parser = Lark.open_from_package(
        "netpolspec.syntax",
        "nps.lark",
        parser="lalr",
        lexer="contextual",
        start=["file", "source", "destination"],
        postlex=layout,
        transformer=builder,
        maybe_placeholders=False,
    )
    return parser, builder, layout


def parse_file(source: Source, text: str | None = None) -> tuple[File | None, tuple[Diagnostic, ...]]:
    """Parse a spec.

    Args:
        source: what the spans of the result point into.
        text: a view of `source.text` with the same offsets, in which what is no spec is blank; `source.text` if None.

    Returns:
        The AST and no diagnostics, or None and at least one.
    """
    from netpolspec.syntax.layout import make_view

    binary = source.text.find("\0")
    if binary != -1:
        span = source.span(binary, binary + 1)
        return None, (Diagnostic("binary-file", "this is a binary file", span, help=("a spec is a UTF-8 text",)),)
    view = make_view(source.text if text is None else text)
    file, diagnostics = _parse_file(source, view)
    if file is None and text is None:
        from netpolspec.syntax.foreign import name_foreign

        foreign = name_foreign(source)
        return None, (foreign,) if foreign else diagnostics
    return file, diagnostics


def _parse_file(source: Source, view: str) -> tuple[File | None, tuple[Diagnostic, ...]]:
    from lark import UnexpectedInput

    with _LOCK:
        parser, builder, layout = _load()
        builder.begin(source, view)
        layout.source = source
        try:
            file: File = parser.parse(view, start="file")  # type: ignore[assignment]  # the builder makes it
        except Refusal as refusal:
            return None, (*builder.problems, *refusal.diagnostics)
        except UnexpectedInput as error:
            from netpolspec.syntax.explain import explain

            # A quote that is not closed, say, is the cause; where the parser got stuck behind it is not.
            return None, tuple(builder.problems) or (explain(error, layout, view),)
        return (None, tuple(builder.problems)) if builder.problems else (file, ())


def parse_source(text: str, span: Span) -> SourceName | Diagnostic:
    """What a source of an `expect` names.

    Args:
        text: one word, expanded and without quotes.
        span: where it stands, for messages.
    """
    found = _source(text)
    return found.at(span, text) if isinstance(found, Flaw) else found


def parse_destination(text: str, span: Span) -> DestinationName | Diagnostic:
    """What a destination of an `expect` names.

    Args:
        text: one word, expanded and without quotes.
        span: where it stands, for messages.
    """
    found = _destination(text)
    return found.at(span, text) if isinstance(found, Flaw) else found


@lru_cache(_REMEMBERED)
def _source(text: str) -> SourceName | Flaw:
    found: SourceName | Flaw | int = _endpoint(text, "source")
    if isinstance(found, int):
        from netpolspec.syntax.explain_endpoints import explain_source

        return explain_source(text, found)
    return found


@lru_cache(_REMEMBERED)
def _destination(text: str) -> DestinationName | Flaw:
    found: DestinationName | Flaw | int = _endpoint(text, "destination")
    if isinstance(found, int):
        from netpolspec.syntax.explain_endpoints import explain_destination

        return explain_destination(text, found)
    return found


def _endpoint(text: str, start: str) -> Any:  # noqa: ANN401 - depends on the start rule
    """What the grammar makes of a word: the name, what is wrong with it, or the offset where it got stuck."""
    from lark import UnexpectedInput, UnexpectedToken

    from netpolspec.syntax.endpoints import BadEndpoint

    if not text.isprintable():
        return 0
    try:
        with _LOCK:
            return _load()[0].parse(text, start=start)
    except BadEndpoint as refusal:
        return refusal.flaw
    except UnexpectedInput as error:
        at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        return len(text) if at_end else error.pos_in_stream

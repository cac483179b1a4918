"""From a spec's text to its AST, and from the words of an `expect` to what they name."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal

if TYPE_CHECKING:
    from lark import Lark

    from netpolspec.source import Source
    from netpolspec.syntax.ast import File
    from netpolspec.syntax.build import Builder
    from netpolspec.syntax.layout import Layout

_LOCK = threading.Lock()
"""The callbacks and the post-lexer know the text of the one parse that is going on."""


@cache
def _load() -> tuple[Lark, Builder, Layout]:
    """The parser, made when the first text comes: it takes longer than `netpolspec --version` should."""
    from lark import Lark  # noqa: PLC0415 - start-up

    from netpolspec.syntax.build import Builder  # noqa: PLC0415
    from netpolspec.syntax.layout import Layout  # noqa: PLC0415

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
    from lark import UnexpectedInput  # noqa: PLC0415 - start-up

    view = source.text if text is None else text
    if view.startswith("\ufeff"):
        view = " " + view[1:]
    if not view.endswith("\n"):
        view += "\n"
    with _LOCK:
        parser, builder, layout = _load()
        builder.begin(source, view)
        layout.source = source
        try:
            file: File = parser.parse(view, start="file")  # type: ignore[assignment]  # the builder makes it
        except Refusal as refusal:
            return None, (*builder.problems, *refusal.diagnostics)
        except UnexpectedInput as error:
            if builder.problems:
                return None, tuple(builder.problems)
            return None, (Diagnostic("syntax", str(error), source.span(error.pos_in_stream or 0, error.pos_in_stream or 0)),)
        if builder.problems:
            return None, tuple(builder.problems)
        return file, ()

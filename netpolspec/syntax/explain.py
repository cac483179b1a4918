"""Why a text is no spec: a decision table on what was read, where the parser got stuck, and what it could have taken.

Lark's own wording never reaches a user. The explainers of `explain_lines` and `explain_statements` are asked in turn;
the first that knows the case answers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic
from netpolspec.syntax import explain_lines, explain_statements
from netpolspec.syntax.stuck import LINE_ENDS, Stuck
from netpolspec.syntax.words import find_flaw, name_character

if TYPE_CHECKING:
    from collections.abc import Callable

    from lark import UnexpectedInput
    from lark.parsers.lalr_interactive_parser import InteractiveParser

    from netpolspec.syntax.layout import Layout

_MARKS = {",": "_COMMA", ";": "_SEMICOLON", ":": "COLON", "->": "ARROW"}
_WORD = re.compile(r"[^\s;,#]+|.", re.DOTALL)


def explain(error: UnexpectedInput, layout: Layout, text: str) -> Diagnostic:
    """Say what is wrong where the parser got stuck.

    Args:
        error: what Lark raised.
        layout: the post-lexer, which knows the statement that was being read.
        text: the view that was parsed.
    """
    stuck = _locate(error, layout, text)
    for explainer in _EXPLAINERS:
        found = explainer(stuck)
        if found:
            return found
    if stuck.kind == "_SEMICOLON":
        here = stuck.span(stuck.at, stuck.at + 1)
        return Diagnostic("unexpected", "a semicolon has no place here", here, help=("begin a new line",))
    what = f"'{stuck.word}' has no place here" if stuck.word else "the line ends too early"
    return stuck.complain("unexpected", what, *stuck.expected())


def _locate(error: UnexpectedInput, layout: Layout, text: str) -> Stuck:
    """Where the parser got stuck, free of Lark's types of errors."""
    source = layout.source
    assert source is not None  # noqa: S101 - set before each parse
    token = getattr(error, "token", None)
    kind = token.type if token is not None else ""
    stopped: int = error.pos_in_stream or 0  # type: ignore[redundant-expr]  # its type says None, wrongly
    at = len(text) if kind == "$END" else stopped
    match = _WORD.match(text, at)
    word = match[0] if match and kind not in LINE_ENDS else ""
    # Lark looks at the text anew, without context, to name what it cannot take: a comma may get any name.
    kind = _MARKS.get(word, kind)
    interactive: InteractiveParser = error.interactive_parser
    return Stuck(
        source=source,
        text=text,
        at=at,
        word="" if kind == "_SEMICOLON" else word,
        kind=kind,
        statement=tuple(layout.statement),
        before=layout.before.type if layout.before is not None else "",
        accepts=frozenset(interactive.accepts()),  # type: ignore[no-untyped-call]
    )


def _explain_flaw(stuck: Stuck) -> Diagnostic | None:
    """A quote or bracket that is not closed is the cause, wherever the parser got stuck because of it."""
    for token in stuck.statement:
        if token.type in {"WORD", "PAIR", "VALUE"}:
            flaw = find_flaw(token.value)
            if flaw:
                return flaw.at(stuck.span_of(token), token.value)
    for token in stuck.statement:
        if token.type == "WORD" and token.value.startswith("'"):
            return stuck.complain_about(token, "single-quote", "single quotes do not quote", "use double quotes")
    flaw = find_flaw(stuck.word)
    if flaw and stuck.kind in {"WORD", "PAIR"}:
        return flaw.at(stuck.here, stuck.word)
    return None


_LOOKALIKES = {
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{DOUBLE LOW-9 QUOTATION MARK}": '"',
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{RIGHTWARDS DOUBLE ARROW}": "->",
    "\N{EN DASH}>": "->",
    "\N{EM DASH}>": "->",
    "\N{FULLWIDTH COLON}": ":",
    "\N{FULLWIDTH SEMICOLON}": ";",
    "\N{FULLWIDTH COMMA}": ",",
}


def _explain_character(stuck: Stuck) -> Diagnostic | None:
    """Characters that look like nothing, and what a word processor makes of quotes and arrows."""
    for start, text in [*((token.start_pos or 0, token.value) for token in stuck.statement), (stuck.at, stuck.word)]:
        for wrong, right in _LOOKALIKES.items():
            at = text.find(wrong)
            if at != -1:
                span = stuck.span(start + at, start + at + len(wrong))
                return Diagnostic("odd-character", f"'{wrong}' is not '{right}'", span, help=(f"write '{right}'",))
    char = stuck.word[:1]
    if not char or (char.isprintable() and not char.isspace()):
        return None
    here = stuck.span(stuck.at, stuck.at + 1)
    if char == "\r":
        hint = "save the file with LF or CRLF at the ends of its lines"
        return Diagnostic("odd-character", "a carriage return without a line feed", here, help=(hint,))
    flaw = name_character(char, 0)
    return Diagnostic(flaw.code, flaw.message, here, help=flaw.help)


_EXPLAINERS: tuple[Callable[[Stuck], Diagnostic | None], ...] = (
    _explain_flaw,
    _explain_character,
    explain_lines.explain_line_start,
    explain_lines.explain_missing_separator,
    explain_lines.explain_head,
    explain_lines.explain_rest,
    explain_statements.explain_expect,
    explain_statements.explain_given,
    explain_statements.explain_when,
    explain_statements.explain_option,
    explain_lines.explain_separators,
)

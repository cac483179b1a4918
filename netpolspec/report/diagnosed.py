"""`netpolspec check --format json|github`: what was found, for programs; `schema/check.json` describes the document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec import __version__
from netpolspec.diagnostics import DOCUMENTATION, Note, Severity
from netpolspec.report.github import command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from netpolspec.diagnostics import Diagnostic
    from netpolspec.report.facts import Facts
    from netpolspec.source import Source, Span

VERSION = 1


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """What a check came to."""

    diagnostics: Sequence[Diagnostic]
    read: Mapping[str, int] | None
    """How many `files`, `scenarios`, `points` and `objects` were read; None where there are mistakes."""
    lints: frozenset[str]
    """The codes whose pages are in docs/lints/."""
    folder: str = ""
    """What to put before relative paths in annotations."""


def document(checked: Diagnosed) -> str:
    """One JSON document, a line for each diagnostic."""
    errors = sum(each.severity is Severity.ERROR for each in checked.diagnostics)
    head: Facts = {
        "format": "netpolspec-check",
        "version": VERSION,
        "netpolspec": __version__,
        "passed": errors == 0,
        "summary": {"errors": errors, "warnings": len(checked.diagnostics) - errors},
        "read": None if checked.read is None else dict(checked.read),
    }
    lines = ",\n  ".join(json.dumps(_diagnostic(each, checked), ensure_ascii=False) for each in checked.diagnostics)
    listed = f"[\n  {lines}\n ]" if lines else "[]"
    return json.dumps(head, ensure_ascii=False, indent=1)[: -len("\n}")] + f',\n "diagnostics": {listed}\n}}\n'


def commands(checked: Diagnosed) -> Iterator[str]:
    """A workflow command for each diagnostic, which GitHub shows at its line."""
    for each in checked.diagnostics:
        told = [each.message]
        told += [
            f"note: {note}" if isinstance(note, str) else f"note: {note.message}: {note.span}" for note in each.notes
        ]
        told += [f"help: {hint}" for hint in each.help]
        told.append(_page(each, checked))
        yield command(each.severity.value, each.span, each.code, "\n".join(told), checked.folder)


def _diagnostic(diagnostic: Diagnostic, checked: Diagnosed) -> Facts:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "at": _place(diagnostic.span),
        "help": list(diagnostic.help),
        "notes": [_note(note) for note in diagnostic.notes],
        "page": _page(diagnostic, checked),
    }


def _note(note: Note | str) -> Facts:
    if isinstance(note, str):
        return {"message": note, "at": None}
    return {"message": note.message, "at": _place(note.span)}


def _place(span: Span | None) -> Facts | None:
    """Where something stands: from the first character to behind the last one, lines and columns counted from 1."""
    if span is None:
        return None
    return {"file": span.source.path, "start": _point(span.source, span.start), "end": _point(span.source, span.end)}


def _point(source: Source, offset: int) -> Facts:
    line, column = source.line_column(offset)
    return {"line": line, "column": column}


def _page(diagnostic: Diagnostic, checked: Diagnosed) -> str:
    return f"{DOCUMENTATION}/{'lints' if diagnostic.code in checked.lints else 'messages'}/{diagnostic.code}.md"

"""Keeping sensitive values out of messages and renderings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netpolspec.diagnostics import Diagnostic

HIDDEN = "(sensitive value)"


def scrub_text(text: str, secrets: Iterable[str]) -> str:
    """Text in which what is sensitive is not shown; the longest first, as one may hold another."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return text


def scrub(diagnostic: Diagnostic, secrets: Iterable[str]) -> Diagnostic:
    """A message in which what is sensitive is not shown."""
    if not secrets:
        return diagnostic
    return replace(
        diagnostic,
        message=scrub_text(diagnostic.message, secrets),
        help=tuple(scrub_text(text, secrets) for text in diagnostic.help),
        notes=tuple(
            Note(scrub_text(note.message, secrets), note.span) if isinstance(note, Note) else scrub_text(note, secrets)
            for note in diagnostic.notes
        ),
    )

"""Keeping sensitive values out of messages and renderings."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from netpolspec.diagnostics import Note
from netpolspec.source import Pointer, Source, Span

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


# --- what a whole command prints ----------------------------------------------------------------------------------

_T = TypeVar("_T")


class Veil:
    """What a command may not show, whatever it prints: one for each command, held by its session.

    Secrets are replaced where they stand as words of their own, not within longer ones: a name that holds a secret is
    sensitive as a whole, so it is among the secrets itself.
    """

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def __bool__(self) -> bool:
        return bool(self._secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Hide some more."""
        self._secrets.update(secret for secret in secrets if secret.strip())
        self._pattern = None

    def text(self, text: str) -> str:
        """Text for people, in which what is sensitive is not shown."""
        if not self._secrets:
            return text
        if self._pattern is None:
            words = (_word(secret) for secret in sorted(self._secrets, key=len, reverse=True))
            self._pattern = re.compile("|".join(words))
        return self._pattern.sub(HIDDEN, text)

    def json(self, text: str, indent: int | None = None) -> str:
        """A JSON document in which what is sensitive is not shown, numbers too; its keys stay."""
        if not self._secrets:
            return text
        import json

        return json.dumps(self._data(json.loads(text)), indent=indent) + "\n"

    def _data(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            return {name: self._data(held) for name, held in value.items()}
        if isinstance(value, list):
            return [self._data(held) for held in value]
        if isinstance(value, bool) or value is None:
            return value
        return self.text(value) if isinstance(value, str) else HIDDEN if str(value) in self._secrets else value

    def record(self, value: _T, *, keep: tuple[str, ...] = ()) -> _T:
        """A record of text in which what is sensitive is not shown: all of its text, and that of its parts.

        What is neither text nor made of text stays, and so do places: a file and a line are no secrets.

        Args:
            value: A dataclass, a tuple, or text.
            keep: Fields of the dataclass that stay as they are.
        """
        if not self._secrets:
            return value
        hidden: _T = self._record(value, keep)
        return hidden

    def _record(self, value: Any, keep: tuple[str, ...] = ()) -> Any:  # noqa: ANN401 - any record
        if isinstance(value, Enum) or value is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple):
            return tuple(self._record(item) for item in value)
        if is_dataclass(value) and not isinstance(value, (type, Source, Span, Pointer)):
            held = {each.name: getattr(value, each.name) for each in fields(value) if each.name not in keep}
            changed = {name: after for name, part in held.items() if (after := self._record(part)) is not part}
            return replace(value, **changed) if changed else value
        return value


def _word(secret: str) -> str:
    """A pattern for a secret that is not a part of a longer word."""
    before = r"(?<![A-Za-z0-9_])" if _is_letter(secret[0]) else ""
    after = r"(?![A-Za-z0-9_])" if _is_letter(secret[-1]) else ""
    return f"{before}{re.escape(secret)}{after}"


def _is_letter(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())

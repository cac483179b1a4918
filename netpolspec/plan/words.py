"""The small words of statements: `key=value`, `P/PROTO`, numbers and durations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Refusal
from netpolspec.plan.expand import Names, expand_text, expand_word
from netpolspec.policy.objects import Protocol
from netpolspec.syntax.ast import Word

if TYPE_CHECKING:
    from netpolspec.source import Span

MAX_PORT = 65535
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, slots=True)
class Setting:
    """`key=value` after expansion, and where its halves stand."""

    key: str
    value: str
    key_span: Span
    value_span: Span
    quoted: bool
    """The value was written in double quotes, so it is a string whatever it looks like."""


def read_setting(word: Word, names: Names) -> Setting:
    """Split `key=value` at its first `=` as written: an `=` out of a variable is part of the value.

    Raises:
        Refusal: a reference in it fails.
    """
    at = word.text.index("=")
    cut = word.span.start + at
    key = Word(word.text[:at], word.span.source.span(word.span.start, cut))
    value = Word(word.text[at + 1 :], word.span.source.span(cut + 1, word.span.end))
    text = ""
    if value.text[:1] in {"[", "{"}:
        text = expand_text(value.text, names, value.span)  # JSON: its quotes are its own
    elif value.text:
        text = expand_word(value, names)
    return Setting(expand_word(key, names), text, key.span, value.span, value.text.startswith('"'))


def read_labels(words: tuple[Word, ...], names: Names) -> tuple[Setting, ...]:
    """Labels in the order in which they were written.

    Raises:
        Refusal: a reference fails, or a key stands twice.
    """
    found: dict[str, Setting] = {}
    for word in words:
        setting = read_setting(word, names)
        earlier = found.get(setting.key)
        if earlier is not None:
            message = f"'{setting.key}' is given twice"
            note = Note("the first is here", earlier.key_span)
            raise Refusal(Diagnostic("given-twice", message, setting.key_span, ("take one of them out",), (note,)))
        found[setting.key] = setting
    return tuple(found.values())


def read_number(word: Word, names: Names, what: str, lowest: int, highest: int) -> int:
    """A whole number within bounds, both included; `what` names it in the message.

    Raises:
        Refusal: it is none, or out of bounds.
    """
    text = expand_word(word, names)
    # isdecimal alone would take digits of other scripts.
    if text.isascii() and text.isdecimal() and len(text) <= len(str(highest)) + 3 and lowest <= int(text) <= highest:
        return int(text)
    message = f"{what} '{text}' is not a number from {lowest} to {highest}"
    raise Refusal(Diagnostic("bad-number", message, word.span))


def read_port(word: Word, names: Names) -> tuple[int, Protocol]:
    """`P[/PROTO]`, TCP by default.

    Raises:
        Refusal: the number is out of range, or the protocol is not one that NetworkPolicy knows.
    """
    text = expand_word(word, names)
    number, slash, protocol = text.partition("/")
    if slash and protocol.upper() not in Protocol.__members__:
        hint = "protocols are tcp, udp and sctp"
        raise Refusal(Diagnostic("bad-protocol", f"unknown protocol '{protocol}' in '{text}'", word.span, (hint,)))
    if not (number.isascii() and number.isdecimal() and len(number) <= 8 and 1 <= int(number) <= MAX_PORT):  # noqa: PLR2004
        message = f"port '{number}' is not a number from 1 to {MAX_PORT}"
        raise Refusal(Diagnostic("bad-port", message, word.span, ("write 'port 80', 'port 53/udp'",)))
    return int(number), Protocol[protocol.upper()] if slash else Protocol.TCP


def read_duration(word: Word, names: Names) -> float:
    """`500ms`, `5s`, `1.5s`, `2m` in seconds.

    Raises:
        Refusal: it is none of these.
    """
    text = expand_word(word, names)
    match = _DURATION.fullmatch(text)
    if match is None or not float(match[1]):
        hint = "durations look like '500ms', '5s' or '2m'"
        raise Refusal(Diagnostic("bad-duration", f"'{text}' is not a duration", word.span, (hint,)))
    return float(match[1]) * _SECONDS[match[2]]

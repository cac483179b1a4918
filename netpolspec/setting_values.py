"""One value: what a setting makes of text (command line, environment) or of a TOML value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from netpolspec.diagnostics import nearest
from netpolspec.policy import assumptions


class SettingError(ValueError):
    """A value that a setting cannot have: the message is for the user, as is the help."""

    def __init__(self, message: str, *help_: str, key: str | None = None) -> None:
        super().__init__(message)
        self.help = help_
        self.key = key
        """Of a table: the key in it."""


def one_of(*choices: str) -> Callable[[object], str]:
    """One of some words; a whole number counts as its digits (`tap = 13`)."""

    def read(value: object) -> str:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if isinstance(text, str) and text in choices:
            return text
        close = nearest(text, choices) if isinstance(text, str) else None
        hint = f"did you mean '{close}'?" if close else f"it is one of {', '.join(choices)}"
        raise SettingError(f"cannot be {_shown(value)}", hint)

    return read


def read_flag(value: object) -> bool:
    """True or false, of text also as 1, yes, on and so on."""
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise SettingError(f"cannot be {_shown(value)}", "it is true or false")


def read_text(value: object) -> str:
    """Text that is not empty."""
    if isinstance(value, str) and value:
        return value
    raise SettingError(f"cannot be {_shown(value)}", "it is a string")


def read_count(value: object) -> int:
    """A whole number, at least 1."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, int) and not isinstance(number, bool) and number > 0:
        return number
    raise SettingError(f"cannot be {_shown(value)}", "it is a whole number, at least 1")


_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|)")
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0}


def read_duration(value: object) -> float:
    """A length of time, in seconds: a number of them, or text such as `500ms`, `10s` or `2m`."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    if isinstance(value, str) and (found := _DURATION.fullmatch(value)):
        return float(found[1]) * _SECONDS[found[2]]
    raise SettingError(f"cannot be {_shown(value)}", "it is a duration, such as 10s, 500ms or 2m")


def strings(separator: str) -> Callable[[object], tuple[str, ...]]:
    """Several words: a list, or text with separators between them."""

    def read(value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            return tuple(part for part in value.split(separator) if part)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(part for item in value for part in read(item))
        raise SettingError(f"cannot be {_shown(value)}", "it is a list of strings")

    return read


def codes(*known: str) -> Callable[[object], tuple[str, ...]]:
    """Codes of warnings: a list, or text with commas between them."""

    def read(value: object) -> tuple[str, ...]:
        items = tuple(item.strip() for item in strings(",")(value))
        for item in items:
            if item not in known:
                close = nearest(item, known)
                hint = f"did you mean '{close}'?" if close else f"there are {', '.join(known)}"
                raise SettingError(f"has no lint '{item}'", hint)
        return items

    return read


def reports(*formats: str) -> Callable[[object], tuple[str, ...]]:
    """`FORMAT=PATH` items, each of one of these formats: a list, or text with commas between; a table of paths."""

    def read(value: object) -> tuple[str, ...]:
        items = _items_of_reports(value)
        for item in items:
            name, _, path = item.partition("=")
            if name not in formats:
                close = nearest(name, formats)
                hint = f"did you mean '{close}'?" if close else f"there are {', '.join(formats)}"
                raise SettingError(f"has no format '{name}'", hint)
            if not path:
                raise SettingError(f"says no file for '{name}'", f"write '{name}=FILE'")
        return items

    return read


def _items_of_reports(value: object) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return tuple(f"{name}={path}" for name, path in value.items() if isinstance(path, str))
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise SettingError(f"cannot be {_shown(value)}", "it is a list of FORMAT=PATH, such as html=report.html")


def read_assumptions(value: object) -> Mapping[str, str]:
    """`KEY=VALUE` items (a list, or text with commas or blanks between them), or a table."""
    if isinstance(value, Mapping):
        pairs = dict(value)
    else:
        items = [part for text in strings(",")(value) for part in text.split()]
        without = next((item for item in items if "=" not in item), None)
        if without is not None:
            raise SettingError(f"cannot be '{without}'", "it is KEY=VALUE, such as hostnetwork=pod")
        pairs = {key: text for key, _, text in (item.partition("=") for item in items)}
    for key, item in pairs.items():
        if key not in assumptions.KEYS:
            close = nearest(key, assumptions.KEYS)
            hint = f"did you mean '{close}'?" if close else f"there are {', '.join(assumptions.KEYS)}"
            raise SettingError(f"has no key '{key}'", hint, key=key)
        choices = assumptions.choices(key)
        if isinstance(item, bool) and "yes" in choices:
            pairs[key] = ("no", "yes")[item]
        try:
            one_of(*choices)(pairs[key])
        except SettingError as wrong:
            raise SettingError(f"has '{key}', which {wrong}", *wrong.help, key=key) from None
    return {key: str(item) for key, item in pairs.items()}


def _shown(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value}"

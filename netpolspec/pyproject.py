"""`[tool.netpolspec]` of the project that the current folder belongs to, with the places of its keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from netpolspec.source import Span

NAME = "pyproject.toml"

_HEADER = re.compile(r"""\s*\[\s*tool\s*\.\s*(['"]?)netpolspec\1\s*(?:\.\s*(['"]?)(?P<below>[\w-]+)\2\s*)?]""")
_ANY_HEADER = re.compile(r"\s*\[")
_KEY = re.compile(r"""\s*(['"]?)(?P<key>[\w-]+)\1\s*[=.]""")


@dataclass(frozen=True, slots=True)
class Table:
    """The settings of one project, as TOML has them."""

    folder: Path
    """Where pyproject.toml stands: its relative paths are relative to this."""
    source: Source
    values: Mapping[str, object]

    def place(self, key: str, below: str | None = None) -> Span:
        """The span of a key of the table, and of a key below it where that has a table of its own.

        Where the key cannot be found, it is the table's head.
        """
        head, inside = None, False
        for number in range(1, len(self.source.line_starts) + 1):
            line = self.source.line_text(number)
            start = self.source.line_starts[number - 1]
            if _ANY_HEADER.match(line):
                header = _HEADER.match(line)
                inside = header is not None and header["below"] is None
                if header is not None and (head is None or header["below"] == key):
                    head = self.source.span(start + line.index("["), start + header.end())
                if header is not None and header["below"] == key:
                    if below is None:
                        break
                    key, below, inside = below, None, True
            elif inside and (match := _KEY.match(line)) and match["key"] == key:
                return self.source.span(start + match.start("key"), start + match.end("key"))
        return head or self.source.span(0, 0)


def find_table(cwd: Path) -> Table | None:
    """The table of the nearest pyproject.toml that has one, from a folder upwards.

    Raises:
        Refusal: such a file cannot be read, or is no TOML.
    """
    for folder in (cwd, *cwd.parents):
        path = folder / NAME
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Refusal(Diagnostic("unreadable-file", f"cannot read '{path}': {reason}")) from None
        if b"netpolspec" in data:  # parsing is left out where it could not matter: it is not free
            table = _read(folder, NAME if folder == cwd else str(path), data)
            if table is not None:
                return table
    return None


def _read(folder: Path, shown: str, data: bytes) -> Table | None:
    import tomllib

    try:
        source = Source(shown, data.decode())
    except UnicodeDecodeError:
        raise Refusal(Diagnostic("not-utf8", f"'{shown}' is not UTF-8 text")) from None
    try:
        document = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        start = source.offset(int(at[1]), int(at[2])) if at else max(0, len(source.text) - 1)
        message = re.sub(r" \(at .*\)$", "", str(error)).rstrip(".")
        message = message[:1].lower() + message[1:]
        raise Refusal(Diagnostic("bad-toml", f"no TOML: {message}", source.span(start, start + 1))) from None
    tool = document.get("tool")
    values = tool.get("netpolspec") if isinstance(tool, Mapping) else None
    if values is None:
        return None
    if not isinstance(values, Mapping):
        message = "'tool.netpolspec' is a table: '[tool.netpolspec]'"
        raise Refusal(Diagnostic("bad-setting", message, Table(folder, source, {}).place("")))
    return Table(folder, source, values)

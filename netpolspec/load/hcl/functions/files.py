"""Functions that read files beside the configuration; paths begin at the root module's folder."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from netpolspec.load.hcl.values import Mistake

if TYPE_CHECKING:
    from pathlib import Path

    from netpolspec.load.hcl.values import Value

LARGEST = 10_000_000
"""Bytes; a file that a policy depends on is smaller."""


def read_bytes(folder: Path, name: str) -> bytes:
    """A file's content; raises Mistake."""
    path = folder / name
    try:
        if path.stat().st_size > LARGEST:
            raise Mistake(f"file '{name}' is larger than {LARGEST} bytes")
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise Mistake(f"file '{name}' cannot be read: {reason}") from None


def read_text(folder: Path, name: str) -> str:
    """A file's text; raises Mistake."""
    try:
        return read_bytes(folder, name).decode()
    except UnicodeDecodeError:
        raise Mistake(f"file '{name}' is not UTF-8") from None


def file(folder: Path, name: str) -> Value:
    """`file(path)`."""
    return read_text(folder, name)


def filebase64(folder: Path, name: str) -> Value:
    """`filebase64(path)`."""
    return base64.b64encode(read_bytes(folder, name)).decode()


def fileexists(folder: Path, name: str) -> Value:
    """`fileexists(path)`."""
    return (folder / name).is_file()


FILES = {
    "file": file,
    "filebase64": filebase64,
    "fileexists": fileexists,
}

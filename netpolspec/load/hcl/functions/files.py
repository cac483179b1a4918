"""Functions that read files beside the configuration; paths begin at the root module's folder."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from netpolspec.load.hcl.functions.definition import Unsupported
from netpolspec.load.hcl.values import Mistake, Primitive, make_set

if TYPE_CHECKING:
    from collections.abc import Callable
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


def fileset(folder: Path, name: str, pattern: str) -> Value:
    """`fileset(path, pattern)`: the files below a folder whose paths match."""
    if set("{}\\!") & set(pattern):
        raise Unsupported("the pattern holds alternatives")
    base = folder / name
    found = (path.relative_to(base).as_posix() for path in base.glob(pattern) if path.is_file())
    return make_set(found, Primitive.STRING)


def _define_digest(name: str, algorithm: str, show: Callable[[bytes], str]) -> None:
    def run(folder: Path, path: str) -> Value:
        return show(hashlib.new(algorithm, read_bytes(folder, path), usedforsecurity=False).digest())

    FILES[name] = run


FILES: dict[str, Callable[..., Value]] = {
    "file": file,
    "filebase64": filebase64,
    "fileexists": fileexists,
    "fileset": fileset,
}
for _algorithm in ("md5", "sha1", "sha256", "sha512"):
    _define_digest(f"file{_algorithm}", _algorithm, bytes.hex)
for _algorithm in ("sha256", "sha512"):
    _define_digest(f"filebase64{_algorithm}", _algorithm, lambda digest: base64.b64encode(digest).decode())

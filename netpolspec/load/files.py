"""Files and folders to sources: what can go wrong before a file is text, and which files of a folder count."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal, Severity, nearest
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.source import Span

SUFFIXES = (".yaml", ".yml", ".json")
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
MAX_BYTES = 1 << 30


def read_source(path: Path, *, place: Span | None = None, shown: str | None = None) -> Source:
    """The text of a file.

    Args:
        path: The file.
        place: What names it, for a message that it cannot be read.
        shown: How messages call it; the path itself where it is None.

    Raises:
        Refusal: it cannot be read, or is not UTF-8 text.
    """
    name = str(path) if shown is None else shown
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Refusal(unreadable(name, error, place)) from None
    if len(content) > MAX_BYTES:
        message = f"'{name}' is larger than {MAX_BYTES >> 30} GiB"
        raise Refusal(Diagnostic("not-text", message, place))
    return Source(name, decode(content, name))


def find_kustomization(folder: Path) -> Path | None:
    """The file that makes a folder a kustomization."""
    return next((path for name in KUSTOMIZATIONS if os.path.isfile(path := folder / name)), None)  # noqa: PTH113


def is_kustomization(folder: Path) -> bool:
    """Whether a folder is to be rendered."""
    return find_kustomization(folder) is not None


def unreadable(name: str, error: Exception, place: Span | None) -> Diagnostic:
    """What is said of a file or folder that the system does not give."""
    if isinstance(error, FileNotFoundError):
        return Diagnostic("unreadable-file", f"there is no file '{name}'", place)
    reason = str((isinstance(error, OSError) and error.strerror) or error).lower()
    return Diagnostic("unreadable-file", f"cannot read '{name}': {reason}", place)


def why_no_folder(path: Path, shown: str) -> tuple[str, tuple[str, ...]] | None:
    """What is said, with what helps, of a path that should be a folder and is none; None where it is one."""
    if os.path.isdir(path):  # noqa: PTH112 - is False where Path raises
        return None
    if os.path.exists(path):  # noqa: PTH110 - likewise
        return f"'{shown}' is a file, not a folder", ()
    try:
        beside = [entry.name for entry in os.scandir(path.parent) if entry.is_dir()]
    except (OSError, ValueError):
        beside = []
    close = nearest(path.name, beside)
    return f"there is no folder '{shown}'", (f"did you mean '{close}'?",) if close else ()


def decode(content: bytes, name: str) -> str:
    """The text of a file's bytes, without a byte order mark.

    Raises:
        Refusal: they are not UTF-8 text.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        message = f"'{name}' is UTF-16, not UTF-8"
        raise Refusal(Diagnostic("not-text", message, Source(name, "").span(0, 0), ("save it as UTF-8",)))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        shown = content[: error.start].decode("utf-8-sig", "replace")
        rest = content[error.start : error.start + 80].decode("utf-8", "replace").partition("\n")[0]
        source = Source(name, shown + rest)
        byte = content[error.start]
        message = f"'{name}' is not UTF-8 text: byte 0x{byte:02x}"
        raise Refusal(Diagnostic("not-text", message, source.span(len(shown), len(shown) + 1))) from None
    if (at := text.find("\0")) != -1:
        message = f"'{name}' is not text: it holds a zero byte"
        raise Refusal(Diagnostic("not-text", message, Source(name, text).span(at, at + 1)))
    return text


def walk(folder: Path, shown: str, warnings: list[Diagnostic], place: Span | None) -> Iterator[tuple[Path, str]]:
    """The YAML and JSON files of a folder and of those in it, in the order of their names, with what they are called.

    Left out: names that begin with a dot, what a kustomization is made of apart from the manifests, and Helm charts,
    whose templates are not YAML.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise Refusal(unreadable(shown, error, place)) from None
    names = {entry.name for entry in entries}
    if "Chart.yaml" in names:
        help_ = f"render it: helm template {shown}"
        message = f"'{shown}' is a Helm chart, which is left out"
        warnings.append(Diagnostic("skipped-chart", message, place, (help_,), severity=Severity.WARNING))
        return
    if names.intersection(KUSTOMIZATIONS):
        help_ = f"to have it rendered, name '{shown}' itself"
        message = f"'{shown}' holds a kustomization, whose files are read as they are"
        warnings.append(Diagnostic("plain-kustomization", message, place, (help_,), severity=Severity.WARNING))
    for entry in entries:
        if entry.name.startswith(".") or entry.name in KUSTOMIZATIONS:
            continue
        below = entry.name if shown == "." else f"{shown.rstrip('/')}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path), below, warnings, place)
        elif entry.name.lower().endswith(SUFFIXES) and os.path.isfile(entry.path):  # noqa: PTH113 - never raises
            yield Path(entry.path), below

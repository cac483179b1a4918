"""`--report FORMAT=PATH`: where the reports of a run go, and that none of them is ever half a file."""

from __future__ import annotations

import contextlib
import importlib
import os
import stat
import tempfile
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from netpolspec.cli.arguments import wrong
from netpolspec.diagnostics import Diagnostic
from netpolspec.report.record import Record
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from netpolspec.cli.commands import Session
    from netpolspec.cli.terminal import Messages
    from netpolspec.plan.model import Scenario
    from netpolspec.run.events import Event

WRITERS: Mapping[str, str] = {
    "junit": "netpolspec.report.junit",
    "json": "netpolspec.report.json_document",
    "html": "netpolspec.report.html.page",
    "markdown": "netpolspec.report.markdown",
    "github": "netpolspec.report.github",
}
"""The formats that are written at the end of a run, and the modules that write them."""

STREAMED = "jsonl"
"""The format that is written line by line, as things happen."""

_TO_MESSAGES = "github"
"""The format that a terminal's log takes: `github=-` is standard error, which GitHub reads too."""


class Writer(Protocol):
    """What a format's module defines."""

    def write(self, record: Record) -> Iterator[str]:
        """The report, piece by piece."""
        ...


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One report."""

    format: str
    path: Path | None
    """None: standard error."""
    shown: str

    @property
    def is_file(self) -> bool:
        """Whether a file can take its place; a pipe or a device is written as it is."""
        try:
            return self.path is not None and stat.S_ISREG(self.path.stat().st_mode)
        except OSError:
            return True


class Reports:
    """The reports of one run: takes the events, and at the end writes what was asked for."""

    def __init__(
        self, wanted: Sequence[_Wanted], record: Record, lines: tuple[tuple[_Wanted, TextIO], ...], messages: Messages
    ) -> None:
        self._wanted = wanted
        self._record = record
        self._lines = lines
        self._messages = messages
        self._failed: dict[str, Diagnostic] = {}
        self._collects = any(each.format != STREAMED for each in wanted)

    def add(self, event: Event) -> None:
        """Take note of an event."""
        if self._collects:
            self._record.add(event)
        if self._lines:
            from netpolspec.report.json_lines import line

            text = line(event, self._record.again)
            for each, stream in self._lines:
                with self._told(each):
                    stream.write(text)
                    stream.flush()

    def finish(self) -> bool:
        """Write what is written at the end; what cannot be written is told. Returns whether all could."""
        for each, stream in self._lines:
            with self._told(each):
                stream.close()
        for each in self._wanted:
            if each.format != STREAMED:
                writer = cast("Writer", importlib.import_module(WRITERS[each.format]))
                with self._told(each):
                    self._write(each, writer.write(self._record))
        self._messages.show(self._failed.values())
        return not self._failed

    def _write(self, each: _Wanted, text: Iterable[str]) -> None:
        if each.path is None:
            self._messages.write("".join(text))
        elif each.is_file:
            replace_file(each.path, text)
        else:
            with each.path.open("w", encoding="utf-8", errors="backslashreplace") as stream:
                stream.writelines(text)

    @contextlib.contextmanager
    def _told(self, each: _Wanted) -> Iterator[None]:
        """What cannot be written is told once, and no reason to leave out the others."""
        try:
            yield
        except OSError as error:
            message = f"cannot write the report '{each.shown}': {_reason(error)}"
            self._failed.setdefault(each.shown, Diagnostic("report-lost", message))


def open_reports(
    settings: Sequence[str], session: Session, inputs: Iterable[Path], again: Callable[[Scenario], str | None]
) -> Reports:
    """Get ready to write what was asked for: folders are made, and it is certain that files can be.

    Args:
        settings: `FORMAT=PATH` each, of a format that exists.
        session: the streams and the environment.
        inputs: the specs, none of which may be written over.
        again: the command that runs a scenario again.

    Raises:
        Refusal: a path cannot be written to; nothing was run.
    """
    wanted = [_wanted(setting) for setting in settings]
    specs = {path.resolve() for path in inputs}
    taken: set[Path] = set()
    for each in wanted:
        if each.path is None:
            continue
        if each.path in specs:
            raise wrong(f"the report '{each.shown}' would overwrite a spec", "name another file")
        if each.path in taken and each.is_file:
            raise wrong(f"two reports cannot both be written to '{each.shown}'", "name another file for one of them")
        taken.add(each.path)
        _make_ready(each)
    lines = tuple((each, _open_lines(each)) for each in wanted if each.format == STREAMED)
    return Reports(wanted, Record(again, session.veil.record, folder_in_workspace(session)), lines, session.messages)


def _wanted(setting: str) -> _Wanted:
    name, _, path = setting.partition("=")
    if path != "-":
        return _Wanted(name, Path(path).resolve(), path)
    if name == _TO_MESSAGES:
        return _Wanted(name, None, path)
    raise wrong(
        f"the report '{name}' needs a file: standard output is for TAP", f"write '{name}=FILE'; only 'github=-' can be"
    )


def _make_ready(each: _Wanted) -> None:
    """Make sure that a report can be written where it is to go."""
    path = cast("Path", each.path)
    if path.is_dir():
        raise wrong(f"cannot write the report '{each.shown}': it is a folder", "name a file in it")
    if _is_standard_output(path):
        raise wrong(f"cannot write the report '{each.shown}': standard output is for TAP", "name another file")
    try:
        if each.is_file:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}."):
                pass
    except (FileExistsError, NotADirectoryError):
        raise wrong(f"cannot write the report '{each.shown}': what should be its folder is none") from None
    except OSError as error:
        raise wrong(f"cannot write the report '{each.shown}': {_reason(error)}") from None


def _is_standard_output(path: Path) -> bool:
    try:
        return str(path) != os.devnull and os.path.samestat(path.stat(), os.fstat(1))
    except OSError:
        return False


def _open_lines(each: _Wanted) -> TextIO:
    path = cast("Path", each.path)
    try:
        return path.open("w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise wrong(f"cannot write the report '{each.shown}': {_reason(error)}") from None


def folder_in_workspace(session: Session) -> str:
    """What relative paths are relative to, as GitHub's annotations need it: from the root of the repository."""
    root = session.environ.get("GITHUB_WORKSPACE")
    if not root:
        return ""
    below = os.path.relpath(session.cwd.resolve(), Path(root).resolve())
    return "" if below == "." or below.startswith("..") else f"{below}/"


def replace_file(path: Path, text: Iterable[str]) -> None:
    """Write a file that is either the old one or the new one, whatever happens; a link keeps leading to it.

    Raises:
        OSError: it cannot be written; the old one is still there.
    """
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".partial")
    try:
        with open(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:  # noqa: PTH123 - a handle
            stream.writelines(text)
            stream.flush()
            os.fchmod(handle, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask())
        os.replace(name, path)  # noqa: PTH105 - of a name
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108 - of a name
        raise


def write_file(path: Path, text: str) -> None:
    """Write a file that a command line names, its folders too.

    Raises:
        Refusal: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, [text])
    except OSError as error:
        raise wrong(f"cannot write '{path}': {_reason(error)}") from None


def is_stale(path: Path, text: str, command: str, messages: Messages) -> bool:
    """Whether a file is not what it would be written as; then it is said, with the first line that differs."""
    try:
        held = path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        messages.show([Diagnostic("stale-page", f"cannot read '{path}': {_reason(error)}", help=(_write(command),))])
        return True
    if held == text:
        return False
    pairs = zip_longest(held.split("\n"), text.split("\n"))
    line = next(number for number, (old, new) in enumerate(pairs, start=1) if old != new)
    source = Source(str(path), held)
    start = source.offset(line, 1)
    place = source.span(start, start + len(source.line_text(line)) if line <= len(source.line_starts) else start)
    messages.show([Diagnostic("stale-page", f"'{path}' is stale from line {line} on", place, (_write(command),))])
    return True


def _write(command: str) -> str:
    return f"write it anew: '{command}' without --check"


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()

"""`--report FORMAT=PATH`: where the reports of a run go, and that none of them is ever half a file."""

from __future__ import annotations

import contextlib
import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from netpolspec.cli.arguments import wrong
from netpolspec.cli.outputs import STANDARD_OUTPUT, Output, reason
from netpolspec.diagnostics import Diagnostic
from netpolspec.report.record import Record

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
    output: Output | None
    """None: standard error."""
    shown: str


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
        if each.output is None:
            self._messages.write("".join(text))
        else:
            each.output.write(text)

    @contextlib.contextmanager
    def _told(self, each: _Wanted) -> Iterator[None]:
        """What cannot be written is told once, and no reason to leave out the others."""
        try:
            yield
        except OSError as error:
            message = f"cannot write the report '{each.shown}': {reason(error)}"
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
    specs = tuple(inputs)
    taken: set[Path] = set()
    for each in wanted:
        if each.output is None:
            continue
        path = each.output.path.resolve()
        if path in taken and each.output.is_file:
            raise wrong(f"two reports cannot both be written to '{each.shown}'", "name another file for one of them")
        taken.add(path)
        if each.output.is_standard_output:
            raise wrong(f"cannot write {each.output.name}: standard output is for TAP", "name another file")
        each.output.make_ready(specs)
    lines = tuple((each, _open_lines(each.output)) for each in wanted if each.output and each.format == STREAMED)
    return Reports(wanted, Record(again, session.veil.record, folder_in_workspace(session)), lines, session.messages)


def _wanted(setting: str) -> _Wanted:
    name, _, path = setting.partition("=")
    if path != STANDARD_OUTPUT:
        return _Wanted(name, Output(Path(path), f"the report '{path}'"), path)
    if name == _TO_MESSAGES:
        return _Wanted(name, None, path)
    raise wrong(
        f"the report '{name}' needs a file: standard output is for TAP", f"write '{name}=FILE'; only 'github=-' can be"
    )


def _open_lines(output: Output) -> TextIO:
    try:
        return output.path.open("w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise wrong(f"cannot write {output.name}: {reason(error)}") from None


def folder_in_workspace(session: Session) -> str:
    """What relative paths are relative to, as GitHub's annotations need it: from the root of the repository."""
    root = session.environ.get("GITHUB_WORKSPACE")
    if not root:
        return ""
    below = os.path.relpath(session.cwd.resolve(), Path(root).resolve())
    return "" if below == "." or below.startswith("..") else f"{below}/"

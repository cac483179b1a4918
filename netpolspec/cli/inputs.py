"""What a command line names: files, folders, standard input, texts, scenarios and lines of them, and variables."""

from __future__ import annotations

import glob
import os
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from netpolspec.cli.arguments import wrong
from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.files import decode, unreadable
from netpolspec.plan.files import Files, Input, is_document
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from netpolspec.source import Span

SUFFIX = ".nps"

_VARIABLE = re.compile(r'(?P<name>[^\s:=#;,"?+/]+)(?P<how>[:?+]?)=(?P<value>.*)', re.DOTALL)
_LINE = re.compile(r"(?P<path>.+?):(?P<line>\d+)(:\d+)?", re.DOTALL)
"""A line of a file, with its column where it is copied from a message."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Some scenarios of some files: those of a name (or glob), or of a line, or all."""

    argument: str
    """As it was given."""
    files: frozenset[str]
    """The files as messages name them."""
    name: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is to be read, and which parts of it are meant."""

    files: tuple[Input, ...]
    picks: tuple[Pick, ...]
    overrides: Mapping[str, str]


def gather(
    arguments: Sequence[str],
    texts: Sequence[str],
    otherwise: Sequence[str],
    said: tuple[str, Span | None] | None = None,
) -> Inputs:
    """Read what a command line names.

    Args:
        arguments: paths, node ids (`FILE::SCENARIO`, `FILE:LINE`), `-` and `NAME=value`, in any order.
        texts: specs given with `-e`.
        otherwise: what is read where the command line names neither path nor text.
        said: the setting that says `otherwise`, and where it stands.

    Raises:
        Refusal: something cannot be read, or there is nothing to read.
    """
    named, overrides = split_variables(arguments)
    if named or texts:
        said = None
    else:
        named = tuple(otherwise)
    if not named and not texts:
        raise wrong("nothing to read", "name a file or a folder, such as 'netpolspec run specs/', or use -e TEXT")
    reader = _Reader(said)
    picks = [pick for argument in named if (pick := reader.take(argument)) is not None]
    for number, text in enumerate(texts, start=1):
        item = reader.add(Input(Source("<-e>" if number == 1 else f"<-e {number}>", text), Path()))
        picks.append(Pick(item.source.path, frozenset({item.source.path})))
    if reader.diagnostics:
        raise Refusal(*reader.diagnostics)
    return Inputs(tuple(reader.inputs.values()), tuple(picks), overrides)


def split_variables(arguments: Sequence[str]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """What arguments name, and what `NAME=value` among them sets.

    Raises:
        Refusal: a variable is not set as the command line has it.
    """
    named = tuple(argument for argument in arguments if not is_variable(argument))
    return named, dict(_override(argument) for argument in arguments if is_variable(argument))


def is_variable(argument: str) -> bool:
    """Whether an argument is `NAME=value`."""
    return _VARIABLE.fullmatch(argument) is not None


def _override(argument: str) -> tuple[str, str]:
    match = _VARIABLE.fullmatch(argument)
    assert match is not None  # noqa: S101 - only variables come here
    if match["how"]:
        meant = f"{match['name']}={match['value']}"
        raise wrong(f"'{argument}': on the command line a variable has one form", f"write '{meant}'")
    return match["name"], match["value"]


class _Reader:
    """Reads each file once, however often it is named."""

    def __init__(self, said: tuple[str, Span | None] | None) -> None:
        self._said = said
        self.inputs: dict[Path | str, Input] = {}
        self.diagnostics: list[Diagnostic] = []
        self._files = Files()

    def add(self, item: Input, key: Path | str | None = None) -> Input:
        return self.inputs.setdefault(key or item.source.path, item)

    def take(self, argument: str) -> Pick | None:
        """Read what an argument names."""
        try:
            if "\0" in argument:
                raise wrong(f"no file is called {argument!r}")
            path, name, line = split_part(argument)
            files = frozenset(item.source.path for item in self._read(path))
        except Refusal as refusal:
            self.diagnostics += map(self._placed, refusal.diagnostics)
            return None
        return Pick(argument, files, name, line)

    def _placed(self, problem: Diagnostic) -> Diagnostic:
        """What is told of a path that a setting names, not the command line."""
        if self._said is None or problem.span is not None:
            return problem
        name, place = self._said
        return replace(problem, message=f"'{name}': {problem.message}", span=place)

    def _read(self, path: str) -> Iterator[Input]:
        if path == "-":
            yield self._known("-") or self.add(Input(read_standard_input(), Path()), "-")
        elif Path(path).is_dir():
            found = list(specs_below(path))
            if not found:
                raise wrong(f"no {SUFFIX} file in the folder '{path}'", *_documents_below(path))
            for each in found:
                yield self._read_file(each)
        elif not os.path.lexists(path) and glob.has_magic(path):
            yield from self._read_matching(path)
        else:
            yield self._read_file(path)

    def _read_matching(self, pattern: str) -> Iterator[Input]:
        """The specs, and the documents with specs, among what a pattern matches: whoever wrote it named no file."""
        found = [each for each in sorted(glob.glob(pattern, recursive=True)) if not Path(each).is_dir()]  # noqa: PTH207
        specs = [each for each in found if each.endswith(SUFFIX) or _holds_specs(each)]
        if not specs:
            hint = "'**' stands for any folders; names that begin with a dot are left out"
            others = f"; of {len(found)} files that do, none has specs" if found else ""
            raise wrong(f"no spec matches '{pattern}'{others}", hint)
        for each in specs:
            yield self._read_file(each)

    def _read_file(self, path: str) -> Input:
        key = Path(path).resolve()
        known = self._known(key)
        if known is not None:
            return known
        try:
            item = self._files.read(Path(path), path)
        except Refusal as refusal:
            if self._said or Path(path).exists() or os.sep in path or path.endswith(SUFFIX):
                raise
            hint = f"a scenario is named with its file: FILE::{path}"
            raise Refusal(*(replace(each, help=(*each.help, hint)) for each in refusal.diagnostics)) from None
        return self.add(item, key)

    def _known(self, key: Path | str) -> Input | None:
        return self.inputs.get(key)


def split_part(argument: str) -> tuple[str, str | None, int | None]:
    """A path, and the scenario or the line that stands behind it; a file of just that name wins.

    Raises:
        Refusal: no scenario stands behind its `::`.
    """
    if not os.path.lexists(argument):
        path, mark, name = argument.partition("::")
        if mark:
            if not path or not name:
                raise wrong(f"'{argument}' names no scenario", "write FILE::SCENARIO")
            return path, name, None
        match = _LINE.fullmatch(argument)
        if match is not None:
            return match["path"], None, int(match["line"])
    return argument, None, None


def specs_below(folder: str) -> Iterator[str]:
    """The specs in a folder and below it, in the order of their names; hidden folders are left out."""
    return (each for each in _files_below(folder) if each.endswith(SUFFIX))


def _files_below(folder: str) -> Iterator[str]:
    """All files but hidden ones. Links to folders are not followed: they may lead in circles.

    Raises:
        Refusal: a folder cannot be read: what it holds would be left out of a run without a word.
    """

    def refuse(error: OSError) -> NoReturn:
        raise Refusal(unreadable(os.path.normpath(error.filename), error, None))

    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield os.path.normpath(Path(here, name))


def _documents_below(folder: str) -> tuple[str, ...]:
    """What to do where a folder has no specs of its own, but documents with some."""
    for each in _files_below(folder):
        if _holds_specs(each):
            return (f"documents are read when they are named: '{each}', or '{Path(folder, '**', '*.md')}'",)
    return ()


def _holds_specs(path: str) -> bool:
    """Whether it is a document with a block of specs; one that cannot be read counts, so that it is told of."""
    from netpolspec.documents.blocks import SPEC, read_blocks

    if not is_document(path):
        return False
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, ValueError):
        return True
    return SPEC in text and any(block.language == SPEC for block in read_blocks(text))


def read_standard_input() -> Source:
    """All of standard input.

    Raises:
        Refusal: it is closed, or no text.
    """
    if sys.stdin is None:
        raise wrong("cannot read standard input: it is closed")
    return Source("<stdin>", decode(sys.stdin.buffer.read(), "<stdin>"))

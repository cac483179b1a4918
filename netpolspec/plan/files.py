"""From an input to all the files that it consists of: includes and the default world."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Refusal, nearest
from netpolspec.load.files import read_source
from netpolspec.plan.expand import Names, Scope, expand_words
from netpolspec.syntax.ast import Assignment, Include
from netpolspec.syntax.parser import parse_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.plan.document import Document
    from netpolspec.source import Source, Span
    from netpolspec.syntax.ast import File, Item

WORLD = "world.nps"
"""The file that a spec without `include` includes by itself, as a test has its conftest.py."""

_PROJECT = ("pyproject.toml", ".git")
_PROJECT_SAID = "'pyproject.toml' or '.git'"


@dataclass(frozen=True, slots=True)
class Input:
    """One spec to run: its text, and the folder that its paths are relative to."""

    source: Source
    folder: Path
    path: Path | None = None
    """The file itself; None for standard input and `-e`."""
    document: Document | None = None
    """Its blocks, where it is Markdown."""

    @property
    def stem(self) -> str:
        """The name of the rule that statements outside any rule form."""
        return self.path.stem if self.path else "spec"


@dataclass(frozen=True, slots=True)
class Placed:
    """An item and the input whose text it is part of."""

    item: Item
    origin: Input
    scope: Scope
    """The variables as they are at its line: as in make, targets and prerequisites are expanded when they are read."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """One file that was included, and why."""

    file: Input
    by: Input
    span: Span | None
    """The `include` line; None where it is the default world."""


@dataclass(slots=True)
class Unit:
    """A spec with all that it includes, in the order of its lines; assignments are carried out on the way."""

    root: Input
    scope: Scope
    items: list[Placed]
    descriptions: dict[Path | None, tuple[str, ...]]
    """By file: the description of the rule that its statements outside any rule form."""
    inclusions: list[Inclusion]


class Files:
    """Reads and parses each file once a run."""

    def __init__(self) -> None:
        self._inputs: dict[Path, Input] = {}
        self._parsed: dict[Source, File] = {}

    def read(self, path: Path, shown: str, place: Span | None = None) -> Input:
        """The text of a file as an Input.

        Raises:
            Refusal: it cannot be read or is no UTF-8 text; drawn at `place` where a spec names it.
        """
        try:
            source = read_source(path, place=place, shown=shown)
        except Refusal as refusal:
            raise Refusal(*(_suggest(diagnostic, path, shown) for diagnostic in refusal.diagnostics)) from None
        return Input(source, path.parent, path, _document(source, place))

    def parse(self, file: Input) -> File:
        """The file's syntax.

        Raises:
            Refusal: it has a syntax error.
        """
        if file.source not in self._parsed:
            parsed, diagnostics = parse_file(file.source, file.document.view if file.document else None)
            if parsed is None:
                raise Refusal(*diagnostics)
            self._parsed[file.source] = parsed
        return self._parsed[file.source]

    def gather(self, root: Input, scope: Scope) -> Unit:
        """Everything that a spec consists of, its default world first.

        Raises:
            Refusal: a file cannot be read or parsed, or an assignment cannot be carried out.
        """
        unit = Unit(root, scope, [], {}, [])
        parsed = self.parse(root)
        if not any(isinstance(item, Include) for item in parsed.items):
            world = find_world(root)
            if world is not None:
                file = self._once(world, _shown(world, root))
                unit.inclusions.append(Inclusion(file, root, None))
                self._splice(unit, file, (root,))
        self._splice(unit, root, ())
        return unit

    def _once(self, path: Path, shown: str, place: Span | None = None) -> Input:
        """A file that several specs may include: read once."""
        if path not in self._inputs:
            self._inputs[path] = self.read(path, shown, place)
        return self._inputs[path]

    def _splice(self, unit: Unit, file: Input, trail: tuple[Input, ...]) -> None:
        """Add a file's items to the unit, its includes where they stand."""
        parsed = self.parse(file)
        unit.descriptions[file.path] = parsed.description
        for item in parsed.items:
            match item:
                case Assignment():
                    unit.scope = unit.scope.after(item)
                case Include():
                    for path, span in _included(item, unit.scope):
                        self._include(unit, file, path, span, (*trail, file))
                case _:
                    unit.items.append(Placed(item, file, unit.scope))

    def _include(self, unit: Unit, by: Input, name: str, span: Span, trail: tuple[Input, ...]) -> None:
        path = Path(by.folder, name)
        path = path.resolve() if path.exists() else path
        if any(file.path is not None and file.path.resolve() == path for file in trail):
            chain = " -> ".join([*(file.source.path for file in trail), name])
            raise Refusal(Diagnostic("include-loop", f"'{name}' includes itself: {chain}", span))
        if any(seen.file.path == path for seen in unit.inclusions):
            return
        file = self._once(path, _shown(path, by), span)
        unit.inclusions.append(Inclusion(file, by, span))
        try:
            self._splice(unit, file, trail)
        except Refusal as refusal:
            raise Refusal(*(_from(diagnostic, span) for diagnostic in refusal.diagnostics)) from None


def is_document(path: str) -> bool:
    """Whether a file is Markdown, by its name."""
    return path.lower().endswith((".md", ".markdown"))


def _document(source: Source, place: Span | None) -> Document | None:
    """The blocks of a Markdown document; nothing is imported for other files."""
    if not is_document(source.path):
        return None
    from netpolspec.plan.document import read_document

    return read_document(source, place)


def _included(item: Include, scope: Scope) -> Iterator[tuple[str, Span]]:
    for word in item.paths:
        for name in expand_words(word, Names(scope)):
            yield name, word.span


def _from(diagnostic: Diagnostic, span: Span) -> Diagnostic:
    """The diagnostic with the `include` line by which its file came in."""
    if diagnostic.span is None or diagnostic.span.source is span.source:
        return diagnostic
    return replace(diagnostic, notes=(*diagnostic.notes, Note("included from here", span)))


def _suggest(diagnostic: Diagnostic, path: Path, shown: str) -> Diagnostic:
    """The message that a file is not there, with the one beside it that may have been meant."""
    if path.exists():
        return diagnostic
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix == path.suffix]
    except OSError:
        return diagnostic
    close = nearest(path.name, names)
    return replace(diagnostic, help=(f"did you mean '{Path(shown).with_name(close)}'?",)) if close else diagnostic


def find_world(root: Input) -> Path | None:
    """The default world of a spec without `include`.

    It is `world.nps` in the spec's own folder, else in the nearest folder above it up to the one that holds
    `pyproject.toml` or `.git`; without such a folder only the own one counts. A world file has none.
    """
    if root.path is not None and root.path.name == WORLD:
        return None
    folder = root.folder.resolve()
    chain = [folder, *folder.parents]
    ends = [n for n, at in enumerate(chain) if any((at / mark).exists() for mark in _PROJECT)]
    for at in chain[: ends[0] + 1] if ends else chain[:1]:
        if (at / WORLD).is_file():
            return at / WORLD
    return None


def find_missed_world(unit: Unit) -> tuple[str, str] | None:
    """The nearest `world.nps` above a spec without it: as an `include` names it, and why it is not the default."""
    root = unit.root
    folder = root.folder.resolve()
    found = next((at / WORLD for at in (folder, *folder.parents) if (at / WORLD).is_file()), None)
    if found is None or found in {one.file.path and one.file.path.resolve() for one in unit.inclusions}:
        return None
    if any(one.by is root for one in unit.inclusions):
        why = "a spec that includes something has no default world"
    elif any((at / mark).exists() for at in (folder, *folder.parents) for mark in _PROJECT):
        why = f"it lies above the folder that holds {_PROJECT_SAID}"
    else:
        why = f"no folder above holds {_PROJECT_SAID}, so only the spec's own counts"
    return os.path.relpath(found, folder), why


def _shown(path: Path, beside: Input) -> str:
    """A path as the user would name it: absolute where they named the spec so, else relative where that is short."""
    if beside.path is not None and Path(beside.source.path).is_absolute():
        return str(path)
    shown = os.path.relpath(path)
    return str(path) if shown.startswith(f"..{os.sep}..") else shown

"""A copy of a module and the local modules that it calls, in which terraform can work without touching anybody's files.

Terraform writes `.terraform` and a lock file beside what it reads, and a state where the configuration says. So it
gets a copy: files that say where state goes, or which cluster is meant, are written anew, and all others are links.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from netpolspec.load.hcl.json_syntax import read_document
from netpolspec.load.hcl.structure import parse_file
from netpolspec.load.hcl.tree import Block
from netpolspec.load.terraform.kinds import is_labelled
from netpolspec.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from netpolspec.load.hcl.configuration import Configuration, ModuleCall
    from netpolspec.load.hcl.tree import Body

_LEFT_OUT = (".terraform", "terraform.tfstate.d", ".git")
_KEPT = ("alias", "version")
"""What a provider block says that has nothing to do with a cluster."""
_STATE = (".tfstate", ".tfstate.backup", ".tfplan")
_WITHIN = ("spec", "template", "job_template")
"""Blocks on the way from a resource to the `metadata` of the pods that it makes."""
Edit: TypeAlias = tuple[Span, str]
"""A part of a file, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class Style:
    """In what a copy differs from what the user wrote, besides its state."""

    embedded: bool = False
    """Whether the root is called by another module: then that one configures the `kubernetes` provider."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels for all objects, and for the pods that they make."""


_PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Written:
    """A file of a copy, and how its places are found in the user's file."""

    source: Source
    """The user's."""
    text: Source
    """The copy's."""
    edits: tuple[Edit, ...] = ()
    """In which they differ, in order."""

    def original(self, line: int, column: int) -> int:
        """The offset in the user's file of a line and column (both counted from 1) of the copy."""
        at = self.text.offset(line, column)
        for span, by in self.edits:
            if at <= span.start:
                break
            at = max(span.start, at - len(by) + (span.end - span.start))
        return min(at, len(self.source.text))

    def span(self, start: tuple[int, int], end: tuple[int, int]) -> Span:
        """What stands in the user's file between two lines and columns of the copy."""
        first = self.original(*start)
        return self.source.span(first, max(first, self.original(*end)))

    def line(self, line: int) -> Span:
        """A line without the blanks around it."""
        at = self.source.line_column(self.original(line, 1))[0]
        start, shown = self.source.offset(at, 1), self.source.line_text(at)
        start += len(shown) - len(shown.lstrip())
        return self.source.span(start, start + len(shown.strip()))


@dataclass(frozen=True, slots=True)
class Copy:
    """Where the copy of a root module is."""

    root: Path
    files: dict[Path, Written]
    """The files of the copy that are no links."""


def local_modules(
    root: Configuration, open_folder: Callable[[ModuleCall, Configuration], Configuration]
) -> list[Configuration]:
    """A root module and the local modules that it calls, each folder once; raises Refusal."""
    found = {root.folder: root}
    waiting = [root]
    while waiting:
        configuration = waiting.pop()
        for call in configuration.calls.values():
            if not is_local(call):
                continue
            called = open_folder(call, configuration)
            if called.folder not in found:
                found[called.folder] = called
                waiting.append(called)
    return list(found.values())


def is_local(call: ModuleCall) -> bool:
    """Whether a module's source is a folder beside the one that calls it."""
    return call.source.startswith(("./", "../"))


def copy_modules(modules: list[Configuration], target: Path, style: Style = _PLAIN) -> Copy:
    """Lay out a copy of some modules, the first of them the root, below a folder that exists and is empty."""
    target = target.resolve()
    base = Path(os.path.commonpath([module.folder.parent for module in modules]))
    real = {module.folder for module in modules}
    real |= {parent for folder in real for parent in folder.parents if base in (parent, *parent.parents)}
    for folder in sorted(real):
        (target / folder.relative_to(base)).mkdir(parents=True, exist_ok=True)
    files: dict[Path, Written] = {}
    for folder in sorted(real):
        whole = any(module.folder in (folder, *folder.parents) for module in modules)
        _link(folder, target / folder.relative_to(base), real, whole=whole)
    for module in modules:
        copied = target / module.folder.relative_to(base)
        for source in module.sources:
            path = copied / Path(source.path).name
            files[path] = _rewrite(source, style, is_root=module is modules[0])
            _write(path, files[path].text.text)
    return Copy(target / modules[0].folder.relative_to(base), files)


def _link(folder: Path, target: Path, real: set[Path], *, whole: bool) -> None:
    """Fill a folder of the copy with links.

    In a module's folder (`whole`) folders are made and only files are linked: `fileset` does not follow links.
    """
    for entry in os.scandir(folder):
        path, there = folder / entry.name, target / entry.name
        if path in real or entry.name in _LEFT_OUT or entry.name.endswith(_STATE):
            continue
        if entry.name == ".terraform.lock.hcl":
            _write(there, path.read_text(encoding="utf-8"))
        elif whole and entry.is_dir(follow_symlinks=False):
            there.mkdir()
            _link(path, there, real, whole=True)
        else:
            there.symlink_to(path)


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


# --- what a copied file says otherwise ----------------------------------------------------------------------------


def _rewrite(source: Source, style: Style, *, is_root: bool) -> Written:
    """A file's text without its backend, and with the `kubernetes` provider left to others."""
    if source.path.endswith((".tfvars", ".tfvars.json")):
        return Written(source, source)
    if source.path.endswith(".json"):
        return Written(source, Source(source.path, _rewritten_json(source, style, is_root=is_root)))
    edits = [edit for block in parse_file(source).blocks for edit in _edits(block, style, is_root=is_root)]
    edits.sort(key=lambda edit: (edit[0].start, edit[0].end))
    made: list[str] = []
    at = 0
    for span, by in edits:
        made += (source.text[at : span.start], by)
        at = span.end
    return Written(source, Source(source.path, "".join((*made, source.text[at:]))), tuple(edits))


def _edits(block: Block, style: Style, *, is_root: bool) -> Iterator[Edit]:
    match block:
        case Block(type="provider", labels=("kubernetes",), body=body, extent=extent):
            held = (body.attributes.get(name) for name in _KEPT)
            kept = "\n".join(f"{each.name} = {each.value.span.text}" for each in held if each is not None)
            by = f'provider "kubernetes" {{\n{kept}\n}}' if kept else 'provider "kubernetes" {}'
            by = "" if style.embedded else by
            yield extent, by + "\n" * max(0, extent.text.count("\n") - by.count("\n"))
        case Block(type="terraform", body=body) if is_root:
            for inner in body.blocks:
                if inner.type in ("backend", "cloud"):
                    yield inner.extent, "\n" * inner.extent.text.count("\n")
        case Block(type="resource", labels=(type_, _), body=body) if style.labels and is_labelled(type_):
            yield from _label_edits(body, style.labels)


def _label_edits(body: Body, labels: Mapping[str, str]) -> Iterator[Edit]:
    """Have the `metadata` of an object, and of the pods that it makes, hold some labels more."""
    more = f"{{ {', '.join(f'{json.dumps(name)} = {json.dumps(each)}' for name, each in labels.items())} }}"
    for block in body.blocks:
        dynamic = block.type == "dynamic"
        name = block.labels[0] if dynamic and block.labels else block.type
        inner = (content.body for content in block.body.of_type("content")) if dynamic else (block.body,)
        extents = [content.extent for content in block.body.of_type("content")] if dynamic else [block.extent]
        for content, extent in zip(inner, extents, strict=True):
            if name in _WITHIN:
                yield from _label_edits(content, labels)
            elif name == "metadata":
                yield from _label_metadata(content, extent, more)


def _label_metadata(body: Body, extent: Span, more: str) -> Iterator[Edit]:
    source, own = extent.source, body.attributes.get("labels")
    if own is not None:
        value = own.value.span
        yield source.span(value.start, value.start), "merge("
        yield source.span(value.end, value.end), f", {more})"
        return
    opened = source.text.index("{", extent.start) + 1
    yield source.span(opened, opened), f"\nlabels = {more}\n"
    if "\n" not in extent.text:
        yield source.span(extent.end - 1, extent.end - 1), "\n"


def _rewritten_json(source: Source, style: Style, *, is_root: bool) -> str:
    value: dict[str, Any] = read_document(source)[0]
    changed = False
    providers = value.get("provider")
    for held in _several(providers):
        if "kubernetes" in held:
            blocks = _several(held.pop("kubernetes"))
            if not style.embedded:
                held["kubernetes"] = [{name: b[name] for name in _KEPT if name in b} for b in blocks]
            changed = True
    for held in _several(value.get("terraform")):
        if is_root:
            changed |= bool({"backend", "cloud"} & held.keys())
            held.pop("backend", None)
            held.pop("cloud", None)
    for types in _several(value.get("resource")) if style.labels else ():
        for type_, named in types.items():
            for block in (each for names in _several(named) for held in names.values() for each in _several(held)):
                if is_labelled(type_):
                    _label_json(block, style.labels)
                    changed = True
    return json.dumps(value, indent=2) if changed else source.text


def _several(held: object) -> list[dict[str, Any]]:
    """Where JSON has one block it may have a list of them."""
    return [each for each in (held if isinstance(held, list) else [held]) if isinstance(each, dict)]


def _label_json(block: dict[str, Any], labels: Mapping[str, str]) -> None:
    for name in _WITHIN:
        for inner in _several(block.get(name)):
            _label_json(inner, labels)
    for metadata in _several(block.get("metadata")):
        own = metadata.get("labels")
        if isinstance(own, str) and own.startswith("${") and own.endswith("}"):
            more = ", ".join(f"{json.dumps(key)} = {json.dumps(each)}" for key, each in labels.items())
            metadata["labels"] = f"${{merge({own[2:-1]}, {{ {more} }})}}"
        else:
            metadata["labels"] = {**(own if isinstance(own, dict) else {}), **labels}

"""A copy of a module and the local modules that it calls, in which terraform can work without touching anybody's files.

Terraform writes `.terraform` and a lock file beside what it reads, and a state where the configuration says. So it
gets a copy: files that say where state goes, or which cluster is meant, are written anew, and all others are links.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netpolspec.load.hcl.json_syntax import read_document
from netpolspec.load.hcl.structure import parse_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netpolspec.load.hcl.configuration import Configuration, ModuleCall
    from netpolspec.load.hcl.tree import Block
    from netpolspec.source import Source, Span

_LEFT_OUT = (".terraform", "terraform.tfstate.d", ".git")
_KEPT = ("alias", "version")
"""What a provider block says that has nothing to do with a cluster."""
_STATE = (".tfstate", ".tfstate.backup", ".tfplan")


@dataclass(frozen=True, slots=True)
class Copy:
    """Where the copy of a root module is."""

    root: Path
    sources: dict[Path, Source]
    """The sources of the files of the copy."""


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


def copy_modules(modules: list[Configuration], target: Path) -> Copy:
    """Lay out a copy of some modules, the first of them the root, below a folder that exists and is empty."""
    target = target.resolve()
    base = Path(os.path.commonpath([module.folder.parent for module in modules]))
    real = {module.folder for module in modules}
    real |= {parent for folder in real for parent in folder.parents if base in (parent, *parent.parents)}
    for folder in sorted(real):
        (target / folder.relative_to(base)).mkdir(parents=True, exist_ok=True)
    sources: dict[Path, Source] = {}
    for folder in sorted(real):
        whole = any(module.folder in (folder, *folder.parents) for module in modules)
        _link(folder, target / folder.relative_to(base), real, whole=whole)
    for module in modules:
        copied = target / module.folder.relative_to(base)
        for source in module.sources:
            path = copied / Path(source.path).name
            sources[path] = source
            _write(path, _rewritten(source, is_root=module is modules[0]))
    return Copy(target / modules[0].folder.relative_to(base), sources)


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


def _rewritten(source: Source, *, is_root: bool) -> str:
    """A file's text without its backend, and with the `kubernetes` provider left to the environment.

    Line numbers stay, so that terraform's messages can be shown in the user's file.
    """
    if source.path.endswith((".tfvars", ".tfvars.json")):
        return source.text
    if source.path.endswith(".json"):
        return _rewritten_json(source, is_root=is_root)
    text = source.text
    for block in reversed(parse_file(source).blocks):
        for span, by in _replacements(block, is_root=is_root):
            lines = max(0, span.text.count("\n") - by.count("\n"))
            text = text[: span.start] + by + "\n" * lines + text[span.end :]
    return text


def _replacements(block: Block, *, is_root: bool) -> Iterator[tuple[Span, str]]:
    if block.type == "provider" and block.labels == ("kubernetes",):
        held = (block.body.attributes.get(name) for name in _KEPT)
        kept = "\n".join(f"{each.name} = {each.value.span.text}" for each in held if each is not None)
        yield block.extent, f'provider "kubernetes" {{\n{kept}\n}}' if kept else 'provider "kubernetes" {}'
    elif block.type == "terraform" and is_root:
        for inner in reversed(block.body.blocks):
            if inner.type in ("backend", "cloud"):
                yield inner.extent, ""


def _rewritten_json(source: Source, *, is_root: bool) -> str:
    value: dict[str, Any] = read_document(source)[0]
    changed = False
    providers = value.get("provider")
    for held in providers if isinstance(providers, list) else [providers]:
        if isinstance(held, dict) and "kubernetes" in held:
            own = held["kubernetes"]
            blocks = own if isinstance(own, list) else [own]
            held["kubernetes"] = [{name: b[name] for name in _KEPT if name in b} for b in blocks if isinstance(b, dict)]
            changed = True
    settings = value.get("terraform")
    for held in settings if isinstance(settings, list) else [settings]:
        if is_root and isinstance(held, dict):
            changed |= bool({"backend", "cloud"} & held.keys())
            held.pop("backend", None)
            held.pop("cloud", None)
    return json.dumps(value, indent=2) if changed else source.text

"""Imports point one way, and each library has one owner; read from the sources, so that a new module is held to it."""

from __future__ import annotations

import ast
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.checkout

PACKAGE = Path(__file__).resolve().parents[2] / "netpolspec"

# From the bottom to the top: a part may import what is named here, itself, and nothing else of the package.
GROUND = {"source", "diagnostics"}
OBJECTS = GROUND | {"policy", "load"}
MAY_IMPORT = {
    "source": set[str](),
    "diagnostics": {"source"},
    "signals": set[str](),
    "shell": {"signals"},
    "log": set[str](),
    "syntax": GROUND,
    "policy": GROUND,
    "explain": GROUND | {"policy"},
    "load": GROUND | {"policy", "shell"},
    "lint": OBJECTS | {"explain"},
    "documents": GROUND,
    "plan": OBJECTS | {"syntax", "documents"},
    "backends": OBJECTS | {"syntax", "plan", "shell", "log"},  # of syntax the tree: a point keeps its ends as written
    "run": OBJECTS | {"explain", "plan", "backends", "signals"},
    "report": OBJECTS | {"explain", "lint", "plan", "backends", "run"},
    "pyproject": GROUND,
    "setting_values": GROUND | {"policy"},
    "setting_table": GROUND | {"policy", "lint", "log", "setting_values"},
    "settings": GROUND | {"policy", "load", "log", "pyproject", "setting_values", "setting_table"},
    "doctor": GROUND | {"backends", "setting_table"},
}
MAY_IMPORT |= {"cli": set(MAY_IMPORT), "__main__": {"cli"}}

# The same inside `backends`, where the three that carry out its protocol know all of it.
ROOMS = {"": set[str](), "world": {""}, "probing": {"", "world"}, "clusters": {"", "world"}}
CARRY_IT_OUT = {"netpolspec.backends.cluster", "netpolspec.backends.kind"}

# Who may import a library that is not Python's own.
OWNERS = {
    "lark": "netpolspec.syntax",
    "markdown_it": "netpolspec.documents",
    "yaml": "netpolspec.load",
    "kubernetes": "netpolspec.backends.cluster",
    "sh": "netpolspec.shell",
    "structlog": "netpolspec",
}

# The model is a matter of values: it reads no file, asks no clock and starts nothing.
WORLDLY = {"io", "logging", "os", "pathlib", "random", "shutil", "socket", "subprocess", "sys", "tempfile", "time"}


def find_modules() -> dict[str, Path]:
    modules = {}
    for path in PACKAGE.rglob("*.py"):
        words = path.relative_to(PACKAGE.parent).with_suffix("").parts
        modules[".".join(words[:-1] if words[-1] == "__init__" else words)] = path
    return modules


MODULES = find_modules()


class Imports(NamedTuple):
    """What a module imports, be it at the top or in a function; as full names of modules."""

    all: frozenset[str]
    needed: frozenset[str]
    """Without what is for the type checker alone."""


@cache
def read_imports(path: Path) -> Imports:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = [each for each in tree.body if isinstance(each, ast.If) and "TYPE_CHECKING" in ast.dump(each.test)]
    tree.body = [each for each in tree.body if each not in guarded]
    needed = find_imports(tree, path)
    return Imports(needed.union(*(find_imports(each, path) for each in guarded)), needed)


def find_imports(tree: ast.AST, path: Path) -> frozenset[str]:
    imports: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            module = node.module or ""
            submodules = {f"{module}.{alias.name}" for alias in node.names} & MODULES.keys()
            imports.update(submodules or {module})
    return frozenset(imports)


def find_part(module: str) -> str:
    """The part of the package that a module belongs to; the package's own `__init__` is nobody's."""
    return module.split(".")[1] if "." in module else ""


def test_each_part_has_its_place_in_the_order() -> None:
    parts = {find_part(module) for module in MODULES} - {""}
    assert len(parts) > 10
    assert parts <= MAY_IMPORT.keys()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_point_one_way(module: str) -> None:
    part = find_part(module)
    imported = {name for name in read_imports(MODULES[module]).all if name.split(".")[0] == PACKAGE.name}
    allowed = MAY_IMPORT.get(part, set()) | {part, ""}
    assert {name for name in imported if find_part(name) not in allowed} == set()


def find_room(module: str) -> str:
    """The package inside `backends` that a module belongs to."""
    words = module.split(".")[2:]
    return words[0] if words and words[0] in ROOMS else ""


@pytest.mark.parametrize("module", sorted(each for each in MODULES if find_part(each) == "backends"))
def test_rooms_of_backends_know_each_other_one_way(module: str) -> None:
    beside = {name for name in read_imports(MODULES[module]).all if name.startswith("netpolspec.backends.")}
    allowed = ROOMS.keys() if module in CARRY_IT_OUT else ROOMS[find_room(module)] | {find_room(module)}
    assert {name for name in beside if find_room(name) not in allowed} == set()


def test_no_module_needs_itself() -> None:
    """By way of others, that is. What only the type checker reads is no need."""
    needs = {name: read_imports(path).needed & MODULES.keys() for name, path in MODULES.items()}
    assert list(TopologicalSorter(needs).static_order())  # raises CycleError, which names the circle


@pytest.mark.parametrize("module", sorted(MODULES))
def test_each_library_has_one_owner(module: str) -> None:
    libraries = {name.split(".")[0] for name in read_imports(MODULES[module]).all} - {PACKAGE.name}
    foreign = libraries - sys.stdlib_module_names
    assert foreign <= OWNERS.keys()
    assert {name for name in foreign if not f"{module}.".startswith(f"{OWNERS[name]}.")} == set()


def test_structlog_is_configured_in_one_place() -> None:
    places = {module for module, path in MODULES.items() if "structlog.configure" in path.read_text(encoding="utf-8")}
    assert places == {"netpolspec.log"}


@pytest.mark.parametrize("module", sorted(module for module in MODULES if find_part(module) == "policy"))
def test_the_model_has_nothing_to_do_with_the_world(module: str) -> None:
    path = MODULES[module]
    assert {name.split(".")[0] for name in read_imports(path).all} & WORLDLY == set()
    names = {node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)}
    assert names & {"open", "print", "input", "exec", "eval"} == set()

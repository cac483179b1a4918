"""Finds the code of every diagnostic that the sources can make, by reading them.

A code is the text that is given for a parameter or field called `code`, be it of `Diagnostic` itself or of what makes
one later (`Mistake`, `Flaw`, `problems.add`, ...). Names are all that is looked at, so whatever takes a `code` must
take a message with it: `set.add("x")` has one argument and is none.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Nodes: TypeAlias = "list[ast.AST]"
KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def find_codes(paths: Iterable[Path]) -> set[str]:
    """The codes in these sources."""
    modules = [_read(path) for path in paths]
    takers: dict[str, set[int | None]] = {}
    for nodes in modules:
        for name, position in _takers(nodes):
            takers.setdefault(name, set()).add(position)
    given = ((each, nodes) for nodes in modules for each in _given(nodes, takers))
    return {text for each, nodes in given for text in _texts(each, nodes)} | {
        text for nodes in modules for text in _tabled(nodes)
    }


def _read(path: Path) -> Nodes:
    """What is looked at of a source, which is a small part of it."""
    looked_at = (ast.ClassDef, ast.FunctionDef, ast.Call, ast.Assign, ast.AnnAssign, ast.For, ast.comprehension)
    return [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, looked_at)]


def _takers(nodes: Nodes) -> Iterator[tuple[str, int | None]]:
    """Whatever takes a code: its name, and the position of the code where it can be given by position."""
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            targets = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
            fields = [target.id for target in targets if isinstance(target, ast.Name)]
            if "code" in fields:
                yield node.name, fields.index("code")
            for each in node.body:
                if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                    yield from ((node.name, position) for position in _positions(each))
        elif isinstance(node, ast.FunctionDef) and node.name != "__init__":
            yield from ((node.name, position) for position in _positions(node))


def _positions(function: ast.FunctionDef) -> Iterator[int | None]:
    """Where a function takes a code, `self` not counted; None: by name only."""
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    names = names[1:] if names[:1] == ["self"] else names
    if "code" in names:
        yield names.index("code")
    elif any(each.arg == "code" for each in function.args.kwonlyargs):
        yield None


def _given(nodes: Nodes, takers: dict[str, set[int | None]]) -> Iterator[ast.expr]:
    """What is given for a code: in calls of what takes one, and as a default."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            defaults = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            yield from (default for each, default in defaults if each.arg == "code" and default is not None)
        if not isinstance(node, ast.Call) or len(node.args) + len(node.keywords) < 2:
            continue
        match node.func:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in takers:
                by_name = [each.value for each in node.keywords if each.arg == "code"]
                by_position = [node.args[at] for at in takers[name] if at is not None and at < len(node.args)]
                yield from by_name or by_position
            case _:
                pass


def _texts(given: ast.expr, nodes: Nodes) -> Iterator[str]:
    """The codes that an expression can be, as far as the source says it."""
    match given:
        case ast.Constant(value=str(text)) if KEBAB.fullmatch(text):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from (*_texts(one, nodes), *_texts(other, nodes))
        case ast.JoinedStr(values=[ast.Constant(value=str(prefix)), ast.FormattedValue(value=rest)]):
            yield from (prefix + text for text in _texts(rest, nodes))
        case ast.Name(id=name):
            for node in nodes:
                if isinstance(node, ast.Assign) and any(_is_called(target, name) for target in node.targets):
                    yield from _texts(node.value, nodes)
        case _:
            pass  # handed on, or no code at all


def _is_called(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def _tabled(nodes: Nodes) -> Iterator[str]:
    """The codes of tables that are gone through row by row: `for pattern, code in TABLE`."""
    for node in nodes:
        if not isinstance(node, ast.For | ast.comprehension):
            continue
        match node.target, node.iter:
            case ast.Tuple(elts=names), ast.Name(id=table):
                columns = [at for at, name in enumerate(names) if _is_called(name, "code")]
                for each in nodes:
                    if isinstance(each, ast.AnnAssign) and _is_called(each.target, table):
                        rows = each.value.elts if isinstance(each.value, ast.Tuple) else []
                        cells = (row.elts[at] for row in rows if isinstance(row, ast.Tuple) for at in columns)
                        yield from (text for cell in cells for text in _texts(cell, nodes))
            case _:
                pass

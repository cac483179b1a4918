"""The reader's syntax beside python-hcl2's, an implementation by others, over everything here that both can read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from terraform.reading import CORPUS, REFUSED

from netpolspec.diagnostics import Refusal
from netpolspec.load.hcl.structure import parse_file
from netpolspec.load.hcl.tree import Literal, ObjectCons, Parens, TupleCons
from netpolspec.source import Source

if TYPE_CHECKING:
    from netpolspec.load.hcl.tree import Body, Expr

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = sorted([*CORPUS.rglob("*.tf"), *(REPOSITORY / "terraform").rglob("*.tf")])
BEYOND = {"syntax-oddities", "syntax-windows", "expressions-templates"}
"""What python-hcl2 does not read: names beyond ASCII, an operator at the beginning of a line, `${~`."""

Outline = dict[str, Any]


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_outline(path: Path) -> None:
    import hcl2

    if BEYOND & set(path.parts):
        pytest.skip("python-hcl2 does not read this file")
    text = path.read_text(encoding="utf-8")
    assert outline(parse_file(Source(path.name, text))) == theirs(hcl2.loads(text))


@pytest.mark.parametrize("path", sorted(REFUSED.glob("syntax-*/main.tf")), ids=lambda path: path.parent.name)
def test_what_is_no_hcl(path: Path) -> None:
    with pytest.raises(Refusal):
        parse_file(Source(path.name, path.read_text(encoding="utf-8")))


def outline(body: Body) -> Outline:
    """Blocks by type and labels, arguments by name, and the values of those that are written out."""
    found: Outline = {name: literal(attribute.value) for name, attribute in body.attributes.items()}
    for block in body.blocks:
        found.setdefault(block.type, []).append({"labels": list(block.labels), "body": outline(block.body)})
    return found


def literal(expr: Expr) -> object:
    match expr:
        case Literal(str(text)) if not {'"', "\n", "\\"}.isdisjoint(text):
            return ...  # python-hcl2 gives text as it is written, escapes included
        case Literal(value):
            return value
        case Parens(inner):
            return literal(inner)
        case TupleCons(items):
            return [literal(item) for item in items]
        case ObjectCons(items) if all(isinstance(key, Literal) for key, _ in items):
            return {str(key.value): literal(value) for key, value in items if isinstance(key, Literal)}
        case _:
            return ...


def theirs(body: Outline) -> Outline:
    """What python-hcl2 says, in the form of `outline`."""
    return {name: their_value(value) for name, value in body.items() if not name.startswith("__")}


def their_value(value: Any) -> object:  # noqa: ANN401 - a library without types
    if isinstance(value, list):
        if value and all(isinstance(item, dict) and holds_block(item) for item in value):
            return [their_block(item, []) for item in value]
        return [their_value(item) for item in value]
    if isinstance(value, dict):
        if any(name.startswith(("${", "(")) or "${" in name for name in value):
            return ...
        return {name.strip('"'): their_value(item) for name, item in value.items()}
    if not isinstance(value, str):
        return value
    if value.startswith('"') and "${" not in value and "%{" not in value and "\\" not in value:
        return value[1:-1]
    return ...


def holds_block(held: Outline) -> bool:
    """Whether an object is a block, or labels around one."""
    if "__is_block__" in held:
        return True
    return len(held) == 1 and all(isinstance(item, dict) and holds_block(item) for item in held.values())


def their_block(held: Outline, labels: list[str]) -> Outline:
    if "__is_block__" in held:
        return {"labels": labels, "body": theirs(held)}
    ((label, inner),) = held.items()
    return their_block(inner, [*labels, label.strip('"')])

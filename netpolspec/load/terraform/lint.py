"""The empty-list trap: a rule whose peers all come from `dynamic` blocks allows everybody when their list is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Severity
from netpolspec.load.hcl.references import references
from netpolspec.load.hcl.tree import TupleCons
from netpolspec.load.hcl.values import ObjectValue, TupleValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.load.hcl.blocks import Place
    from netpolspec.load.hcl.configuration import Configuration, ResourceBlock
    from netpolspec.load.hcl.tree import Block, Body, Expr
    from netpolspec.load.hcl.values import Value

TRAP = "terraform-empty-list"
_PEERS = {"ingress": "from", "egress": "to"}
_HELP = (
    "refuse an empty list by a validation: condition = length(var.NAME) > 0",
    'or leave out the rule with its peers: dynamic "ingress" { for_each = length(var.NAME) > 0 ? [1] : [] ... }',
)


def sprung_traps(values: ObjectValue, place: Place) -> Iterator[Diagnostic]:
    """Warnings about the rules of a policy that allow everybody because a list is empty now."""
    for spec, at in _blocks(values, place, "spec"):
        for direction, peers in _PEERS.items():
            for rule, where in _blocks(spec, at, direction):
                empty = where.children.get(peers)
                if rule.items.get(peers) == TupleValue(()) and empty is not None:
                    message = f"this rule has no '{peers}', because its list is empty: it allows everybody"
                    notes = (Note("the rule", where.span),)
                    yield Diagnostic(TRAP, message, empty.span, _HELP, notes, Severity.WARNING)


def _blocks(values: ObjectValue, place: Place, name: str) -> Iterator[tuple[ObjectValue, Place]]:
    held: Value | None = values.items.get(name)
    where = place.children.get(name)
    if isinstance(held, TupleValue) and where is not None:
        for at, item in enumerate(held.items):
            if isinstance(item, ObjectValue):
                yield item, where.children.get(at, where)


def set_traps(block: ResourceBlock, configuration: Configuration) -> Iterator[Diagnostic]:
    """Warnings about the rules of a policy that would allow everybody if a variable were empty."""
    if not block.type.startswith("kubernetes_network_policy"):
        return
    for spec in block.body.of_type("spec"):
        for outer in spec.body.blocks:
            direction, body, guards = _open(outer)
            peers = _PEERS.get(direction)
            if peers is None or body is None:
                continue
            sources = [inner for inner in body.blocks if inner.type == peers or inner.labels[:1] == (peers,)]
            if not sources or any(inner.type == peers for inner in sources):
                continue
            yield from _judge(sources, peers, (*guards, block.count, block.for_each), configuration)


def _open(block: Block) -> tuple[str, Body | None, tuple[Expr | None, ...]]:
    """The type of blocks that a block makes, what is in them, and what decides how many there are."""
    if block.type != "dynamic":
        return block.type, block.body, ()
    contents = block.body.of_type("content")
    for_each = block.body.attributes.get("for_each")
    body = contents[0].body if contents else None
    return block.labels[0], body, (None if for_each is None else for_each.value,)


def _judge(
    sources: list[Block], peers: str, guards: tuple[Expr | None, ...], configuration: Configuration
) -> Iterator[Diagnostic]:
    guarded = {name for guard in guards if guard is not None for name in _variables(guard, configuration)}
    names: list[str] = []
    for source in sources:
        for_each = source.body.attributes.get("for_each")
        if for_each is None or (isinstance(for_each.value, TupleCons) and for_each.value.items):
            return
        found = _variables(for_each.value, configuration)
        if not found or found & guarded or any(_is_checked(name, configuration) for name in found):
            return
        names += sorted(found)
    listed = " and ".join(f"'{name}'" for name in dict.fromkeys(names))
    message = f"if {listed} is empty, this rule has no '{peers}' and allows everybody"
    yield Diagnostic(TRAP, message, sources[0].span, _HELP, severity=Severity.WARNING)


def _variables(expr: Expr, configuration: Configuration, depth: int = 20) -> set[str]:
    """The variables of the module that an expression depends on."""
    found: set[str] = set()
    for root, name, _ in references(expr):
        if root == "var":
            found.add(name)
        elif root == "local" and name in configuration.locals and depth:
            found |= _variables(configuration.locals[name].value, configuration, depth - 1)
    return found


def _is_checked(name: str, configuration: Configuration) -> bool:
    """Whether a validation looks at the variable's length."""
    variable = configuration.variables.get(name)
    if variable is None:
        return True
    return any("length(" in check.condition.span.text.replace(" ", "") for check in variable.checks)

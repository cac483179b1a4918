"""Which names an expression mentions, without evaluating it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.hcl.tree import GetAttr, Name
from netpolspec.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netpolspec.load.hcl.tree import Attribute


def references(node: object) -> Iterator[tuple[str, str, Span]]:
    """The first two words of every reference (`var`, `name`), and where it stands."""
    if isinstance(node, GetAttr) and isinstance(node.of, Name):
        yield node.of.name, node.name, node.span
    elif isinstance(node, (tuple, list)):
        for item in node:
            yield from references(item)
    elif is_dataclass(node) and not isinstance(node, Span):
        for field in fields(node):
            value = getattr(node, field.name)
            if not isinstance(value, (str, int, Span)):
                yield from references(value)


def check_locals(declared: Mapping[str, Attribute]) -> None:
    """Refuse local values that depend on themselves, whether anything needs them or not; raises Refusal."""
    edges = {
        name: [
            (other, span) for root, other, span in references(attribute.value) if root == "local" and other in declared
        ]
        for name, attribute in declared.items()
    }
    done: set[str] = set()
    for start in declared:
        trail: list[str] = []
        stack = [(start, iter(edges[start]))] if start not in done else []
        while stack:
            name, rest = stack[-1]
            if name not in trail:
                trail.append(name)
            following = next(rest, None)
            if following is None:
                stack.pop()
                trail.remove(name)
                done.add(name)
            elif following[0] in trail:
                ring = [*trail[trail.index(following[0]) :], following[0]]
                shown = " -> ".join(f"local.{each}" for each in ring)
                raise Refusal(Diagnostic("terraform-cycle", f"cycle: {shown}", following[1]))
            elif following[0] not in done:
                stack.append((following[0], iter(edges[following[0]])))

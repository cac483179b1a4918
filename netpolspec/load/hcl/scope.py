"""What an expression can see, and how an evaluation fails."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from netpolspec.diagnostics import Diagnostic, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from netpolspec.load.hcl.tree import GetAttr, Index, Name
    from netpolspec.load.hcl.values import Mistake, Value
    from netpolspec.source import Span


class Failed(Refusal):
    """An evaluation that Terraform would refuse too; `try` and `can` catch it."""


def failed(mistake: Mistake, span: Span) -> Failed:
    """A mistake, at its place."""
    return Failed(Diagnostic(mistake.code, mistake.message, span, mistake.help))


class Resolver(Protocol):
    """Knows what the references of a module mean."""

    def resolve(self, root: Name, steps: Sequence[GetAttr | Index], scope: Scope) -> tuple[Value, int]:
        """The value of a root and its first steps, and how many steps those are; raises Refusal."""
        ...

    def folder(self) -> Path:
        """The folder that relative paths begin at."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can see: the variables of `for`, `each`, `count` and `dynamic`, then the module."""

    resolver: Resolver | None
    """None: nothing of the module, as in a `.tfvars` file or a default."""
    bound: Mapping[str, Value] = field(default_factory=dict)
    item: Value | None = None
    """Within a splat, the element that is looked at."""

    def bind(self, **names: Value) -> Scope:
        """The scope with more names."""
        return replace(self, bound={**self.bound, **names})

    def bind_one(self, key_name: str | None, key: Value, value_name: str, value: Value) -> Scope:
        """The scope within one round of a `for`."""
        bound = {**self.bound, value_name: value}
        if key_name is not None:
            bound[key_name] = key
        return replace(self, bound=bound)

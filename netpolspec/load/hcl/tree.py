"""An HCL file as it was written: expressions, attributes and blocks, each with its span; nothing is evaluated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from netpolspec.source import Span

# --- expressions --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Literal:
    """A number, a boolean, `null` or text without a template in it."""

    value: bool | int | Fraction | str | None
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Name:
    """The first word of a reference: `var`, `each`, `kubernetes_namespace`, or the variable of a `for`."""

    name: str
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class GetAttr:
    """`of.name`."""

    of: Expr
    name: str
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Index:
    """`of[key]`, and the old `of.0`."""

    of: Expr
    key: Expr
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Item:
    """Within a splat: the element that is looked at."""

    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Splat:
    """`of[*]...` and `of.*...`; `each` says what becomes of one `Item`."""

    of: Expr
    each: Expr
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Parens:
    """`(inner)`, and text that is one interpolation and nothing else: `"${inner}"`."""

    inner: Expr
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class TupleCons:
    """`[a, b]`."""

    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class ObjectCons:
    """`{ key = value }`; a key that is a bare word has become a Literal."""

    items: tuple[tuple[Expr, Expr], ...]
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class ForExpr:
    """`[for k, v in collection : value if condition]`, or with a key in braces."""

    key_name: str | None
    value_name: str
    collection: Expr
    key: Expr | None
    """None: the result is a tuple."""
    value: Expr
    condition: Expr | None
    group: bool
    """`value...`: values of one key become a tuple."""
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Conditional:
    """`condition ? yes : no`."""

    condition: Expr
    yes: Expr
    no: Expr
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Binary:
    """`left operator right`."""

    operator: str
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Unary:
    """`-operand` or `!operand`."""

    operator: str
    operand: Expr
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    """`name(arguments)`; with `spread`, the last argument stands for its elements (`...`)."""

    name: str
    arguments: tuple[Expr, ...]
    spread: bool
    span: Span
    name_span: Span


@dataclass(frozen=True, eq=False, slots=True)
class TemplateIf:
    """`%{ if condition }...%{ else }...%{ endif }`."""

    condition: Expr
    yes: Template
    no: Template
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class TemplateFor:
    """`%{ for k, v in collection }...%{ endfor }`."""

    key_name: str | None
    value_name: str
    collection: Expr
    body: Template
    span: Span


Part: TypeAlias = "str | Expr | TemplateIf | TemplateFor"


@dataclass(frozen=True, eq=False, slots=True)
class Template:
    """Text with interpolations or directives; parts that are strings stand for themselves."""

    parts: tuple[Part, ...]
    span: Span


Expr: TypeAlias = (
    Literal
    | Name
    | GetAttr
    | Index
    | Item
    | Splat
    | Parens
    | TupleCons
    | ObjectCons
    | ForExpr
    | Conditional
    | Binary
    | Unary
    | Call
    | Template
)

# --- structure ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Attribute:
    """`name = expression`."""

    name: str
    value: Expr
    name_span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """`type "label" { body }`."""

    type: str
    labels: tuple[str, ...]
    body: Body
    span: Span
    """The type and the labels."""
    extent: Span
    """All of it, braces included."""


@dataclass(frozen=True, eq=False, slots=True)
class Body:
    """What stands in a file or between the braces of a block."""

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def of_type(self, name: str) -> tuple[Block, ...]:
        """The blocks of a type, in order."""
        return tuple(block for block in self.blocks if block.type == name)

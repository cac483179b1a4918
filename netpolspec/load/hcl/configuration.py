"""A folder of Terraform files as declarations: variables, locals, resources, module calls, outputs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from netpolspec.diagnostics import Diagnostic, Note, Refusal
from netpolspec.load.files import read_source
from netpolspec.load.hcl.json_syntax import EMPTY, Shape, parse_json_file
from netpolspec.load.hcl.overrides import is_override, merge_overrides
from netpolspec.load.hcl.structure import parse_file
from netpolspec.load.hcl.tree import Attribute, Block, Body, Expr, Literal
from netpolspec.load.hcl.type_syntax import parse_type
from netpolspec.load.hcl.values import Primitive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from netpolspec.load.hcl.values import Type
    from netpolspec.source import Source, Span


@dataclass(frozen=True, eq=False, slots=True)
class Check:
    """A `validation`, `precondition` or `postcondition`."""

    condition: Expr
    message: Expr | None
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Variable:
    """`variable "name"`."""

    name: str
    type: Type
    literal: bool
    """Whether text that is given for it is the value itself, rather than an expression (as `terraform -var` has it)."""
    default: Expr | None
    nullable: bool
    sensitive: bool
    checks: tuple[Check, ...]
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Output:
    """`output "name"`."""

    name: str
    value: Expr
    sensitive: bool
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class ModuleCall:
    """`module "name"`."""

    name: str
    source: str
    source_span: Span
    arguments: dict[str, Attribute]
    count: Expr | None
    for_each: Expr | None
    providers: Expr | None
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class ResourceBlock:
    """`resource "type" "name"`."""

    type: str
    name: str
    body: Body
    """Without `count`, `for_each`, `provider`, `depends_on`, `lifecycle` and `provisioner`."""
    count: Expr | None
    for_each: Expr | None
    provider: Expr | None
    checks: tuple[Check, ...]
    span: Span

    @property
    def address(self) -> str:
        """How Terraform calls it within its module."""
        return f"{self.type}.{self.name}"


@dataclass(frozen=True, eq=False, slots=True)
class Configuration:
    """What the files of one folder declare."""

    folder: Path
    shown: str
    variables: dict[str, Variable] = field(default_factory=dict)
    locals: dict[str, Attribute] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    calls: dict[str, ModuleCall] = field(default_factory=dict)
    resources: dict[tuple[str, str], ResourceBlock] = field(default_factory=dict)
    data: dict[tuple[str, str], Block] = field(default_factory=dict)
    others: list[Block] = field(default_factory=list)
    """`terraform`, `provider`, `import` and the like."""
    sources: list[Source] = field(default_factory=list)


_K = TypeVar("_K")
_V = TypeVar("_V")
_META = ("count", "for_each", "provider", "depends_on")
_CHECKED = {"validation": (0, lambda _: EMPTY)}


def read_folder(folder: Path, shown: str, resource_shape: Callable[[str], Shape]) -> Configuration:
    """The declarations of a folder's `.tf` and `.tf.json` files.

    Args:
        folder: The module's folder.
        shown: How messages call it.
        resource_shape: Which keys of a resource type are blocks, for `.tf.json`.

    Raises:
        Refusal: it cannot be read, holds no Terraform, or a declaration is wrong.
    """
    found = Configuration(folder, shown)
    blocks: list[Block] = []
    overrides: list[Block] = []
    problems: list[Diagnostic] = []
    for name in _file_names(folder, shown):
        source = read_source(folder / name, shown=os.path.join(shown, name))  # noqa: PTH118 - as the user names it
        found.sources.append(source)
        try:
            body = parse_json_file(source, _shape(resource_shape)) if name.endswith(".json") else parse_file(source)
        except Refusal as refusal:
            problems += refusal.diagnostics
            continue
        for attribute in body.attributes.values():
            message = f"unexpected argument '{attribute.name}' outside a block"
            problems.append(Diagnostic("hcl-syntax", message, attribute.name_span))
        (overrides if is_override(name) else blocks).extend(body.blocks)
    if problems:
        raise Refusal(*problems)
    if not found.sources:
        help_ = "a module's folder holds files whose names end in '.tf' or '.tf.json'"
        raise Refusal(Diagnostic("no-terraform", f"'{shown}' holds no Terraform files", None, (help_,)))
    declare(found, merge_overrides(blocks, overrides))
    return found


def _file_names(folder: Path, shown: str) -> list[str]:
    try:
        entries = sorted(os.listdir(folder))  # noqa: PTH208 - names are what is asked for
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Refusal(Diagnostic("unreadable-file", f"cannot read folder '{shown}': {reason}")) from None
    return [
        name
        for name in entries
        if name.endswith((".tf", ".tf.json")) and not name.startswith((".", "#")) and not name.endswith("~")
    ]


def _shape(resource_shape: Callable[[str], Shape]) -> Shape:
    """The shape of a whole `.tf.json` file."""
    variable = Shape(_CHECKED, literal=frozenset({"default", "description"}), words=frozenset({"type"}))
    module = Shape(literal=frozenset({"source", "version"}))

    def resource(name: str) -> Shape:
        known = resource_shape(name)
        checked = Shape({"precondition": (0, lambda _: EMPTY), "postcondition": (0, lambda _: EMPTY)})
        return Shape({**known.blocks, "lifecycle": (0, lambda _: checked), "provisioner": (1, lambda _: EMPTY)})

    return Shape(
        {
            "variable": (1, lambda _: variable),
            "locals": (0, lambda _: EMPTY),
            "output": (1, lambda _: Shape({"precondition": (0, lambda _: EMPTY)})),
            "module": (1, lambda _: module),
            "resource": (2, resource),
            "data": (2, lambda _: EMPTY),
            "provider": (1, lambda _: EMPTY),
            "terraform": (0, lambda _: Shape({"backend": (1, lambda _: EMPTY), "cloud": (0, lambda _: EMPTY)})),
            **{name: (0, lambda _: EMPTY) for name in ("moved", "import", "removed")},
            "check": (1, lambda _: EMPTY),
        }
    )


# --- declarations -------------------------------------------------------------------------------------------------


def declare(found: Configuration, blocks: Iterable[Block]) -> None:
    """Take in what blocks declare; raises Refusal with all that is wrong."""
    problems: list[Diagnostic] = []
    for block in blocks:
        try:
            _declare(found, block)
        except Refusal as refusal:
            problems += refusal.diagnostics
    if problems:
        raise Refusal(*problems)


def _declare(found: Configuration, block: Block) -> None:  # noqa: C901 - one case for each kind
    match block.type, block.labels:
        case "variable", (name,):
            _add(found.variables, name, _variable(name, block), f"variable '{name}'")
        case "locals", ():
            for attribute in block.body.attributes.values():
                _add(found.locals, attribute.name, attribute, f"local value '{attribute.name}'")
        case "output", (name,):
            _add(found.outputs, name, _output(name, block), f"output '{name}'")
        case "module", (name,):
            _add(found.calls, name, _module_call(name, block), f"module '{name}'")
        case "resource", (type_, name):
            _add(found.resources, (type_, name), _resource(type_, name, block), f"resource '{type_}.{name}'")
        case "data", (type_, name):
            _add(found.data, (type_, name), block, f"data source '{type_}.{name}'")
        case (("terraform" | "moved" | "import" | "removed"), () | (_,)):
            found.others.append(block)
        case (("provider" | "check" | "ephemeral"), _):
            found.others.append(block)
        case ("variable" | "output" | "module" | "resource" | "data" | "locals") as type_, _:
            count = {"resource": 2, "data": 2, "locals": 0}.get(type_, 1)
            message = f"block '{type_}' has {len(block.labels)} labels where {count} are due"
            raise Refusal(Diagnostic("hcl-syntax", message, block.span))
        case type_, _:
            raise Refusal(Diagnostic("terraform-block", f"unknown block '{type_}'", block.span))


def _add(held: dict[_K, _V], key: _K, value: _V, what: str) -> None:
    if key in held:
        note = Note("first here", _place(held[key]))
        raise Refusal(Diagnostic("terraform-duplicate", f"{what} is declared twice", _place(value), (), (note,)))
    held[key] = value


def _place(declaration: object) -> Span:
    span: Span = declaration.name_span if isinstance(declaration, Attribute) else declaration.span  # type: ignore[attr-defined]
    return span


def _value(block: Block, name: str) -> Expr | None:
    attribute = block.body.attributes.get(name)
    return None if attribute is None else attribute.value


def _flag(block: Block, name: str, *, default: bool) -> bool:
    expr = _value(block, name)
    if expr is None:
        return default
    if isinstance(expr, Literal) and isinstance(expr.value, bool):
        return expr.value
    raise Refusal(Diagnostic("terraform-value", f"'{name}' is true or false", expr.span))


def _checks(body: Body, *names: str) -> Iterator[Check]:
    for block in body.blocks:
        condition = block.body.attributes.get("condition")
        if block.type in names and condition is not None:
            message = block.body.attributes.get("error_message")
            yield Check(condition.value, None if message is None else message.value, block.span)


def _variable(name: str, block: Block) -> Variable:
    known = ("type", "default", "description", "nullable", "sensitive", "ephemeral")
    for attribute in block.body.attributes.values():
        if attribute.name not in known:
            message = f"a variable has no argument '{attribute.name}'"
            raise Refusal(
                Diagnostic("terraform-argument", message, attribute.name_span, (f"it has: {', '.join(known)}",))
            )
    type_expr = _value(block, "type")
    type_: Type = Primitive.ANY if type_expr is None else parse_type(type_expr)
    return Variable(
        name,
        type_,
        type_expr is None or (isinstance(type_, Primitive) and type_ != Primitive.ANY),
        _value(block, "default"),
        _flag(block, "nullable", default=True),
        _flag(block, "sensitive", default=False) or _flag(block, "ephemeral", default=False),
        tuple(_checks(block.body, "validation")),
        block.span,
    )


def _output(name: str, block: Block) -> Output:
    value = _value(block, "value")
    if value is None:
        raise Refusal(Diagnostic("terraform-argument", f"output '{name}' has no 'value'", block.span))
    return Output(name, value, _flag(block, "sensitive", default=False), block.span)


def _module_call(name: str, block: Block) -> ModuleCall:
    attributes = dict(block.body.attributes)
    source = attributes.pop("source", None)
    if source is None or not isinstance(source.value, Literal) or not isinstance(source.value.value, str):
        at = block.span if source is None else source.value.span
        raise Refusal(Diagnostic("terraform-module", f"module '{name}' needs a 'source' that is plain text", at))
    meta = {key: attributes.pop(key, None) for key in ("count", "for_each", "providers", "depends_on", "version")}
    values = {key: None if held is None else held.value for key, held in meta.items()}
    return ModuleCall(
        name,
        source.value.value,
        source.value.span,
        attributes,
        values["count"],
        values["for_each"],
        values["providers"],
        block.span,
    )


def _resource(type_: str, name: str, block: Block) -> ResourceBlock:
    attributes = {key: held for key, held in block.body.attributes.items() if key not in _META}
    left_out = ("lifecycle", "provisioner", "connection", "timeouts")
    blocks = tuple(inner for inner in block.body.blocks if inner.type not in left_out)
    lifecycles = [inner for inner in block.body.blocks if inner.type == "lifecycle"]
    count, for_each = _value(block, "count"), _value(block, "for_each")
    if count is not None and for_each is not None:
        message = "a resource has 'count' or 'for_each', not both"
        raise Refusal(Diagnostic("terraform-argument", message, for_each.span))
    return ResourceBlock(
        type_,
        name,
        Body(attributes, blocks),
        count,
        for_each,
        _value(block, "provider"),
        tuple(check for inner in lifecycles for check in _checks(inner.body, "precondition")),
        block.span,
    )

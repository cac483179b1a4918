"""Function calls: arguments, marks, unknowns, and the few functions that evaluate their arguments themselves."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.diagnostics import Diagnostic, Refusal, nearest
from netpolspec.load.hcl.conversion import convert
from netpolspec.load.hcl.functions.collection import COLLECTION
from netpolspec.load.hcl.functions.definition import Function, Unsupported
from netpolspec.load.hcl.functions.numeric import NUMERIC
from netpolspec.load.hcl.functions.text import TEXT
from netpolspec.load.hcl.scope import Failed, Scope, failed
from netpolspec.load.hcl.values import (
    MAPPINGS,
    SEQUENCES,
    Mistake,
    Null,
    Primitive,
    Sensitive,
    Unknown,
    Value,
    first_unknown,
    hide,
    reveal,
    reveal_deeply,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from netpolspec.load.hcl.scope import Resolver
    from netpolspec.load.hcl.tree import Call, Expr, GetAttr, Index, Name
    from netpolspec.load.hcl.values import Type

Evaluate: TypeAlias = "Callable[[Expr, Scope], Value]"
"""`evaluation.evaluate`, which hands itself on: the arguments of some functions need not be evaluated."""

_COMMON: dict[str, Function] = {**TEXT, **NUMERIC, **COLLECTION}
_OWN = ("try", "can", "sensitive", "nonsensitive", "issensitive", "templatefile", "templatestring")
# fmt: off
_LEFT_TO_TERRAFORM = (
    "abspath", "base64gzip", "bcrypt", "ephemeralasnull",
    "formatdate",
    "log", "pathexpand", "plantimestamp", "rsadecrypt", "textdecodebase64", "textencodebase64",
    "timeadd", "timecmp", "timestamp", "uuid", "uuidv5",
)
# fmt: on
PLAN_HELP = "run with --terraform plan"


@cache
def _rare() -> dict[str, Function]:
    """The functions that most modules do without, so that they need not wait for them."""
    from netpolspec.load.hcl.functions.encoding import ENCODING
    from netpolspec.load.hcl.functions.formatting import FORMATTING
    from netpolspec.load.hcl.functions.network import NETWORK

    return {**ENCODING, **FORMATTING, **NETWORK}


def _of_files() -> dict[str, Callable[..., Value]]:
    """The functions that read files."""
    from netpolspec.load.hcl.functions.files import FILES

    return FILES


def call(expr: Call, scope: Scope, evaluate: Evaluate) -> Value:
    """The value of a function call, whose arguments are evaluated with `evaluate`."""
    match expr.name.removeprefix("core::"):
        case "try":
            return _try(expr, scope, evaluate)
        case "can":
            try:
                value = _try(expr, scope, evaluate)
            except Failed:
                return False
            return value if isinstance(value, Unknown) else True
        case name if (function := _COMMON.get(name) or _rare().get(name)) is not None:
            return _run(expr, function, _arguments(expr, scope, evaluate))
        case "sensitive" | "nonsensitive" | "issensitive" as name:
            return _mark(expr, name, scope, evaluate)
        case name if name in _OWN or name in _of_files():
            return _read(expr, name, scope, evaluate)
        case name if name in _LEFT_TO_TERRAFORM or "::" in name:
            return needs_terraform(expr, f"function '{name}'")
        case name:
            guess = nearest(name, [*_COMMON, *_rare(), *_of_files(), *_OWN, *_LEFT_TO_TERRAFORM])
            help_ = (f"did you mean '{guess}'?",) if guess else ()
            raise Refusal(Diagnostic("terraform-function", f"unknown function '{name}'", expr.name_span, help_))


def needs_terraform(expr: Call, what: str, why: str = "needs terraform") -> Unknown:
    """A call that is left to terraform."""
    return Unknown(Diagnostic("terraform-unknown", f"{what}: {why}", expr.span, (PLAN_HELP,)))


def _try(expr: Call, scope: Scope, evaluate: Evaluate) -> Value:
    if not expr.arguments:
        raise failed(Mistake(f"'{expr.name}' takes at least one argument"), expr.span)
    for argument in expr.arguments[:-1]:
        try:
            return evaluate(argument, scope)
        except Failed:
            continue
    return evaluate(expr.arguments[-1], scope)


def _arguments(expr: Call, scope: Scope, evaluate: Evaluate) -> list[Value] | Unknown:
    values = [evaluate(argument, scope) for argument in expr.arguments]
    if not expr.spread:
        return values
    last, marked = reveal(values.pop())
    if isinstance(last, Unknown):
        return last
    if not isinstance(last, SEQUENCES):
        raise failed(Mistake("'...' stands behind a list"), expr.arguments[-1].span)
    values.extend(hide(item) if marked and not isinstance(item, Unknown) else item for item in last.items)
    return values


def _run(expr: Call, function: Function, values: list[Value] | Unknown) -> Value:
    if isinstance(values, Unknown):
        return values
    least = len(function.parameters) - function.optional
    if len(values) < least or (function.rest is None and len(values) > len(function.parameters)):
        count = f"at least {least}" if function.rest or function.optional else str(least)
        raise failed(Mistake(f"'{expr.name}' takes {count} arguments, found {len(values)}"), expr.span)
    plain: list[Value] = []
    sensitive = False
    for at, value in enumerate(values):
        bare, marked = reveal(value) if function.shallow else reveal_deeply(value)
        sensitive |= marked
        if isinstance(bare, Unknown) and not (function.shallow and expr.name.startswith("coalesce")):
            return bare
        if not function.shallow and (unknown := first_unknown(bare)) is not None:
            return unknown
        wanted = function.parameters[at] if at < len(function.parameters) else function.rest
        plain.append(_argument(expr, at, bare, wanted or Primitive.ANY, nulls=function.nulls))
    try:
        result = function.run(*plain)
    except Mistake as mistake:
        if sensitive:
            raise failed(Mistake(f"'{expr.name}' of a sensitive value fails", code=mistake.code), expr.span) from None
        raise failed(mistake, expr.span) from None
    except Unsupported as unsupported:
        return needs_terraform(expr, f"function '{expr.name}'", f"{unsupported}; needs terraform")
    return hide(result) if sensitive and not isinstance(result, Unknown) else result


def _argument(expr: Call, at: int, value: Value, wanted: Type, *, nulls: bool) -> Value:
    span = expr.arguments[min(at, len(expr.arguments) - 1)].span
    if isinstance(value, Null):
        if nulls:
            return value
        raise failed(Mistake(f"argument {at + 1} of '{expr.name}' is null"), span)
    try:
        return convert(value, wanted)
    except Mistake as mistake:
        message = f"argument {at + 1} of '{expr.name}': {mistake.message}"
        raise failed(Mistake(message, *mistake.help, code=mistake.code), span) from None


def _mark(expr: Call, name: str, scope: Scope, evaluate: Evaluate) -> Value:
    if len(expr.arguments) != 1:
        raise failed(Mistake(f"'{name}' takes 1 argument, found {len(expr.arguments)}"), expr.span)
    value = evaluate(expr.arguments[0], scope)
    match name:
        case "sensitive":
            return value if isinstance(value, Unknown) else hide(value)
        case "nonsensitive":
            return reveal(value)[0]
        case _:
            return value if isinstance(value, Unknown) else isinstance(value, Sensitive)


# --- files --------------------------------------------------------------------------------------------------------


def _read(expr: Call, name: str, scope: Scope, evaluate: Evaluate) -> Value:
    if scope.resolver is None:
        raise Refusal(Diagnostic("terraform-reference", f"function '{name}' cannot be used here", expr.name_span))
    values = _arguments(expr, scope, evaluate)
    if isinstance(values, Unknown):
        return values
    expected = 2 if name.startswith("template") or name == "fileset" else 1
    if len(values) != expected:
        raise failed(Mistake(f"'{name}' takes {expected} arguments, found {len(values)}"), expr.span)
    first, marked = reveal(values[0])
    if isinstance(first, Unknown):
        return first
    text = _argument(expr, 0, first, Primitive.STRING, nulls=False)
    if not isinstance(text, str):
        return text
    if name.startswith("template"):
        result = _render(expr, name, text, values[1], scope, evaluate)
    else:
        try:
            others = [_argument(expr, 1, reveal(value)[0], Primitive.STRING, nulls=False) for value in values[1:]]
            if (unknown := next((each for each in others if isinstance(each, Unknown)), None)) is not None:
                return unknown
            result = _of_files()[name](scope.resolver.folder(), text, *others)
        except Mistake as mistake:
            raise failed(mistake, expr.span) from None
        except Unsupported as unsupported:
            return needs_terraform(expr, f"function '{name}'", f"{unsupported}; needs terraform")
    return hide(result) if marked and not isinstance(result, (Unknown, Sensitive)) else result


def _render(  # noqa: PLR0917 - they belong together
    expr: Call, name: str, text: str, variables: Value, scope: Scope, evaluate: Evaluate
) -> Value:
    from netpolspec.load.hcl.functions.files import read_text
    from netpolspec.load.hcl.parser import parse_template
    from netpolspec.source import Source

    assert scope.resolver is not None  # noqa: S101 - checked by the caller
    variables, marked = reveal(variables)
    if isinstance(variables, Unknown):
        return variables
    if not isinstance(variables, MAPPINGS):
        raise failed(Mistake(f"'{name}' takes the template's variables as an object"), expr.arguments[1].span)
    if name == "templatefile":
        try:
            source = Source(str(scope.resolver.folder() / text), read_text(scope.resolver.folder(), text))
        except Mistake as mistake:
            raise failed(mistake, expr.span) from None
        template = parse_template(source.text, source.span)
    else:
        template = parse_template(text, lambda _start, _end: expr.arguments[0].span)
    inner = Scope(_TemplateResolver(scope.resolver), dict(variables.items))
    result = evaluate(template, inner)
    return hide(result) if marked and not isinstance(result, Unknown) else result


class _TemplateResolver:
    """A template sees its variables and nothing of the module."""

    def __init__(self, outer: Resolver) -> None:
        self._outer = outer

    def resolve(self, root: Name, steps: Sequence[GetAttr | Index], scope: Scope) -> tuple[Value, int]:
        del steps
        guess = nearest(root.name, scope.bound)
        help_ = (f"did you mean '{guess}'?",) if guess else (f"it is given: {', '.join(scope.bound) or 'nothing'}",)
        message = f"the template is not given '{root.name}'"
        raise Failed(Diagnostic("terraform-reference", message, root.span, help_))

    def folder(self) -> Path:
        return self._outer.folder()

"""The values of variables: what is given, what is a default, what a validation says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Refusal
from netpolspec.load.hcl.conversion import convert
from netpolspec.load.hcl.evaluation import evaluate
from netpolspec.load.hcl.parser import parse_expression
from netpolspec.load.hcl.scope import Failed, Scope
from netpolspec.load.hcl.values import (
    ListOf,
    Mistake,
    Null,
    Primitive,
    SetOf,
    TupleValue,
    Unknown,
    Value,
    hide,
    reveal,
    reveal_deeply,
)
from netpolspec.source import Source

if TYPE_CHECKING:
    from netpolspec.load.hcl.configuration import Check, Variable
    from netpolspec.load.hcl.module import Module
    from netpolspec.source import Span


def settle(module: Module, name: str) -> Value:
    """The value of a module's variable; raises Refusal where it has none, or none that fits."""
    variable = module.configuration.variables[name]
    value, place = _raw(module, variable)
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Null) and not variable.nullable:
        if variable.default is None:
            raise Refusal(
                Diagnostic("terraform-variable", f"variable '{name}' is null", place, (), _declared(variable))
            )
        value, place = evaluate(variable.default, Scope(None)), variable.default.span
    try:
        converted = convert(value, variable.type)
    except Mistake as mistake:
        message = f"value for variable '{name}': {mistake.message}"
        help_ = (*mistake.help, f"it is declared as {variable.type}")
        at = variable.span if variable.sensitive else place
        raise Refusal(Diagnostic("terraform-variable-type", message, at, help_, _declared(variable))) from None
    settled = hide(converted) if variable.sensitive and not isinstance(converted, Unknown) else converted
    module.remember_variable(name, settled)
    for condition in variable.checks:
        at = variable.span if variable.sensitive else place
        check(condition, module.scope, f"value for variable '{name}' is refused by its validation", at)
    return settled


def _declared(variable: Variable) -> tuple[Note, ...]:
    return (Note("declared here", variable.span),)


def _raw(module: Module, variable: Variable) -> tuple[Value, Span]:
    """What is given for a variable, or its default, and where that stands."""
    if variable.name in module.given:
        return module.given[variable.name]
    if variable.name in module.arguments:
        expr, scope = module.arguments[variable.name]
        return evaluate(expr, scope), expr.span
    if variable.default is not None:
        return evaluate(variable.default, Scope(None)), variable.default.span
    where = f" of '{module.address}'" if module.address else ""
    help_ = () if module.address else (f"give {variable.name}=VALUE, or set it in terraform.tfvars",)
    message = f"variable '{variable.name}'{where} has no value"
    raise Refusal(Diagnostic("terraform-variable", message, variable.span, help_))


def check(condition: Check, scope: Scope, message: str, at: Span) -> None:
    """A condition that must hold; raises Refusal where it does not. What is unknown holds."""
    value, marked = reveal(evaluate(condition.condition, scope))
    if isinstance(value, Unknown):
        return
    try:
        held = not isinstance(value, Null) and convert(value, Primitive.BOOL) is True
    except Mistake as mistake:
        raise Failed(Diagnostic(mistake.code, mistake.message, condition.condition.span, mistake.help)) from None
    if held:
        return
    said = _message(condition, scope, marked=marked)
    notes = (Note("required here", condition.condition.span),)
    raise Refusal(Diagnostic("terraform-validation", message, at, said, notes))


def _message(condition: Check, scope: Scope, *, marked: bool) -> tuple[str, ...]:
    if condition.message is None:
        return ()
    try:
        text, sensitive = reveal_deeply(evaluate(condition.message, scope))
    except Refusal:
        return ()
    if sensitive or marked or not isinstance(text, str):
        return ("its own message holds a sensitive value, so it is not shown",) if sensitive else ()
    return (" ".join(text.split()),)


# --- values from outside ------------------------------------------------------------------------------------------


def from_text(variable: Variable, text: str, place: Span) -> Value:
    """The value that a text gives for a variable, as `terraform -var` reads it.

    Where the variable is a list or set, text without brackets is its elements with commas between them; where it may be
    anything, text that is no expression is itself.

    Raises:
        Refusal: the text cannot be read.
    """
    if variable.literal:
        return text
    if isinstance(variable.type, (ListOf, SetOf)) and not text.lstrip().startswith("["):
        return TupleValue(tuple(part.strip() for part in text.split(",")) if text.strip() else ())
    source = Source(place.source.path, text)
    try:
        value = evaluate(parse_expression(text, source.span), Scope(None))
    except Refusal as refusal:
        if variable.type == Primitive.ANY:
            return text
        found = refusal.diagnostics[0]
        message = f"value for variable '{variable.name}' cannot be read: {found.message}"
        help_ = (f"it is declared as {variable.type}",)
        raise Refusal(replace(found, message=message, span=place, help=help_, notes=_declared(variable))) from None
    return value

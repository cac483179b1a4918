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
    from netpolspec.source import Span


def fit(variable: Variable, value: Value, place: Span) -> tuple[Value, Span]:
    """A value as the variable's type and marks make it, and where that stands: null may stand for the default.

    Args:
        variable: the variable.
        value: what is given for it, or its default.
        place: where that stands.

    Raises:
        Refusal: it is null or of a type where the variable cannot be.
    """
    if isinstance(value, Unknown):
        return value, place
    if isinstance(value, Null) and not variable.nullable:
        if variable.default is None:
            raise Refusal(
                Diagnostic(
                    "terraform-variable-type", f"variable '{variable.name}' is null", place, (), _declared(variable)
                )
            )
        value, place = evaluate(variable.default, Scope(None)), variable.default.span
    try:
        converted = convert(value, variable.type)
    except Mistake as mistake:
        message = f"value for variable '{variable.name}': {mistake.message}"
        help_ = (*mistake.help, f"it is declared as {variable.type}")
        at = variable.span if variable.sensitive else place
        raise Refusal(Diagnostic("terraform-variable-type", message, at, help_, _declared(variable))) from None
    fitting = hide(converted) if variable.sensitive and not isinstance(converted, Unknown) else converted
    return fitting, place


def validate(variable: Variable, scope: Scope, place: Span) -> None:
    """What a variable's validations say of its value, which the scope knows; raises Refusal where they refuse it."""
    for condition in variable.checks:
        at = variable.span if variable.sensitive else place
        check(condition, scope, f"value for variable '{variable.name}' is refused by its validation", at)


def _declared(variable: Variable) -> tuple[Note, ...]:
    return (Note("declared here", variable.span),)


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

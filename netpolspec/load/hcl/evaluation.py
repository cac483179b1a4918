"""Expressions to values, as Terraform evaluates them; what cannot be known becomes an `Unknown`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, assert_never

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.hcl.calls import call
from netpolspec.load.hcl.conversion import common_type, convert, to_text
from netpolspec.load.hcl.functions.definition import Unsupported
from netpolspec.load.hcl.operators import apply_binary, apply_unary, get_attribute, get_index
from netpolspec.load.hcl.scope import Failed, Scope, failed
from netpolspec.load.hcl.tree import (
    Binary,
    Call,
    Conditional,
    Expr,
    ForExpr,
    GetAttr,
    Index,
    Item,
    Literal,
    Name,
    ObjectCons,
    Parens,
    Splat,
    Template,
    TemplateFor,
    TemplateIf,
    TupleCons,
    Unary,
)
from netpolspec.load.hcl.values import (
    NULL,
    SEQUENCES,
    ListOf,
    ListValue,
    MapValue,
    Mistake,
    Null,
    ObjectValue,
    Primitive,
    SetOf,
    SetValue,
    TupleOf,
    TupleValue,
    Unknown,
    Value,
    describe,
    hide,
    make_object,
    normalize,
    reveal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netpolspec.source import Span


def evaluate(expr: Expr, scope: Scope) -> Value:  # noqa: C901, PLR0912 - one case for each kind
    """The value of an expression; raises Failed where Terraform would refuse, Refusal for what no `try` helps."""
    match expr:
        case Literal(value):
            return NULL if value is None else value
        case Name() | GetAttr() | Index():
            return _reference(expr, scope)
        case Template():
            return _template(expr, scope)
        case Parens(inner):
            return evaluate(inner, scope)
        case ObjectCons():
            return _object(expr, scope)
        case TupleCons(items):
            return TupleValue(tuple(evaluate(item, scope) for item in items))
        case Call():
            return call(expr, scope, evaluate)
        case Conditional():
            return _conditional(expr, scope)
        case Binary():
            return _binary(expr, scope)
        case Unary(operator, operand, span):
            inside, marked = reveal(evaluate(operand, scope))
            return _marked(_located(partial(apply_unary, operator, inside), span), marked)
        case ForExpr():
            return _for(expr, scope)
        case Splat():
            return _splat(expr, scope)
        case Item():
            assert scope.item is not None  # noqa: S101 - the parser makes items in splats only
            return scope.item
        case _ as never:
            assert_never(never)


def _marked(value: Value, marked: bool) -> Value:  # noqa: FBT001 - a mark
    return hide(value) if marked and not isinstance(value, Unknown) else value


def _located(action: Callable[[], Value], span: Span) -> Value:
    try:
        return action()
    except Mistake as mistake:
        raise failed(mistake, span) from None
    except Unsupported as unsupported:
        return Unknown(Diagnostic("terraform-unknown", f"{unsupported}: needs terraform", span))


# --- references ---------------------------------------------------------------------------------------------------


def _reference(expr: Name | GetAttr | Index, scope: Scope) -> Value:
    steps: list[GetAttr | Index] = []
    at: Expr = expr
    while isinstance(at, (GetAttr, Index)):
        steps.append(at)
        at = at.of
    steps.reverse()
    if isinstance(at, Name) and at.name not in scope.bound:
        if scope.resolver is None:
            message = f"'{at.name}' cannot be used here"
            raise Refusal(Diagnostic("terraform-reference", message, at.span, ("only plain values stand here",)))
        value, used = scope.resolver.resolve(at, steps, scope)
        steps = steps[used:]
    elif isinstance(at, Name):
        value = scope.bound[at.name]
    else:
        value = evaluate(at, scope)
    for step in steps:
        value = take_step(value, step, scope)
    return value


def take_step(value: Value, step: GetAttr | Index, scope: Scope) -> Value:
    """What `.name` or `[key]` makes of a value."""
    try:
        if isinstance(step, GetAttr):
            return get_attribute(value, step.name)
        return get_index(value, evaluate(step.key, scope))
    except Mistake as mistake:
        raise failed(mistake, step.span) from None


# --- templates ----------------------------------------------------------------------------------------------------


def _template(expr: Template, scope: Scope) -> Value:
    texts: list[str] = []
    sensitive = False
    for part in expr.parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        value, marked = reveal(_part(part, scope))
        sensitive |= marked
        if isinstance(value, Unknown):
            return value
        try:
            texts.append(to_text(value))
        except Mistake as mistake:
            raise failed(mistake, part.span) from None
    return _marked(normalize("".join(texts)), sensitive)


def _part(part: Expr | TemplateIf | TemplateFor, scope: Scope) -> Value:
    if isinstance(part, TemplateIf):
        return _choose(part.condition, part.yes, part.no, scope)
    if not isinstance(part, TemplateFor):
        return evaluate(part, scope)
    collection, sensitive = reveal(evaluate(part.collection, scope))
    if isinstance(collection, Unknown):
        return collection
    texts: list[str] = []
    for key, value in _elements(collection, part.collection.span):
        text, marked = reveal(_template(part.body, scope.bind_one(part.key_name, key, part.value_name, value)))
        sensitive |= marked
        if isinstance(text, Unknown):
            return text
        texts.append(str(text))
    return _marked("".join(texts), sensitive)


# --- choices ------------------------------------------------------------------------------------------------------


def _condition(expr: Expr, scope: Scope) -> tuple[bool | Unknown, bool]:
    value, marked = reveal(evaluate(expr, scope))
    if isinstance(value, Unknown):
        return value, marked
    if isinstance(value, Null):
        raise failed(Mistake("the condition is null"), expr.span)
    try:
        return convert(value, Primitive.BOOL) is True, marked
    except Mistake as mistake:
        raise failed(mistake, expr.span) from None


def _choose(condition: Expr, yes: Expr, no: Expr, scope: Scope) -> Value:
    verdict, marked = _condition(condition, scope)
    if isinstance(verdict, Unknown):
        return verdict
    return _marked(evaluate(yes if verdict else no, scope), marked)


def _conditional(expr: Conditional, scope: Scope) -> Value:
    """Both sides become values of the type that they have in common, so the other side counts too."""
    verdict, marked = _condition(expr.condition, scope)
    if isinstance(verdict, Unknown):
        return verdict
    taken, other = (expr.yes, expr.no) if verdict else (expr.no, expr.yes)
    value = evaluate(taken, scope)
    try:
        alternative = evaluate(other, scope)
    except Failed:
        return _marked(value, marked)
    common = common_type((value, alternative))
    if common is None:
        raise failed(Mistake("the two results have no type in common", code="terraform-type"), expr.span)
    return _marked(_located(partial(convert, value, common), taken.span), marked)


def _binary(expr: Binary, scope: Scope) -> Value:
    left, left_marked = reveal(evaluate(expr.left, scope))
    if expr.operator in ("&&", "||"):
        verdict, _ = _condition(expr.left, scope)
        if not isinstance(verdict, Unknown) and verdict is (expr.operator == "||"):
            return _marked(verdict, left_marked)
        right_verdict, right_marked = _condition(expr.right, scope)
        if isinstance(verdict, Unknown):
            decided = not isinstance(right_verdict, Unknown) and right_verdict is (expr.operator == "||")
            return _marked(right_verdict, right_marked) if decided else verdict
        return _marked(right_verdict, left_marked or right_marked)
    right, right_marked = reveal(evaluate(expr.right, scope))
    try:
        value = _located(partial(apply_binary, expr.operator, left, right), expr.span)
    except ZeroDivisionError:  # infinite for Terraform, which no policy can mean
        raise Refusal(Diagnostic("terraform-value", "division by zero", expr.span)) from None
    return _marked(value, left_marked or right_marked)


# --- collections --------------------------------------------------------------------------------------------------


def _object(expr: ObjectCons, scope: Scope) -> Value:
    items: dict[str, Value] = {}
    for key_expr, value_expr in expr.items:
        if isinstance(key_expr, Literal) and isinstance(key_expr.value, str):
            items[key_expr.value] = evaluate(value_expr, scope)
            continue
        key, marked = reveal(evaluate(key_expr, scope))
        if isinstance(key, Unknown):
            return key
        if marked or isinstance(key, Null):
            raise failed(Mistake("a key cannot be sensitive" if marked else "a key is null"), key_expr.span)
        name = _located(partial(convert, key, Primitive.STRING), key_expr.span)
        items[str(name)] = evaluate(value_expr, scope)
    return make_object(items)


def elements(value: Value) -> Iterator[tuple[Value, Value]]:
    """Keys (or positions) and values of a collection, in Terraform's order; raises Mistake."""
    match value:
        case ListValue(items) | TupleValue(items):
            yield from enumerate(items)
        case SetValue(items):
            yield from ((item, item) for item in items)
        case MapValue(entries) | ObjectValue(entries):
            yield from entries.items()
        case _:
            raise Mistake(f"expected a list, a set, a map or an object, found {describe(value)}", code="terraform-type")


def _elements(value: Value, span: Span) -> Iterator[tuple[Value, Value]]:
    try:
        yield from elements(value)
    except Mistake as mistake:
        raise failed(mistake, span) from None


def _for(expr: ForExpr, scope: Scope) -> Value:
    collection, sensitive = reveal(evaluate(expr.collection, scope))
    if isinstance(collection, Unknown):
        return collection
    found: list[tuple[str, Value]] = []
    if expr.condition is not None and getattr(collection, "items", True) in ((), {}):
        _try_condition(expr, scope)
    for key, value in _elements(collection, expr.collection.span):
        inner = scope.bind_one(expr.key_name, key, expr.value_name, value)
        if expr.condition is not None:
            verdict, marked = _condition(expr.condition, inner)
            sensitive |= marked
            if isinstance(verdict, Unknown):
                return verdict
            if not verdict:
                continue
        name, marked = _key(expr.key, inner)
        sensitive |= marked
        if isinstance(name, Unknown):
            return name
        found.append((name, evaluate(expr.value, inner)))
    if expr.key is None:
        return _marked(TupleValue(tuple(value for _, value in found)), sensitive)
    return _marked(_group(expr, found, sensitive), sensitive)


def _key(expr: Expr | None, scope: Scope) -> tuple[str | Unknown, bool]:
    """The key that a `for` gives an element, and whether it is sensitive."""
    if expr is None:
        return "", False
    key, marked = reveal(evaluate(expr, scope))
    if isinstance(key, Null):
        raise failed(Mistake("a key is null"), expr.span)
    name = _located(partial(convert, key, Primitive.STRING), expr.span)
    return (name if isinstance(name, Unknown) else str(name)), marked


def _try_condition(expr: ForExpr, scope: Scope) -> None:
    """Terraform tries the condition before it has elements, so that one which must fail does so without any."""
    unknown = Unknown(Diagnostic("terraform-unknown", "an element", expr.span))
    assert expr.condition is not None  # noqa: S101 - the caller's part
    _condition(expr.condition, scope.bind_one(expr.key_name, unknown, expr.value_name, unknown))


def _group(expr: ForExpr, found: list[tuple[str, Value]], sensitive: bool) -> Value:  # noqa: FBT001 - a mark
    if expr.group:
        groups: dict[str, list[Value]] = {}
        for name, value in found:
            groups.setdefault(name, []).append(value)
        return make_object({name: TupleValue(tuple(values)) for name, values in groups.items()})
    items: dict[str, Value] = {}
    for name, value in found:
        if name in items:
            shown = "a key" if sensitive else f"the key '{name}'"
            assert expr.key is not None  # noqa: S101 - only a `for` with keys comes here
            raise failed(Mistake(f"{shown} comes twice", "'...' behind the value groups them"), expr.key.span)
        items[name] = value
    return make_object(items)


def _splat(expr: Splat, scope: Scope) -> Value:
    source, marked = reveal(evaluate(expr.of, scope))
    if isinstance(source, Unknown):
        return source
    if isinstance(source, Null):
        if isinstance(source.type, (ListOf, SetOf, TupleOf)):
            raise failed(Mistake("'[*]' of a list that is null"), expr.of.span)
        return TupleValue(())
    items = source.items if isinstance(source, SEQUENCES) else (source,)
    found = tuple(evaluate(expr.each, Scope(scope.resolver, scope.bound, item)) for item in items)
    if isinstance(source, (ListValue, SetValue)):
        common = common_type(found)
        if common is not None:
            return _marked(ListValue(found, common), marked)
    return _marked(TupleValue(found), marked)

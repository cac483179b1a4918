"""`count` and `for_each`: which instances there are, and what each of them sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from netpolspec.load.hcl.blocks import needed
from netpolspec.load.hcl.conversion import convert
from netpolspec.load.hcl.evaluation import evaluate
from netpolspec.load.hcl.scope import failed
from netpolspec.load.hcl.values import (
    MAPPINGS,
    ListValue,
    Mistake,
    Null,
    Primitive,
    Sensitive,
    SetValue,
    TupleValue,
    Unknown,
    describe,
    make_object,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.load.hcl.scope import Scope
    from netpolspec.load.hcl.tree import Expr
    from netpolspec.source import Span

Key: TypeAlias = int | str | None
_WHY = "it decides how many instances there are"


def show_key(key: Key) -> str:
    """`[0]`, `["a"]`, or nothing."""
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    return '["' + key.replace("\\", "\\\\").replace('"', '\\"') + '"]'


def spread(count: Expr | None, for_each: Expr | None, scope: Scope, at: Span) -> Iterator[tuple[Key, Scope]]:
    """Keys and scopes of the instances; raises Refusal where they cannot be known or are wrong."""
    del at
    if count is not None:
        for index in range(_count(count, scope)):
            yield index, scope.bind(count=make_object({"index": index}))
    elif for_each is not None:
        yield from _for_each(for_each, scope)
    else:
        yield None, scope


def _count(expr: Expr, scope: Scope) -> int:
    value = evaluate(expr, scope)
    if isinstance(value, Unknown):
        raise needed(value, _WHY, expr.span)
    if isinstance(value, (Sensitive, Null)):
        wrong = Mistake("'count' is sensitive" if isinstance(value, Sensitive) else "'count' is null")
        raise failed(wrong, expr.span)
    try:
        number = convert(value, Primitive.NUMBER)
    except Mistake as mistake:
        raise failed(mistake, expr.span) from None
    if not isinstance(number, int) or number < 0:
        raise failed(Mistake("'count' is not a whole number of at least 0"), expr.span)
    return number


def _for_each(expr: Expr, scope: Scope) -> Iterator[tuple[Key, Scope]]:
    value = evaluate(expr, scope)
    if isinstance(value, Unknown):
        raise needed(value, _WHY, expr.span)
    if isinstance(value, Sensitive):
        mistake = Mistake("'for_each' is sensitive", "nonsensitive(...) lets it be used")
        raise failed(mistake, expr.span)
    if isinstance(value, MAPPINGS):
        for name, held in value.items.items():
            yield name, scope.bind(each=make_object({"key": name, "value": held}))
        return
    if not isinstance(value, SetValue):
        help_ = ("toset(...) makes a list of texts a set",) if isinstance(value, (ListValue, TupleValue)) else ()
        raise failed(Mistake(f"'for_each' is {describe(value)}, not a map or a set of texts", *help_), expr.span)
    for item in value.items:
        if isinstance(item, Unknown):
            raise needed(item, _WHY, expr.span)
        if not isinstance(item, str):
            raise failed(Mistake("'for_each' is a set of something else than texts"), expr.span)
        yield item, scope.bind(each=make_object({"key": item, "value": item}))

"""Type constraints: `list(string)`, `object({ port = number, cidr = optional(string, "10.0.0.0/8") })`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal, nearest
from netpolspec.load.hcl.conversion import convert
from netpolspec.load.hcl.evaluation import evaluate
from netpolspec.load.hcl.scope import Scope, failed
from netpolspec.load.hcl.tree import Call, Expr, Literal, Name, ObjectCons, Parens, TupleCons
from netpolspec.load.hcl.values import ListOf, MapOf, Mistake, Null, ObjectOf, Primitive, SetOf, TupleOf

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from netpolspec.load.hcl.values import Type, Value

_PRIMITIVES = {"string": Primitive.STRING, "number": Primitive.NUMBER, "bool": Primitive.BOOL, "any": Primitive.ANY}
_OF_ONE: dict[str, Callable[[Type], Type]] = {"list": ListOf, "set": SetOf, "map": MapOf}
_NAMES = (*_PRIMITIVES, *_OF_ONE, "object", "tuple")


def parse_type(expr: Expr) -> Type:  # noqa: RET503 - _refuse() does not return
    """The type that an expression names; raises Refusal."""
    match expr:
        case Parens(inner):
            return parse_type(inner)
        case Name(name) | Literal(str(name)) if name in _PRIMITIVES:
            return _PRIMITIVES[name]
        case Name(name) | Literal(str(name)) if name in _OF_ONE:
            return _OF_ONE[name](Primitive.ANY)
        case Call(name, (argument,)) if name in _OF_ONE:
            return _OF_ONE[name](parse_type(argument))
        case Call("tuple", (TupleCons(items),)):
            return TupleOf(tuple(parse_type(item) for item in items))
        case Call("object", (ObjectCons(items),)):
            return _object(items)
        case Name(name) | Call(name):
            guess = nearest(name, _NAMES)
            _refuse(
                f"unknown type '{name}'", expr, f"did you mean '{guess}'?" if guess else f"types: {', '.join(_NAMES)}"
            )
        case _:
            _refuse("a type is due here", expr, f"types: {', '.join(_NAMES)}")


def _refuse(message: str, expr: Expr, help_: str) -> NoReturn:
    raise Refusal(Diagnostic("terraform-type", message, expr.span, (help_,)))


def _object(items: tuple[tuple[Expr, Expr], ...]) -> ObjectOf:
    attributes: dict[str, Type] = {}
    defaults: dict[str, Value] = {}
    for key, held in items:
        if not isinstance(key, Literal) or not isinstance(key.value, str):
            _refuse("an attribute's name is due here", key, "as in object({ port = number })")
        match held:
            case Call("optional", (type_, *rest)):
                attributes[key.value] = parse_type(type_)
                defaults[key.value] = _default(rest[0], attributes[key.value]) if rest else Null(attributes[key.value])
            case _:
                attributes[key.value] = parse_type(held)
    return ObjectOf(tuple(sorted(attributes.items())), defaults)


def _default(expr: Expr, type_: Type) -> Value:
    try:
        return convert(evaluate(expr, Scope(None)), type_)
    except Mistake as mistake:
        raise failed(mistake, expr.span) from None

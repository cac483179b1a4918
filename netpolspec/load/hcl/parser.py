"""HCL expressions: recursive descent over `Tokens`, after hclsyntax/spec.md of HCL 2."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from netpolspec.load.hcl.numbers import parse_number
from netpolspec.load.hcl.template import read_heredoc, read_quoted, read_whole
from netpolspec.load.hcl.tokens import END, Spans, Tokens
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
    TupleCons,
    Unary,
)
from netpolspec.load.hcl.values import normalize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.source import Span

_PRECEDENCE = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 4,
    ">": 4,
    "<=": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_DEEPEST = 100
"""Brackets within brackets; more than anybody writes, less than Python's stack allows."""


def parse_expression(content: str, spans: Spans) -> Expr:
    """One expression that fills a text, such as a value given on the command line."""
    parser = Parser(content, spans)
    parser.tokens.begin()
    parser.tokens.advance()
    found = parser.expression()
    if parser.tokens.kind != END:
        parser.tokens.refuse("expected the end here")
    return found


def parse_template(content: str, spans: Spans) -> Expr:
    """A text that is a template as a whole."""
    found = read_whole(Parser(content, spans, advance=False))
    return as_literal(found)


class Parser:
    """Reads expressions from where its tokens stand."""

    __slots__ = ("_depth", "tokens")

    def __init__(self, content: str, spans: Spans, start: int = 0, *, advance: bool = False) -> None:
        self.tokens = Tokens(content, spans, start)
        self._depth = 0
        if advance:
            self.tokens.advance()

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Within brackets of some kind; refuses more of them than the stack allows."""
        self._deeper()
        yield
        self._depth -= 1

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            self.tokens.refuse(f"nested deeper than {_DEEPEST} levels")

    # --- expressions ----------------------------------------------------------------------------------------------

    def expression(self) -> Expr:
        """One expression, as long as it goes on."""
        tokens = self.tokens
        condition = self._binary(1)
        if tokens.kind != "?":
            return condition
        self._deeper()
        tokens.advance()
        yes = self.expression()
        if not tokens.take(":"):
            tokens.refuse("expected ':' here", "a condition is written 'condition ? if_true : if_false'")
        no = self.expression()
        self._depth -= 1
        return Conditional(condition, yes, no, tokens.span(condition.span.start, no.span.end))

    def _binary(self, least: int) -> Expr:
        left = self._operand()
        while (level := _PRECEDENCE.get(self.tokens.kind, 0)) >= least:
            operator = self.tokens.kind
            self.tokens.advance()
            right = self._binary(level + 1)
            left = Binary(operator, left, right, self.tokens.span(left.span.start, right.span.end))
        return left

    def _operand(self) -> Expr:
        tokens = self.tokens
        if tokens.kind in ("-", "!"):
            start, operator = tokens.start, tokens.kind
            self._deeper()
            tokens.advance()
            operand = self._operand()
            self._depth -= 1
            return Unary(operator, operand, tokens.span(start, operand.span.end))
        return self._steps(self._term())

    def _steps(self, of: Expr) -> Expr:
        """The attributes, indexes and splats behind a term."""
        tokens = self.tokens
        while tokens.kind in (".", "["):
            start = of.span.start
            if tokens.kind == ".":
                tokens.advance()
                if tokens.kind == "name":
                    of = GetAttr(of, tokens.text, tokens.span(start, tokens.end))
                    tokens.advance()
                elif tokens.kind == "number":
                    of = self._old_index(of)
                elif tokens.kind == "*":
                    of = self._attribute_splat(of)
                else:
                    tokens.refuse("expected a name behind the dot")
                continue
            opened = tokens.here
            tokens.enter(lines=False)
            if tokens.kind == "*":
                item = Item(tokens.here)
                tokens.advance()
                tokens.leave("]", opened)
                each = self._steps(item)
                of = Splat(of, each, tokens.span(start, max(each.span.end, item.span.end + 1)))
                continue
            key = self._nested()
            end = tokens.end
            tokens.leave("]", opened)
            of = Index(of, key, tokens.span(start, end))
        return of

    def _old_index(self, of: Expr) -> Expr:
        tokens = self.tokens
        if not tokens.text.isdigit():
            tokens.refuse("two old indexes in a row", "write them in brackets: [0][1]")
        key = Literal(int(tokens.text), tokens.here)
        tokens.advance()
        return Index(of, key, tokens.span(of.span.start, key.span.end))

    def _attribute_splat(self, of: Expr) -> Expr:
        tokens = self.tokens
        each: Expr = Item(tokens.here)
        end = tokens.end
        tokens.advance()
        while tokens.kind == ".":
            tokens.advance()
            if tokens.kind == "number":
                each = self._old_index(each)
            else:
                end_of_name = tokens.end
                name = tokens.expect("name", "a name")
                each = GetAttr(each, name, tokens.span(each.span.start, end_of_name))
            end = each.span.end
        return Splat(of, each, tokens.span(of.span.start, end))

    def _term(self) -> Expr:  # noqa: C901, RET503 - one case for each kind; refuse() does not return
        tokens = self.tokens
        span = tokens.here
        match tokens.kind:
            case "name":
                name = tokens.text
                tokens.advance()
                if tokens.kind in ("(", "::"):
                    return self._call(name, span)
                if name in _CONSTANTS:
                    return Literal(_CONSTANTS[name], span)
                return Name(name, span)
            case "number":
                number = parse_number(tokens.text)
                tokens.advance()
                return Literal(number, span)
            case "plain":
                text = normalize(tokens.text[1:-1])
                tokens.advance()
                return Literal(text, span)
            case "quote":
                return as_literal(read_quoted(self))
            case "heredoc":
                return as_literal(read_heredoc(self))
            case "(":
                tokens.enter(lines=False)
                inner = self._nested()
                end = tokens.end
                tokens.leave(")", span)
                return Parens(inner, tokens.span(span.start, end))
            case "[":
                return self._tuple(span)
            case "{":
                return self._object(span)
            case "newline" | "end":
                tokens.refuse("an expression is missing here", at=tokens.span(tokens.start, tokens.start))
            case _:
                tokens.refuse("expected an expression here")

    def _nested(self) -> Expr:
        self._deeper()
        found = self.expression()
        self._depth -= 1
        return found

    def _call(self, name: str, name_span: Span) -> Expr:
        tokens = self.tokens
        end = name_span.end
        while tokens.take("::"):
            end = tokens.end
            name += "::" + tokens.expect("name", "a function's name")
        name_span = tokens.span(name_span.start, end)
        opened = tokens.here
        if tokens.kind != "(":
            tokens.refuse("expected '(' here")
        tokens.enter(lines=False)
        arguments: list[Expr] = []
        spread = False
        while tokens.kind != ")":
            arguments.append(self._nested())
            if tokens.take("..."):
                spread = True
                break
            if not tokens.take(","):
                break
        end = tokens.end
        tokens.leave(")", opened)
        return Call(name, tuple(arguments), spread, tokens.span(name_span.start, end), name_span)

    def _tuple(self, opened: Span) -> Expr:
        tokens = self.tokens
        tokens.enter(lines=False)
        if tokens.kind == "name" and tokens.text == "for":
            return self._for(opened, "]")
        items: list[Expr] = []
        while tokens.kind != "]":
            items.append(self._nested())
            if not tokens.take(","):
                break
        end = tokens.end
        tokens.leave("]", opened)
        return TupleCons(tuple(items), tokens.span(opened.start, end))

    def _object(self, opened: Span) -> Expr:
        tokens = self.tokens
        tokens.enter(lines=True)
        while tokens.take("newline"):
            pass
        if tokens.kind == "name" and tokens.text == "for" and not self._is_key():
            return self._for(opened, "}")
        items: list[tuple[Expr, Expr]] = []
        while tokens.kind != "}":
            key = self._key(self._nested())
            if not tokens.take("=") and not tokens.take(":"):
                tokens.refuse("expected '=' here", "an element of an object is written 'key = value'")
            items.append((key, self._nested()))
            separated = tokens.take(",")
            while tokens.take("newline"):
                separated = True
            if not separated:
                break
        end = tokens.end
        tokens.leave("}", opened)
        return ObjectCons(tuple(items), tokens.span(opened.start, end))

    def _is_key(self) -> bool:
        """Whether the current word is followed by `=` or `:`, as a key is."""
        rest = self.tokens.content[self.tokens.end :].lstrip(" \t")
        return rest.startswith((":", "=")) and not rest.startswith("==")

    def _key(self, key: Expr) -> Expr:  # noqa: RET503 - refuse() does not return
        match key:
            case Name(name, span):
                return Literal(name, span)
            case Literal(None | True | False, span):
                return Literal(span.text, span)
            case GetAttr() | Index() | Splat():
                self.tokens.refuse("this key is not a name", "put it in parentheses", at=key.span)
            case _:
                return key

    def _for(self, opened: Span, closing: str) -> Expr:
        tokens = self.tokens
        tokens.begin()
        tokens.advance()
        key_name, value_name = tokens.expect_names_in()
        collection = self._nested()
        tokens.expect(":", "':'")
        key, value, group = None, self._nested(), False
        if tokens.kind == "=>":
            if closing == "]":
                tokens.refuse("unexpected '=>'", "a 'for' that makes an object stands in braces")
            tokens.advance()
            key, value = value, self._nested()
            group = tokens.take("...")
        elif closing == "}":
            tokens.refuse("expected '=>' here", "a 'for' in braces is written '{for x in xs : key => value}'")
        condition = None
        if tokens.kind == "name" and tokens.text == "if":
            tokens.advance()
            condition = self._nested()
        tokens.finish()
        end = tokens.end
        tokens.leave(closing, opened)
        span = tokens.span(opened.start, end)
        return ForExpr(key_name, value_name, collection, key, value, condition, group, span)


def as_literal(expr: Expr) -> Expr:
    """A template without sequences is a plain text."""
    if isinstance(expr, Template) and all(isinstance(part, str) for part in expr.parts):
        return Literal("".join(part for part in expr.parts if isinstance(part, str)), expr.span)
    return expr

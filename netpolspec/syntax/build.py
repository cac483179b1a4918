"""Makes AST nodes while Lark parses: one method per grammar rule, named like it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from netpolspec.syntax import ast
from netpolspec.syntax.build_statements import Statements
from netpolspec.syntax.endpoints import Endpoints
from netpolspec.syntax.words import find_flaw_of_value

if TYPE_CHECKING:
    from lark import Token

    from netpolspec.source import Span
    from netpolspec.syntax.build_words import Children

RESERVED = frozenset({"given", "when", "expect", "include", "todo", "skip", "needs", "tags"})
"""Words that begin a statement: no target or variable may be called so."""

_ASSIGN = re.compile(r"[:?+!]?=|::+=")
_CONTINUATION = re.compile(r"\\\r?\n")


class Head(NamedTuple):
    """A rule's own line."""

    targets: tuple[ast.Word, ...]
    static: ast.StaticPattern | None
    prerequisites: tuple[ast.Word, ...]
    span: Span


class Builder(Statements, Endpoints):
    """The callbacks of one parser. `begin` gives it the text of the parse that follows."""

    def file(self, children: Children) -> ast.File:
        """All items in order."""
        first = next((item for item in children if not isinstance(item, ast.Assignment | ast.Include | ast.Rule)), None)
        return ast.File(self.spec, tuple(children), self._description(first.span.start) if first else ())

    def assignment(self, children: Children) -> ast.Assignment:
        """`NAME = value`; the value may be missing, and is the empty text then."""
        name, how = children[:2]
        if name.value in RESERVED:
            self._reserved(self._word(name), "variable")
        if len(children) > 2:  # noqa: PLR2004 - there is a value
            value = self._value(children[2])
        else:
            value = ast.Word("", self.spec.span(how.end_pos, how.end_pos))
        span = self.spec.span(name.start_pos, value.span.end)
        return ast.Assignment(self._word(name), ast.Assign(how.value), value, span)

    def _value(self, token: Token) -> ast.Word:
        start = token.start_pos or 0
        text = token.value[: _end_of_value(token.value)]
        if '"' in text:
            self._check(find_flaw_of_value(text), start)
        span = self.spec.span(start, start + len(text))
        # The break of a continued line becomes blanks, as many as it has characters: offsets stay true.
        return ast.Word(_CONTINUATION.sub(lambda match: " " * len(match[0]), text), span)

    def _reserved(self, word: ast.Word, what: str) -> None:
        hint = f"'{word.text}' begins a statement; take another name"
        self._problem("reserved-name", f"a {what} cannot be called '{word.text}'", word.span, hint)

    def include(self, children: Children) -> ast.Include:
        """`include FILE...`."""
        return ast.Include(self._words(children[1:]), self._span(children))

    def rule(self, children: Children) -> ast.Rule:
        """A rule and its statements."""
        head: Head = children[0]
        statements = tuple(children[1:])
        return ast.Rule(
            head.targets,
            head.static,
            head.prerequisites,
            self._description(head.span.start),
            statements,
            head.span,
            statements[-1].span.end if statements else head.span.end,
        )

    def head(self, children: Children) -> Head:
        """`targets: [pattern:] prerequisites`; the colons are tokens, the rest tuples of words."""
        targets, middle, last = children[0], children[2], children[-1]
        start = targets[0].span.start
        # In the view a byte order mark is a blank, and in a document what stands before a line of a spec is none of it.
        if {self.spec.text[max(start - 1, 0) : start], self.text[max(start - 1, 0) : start]} <= {" ", "\t"}:
            here = targets[0].span
            self._problem("indented-rule", "a rule starts in the first column", here, "take its indentation out")
        static = None
        if len(children) > 3:  # noqa: PLR2004 - there is a second colon
            static = self._pattern(middle, children[3])
        colon = children[-2]
        end = last[-1].span.end if last else colon.end_pos
        return Head(targets, static, last, self.spec.span(start, end))

    def _pattern(self, words: tuple[ast.Word, ...], after: Token) -> ast.StaticPattern | None:
        hint = (
            "a static pattern rule is 'targets: pattern: prerequisites', as in 'open-to-a open-to-b: open-to-%: world'"
        )
        if len(words) != 1:
            span = self.spec.span(words[0].span.start, words[-1].span.end) if words else self._span_of(after)
            self._problem("bad-pattern", "between the two colons stands one pattern", span, hint)
            return None
        if "$" not in words[0].text and words[0].text.count("%") != 1:
            self._problem("bad-pattern", "a pattern holds one '%', the stem", words[0].span, hint)
        return ast.StaticPattern(words[0], words[0].span)

    def targets(self, children: Children) -> tuple[ast.Word, ...]:
        """The words before the colon."""
        words = self._words(children)
        for word in words:
            if word.text in RESERVED:
                self._reserved(word, "target")
            elif word.text.endswith(":"):
                colon = self.spec.span(word.span.end - 1, word.span.end)
                self._problem("double-colon", "there are no double-colon rules", colon, "write one colon")
        return words

    def words(self, children: Children) -> tuple[ast.Word, ...]:
        """Prerequisites, or the words between two colons."""
        words = self._words(children)
        for word in words:
            if word.text in RESERVED:
                hint = "write it on a line of its own, or put a ';' before it"
                self._problem("missing-separator", f"'{word.text}' begins a statement", word.span, hint)
                break
            if _ASSIGN.fullmatch(word.text):
                hint = "write it on a line of its own above all rules; there are no variables of one rule"
                self._problem("variable-in-rule", "variables are set outside of rules", word.span, hint)
                break
        return words

    def _description(self, start: int) -> tuple[str, ...]:
        """The text of the `##` lines directly above offset start."""
        lines: list[str] = []
        end = self.text.rfind("\n", 0, start)
        while end > 0:
            begin = self.text.rfind("\n", 0, end) + 1
            line = self.text[begin:end] if begin else self.text[:end].lstrip(" ")  # a byte order mark is a blank
            if not line.startswith("##") or line.startswith("###"):
                break
            lines.append(line[2:].strip())
            end = begin - 1
        return tuple(reversed(lines))


def _end_of_value(text: str) -> int:
    """Where a value ends without the blanks and the continued but empty lines behind it."""
    end = -1
    while end != len(text):
        end = len(text)
        text = text.rstrip(" \t\r").removesuffix("\\\n").removesuffix("\\\r\n")
    return end

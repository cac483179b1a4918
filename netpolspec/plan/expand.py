"""Words to values: quotes, `$(NAME)`, `$@`, `$*`, `$(NAME:%=pattern)` and `$$`, as GNU make expands them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal, nearest
from netpolspec.syntax.ast import Assign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.source import Span
    from netpolspec.syntax.ast import Assignment, Word

_DEEPEST = 100
_LONGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a spec. An immediate one holds its value, a deferred one the text that makes it."""

    text: str
    deferred: bool
    span: Span | None
    """Where it was last set; None for the command line."""


@dataclass(slots=True)
class Scope:
    """The variables of one spec, while its lines are read in order; overrides win over every form."""

    overrides: Mapping[str, str]
    variables: dict[str, Variable] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    """Names that were set or asked for, to tell an override that nothing knows."""

    def __post_init__(self) -> None:
        for name, value in self.overrides.items():
            self.variables[name] = Variable(value, deferred=False, span=None)

    def after(self, assignment: Assignment) -> Scope:
        """The scope behind an assignment; what was read before it keeps this one.

        Raises:
            Refusal: the value of an immediate assignment cannot be expanded.
        """
        scope = Scope(self.overrides, dict(self.variables), self.used)
        scope.assign(assignment)
        return scope

    def assign(self, assignment: Assignment) -> None:
        """Carry out one assignment.

        Raises:
            Refusal: the value of an immediate assignment cannot be expanded.
        """
        name = assignment.name.text
        self.used.add(name)
        if name in self.overrides:
            return
        old = self.variables.get(name)
        text, span = unquote(assignment.value.text), assignment.value.span
        match assignment.how:
            case Assign.DEFERRED:
                self.variables[name] = Variable(text, deferred=True, span=span)
            case Assign.IMMEDIATE:
                value = expand_text(text, Names(self), span)
                self.variables[name] = Variable(value, deferred=False, span=span)
            case Assign.DEFAULT:
                if old is None:
                    self.variables[name] = Variable(text, deferred=True, span=span)
            case Assign.APPEND:
                if old is None or old.deferred:
                    joined = f"{old.text} {text}" if old and old.text else text
                    self.variables[name] = Variable(joined, deferred=True, span=span)
                else:
                    added = expand_text(text, Names(self), span)
                    self.variables[name] = Variable(f"{old.text} {added}".strip(), deferred=False, span=span)


@dataclass(frozen=True, slots=True)
class Names:
    """What `$` can mean at one place: the scope's variables, the target and the stem of the rule."""

    scope: Scope
    target: str | None = None
    stem: str | None = None

    def value(self, name: str, span: Span, trail: tuple[str, ...]) -> str:
        """The value of a variable.

        Raises:
            Refusal: it is not defined, or it is defined by itself.
        """
        self.scope.used.add(name)
        variable = self.scope.variables.get(name)
        if variable is None:
            close = nearest(name, self.scope.variables)
            raise _refuse(
                "unknown-variable",
                f"variable '{name}' is not defined",
                span,
                f"did you mean '$({close})'?"
                if close
                else f"define it above, as in '{name} := value', or on the command line",
            )
        if not variable.deferred:
            return variable.text
        if name in trail:
            raise _refuse(
                "recursive-variable",
                f"variable '{name}' is defined by itself: {' -> '.join((*trail[trail.index(name) :], name))}",
                variable.span or span,
                "use ':=' to take the value that it has so far",
            )
        return expand_text(variable.text, self, variable.span or span, (*trail, name))


def _refuse(code: str, message: str, span: Span, *hints: str) -> Refusal:
    return Refusal(Diagnostic(code, message, span, help=hints))


def unquote(text: str) -> str:
    r"""The text with double quotes taken off wherever they stand; `\"` and `\\` stand for themselves within them."""
    if '"' not in text:
        return text
    out: list[str] = []
    inside = False
    at = 0
    while at < len(text):
        char = text[at]
        if char == '"':
            inside = not inside
        elif inside and char == "\\" and text[at + 1 : at + 2] in {'"', "\\"}:
            at += 1
            out.append(text[at])
        else:
            out.append(char)
        at += 1
    return "".join(out)


def expand_text(text: str, names: Names, span: Span, trail: tuple[str, ...] = ()) -> str:
    """Expand the references in a text; quotes are no concern of this function.

    Raises:
        Refusal: an unknown or recursive variable, or a `$` that means nothing.
    """
    if "$" not in text:
        return text
    if len(trail) > _DEEPEST:
        raise _refuse(
            "recursive-variable", "variables refer to each other too deeply", span, "use ':=' for some of them"
        )
    out: list[str] = []
    size = 0
    at = 0
    while (dollar := text.find("$", at)) != -1:
        out.append(text[at:dollar])
        value, at = _reference(text, dollar, names, span, trail)
        out.append(value)
        size += len(value)
        if size > _LONGEST:
            raise _refuse(
                "value-too-long", "this expands to more than a million characters", span, "use shorter variables"
            )
    out.append(text[at:])
    return "".join(out)


def _part(span: Span, text: str, start: int, end: int) -> Span:
    """The span of text[start:end], where the span's own text is this text; else the whole span."""
    if span.end - span.start == len(text) and span.text == text:
        return span.source.span(span.start + start, span.start + end)
    return span


def _reference(text: str, dollar: int, names: Names, span: Span, trail: tuple[str, ...]) -> tuple[str, int]:
    """The value of the reference at a dollar sign, and the offset behind it."""
    after = text[dollar + 1 : dollar + 2]
    if after != "(":
        here = _part(span, text, dollar, min(dollar + 2, len(text)))
        return _automatic(after, names, here), dollar + 2
    end = _closing(text, dollar + 2)
    if end is None:
        here = _part(span, text, dollar, dollar + 2)
        hint = "close it, or write '$$(' for the characters"
        raise _refuse("open-reference", "'$(' without its ')'", here, hint)
    whole = _part(span, text, dollar, end + 1)
    inner = text[dollar + 2 : end]
    name, colon, substitution = inner.partition(":")
    name = expand_text(name, names, whole, trail).strip()
    if not name or any(c.isspace() or c == "," for c in name):
        raise _refuse(
            "no-function",
            f"'$({inner})' is not a variable: there are no functions here, and no shell",
            whole,
            "references have the form '$(NAME)' or '$(NAME:%=pattern)'",
        )
    value = names.value(name, whole, trail)
    if colon:
        value = _substitute(value, expand_text(substitution, names, whole, trail), whole)
    return value, end + 1


def _automatic(char: str, names: Names, here: Span) -> str:
    """The value of `$` and one character."""
    if char == "$":
        return "$"
    if char == "@":
        if names.target is None:
            raise _refuse("no-target", "'$@' is the target of a rule, and this stands outside any rule", here)
        return names.target
    if char == "*":
        if names.stem is None:
            raise _refuse(
                "no-stem",
                "'$*' is the stem of a static pattern rule, and this rule has no pattern",
                here,
                "write 'targets: pattern: prerequisites', as in '$(CLIENTS:%=open-to-%): open-to-%: world'",
            )
        return names.stem
    hint = "write '$$' for a dollar sign"
    if char == "{":
        hint = "write '$(NAME)' with round brackets"
    elif char.isalnum():
        hint = f"write '$({char}...)' for a variable, or '$$' for a dollar sign"
    raise _refuse("lonely-dollar", f"'${char}' means nothing", here, hint)


def _closing(text: str, at: int) -> int | None:
    """The offset of the bracket that closes the one before `at`."""
    depth = 1
    while at < len(text):
        if text[at] == "(":
            depth += 1
        elif text[at] == ")":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return None


def _substitute(value: str, substitution: str, span: Span) -> str:
    """`$(NAME:from=to)`: each word that matches `from` becomes `to`; without `%` the two are word endings."""
    old, equals, new = substitution.partition("=")
    if not equals:
        raise _refuse("no-substitution", f"'{substitution}' is no substitution", span, "write '$(NAME:%=pattern)'")
    if "%" not in old:
        old, new = f"%{old}", f"%{new}"
    return " ".join(
        word if (stem := match_pattern(old, word)) is None else new.replace("%", stem, 1) for word in value.split()
    )


def match_pattern(pattern: str, word: str) -> str | None:
    """The stem for which a pattern with one `%` is the word; None where it is not."""
    head, _, tail = pattern.partition("%")
    if len(word) >= len(head) + len(tail) and word.startswith(head) and word.endswith(tail):
        return word[len(head) : len(word) - len(tail)]
    return None


def expand_word(word: Word, names: Names) -> str:
    """The one value of a word.

    Raises:
        Refusal: it yields no word or several, or a reference in it fails.
    """
    text = word.text
    if "$" not in text:
        return unquote(text)
    if '"' in text:
        return _expand_quoted(word, names)
    value = expand_text(text, names, word.span)
    if len(value.split()) != 1:
        what = "nothing" if not value.strip() else f"several words: '{value}'"
        raise _refuse(
            "not-one-word",
            f"'{text}' is {what}",
            word.span,
            "one word is due here; quote it if its blanks belong to it",
        )
    return value.strip()


def _expand_quoted(word: Word, names: Names) -> str:
    """A word with quoted parts: what stands between quotes may yield blanks."""
    return unquote_parts(expand_text(word.text.replace('\\"', "\x00"), names, word.span)).replace("\x00", '"')


def unquote_parts(text: str) -> str:
    """The text without its double quotes."""
    return text.replace('"', "")


def expand_words(word: Word, names: Names) -> tuple[str, ...]:
    """The values of a word where several may stand: split at blanks and commas that are outside `[...]`.

    Raises:
        Refusal: a reference in it fails, or it yields nothing.
    """
    if "$" not in word.text:
        return (unquote(word.text),)
    values = split_words(expand_text(word.text, names, word.span))
    if not values:
        raise _refuse("not-one-word", f"'{word.text}' is nothing", word.span, "give the variable at least one word")
    return values


def split_words(text: str) -> tuple[str, ...]:
    """Words of a value: separated by blanks or commas, except within square brackets."""
    if "[" not in text:
        return tuple(text.replace(",", " ").split())
    words: list[str] = []
    word: list[str] = []
    depth = 0
    for char in text:
        depth += (char == "[") - (char == "]" and depth > 0)
        if depth == 0 and (char.isspace() or char == ","):
            if word:
                words.append("".join(word))
            word = []
        else:
            word.append(char)
    if word:
        words.append("".join(word))
    return tuple(words)

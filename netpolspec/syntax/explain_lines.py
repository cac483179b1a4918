"""Messages about lines, rules and variables: what begins a line, and what separates its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, nearest
from netpolspec.syntax.stuck import LINE_ENDS, STATEMENTS, either

if TYPE_CHECKING:
    from netpolspec.syntax.stuck import Stuck

_STATEMENT_TYPES = frozenset(name.upper() for name in STATEMENTS)
_ASSIGNMENT = re.compile(r"[ \t]*([:?+!]?=|::+=)")
_HEAD = re.compile(r":(?=\s|;|$)")

_GHERKIN = {"and": "expect", "but": "expect", "then": "expect", "assert": "expect", "if": "when", "let": "given"}
_DIRECTIVES = {
    "define": "a variable's value is one line; a long one goes on after a backslash",
    "endef": "a variable's value is one line; a long one goes on after a backslash",
    "export": "nothing is exported: there is no shell; write 'NAME := value'",
    "unexport": "nothing is exported: there is no shell",
    "override": "the command line always wins; write 'NAME := value'",
    "undefine": "write 'NAME =' for an empty value",
    "vpath": "policies are looked up along the variable POLICY_PATH",
    "-include": "every file that is included must be there; write 'include FILE'",
    "sinclude": "every file that is included must be there; write 'include FILE'",
    **dict.fromkeys(
        ("ifeq", "ifneq", "ifdef", "ifndef", "else", "endif"),
        "there are no conditionals; 'NAME ?= value' sets a default",
    ),
}


_OUTSIDE = (
    "did you forget to indent it? indented, it belongs to the rule above",
    "statements outside any rule stand before the first rule",
)


def explain_line_start(stuck: Stuck) -> Diagnostic | None:
    """The first word of a statement is not one that may stand there."""
    if stuck.statement:
        return _explain_indented(stuck)
    if stuck.kind == "COLON":
        hint = "write a target before it, as in 'open-to-ms-a: world'"
        return stuck.complain("missing-target", "a rule without a target", hint)
    if "GIVEN" not in stuck.accepts or stuck.at_end or stuck.word in {",", "->"}:
        return None
    if stuck.word == "include":
        return stuck.complain("include-in-rule", "'include' stands outside of rules", "write it in the first column")
    if _ASSIGNMENT.match(stuck.rest) or re.match(r"[^\s:=]+[:?+]?=", stuck.word):
        hint = "write it in the first column; there are no variables of one rule"
        return stuck.complain("variable-in-rule", "variables are set outside of rules", hint)
    if _meant(stuck.word):
        return _unknown_statement(stuck, stuck.word)
    if "->" in stuck.rest.split() and "expect" not in stuck.rest.split():
        hint = f"write 'expect {stuck.word}{stuck.rest.partition('->')[0].rstrip()} -> ...'"
        return stuck.complain("unknown-statement", f"unknown statement '{stuck.word}'", hint)
    if _HEAD.search((stuck.word + stuck.rest).partition(";")[0]):
        return stuck.complain("indented-rule", "a rule starts in the first column", "take its indentation out")
    return _unknown_statement(stuck, stuck.word)


def _unknown_statement(stuck: Stuck, word: str) -> Diagnostic:
    meant = _meant(word)
    hint = f"did you mean '{meant}'?" if meant else f"statements begin with {either(STATEMENTS)}"
    return stuck.complain("unknown-statement", f"unknown statement '{word}'", hint)


def _meant(word: str) -> str | None:
    lower = word.lower().rstrip(":")
    return lower if lower in STATEMENTS else _GHERKIN.get(lower) or nearest(lower, (*STATEMENTS, "include"))


def _explain_indented(stuck: Stuck) -> Diagnostic | None:
    """An indented line below something that is neither a rule nor stands before the first one."""
    if stuck.kind != "_INDENTED" or stuck.previous == "COLON" or "_NEWLINE" not in stuck.accepts:
        return None
    what = "the variable" if stuck.types[0] == "VARIABLE" else "'include'"
    start = stuck.text.rfind("\n", 0, _line_after(stuck)) + 1
    line = stuck.text[start : stuck.text.find("\n", start)]
    blanks = len(line) - len(line.lstrip())
    span = stuck.span(start + blanks, start + len(line.rstrip()))
    hint = f"move {what} above the rule, or below its last statement"
    return Diagnostic("outside-rule", "this line is indented, and belongs to no rule", span, help=(hint,))


def _line_after(stuck: Stuck) -> int:
    """Offset of the first word of the next line that is not blank."""
    match = re.compile(r"((#[^\n]*)?\r?\n[ \t]*)+").match(stuck.text, stuck.at)
    return match.end() if match else stuck.at


def explain_missing_separator(stuck: Stuck) -> Diagnostic | None:
    """A statement begins where another goes on."""
    if stuck.word not in (*STATEMENTS, "include") or not stuck.statement or stuck.previous in {"WHEN", "_COMMA"}:
        return None
    hint = "write it on a line of its own, or put a ';' before it"
    return stuck.complain("missing-separator", f"'{stuck.word}' begins another statement", hint)


def explain_head(stuck: Stuck) -> Diagnostic | None:
    """A line that begins with a name is a rule, or was meant to be something else."""
    first = stuck.types[0] if stuck.statement else ""
    if stuck.kind == "COLON" and first in _STATEMENT_TYPES | {"INCLUDE"} and len(stuck.types) == 1:
        word = stuck.statement[0].value
        hint = f"'{word}' begins a statement; take another name"
        return stuck.complain_about(stuck.statement[0], "reserved-name", f"a target cannot be called '{word}'", hint)
    if first != "WORD" or stuck.before == "_ROW":
        return None
    if stuck.statement[0].value in _DIRECTIVES and "COLON" not in stuck.types:
        return _explain_no_head(stuck)
    if stuck.kind == "_COMMA":
        what = "prerequisites" if "COLON" in stuck.types else "targets"
        return stuck.complain("no-comma", f"blanks separate {what}", "take the comma out")
    if stuck.kind == "COLON":
        hint = "a rule is 'targets: prerequisites' or 'targets: pattern: prerequisites'"
        return stuck.complain("too-many-colons", "a third colon", hint)
    if "COLON" not in stuck.types:
        return _explain_no_head(stuck)
    if stuck.kind == "ARROW":
        hint = "write '; expect' before its source, or an 'expect' on an indented line below"
        return stuck.complain("stray-arrow", "'->' has no place in a rule's prerequisites", hint)
    return None


def _explain_no_head(stuck: Stuck) -> Diagnostic:
    words = [str(token.value) for token in stuck.statement]
    first = stuck.statement[0]
    if words[0] in STATEMENTS:
        return stuck.complain_about(first, "outside-rule", f"'{words[0]}' stands outside a rule", *_OUTSIDE)
    if words[0] in _DIRECTIVES:
        message = f"there is no '{words[0]}' here, unlike in make"
        return stuck.complain_about(first, "no-directive", message, _DIRECTIVES[words[0]])
    if any(_ASSIGNMENT.fullmatch(word) for word in words):
        return _explain_assignment(stuck, words)
    if stuck.kind == "ARROW" or "->" in words:
        meant = _meant(words[0])
        hint = f"did you mean '{meant}'?" if meant else f"write 'expect {' '.join(words)} -> ...'"
        return stuck.complain_about(first, "unknown-statement", f"unknown statement '{words[0]}'", hint)
    if len(words) > 1 and (meant := _meant(words[0])):
        hint = f"did you mean '{meant}'?"
        return stuck.complain_about(first, "unknown-statement", f"unknown statement '{words[0]}'", hint)
    for token in stuck.statement:
        at = re.sub(r"\$\([^()]*\)", lambda match: "_" * len(match[0]), token.value).find(":")
        if at != -1:
            start = (token.start_pos or 0) + at
            message = "the colon after a rule's targets is followed by a blank"
            return Diagnostic("glued-colon", message, stuck.span(start, start + 1), help=("put a blank after it",))
    if stuck.kind in LINE_ENDS or stuck.kind == "_SEMICOLON":
        hint = f"write '{' '.join(words)}: PREREQUISITES'"
        return stuck.complain("missing-colon", "a rule without its colon", hint)
    return stuck.complain(
        "missing-colon", f"'{stuck.word}' has no place in a rule's targets", "a rule is 'targets: prerequisites'"
    )


def _explain_assignment(stuck: Stuck, words: list[str]) -> Diagnostic:
    """A line that holds something like `=`, and that the grammar did not take for an assignment."""
    at = next(n for n, word in enumerate(words) if _ASSIGNMENT.fullmatch(word))
    if at == 0:
        return stuck.complain_about(stuck.statement[0], "bad-variable", "no variable to set", "write 'NAME := value'")
    if at > 1:
        hint = "write 'NAME := value', with a name that has no blanks"
        return stuck.complain_about(stuck.statement[1], "bad-variable", "a variable's name is one word", hint)
    hint = f"write '{words[0]} := value'; no variable runs a command"
    return stuck.complain_about(stuck.statement[1], "bad-variable", f"'{words[1]}' does not set variables", hint)


_REST = {
    "TODO": ("a reason", "as in 'todo \"the CNI does not enforce this yet\"'"),
    "SKIP": ("a reason", "as in 'skip \"needs a second node\"'"),
    "NEEDS": ("a capability", "as in 'needs sctp'"),
    "TAGS": ("at least one tag", "as in 'tags tenants egress'"),
    "INCLUDE": ("a file", "as in 'include world.nps'"),
}


def explain_rest(stuck: Stuck) -> Diagnostic | None:
    """`todo`, `skip`, `needs`, `tags` and `include`."""
    first = stuck.types[0] if stuck.statement else ""
    if first not in _REST:
        return None
    what, example = _REST[first]
    name = first.lower()
    if len(stuck.types) == 1 and (stuck.at_end or stuck.kind == "_COMMA"):
        return stuck.complain("missing-value", f"'{name}' without {what}", example)
    if stuck.kind == "_COMMA" and first not in {"TODO", "SKIP"}:
        return stuck.complain("no-comma", f"blanks separate the words of '{name}'", "take the comma out")
    if first in {"TODO", "SKIP"} and len(stuck.types) > 1:
        return stuck.complain("unquoted-text", f"'{name}' takes one text", f"put it in double quotes, {example}")
    return None


def explain_separators(stuck: Stuck) -> Diagnostic | None:
    """A comma, colon, semicolon or arrow where none belongs."""
    if stuck.word == ",":
        hint = (
            "blanks separate words; commas may separate sources, destinations, and the items of a value or of '[...]'"
        )
        return stuck.complain("no-comma", "a comma has no place here", hint)
    if stuck.kind == "COLON":
        hint = "a colon that is followed by a blank ends the targets of a rule, in the first column"
        return stuck.complain("stray-colon", "a colon has no place here", hint)
    if stuck.kind == "ARROW":
        hint = "'->' stands in 'expect SOURCE -> DESTINATION' and in 'given service NAME in NS port P -> TARGET'"
        return stuck.complain("stray-arrow", "'->' has no place here", hint)
    return None

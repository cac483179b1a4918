"""libyaml's errors in our words, at their places, with what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

import yaml

from netpolspec.diagnostics import Diagnostic, Note

if TYPE_CHECKING:
    from netpolspec.load.fragment import Fragment


class _Mark(Protocol):
    """A position, libyaml's or PyYAML's."""

    index: int


def _at(mark: _Mark | None) -> int:
    return mark.index if mark is not None else 0


_HELP = {
    "found character that cannot start any token": "indent with spaces: YAML allows no tabs there",
    "mapping values are not allowed in this context": "put quotes around a value that holds ': ', or correct the "
    "indentation of this line",
    "could not find expected ':'": "a line that is neither 'key: value' nor '- item'; perhaps the ':' is missing",
    "did not find expected key": "this line stands at an indentation where nothing began",
    "did not find expected '-' indicator": "items of one list begin at one indentation, each with '- '",
    "did not find expected ',' or ']'": "the list that begins with '[' is not closed",
    "did not find expected ',' or '}'": "the mapping that begins with '{' is not closed",
}


HELM_TEMPLATE = "this looks like a template of Helm, which is no YAML: render it with 'helm template'"


def _hint(text: str, at: int, problem: str) -> str | None:
    """What to do about a syntax error."""
    line = text[text.rfind("\n", 0, at) + 1 : at + 80].partition("\n")[0]
    if "{{" in line:
        return HELM_TEMPLATE
    if problem == "found character that cannot start any token" and text[at : at + 1] not in ("\t", ""):
        return f"put quotes around a value that begins with '{text[at]}'"
    return _HELP.get(problem)


def explain(fragment: Fragment, error: yaml.YAMLError) -> Diagnostic:
    """A syntax error, in our words and at its place."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        problem = error.problem or "cannot be read"
        at = min(_at(mark), len(fragment.text))
        hint = _hint(fragment.text, at, problem)
        notes: tuple[Note, ...] = ()
        if error.context and error.context_mark is not None and _at(error.context_mark) != at:
            began = _at(error.context_mark)
            notes = (Note(error.context, fragment.span(began, began + 1)),)
        return Diagnostic(
            "yaml-syntax", f"not valid YAML: {problem}", fragment.span(at, at + 1), (hint,) if hint else (), notes
        )
    strange = re.search(_STRANGE, fragment.text)
    at = strange.start() if strange else 0
    what = f"character U+{ord(fragment.text[at]):04X} is not allowed" if strange else str(error)
    return Diagnostic("yaml-syntax", f"not valid YAML: {what}", fragment.span(at, at + 1))


_STRANGE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"

"""What is asked of a named policy: values for its variables, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, nearest
from netpolspec.load.template import names_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netpolspec.load.plain import Json
    from netpolspec.load.template import Variable
    from netpolspec.source import Span


@dataclass(slots=True)
class Asked:
    """What was asked of a policy: settles the value of each variable."""

    name: str
    """The policy's."""
    known: Mapping[str, Variable]
    """The variables that it declares."""
    statement: Span
    places: Mapping[str, Span]
    """Where each variable was given; `statement` where it is not in it."""
    problems: list[Diagnostic] = field(default_factory=list)

    def settle(self, given: Mapping[str, Json]) -> dict[str, Json]:
        """Every declared variable's value: a tuple for one that takes several."""
        missing = [name for name, each in self.known.items() if name not in given and each.default is None]
        self.refuse_names(given, missing)
        values: dict[str, Json] = {}
        for name, variable in self.known.items():
            value = given.get(name, variable.default)
            if name not in missing:
                values[name] = self.many(name, value) if variable.many else self._one(variable, value)
        return values

    def refuse_names(self, given: Mapping[str, Json], missing: Sequence[str]) -> None:
        """Values for variables that there are not are mistakes, and so are variables without a value.

        Where a value was probably meant for a variable that has none, that is one mistake.
        """
        listed = ", ".join(f"'{name}'" for name in self.known) or "no variables"
        unknown = [name for name in given if name not in self.known]
        left = list(missing)
        for name in unknown:
            guess = nearest(name, left) or nearest(name, [each for each in self.known if each not in given])
            hints = [f"did you mean '{guess}'?"] if guess else []
            if guess not in left and len(unknown) == len(left) == 1:
                guess = left[0]
                hints = [f"it needs a value for '{guess}'"]
            if guess in left:
                left.remove(guess)
            message = f"policy '{self.name}' has no variable '{name}'"
            self._say("unknown-variable", message, name, *hints, f"it declares {listed}")
        for name in left:
            self._refuse_missing(self.known[name])

    def _refuse_missing(self, variable: Variable) -> None:
        message = f"policy '{self.name}' needs a value for '{variable.name}'"
        hint = f"add {variable.name}=VALUE" + (", or several values with commas between them" if variable.many else "")
        note = Note("declared here", variable.span)
        self.problems.append(Diagnostic("missing-variable", message, self.statement, (hint,), (note,)))

    def blame(self, message: Diagnostic) -> Diagnostic:
        """A message about the policy's text; it points to the value that was given where that is what is wrong."""
        used = names_in(message.span.text) if message.span is not None else ()
        if message.span is None or not used:
            return replace(message, notes=(*message.notes, Note("asked for here", self.statement)))
        span = next((self.places[name] for name in used if name in self.places), self.statement)
        return replace(message, span=span, notes=(*message.notes, Note("the value goes here", message.span)))

    def many(self, name: str, value: Json) -> tuple[Json, ...]:
        """The values of a variable that takes several: text has commas between them."""
        if isinstance(value, str):
            items: list[Json] = [part.strip() for part in value.split(",")] if value.strip() else []
        elif isinstance(value, (list, tuple)):
            items = list(value)
        else:
            items = [value]
        if not items:
            help_ = "give at least one value: without any, the rule could allow everybody"
            self._say("empty-list", f"the list for '{name}' is empty", name, help_)
        elif "" in items or None in items:
            self._say(
                "empty-list", f"the list for '{name}' has an empty item", name, "remove the comma, or add a value"
            )
        return tuple(items)

    def _one(self, variable: Variable, value: Json) -> Json:
        if isinstance(value, (list, tuple)):
            note = Note("declared here", variable.span)
            message = f"variable '{variable.name}' takes one value, not a list"
            span = self.places.get(variable.name, self.statement)
            help_ = "it does not stand in a list item that could be repeated"
            self.problems.append(Diagnostic("one-value", message, span, (help_,), (note,)))
        return value

    def _say(self, code: str, message: str, name: str, *help_: str) -> None:
        span = self.places.get(name, self.statement)
        self.problems.append(Diagnostic(code, message, span, help_))

"""The policies that ship with netpolspec are Terraform modules: what is asked of them, and what they mean.

What a user can get wrong is said in the words of policies, before Terraform's reader has a say: these modules are not
the user's to mend.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Refusal, Severity
from netpolspec.load.hcl.values import ListOf, SetOf
from netpolspec.load.names import check_label_name
from netpolspec.load.policy_values import Asked
from netpolspec.load.template import Variable
from netpolspec.load.terraform.static import Folders, read_static
from netpolspec.load.terraform.values import Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Resource
    from netpolspec.source import Span

NAMESPACE = "namespace"
"""The variable that says where a module's policy goes."""
_FOLDERS = Folders()
"""The modules that ship with netpolspec do not change while it runs: each is parsed once."""


@dataclass(frozen=True, slots=True)
class Order:
    """A policy that a statement asks for."""

    name: str
    folder: Path
    shown: str
    """How messages call the folder."""
    variables: Mapping[str, Json]
    namespace: str | None
    """Where its objects go, where something says so."""
    statement: Span
    place: Span
    """What a message about the namespace points to."""
    places: Mapping[str, Span] = field(default_factory=dict)

    def request(self) -> Request:
        """What Terraform's reader is asked.

        Raises:
            Refusal: a variable is unknown or has no value, or nothing says in which namespace the policy is.
        """
        declared = _FOLDERS.root(str(self.folder), self.shown).variables
        known = {
            name: Variable(name, None, isinstance(each.type, ListOf | SetOf), each.span)
            for name, each in declared.items()
        }
        asked = Asked(self.name, known, self.statement, self.places)
        needed = [name for name, each in declared.items() if each.default is None and name != NAMESPACE]
        asked.refuse_names(self.variables, [name for name in needed if name not in self.variables])
        values = dict(self.variables)
        for name, value in self.variables.items():
            if name in known and known[name].many:
                values[name] = asked.many(name, value)
        if self.namespace is not None:
            values[NAMESPACE] = self.namespace
        asked.problems += self._misplaced(values.get(NAMESPACE))
        if asked.problems:
            raise Refusal(*asked.problems)
        return Request(str(self.folder), self.statement, values, self.places, shown=self.shown)

    def _misplaced(self, namespace: Json) -> tuple[Diagnostic, ...]:
        if namespace is None:
            message = f"policy '{self.name}' does not say in which namespace it is"
            help_ = "add 'in NAMESPACE', or set IN := NAMESPACE for all policies"
            return (Diagnostic("no-namespace", message, self.place, (help_,)),)
        if wrong := check_label_name(str(namespace)):
            place = self.places.get(NAMESPACE, self.place)
            return (Diagnostic("bad-name", f"namespace '{namespace}' {wrong}", place),)
        return ()

    def read(self) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
        """The objects, by the static reader, and everything that is wrong with them."""
        try:
            request = self.request()
        except Refusal as refusal:
            return (), refusal.diagnostics
        found = read_static(request, _FOLDERS)
        return tuple(found.resources), tuple(self._blame(each) for each in found.diagnostics)

    def _blame(self, diagnostic: Diagnostic) -> Diagnostic:
        """A message that points to what the user wrote: the value that it quotes, else the statement."""
        span = diagnostic.span
        if span is None or span.source is self.statement.source or diagnostic.severity is Severity.WARNING:
            return diagnostic
        place = next((self.places[name] for name in self.places if self._is_quoted(name, diagnostic)), self.statement)
        return replace(diagnostic, span=place, notes=(*diagnostic.notes, Note("the value goes here", span)))

    def _is_quoted(self, name: str, diagnostic: Diagnostic) -> bool:
        value = self.variables.get(name)
        items = value.split(",") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else (value,)
        return any(f"'{str(item).strip()}'" in diagnostic.message for item in items)


def declares(folder: Path, variable: str) -> bool:
    """Whether a module has a variable; so it is said where it cannot be read, for its reader to say why."""
    try:
        return variable in Folders().root(str(folder)).variables
    except Refusal:
        return True

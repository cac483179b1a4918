"""Values for a root module's variables: `.tfvars` files, the environment where it is asked for, and what is given."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal, Severity, nearest
from netpolspec.load.files import read_source
from netpolspec.load.hcl.evaluation import evaluate
from netpolspec.load.hcl.json_syntax import literal_expression, read_document
from netpolspec.load.hcl.numbers import parse_number
from netpolspec.load.hcl.scope import Scope
from netpolspec.load.hcl.structure import parse_file
from netpolspec.load.hcl.variables import from_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netpolspec.load.hcl.configuration import Configuration
    from netpolspec.load.hcl.values import Value
    from netpolspec.load.plain import Json
    from netpolspec.source import Span


@dataclass(frozen=True, slots=True)
class Request:
    """A root module that is to be read."""

    folder: str
    """As the user names it."""
    place: Span
    """What asks for it, for messages."""
    variables: Mapping[str, Json] = field(default_factory=dict)
    """Text, as `terraform -var` reads it (a list's elements may stand between commas), or what JSON had."""
    places: Mapping[str, Span] = field(default_factory=dict)
    """Where each variable is given; `place` where it is not in it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The variables whose `TF_VAR_...` counts; never our own environment unless somebody asks."""
    shown: str | None = None
    """How messages call the folder, where not as the user names it."""

    def place_of(self, name: str) -> Span:
        """Where a variable is given."""
        return self.places.get(name, self.place)


Given = dict[str, "tuple[Value, Span]"]


def given_values(configuration: Configuration, request: Request) -> tuple[Given, tuple[Diagnostic, ...]]:
    """The values from outside, and where they are given; later sources win over earlier ones, as in Terraform.

    Raises:
        Refusal: a file cannot be read, or a value cannot; or a variable is given that there is not.
    """
    values: Given = {}
    warnings: list[Diagnostic] = []
    declared = configuration.variables
    for variable in declared.values():
        if (text := request.environment.get(f"TF_VAR_{variable.name}")) is not None:
            values[variable.name] = from_text(variable, text, request.place), request.place
    for name, value, span in _files(configuration):
        if name in declared:
            values[name] = value, span
        else:
            # The line is not drawn: what is misspelled may be a secret.
            where = f"{span.source.path}:{span.line}"
            message = f"{where} gives a value for a variable that is not declared: '{name}'"
            help_ = _suggest(name, configuration)
            warnings.append(Diagnostic("unknown-variable", message, request.place, help_, severity=Severity.WARNING))
    problems: list[Diagnostic] = []
    for name, held in request.variables.items():
        place = request.place_of(name)
        if name not in declared:
            message = f"module '{configuration.shown}' has no variable '{name}'"
            problems.append(Diagnostic("unknown-variable", message, place, _suggest(name, configuration)))
            continue
        try:
            values[name] = _from_json(declared[name], held, place), place
        except Refusal as refusal:
            problems += refusal.diagnostics
    if problems:
        raise Refusal(*problems)
    return values, tuple(warnings)


def _suggest(name: str, configuration: Configuration) -> tuple[str, ...]:
    declared = configuration.variables
    guess = nearest(name, declared)
    listed = ", ".join(f"'{known}'" for known in declared) or "no variables"
    return (*((f"did you mean '{guess}'?",) if guess else ()), f"it declares {listed}")


def _from_json(variable: object, held: Json, place: Span) -> Value:
    if isinstance(held, str):
        return from_text(variable, held, place)  # type: ignore[arg-type]
    from netpolspec.load.hcl.functions.encoding import from_plain

    return from_plain(json.loads(json.dumps(held), parse_float=parse_number))


def _files(configuration: Configuration) -> Iterator[tuple[str, Value, Span]]:
    names = sorted(os.listdir(configuration.folder))  # noqa: PTH208 - names are what is asked for
    first = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if name in names]
    for name in (*first, *(name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json")))):
        shown = f"{configuration.shown.rstrip('/')}/{name}"
        source = read_source(configuration.folder / name, shown=shown)
        configuration.sources.append(source)
        if name.endswith(".json"):
            value, document = read_document(source)
            for key, held in value.items():
                span = document.locate((key,))
                yield key, evaluate(literal_expression(held, span), Scope(None)), span
            continue
        body = parse_file(source)
        for block in body.blocks:
            raise Refusal(Diagnostic("hcl-syntax", "a file of values holds no blocks", block.span))
        for attribute in body.attributes.values():
            yield attribute.name, evaluate(attribute.value, Scope(None)), attribute.value.span

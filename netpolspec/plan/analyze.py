"""From specs to a plan: the only way in. Mistakes are collected, and nothing is touched but files that are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal, Severity, nearest
from netpolspec.plan.expand import Scope
from netpolspec.plan.files import Files
from netpolspec.plan.givens import Givens
from netpolspec.plan.model import Included, Plan
from netpolspec.plan.rules import read_rules
from netpolspec.plan.scenarios import Planner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from netpolspec.plan.files import Input, Unit
    from netpolspec.plan.givens import ReadCluster
    from netpolspec.plan.model import Scenario
    from netpolspec.plan.resolve import Inhabitants


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says about reading specs."""

    overrides: Mapping[str, str] = field(default_factory=dict)
    """`NAME=value`: these win over every form of assignment."""
    policy_path: tuple[Path, ...] = ()
    """Folders in which policies are looked up after those of the spec, before the library."""
    terraform: str = "static"
    """Who may say what a Terraform module means: `auto`, `plan` or `static`; only `run` may start terraform."""
    cluster: ReadCluster | None = None
    """Reads what `given cluster` means; None: no cluster is asked, and nobody knows what it holds."""


def analyze(inputs: Sequence[Input], options: Options) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    """Plan all inputs.

    Returns:
        The plan, or None where there was any error; and the errors and warnings, in source order, inputs in theirs.
    """
    files = Files()
    givens = Givens(options.policy_path, options.terraform, options.cluster)
    inhabitants: dict[tuple[int, ...], Inhabitants] = {}
    found: list[list[Diagnostic]] = []
    planners: list[tuple[Planner, list[Diagnostic]]] = []
    included: list[Included] = []
    used: set[str] = set()
    for item in inputs:
        scope = Scope(options.overrides)
        mistakes: list[Diagnostic] = []
        found.append(mistakes)
        try:
            unit = files.gather(item, scope)
        except Refusal as refusal:
            mistakes.extend(refusal.diagnostics)
        else:
            rules = read_rules(unit)
            mistakes.extend(rules.diagnostics)
            planner = Planner(rules, givens, inhabitants)
            planner.build()
            mistakes.extend(givens.take_warnings())
            planners.append((planner, mistakes))
            included += _included(unit)
        used |= scope.used
    of_terraform = givens.settle()
    scenarios: list[Scenario] = []
    for planner, mistakes in planners:
        planned, more = planner.plan()
        scenarios.extend(planned)
        mistakes.extend(more)
    diagnostics = [each for mistakes in found for each in _in_order(mistakes)]
    diagnostics += of_terraform
    diagnostics += _unknown_overrides(options.overrides, used) if not _errors(diagnostics) else ()
    unique = tuple(dict.fromkeys(_hidden(diagnostics, givens.secrets)))
    if _errors(unique):
        return None, unique
    asked = tuple((span, brought.resources) for span, brought in givens.asked)
    spoke, secrets = tuple(sorted(givens.spoke.items())), frozenset(givens.secrets)
    return Plan(tuple(scenarios), unique, tuple(included), spoke, asked, secrets), unique


def _hidden(diagnostics: Sequence[Diagnostic], secrets: set[str]) -> Sequence[Diagnostic]:
    """The diagnostics, in which what is sensitive in Terraform is not shown."""
    if not secrets:
        return diagnostics
    from netpolspec.load.terraform.secrets import scrub

    return [scrub(each, secrets) for each in diagnostics]


def _errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)


def _in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """By file, then by place; the same mistake met twice is told once."""
    return sorted(dict.fromkeys(diagnostics), key=lambda diagnostic: diagnostic.order)


def _unknown_overrides(overrides: Mapping[str, str], used: set[str]) -> list[Diagnostic]:
    """A variable on the command line that no spec sets or asks for is a slip of the pen."""
    found = []
    for name in overrides:
        if name not in used:
            close = nearest(name, used)
            hint = f"did you mean '{close}={overrides[name]}'?" if close else "take it out, or use it in a spec"
            found.append(Diagnostic("unknown-override", f"no spec uses the variable '{name}'", None, (hint,)))
    return found


def _included(unit: Unit) -> list[Included]:
    return [Included(one.file.source.path, one.by.source.path, one.span) for one in unit.inclusions]

"""The lints of `check`: specs, manifests and Terraform as scenes, and findings as warnings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Severity, nearest
from netpolspec.lint.catalog import CODES, LINTS
from netpolspec.lint.findings import find_all
from netpolspec.lint.scene import Scene
from netpolspec.lint.silence import ANNOTATION, annotated, commented, unknown_codes
from netpolspec.load.library import SHOWN
from netpolspec.load.resource import assemble_resources
from netpolspec.plan.effect import may_lack_effect, why_without_effect
from netpolspec.plan.model import Change, ClientEnd
from netpolspec.plan.resolve import Inhabitants
from netpolspec.source import Pointer, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netpolspec.lint.scene import Finding
    from netpolspec.load.resource import Resource
    from netpolspec.plan.model import Plan, Point, Scenario
    from netpolspec.policy.objects import Pod
    from netpolspec.source import Origin, Source


def warnings_of(
    plan: Plan | None, manifests: Sequence[Resource], told: Sequence[Diagnostic], ignored: frozenset[str]
) -> list[Diagnostic]:
    """All warnings that are to be shown, in the order of files and lines.

    Args:
        plan: the specs.
        manifests: the objects of manifests and of Terraform folders.
        told: warnings that were met while reading.
        ignored: codes that are left out.
    """
    quiet = _Quiet(plan, manifests, ignored)
    warnings = [each for each in map(_renamed, told) if not quiet.about(each, ())]
    scenes = [*(_scenes(plan) if plan is not None else ()), *_one_scene(manifests)]
    for finding in find_all(scenes):
        warning, spots = _warning(finding, quiet)
        if not quiet.about(warning, spots, finding):
            warnings.append(warning)
    without_effect = _without_effect(plan) if plan is not None else ()
    warnings += (warning for warning in without_effect if not quiet.about(warning, ()))
    warnings += _unknown_codes(plan, (*quiet.homes.values(), *manifests), told)
    known = dict.fromkeys(_with_page(each) for each in warnings)
    return sorted(known, key=lambda each: each.order)


def _renamed(warning: Diagnostic) -> Diagnostic:
    """What the reader of Terraform says of an empty list is the same trap."""
    return replace(warning, code="open-by-empty-from") if warning.code == "terraform-empty-list" else warning


def _with_page(warning: Diagnostic) -> Diagnostic:
    if warning.code not in LINTS:
        return warning
    code = warning.code
    note = f"{code}: 'netpolspec help {code}' says more; '# netpolspec: ignore {code}' silences it here"
    return replace(warning, notes=(*warning.notes, note))


def _unknown_codes(
    plan: Plan | None, resources: Sequence[Resource], told: Sequence[Diagnostic]
) -> Iterator[Diagnostic]:
    """Comments and annotations that silence what there is not."""
    spans = [each.span for each in told if each.span is not None]
    for scenario in plan.scenarios if plan is not None else ():
        spans += (scenario.span, *(point.span for _, points in _steps(scenario) for point in points))
    spans += (span for span, _ in plan.asked) if plan is not None else ()
    sources = {id(source): source for source in (*(span.source for span in spans), *map(_source, resources))}
    places = [each for source in sources.values() for each in unknown_codes(source, CODES)]
    for resource in {id(each): each for each in resources}.values():
        codes = sorted(annotated(resource) - set(CODES))
        if codes and isinstance(resource.origin, Pointer):
            places += ((code, resource.origin.at("metadata", "annotations", ANNOTATION).span) for code in codes)
    for code, span in places:
        close = nearest(code, CODES)
        hint = f"did you mean '{close}'?" if close else f"there are {', '.join(CODES)}"
        yield Diagnostic("unknown-lint", f"there is no lint '{code}'", span, (hint,), (), Severity.WARNING)


def _source(resource: Resource) -> Source:
    """The text that an object stands in; a YAML document need not be read again to say so."""
    from netpolspec.load.json_text import JsonDocument
    from netpolspec.load.yaml_text import YamlDocument

    origin = resource.origin
    if isinstance(origin, Pointer) and isinstance(origin.document, JsonDocument | YamlDocument):
        return origin.document.fragment.source
    return origin.span.source


# --- scenes -------------------------------------------------------------------------------------------------------


def _one_scene(resources: Sequence[Resource]) -> Iterator[Scene]:
    if resources:
        cluster = assemble_resources(resources, declare_namespaces=True)
        yield Scene(cluster, tuple(resources), complete=False)


def _scenes(plan: Plan) -> Iterator[Scene]:
    """The worlds of all scenarios, each once; the clients of their expectations live in them."""
    seen: dict[tuple[object, ...], None] = {}
    for scenario in plan.scenarios:
        for change, points in _steps(scenario):
            resources = tuple(change.world.values())
            clients = {point.source_text: point for point in points}
            key = (*map(id, resources), *sorted(clients))
            if key in seen:
                continue
            seen[key] = None
            cluster = assemble_resources(resources)
            if not (cluster.policies or cluster.admin_policies or cluster.foreign_policies):
                continue
            inhabitants = Inhabitants(cluster)
            pods = tuple(pod for point in clients.values() for pod in _clients(point, inhabitants))
            yield Scene(replace(cluster, pods=(*cluster.pods, *pods)), resources, complete=True)


def _steps(scenario: Scenario) -> Iterator[tuple[Change, list[Point]]]:
    if scenario.unknown:
        return  # who may be there besides, nobody knows
    change: Change | None = None
    points: list[Point] = []
    for step in scenario.steps:
        if isinstance(step, Change):
            if change is not None:
                yield change, points
            change, points = step, []
        else:
            points += step.points
    if change is not None:
        yield change, points


def _clients(point: Point, inhabitants: Inhabitants) -> Iterator[Pod]:
    for end in inhabitants.sources(point):
        if isinstance(end, ClientEnd):
            yield end.pod


def _without_effect(plan: Plan) -> Iterator[Diagnostic]:
    known: dict[tuple[int, ...], Inhabitants] = {}
    for scenario in plan.scenarios:
        for change, points in _steps(scenario):
            key = tuple(map(id, change.world.values()))
            for point in filter(may_lack_effect, points):
                if key not in known:
                    known[key] = Inhabitants(assemble_resources(change.world.values()))
                why = why_without_effect(point, known[key])
                if why is not None:
                    message = f"no policy could change this: {why}"
                    hints = ("it holds in every world; expect something of two ends that a policy stands between",)
                    code = "expectation-without-effect"
                    yield Diagnostic(code, message, point.span, hints, (), Severity.WARNING)


# --- findings as warnings -----------------------------------------------------------------------------------------


class _Quiet:
    """Knows what is silenced."""

    def __init__(self, plan: Plan | None, manifests: Sequence[Resource], ignored: frozenset[str]) -> None:
        self._ignored = ignored
        self.asked: dict[int, list[Span]] = {}
        self.homes: dict[int, Resource] = {}
        for span, resources in plan.asked if plan is not None else ():
            for resource in resources:
                self._take(resource)
                self.asked.setdefault(id(resource), []).append(span)
        for resource in manifests:
            self._take(resource)
        self._annotated = [each for each in self.homes.values() if annotated(each)]

    def _take(self, resource: Resource) -> None:
        for one in resource.objects:
            self.homes[id(one)] = resource

    def about(self, warning: Diagnostic, spots: Sequence[Span], finding: Finding | None = None) -> bool:
        """Whether a warning is not to be told."""
        code = warning.code
        if code in self._ignored:
            return True
        places = [*spots] if warning.span is None else [warning.span, *spots]
        if any(commented(span, code) for span in places):
            return True
        if finding is not None:
            home = self.homes.get(id(finding.policy))
            return home is not None and code in annotated(home)
        return any(code in annotated(each) and _holds(each.origin.span, warning.span) for each in self._annotated)


def _holds(whole: Span, part: Span | None) -> bool:
    return part is not None and part.source is whole.source and whole.start <= part.start <= whole.end


def _warning(finding: Finding, quiet: _Quiet) -> tuple[Diagnostic, tuple[Span, ...]]:
    """A finding as a warning, and the places at which a comment silences it, too."""
    span = _place(finding)
    notes: list[Note | str] = [Note(message, origin.span) for message, origin in finding.notes]
    spots = [finding.policy.origin.span]
    home = quiet.homes.get(id(finding.policy))
    asked = quiet.asked.get(id(home), []) if home is not None else []
    spots += asked
    if asked and span.source.path.startswith(f"{SHOWN}/"):
        notes.insert(0, Note(f"{finding.policy.label}, of the library", span))
        span = asked[0]
    return Diagnostic(finding.code, finding.message, span, finding.help, tuple(notes), Severity.WARNING), tuple(spots)


def _place(finding: Finding) -> Span:
    origin: Origin = finding.origin
    if not isinstance(origin, Pointer):
        return origin
    if finding.key_of:
        return origin.key_span
    whole = not finding.place
    return _first_line(origin.at("metadata", "name").span if whole else origin.span)


def _first_line(span: Span) -> Span:
    """The part of a span on its first line, which is what is drawn."""
    end = span.source.text.find("\n", span.start, span.end)
    return span if end == -1 else span.source.span(span.start, end)

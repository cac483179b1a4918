"""Rules become scenarios: their worlds are followed step by step, and every name is looked up on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.diagnostics import Diagnostic, Refusal, Severity, nearest
from netpolspec.load.resource import assemble_resources
from netpolspec.plan.default_world import default_objects
from netpolspec.plan.expand import expand_word, expand_words
from netpolspec.plan.expectations import read_expect, read_matrix
from netpolspec.plan.model import Change, Check, Scenario
from netpolspec.plan.resolve import Inhabitants
from netpolspec.plan.words import read_labels, read_number
from netpolspec.plan.world import Name, Operation, Put, Relabel, Remove, Scale, Stage
from netpolspec.syntax.ast import (
    Expect,
    ExpectMatrix,
    GivenNamespace,
    GivenPolicy,
    GivenService,
    GivenWorkload,
    Named,
    Needs,
    Skip,
    Tags,
    Todo,
    WhenGiven,
    WhenLabel,
    WhenRemove,
    WhenScale,
    WhenUnlabel,
)

if TYPE_CHECKING:
    from netpolspec.plan.expand import Names
    from netpolspec.plan.givens import Givens
    from netpolspec.plan.model import Point, Step, World
    from netpolspec.plan.rules import Rules, Target
    from netpolspec.source import Span
    from netpolspec.syntax.ast import Statement, Word

_MOST_REPLICAS = 10_000

CAPABILITIES = ("existing", "ipv4", "ipv6", "nodes", "outside", "sctp", "terraform")
"""What `needs` may say: pods with addresses of a family, several nodes, hosts outside that answer, SCTP, terraform."""

Act: TypeAlias = "Operation | tuple[Point, ...]"


@dataclass(slots=True)
class Built:
    """One rule's statements, expanded: what it does to the world, and what it expects, in their order."""

    acts: list[Act]
    tags: tuple[str, ...]
    needs: tuple[str, ...]
    skip: str | None
    todo: str | None
    failed: set[str]
    """Names of objects that were to come into the world, but whose statement is wrong; `*` where nobody knows them."""


class Planner:
    """The planning of one spec, in two steps: between them, Terraform is asked for all specs at once."""

    def __init__(self, rules: Rules, givens: Givens, inhabitants: dict[tuple[int, ...], Inhabitants]) -> None:
        """Take the rules of a spec.

        Args:
            rules: the spec's, its includes' among them.
            givens: reads what is given; shared by all specs of a run.
            inhabitants: who lives in worlds that were seen before; likewise shared.
        """
        self._rules = rules
        self._givens = givens
        self._inhabitants = inhabitants
        self._built: dict[Target, Built] = {}
        self._stages: dict[tuple[Target, ...], Stage] = {}
        self._scenarios: dict[Target, Scenario] = {}
        self._diagnostics: list[Diagnostic] = []
        self._own = [target for target in rules.targets.values() if target.file is rules.unit.root]

    def build(self) -> None:
        """Expand the statements of every rule that counts and read what they name."""
        for target in self._own:
            for one in (*self._rules.closure(target), target):
                self._build(one)

    def plan(self) -> tuple[tuple[Scenario, ...], list[Diagnostic]]:
        """The scenarios of the spec, and what is wrong or doubtful in it."""
        needed: dict[Target, None] = {}
        for target in self._own:
            if target.is_scenario:
                needed.update(dict.fromkeys(one for one in self._rules.closure(target) if one.is_scenario))
                needed[target] = None
        for target in needed:
            self._plan_scenario(target)
        self._warn_of_unused(self._own)
        return tuple(self._scenarios.values()), self._diagnostics

    # --- one rule -------------------------------------------------------------------------------------------------

    def _build(self, target: Target) -> Built:
        built = self._built.get(target)
        if built is not None:
            return built
        built = Built([], (), (), None, None, set())
        names = target.names(self._rules.unit)
        tags = [tag for word in target.tags for tag in self._words(word, names)]
        for statement in target.statements:
            try:
                match statement:
                    case Todo(why=why):
                        built.todo = expand_word(why, names)
                    case Skip(why=why):
                        built.skip = expand_word(why, names)
                    case Needs(capabilities=words):
                        built.needs += tuple(
                            _need(need, word.span) for word in words for need in expand_words(word, names)
                        )
                    case Tags(words=words):
                        tags += [tag for word in words for tag in expand_words(word, names)]
                    case Expect():
                        built.acts.append(read_expect(statement, names))
                    case ExpectMatrix():
                        built.acts.append(read_matrix(statement, names))
                    case _:
                        built.acts.append(self._operation(statement, target, names))
            except Refusal as refusal:
                self._diagnostics.extend(refusal.diagnostics)
                built.failed |= _names_of(statement, names)
        built.tags = tuple(tags)
        self._built[target] = built
        return built

    def _words(self, word: Word, names: Names) -> tuple[str, ...]:
        try:
            return expand_words(word, names)
        except Refusal as refusal:
            self._diagnostics.extend(refusal.diagnostics)
            return ()

    def _operation(self, statement: Statement, target: Target, names: Names) -> Operation:
        """What a `given` or a `when` does to the world.

        Raises:
            Refusal: something in it is wrong.
        """
        root = self._rules.unit.root
        match statement:
            case WhenGiven(given=given):
                return Put(self._givens.read(given, names, target.file, root), statement.span, late=True)
            case WhenLabel():
                settings = read_labels(statement.labels, names)
                places = {s.key: s.key_span.source.span(s.key_span.start, s.value_span.end) for s in settings}
                add = {setting.key: setting.value for setting in settings}
                return Relabel(_name(statement.target, names), add, (), places, statement.span)
            case WhenUnlabel():
                keys = {expand_word(word, names): word.span for word in statement.keys}
                return Relabel(_name(statement.target, names), {}, tuple(keys), keys, statement.span)
            case WhenRemove():
                return Remove(_name(statement.target, names), statement.span)
            case WhenScale():
                replicas = read_number(statement.replicas, names, "replicas", 0, _MOST_REPLICAS)
                return Scale(_name(statement.target, names), replicas, statement.span)
            case Todo() | Skip() | Needs() | Tags() | Expect() | ExpectMatrix():
                raise AssertionError(statement)
            case given:
                return Put(self._givens.read(given, names, target.file, root), given.span)

    # --- one scenario ---------------------------------------------------------------------------------------------

    def _plan_scenario(self, target: Target) -> None:
        built = self._build(target)
        closure = self._rules.closure(target)
        stage = self._stage(closure).copy()
        family = (*closure, target)
        # What is missing because of an earlier mistake is not told again.
        failed = {name for one in family for name in self._build(one).failed}
        failed |= {"*"} if any(_is_unknown(act) for one in family for act in self._build(one).acts) else set()
        failed |= {"*"} if any(one.broken for one in family) or self._stage(closure).diagnostics else set()
        steps: list[Step] = []
        before: World = {}
        change: Change | None = None
        changed = True
        for act in built.acts:
            if not isinstance(act, tuple):
                stage.carry_out(act)
                changed = True
                continue
            if changed or change is None:
                stage.check_namespaces(before)
                change = Change(dict(stage.objects), act[0].span if act else target.span)
                steps.append(change)
                before = change.world
                changed = False
            self._check_points(change, act, failed | ({"*"} if stage.diagnostics or stage.unknown else set()))
            last = steps[-1]
            if isinstance(last, Check):
                steps[-1] = Check(last.points + act)
            else:
                steps.append(Check(act))
        self._diagnostics += stage.diagnostics
        self._scenarios[target] = Scenario(
            name=target.name,
            description=target.description,
            span=target.head,
            last_line=target.last_line,
            tags=frozenset(built.tags),
            needs=tuple(dict.fromkeys(need for one in family for need in self._build(one).needs)),
            skip=built.skip,
            todo=built.todo,
            after=tuple(self._scenarios[one] for one in closure if one in self._scenarios),
            steps=tuple(steps),
            unknown=stage.unknown,
        )

    def _stage(self, closure: tuple[Target, ...]) -> Stage:
        """The world that prerequisites leave behind."""
        stage = self._stages.get(closure)
        if stage is None:
            stage = Stage(dict(default_objects()))
            for target in closure:
                for act in self._build(target).acts:
                    if not isinstance(act, tuple):
                        stage.carry_out(act)
            self._diagnostics += stage.diagnostics
            self._stages[closure] = stage
        return stage

    def _check_points(self, change: Change, points: tuple[Point, ...], failed: set[str]) -> None:
        """Look up every name, so that a mistyped one is an error before anything runs."""
        residents = [r for r in change.world.values() if not r.is_policy]
        key = tuple(map(id, residents))
        inhabitants = self._inhabitants.get(key)
        if inhabitants is None:
            cluster = assemble_resources(residents)
            inhabitants = self._inhabitants[key] = Inhabitants(cluster)
        for point in points:
            try:
                inhabitants.sources(point)
                inhabitants.dials(point)
            except Refusal as refusal:
                if "*" not in failed and not any(_mentions(point, name) for name in failed):
                    self._diagnostics.extend(refusal.diagnostics)
                continue
            for warning in inhabitants.warnings(point):
                drawn = warning.at(point.destination_span)
                self._diagnostics.append(
                    Diagnostic(drawn.code, drawn.message, drawn.span, drawn.help, (), Severity.WARNING)
                )

    def _warn_of_unused(self, own: list[Target]) -> None:
        used = {name for target in self._rules.targets.values() for name, _ in target.prerequisites}
        if not any(target.is_scenario for target in own):
            return  # a file of fixtures is there to be included
        for target in own:
            if not target.is_scenario and target.name not in used and target.name != "world":
                message = f"fixture '{target.name}' is used by no scenario"
                hint = "give it an 'expect', make it a prerequisite, or take it out"
                self._diagnostics.append(
                    Diagnostic("unused-fixture", message, target.span, (hint,), (), Severity.WARNING)
                )


def _names_of(statement: Statement, names: Names) -> set[str]:
    """The names by which points would mean the objects of a statement; `*` where only the statement knows."""
    given = statement.given if isinstance(statement, WhenGiven) else statement
    match given:
        case GivenNamespace(name=word) | GivenWorkload(name=word) | GivenService(name=word):
            try:
                return {expand_word(word, names)}
            except Refusal:
                return {"*"}
        case GivenPolicy() | Expect() | ExpectMatrix() | Todo() | Skip() | Needs() | Tags():
            return set()
        case _:
            return {"*"}


def _is_unknown(act: Act) -> bool:
    return isinstance(act, Put) and act.brought.failed


def _mentions(point: Point, name: str) -> bool:
    ends = (point.source, point.destination.whom)
    return any(name in (getattr(end, "name", None), getattr(end, "namespace", None)) for end in ends)


def _need(text: str, span: Span) -> str:
    """A capability that a backend may lack.

    Raises:
        Refusal: there is none of that name.
    """
    if text in CAPABILITIES:
        return text
    close = nearest(text, CAPABILITIES)
    hint = f"did you mean '{close}'?" if close else f"there are: {', '.join(CAPABILITIES)}"
    raise Refusal(Diagnostic("unknown-need", f"no backend has a capability '{text}'", span, (hint,)))


def _name(named: Named, names: Names) -> Name:
    namespace = expand_word(named.namespace, names) if named.namespace is not None else None
    return Name(named.kind, expand_word(named.name, names), namespace, named.span)

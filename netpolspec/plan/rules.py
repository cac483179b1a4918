"""Rules as they are after expansion: one for each target, joined by their prerequisites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Refusal, nearest
from netpolspec.plan.expand import Names, expand_text, expand_words, match_pattern
from netpolspec.plan.files import find_missed_world
from netpolspec.syntax.ast import Expect, ExpectMatrix, Rule, Tags

if TYPE_CHECKING:
    from netpolspec.plan.files import Input, Placed, Unit
    from netpolspec.source import Span
    from netpolspec.syntax.ast import Statement, Word

RESERVED = frozenset({"given", "when", "expect", "include", "todo", "skip", "needs", "tags"})
"""Words that begin statements and so name neither a target nor a variable."""


@dataclass(slots=True, eq=False)
class Target:
    """One rule for one target."""

    name: str
    stem: str | None
    span: Span
    """The target's word."""
    head: Span
    last_line: int
    prerequisites: tuple[tuple[str, Span], ...]
    description: str
    statements: tuple[Statement, ...]
    file: Input
    tags: tuple[Word, ...] = ()
    """From the `tags` line above all rules of its file."""
    needs: list[Target] = field(default_factory=list)
    """The prerequisites' rules, once they are known."""
    broken: bool = False
    """A prerequisite is missing or was cut off, so its world is not what was meant."""

    @property
    def is_scenario(self) -> bool:
        """Whether it has an expectation of its own; else it is a fixture."""
        return any(isinstance(statement, Expect | ExpectMatrix) for statement in self.statements)

    def names(self, unit: Unit) -> Names:
        """What `$` means in its statements."""
        return Names(unit.scope, self.name, self.stem)


@dataclass(slots=True)
class Rules:
    """The rules of one spec, those of its includes among them, in the order of their lines."""

    unit: Unit
    targets: dict[str, Target] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def closure(self, target: Target) -> tuple[Target, ...]:
        """All prerequisites, depth first, left to right, each once; the target itself is not among them."""
        seen: dict[Target, None] = {}
        # An explicit stack: a chain of prerequisites may be longer than Python's own.
        trail = [(target, iter(target.needs))]
        while trail:
            rule, needs = trail[-1]
            need = next((need for need in needs if need not in seen), None)
            if need is not None:
                trail.append((need, iter(need.needs)))
                continue
            trail.pop()
            if rule is not target:
                seen[rule] = None
        return tuple(seen)


def read_rules(unit: Unit) -> Rules:
    """Make the rules of a unit; what is wrong with them is in `diagnostics`."""
    rules = Rules(unit)
    loose: dict[Input, list[Statement]] = {}
    tags: dict[Input, list[Word]] = {}
    for placed in unit.items:
        match placed.item:
            case Rule():
                continue
            case Tags(words=words):
                tags.setdefault(placed.origin, []).extend(words)
            case statement:
                loose.setdefault(placed.origin, []).append(statement)  # type: ignore[arg-type]
    for placed in unit.items:
        if isinstance(placed.item, Rule):
            try:
                _read_rule(rules, placed, placed.item, tuple(tags.get(placed.origin, ())))
            except Refusal as refusal:
                rules.diagnostics.extend(refusal.diagnostics)
    for file, statements in loose.items():
        _read_loose(rules, file, statements, tuple(tags.get(file, ())))
    _connect(rules)
    return rules


def _read_rule(rules: Rules, placed: Placed, rule: Rule, tags: tuple[Word, ...]) -> None:
    """One rule for each of its targets. As in make, targets and prerequisites are expanded when they are read."""
    names = Names(placed.scope)
    pattern = expand_words(rule.static.pattern, names) if rule.static else None
    if rule.static and pattern is not None and (len(pattern) != 1 or pattern[0].count("%") != 1):
        message = f"a static pattern has one '%', and '{rule.static.pattern.text}' is '{' '.join(pattern)}'"
        hint = "write 'targets: pattern: prerequisites', as in 'open-to-a open-to-b: open-to-%: world'"
        raise Refusal(Diagnostic("bad-pattern", message, rule.static.pattern.span, (hint,)))
    for word in rule.targets:
        for name in expand_words(word, names):
            stem = None
            if pattern is not None:
                stem = match_pattern(pattern[0], name)
                if stem is None:
                    message = f"target '{name}' does not match the pattern '{pattern[0]}'"
                    raise Refusal(Diagnostic("bad-pattern", message, word.span))
            elif "%" in name:
                message = f"'{name}' is a pattern, and patterns need the targets that they are for"
                hint = f"name them first: 'a b: {name}: ...' is a static pattern rule"
                raise Refusal(Diagnostic("bad-pattern", message, word.span, (hint,)))
            _add(
                rules,
                Target(
                    name=name,
                    stem=stem,
                    span=word.span,
                    head=rule.span,
                    last_line=rule.span.source.line_column(max(rule.end - 1, rule.span.start))[0],
                    prerequisites=tuple(_prerequisites(rule, names, stem)),
                    description=_describe(rule.description, Names(rules.unit.scope, name, stem), rule.span),
                    statements=rule.statements,
                    file=placed.origin,
                    tags=tags,
                ),
            )


def _prerequisites(rule: Rule, names: Names, stem: str | None) -> list[tuple[str, Span]]:
    found: list[tuple[str, Span]] = []
    for word in rule.prerequisites:
        expanded = expand_words(word, names)
        found += [(name if stem is None else name.replace("%", stem, 1), word.span) for name in expanded]
    return found


def _describe(lines: tuple[str, ...], names: Names, span: Span) -> str:
    """A description in one line; `$@`, `$*` and variables in it are expanded, so that each target has its own."""
    text = " ".join(line.strip() for line in lines).strip()
    return expand_text(text, names, span)


def _read_loose(rules: Rules, file: Input, statements: list[Statement], tags: tuple[Word, ...]) -> None:
    """The rule that a file's statements outside any rule form; it is named after the file."""
    first, last = statements[0].span, statements[-1].span
    world = rules.targets.get("world")
    stem = file.stem
    prerequisites = (("world", first),) if world is not None and stem != "world" else ()
    try:
        description = _describe(rules.unit.descriptions.get(file.path, ()), Names(rules.unit.scope, stem), first)
    except Refusal as refusal:
        rules.diagnostics.extend(refusal.diagnostics)
        return
    last_line = last.source.line_column(max(last.end - 1, 0))[0]
    statements_of = tuple(statements)
    _add(rules, Target(stem, None, first, first, last_line, prerequisites, description, statements_of, file, tags))


def _add(rules: Rules, target: Target) -> None:
    if target.name in RESERVED:
        message = f"'{target.name}' begins a statement and cannot be a target"
        rules.diagnostics.append(Diagnostic("reserved-name", message, target.span, ("choose another name",)))
        return
    if "::" in target.name:
        message = f"target '{target.name}' holds '::', which separates file and scenario on the command line"
        rules.diagnostics.append(Diagnostic("reserved-name", message, target.span, ("choose another name",)))
        return
    earlier = rules.targets.get(target.name)
    if earlier is not None:
        rules.diagnostics.append(
            Diagnostic(
                "duplicate-target",
                f"target '{target.name}' has two rules",
                target.span,
                ("rename one of them, or join their statements",),
                (Note("the first is here", earlier.span),),
            )
        )
        return
    rules.targets[target.name] = target


def _connect(rules: Rules) -> None:
    """Find each prerequisite's rule, and cycles."""
    for target in rules.targets.values():
        for name, span in target.prerequisites:
            need = rules.targets.get(name)
            if need is not None:
                target.needs.append(need)
                continue
            target.broken = True
            close = nearest(name, (other for other in rules.targets if other != target.name))
            missed = find_missed_world(rules.unit) if name == "world" else None
            if missed is not None:
                hint = f"write 'include {missed[0]}': {missed[1]}"
            elif close:
                hint = f"did you mean '{close}'?"
            else:
                hint = f"define it with a rule '{name}:', or include the file that does"
            rules.diagnostics.append(
                Diagnostic("unknown-prerequisite", f"unknown prerequisite '{name}' of '{target.name}'", span, (hint,))
            )
    _refuse_cycles(rules)


def _refuse_cycles(rules: Rules) -> None:
    """Report each cycle once, at the prerequisite that closes it, and cut it there."""
    done: set[Target] = set()
    for start in rules.targets.values():
        # An explicit stack: a chain of prerequisites may be longer than Python's own.
        trail: list[tuple[Target, int]] = [(start, 0)]
        on_trail = {start}
        while trail:
            target, at = trail.pop()
            if target in done or at >= len(target.needs):
                done.add(target)
                on_trail.discard(target)
                continue
            trail.append((target, at + 1))
            need = target.needs[at]
            if need in on_trail:
                names = [entry.name for entry, _ in trail]
                chain = " -> ".join([*names[names.index(need.name) :], need.name])
                span = next(span for name, span in target.prerequisites if name == need.name)
                message = f"'{need.name}' is its own prerequisite: {chain}"
                rules.diagnostics.append(Diagnostic("cycle", message, span, ("take one of them out",)))
                target.needs.pop(at)
                target.broken = True
                trail[-1] = (target, at)
            elif need not in done:
                trail.append((need, 0))
                on_trail.add(need)

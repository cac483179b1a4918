"""The Test Anything Protocol: the events of a run as text.

The body is TAP 14 (one subtest for each scenario, YAML diagnostics below what failed), which readers of TAP 13 take
for comments and lines that they do not know. https://testanything.org/tap-version-14-specification.html
"""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, assert_never

from netpolspec.report.results import all_results, differing
from netpolspec.report.yamlish import block
from netpolspec.run.events import BailedOut, RunEnded, RunStarted, ScenarioEnded, ScenarioStarted, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from netpolspec.report.yamlish import Value
    from netpolspec.run.events import DecidedBy, Event, PointResult
    from netpolspec.source import Span

TAP13, TAP14 = 13, 14

_SUBTEST = "    "
_CHUNK = 1000
"""Lines that are handed on together: enough to be quick, few enough to keep memory flat."""

_FIRST_HARNESS_WITH_14 = (3, 48)
_SPECIAL = re.compile(r"[\\#\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|\{\s*\Z")


def version_for(choice: str, environ: Mapping[str, str]) -> int:
    """The version line to write for `--tap auto|13|14`.

    Test::Harness below 3.48 fails a green run that begins with `TAP version 14`; it names itself in the environment.
    """
    if choice != "auto":
        return int(choice)
    if not environ.get("HARNESS_ACTIVE"):
        return TAP14
    found = re.match(r"(\d+)\.(\d+)", environ.get("HARNESS_VERSION", ""))
    return TAP13 if found and (int(found[1]), int(found[2])) < _FIRST_HARNESS_WITH_14 else TAP14


def _replace(match: re.Match[str]) -> str:
    special = match.group()
    if special in "\\#":
        return "\\" + special
    if special[0] == "{":
        return "{."  # a `{` that ends a line begins a subtest for node's tap-parser, and TAP cannot escape it
    return " " if special.isspace() else "\N{REPLACEMENT CHARACTER}"


def escape(text: str) -> str:
    r"""Text for a description or a directive's reason: `\` and `#` escaped, on one line."""
    return _SPECIAL.sub(_replace, text) if _SPECIAL.search(text) else text


class Tap:
    """Writes one TAP document; each piece of text consists of whole lines, to be flushed as it comes.

    Args:
        version: 13 or 14, for the first line only.
        flat: no subtests; each test point stands at the root, its scenario's name before it.
    """

    def __init__(self, version: int = TAP14, *, flat: bool = False) -> None:
        self._version = version
        self._flat = flat
        self._number = 0
        self._bailed = False

    def text(self, event: Event) -> Iterator[str]:
        """What an event adds to the document."""
        match event:
            case RunStarted():
                yield self._head(event)
            case ScenarioStarted():
                pass
            case ScenarioEnded():
                yield from _chunks(self._flattened(event) if self._flat else self._nested(event))
            case BailedOut(reason=reason):
                yield self._bail(reason)
            case RunEnded(interrupted_by=number):
                if number is not None:
                    yield self._bail(f"interrupted by {signal.Signals(number).name}")
            case _:
                assert_never(event)

    def _bail(self, reason: str) -> str:
        if self._bailed:
            return ""
        self._bailed = True
        return f"Bail out! {' '.join(reason.split())}\n"

    def _head(self, event: RunStarted) -> str:
        count = sum(scenario.points for scenario in event.scenarios) if self._flat else len(event.scenarios)
        head = f"TAP version {self._version}\n1..{count}{'' if count else ' # SKIP no scenarios'}\n"
        head += "".join(f"# assuming {escape(assumption)}\n" for assumption in event.assumptions)
        return head + "".join(f"# terraform: {escape(folder)}: {escape(who)}\n" for folder, who in event.terraform)

    # --- one subtest for each scenario ---

    def _nested(self, event: ScenarioEnded) -> Iterator[str]:
        self._number += 1
        scenario, title = event.scenario, escape(event.scenario.title)
        if event.status is Status.SKIPPED:
            yield f"ok {self._number} - {title} # SKIP {escape(event.reason)}\n"
            return
        yield f"# Subtest: {title}\n"
        yield f"{_SUBTEST}1..{scenario.points}{'' if scenario.points else ' # SKIP no test points'}\n"
        todo = _todo(event)
        for number, result in enumerate(all_results(event), start=1):
            yield _point(result, number, "", _SUBTEST, todo)
        if event.status is Status.PASSED:
            yield f"ok {self._number} - {title}{_directive('TODO', scenario.todo)}\n"
            return
        yield f"not ok {self._number} - {title}{_directive('TODO', todo)}\n"
        if event.reason:
            severity, place = _severity(event.status, todo), _place(scenario.span)
            yield _yaml({"message": event.reason, "severity": severity, "at": place}, "")

    # --- test points alone ---

    def _flattened(self, event: ScenarioEnded) -> Iterator[str]:
        prefix = f"{event.scenario.name}: "
        todo = _todo(event)
        for result in all_results(event):
            self._number += 1
            yield _point(result, self._number, prefix, "", todo)


def document(events: Iterable[Event], version: int = TAP14, *, flat: bool = False) -> Iterator[str]:
    """The TAP document of a whole run, piece by piece, as its events come."""
    tap = Tap(version, flat=flat)
    for event in events:
        yield from tap.text(event)


def _chunks(lines: Iterator[str]) -> Iterator[str]:
    pending: list[str] = []
    for line in lines:
        pending.append(line)
        if len(pending) == _CHUNK:
            yield "".join(pending)
            pending.clear()
    yield "".join(pending)


def _todo(event: ScenarioEnded) -> str | None:
    """Why a failure of this scenario does not count; an environment that failed always counts."""
    return None if event.status is Status.BROKEN else event.scenario.todo


def _directive(kind: str, reason: str | None) -> str:
    return "" if reason is None else f" # {kind} {escape(reason)}".rstrip()


def _severity(status: Status, todo: str | None) -> str:
    return "error" if status is Status.BROKEN else "fail" if todo is None else "todo"


def _point(result: PointResult, number: int, prefix: str, indent: str, todo: str | None) -> str:
    """A test point and, where it has something to say, its diagnostics."""
    title = escape(prefix + result.point.title)
    if result.status is Status.PASSED:
        line = f"{indent}ok {number} - {title}\n"
        return line if result.observed is None and not result.assumptions else line + _yaml(_facts(result), indent)
    if result.status is Status.SKIPPED:
        return f"{indent}ok {number} - {title} # SKIP {escape(result.message)}\n"
    excuse = todo if result.status is Status.FAILED else None
    verdict: dict[str, Value] = {
        "message": result.message,
        "severity": _severity(result.status, excuse),
        "found": result.found,
        "wanted": result.point.wanted,
        "at": _place(result.point.span),
    }
    return f"{indent}not ok {number} - {title}{_directive('TODO', excuse)}\n" + _yaml(verdict | _facts(result), indent)


def _facts(result: PointResult) -> dict[str, Value]:
    """What the three judges say, why, and how to ask again."""
    facts: dict[str, Value] = {"expected": result.point.wanted}
    if result.point.because is not None:
        facts["because"] = result.point.because
    if result.model is not None:
        facts["model"] = result.model
    if result.observed is not None:
        facts["observed"] = result.observed.verdict.value
    facts["decided_by"] = [_decider(decider) for decider in result.decided_by]
    if result.reason:
        facts["reason"] = result.reason
    facts["assumptions"] = result.assumptions
    facts["differs"] = differing(result)
    facts["hint"] = result.hint
    if result.probe is not None:
        facts["probe"] = result.probe
    if result.observed is not None:
        facts["attempts"] = result.observed.attempts
        if result.observed.converged_after_ms is not None:
            facts["converged_after_ms"] = result.observed.converged_after_ms
        if result.observed.control is not None:
            facts["control"] = result.observed.control
        facts["evidence"] = result.observed.evidence
    return facts


def _decider(decider: DecidedBy) -> dict[str, Value]:
    rule = {"rule": decider.rule} if decider.rule else {}
    return {"policy": decider.policy, **rule, "direction": decider.direction, **_place(decider.origin.span)}


def _place(span: Span) -> dict[str, Value]:
    line, column = span.source.line_column(span.start)
    return {"file": span.source.path, "line": line, "column": column}


def _yaml(facts: Mapping[str, Value], indent: str) -> str:
    indent += "  "
    return f"{indent}---\n{block(facts, indent)}{indent}...\n"

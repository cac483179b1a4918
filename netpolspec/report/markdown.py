"""`--report markdown`: the specs as documentation, with their results.

It depends on the specs and on their outcome, on nothing else: no times, no versions, so that a page that is kept in a
repository only changes when what it says does.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from netpolspec.report.explained import explained
from netpolspec.report.grid import destination_of, grids
from netpolspec.report.results import State, all_results, state_of_point, state_of_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.plan.model import Scenario
    from netpolspec.report.grid import Grid
    from netpolspec.report.record import Record
    from netpolspec.run.events import PointResult, ScenarioEnded

TITLE = "What the network allows"

_BADGES = {
    State.PASSED: "✅ holds",
    State.FAILED: "❌ **does not hold**",
    State.BROKEN: "💥 **could not be judged**",
    State.TODO: "🚧 not yet",
    State.SKIPPED: "⏭️ skipped",
}
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~&])")
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def write(record: Record) -> Iterator[str]:
    """The page."""
    yield f"# {TITLE}\n\n{_summary(record)}\n"
    for file, group in groupby(record.ended, key=lambda event: event.scenario.file):
        yield f"\n## {text(file)}\n"
        for event in group:
            yield from scenario_section(event)
    if record.missing:
        yield "\n## Not run\n\n"
        yield from (f"- {text(scenario.name)}\n" for scenario in record.missing)


def text(words: str) -> str:
    """Words that Markdown must not take for anything else, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(_NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", words).split()))


def code(words: str) -> str:
    """Words in a code span, also in a cell of a table."""
    words = " ".join(_NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", words).split())
    fence = "`" * (max(map(len, re.findall("`+", words)), default=0) + 1)
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}".replace("|", "\\|")


def _summary(record: Record) -> str:
    points = record.count_points()
    total = sum(points.values())
    listed = ", ".join(f"{points[state]:,} {state}" for state in State if points[state])
    what = f"{_counted(total, 'test point')} in {_counted(len(record.ended), 'scenario')}"
    counted = f"{what}: {listed or 'none'}."
    judged = (
        f"Judged by packets on {record.backend}." if record.observes else "Judged by the model; no packet was sent."
    )
    assuming = f" Assuming {', '.join(map(code, record.assumptions))}." if record.assumptions else ""
    read = "".join(f" Terraform in {code(folder)} read by: {text(who)}." for folder, who in record.terraform)
    lines = [f"{counted} {judged}{assuming}{read}"]
    if record.bailed_out is not None:
        lines.append(f"\n> **The run could not go on:** {text(record.bailed_out)}")
    return "\n".join(lines)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def scenario_section(event: ScenarioEnded, level: int = 3) -> Iterator[str]:
    """One scenario: what it says, how it ended, its matrices, what failed, and its source."""
    scenario = event.scenario
    yield f"\n{'#' * level} {text(scenario.name)}\n"
    if scenario.description:
        yield f"\n{text(scenario.description)}\n"
    yield f"\n{badge(event)}\n"
    for grid in grids(event) if state_of_scenario(event) is not State.SKIPPED else ():
        yield from table(grid, event)
    yield from _failures(event)
    yield f"\n<details><summary>Spec</summary>\n\n{source_block(scenario)}\n</details>\n"


def badge(event: ScenarioEnded) -> str:
    """How a scenario ended, and why where it did not pass."""
    state, todo = state_of_scenario(event), event.scenario.todo
    reason = f": {text(event.reason)}" if event.reason else ""
    return f"{_BADGES[state]}{reason}" + (f": {text(todo)}" if todo is not None and state is State.TODO else "")


def table(grid: Grid, event: ScenarioEnded) -> Iterator[str]:
    """A matrix, or where it would be mostly holes a list of pairs."""
    if grid.after:
        yield f"\nAfter {code(grid.after)}:\n"
    if grid.sparse:
        yield "\n| from | to | |\n|---|---|---|\n"
        for result in grid.results:
            point = result.point
            yield f"| {code(point.source_text)} | {code(destination_of(point))} | {answer(result, event)} |\n"
        return
    yield f"\n| from \\ to | {' | '.join(map(code, grid.destinations))} |\n|---|{':-:|' * len(grid.destinations)}\n"
    for source in grid.sources:
        cells = (grid.cells.get((source, destination), ()) for destination in grid.destinations)
        answers = (" ".join(answer(result, event) for result in cell) for cell in cells)
        yield f"| **{code(source)}** | {' | '.join(answers)} |\n"


def answer(result: PointResult, event: ScenarioEnded) -> str:
    """What a cell says: what is expected, and what was found where that is something else."""
    wanted = result.point.wanted
    match state_of_point(result, event):
        case State.PASSED:
            return wanted
        case State.SKIPPED:
            return f"{wanted}?"
        case State.TODO:
            return f"🚧 {result.found}, to be {wanted}"
        case State.FAILED:
            return f"❌ **{result.found}**, expected {wanted}"
        case State.BROKEN:
            return f"💥 expected {wanted}"


def _failures(event: ScenarioEnded) -> Iterator[str]:
    wrong = [each for each in all_results(event) if state_of_point(each, event) in {State.FAILED, State.BROKEN}]
    if wrong:
        yield "\n"
    for result in wrong:
        yield f"- {code(result.point.title)}: {text(result.message)} ({code(str(result.point.span))})\n"
        # How to probe it and what was seen differ from run to run: `--report html` has them.
        said = (line for line in explained(result) if not line.startswith(("evidence: ", "to probe it by hand: ")))
        yield from (f"  - {text(line)}\n" for line in said)


def source_block(scenario: Scenario) -> str:
    """The rule as it is written; not marked as ``nps``, lest a document that shows it runs it too."""
    source = scenario.span.source
    first = scenario.span.line
    while first > 1 and source.line_text(first - 1).lstrip().startswith("##"):
        first -= 1
    lines = [source.line_text(number) for number in range(first, max(first, scenario.last_line) + 1)]
    while lines and not lines[-1].strip():
        lines.pop()
    shown = _NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", "\n".join(lines))
    fence = "`" * max(3, max(map(len, re.findall("`+", shown)), default=0) + 1)
    return f"{fence}makefile\n{shown}\n{fence}\n"

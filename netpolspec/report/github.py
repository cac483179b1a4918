"""`--report github`: workflow commands that GitHub shows at the lines of a pull request.

Their grammar is that of the runner: `::error file=F,line=L,col=C,title=T::MESSAGE`, with `%`, line ends and, in
properties, `:` and `,` as percent escapes.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.report.explained import explained
from netpolspec.report.results import State, state_of_point, state_of_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netpolspec.report.record import Record
    from netpolspec.run.events import PointResult, ScenarioEnded
    from netpolspec.source import Span

_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def write(record: Record) -> Iterator[str]:
    """An annotation for each line of a spec that has failures, whatever their number: GitHub shows ten a step."""
    if record.bailed_out is not None:
        yield command("error", None, "netpolspec could not go on", record.bailed_out)
    for event in record.ended:
        yield from _scenario(event, record)


def _scenario(event: ScenarioEnded, record: Record) -> Iterator[str]:
    scenario = event.scenario
    lines: dict[tuple[str, int], list[PointResult]] = {}
    for result in event.results:
        if state_of_point(result, event) in {State.FAILED, State.BROKEN}:
            lines.setdefault((result.point.span.source.path, result.point.span.line), []).append(result)
    again = record.again(scenario)
    hint = [f"to run just this again: {again}"] if again is not None else []
    for results in lines.values():
        told = _told(results)
        yield command("error", results[0].point.span, scenario.title, "\n".join([*told, *hint]), record.folder)
    state = state_of_scenario(event)
    if not lines and state in {State.FAILED, State.BROKEN}:
        message = "\n".join([event.reason or state.value, *hint])
        yield command("error", scenario.span, scenario.title, message, record.folder)
    if event.unexpectedly_passed:
        message = f"this holds by now: take away its todo ({scenario.todo})"
        yield command("warning", scenario.span, scenario.title, message, record.folder)


def _told(results: Sequence[PointResult]) -> Iterator[str]:
    """What failed at one line; what is true of several points is said once."""
    alike: dict[tuple[str, ...], list[PointResult]] = {}
    for result in results:
        alike.setdefault(tuple(explained(result)), []).append(result)
    for lines, those in alike.items():
        yield from (f"{one.point.source_text} -> {one.point.destination_text}: {one.message}" for one in those)
        yield from (f"  {line}" for line in lines)


def command(level: str, span: Span | None, title: str, message: str, folder: str = "") -> str:
    """One workflow command, with the newline.

    Args:
        level: `error`, `warning` or `notice`.
        span: where it is shown; None: with the job.
        title: its first line, in bold.
        message: what it says; may have several lines.
        folder: what to put before a relative path, so that it starts at the repository's root.
    """
    properties: dict[str, str] = {}
    if span is not None:
        line, column = span.source.line_column(span.start)
        path = span.source.path if span.source.path.startswith("/") else folder + span.source.path
        properties = {"file": path, "line": str(line), "col": str(column)}
        if "\n" not in span.text and span.text:
            properties["endColumn"] = str(column + len(span.text))
    properties["title"] = title
    listed = ",".join(f"{name}={value.translate(_IN_PROPERTY)}" for name, value in properties.items())
    return f"::{level} {listed}::{message.translate(_IN_MESSAGE)}\n"

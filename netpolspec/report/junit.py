"""`--report junit`: a suite for each scenario, a case for each test point.

Within what the schema of Jenkins' xUnit plugin (junit-10.xsd) takes, which GitLab and others take too.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias, assert_never

from netpolspec.report.explained import explained
from netpolspec.report.results import State, all_results, state_of_point, state_of_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netpolspec.plan.model import Scenario
    from netpolspec.report.record import Record
    from netpolspec.run.events import PointResult, ScenarioEnded

Attributes: TypeAlias = "Mapping[str, str | int]"

# What XML 1.0 cannot hold, not even as a reference (https://www.w3.org/TR/xml/#charsets).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_IN_ATTRIBUTE = str.maketrans(_IN_TEXT | {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
_TO_TEXT = str.maketrans(_IN_TEXT)


def write(record: Record) -> Iterator[str]:
    """The document."""
    counts = record.count_points()
    unfinished = [] if record.bailed_out is None and record.whole else [record.bailed_out or "the run ended early"]
    lost = sum(max(1, scenario.points) for scenario in record.missing) if unfinished else 0
    totals: Attributes = {
        "name": "netpolspec",
        "tests": sum(counts.values()) + lost + len(unfinished),
        "failures": counts[State.FAILED],
        "errors": counts[State.BROKEN] + len(unfinished),
        "time": _seconds(record.seconds),
    }
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites{_attributes(totals)}>\n'
    for event in record.ended:
        yield from _suite(event, record)
    for reason in unfinished:
        yield from _run_itself(reason, record.seconds)
        for scenario in record.missing:
            yield from _not_run(scenario, f"not run: {reason}")
    yield "</testsuites>\n"


def _suite(event: ScenarioEnded, record: Record) -> Iterator[str]:
    scenario = event.scenario
    results = tuple(all_results(event))
    counts = Counter(state_of_point(result, event) for result in results)
    # A scenario that broke although each of its points has a result is an error that no point tells of.
    alone = not results or (event.status == "broken" and not counts[State.BROKEN])
    attributes: Attributes = {
        "name": f"{scenario.file}::{scenario.name}",
        "tests": len(results) + alone,
        "failures": counts[State.FAILED],
        "errors": counts[State.BROKEN] + (alone and event.status == "broken"),
        "skipped": counts[State.SKIPPED] + counts[State.TODO] + (alone and event.status == "skipped"),
        "time": _seconds(event.seconds),
        "file": scenario.file,
    }
    yield f" <testsuite{_attributes(attributes)}>\n"
    yield _properties(scenario, record)
    if alone:
        yield _case(scenario, scenario.name, _outcome(state_of_scenario(event), event.reason, event.reason))
    names: Counter[str] = Counter()
    for result in results:
        title = result.point.title
        names[title] += 1
        # A pair may be asked about again once the world has changed, and readers tell cases apart by their names.
        name = title if names[title] == 1 else f"{title} (#{names[title]}, line {result.point.span.line})"
        yield _case(scenario, name, _judged(result, event, record))
    yield " </testsuite>\n"


def _judged(result: PointResult, event: ScenarioEnded, record: Record) -> str:
    """What stands inside a test point's case; nothing where it passed."""
    state = state_of_point(result, event)
    if state is State.PASSED:
        return ""
    if state is State.SKIPPED:
        return _outcome(state, result.message, "")
    message = f"{result.message}; todo: {event.scenario.todo}" if state is State.TODO else result.message
    command = record.again(event.scenario)
    again = [f"to run just this scenario again: {command}"] if command is not None else []
    lines = [result.message, f"at {result.point.span}", *explained(result), *again]
    return _outcome(state, message, "\n".join(lines))


def _outcome(state: State, message: str, text: str) -> str:
    match state:
        case State.PASSED:
            return ""
        case State.FAILED:
            element, kind = "failure", "expectation"
        case State.BROKEN:
            element, kind = "error", "environment"
        case State.TODO:
            element, kind = "skipped", "todo"
        case State.SKIPPED:
            element, kind = "skipped", "skip"
        case _:
            assert_never(state)
    return f"<{element}{_attributes({'type': kind, 'message': message})}>{_text(text)}</{element}>"


def _run_itself(reason: str, seconds: float) -> Iterator[str]:
    """A suite for the run, where it could not go on."""
    counts: Attributes = {"tests": 1, "failures": 0, "errors": 1, "skipped": 0, "time": _seconds(seconds)}
    yield f" <testsuite{_attributes({'name': 'netpolspec run', **counts})}>\n"
    attributes = _attributes({"name": "the run came to its end", "classname": "netpolspec.run"})
    yield f"  <testcase{attributes}>{_outcome(State.BROKEN, reason, reason)}</testcase>\n </testsuite>\n"


def _not_run(scenario: Scenario, reason: str) -> Iterator[str]:
    """A suite for a scenario that the run never came to: so many test points are not known."""
    count = max(1, scenario.points)
    name = f"{scenario.file}::{scenario.name}"
    counts: Attributes = {"tests": count, "failures": 0, "errors": 0, "skipped": count, "file": scenario.file}
    yield f" <testsuite{_attributes({'name': name, **counts})}>\n"
    for number in range(1, count + 1):
        yield _case(scenario, f"{scenario.name} #{number}", _outcome(State.SKIPPED, reason, ""))
    yield " </testsuite>\n"


def _properties(scenario: Scenario, record: Record) -> str:
    facts = [("line", str(scenario.span.line)), ("backend", record.backend)]
    facts += [("description", scenario.description)] if scenario.description else []
    facts += [("tags", " ".join(sorted(scenario.tags)))] if scenario.tags else []
    facts += [("assumptions", " ".join(record.assumptions))] if record.assumptions else []
    items = "".join(f"<property{_attributes({'name': name, 'value': value})}/>" for name, value in facts)
    return f"  <properties>{items}</properties>\n"


def _case(scenario: Scenario, name: str, inside: str) -> str:
    attributes = _attributes({"name": name, "classname": class_of(scenario)})
    return f"  <testcase{attributes}>{inside}</testcase>\n" if inside else f"  <testcase{attributes}/>\n"


def class_of(scenario: Scenario) -> str:
    """Readers split it at its dots: the folders and the file as the package, the scenario as the class."""
    path = re.sub(r"\.(nps|md|markdown)\Z", "", scenario.file).strip("./")
    package = ".".join(part.replace(".", "_") for part in path.split("/") if part)
    return f"{package}.{scenario.name.replace('.', '_')}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _attributes(values: Attributes) -> str:
    return "".join(f' {name}="{_attribute(str(value))}"' for name, value in values.items())


def _attribute(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text).translate(_IN_ATTRIBUTE)


def _text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text).translate(_TO_TEXT)

"""`--report junit`: a suite for each scenario, a case for each test point.

Within what the schema of Jenkins' xUnit plugin (junit-10.xsd) takes, which GitLab and others take too.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class _Suite:
    """One suite, and what it counts."""

    name: str
    about: Attributes
    properties: str = ""
    cases: list[str] = field(default_factory=list)
    states: Counter[State] = field(default_factory=Counter)

    def add(self, state: State, name: str, class_name: str, inside: str) -> None:
        attributes = _attributes({"name": name, "classname": class_name})
        self.states[state] += 1
        self.cases.append(
            f"  <testcase{attributes}>{inside}</testcase>\n" if inside else f"  <testcase{attributes}/>\n"
        )

    def text(self) -> str:
        counts: Attributes = {
            "tests": len(self.cases),
            "failures": self.states[State.FAILED],
            "errors": self.states[State.BROKEN],
            "skipped": self.states[State.SKIPPED] + self.states[State.TODO],
        }
        head = _attributes({"name": self.name, **counts, **self.about})
        return f" <testsuite{head}>\n{self.properties}{''.join(self.cases)} </testsuite>\n"


def write(record: Record) -> Iterator[str]:
    """The document."""
    suites = [_suite(event, record) for event in record.ended]
    if record.bailed_out is not None or not record.whole:
        reason = record.bailed_out or "the run ended early"
        suites.append(_of_run(reason, record.seconds))
        suites += [_not_run(scenario, f"not run: {reason}") for scenario in record.missing]
    totals: Attributes = {
        "name": "netpolspec",
        "tests": sum(len(suite.cases) for suite in suites),
        "failures": sum(suite.states[State.FAILED] for suite in suites),
        "errors": sum(suite.states[State.BROKEN] for suite in suites),
        "time": _seconds(record.seconds),
    }
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites{_attributes(totals)}>\n'
    yield from (suite.text() for suite in suites)
    yield "</testsuites>\n"


def _suite(event: ScenarioEnded, record: Record) -> _Suite:
    scenario = event.scenario
    about: Attributes = {"time": _seconds(event.seconds), "file": scenario.file}
    suite = _Suite(f"{scenario.file}::{scenario.name}", about, _properties(scenario, record))
    names: Counter[str] = Counter()
    for result in all_results(event):
        title = result.point.title
        names[title] += 1
        # A pair may be asked about again once the world has changed, and readers tell cases apart by their names.
        name = title if names[title] == 1 else f"{title} (#{names[title]}, line {result.point.span.line})"
        suite.add(state_of_point(result, event), name, class_of(scenario), _judged(result, event, record))
    state = state_of_scenario(event)
    # A scenario may break although each of its points has a result: no point tells of it.
    if not suite.cases or (state is State.BROKEN and not suite.states[state]):
        suite.add(state, scenario.name, class_of(scenario), _outcome(state, event.reason, event.reason))
    return suite


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


def _of_run(reason: str, seconds: float) -> _Suite:
    """A suite for the run, where it could not go on."""
    suite = _Suite("netpolspec run", {"time": _seconds(seconds)})
    suite.add(State.BROKEN, "the run came to its end", "netpolspec.run", _outcome(State.BROKEN, reason, reason))
    return suite


def _not_run(scenario: Scenario, reason: str) -> _Suite:
    """A suite for a scenario that the run never came to, so that no test is lost."""
    suite = _Suite(f"{scenario.file}::{scenario.name}", {"file": scenario.file})
    for number in range(1, max(1, scenario.points) + 1):
        inside = _outcome(State.SKIPPED, reason, "")
        suite.add(State.SKIPPED, f"{scenario.name} #{number}", class_of(scenario), inside)
    return suite


def _properties(scenario: Scenario, record: Record) -> str:
    facts = [("line", str(scenario.span.line)), ("backend", record.backend)]
    facts += [("description", scenario.description)] if scenario.description else []
    facts += [("tags", " ".join(sorted(scenario.tags)))] if scenario.tags else []
    facts += [("assumptions", " ".join(record.assumptions))] if record.assumptions else []
    facts += [("terraform", f"{folder}: {who}") for folder, who in record.terraform]
    items = "".join(f"<property{_attributes({'name': name, 'value': value})}/>" for name, value in facts)
    return f"  <properties>{items}</properties>\n"


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

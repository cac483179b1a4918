"""JUnit, as what reads it takes it: the rules of Jenkins' schema, and a library that CI tools use."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from report.events import passed, point, scenario
from reports.conftest import again, early_end, model_events

from netpolspec.report.junit import class_of, write
from netpolspec.report.record import record
from netpolspec.run.events import RunEnded, RunStarted, ScenarioEnded, Status
from netpolspec.source import Source

if TYPE_CHECKING:
    from netpolspec.report.record import Record

# What junit-10.xsd of Jenkins' xUnit plugin allows, of the elements that are written here: attributes that must be
# there, attributes that may be there, and children.
# https://github.com/jenkinsci/xunit-plugin/tree/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd
OUTCOME: tuple[set[str], set[str], set[str]] = (set(), {"type", "message"}, set())
RULES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": ({"name"}, {"time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": OUTCOME,
    "error": OUTCOME,
    "skipped": OUTCOME,
}
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def document(told: Record) -> str:
    return "".join(write(told))


def parse(told: Record) -> ET.Element:
    return ET.fromstring(document(told))  # noqa: S314 - written a line ago


def test_keeps_the_rules_of_jenkins_schema(told: Record) -> None:
    root = parse(told)
    assert root.tag == "testsuites"
    for element in root.iter():
        required, optional, children = RULES[element.tag]
        assert required <= set(element.attrib) <= required | optional, element.attrib
        assert {child.tag for child in element} <= children
        assert TIME.fullmatch(element.get("time", ""))
        if element.tag in {"testsuites", "testsuite", "properties"}:
            assert not (element.text or "").strip()


def test_what_suites_count_is_what_they_hold(told: Record) -> None:
    root = parse(told)
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == sum(case.find(tag) is not None for case in cases), suite.attrib
    for attribute in ("tests", "failures", "errors"):
        assert int(root.get(attribute, "")) == sum(int(suite.get(attribute, "")) for suite in root)


def test_a_second_library_reads_the_same() -> None:
    suites = JUnitXml.fromstring(document(record(model_events(), again)).encode())
    results = {
        suite.name.partition("::")[2]: [(case.name, [type(result) for result in case.result]) for case in suite]
        for suite in suites
    }
    denied = "ms-a -> ms-b:80 denied"
    assert results == {
        "deny-from-any": [(denied, [])],
        "mixed": [("ms-a -> ms-b:80 allowed", [Failure]), (denied, []), (f"{denied} (#2, line 6)", [Failure])],
        "lost": [(denied, [Skipped])],
        "left-out": [(denied, [Skipped]), (f"{denied} (#2, line 6)", [Skipped])],
        "empty-handed": [(denied, [])],
    }
    assert (suites.tests, suites.failures, suites.errors, suites.time) == (8, 2, 0, 1.25)


def test_a_failure_says_all_that_is_known() -> None:
    root = parse(record(model_events(), again))
    failure = root.find("testsuite[2]/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "expected allowed, the model says denied"
    text = failure.text or ""
    assert text.splitlines() == [
        "expected allowed, the model says denied",
        "at specs/tenants.nps:6:17",
        "reason: no rule of NetworkPolicy ms-b/deny-from-any allows it",
        "decided by NetworkPolicy ms-b/deny-from-any (policies/deny-from-any.yaml:3:3) for Ingress",
        "to run just this scenario again: netpolspec run 'specs/tenants.nps::mixed'",
    ]
    assert root.find("testsuite[2]/properties/property[@name='description']").get("value") == (  # type: ignore[union-attr]
        "5 < 6 & \"7\" > 'x' \N{REPLACEMENT CHARACTER}"
    )


def test_a_run_that_could_not_go_on_is_an_error_and_loses_no_test() -> None:
    suites = JUnitXml.fromstring(document(record(early_end(), again)).encode())
    assert suites.tests == 2 + 1 + 2
    by_name = {suite.name: suite for suite in suites}
    (case,) = by_name["netpolspec run"]
    assert [type(result) for result in case.result] == [Error]
    assert case.result[0].message == "the cluster is lost"
    lost = [case.result[0].message for case in by_name["specs/tenants.nps::second"]]
    assert lost == ["not run: the cluster is lost"] * 2


def test_a_scenario_that_broke_although_its_points_passed_is_an_error() -> None:
    told = scenario("odd", point())
    broke = ScenarioEnded(told, Status.BROKEN, (passed(point()),), "its world could not be taken down", 0.1)
    suites = JUnitXml.fromstring(document(record([RunStarted((told,), "kind"), broke, RunEnded(1.0)])).encode())
    assert (suites.tests, suites.errors) == (2, 1)


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("specs/tenants.nps", "deny-from-any", "specs.tenants.deny-from-any"),
        ("../up/a.b.nps", "open-to-1.2", "up.a_b.open-to-1_2"),
        ("docs/guide.md", "guide", "docs.guide.guide"),
        ("<-e>", "spec", "<-e>.spec"),
    ],
)
def test_a_class_name_splits_into_package_and_class(path: str, name: str, expected: str) -> None:
    source = Source(path, "\n" * 9)
    assert class_of(scenario(name, source=source)) == expected

"""The TAP document, against golden files and against what reads it."""

from __future__ import annotations

import dataclasses
import re
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from report.events import broken, ended, failed, passed, point, scenario

from netpolspec.backends.base import Observation, Verdict
from netpolspec.report.tap import Tap, document, escape, version_for
from netpolspec.report.yamlish import block
from netpolspec.run.events import BailedOut, RunEnded, RunStarted, ScenarioStarted, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netpolspec.report.yamlish import Value
    from netpolspec.run.events import Event, ScenarioEnded

GOLDEN = Path(__file__).parent / "golden"

YES, NO = point("ms-a -> ms-b:80 denied"), point("ms-c -> ms-b:80 allowed", because='ms-c pays: "all" of it # yes')
LIVE = Observation(
    Verdict.DROPPED,
    "denied",
    evidence=("from ms-a/client on node-1", "10 dials: all timed out"),
    attempts=4,
    converged_after_ms=2150,
    control="ms-b answers its own pod",
)


def run_of(*ends: ScenarioEnded, assumptions: tuple[str, ...] = ()) -> tuple[Event, ...]:
    started = RunStarted(tuple(end.scenario for end in ends), "model", assumptions)
    return (started, *(event for end in ends for event in (ScenarioStarted(end.scenario), end)), RunEnded(0.5))


def differing() -> ScenarioEnded:
    """A point with everything that a point can have."""
    everything = dataclasses.replace(
        failed(NO),
        observed=LIVE,
        assumptions=("ipblock-selects-pods=yes",),
        differs=("denied: ms-c/a -> ms-b/b:80 (no rule allows it)", "10.0.0.0/8: allowed"),
        probe="kubectl exec -n ms-c client -- agnhost connect 10.0.0.7:80",
    )
    return ended(scenario("three-judges", YES, NO, description=""), passed(YES, observed=LIVE), everything)


DOCUMENTS: dict[str, Sequence[Event]] = {
    "passes": run_of(ended(scenario("a", YES), passed(YES)), ended(scenario("b", YES, NO), passed(YES), passed(NO))),
    "fails": run_of(ended(scenario("a", YES, NO), passed(YES), failed(NO)), ended(scenario("b", YES), passed(YES))),
    "everything": run_of(differing(), assumptions=("hostnetwork=pod",)),
    "assumption": run_of(ended(scenario("a", YES), passed(YES, assumptions=("hostnetwork=pod",)))),
    "skipped": run_of(
        ended(scenario("a", YES, NO), status=Status.SKIPPED, reason="needs sctp: the nodes have none"),
        ended(scenario("b", YES), passed(YES)),
    ),
    "todo": run_of(
        ended(scenario("a", YES, NO, todo="wait for #12"), passed(YES), failed(NO)),
        ended(scenario("holds", YES, todo="later"), passed(YES)),
        ended(scenario("broken", YES, todo="later"), broken(YES)),
    ),
    "bailed-out": (
        *run_of(ended(scenario("a", YES, NO), broken(YES), status=Status.BROKEN, reason="lost the cluster"))[:-1],
        BailedOut("lost the\ncluster"),
        RunEnded(1.0),
    ),
    "interrupted": (*run_of(ended(scenario("a", YES), passed(YES)))[:-1], RunEnded(1.0, 15)),
    "interrupted-and-said": (*run_of()[:-1], BailedOut("interrupted"), RunEnded(1.0, 2)),
    "nothing": run_of(),
    "escapes": run_of(
        ended(scenario("hash#tag", YES, description="a \\ b # SKIP no"), passed(YES)),
        ended(scenario("lines", YES, description="one\ntwo\x1b[31m {"), passed(YES)),
    ),
}


@pytest.mark.parametrize("flat", [False, True], ids=["nested", "flat"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_is_as_its_golden_file(name: str, flat: bool, golden: Callable[[Path, str], None]) -> None:  # noqa: FBT001
    text = "".join(document(DOCUMENTS[name], flat=flat))
    golden(GOLDEN / f"{name}{'.flat' if flat else ''}.tap", text)


def test_version_is_all_that_differs_between_13_and_14() -> None:
    old, new = ("".join(document(DOCUMENTS["fails"], version)) for version in (13, 14))
    assert old.startswith("TAP version 13\n")
    assert old.removeprefix("TAP version 13\n") == new.removeprefix("TAP version 14\n")


@pytest.mark.parametrize(
    ("choice", "environ", "version"),
    [
        ("auto", {}, 14),
        ("auto", {"HARNESS_ACTIVE": "1", "HARNESS_VERSION": "3.44"}, 13),
        ("auto", {"HARNESS_ACTIVE": "1", "HARNESS_VERSION": "3.47_01"}, 13),
        ("auto", {"HARNESS_ACTIVE": "1", "HARNESS_VERSION": "3.48"}, 14),
        ("auto", {"HARNESS_ACTIVE": "1", "HARNESS_VERSION": "3.50"}, 14),
        ("auto", {"HARNESS_ACTIVE": "1", "HARNESS_VERSION": "4.00"}, 14),
        ("auto", {"HARNESS_ACTIVE": "1"}, 14),
        ("auto", {"HARNESS_VERSION": "3.44"}, 14),
        ("14", {"HARNESS_ACTIVE": "1", "HARNESS_VERSION": "3.44"}, 14),
        ("13", {}, 13),
    ],
)
def test_version_suits_the_harness(choice: str, environ: dict[str, str], version: int) -> None:
    assert version_for(choice, environ) == version


def points_of(text: str, indent: str) -> list[str]:
    return re.findall(rf"^{indent}((?:not )?ok .*)$", text, re.MULTILINE)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_plans_agree_with_the_points_that_follow(name: str) -> None:
    text = "".join(document(DOCUMENTS[name]))
    planned = re.search(r"^1\.\.(\d+)", text, re.MULTILINE)
    assert planned is not None
    assert len(points_of(text, "")) == int(planned[1])
    inner = sum(int(number) for number in re.findall(r"^    1\.\.(\d+)$", text, re.MULTILINE))
    assert len(points_of(text, "    ")) == inner
    flat = "".join(document(DOCUMENTS[name], flat=True))
    planned = re.search(r"^1\.\.(\d+)", flat, re.MULTILINE)
    assert planned is not None
    assert len(points_of(flat, "")) == int(planned[1])


# --- whatever a description holds ---------------------------------------------------------------------------------

# Text as specs can have it, with what TAP and YAML trip over well represented.
SPECIAL = "\\#{}:-'\"\n\t \u2028\x85\x1b|>&*%@`,[]?!=~\x00"
awkward = st.text(st.one_of(st.sampled_from(SPECIAL), st.characters()), max_size=40)


def read_description(line: str) -> tuple[str, str | None]:
    """A description and its directive, as node's tap-parser and TAP::Parser split them: at the first bare ` #`."""
    match = re.fullmatch(r"(?:not )?ok \d+ - ((?:\\.|[^\\#])*)(?:# (SKIP|TODO)(.*))?", line)
    assert match is not None, line
    return re.sub(r"\\(.)", r"\1", match[1]), match[2]


@given(awkward)
def test_any_description_stays_one_line_that_reads_back(text: str) -> None:
    tested = dataclasses.replace(YES, source_text=text)
    lines = "".join(Tap(flat=True).text(ended(scenario("s", tested), passed(tested)))).splitlines()
    assert len(lines) == 1
    description, directive = read_description(lines[0])
    assert directive is None
    shown = "".join(" " if c.isspace() else c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    readable = "".join("\N{REPLACEMENT CHARACTER}" if not (c.isprintable() or c.isspace()) else c for c in description)
    assert re.sub(r"\s", " ", readable).rstrip() == f"s: {shown} -> ms-b:80 denied"


@given(awkward)
def test_any_reason_stays_behind_its_directive(reason: str) -> None:
    end = ended(scenario("s", YES, description=""), status=Status.SKIPPED, reason=reason)
    lines = "".join(Tap().text(end)).splitlines()
    assert len(lines) == 1
    assert read_description(lines[0]) == ("s ", "SKIP")


@given(awkward)
def test_nothing_ends_in_a_brace_that_would_open_a_subtest(text: str) -> None:
    assert not escape(text + " {").rstrip().endswith("{")


# --- YAML ---------------------------------------------------------------------------------------------------------

# What YAML can hold at all: no lone surrogates.
WORDS = ["", "yes", "No", "null", "~", "1e3", "0x1f", "12:30", "2026-01-01", "<<", "=", "- a", "a: b", "a:", "#"]
textual = st.sampled_from(WORDS) | st.text(
    st.one_of(st.sampled_from(SPECIAL), st.characters(exclude_categories=["Cs"])), max_size=20
)
values = st.recursive(
    textual | st.integers(0, 10**9),
    lambda inner: (
        st.lists(textual, min_size=1, max_size=3)
        | st.lists(st.dictionaries(st.sampled_from(["policy", "rule"]), textual, min_size=1), min_size=1, max_size=2)
        | st.dictionaries(st.sampled_from(["file", "line", "at"]), inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["message", "severity", "found"]), values, min_size=1))
def test_any_diagnostics_read_back_as_yaml(facts: dict[str, Value]) -> None:
    text = block(facts, "  ")
    assert yaml.safe_load(text) == facts


def in_perl(line: str) -> bool:
    """Whether Test::Harness's small YAML reader takes a list's line for a scalar, as it is meant."""
    return re.match(r"- \S+\s*:(?:\s|$)", line.strip()) is None


@given(st.lists(textual, min_size=1, max_size=5))
def test_list_items_are_no_mappings_for_test_harness(items: list[str]) -> None:
    assert all(in_perl(line) for line in block({"differs": items}, "").splitlines()[1:])


# --- size ---------------------------------------------------------------------------------------------------------


def test_a_large_scenario_is_written_in_pieces() -> None:
    count = 20_000
    big = ended(scenario("big", *([YES] * count)), *([passed(YES)] * count))
    tracemalloc.start()
    lines = sum(text.count("\n") for text in Tap().text(big))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines == count + 3
    assert peak < 1_000_000

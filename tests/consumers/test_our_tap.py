"""What netpolspec writes, read by those who read TAP for a living: counts, names, SKIP, TODO and Bail out agree."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.model import ModelBackend
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Input
from netpolspec.report.tap import TAP13, TAP14, document
from netpolspec.run.runner import RunOptions, run
from netpolspec.signals import Interrupted
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consumers.prove import Prove
    from consumers.reading import Consumer

    from netpolspec.plan.model import Change, Point

SPECS = Path(__file__).parent.parent.parent / "specs"
MIXED = """\
world:
	given namespace a
	given namespace b
	given pod x in b app=x port 80

## Holds; its name has a \\ and a # in it.
good: world ; expect a, b -> b/x:80 allowed
bad: world ; expect a -> b/x:80 allowed ; expect b -> b/x:80 denied
after-bad: bad ; expect a -> b/x:80 allowed
left-out: world ; skip "not now, later" ; expect a -> b/x:80 allowed
some-day: world ; todo "waits for 42" ; expect a -> b/x:80 denied
by-now: world ; todo "holds already" ; expect a -> b/x:80 allowed
""".replace("## Holds; its name has a \\ and a # in it.", "## Holds; back\\\\slash.")


class LosesItsWorld(ModelBackend):
    """Fails as a cluster does that goes away in the middle of a run."""

    def __init__(self) -> None:
        self.changes = 0

    def apply(self, change: Change, points: Sequence[Point]) -> None:
        self.changes += 1
        if self.changes > 2:
            raise WorldFailed("the cluster is gone: connection refused")
        super().apply(change, points)


def write(text: str, version: int, *, backend: ModelBackend | None = None, flat: bool = False) -> str:
    """The TAP of a spec."""
    plan, diagnostics = analyze([Input(Source("spec.nps", text), Path())], Options())
    assert plan is not None, diagnostics
    events = run(plan.scenarios, backend or ModelBackend(), RunOptions())
    return "".join(document(events, version, flat=flat))


def version_for(consumer: Consumer) -> int:
    """TAP 14 for those that know it, as `--tap auto` decides."""
    program = consumer.read("1..1\nok 1\n").program
    return TAP13 if program.startswith("Test::Harness") and program < "Test::Harness 3.48" else TAP14


def test_counts_names_skip_and_todo(consumer: Consumer) -> None:
    reading = consumer.read(write(MIXED, version_for(consumer)))
    assert not reading.passed
    assert reading.errors == ()
    assert reading.planned == 6
    assert reading.count() == {"passed": 1, "failed": 1, "skip": 2, "todo": 2}
    assert [name.partition(":")[0].strip() for name in reading.names()] == [
        "good",
        "bad",
        "after-bad",
        "left-out",
        "some-day",
        "by-now",
    ]
    assert reading.points[2].skip == "prerequisite 'bad' failed"
    assert reading.points[3].skip == "not now, later"
    assert [point.todo for point in reading.points[4:]] == ["waits for 42", "holds already"]
    if consumer.reads_subtests:
        children = reading.points[1].children
        assert [(child.ok, child.name) for child in children] == [
            (True, "a -> b/x:80 allowed"),
            (False, "b -> b/x:80 denied"),
        ]
        diagnostics = children[1].diagnostics
        assert diagnostics is not None
        assert diagnostics["message"] == "expected denied, the model says allowed"
        assert diagnostics["at"] == {"file": "spec.nps", "line": 8, "column": 50}


def test_a_run_without_failures_is_green(consumer: Consumer) -> None:
    text = MIXED.replace("b -> b/x:80 denied", "b -> b/x:80 allowed")
    reading = consumer.read(write(text, version_for(consumer)))
    assert reading.passed
    assert reading.count()["failed"] == 0


def test_flat_gives_every_point_to_those_that_pass_over_subtests(consumer: Consumer) -> None:
    reading = consumer.read(write(MIXED, version_for(consumer), flat=True))
    assert reading.errors == ()
    assert reading.planned == 8
    assert reading.count()["failed"] == 1
    assert "bad: b -> b/x:80 denied" in reading.names()


def test_a_cluster_that_goes_away_is_a_bail_out(consumer: Consumer) -> None:
    reading = consumer.read(write(MIXED, version_for(consumer), backend=LosesItsWorld()))
    assert not reading.passed
    assert reading.bail_out == "the cluster is gone: connection refused"
    assert [point.ok for point in reading.points][:1] == [True]


def test_nothing_to_run_is_a_skip(consumer: Consumer) -> None:
    reading = consumer.read(write("world:\n\tgiven namespace a\n", version_for(consumer)))
    assert reading.passed
    assert reading.skipped == "no scenarios"


def test_prove_runs_the_specs(prove: Prove, netpolspec: Path, tmp_path: Path) -> None:
    """`prove -e 'netpolspec run' specs/*.nps`, out of the box, with either generation; each file is a process."""
    shutil.copytree(SPECS, tmp_path / "specs")
    files = sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "specs").glob("*-any.nps"))
    assert len(files) > 1
    done = prove.run(f"{netpolspec} run", files, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Files={len(files)}," in done.stdout
    assert "Result: PASS" in done.stdout


def test_prove_tells_a_failure(prove: Prove, netpolspec: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.nps").write_text(MIXED)
    done = prove.run(f"{netpolspec} run", ["bad.nps"], tmp_path)
    assert done.returncode == 1
    assert "Failed test:  2" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_in_a_bail_out(consumer: Consumer, number: signal.Signals) -> None:
    plan, _ = analyze([Input(Source("spec.nps", MIXED), Path())], Options())
    assert plan is not None
    events = run(plan.scenarios, ModelBackend(), RunOptions())
    seen = [next(events), next(events), next(events)]
    seen += [events.throw(Interrupted(number)), *events]
    reading = consumer.read("".join(document(seen, version_for(consumer))))
    assert not reading.passed
    assert reading.bail_out is not None
    assert "interrupted" in reading.bail_out
    assert reading.points[0].ok

"""Runs to write reports of, and a folder to write them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from program import Ended, execute
from report.events import broken, ended, failed, passed, point, scenario
from reports.live_run import events as live_events

from netpolspec.report.record import record
from netpolspec.run.events import BailedOut, RunEnded, RunStarted, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from netpolspec.plan.model import Scenario
    from netpolspec.report.record import Record
    from netpolspec.run.events import Event

SPEC = """\
world:
	given namespace ms-a namespace=ms-a
	given namespace ms-b namespace=ms-b
	given deployment nginx in ms-b app=nginx port 80

## Nobody gets in.
deny-from-any: world
	given policy deny-from-any in ms-b
	expect ms-a -> ms-b:80 denied

## Wrong on purpose.
mistaken: world
	given policy deny-from-any in ms-b
	expect ms-a -> ms-b:80 allowed because "it <pays> & waits"
"""


def again(told: Scenario) -> str:
    return f"netpolspec run '{told.file}::{told.name}'"


def model_events() -> list[Event]:
    first = scenario("deny-from-any", point())
    second = scenario(
        "mixed", point("ms-a -> ms-b:80 allowed"), point(), point(), description="5 < 6 & \"7\" > 'x' \x07"
    )
    third = scenario("lost", point(), todo="one day")
    fourth = scenario("left-out", point(), point())
    fifth = scenario("empty-handed", point(), todo="now it holds")
    return [
        RunStarted((first, second, third, fourth, fifth), "model", ("icmp=allowed",)),
        ended(first, passed(point())),
        ended(second, failed(point("ms-a -> ms-b:80 allowed")), passed(point()), failed(point())),
        ended(third, failed(point())),
        ended(fourth, status=Status.SKIPPED, reason="needs sctp: there is none, says C:\\x"),
        ended(fifth, passed(point())),
        RunEnded(1.25),
    ]


def early_end() -> list[Event]:
    first, second = scenario("first", point(), point("ms-c -> ms-b:80 allowed")), scenario("second", point(), point())
    return [
        RunStarted((first, second), "kind"),
        ended(first, broken(point()), status=Status.BROKEN, reason="the API server\nwent away: 100%"),
        BailedOut("the cluster is lost"),
        RunEnded(3.0, 15),
    ]


def live_run() -> list[Event]:
    return list(live_events())


def nothing() -> list[Event]:
    return [RunStarted((), "model"), RunEnded(0.0)]


RUNS: dict[str, Callable[[], list[Event]]] = {
    "model": model_events,
    "live": live_run,
    "early end": early_end,
    "nothing": nothing,
}


@pytest.fixture(params=RUNS)
def events(request: pytest.FixtureRequest) -> list[Event]:
    """The events of each kind of run."""
    return RUNS[request.param]()


@pytest.fixture
def told(events: list[Event]) -> Record:
    """Each kind of run, recorded."""
    return record(events, again)


class Folder:
    """A folder with a spec of two scenarios, one of which fails, as the current folder."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys

    def run(self, *arguments: str) -> Ended:
        """Run netpolspec."""
        return execute(self._capsys, *arguments)

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def read(self, name: str) -> str:
        return (self.path / name).read_text("utf-8")

    def names(self) -> set[str]:
        """Every file in it, to see that nothing was left behind."""
        return {str(path.relative_to(self.path)) for path in self.path.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Folder:
    for name in ("HARNESS_ACTIVE", "GITHUB_WORKSPACE", "NETPOLSPEC_REPORT", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    made = Folder(tmp_path, capsys)
    made.write("pyproject.toml", "")
    made.write("specs/tenants.nps", SPEC)
    return made

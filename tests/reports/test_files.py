"""`--report FORMAT=PATH` on the command line: where reports go, what is refused, and that none is half a file."""

from __future__ import annotations

import json
import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from netpolspec.cli.outputs import replace_file
from netpolspec.cli.reports import STREAMED, WRITERS
from netpolspec.setting_table import REPORTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.conftest import Folder

FILES = {"specs/tenants.nps", "pyproject.toml"}


def test_every_format_has_a_writer() -> None:
    assert {*WRITERS, STREAMED} == set(REPORTS)


def test_all_formats_at_once_beside_tap(folder: Folder) -> None:
    wanted = [part for name in REPORTS for part in ("--report", f"{name}=out/deep/report.{name}")]
    plain, ran = folder.run("run"), folder.run("run", *wanted)
    assert ran == plain
    assert ran.status == 1
    assert folder.names() == FILES | {f"out/deep/report.{name}" for name in REPORTS}
    assert all("mistaken" in folder.read(f"out/deep/report.{name}") for name in REPORTS)


def test_annotations_may_go_to_standard_error(folder: Folder) -> None:
    ran = folder.run("run", "-q", "--report", "github=-")
    assert ran.err.startswith("::error file=specs/tenants.nps,line=14,")
    assert "::error" not in ran.out


def test_annotations_start_at_the_root_of_the_checkout(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder.path))
    monkeypatch.chdir(folder.path / "specs")
    ran = folder.run("run", "-q", "tenants.nps", "--report", "github=-")
    assert "::error file=specs/tenants.nps,line=14," in ran.err


@pytest.mark.parametrize(
    ("argument", "message", "hint"),
    [
        ("junit", "'--report' says no file for 'junit'", "write 'junit=FILE'"),
        ("junit=", "'--report' says no file for 'junit'", "write 'junit=FILE'"),
        ("jnit=x.xml", "'--report' has no format 'jnit'", "did you mean 'junit'?"),
        (
            "report.html",
            "'--report' has no format 'report.html'",
            "there are junit, json, jsonl, html, markdown, github",
        ),
        ("json=-", "the report 'json' needs a file: standard output is for TAP", "only 'github=-' can be"),
        ("html=specs", "cannot write the report 'specs': it is a folder", "name a file in it"),
        ("html=specs/tenants.nps", "the report 'specs/tenants.nps' would overwrite a spec", "name another file"),
        ("html=./specs/../specs/tenants.nps", "would overwrite a spec", "name another file"),
        ("html=pyproject.toml/x.html", "'pyproject.toml/x.html': what should be its folder is none", "error"),
        ("jsonl=/dev/full/x", "cannot write the report '/dev/full/x': what should be its folder is none", "error"),
    ],
)
def test_what_cannot_be_is_one_message_before_anything_runs(
    folder: Folder, argument: str, message: str, hint: str
) -> None:
    before = folder.read("specs/tenants.nps")
    ran = folder.run("run", "--report", argument)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
    assert hint in ran.err
    assert ran.err.count("error: ") == 1
    assert folder.names() == FILES
    assert folder.read("specs/tenants.nps") == before


def test_two_reports_in_one_file(folder: Folder) -> None:
    ran = folder.run("run", "--report", "html=a", "--report", "json=./a")
    assert ran.status == 2
    assert "two reports cannot both be written to './a'" in ran.err


def test_a_wrong_spec_leaves_the_old_report_alone(folder: Folder) -> None:
    folder.write("old.html", "old")
    folder.write("specs/tenants.nps", "nonsense here\n")
    assert folder.run("run", "--report", "html=old.html").status == 2
    assert folder.read("old.html") == "old"


def test_the_setting(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("pyproject.toml", '[tool.netpolspec]\nreport = ["junit=out/junit.xml", "github=-"]\n')
    monkeypatch.chdir(folder.path / "specs")
    ran = folder.run("run", "-q", "tenants.nps")
    assert "::error " in ran.err
    assert folder.read("out/junit.xml").startswith("<?xml")


def test_the_environment_and_what_wins(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("pyproject.toml", '[tool.netpolspec.report]\njunit = "project.xml"\n')
    monkeypatch.setenv("NETPOLSPEC_REPORT", "junit=env.xml,json=env.json")
    folder.run("run")
    assert folder.names() - FILES == {"env.xml", "env.json"}
    folder.run("run", "--report", "html=own.html")
    assert folder.names() - FILES == {"env.xml", "env.json", "own.html"}


def test_lines_come_as_things_happen(folder: Folder) -> None:
    """A pipe's reader gets the events; a pipe is not replaced by a file."""
    os.mkfifo(folder.path / "pipe")
    got: list[str] = []

    def read() -> None:
        with (folder.path / "pipe").open(encoding="utf-8") as stream:
            got.extend(json.loads(line)["event"] for line in stream)

    reader = threading.Thread(target=read)
    reader.start()
    folder.run("run", "--report", "jsonl=pipe")
    reader.join(10)
    assert got == ["run-started", *["scenario-started", "scenario-ended"] * 2, "run-ended"]
    assert stat.S_ISFIFO((folder.path / "pipe").stat().st_mode)


def test_a_disk_that_is_full_is_told_and_the_others_are_written(folder: Folder) -> None:
    ran = folder.run("run", "--report", "html=/dev/full", "--report", "junit=junit.xml", "-k", "deny-from-any")
    assert ran.status == 3
    assert "cannot write the report '/dev/full': no space left on device" in ran.err
    assert ran.out.startswith("TAP version")
    assert folder.read("junit.xml").endswith("</testsuites>\n")


def test_nothing_is_written_where_nothing_is_run(folder: Folder) -> None:
    for option in ("--list", "--dry-run"):
        assert folder.run("run", option, "--report", "html=x.html").status == 0
    assert folder.names() == FILES


class TestReplaceFile:
    def test_a_failure_in_the_middle_leaves_the_old_one(self, tmp_path: Path) -> None:
        path = tmp_path / "report"
        path.write_text("old")

        def text() -> Iterator[str]:
            yield "new, but "
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            replace_file(path, text())
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    def test_modes_and_links_stay(self, tmp_path: Path) -> None:
        real, link = tmp_path / "real", tmp_path / "link"
        real.write_text("old")
        real.chmod(0o640)
        link.symlink_to(real)
        replace_file(link, ["new"])
        assert link.is_symlink()
        assert real.read_text() == "new"
        assert stat.S_IMODE(real.stat().st_mode) == 0o640

    def test_a_new_file_has_the_usual_mode(self, tmp_path: Path) -> None:
        mask = os.umask(0o027)
        try:
            replace_file(tmp_path / "new", ["text"])
        finally:
            os.umask(mask)
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640

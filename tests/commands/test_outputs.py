"""`-o FILE`: what may be written over, what a name says of the form, and where a file cannot take something's place."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from commands.conftest import Project

SHOW = ("show", "specs/tenants.nps::deny-from-any")
DOC = ("doc", "specs/tenants.nps")
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: a, image: b}]}\n"

both = pytest.mark.parametrize("command", [SHOW, DOC], ids=["show", "doc"])


def test_one_is_one(project: Project) -> None:
    one = "q: world ; expect ms-a -> ms-b:80 allowed\n"
    project.write("specs/one.nps", one)
    assert "1 test point in 1 scenario: 1 passed." in project.run("doc", "specs/one.nps").out
    project.write("specs/one.nps", one.replace("ms-a", "ms-a, ms-c"))
    assert "2 test points in 1 scenario: 2 passed." in project.run("doc", "specs/one.nps").out


@pytest.mark.parametrize("command", ["run", "matrix", "plan-check", "render", "explain", "status", "doctor"])
@pytest.mark.parametrize("option", [["-o", "x"], ["--output=x"]])
def test_where_standard_output_is_all_there_is(project: Project, command: str, option: list[str]) -> None:
    ran = project.run(command, *option)
    assert (ran.status, ran.out) == (2, "")
    name = option[0].partition("=")[0]
    hint = f"'netpolspec {command}' writes to standard output: '> FILE' behind it"
    assert ran.err == f"error: unknown option '{name}'\n  = help: {hint}\n"


@both
@pytest.mark.parametrize("status", [0, 3])
def test_a_device_stays_one(project: Project, command: tuple[str, ...], status: int) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root makes devices")
    minor = 3 if status == 0 else 7  # /dev/null and /dev/full
    device = project.folder / "device"
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, minor))
        device.open("wb").close()
    except OSError:
        pytest.skip("no devices can be made here")
    ran = project.run(*command, "-o", "device")
    assert (ran.status, ran.out) == (status, "")
    assert ("cannot write 'device': no space left on device" in ran.err) == (status == 3)
    assert stat.S_ISCHR(device.stat().st_mode)


@both
def test_a_pipe_stays_one(project: Project, command: tuple[str, ...]) -> None:
    os.mkfifo(project.folder / "pipe")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append((project.folder / "pipe").read_text("utf-8")))
    reader.start()
    assert project.run(*command, "-o", "pipe").status == 0
    reader.join(10)
    assert stat.S_ISFIFO((project.folder / "pipe").stat().st_mode)
    assert got == [project.run(*command).out]


@both
def test_a_line_is_standard_output(project: Project, command: tuple[str, ...]) -> None:
    before = sorted(project.folder.iterdir())
    assert project.run(*command, "-o", "-") == project.run(*command)
    assert sorted(project.folder.iterdir()) == before


@pytest.mark.parametrize("command", [(*SHOW, "-o"), (*DOC, "-o")], ids=["show", "doc"])
def test_pipes_without_a_path_of_their_own(project: Project, netpolspec: Path, command: tuple[str, ...]) -> None:
    """What /dev/stdout and a shell's `>(...)` lead to can be opened, but it cannot be found by following the links."""
    wanted = project.run(*command[:-1]).out
    ran = subprocess.run([netpolspec, *command, "/dev/stdout"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, wanted, "")
    assert _through_a_pipe(netpolspec, command) == wanted


def test_a_report_to_a_pipe_without_a_path_of_its_own(project: Project, netpolspec: Path) -> None:
    told = _through_a_pipe(netpolspec, ("run", "specs/tenants.nps", "--report"), "junit=")
    assert told.startswith("<?xml")
    ran = subprocess.run(
        [netpolspec, "run", "--report", "html=/dev/stdout"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "cannot write the report '/dev/stdout': standard output is for TAP" in ran.stderr
    assert project.folder.is_dir()


def _through_a_pipe(netpolspec: Path, command: tuple[str, ...], prefix: str = "") -> str:
    reading, writing = os.pipe()
    got: list[str] = []

    def read() -> None:
        with open(reading, encoding="utf-8") as stream:  # noqa: PTH123 - a handle
            got.append(stream.read())

    reader = threading.Thread(target=read)
    reader.start()
    arguments = [str(netpolspec), *command, f"{prefix}/dev/fd/{writing}"]
    ran = subprocess.run(arguments, pass_fds=[writing], capture_output=True, check=False)
    os.close(writing)
    reader.join(10)
    assert (ran.returncode, ran.stderr) == (0, b"")
    return got[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("doc", "page.md", "-o", "page.md"), "'page.md' would overwrite a spec"),
        (("doc", "page.md", "-o", "./specs/../page.md"), "would overwrite a spec"),
        (("doc", "spec", "-o", "spec"), "'spec' would overwrite a spec"),
        (("show", "page.md", "--format", "mermaid", "-o", "link"), "'link' would overwrite a spec"),
        (("show", "manifest", "-o", "manifest"), "'manifest' would overwrite what is drawn"),
        ((*DOC, "-o", "specs"), "cannot write 'specs': it is a folder"),
        ((*SHOW, "-o", "page.md/x.svg"), "cannot write 'page.md/x.svg': what should be its folder is none"),
    ],
)
def test_what_is_read_is_not_written_over(project: Project, arguments: tuple[str, ...], message: str) -> None:
    spec = "world:\n\tgiven namespace a\n\tgiven pod p in a port 80\nfirst: world\n\texpect a -> a:80 allowed\n"
    project.write("page.md", f"# Page\n\n```nps\n{spec}```\n")
    project.write("spec", spec)
    project.write("manifest", POD)
    (project.folder / "link").symlink_to("page.md")
    before = {path: path.read_bytes() for path in project.folder.rglob("*") if path.is_file()}
    ran = project.run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
    assert {path: path.read_bytes() for path in project.folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        ((*SHOW, "-o", "a.svg"), "<svg"),
        ((*SHOW, "-o", "a.MMD"), "flowchart"),
        ((*SHOW, "-o", "a.mermaid"), "flowchart"),
        ((*SHOW, "-o", "a.txt"), "<svg"),
        ((*SHOW, "-o", "a.v2", "--format", "mermaid"), "flowchart"),
        ((*DOC, "-o", "a.md"), "# what"),
        ((*DOC, "-o", "a"), "# what"),
        ((*DOC, "-o", "a", "--html"), "<!doctype html>"),
        ((*DOC, "-o", "a.html"), "<!doctype html>"),
        ((*DOC, "-o", "a.html", "--html"), "<!doctype html>"),
    ],
)
def test_the_form_follows_the_name(project: Project, arguments: tuple[str, ...], begins: str) -> None:
    assert project.run(*arguments).status == 0
    text = (project.folder / arguments[3]).read_text("utf-8")
    assert text.lower().startswith(begins), text[:80]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ((*SHOW, "-o", "a.png"), "'a.png' is no name for a file in svg or mermaid", ".svg, .mmd, .mermaid"),
        ((*SHOW, "-o", "x.nps"), "'x.nps' is no name for a file in svg or mermaid", ".svg, .mmd, .mermaid"),
        ((*SHOW, "-o", "a.mmd", "--format", "svg"), "'a.mmd' is no name for a file in svg", "one of .svg"),
        ((*DOC, "-o", "a.pdf"), "'a.pdf' is no name for a file in markdown or html", ".md, .markdown, .html, .htm"),
        ((*DOC, "-o", "a.md", "--html"), "'a.md' is no name for a file in html", ".html, .htm"),
        ((*DOC, "-o", "x.nps"), "'x.nps' is no name for a file in markdown or html", ".md, .markdown, .html, .htm"),
    ],
)
def test_a_name_for_something_else(project: Project, arguments: tuple[str, ...], message: str, hint: str) -> None:
    ran = project.run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
    assert hint in ran.err
    assert not (project.folder / arguments[3]).exists()

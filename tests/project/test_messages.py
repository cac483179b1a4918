"""docs/messages/ has a page for every code of a diagnostic, and each example there provokes it.

An example is a block that is called `wrong`, behind which stands what is drawn, or a console; `pytest --update-golden`
writes both. Blocks with the name of a file lie beside it.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from docs.pages import ROOT, find_blocks
from docs.reader import Reader
from docs.treatments import show_console
from project.codes import find_codes
from project.message_drawn import DRAWN
from project.message_pages import INDEX, PAGES, Example, find_consoles, find_examples, summary
from project.message_scenes import SCENES, Stage

from netpolspec.cli import terminal
from netpolspec.cli.main import main
from netpolspec.diagnostics import Diagnostic, render
from netpolspec.lint.catalog import LINTS
from netpolspec.report import summary as summary_for_people

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.checkout

COMMANDS = {
    "nps": ("example.nps", ["check", "example.nps"]),
    "yaml": ("example.yaml", ["matrix", "example.yaml"]),
    "hcl": ("module/main.tf", ["check", "-e", "given terraform module"]),
    "toml": ("pyproject.toml", ["check", "-e", "given namespace a"]),
}
EXAMPLES = {example.name: example for example in find_examples()}
CONSOLES = {code: (consoles, files) for code, consoles, files in find_consoles()}
ROW = re.compile(r"^\| \[([\w-]+)\]\(\1\.md\) \| (.+) \|$", re.MULTILINE)


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Diagnostic]:
    """The diagnostics that the commands of a test draw, in a folder of its own."""
    drawn: list[Diagnostic] = []

    def record(diagnostic: Diagnostic, *, color: bool = False) -> str:
        drawn.append(diagnostic)
        return render(diagnostic, color=color)

    for module in (terminal, summary_for_people):
        monkeypatch.setattr(module, "render", record)
    monkeypatch.chdir(tmp_path)
    return drawn


@pytest.fixture
def reader(tmp_path: Path, netpolspec: Path, pytestconfig: pytest.Config) -> Reader:
    """Somebody who types in the folder of the test."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NETPOLSPEC_TERRAFORM": "static"}
    return Reader(tmp_path, netpolspec.parent, environ, update=bool(pytestconfig.getoption("--update-golden")))


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    codes = find_codes((ROOT / "netpolspec").rglob("*.py"))
    assert PAGES.keys() - codes == set()
    assert codes - PAGES.keys() - LINTS.keys() == set(), "lints have pages of their own, in docs/lints/"
    for code, page in PAGES.items():
        assert page.read_text("utf-8").startswith(f"# {code}\n\n")


def test_every_page_shows_what_it_is_about() -> None:
    shown = {example.code for example in EXAMPLES.values()} | CONSOLES.keys()
    assert PAGES.keys() - shown == DRAWN.keys()
    assert SCENES.keys() - CONSOLES.keys() == set()


def test_the_index_has_every_page(golden: Callable[[Path, str], None]) -> None:
    text = INDEX.read_text("utf-8")
    assert sorted(code for code, _ in ROW.findall(text)) == sorted(PAGES)
    for table in re.findall(r"(?:^\| \[.*\n)+", text, re.MULTILINE):
        codes = [code for code, _ in ROW.findall(table)]
        assert codes == sorted(codes)
    golden(INDEX, ROW.sub(lambda row: f"| [{row[1]}]({row[1]}.md) | {summary(row[1])} |", text))


@pytest.mark.parametrize(
    "source",
    [
        'Diagnostic("found", "message")',
        'Diagnostic(message="message", code="found")',
        'Diagnostic("found" if it else "found", "message")',
        'prefix = "nd"\nDiagnostic(f"fou{prefix}", "message")',
        'TABLE: Rows = (("pattern", "found"),)\nfor _, code in TABLE: Diagnostic(code, "message")',
        'class Failed(Exception):\n    def __init__(self, message: str, *, code: str = "found") -> None: ...',
        'def add(self, code: str, message: str) -> None: ...\nproblems.add("found", "message")\nnames.add("other")',
    ],
)
def test_a_code_is_found_however_it_is_given(source: str, tmp_path: Path) -> None:
    definition = "class Diagnostic:\n    code: str\n    message: str\n"
    (tmp_path / "module.py").write_text(definition + source, "utf-8")
    assert find_codes([tmp_path / "module.py"]) == {"found"}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_gets_its_message(
    example: Example, said: list[Diagnostic], tmp_path: Path, golden: Callable[[Path, str], None]
) -> None:
    for file in example.files:
        _write(tmp_path / str(file.file), file.text)
    if example.block.language == "sh":
        for line in example.block.text.splitlines():
            program, *arguments = line.split()
            assert program == "netpolspec"
            main(arguments)
    else:
        name, command = COMMANDS[example.block.language]
        _write(tmp_path / name, example.block.text)
        main(command)
    drawn = [diagnostic for diagnostic in said if diagnostic.code == example.code]
    assert drawn, [(diagnostic.code, diagnostic.message) for diagnostic in said]
    page = PAGES[example.code]
    shown = f"```text\n{render(drawn[0])}\n```\n"
    before = f"```text\n{example.drawn.text}```\n" if example.drawn is not None else ""
    wrong = f"{example.block.text}```\n"
    text = page.read_text("utf-8")
    assert text.count(wrong + f"\n{before}" * bool(before)) == 1
    golden(page, text.replace(wrong + f"\n{before}" * bool(before), f"{wrong}\n{shown}"))


@pytest.mark.parametrize("code", CONSOLES)
def test_a_console_shows_its_message(
    code: str, said: list[Diagnostic], reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    consoles, files = CONSOLES[code]
    for file in files:
        reader.write(str(file.file), file.text)
    with ExitStack() as stack:
        if code in SCENES:
            SCENES[code](Stage(reader, monkeypatch, stack))
        stack.callback(reader.update_page)
        for console in consoles:
            show_console(console, reader)
    assert code in {diagnostic.code for diagnostic in said}


@pytest.mark.parametrize("code", DRAWN)
def test_a_message_that_cannot_be_provoked_is_as_it_is_made(code: str, golden: Callable[[Path, str], None]) -> None:
    made = DRAWN[code]()
    assert made.code == code
    page = PAGES[code]
    (block,) = find_blocks(page)
    text = page.read_text("utf-8")
    golden(page, text.replace(f"```text\n{block.text}```\n", f"```text\n{render(made)}\n```\n"))


def test_blocks_are_examples_files_or_what_is_drawn() -> None:
    drawn = {example.drawn.name for example in EXAMPLES.values() if example.drawn is not None}
    for code, page in PAGES.items():
        for block in find_blocks(page) if code not in DRAWN else ():
            known = block.is_wrong or block.file is not None or block.language == "console" or block.name in drawn
            assert known, block.name


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")

"""docs/messages/ has a heading for every code of a diagnostic, and each example there provokes it.

An example is a block that is called `wrong`; blocks with the name of a file lie beside it. Behind it stands what is
drawn, which `pytest --update-golden` writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from project.codes import find_codes

from netpolspec.cli import terminal
from netpolspec.cli.main import main
from netpolspec.diagnostics import Diagnostic, render
from netpolspec.lint.catalog import LINTS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs/messages").glob("*.md"))
BLOCK = re.compile(
    r"^```(?P<language>\w+)(?: (?P<name>\S+))?\n(?P<text>.*?)^```\n(?P<drawn>\n```text\n.*?^```\n)?",
    re.DOTALL | re.MULTILINE,
)
COMMANDS = {
    "nps": ("example.nps", ["check", "example.nps"]),
    "yaml": ("example.yaml", ["matrix", "example.yaml"]),
    "hcl": ("module/main.tf", ["check", "-e", "given terraform module"]),
    "toml": ("pyproject.toml", ["check", "-e", "given namespace a"]),
}


@dataclass(frozen=True)
class Example:
    """One example of a page."""

    page: Path
    code: str
    language: str
    text: str
    files: tuple[tuple[str, str], ...]
    """What lies beside it: those of the page's head, and those of its own section."""
    end: int
    """Where what is drawn belongs on the page."""
    drawn: str
    """What the page shows."""

    def run(self, folder: Path) -> list[int]:
        """Run it in a folder that is the current one; the exit statuses."""
        for name, text in self.files:
            _write(folder / name, text)
        if self.language == "sh":
            return [main(_words(line)) for line in self.text.splitlines()]
        name, command = COMMANDS[self.language]
        _write(folder / name, self.text)
        return [main(command)]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _words(line: str) -> list[str]:
    program, *arguments = line.split()
    assert program == "netpolspec"
    return arguments


def sections(page: Path) -> Iterator[tuple[str, int, str]]:
    """The code of each section, where its text begins, and the text; the head has no code."""
    text = page.read_text("utf-8")
    titles = re.finditer(r"^## (.*)\n", text, re.MULTILINE)
    heads = [(0, 0, ""), *((each.start(), each.end(), each[1]) for each in titles)]
    ends = [start for start, _, _ in heads[1:]] + [len(text)]
    for (_, start, code), end in zip(heads, ends, strict=True):
        yield code, start, text[start:end]


def examples() -> Iterator[Example]:
    for page in PAGES:
        common: tuple[tuple[str, str], ...] = ()
        for code, start, text in sections(page):
            blocks = list(BLOCK.finditer(text))
            files = tuple((each["name"], each["text"]) for each in blocks if each["name"] not in {None, "wrong"})
            common = common if code else files
            for each in blocks:
                if each["name"] == "wrong":
                    end = start + each.end("text") + len("```\n")
                    yield Example(page, code, each["language"], each["text"], common + files, end, each["drawn"] or "")


EXAMPLES = list(examples())


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Diagnostic]:
    """The diagnostics that the commands of a test draw, in a folder of its own."""
    drawn: list[Diagnostic] = []

    def record(diagnostic: Diagnostic, *, color: bool = False) -> str:
        drawn.append(diagnostic)
        return render(diagnostic, color=color)

    monkeypatch.setattr(terminal, "render", record)
    monkeypatch.chdir(tmp_path)
    return drawn


def test_every_code_has_a_heading_and_every_heading_a_code() -> None:
    headings = [code for page in PAGES for code, _, _ in sections(page) if code and page.name != "README.md"]
    codes = find_codes((ROOT / "netpolspec").rglob("*.py"))
    assert len(headings) == len(set(headings))
    assert set(headings) - codes == set()
    assert codes - set(headings) - LINTS.keys() == set(), "lints have pages of their own, in docs/lints/"


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_headings_are_in_order(page: Path) -> None:
    headings = [code for code, _, _ in sections(page)]
    assert headings == sorted(headings)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.page.stem}-{example.code}")
def test_an_example_gets_its_message(
    example: Example, said: list[Diagnostic], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    example.run(tmp_path)
    drawn = [diagnostic for diagnostic in said if diagnostic.code == example.code]
    assert drawn, [(diagnostic.code, diagnostic.message) for diagnostic in said]
    block = f"\n```text\n{render(drawn[0])}\n```\n"
    if pytestconfig.getoption("--update-golden") and block != example.drawn:
        text = example.page.read_text("utf-8")
        at = text.index(f"\n## {example.code}\n") + text[text.index(f"\n## {example.code}\n") :].index(example.text)
        at += len(example.text) + len("```\n")
        text = text[:at] + block + text[at:].removeprefix(example.drawn)
        example.page.write_text(text, "utf-8")
    else:
        assert block == example.drawn, f"differs from {example.page}; if it should: pytest --update-golden"

"""The examples of docs/language.md: whole specs that hold on the model, and wrong ones with their message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netpolspec.cli.main import main

pytestmark = pytest.mark.checkout

LANGUAGE = Path(__file__).resolve().parents[2] / "docs" / "language.md"
BLOCK = re.compile(r"^```nps(?P<wrong> wrong)?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def find_blocks(*, wrong: bool) -> dict[str, str]:
    """The blocks of one kind by the line at which they begin."""
    text = LANGUAGE.read_text(encoding="utf-8") if LANGUAGE.exists() else ""
    return {
        f"line {text.count(chr(10), 0, block.start()) + 1}": block["text"]
        for block in BLOCK.finditer(text)
        if bool(block["wrong"]) == wrong
    }


RIGHT, WRONG = find_blocks(wrong=False), find_blocks(wrong=True)


def run(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(folder)
    (folder / "example.nps").write_text(text, encoding="utf-8")
    return main(["run", "example.nps"])


def test_there_are_examples() -> None:
    assert len(RIGHT) >= 10
    assert len(WRONG) >= 5


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_an_example_holds(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(text, tmp_path, monkeypatch)
    assert status == 0, "".join(capsys.readouterr())


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_wrong_example_is_refused_as_it_says(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    message = text.splitlines()[0].removeprefix("# ")
    assert message.startswith("error: ")
    assert run(text, tmp_path, monkeypatch) == 2
    assert capsys.readouterr().err.splitlines()[0] == message

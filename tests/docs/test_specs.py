"""Specs in the documentation: whole ones that hold on the model, and `wrong` ones that get the message they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docs.pages import BLOCKS, ROOT

from netpolspec.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.checkout

SPECS = [block for block in BLOCKS if block.language == "nps"]
RIGHT = {block.name: block.text for block in SPECS if block.label == ""}
WRONG = {block.name: block.text for block in SPECS if block.label == "wrong"}


def run(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(folder)
    (folder / "example.nps").write_text(text, encoding="utf-8")
    return main(["run", "example.nps"])


def test_the_language_is_shown_by_examples() -> None:
    language = [block for block in SPECS if block.page == ROOT / "docs/language.md"]
    assert len([block for block in language if block.label == ""]) >= 10
    assert len([block for block in language if block.label == "wrong"]) >= 5


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

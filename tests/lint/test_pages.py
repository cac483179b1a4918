"""Each lint's page: its first example is warned of as the page shows, its second is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from docs.pages import find_blocks

from netpolspec.cli.main import main
from netpolspec.lint.catalog import LINTS, page

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = re.compile(r"```(yaml|nps)\n(.*?)```\n", re.DOTALL)
SHOWN = re.compile(r"```text\n(.*?)```\n", re.DOTALL)


def check(folder: Path, example: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> str:
    """What `check` says of an example."""
    language, text = example
    path = folder / f"example.{language}"
    path.write_text(text, "utf-8")
    capsys.readouterr()
    assert main(["check", path.name]) == 0
    return capsys.readouterr().err


@pytest.mark.parametrize("code", LINTS)
def test_the_page_shows_what_is_said(
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    golden: Callable[[Path, str], None],
) -> None:
    monkeypatch.chdir(tmp_path)
    path = ROOT / page(code)
    text = path.read_text("utf-8")
    bad, good = EXAMPLE.findall(text)
    said = check(tmp_path, bad, capsys)
    assert said.count("warning: ") == 1, said
    assert f"= note: {code}: 'netpolspec help {code}' says more;" in said
    assert "warning" not in check(tmp_path, good, capsys)
    drawn = said.partition("\n\n")[0] + "\n"
    golden(path, SHOWN.sub(lambda _: f"```text\n{drawn}```\n", text, count=1))


def test_the_index_shows_how_to_silence_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    comment, annotation, setting = (block.text for block in find_blocks(ROOT / "docs/lints/README.md"))
    opened, redundant, differs = (
        EXAMPLE.findall((ROOT / page(code)).read_text("utf-8"))[0][1]
        for code in ("open-by-empty-from", "redundant-rule", "named-port-differs")
    )
    assert comment.partition(" #")[0].rstrip() in opened
    silenced = [opened.replace(comment.partition(" #")[0].rstrip() + "\n", comment)]
    manifest = yaml.safe_load(redundant)
    manifest["metadata"] |= yaml.safe_load(annotation)["metadata"]
    silenced.append(yaml.safe_dump(manifest))
    for loud, silent in zip((opened, redundant), silenced, strict=True):
        assert "warning: " in check(tmp_path, ("yaml", loud), capsys)
        assert "warning: " not in check(tmp_path, ("yaml", silent), capsys)
    assert "warning: " in check(tmp_path, ("yaml", differs), capsys)
    (tmp_path / "pyproject.toml").write_text(setting, "utf-8")
    assert "warning: " not in check(tmp_path, ("yaml", differs), capsys)


def test_every_lint_is_listed_and_every_page_is_a_lint() -> None:
    listed = re.findall(
        r"^\| \[([\w-]+)\]\(\1\.md\) \| (.+) \|$", (ROOT / "docs/lints/README.md").read_text("utf-8"), re.MULTILINE
    )
    assert dict(listed) == dict(LINTS)
    assert {path.stem for path in (ROOT / "docs/lints").glob("*.md")} - {"README"} == set(LINTS)


@pytest.mark.parametrize("paths", [["specs"], ["terraform/article", "terraform/tenants", "terraform/allow-from"]])
def test_what_ships_is_not_warned_of(
    paths: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    capsys.readouterr()
    assert main(["check", *paths, "--ignore", "terraform-variable"]) == 0
    assert "warning" not in capsys.readouterr().err

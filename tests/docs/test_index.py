"""The index leaves out no page and no recipe. That links lead somewhere is tested in tests/project/test_sources.py."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from docs.pages import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.checkout

INDEX = ROOT / "docs/README.md"
LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)(?:#[^)\s]*)?\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def links(page: Path) -> set[Path]:
    """The files of this repository that a page links to."""
    text = CODE.sub(lambda code: "code" if "\n" not in code[0] else "", page.read_text("utf-8"))
    return {(page.parent / path).resolve() for path in LINK.findall(text)}


def test_the_index_has_every_page() -> None:
    pages = {*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/how-to").glob("*.md"), *(ROOT / "docs").glob("*/README.md")}
    assert pages - {INDEX} - links(INDEX) == set()


def test_the_index_has_every_recipe() -> None:
    recipes = {path for path in (ROOT / "specs/recipes").glob("*.nps") if path.stem != "world"}
    assert recipes - links(INDEX) == set()

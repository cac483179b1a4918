"""The pages lead to each other: no link goes nowhere, and the index leaves out no page and no recipe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from docs.pages import PAGES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.checkout

INDEX = ROOT / "docs/README.md"
ALL = [*PAGES, *sorted((ROOT / "docs/messages").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]*))?\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def links(page: Path) -> set[tuple[Path, str]]:
    """The files and headings of this repository that a page links to."""
    text = CODE.sub(lambda code: "code" if "\n" not in code[0] else "", page.read_text("utf-8"))
    return {((page.parent / path).resolve() if path else page, anchor or "") for path, anchor in LINK.findall(text)}


def anchors(page: Path) -> set[str]:
    """The headings of a page, as GitHub calls them in links."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", ALL, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in links(page):
        assert path.exists(), path
        assert not anchor or anchor in anchors(path), f"{path}#{anchor}"


def test_the_index_has_every_page() -> None:
    pages = {*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/messages").glob("*.md")} - {INDEX}
    assert pages - {path for path, _ in links(INDEX)} == set()


def test_the_index_has_every_recipe() -> None:
    recipes = {path for path in (ROOT / "specs/recipes").glob("*.nps") if path.stem != "world"}
    assert recipes - {path for path, _ in links(INDEX)} == set()

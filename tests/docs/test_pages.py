"""Every block of every page is executed or checked, page by page, from top to bottom."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from docs.pages import BLOCKS, MARKS, PAGES, ROOT, show
from docs.reader import Reader
from docs.treatments import ELSEWHERE as COMMANDS_ELSEWHERE
from docs.treatments import FILES_ONLY, TREATMENTS, treat
from docs.visit import lay_out

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.checkout

ELSEWHERE = {
    "docs/messages": (
        "tests/project/test_messages.py",
        {"nps", "yaml", "hcl", "toml", "sh", "json", "text", "console", "markdown"},
    ),
    "docs/lints": ("tests/lint/test_pages.py", {"nps", "yaml", "hcl", "toml", "text"}),
    "docs/use-cases.md": ("tests/docs/test_written.py", {"makefile"}),
}
"""Pages that are all made alike, or written by netpolspec, with a test of their own."""


def is_elsewhere(page: Path) -> bool:
    return any(ROOT / place in (page, *page.parents) for place in ELSEWHERE)


HERE = [page for page in PAGES if not is_elsewhere(page) and BLOCKS[page]]
FORMS = {
    "ARCHITECTURE.md": 1,
    "docs/cli.md": 1,
    "docs/how-to/helm.md": 1,
    "docs/how-to/pre-commit.md": 1,
    "docs/how-to/pull-request.md": 1,
    "docs/language.md": 16,
    "docs/rbac.md": 2,
    "docs/tap.md": 2,
    "docs/terraform.md": 1,
    "docs/tutorial.md": 1,
    "terraform/article/README.md": 1,
    "terraform/cluster-kind/README.md": 1,
}
"""Blocks that are not run, because they show what something looks like, with words to be filled in: how many."""


@pytest.mark.parametrize("page", HERE, ids=show)
def test_a_page_does_what_it_says(page: Path, netpolspec: Path, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    lay_out(page, tmp_path)
    kept = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    given = {
        "NETPOLSPEC_TERRAFORM": "static",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    }
    reader = Reader(tmp_path, netpolspec.parent, kept | given, update=bool(pytestconfig.getoption("--update-golden")))
    try:
        for block in BLOCKS[page]:
            treat(block, reader)
    finally:
        reader.update_page()
    missing = [why for why in reader.left_out if "is not installed" in why]
    if missing:
        pytest.skip("; ".join(missing))


def test_nothing_is_passed_over() -> None:
    blocks = [block for page in HERE for block in BLOCKS[page]]
    for block in blocks:
        assert block.is_form or block.language in TREATMENTS.keys() | FILES_ONLY, f"{block.name}: ```{block.language}"
        assert block.is_form or block.file is not None or block.language not in FILES_ONLY, (
            f"{block.name}: of what file?"
        )
        assert len([word for word in block.words if word not in MARKS]) <= 1, block.name
    assert Counter(show(block.page) for block in blocks if block.is_form) == FORMS


def test_the_forms_of_the_language_have_the_words_of_its_grammar() -> None:
    grammar = set(re.findall(r"\b[a-z]+\b", (ROOT / "netpolspec/syntax/nps.lark").read_text("utf-8")))
    forms = [
        block for block in BLOCKS[ROOT / "docs/language.md"] if block.is_form and re.search("[A-Z]{2}", block.text)
    ]
    assert len(forms) > 10
    for block in forms:
        assert set(re.findall(r"\b[a-z]+\b", block.text)) - grammar == set(), block.name


def test_what_is_not_run_is_shown() -> None:
    shown = "\n".join(block.text for page in HERE for block in BLOCKS[page] if block.language in {"sh", "console"})
    lines = {line.removeprefix("$ ").partition(" # ")[0].strip() for line in shown.splitlines()}
    assert set(COMMANDS_ELSEWHERE) - lines == set()


def test_what_has_a_test_of_its_own_is_what_that_test_knows() -> None:
    for place, (test, languages) in ELSEWHERE.items():
        assert (ROOT / test).exists()
        pages = [page for page in PAGES if ROOT / place in (page, *page.parents)]
        assert {block.language for page in pages for block in BLOCKS[page]} <= languages, place

"""What netpolspec itself has written into the documentation is up to date; `pytest --update-golden` writes it anew."""

from __future__ import annotations

import pytest
from docs.pages import PAGES, ROOT, show

from netpolspec.cli.main import main

pytestmark = pytest.mark.checkout

WITH_REGIONS = [show(page) for page in PAGES if "\n<!-- netpolspec picture " in page.read_text("utf-8")]
USE_CASES = (
    "open-by-default",
    "deny-from-any",
    "allow-from-any",
    "deny-from-other-namespaces",
    "allow-from-other-namespaces",
    "allow-from-special",
    "allow-from-any-to-port",
    "outside",
    "egress",
)


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> list[str]:
    monkeypatch.chdir(ROOT)
    return [] if pytestconfig.getoption("--update-golden") else ["--check"]


@pytest.mark.parametrize("page", WITH_REGIONS)
def test_regions_are_up_to_date(page: str, check: list[str]) -> None:
    assert main(["embed", page, *check]) == 0


def test_there_are_regions() -> None:
    assert "docs/tutorial.md" in WITH_REGIONS


def test_the_page_of_the_use_cases_is_up_to_date(check: list[str]) -> None:
    specs = [f"specs/{name}.nps" for name in USE_CASES]
    assert main(["doc", *specs, "-o", "docs/use-cases.md", *check]) == 0

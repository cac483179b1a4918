"""The documentation as a site: every page is on it and in its navigation, and nothing on it leads nowhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from docs.pages import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.checkout,
    pytest.mark.skipif(importlib.util.find_spec("material") is None, reason="mkdocs-material: 'just site' has it"),
]


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built by mkdocs, to which every warning is an error."""
    folder = ROOT / "site"
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return folder


def as_html(page: Path) -> str:
    name = page.relative_to(ROOT / "docs").with_suffix(".html")
    return str(name.with_name("index.html") if name.stem == "README" else name)


def test_every_page_is_in_the_navigation(site: Path) -> None:
    home = (site / "index.html").read_text("utf-8")
    navigation = home[home.index('<nav class="md-nav md-nav--primary') :]
    pages = {as_html(page) for page in (ROOT / "docs").rglob("*.md")}
    missing = {page for page in pages if f'href="{page}"' not in navigation and page != "index.html"}
    assert missing == set()
    assert {str(path.relative_to(site)) for path in site.rglob("*.html")} - {"404.html"} == pages


def test_what_only_github_understands_is_rewritten(site: Path) -> None:
    tutorial = (site / "tutorial.html").read_text("utf-8")
    assert '<span class="filename">specs/world.nps</span>' in tutorial
    assert '<span class="k">given</span>' in tutorial
    assert 'href="https://github.com/netpolspec/netpolspec/blob/main/specs/tour.nps"' in tutorial
    assert "```" not in re.sub(r"<code>.*?</code>", "", tutorial, flags=re.DOTALL)


def test_what_netpolspec_writes_is_drawn(site: Path) -> None:
    assert 'src="data:image/svg+xml;base64,' in (site / "tutorial.html").read_text("utf-8")
    details = re.findall(r"<details>.*?</details>", (site / "use-cases.html").read_text("utf-8"), re.DOTALL)
    assert len(details) > 20
    assert all("<pre>" in each for each in details)


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        assert re.findall(r'<(?:script|img)[^>]+src="(?:https?:)?//[^"]+"', text) == []
        assert re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="(?:https?:)?//[^"]+"', text) == []

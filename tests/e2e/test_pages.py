"""Pages that show a run on a cluster, with a cluster."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from docs.pages import BLOCKS, PAGES, ROOT, show
from docs.reader import Reader
from docs.treatments import treat
from docs.visit import lay_out

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.checkout]

LIVE = [page for page in PAGES if any(block.is_live for block in BLOCKS[page])]


def test_there_are_some() -> None:
    assert {ROOT / "docs/tutorial.md", ROOT / "docs/judges.md"} <= set(LIVE)


def make_staging(lab: Lab, folder: Path) -> Path:
    """A kubeconfig in which the cluster is called `staging`, as the pages call a cluster that somebody has."""
    config = json.loads(lab.kubectl.check("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    config["contexts"][0]["name"] = config["current-context"] = "staging"
    path = folder.with_name(f"{folder.name}-kubeconfig")
    path.write_text(json.dumps(config), "utf-8")
    return path


@pytest.mark.parametrize("page", LIVE, ids=show)
def test_a_page_does_on_a_cluster_what_it_says(page: Path, lab: Lab, netpolspec: Path, tmp_path: Path) -> None:
    context = lab.kubectl.context
    if not context.startswith("kind-"):
        pytest.skip(f"the pages are about a kind cluster, and {context} is none")
    lay_out(page, tmp_path)
    name = context.removeprefix("kind-")
    environ = os.environ | {"NETPOLSPEC_CLUSTER_NAME": name, "KUBECONFIG": str(make_staging(lab, tmp_path))}
    reader = Reader(tmp_path, netpolspec.parent, environ, live=True)
    try:
        for block in BLOCKS[page]:
            treat(block, reader)
    finally:  # what a page has its reader apply goes, even where the page does not come to its end
        for applied in tmp_path.glob("shop.yaml"):
            lab.kubectl.check("delete", "--ignore-not-found", "-f", str(applied))
    assert reader.left_out == []

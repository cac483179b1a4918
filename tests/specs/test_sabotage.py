"""Break every policy of the article in every way that it can be broken: its specs notice, at the right lines.

What fails for each breakage is in `sabotage.golden`. A breakage that no spec notices must be among the harmless ones
below, with the reason why nothing can notice it there.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from specs.sabotage import find_failures, library_policy, report_sabotage

from netpolspec.load.library import names

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent.parent
SPECS = ROOT / "specs"
POLICIES = {
    **{name: library_policy(name) for name in names(())},
    **{path.stem: path.read_text() for path in sorted((SPECS / "policies").glob("*.yaml"))},
}

HARMLESS: dict[tuple[str, str], str] = {
    ("deny-from-any", "removed beside allow-from-any"): "allow wins: what it denies is allowed by the other policy",
}


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the specs, as the current folder."""
    shutil.copytree(SPECS, tmp_path / "specs")
    monkeypatch.chdir(tmp_path / "specs")
    return tmp_path / "specs"


def test_whole_policies_pass(specs: Path) -> None:
    assert find_failures(specs) == []


def test_every_breakage_is_noticed(specs: Path, golden: Callable[[Path, str], None]) -> None:
    noticed, unnoticed = report_sabotage(specs, POLICIES, HARMLESS)
    assert not unnoticed, unnoticed
    golden(Path(__file__).with_name("sabotage.golden"), noticed)


def test_removing_a_denial_beside_an_allowance_changes_nothing(specs: Path) -> None:
    assert HARMLESS["deny-from-any", "removed beside allow-from-any"]
    spec = specs / "allow-from-any.nps"
    text = spec.read_text()
    spec.write_text(text.replace("given policy deny-from-any", "given namespace instead-of-a-denial", 1))
    assert spec.read_text() != text
    assert [line for line in find_failures(specs) if " allow-from-any:" in line] == []

"""The recipes hold, and each notices when its policy is broken: at which lines is in `recipes.golden`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from specs.sabotage import find_failures, report_sabotage

from netpolspec.cli.main import main
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Files
from netpolspec.plan.model import Check

if TYPE_CHECKING:
    from collections.abc import Callable

RECIPES = Path(__file__).parent.parent.parent / "specs" / "recipes"
POLICIES = {path.stem: path.read_text() for path in sorted((RECIPES / "policies").glob("*.yaml"))}
SPECS = sorted(path for path in RECIPES.glob("*.nps") if path.stem != "world")

HARMLESS = {
    (
        "egress-to-pods",
        "podSelectors dropped",
    ): "only DNS has port 53 in kube-system; a recipe puts no other pod there, as it would need --allow-existing",
}


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the recipes alone, as the current folder: each can be taken away with its policies."""
    shutil.copytree(RECIPES, tmp_path / "recipes")
    monkeypatch.chdir(tmp_path / "recipes")
    return tmp_path / "recipes"


def test_they_hold(recipes: Path) -> None:
    assert find_failures(recipes) == []


def test_check_has_nothing_to_say(recipes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(recipes)]) == 0
    assert "warning" not in capsys.readouterr().err


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_each_says_what_it_is_for_and_shows_both_answers(path: Path) -> None:
    plan, diagnostics = analyze([Files().read(path, path.name)], Options())
    assert plan is not None, diagnostics
    scenarios = {scenario.name: scenario for scenario in plan.scenarios}
    assert path.stem in scenarios, "a recipe's first scenario is called as its file"
    assert all(scenario.description for scenario in scenarios.values())
    assert all("recipe" in scenario.tags for scenario in scenarios.values())
    checks = [step for scenario in scenarios.values() for step in scenario.steps if isinstance(step, Check)]
    wanted = {point.allowed for check in checks for point in check.points}
    assert wanted == {True, False}


def test_every_breakage_is_noticed(recipes: Path, golden: Callable[[Path, str], None]) -> None:
    noticed, unnoticed = report_sabotage(recipes, POLICIES, HARMLESS)
    assert not unnoticed, unnoticed
    golden(Path(__file__).with_name("recipes.golden"), noticed)

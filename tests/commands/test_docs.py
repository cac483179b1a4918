"""docs/cli.md and docs/tap.md say what the program does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.setting_table import CLUSTER_KEYS, KEYS

if TYPE_CHECKING:
    from commands.conftest import Project

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).resolve().parents[2]
CLI = (ROOT / "docs/cli.md").read_text("utf-8")
CLUSTERS = (ROOT / "docs/clusters.md").read_text("utf-8")
TAP = (ROOT / "docs/tap.md").read_text("utf-8")


@pytest.mark.parametrize("command", ["run", "check", "up", "down", "status", "doctor"])
def test_every_option_is_there(project: Project, command: str) -> None:
    text = project.run(command, "--help").out.partition("examples:")[0]
    options = set(re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", text)) - {"-h", "--help", "--quiet", "--verbose", "-vv"}
    assert options
    assert {option for option in options if f"`{option}" not in CLI + CLUSTERS} == set()


def test_every_setting_is_there() -> None:
    for key in set(KEYS) - set(CLUSTER_KEYS):
        assert f"| `{key}` | `NETPOLSPEC_{key.replace('-', '_').upper()}` |" in CLI + CLUSTERS
    for key in CLUSTER_KEYS:
        assert f"| `--{key}` | `NETPOLSPEC_{key.replace('-', '_').upper()}` |" in CLUSTERS


def test_every_key_of_a_diagnostic_is_there() -> None:
    goldens = [path.read_text("utf-8") for path in (ROOT / "tests/report/golden").glob("*.tap")]
    keys = {key for text in goldens for key in re.findall(r"^ +(?:- )?(\w+):", text, re.MULTILINE)}
    assert {"message", "decided_by", "converged_after_ms", "evidence"} <= keys
    assert {key for key in keys if f"`{key}`" not in TAP} == set()

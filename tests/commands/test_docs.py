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
TAP_EXAMPLES = re.findall(r"```tap\n(.*?)```", TAP, re.DOTALL)

SHOWN = """\
POLICY_PATH := policies
include world.nps

## Only ms-a gets in.
allow-from-ms-a: world
	given policy allow-from ns=ms-a
	expect ms-a -> ms-b:80 allowed
	expect ms-c -> ms-b:80 denied

mistaken: world
	given policy allow-from ns=ms-a
	expect ms-c -> ms-b:80 allowed

left-out: world
	skip "the gateway is being moved"
	expect ms-a -> ms-b:80 allowed
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-from
spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {namespace: $(ns)}}}]}]}
"""


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


@pytest.mark.parametrize(
    ("example", "arguments"),
    [(0, ["-k", "allow-from-ms-a", "-k", "mistaken"]), (1, ["--flat", "-k", "allow-from-ms-a", "-k", "left-out"])],
)
def test_the_examples_are_what_is_written(project: Project, example: int, arguments: list[str]) -> None:
    project.write("specs/tenants.nps", SHOWN)
    project.write("specs/policies/allow-from.yaml", POLICY)
    assert project.run("run", "specs/tenants.nps", *arguments).out == TAP_EXAMPLES[example]

"""Scenarios whose worlds do not touch run side by side, and each gets its own verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from e2e.lab import Lab

pytestmark = pytest.mark.e2e

SPEC = """\
{0}:
	given namespace {0}
	given namespace {0}-clients team={0}
	given pod web in {0} app=web port 80

open-{0}: {0}
	expect {0}-clients, default -> {0}/web:80 allowed

closed-{0}: {0}
	given policy deny-from-any in {0}
	expect {0}-clients, default -> {0}/web:80 denied

"""
LATER = """\
	when remove policy deny-from-any in side-b
	expect side-b-clients -> side-b/web:80 allowed
	expect side-b-clients -> side-b/web:80 denied within 1s
"""


def test_two_worlds_at_a_time(lab: Lab) -> None:
    seen: list[set[str]] = []

    def look() -> None:
        spaces = lab.kubectl.check("get", "pods", "-A", "-l", "app=web", "-o", "jsonpath={..metadata.namespace}")
        seen.append(set(spaces.split()))

    report = lab.run(SPEC.format("side-a") + SPEC.format("side-b").rstrip() + "\n" + LATER, look)
    assert seen == [{"side-a", "side-b"}] * 3
    assert [each.scenario.name for each in report.scenarios] == [
        *("open-side-a", "closed-side-a", "open-side-b", "closed-side-b"),
    ]
    assert [[f"{result.status} {result.found}" for result in each.results] for each in report.scenarios] == [
        ["passed allowed"] * 2,
        ["passed dropped"] * 2,
        ["passed allowed"] * 2,
        ["passed dropped", "passed dropped", "passed allowed", "failed allowed"],
    ]
    assert report.scenarios[1].results[0].model == "denied"
    assert lab.clear(60)

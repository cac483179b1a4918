"""docs/semantics.md names every test of a row, every assumption and every profile, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netpolspec.policy.assumptions import KEYS, PROFILES, Assumptions, choices

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "semantics.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_test_of_a_row_is_named(page: str) -> None:
    code = "".join((HERE / name).read_text(encoding="utf-8") for name in ("test_rows.py", "test_rows_in_yaml.py"))
    assert set(re.findall(r"`(test_row_\w+)`", page)) == set(re.findall(r"def (test_row_\w+)\(", code))


def test_every_row_has_a_test(page: str) -> None:
    rows = re.findall(r"^\| (\d+) \|.*$", page, re.MULTILINE)
    assert [int(row) for row in rows] == list(range(1, 29))
    for line in re.findall(r"^\| \d+ \|.*$", page, re.MULTILINE):
        number = int(line.split("|")[1])
        assert f"`test_row_{number:02}_" in line


def test_every_assumption_with_its_values(page: str) -> None:
    table = dict(re.findall(r"^\| `([a-z-]+)` \| ((?:`[a-z-]+`(?:, )?)+) \|", page, re.MULTILINE))
    assert set(table) == set(KEYS)
    for key, values in table.items():
        listed = re.findall(r"`([a-z-]+)`", values)
        assert listed[0] == Assumptions().value(key)
        assert set(listed) == set(choices(key))


def test_every_profile_with_its_settings(page: str) -> None:
    found: dict[str, list[str]] = {}
    name = ""
    for first, setting in re.findall(r"^\| (`[a-z-]+`)? ?\| `([a-z-]+=[a-z]+)` \|", page, re.MULTILINE):
        name = first.strip("`") or name
        found.setdefault(name, []).append(setting)
    assert found == {
        name: [f"{setting.key}={setting.value}" for setting in settings] for name, settings in PROFILES.items()
    }

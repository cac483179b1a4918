"""Plans that were made elsewhere, as `terraform show -json` prints them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from terraform.reading import show_messages, show_objects

from netpolspec.diagnostics import render
from netpolspec.load.terraform.plan_file import read_plan_json
from netpolspec.load.terraform.reading import Reader, Reading
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

PLANS = Path(__file__).parent / "plans"


def read(path: Path) -> Reading:
    source = Source("spec.nps", f'given terraform plan "{path.name}"\n')
    return read_plan_json(path, source.span(21, 23 + len(path.name)), path.name)


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.json")), ids=lambda path: path.stem)
def test_reading(path: Path, golden: Callable[[Path, str], None]) -> None:
    reading = read(path)
    assert reading.reader is Reader.PLAN_FILE
    golden(path.with_suffix(".yaml"), show_objects(reading))
    golden(path.with_suffix(".err"), show_messages(reading))


def change(tmp_path: Path, **changes: Any) -> Reading:  # noqa: ANN401 - JSON
    plan = json.loads((PLANS / "modules.json").read_text(encoding="utf-8"))
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({**plan, **changes}), encoding="utf-8")
    return read(path)


def test_a_plan_that_failed(tmp_path: Path) -> None:
    reading = change(tmp_path, errored=True)
    assert reading.resources == ()
    assert [each.message for each in reading.diagnostics] == ["this plan failed, so it does not say everything"]


def test_a_plan_of_a_part(tmp_path: Path) -> None:
    reading = change(tmp_path, complete=False)
    assert reading.resources
    message = "the plan is not complete: it leaves out a part of the configuration"
    assert [each.message for each in reading.diagnostics] == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file does not hold one JSON object"),
        ("[]", "the file does not hold one JSON object"),
        ('{"values": {}, "format_version": "1.0"}', "this is not the JSON of a plan"),
        (
            '{"planned_values": {}, "format_version": "9.0"}',
            "this plan is in version 9.0 of its format, which is not known: versions 0 and 1 are",
        ),
        ('{"planned_values": ', "not valid JSON: a value is missing here"),
    ],
)
def test_what_is_no_plan(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text, encoding="utf-8")
    reading = read(path)
    assert reading.resources == ()
    assert [each.message for each in reading.diagnostics] == [message]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert [each.code for each in read(tmp_path / "plan.json").diagnostics] == ["unreadable-file"]


def test_a_plan_is_binary(tmp_path: Path) -> None:
    path = tmp_path / "plan"
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    (diagnostic,) = read(path).diagnostics
    assert diagnostic.code == "not-text"


def test_a_broken_plan_is_drawn_at_its_place_and_shows_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"a": 1,\n "password": "s3cret",, }', encoding="utf-8")
    (diagnostic,) = read(path).diagnostics
    assert str(diagnostic.span) == "plan.json:2:23"
    assert "s3cret" not in render(diagnostic)

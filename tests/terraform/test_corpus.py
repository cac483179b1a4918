"""Modules as people write them: what the static reader makes of each, and that terraform makes the same of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from terraform.reading import CORPUS, STATIC_ONLY, ask, find_cases, show_messages, show_objects

from netpolspec.load.terraform.read import Mode, read_terraform
from netpolspec.load.terraform.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from netpolspec.load.terraform.reading import Reading

CASES = find_cases(CORPUS)
PLANNED = [name for name in CASES if not name.startswith(STATIC_ONLY)]
ALONE = [name for name in PLANNED if name in ("json-and-native", "settings-left-alone") or "tfvars" in name]
"""Cases with files of values or settings of their own, which only count in a root module."""


def read(name: str, mode: Mode) -> Reading:
    (reading,) = read_terraform([ask(CORPUS, name)], mode)
    return reading


def test_there_are_enough_cases() -> None:
    assert len(PLANNED) >= 60


@pytest.mark.parametrize("name", CASES)
def test_static_reading(name: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)
    reading = read(name, Mode.STATIC)
    assert reading.reader is Reader.STATIC
    golden(CORPUS / name / "golden.yaml", show_objects(reading))
    messages = show_messages(reading)
    path = CORPUS / name / "golden.err"
    if messages or path.exists():
        golden(path, messages)


@pytest.fixture(scope="session")
def planned(terraform: Path) -> dict[str, Reading]:
    """All cases, by one init and one plan."""
    assert terraform.exists()
    before = Path.cwd()
    os.chdir(CORPUS)
    try:
        readings = read_terraform([ask(CORPUS, name) for name in PLANNED], Mode.PLAN)
    finally:
        os.chdir(before)
    return dict(zip(PLANNED, readings, strict=True))


@pytest.mark.parametrize("name", PLANNED)
def test_terraform_says_the_same(name: str, planned: dict[str, Reading], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)
    static = read(name, Mode.STATIC)
    assert planned[name].reader is Reader.PLAN
    assert show_objects(planned[name]) == show_objects(static)
    assert show_messages(planned[name]) == show_messages(static)


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.usefixtures("terraform")
def test_terraform_says_the_same_of_a_root_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)
    plan, static = read(name, Mode.PLAN), read(name, Mode.STATIC)
    assert plan.reader is Reader.PLAN
    assert show_objects(plan) == show_objects(static)


@pytest.mark.parametrize("name", [name for name in PLANNED if name.startswith(("article-", "dynamic-", "module-"))])
def test_positions_are_the_same(name: str, planned: dict[str, Reading], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)
    static = read(name, Mode.STATIC)

    def places(reading: Reading) -> list[str]:
        return [str(each.origin.span) for resource in reading.resources for each in resource.objects if each.origin]

    assert places(planned[name]) == places(static)

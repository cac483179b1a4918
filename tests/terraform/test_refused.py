"""What the static reader refuses: each case has one mistake, and the message that its author gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from terraform.reading import REFUSED, ask, find_cases, show_messages

from netpolspec.load.terraform.read import Mode, read_terraform

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("name", find_cases(REFUSED))
def test_refusal(name: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REFUSED)
    (reading,) = read_terraform([ask(REFUSED, name)], Mode.STATIC)
    assert reading.diagnostics
    assert all(diagnostic.span is not None for diagnostic in reading.diagnostics)
    golden(REFUSED / name / "golden.err", show_messages(reading))

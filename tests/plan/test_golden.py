"""Every semantic mistake with the message that is drawn for it: `cases/NAME.nps` and `cases/NAME.err`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.diagnostics import render
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Files

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize("case", sorted(CASES.glob("*.nps")), ids=lambda path: path.stem)
def test_message(case: Path, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    plan, diagnostics = analyze([Files().read(Path(case.name), case.name)], Options())
    drawn = "".join(f"{render(diagnostic)}\n\n" for diagnostic in diagnostics)
    assert drawn, "a case is here for its message"
    assert (plan is None) == ("error: " in drawn)
    golden(case.with_suffix(".err"), drawn)

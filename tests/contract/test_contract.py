"""What other programs rely on: each folder here is an example that holds to the letter."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from netpolspec.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/command"))


def contents(document: dict[str, Any]) -> tuple[list[str], list[str]]:
    """A matrix without the order of its parts."""
    return sorted(document["workloads"]), sorted(json.dumps(pair, sort_keys=True) for pair in document["pairs"])


def is_part(wanted: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether all wanted lines are there, in their order."""
    left = iter(lines)
    return all(line in left for line in wanted)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_example(case: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(case)
    monkeypatch.delenv("HARNESS_ACTIVE", raising=False)
    _, *arguments = shlex.split((case / "command").read_text())
    status = main(arguments)
    out, err = capfd.readouterr()
    assert status == int((case / "status").read_text())
    if (case / "stdout.tap").exists():
        tap = (case / "stdout.tap").read_text().splitlines()
        assert is_part(tap, out.splitlines())
        assert [line for line in out.splitlines() if "ok" in line.split()[:2] or "Subtest" in line] == [
            line for line in tap if "ok" in line.split()[:2] or "Subtest" in line
        ]
        return
    wanted = (case / "stdout.json").read_text()
    if wanted:
        assert contents(json.loads(out)) == contents(json.loads(wanted))
    else:
        assert out == ""
        assert "world.yaml:7:51" in err
        assert "^" in err

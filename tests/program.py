"""netpolspec's commands, in the process of the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netpolspec.cli.main import main

if TYPE_CHECKING:
    import pytest


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


def execute(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Run netpolspec; what was written before it does not count."""
    capsys.readouterr()
    status = main(arguments)
    return Ended(status, *capsys.readouterr())

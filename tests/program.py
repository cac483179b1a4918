"""netpolspec's commands, in the process of the tests; and how to start a program that may not read everything."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from typing import NamedTuple

import pytest

from netpolspec.cli.main import main

_AS_ANYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


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


def as_anybody() -> tuple[str, ...]:
    """What stands before a command so that modes of files count for it: for root they do not."""
    if os.geteuid() != 0:
        return ()
    if not _can_be_anybody():
        pytest.skip("root may read every file, and there is no setpriv that takes that right away")
    return _AS_ANYBODY


@cache
def _can_be_anybody() -> bool:
    try:
        return subprocess.run((*_AS_ANYBODY, "true"), capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False

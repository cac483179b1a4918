"""The specs of this repository, as they stand, judged by packets."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from e2e.lab import Lab

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
ARTICLE = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("specs/*.nps"))


@pytest.mark.parametrize("paths", [ARTICLE, ["specs/recipes"]], ids=["article", "recipes"])
def test_what_the_model_says_packets_do(paths: list[str], netpolspec: Path, lab: Lab, outside: str) -> None:
    command = [str(netpolspec), "run", "--on", "cluster", *lab.where, "--strict-model"]
    overrides = [f"OUTSIDE={outside}"] if "specs/recipes" in paths else []
    done = subprocess.run(
        [*command, *paths, *overrides],
        cwd=ROOT,
        env=os.environ | {"NETPOLSPEC_PROBE_IMAGE": lab.probe_image},
        capture_output=True,
        text=True,
        check=False,
        timeout=560,
    )
    failed = [
        line for line in done.stdout.splitlines() if re.match(r" *not ok|Bail out!", line) and "# TODO" not in line
    ]
    assert (failed, done.returncode) == ([], 0), done.stderr
    assert len(re.findall(r"^ok ", done.stdout, re.MULTILINE)) > 20
    left_out = re.findall(r"^ok .*# SKIP (.+)", done.stdout, re.MULTILINE)
    assert all(
        reason.startswith(("needs outside: ", "needs existing: ", "needs ipv6: ", "needs sctp: ", "an example"))
        for reason in left_out
    )

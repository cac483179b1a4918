"""prove and the TAP::Parser below it: the consumer of Perl's world, in two generations.

Neither reads subtests: for them a subtest is text that they pass over. Before Test::Harness 3.48 a `TAP version 14` is
an error, which turns a green run red.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from consumers.fetch import HARNESS
from consumers.reading import Consumer

if TYPE_CHECKING:
    from collections.abc import Sequence

READER = Path(__file__).with_name("read.pl")


@dataclass(frozen=True, slots=True)
class Prove:
    """One prove; `perl` are the words that start a Perl which finds its modules."""

    perl: tuple[str, ...]
    script: str

    def run(self, command: str, files: Sequence[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
        """Runs `prove -e COMMAND FILES`: each file is appended to the command, whose words prove splits at blanks."""
        argv = (*self.perl, self.script, "--norc", "--nocolor", "--verbose", "-e", command, *map(str, files))
        environment = {name: value for name, value in os.environ.items() if not re.match(r"PERL5|HARNESS_|PROVE", name)}
        return subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    def consumer(self) -> Consumer:
        """The parser that this prove judges with; `passed` is what its exit status says."""
        return Consumer((*self.perl, READER), reads_subtests=False)


def find_system_prove() -> Prove | str:
    """The prove of this machine, or why there is none."""
    perl, script = shutil.which("perl"), shutil.which("prove")
    if perl is None or script is None:
        return "prove is not installed (on Debian it is in the package perl)"
    return Prove((perl,), script)


def find_new_prove() -> Prove | str:
    """A prove that knows TAP 14, or why there is none."""
    perl = shutil.which("perl")
    if perl is None:
        return "perl is not installed"
    script = HARNESS / "usr/bin/prove"
    if not script.exists():
        return "Test::Harness 3.50 was not fetched: `just consumers`"
    return Prove((perl, "-I", str(HARNESS / "usr/share/perl5")), str(script))

"""Whatever is thrown at the command: no traceback, no hang, no exit status but 0, 1 and 2."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from netpolspec.cli.main import run_process

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parent.parent
CORPUS = [path.read_text() for path in sorted((ROOT / "specs").glob("*.nps"))]
WORLD = (ROOT / "specs" / "world.nps").read_text()
SCRAPS = [
    *[
        "given",
        "when",
        "expect",
        "world",
        "policy",
        "namespace",
        "pod",
        "->",
        "allowed",
        "denied",
        "by",
        "name",
        "in",
        "on",
        "within",
        "because",
        "matrix",
    ],
    *[
        "todo",
        "skip",
        "needs",
        "tags",
        "include",
        ":",
        "::",
        ":80",
        ":*",
        ":0",
        ":99999",
        "/udp",
        ";",
        "#",
        "##",
        "$",
        "$(",
        "$(X)",
        "$@",
        "$*",
        "$$",
        "[",
        "]",
        "{",
        "}",
        "=",
        ":=",
        "?=",
        "+=",
        "<<Y",
        "Y",
    ],
    *[".", "X", "-", "%", ",", "10.0.0.0/8", "::1", "<node>", "5s"],
    *('"', "\\\n", "\n", "\t", "  ", "\x00", "\r\n", "include x.nps", "\N{LATIN SMALL LETTER E WITH ACUTE}", "\ufeff"),
]


def run_text(text: str, folder: Path) -> int:
    """The exit status of a run of the text as a spec of the folder, beside the article's world."""
    path = folder / "fuzzed.nps"
    path.write_bytes(text.encode(errors="surrogateescape"))
    return run_process(["run", "-q", str(path)])


def mutate(text: str, seed: int) -> str:
    """A spec with a few places cut out, doubled, swapped or overwritten."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice([0, 1, 1, 3, 10, 40]))
        scrap = chance.choice([*SCRAPS, text[start:end] * 2, "", ""])
        text = text[:start] + scrap + text[end:]
    return text


def settle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "world.nps").write_text(WORLD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETPOLSPEC_DEBUG", "")


def test_mutated_specs(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path = tmp_path_factory.mktemp("fuzz")
    settle(tmp_path, monkeypatch)

    @given(st.sampled_from(CORPUS), st.integers(0, 2**32))
    def check(text: str, seed: int) -> None:
        began = time.monotonic()
        assert run_text(mutate(text, seed), tmp_path) in {0, 1, 2}
        assert time.monotonic() - began < 10

    check()


def test_scraps(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path = tmp_path_factory.mktemp("fuzz")
    settle(tmp_path, monkeypatch)

    @given(st.lists(st.sampled_from(SCRAPS) | st.text(max_size=5), max_size=30).map(" ".join))
    def check(text: str) -> None:
        assert run_text(text, tmp_path) in {0, 1, 2}

    check()


def test_bytes(netpolspec: Path, tmp_path: Path) -> None:
    """The real process, on bytes that are no text at all."""
    chance = random.Random(0)  # noqa: S311 - not for secrets
    for number in range(5):
        path = tmp_path / f"{number}.nps"
        path.write_bytes(chance.randbytes(2000))
        done = subprocess.run([netpolspec, "run", path], capture_output=True, timeout=30, check=False)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
        assert done.stdout == b""

"""Command lines that nobody would write: never a fault, never half a report."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from commands.conftest import MISTAKEN, TENANTS, WORLD
from hypothesis import given
from hypothesis import strategies as st

from netpolspec.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = (
    *(
        "-k",
        "--scenario",
        "--tag",
        "--not-tag",
        "--list",
        "--dry-run",
        "--explain",
        "--on",
        "--assume",
        "--policy-path",
    ),
    *("--tap", "--flat", "-q", "-v", "-vv", "--color"),
    *("-x", "---", "--=", "-ee", "-qv", "--log-level", "--log-format", "--fail-fast", "--help", "--", "-", "-e"),
    *("specs", "specs/tenants.nps", "specs/tenants.nps::", "specs/tenants.nps::a", "specs/tenants.nps:4", "::x", ":4"),
    *("specs/tenants.nps:99999999999999999999", "", "=", "a=", "a=b", "=b", "*", "[", "13", "model", "debug", "json"),
    *("always", "hostnetwork=pod", "PORT=8080", "\udcff", "\x00", "a\nb", "expect ms-a -> ms-b:80 denied", "/dev/null"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The current folder, with some specs."""
    made = tmp_path_factory.mktemp("fuzz")
    for name, text in (("world", WORLD), ("tenants", TENANTS), ("mistaken", MISTAKEN)):
        path = made / f"specs/{name}.nps"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    before = os.getcwd()  # noqa: PTH109 - what chdir takes
    os.chdir(made)
    yield
    os.chdir(before)


# No dots and slashes: the whole disk would be a folder to read. No surrogates but those that stand for odd bytes.
short = st.text(st.characters(exclude_characters="./", exclude_categories=["Cs"]), max_size=5)


@pytest.mark.usefixtures("folder")
@given(st.sampled_from(["run", "check"]), st.lists(st.sampled_from(WORDS) | short, max_size=5))
def test_any_command_line(command: str, arguments: list[str]) -> None:
    out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    stdin = io.TextIOWrapper(io.BytesIO(b"a: b\n"))
    with mock.patch("sys.stdin", stdin), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([command, *arguments])
    assert status in {0, 1, 2}, err.getvalue()
    assert "Traceback" not in err.getvalue()
    if status == 2:
        assert out.buffer.getvalue() == b""
        assert "error" in err.getvalue()

"""A page that is wrong is found to be: what tests/docs would not notice, no page could be trusted for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from docs.ci import read_ci
from docs.pages import ROOT, Block
from docs.reader import Reader, as_pattern, commands, programs
from docs.treatments import treat

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.checkout

SPEC = "given namespace a\ngiven pod web in a port 80\nexpect a -> a/web:80 allowed\n"


@pytest.fixture
def reader(tmp_path: Path, netpolspec: Path) -> Reader:
    (tmp_path / "pyproject.toml").touch()
    return Reader(tmp_path, netpolspec.parent, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})


def block(info: str, text: str, before: str = "") -> Block:
    language, *words = info.split()
    return Block(ROOT / "docs/page.md", 1, language, tuple(words), text, before)


@pytest.mark.parametrize(
    ("info", "text"),
    [
        ("console", "$ netpolspec --version\nnetpolspec 99\n"),
        ("console", "$ echo right\nwrong\n"),
        ("console", "no command\n"),
        ("sh", "netpolspec run nowhere.nps\n"),
        ("sh", "netpolspec --version    # exit status 1\n"),
        ("nps", SPEC.replace("allowed", "denied")),
        ("nps wrong", "# error: something else\n" + SPEC.replace("web:80", "wbe:80")),
        ("nps a.nps", SPEC),  # nothing before it names the file
        ("yaml", "kind: Pod\napiVersion: v1\nspec: []\n"),
        ("yaml", "neither: manifests nor steps\n"),
        ("yaml", "- run: netpolspec run nowhere.nps\n"),
        ("yaml", "- run: echo ${{ secrets.TOKEN }}\n"),
        ("yaml", "- uses: actions/checkout\n"),
        ("hcl", 'resource "kubernetes_namespace" "a" {\n'),
        ("toml", "[tool.netpolspec]\nnonsense = 1\n"),
    ],
)
def test_what_is_wrong_fails(info: str, text: str, reader: Reader) -> None:
    with pytest.raises(AssertionError):
        treat(block(info, text), reader)


def test_a_language_without_a_treatment_fails(reader: Reader) -> None:
    with pytest.raises(KeyError, match="cobol"):
        treat(block("cobol", "DISPLAY 'HELLO'.\n"), reader)


def test_what_is_right_passes(reader: Reader) -> None:
    treat(block("nps a.nps", SPEC, "This is `a.nps`:"), reader)
    treat(block("console", "$ netpolspec run --flat a.nps\n...\nok 1 - a: ...\n$ echo $?\n0\n"), reader)
    treat(block("sh", "netpolspec run a.nps --report \\\n  json=out.json\ntest -s out.json\n"), reader)
    assert reader.left_out == []


def test_a_script_stops_at_the_first_failure_as_a_shell_does(reader: Reader) -> None:
    reader.write("a.nps", SPEC.replace("allowed", "denied"))
    assert reader.run_script("netpolspec run a.nps > a.tap\nnetpolspec --version")[0] == 1
    assert reader.run_script("netpolspec run a.nps > a.tap || [ $? -eq 1 ]\nnetpolspec --version")[0] == 0
    assert "not ok 1" in (reader.folder / "a.tap").read_text("utf-8")
    assert reader.run_script("netpolspec run nowhere.nps || [ $? -eq 1 ]")[0] == 2


def test_what_cannot_be_run_is_remembered(reader: Reader) -> None:
    treat(block("sh live", "netpolspec up\n"), reader)
    treat(block("console needs=no-such-program", "$ netpolspec --version\nwrong\n"), reader)
    treat(block("sh", "no-such-program --help\n"), reader)
    assert [reason.partition(" (")[2] for reason in reader.left_out] == [
        "it needs a cluster: 'just e2e' runs it)",
        "'no-such-program' is not installed)",
        "'no-such-program' is not installed)",
    ]


def test_dots_stand_for_what_differs() -> None:
    assert as_pattern("a ...\n...\n  ...\n") == "a .*\\n(?:.*\\n)*\\ \\ \\.\\.\\.\\\n"


def test_commands_may_go_on_in_the_next_line() -> None:
    assert list(commands("$ a \\\n  b\nsaid\n$ c\n")) == [("a \\\n  b", "said\n"), ("c", "")]


def test_programs_of_a_script_are_found() -> None:
    assert list(programs("A=1 one 'x | y' | two && three # four\n[ 1 ]\n")) == ["one", "two", "three"]


def test_ci_scripts_do_not_install_and_need_no_cluster() -> None:
    jobs = "- run: pip install x\n- run: netpolspec run --on kind\n- run: |\n    pip install x\n    netpolspec run\n"
    assert [script.strip() for script in read_ci("steps.yml", jobs)] == ["netpolspec run"]

"""Expressions: their values written down, the same values by terraform, and generated ones that terraform judges."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from terraform.generating import expressions

from netpolspec.diagnostics import Refusal
from netpolspec.load.hcl.evaluation import evaluate
from netpolspec.load.hcl.functions.encoding import to_json_text
from netpolspec.load.hcl.scope import Scope
from netpolspec.load.hcl.structure import parse_file
from netpolspec.load.hcl.values import Unknown
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

HERE = Path(__file__).parent
WRITTEN = [
    text.strip("\n") for text in (HERE / "expressions.txt").read_text(encoding="utf-8").split("\n---\n") if text.strip()
]
FAILS = "(fails)"


def ask(texts: Sequence[str]) -> str:
    """A module whose outputs are the expressions, as JSON, or say that they fail."""
    return "".join(
        f'output "o{at}" {{\n  value = try(jsonencode({text}\n), "{FAILS}")\n}}\n' for at, text in enumerate(texts)
    )


def answer_here(module: str) -> list[str]:
    """What the static reader says; `(unknown)` and `(refused)` where it leaves the answer to terraform."""
    found = []
    for block in parse_file(Source("main.tf", module)).blocks:
        try:
            value = evaluate(block.body.attributes["value"].value, Scope(None))
        except Refusal:
            found.append("(refused)")
            continue
        if isinstance(value, Unknown):
            found.append("(unknown)")
        else:
            found.append(value if isinstance(value, str) else to_json_text(value))
    return found


def answer_there(module: str, terraform: Path, folder: Path) -> list[str]:
    """What terraform says, by one plan."""
    (folder / "main.tf").write_text(module, encoding="utf-8", newline="")

    def run(*command: str) -> str:
        line = (str(terraform), *command)
        done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("plan", "-input=false", "-no-color", "-out=plan")
    outputs = json.loads(run("show", "-json", "plan"))["planned_values"].get("outputs", {})
    return [outputs[f"o{at}"].get("value", "(unknown)") for at in range(len(outputs))]


def differences(texts: Sequence[str], here: Sequence[str], there: Sequence[str]) -> list[str]:
    return [
        f"{text}\n  here  {ours}\n  there {theirs}"
        for text, ours, theirs in zip(texts, here, there, strict=True)
        if ours not in (theirs, "(unknown)", "(refused)")
    ]


def test_written_values(golden: Callable[[Path, str], None]) -> None:
    values = answer_here(ask(WRITTEN))
    shown = "\n---\n".join(f"{text}\n=> {value}" for text, value in zip(WRITTEN, values, strict=True))
    golden(HERE / "expressions.golden", f"{shown}\n")
    left_open = [text for text, value in zip(WRITTEN, values, strict=True) if value in ("(unknown)", "(refused)")]
    assert len(left_open) < len(WRITTEN) / 50


def test_terraform_says_the_same(terraform: Path, tmp_path: Path) -> None:
    module = ask(WRITTEN)
    assert differences(WRITTEN, answer_here(module), answer_there(module, terraform, tmp_path)) == []


@given(st.lists(expressions, min_size=5, max_size=5))
def test_an_answer_or_a_refusal(texts: list[str]) -> None:
    assert len(answer_here(ask(texts))) == len(texts)


@settings(max_examples=3, phases=(Phase.generate,))
@given(texts=st.lists(expressions, min_size=150, max_size=150))
def test_terraform_says_the_same_of_generated_ones(
    texts: list[str], terraform: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    module = ask(texts)
    there = answer_there(module, terraform, tmp_path_factory.mktemp("generated"))
    assert differences(texts, answer_here(module), there) == []

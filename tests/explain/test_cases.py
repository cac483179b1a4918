"""Explanations as people and programs read them: each case is a file whose first line says what is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.yaml"))


def explain(name: str, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    asked = (CASES / f"{name}.yaml").read_text("utf-8").splitlines()[0].removeprefix("# explain ").split()
    capsys.readouterr()
    status = main(["explain", *asked, f"{name}.yaml", *options])
    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "")
    return captured.out


@pytest.mark.parametrize("name", NAMES)
def test_text(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    golden: Callable[[Path, str], None],
) -> None:
    monkeypatch.chdir(CASES)
    golden(CASES / f"{name}.txt", explain(name, capsys))


@pytest.mark.parametrize("name", NAMES)
def test_json_holds_the_same(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(CASES)
    text = explain(name, capsys)
    document = json.loads(explain(name, capsys, "--format", "json"))
    assert document["explanations"]
    for each in document["explanations"]:
        head = f"{each['source']} -> {each['destination']}, "
        assert head in text
        assert f"because {each['because']}\n" in text
        for side in ("egress", "ingress"):
            assert f"{side} of {each[side]['of']}: {each[side]['answer']}, {each[side]['reason']}\n" in text
            for tier in each[side]["tiers"]:
                for policy in tier["policies"]:
                    assert f"{policy['policy']} {policy['why']}" in text
                    assert f"({name}.yaml:{policy['at']['line']}:{policy['at']['column']})" in text
        for edit in each["turn_over"]["edits"]:
            assert edit["what"] in text
            assert edit["patch"] or edit["new"]
        assert all(f"  {line}" in text for line in each["description"])


@pytest.mark.checkout
def test_the_page_shows_a_case() -> None:
    page = Path(__file__).parents[2] / "docs/explain.md"
    assert (CASES / "near-miss.txt").read_text("utf-8") in page.read_text("utf-8")


def test_the_exact_words(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(CASES)
    near = explain("near-miss", capsys)
    assert "namespaceSelector matches, podSelector does not: label tier=web, wanted tier=api" in near
    assert "does not select data/db: label app=db, wanted app=cache" in near
    assert "ports are 80/TCP, asked for 8080/TCP" in explain("port-of-a-service", capsys)
    assert "Not affecting egress traffic: policyTypes lacks Egress" in explain("only-ingress", capsys)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["shop/web"], "a source and a destination are needed"),
        (["shop/web", "data/db:1", "near-miss.yaml", "--format", "jsn"], "did you mean 'json'?"),
        (["shop/wbe", "data/db", "near-miss.yaml"], "did you mean 'shop/web'?"),
        (["shop/web", "data/db:http", "near-miss.yaml"], "declares port 'http/tcp'"),
        (["shop/web", "data/db"], "nothing to read"),
        (["shop/web", "data:db:5", "near-miss.yaml"], "-->"),
    ],
)
def test_what_is_wrong(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(CASES)
    assert main(["explain", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err

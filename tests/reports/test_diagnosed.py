"""`check --format json` and `github`, held to the shipped schema and to the grammar of GitHub's runner."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from reports.test_github import read

from netpolspec.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCHEMA: dict[str, Any] = json.loads(files("netpolspec.report").joinpath("schema/check.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
WARNED = "idle: ; given namespace b\nused: ; given namespace a; given pod w in a port 80; expect a -> a/w:80 allowed\n"
TWICE = "given namespace a\ngiven namespace a\nexpect b -> c:80 allowed\n"


@pytest.fixture
def check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs `check` in a folder with some files: the exit status and what is on each stream."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "warned.nps").write_text(WARNED, "utf-8")
    (tmp_path / "twice.nps").write_text(TWICE, "utf-8")
    (tmp_path / "objects.yaml").write_text("{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n", "utf-8")

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["check", *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("arguments", "status", "codes", "read"),
    [
        (["warned.nps"], 0, ["unused-fixture"], {"files": 1, "scenarios": 1, "points": 1, "objects": 0}),
        (["warned.nps", "--ignore", "unused-fixture"], 0, [], {"files": 1, "scenarios": 1, "points": 1, "objects": 0}),
        (["warned.nps", "-q"], 0, [], {"files": 1, "scenarios": 1, "points": 1, "objects": 0}),
        (["objects.yaml"], 0, [], {"files": 0, "scenarios": 0, "points": 0, "objects": 1}),
        (["twice.nps"], 2, ["given-twice"], None),
        (["warned.nps", "twice.nps", "-q"], 2, ["given-twice"], None),
        (["nowhere.nps"], 2, ["unreadable-file"], None),
        (["warned.nps", "NO=1", "-q"], 2, ["unknown-override"], None),
        (["--ignore", "nonsense"], 2, ["bad-setting"], None),
    ],
)
def test_json(
    check: Callable[..., tuple[int, str, str]], arguments: list[str], status: int, codes: list[str], read: object
) -> None:
    ended, out, err = check(*arguments, "--format", "json")
    assert (ended, err) == (status, "")
    told = json.loads(out)
    VALIDATOR.validate(told)
    assert [each["code"] for each in told["diagnostics"]] == codes
    assert told["read"] == read
    assert told["passed"] is (status == 0)
    errors = [each for each in told["diagnostics"] if each["severity"] == "error"]
    assert told["summary"] == {"errors": len(errors), "warnings": len(codes) - len(errors)}


def test_a_tool_that_is_missing_is_no_mistake(
    check: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base/kustomization.yaml").write_text("resources: [../objects.yaml]\n", "utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    status, out, err = check("base", "--format", "json")
    told = json.loads(out)
    VALIDATOR.validate(told)
    assert (status, err, [each["code"] for each in told["diagnostics"]]) == (3, "", ["no-tool"])


def test_a_diagnostic_says_what_the_drawing_says(check: Callable[..., tuple[int, str, str]]) -> None:
    (first, *_) = json.loads(check("twice.nps", "--format", "json")[1])["diagnostics"]
    assert first["at"] == {
        "file": "twice.nps",
        "start": {"line": 2, "column": 1},
        "end": {"line": 2, "column": 18},
    }
    assert first["notes"][0]["at"]["start"] == {"line": 1, "column": 1}
    drawn = check("twice.nps")[2]
    assert f"error: {first['message']}\n --> twice.nps:2:1\n" in drawn
    assert all(f"= help: {hint}\n" in drawn for hint in first["help"])


def test_each_has_a_page(check: Callable[..., tuple[int, str, str]]) -> None:
    pages = [each["page"] for each in json.loads(check("twice.nps", "--format", "json")[1])["diagnostics"]]
    pages += [each["page"] for each in json.loads(check("warned.nps", "--format", "json")[1])["diagnostics"]]
    assert pages[0].endswith("/docs/messages/given-twice.md")
    assert pages[-1].endswith("/docs/lints/unused-fixture.md")


def test_annotations(
    check: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path.parent))
    status, out, err = check("warned.nps", "twice.nps", "--format", "github")
    assert (status, err) == (2, "")
    told = [read(line) for line in out.splitlines()]
    assert {name for name, _, _ in told} == {"error", "warning"}
    (name, properties, message) = next(each for each in told if each[1]["title"] == "given-twice")
    assert name == "error"
    assert properties["file"] == f"{tmp_path.name}/twice.nps"
    assert (properties["line"], properties["col"], properties["endColumn"]) == ("2", "1", "18")
    assert message.splitlines()[0] == "Namespace a is given twice in one world"
    assert "note: " in message
    assert message.splitlines()[-1].startswith("https://")
    assert check("objects.yaml", "--format", "github") == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "jsn"], "error: option '--format': there is no 'jsn'\n  = help: did you mean 'json'?\n"),
        (["--format", "json", "--explain"], "error: '--explain' and '--format json' exclude each other\n"),
    ],
)
def test_what_cannot_be(check: Callable[..., tuple[int, str, str]], arguments: list[str], message: str) -> None:
    assert check(*arguments) == (2, "", message)

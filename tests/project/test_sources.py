"""What holds for the files of the project, whoever writes them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import netpolspec

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).resolve().parents[2]


def list_files(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())


def show(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", list_files("netpolspec/**/*.py"), ids=show)
def test_no_module_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


DOCUMENTS = list_files("*.md", "benchmarks/**/*.md", "docs/**/*.md", "specs/**/*.md", "terraform/**/*.md")


def find_anchors(document: Path) -> set[str]:
    """What a link to a heading of the document may say after `#`, as GitHub makes it."""
    headings = re.findall(r"^#+ +(.+?) *$", strip_code(document.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def strip_code(text: str) -> str:
    return re.sub(r"^( *)(```|~~~).*?^\1\2 *$", "", text, flags=re.MULTILINE | re.DOTALL)


def test_there_are_documents() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} <= {show(document) for document in DOCUMENTS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=show)
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", strip_code(document.read_text(encoding="utf-8")))
    broken = []
    for target in re.findall(r"\]\(<?([^)>\s]+)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = (document.parent / name) if name else document
        if not linked.exists() or (anchor and anchor not in find_anchors(linked)):
            broken.append(target)
    assert broken == []


def test_the_commands_of_the_readme_are_there_and_ci_runs_the_second() -> None:
    block = re.search(r"```sh\n(.+?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    commands = [line.partition("#")[0].split() for line in block[1].splitlines()]
    assert commands == [["bin/netpolspec", "run", "specs/*.nps"], ["bin/just", "check"]]
    assert "bin/just check" in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()


def test_the_places_that_the_architecture_names_exist() -> None:
    text = strip_code((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    places = {place for place in re.findall(r"`([\w./-]+)`", text) if "/" in place or place.endswith(".py")}
    assert len(places) > 10
    missing = {place for place in places if not ((ROOT / place).exists() or (ROOT / "netpolspec" / place).exists())}
    assert missing == set()


def test_the_changelog_tells_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[?([^\]\s]+)", changelog, re.MULTILINE)
    assert versions[0] == "Unreleased"
    assert netpolspec.__version__ in versions


def test_every_rule_that_is_not_followed_has_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    ignored = [line for line in lines if re.match(r' +"[A-Z]+[0-9]*",', line)]
    assert len(ignored) > 10
    assert [line for line in ignored if not re.search(r", +# \w", line)] == []


def test_the_pythons_that_are_promised_are_those_that_ci_tries() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))
    assert project["requires-python"] == f">={promised[0]}"
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert re.findall(r'"(3\.\d+)"', workflow) == promised


@pytest.mark.parametrize("path", list_files("bin/*", ".ci/run"), ids=show)
def test_scripts_can_be_started(path: Path) -> None:
    starts = path.read_text(encoding="utf-8").startswith("#!")
    assert bool(path.stat().st_mode & 0o100) is starts

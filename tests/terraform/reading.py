"""Folders of Terraform files as test cases: what is asked of them, and how the answer is written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.diagnostics import render
from netpolspec.load.render import render_yaml
from netpolspec.load.terraform.values import Request
from netpolspec.source import Source

if TYPE_CHECKING:
    from netpolspec.load.terraform.reading import Reading

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
REFUSED = HERE / "refused"
STATIC_ONLY = "static-only-"
"""How the names of folders begin that no plan can be made of here: newer providers, data sources."""


def find_cases(folder: Path) -> list[str]:
    """The names of a folder's cases."""
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir())


def ask(folder: Path, name: str) -> Request:
    """The request that a spec beside a case makes; the current folder must be the cases'."""
    statement = f'given terraform "{name}"'
    source = Source("spec.nps", f"{statement}\n")
    given = folder / name / "given.json"
    variables = json.loads(given.read_text(encoding="utf-8")) if given.exists() else {}
    return Request(name, source.span(statement.index('"'), len(statement)), variables)


def show_objects(reading: Reading) -> str:
    """The objects of a reading, as `render` prints them."""
    return render_yaml(reading.resources, reading.secrets)


def show_messages(reading: Reading) -> str:
    """The messages of a reading, as a user sees them."""
    return "".join(f"{render(diagnostic)}\n" for diagnostic in reading.diagnostics)

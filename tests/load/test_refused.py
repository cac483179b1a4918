"""What the API server refuses, and what is no YAML or JSON: every message with its place, as it is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.diagnostics import render
from netpolspec.load.files import read_source
from netpolspec.load.fragment import Fragment
from netpolspec.load.manifests import flatten, read_path, understand
from netpolspec.load.yaml_text import read_yaml
from netpolspec.source import Pointer

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
OBJECTS = sorted((HERE / "refused").glob("*.yaml"))
TEXTS = sorted(path for path in (HERE / "syntax").iterdir() if path.suffix in {".yaml", ".json"})


def _drawn(path: Path) -> str:
    _, diagnostics = read_path(path, shown=path.name)
    assert diagnostics
    return "\n\n".join(render(diagnostic) for diagnostic in diagnostics) + "\n"


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: path.stem)
def test_messages_about_objects(path: Path, golden: Callable[[Path, str], None]) -> None:
    golden(path.with_suffix(".err"), _drawn(path))


@pytest.mark.parametrize("path", [path for path in OBJECTS if path.stem != "twice"], ids=lambda path: path.stem)
def test_every_document_is_refused(path: Path) -> None:
    source = read_source(path)
    documents, problems = read_yaml(Fragment(source, source.text))
    assert not problems
    accepted = [
        document.locate(()).line
        for value, document in documents
        for manifest, pointer in flatten(value, Pointer(document))
        if understand(manifest, pointer)[0] is not None
    ]
    assert accepted == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_messages_about_text(path: Path, golden: Callable[[Path, str], None]) -> None:
    golden(path.with_name(f"{path.name}.err"), _drawn(path))

"""Whatever a file holds, the reader answers with objects or messages and never breaks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from terraform.reading import CORPUS

from netpolspec.diagnostics import Refusal, render
from netpolspec.load.hcl.parser import parse_expression, parse_template
from netpolspec.load.hcl.structure import parse_file
from netpolspec.load.terraform.read import Mode, read_terraform
from netpolspec.load.terraform.values import Request
from netpolspec.source import Source

if TYPE_CHECKING:
    from pathlib import Path

FILES = sorted(CORPUS.rglob("*.tf"))
PIECES = st.sampled_from(
    ('"', "${", "%{", "}", "{", "[", "]", "(", ")", "<<EOT\n", "EOT\n", "=", "null", "...", "for", "if", "\\", "~", "#")
)
texts = st.lists(PIECES | st.text(max_size=4), max_size=30).map("".join)


@given(texts)
def test_any_text(text: str) -> None:
    source = Source("main.tf", text)
    for parse in (parse_file, lambda s: parse_expression(s.text, s.span), lambda s: parse_template(s.text, s.span)):
        try:
            parse(source)
        except Refusal as refusal:
            for diagnostic in refusal.diagnostics:
                assert render(diagnostic).startswith("error: ")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(FILES),
    at=st.floats(0, 1),
    length=st.integers(0, 30),
    piece=PIECES
    | st.sampled_from(("1", "var.x", "local.names", "{}", '"x"', "true ? 1 : []", "toset([1])", "each.key")),
)
def test_a_module_with_a_slip(path: Path, at: float, length: int, piece: str, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    start = int(at * len(text))
    (tmp_path / "main.tf").write_text(text[:start] + piece + text[start + length :], encoding="utf-8")
    place = Source("spec.nps", "given terraform\n").span(0, 15)
    (reading,) = read_terraform([Request(str(tmp_path), place)], Mode.STATIC)
    for diagnostic in reading.diagnostics:
        assert render(diagnostic)


@pytest.mark.parametrize("piece", ["[", "(", "{a=", "-", "f(", "[for x in ", "true ? 1 : ", "x["])
def test_deep_nesting_is_refused(piece: str) -> None:
    source = Source("main.tf", piece * 10_000)
    with pytest.raises(Refusal, match="nested deeper than"):
        parse_expression(source.text, source.span)


def test_deep_blocks_are_refused() -> None:
    with pytest.raises(Refusal, match="nested deeper than"):
        parse_file(Source("main.tf", "a {\n" * 10_000))


def test_a_chain_that_is_too_long_is_refused(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("locals {\n  a = " + " + ".join(["1"] * 3000) + "\n}\n", encoding="utf-8")
    place = Source("spec.nps", "given terraform\n").span(0, 15)
    (reading,) = read_terraform([Request(str(tmp_path), place)], Mode.STATIC)
    assert [each.code for each in reading.diagnostics] == ["too-deep"]


KEYS = st.sampled_from(
    ("resource", "kubernetes_network_policy", "this", "metadata", "spec", "ingress", "from", "dynamic", "content", "//",
     "for_each", "variable", "locals", "module", "source", "output", "value", "type", "default", "name", "labels")
)  # fmt: skip
LEAVES = st.sampled_from((None, True, 1, 1.5, "", "x", "${x}", "${local.x}", "./this", "string", "%{ if }", "$${x}"))
documents = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=st.dictionaries(KEYS, documents, max_size=4), values=st.dictionaries(KEYS, documents, max_size=2))
def test_any_json(document: dict[str, object], values: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "main.tf.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "x.auto.tfvars.json").write_text(json.dumps(values), encoding="utf-8")
    place = Source("spec.nps", "given terraform\n").span(0, 15)
    (reading,) = read_terraform([Request(str(tmp_path), place)], Mode.STATIC)
    for diagnostic in reading.diagnostics:
        assert render(diagnostic)

"""Objects as YAML and JSON: what is printed is read back as what it was."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netpolspec.load.fragment import Fragment
from netpolspec.load.hcl.calls import _COMMON, _OWN, _rare
from netpolspec.load.hcl.functions.files import FILES
from netpolspec.load.manifests import read_text
from netpolspec.load.render import render_json, render_yaml
from netpolspec.load.resource import Key, Resource
from netpolspec.load.yaml_text import read_yaml
from netpolspec.source import Source

PLACE = Source("<test>", "x").span(0, 1)
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "terraform.md"


def make(manifest: dict[str, Any]) -> Resource:
    return Resource(Key("ConfigMap", "a", "b"), manifest, (), PLACE)


texts = st.sampled_from(
    (
        "y",
        "yes",
        "on",
        "null",
        "~",
        "",
        "1e3",
        "0o7",
        "010",
        "0x1f",
        ".5",
        "1_0",
        "12:30",
        "2020-01-01",
        "- a",
        "#x",
        "a: b",
    )
) | st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8)
values = st.recursive(
    texts | st.integers(-(2**40), 2**40) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts.filter(bool), inner, max_size=3),
    max_leaves=8,
)
manifests = st.dictionaries(st.sampled_from(("metadata", "spec", "data")), values, min_size=1)


@given(st.lists(manifests, min_size=1, max_size=3))
def test_yaml_is_read_back_as_kubectl_reads_it(written: list[dict[str, Any]]) -> None:
    text = render_yaml([make(manifest) for manifest in written])
    found, problems = read_yaml(Fragment(source := Source("x.yaml", text), source.text))
    assert problems == ()
    assert [value for value, _ in found] == written


@given(st.lists(manifests, max_size=3))
def test_json_is_one_array(written: list[dict[str, Any]]) -> None:
    assert json.loads(render_json([make(manifest) for manifest in written])) == written


def test_nothing_is_nothing() -> None:
    assert render_yaml([]) == ""
    assert render_json([]) == "[]\n"


def test_what_is_sensitive_is_not_shown() -> None:
    manifest = {"metadata": {"labels": {"a": "x-hunter2", "hunter2": "b", "n": 42}}}
    for render in (render_yaml, render_json):
        text = render([make(manifest)], {"hunter2", "42"})
        assert "hunter2" not in text
        assert "42" not in text
        assert text.count("(sensitive value)") == 3


def test_objects_are_the_same_after_a_round() -> None:
    text = (Path(__file__).parent / "corpus" / "realistic-three-tiers" / "golden.yaml").read_text(encoding="utf-8")
    resources, problems = read_text(Source("x.yaml", text))
    assert problems == ()
    assert render_yaml(resources) == text


@pytest.mark.checkout
def test_the_page_names_every_function() -> None:
    page = DOCUMENT.read_text(encoding="utf-8")
    section = page[page.index("- functions:") : page.index("- resources, with and without")]
    named = {word for words in re.findall(r"`([^`]*)`", section) for word in words.split()}
    assert named == {*_COMMON, *_rare(), *_OWN, *FILES}

"""Plain scalars mean what they mean to kubectl."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from load.reading import document

from netpolspec.load.scalars import resolve

MEANINGS = [
    ("", None),
    ("~", None),
    ("null", None),
    ("nULL", "nULL"),
    ("true", True),
    ("True", True),
    ("tRUE", "tRUE"),
    ("yes", True),
    ("y", True),
    ("on", True),
    ("off", False),
    ("N", False),
    ("none", "none"),
    ("0", 0),
    ("-0", 0),
    ("80", 80),
    ("+80", 80),
    ("-80", -80),
    ("080", 80),
    ("010", 8),
    ("0o10", 8),
    ("0x1F", 31),
    ("-0x1f", -31),
    ("0b101", 5),
    ("1_000", 1000),
    ("80:90", "80:90"),
    ("12:30:45", "12:30:45"),
    ("80-90", "80-90"),
    ("1e3", 1000),
    ("1.5", 1.5),
    (".5", 0.5),
    ("1.", 1),
    ("80.0", 80),
    ("1e400", "1e400"),
    ("1.2.3", "1.2.3"),
    ("10.0.0.0/8", "10.0.0.0/8"),
    ("2020-01-01", "2020-01-01"),
    ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
    ("0xg", "0xg"),
    ("+", "+"),
    ("-", "-"),
    (".", "."),
    ("..", ".."),
    ("_1", "_1"),
    ("1" * 30, int("1" * 30)),
    ("٣", "٣"),
    ("=", "="),
]


@pytest.mark.parametrize(("text", "value"), MEANINGS)
def test_meaning(text: str, value: object) -> None:
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


def test_not_finite() -> None:
    assert resolve(".nan") != resolve(".nan")
    assert resolve("-.INF") == -math.inf


def test_keys_become_text_as_kubectl_makes_them() -> None:
    assert document("80: a\non: b\n1.5: c\n0x10: d\n'8': e\n")[0] == {
        "80": "a",
        "true": "b",
        "1.5": "c",
        "16": "d",
        "8": "e",
    }


def test_merge_keys_and_aliases() -> None:
    text = "a: &a {x: 1, v: 2}\nb: &b [*a, *a]\nc: {<<: *a, v: 3}\nd: {<<: [*a, {z: 4, x: 5}]}\ne: &s text\nf: *s\n"
    assert document(text)[0] == {
        "a": {"x": 1, "v": 2},
        "b": [{"x": 1, "v": 2}, {"x": 1, "v": 2}],
        "c": {"x": 1, "v": 3},
        "d": {"x": 1, "v": 2, "z": 4},
        "e": "text",
        "f": "text",
    }


def test_tags_of_yaml_itself() -> None:
    text = (
        "a: !!str 80\nb: !!int '80'\nc: !!bool 'true'\nd: !!null ''\ne: ! 80\nf: !!map {}\ng: !!seq []\nh: !!float 1\n"
    )
    assert document(text)[0] == {
        "a": "80",
        "b": 80,
        "c": True,
        "d": None,
        "e": "80",
        "f": {},
        "g": [],
        "h": 1.0,
    }


TEXT = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("é日😀\n\t"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_json_is_yaml(value: object) -> None:
    assert document(json.dumps({"value": value}, ensure_ascii=False))[0] == {"value": value}

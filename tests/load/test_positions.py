"""Where values stand: in YAML, in JSON, in pieces of other files, in Lists; found only when a message asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from load.reading import document, read

from netpolspec.load.fragment import Fragment
from netpolspec.load.json_text import read_json
from netpolspec.load.manifests import read_text
from netpolspec.load.yaml_text import read_yaml
from netpolspec.source import Pointer, Source

if TYPE_CHECKING:
    from netpolspec.source import Path

NESTED = """\
# a comment
metadata:
  name: web   # the name
  labels: {app: web, "quoted key": 'é'}
spec:
- from:
  - podSelector:
      matchLabels:
        über: ünter
    namespaceSelector:
  -   ipBlock: {cidr: 10.0.0.0/8}
  ports: [80, "http", &p {port: 1}, *p]
text: |
  several
  lines
merged:
  <<: {a: 1}
  b: 2
"""

WHERE: list[tuple[Path, int, int, str]] = [
    (("metadata", "name"), 3, 9, "web"),
    (("metadata", "labels"), 4, 11, """{app: web, "quoted key": 'é'}"""),
    (("metadata", "labels", "app"), 4, 17, "web"),
    (("metadata", "labels", "quoted key"), 4, 36, "'é'"),
    (("spec", 0, "from", 0, "podSelector", "matchLabels", "über"), 9, 15, "ünter"),
    (("spec", 0, "from", 0, "namespaceSelector"), 10, 5, "namespaceSelector"),
    (("spec", 0, "from", 1, "ipBlock", "cidr"), 11, 23, "10.0.0.0/8"),
    (("spec", 0, "ports", 0), 12, 11, "80"),
    (("spec", 0, "ports", 1), 12, 15, '"http"'),
    (("spec", 0, "ports", 2, "port"), 12, 33, "1"),
    (("spec", 0, "ports", 3), 12, 37, "*p"),
    (("spec", 0, "ports", 3, "port"), 12, 37, "*p"),
    (("text",), 13, 7, "|\n  several\n  lines"),
    (("merged", "a"), 17, 3, "<<"),
    (("merged", "b"), 18, 6, "2"),
]


@pytest.mark.parametrize(("path", "line", "column", "text"), WHERE)
def test_value(path: Path, line: int, column: int, text: str) -> None:
    span = document(NESTED)[1].locate(path)
    assert (span.line, span.column, span.text) == (line, column, text)


def test_key() -> None:
    yaml_document = document(NESTED)[1]
    assert yaml_document.locate(("metadata", "labels", "quoted key"), key=True).text == '"quoted key"'
    assert str(yaml_document.locate(("spec", 0, "from", 0, "podSelector"), key=True)) == "input.yaml:7:5"


def test_missing_value_is_at_its_nearest_ancestor() -> None:
    yaml_document = document(NESTED)[1]
    assert yaml_document.locate(("metadata", "labels", "missing", "deep")).text.startswith("{app")
    assert yaml_document.locate(("metadata", "labels", "missing"), key=True).text == "labels"
    assert yaml_document.locate(("spec", 0, "ports", 9)).text.startswith("[80")
    assert yaml_document.locate(("nothing",)).line == 2


def test_windows_line_ends_and_wide_characters() -> None:
    text = "a: 1\r\n# 日本語 😀\r\nb: {x: 😀, z: last}\r\n"
    span = document(text)[1].locate(("b", "z"))
    assert (span.line, span.column, span.text) == (3, 14, "last")


def test_second_document() -> None:
    text = "a: 1\n---\n# of the second\na: 2\n...\n---\na: 3\n"
    documents, problems = read_yaml(Fragment(Source("x", text), text))
    assert problems == ()
    assert [each.locate(("a",)).line for _, each in documents] == [1, 4, 7]


@pytest.mark.parametrize("indent", [0, 3])
def test_piece_of_another_file(indent: int) -> None:
    blank = " " * indent
    piece = "metadata:\n  name: web\n\n  labels: {app: bad value}\n"
    inside = "".join(f"{blank}{line}".rstrip() + "\n" for line in piece.splitlines())
    source = Source("spec.nps", f"world:\n  given manifest <<END\n{inside}END\n")
    documents, _ = read_yaml(Fragment(source, piece, line=3, indent=indent))
    span = documents[0][1].locate(("metadata", "labels", "app"))
    assert (span.line, span.column, span.text) == (6, 17 + indent, "bad value")
    assert documents[0][1].locate(("metadata", "labels"), key=True).text == "labels"


def test_messages_point_into_the_outer_file() -> None:
    heredoc = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: Shop\n"
    outer = "rule:\n\tgiven manifest <<X\n" + "".join(f"\t\t{line}\n" for line in heredoc.splitlines()) + "\tX\n"
    source = Source("spec.nps", outer)
    _, problems = read_text(source, text=heredoc, line=3, indent=2)
    assert [str(problem.span) for problem in problems] == ["spec.nps:6:11"]
    _, problems = read_text(source, text="a: b: c\n", line=3, indent=2)
    assert [str(problem.span) for problem in problems] == ["spec.nps:3:7"]


def test_items_of_a_list() -> None:
    text = yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "List",
            "items": [
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"ns-{i}", "labels": {"é": f"v{i}"}}}
                for i in range(40)
            ],
        },
        allow_unicode=True,
        sort_keys=False,
    )
    _, yaml_document = document(text)
    for i in range(40):
        span = yaml_document.locate(("items", i, "metadata", "labels", "é"))
        assert span.text == f"v{i}"
        assert yaml_document.locate(("items", i, "metadata", "labels"), key=True).text == "labels"
    flow = "{kind: List, items: [{name: a}, &x {name: b}, *x, {name: c}]}"
    found = [document(flow)[1].locate(("items", i, "name")).text for i in range(4)]
    assert found == ["a", "b", "*x", "c"]


def test_items_that_need_an_anchor_outside() -> None:
    text = "common: &c {a: 1}\nitems:\n- x: *c\n  v: here\n- <<: *c\n  z: there\n"
    _, yaml_document = document(text)
    assert yaml_document.locate(("items", 0, "v")).text == "here"
    assert yaml_document.locate(("items", 1, "z")).text == "there"
    assert yaml_document.locate(("items", 1, "a")).text == "<<"


def test_json() -> None:
    text = '{"a": {"b": [1, {"c": "x"}, []],\n "d\\u00e9": null}, "e": "\\"}"}\n {"a": 2}'
    documents, problems = read_json(Fragment(Source("x.json", text), text))
    assert problems == ()
    first, second = (each for _, each in documents)
    assert first.locate(("a", "b", 1, "c")).text == '"x"'
    assert first.locate(("a", "b", 1, "c"), key=True).text == '"c"'
    assert str(first.locate(("a", "dé"))) == "x.json:2:13"
    assert first.locate(("e",)).text == '"\\"}"'
    assert first.locate(("a", "b", 7)).text == '[1, {"c": "x"}, []]'
    assert first.locate(("a", "nothing"), key=True).text == '"a"'
    assert str(second.locate(("a",))) == "x.json:3:8"


KEYS = st.text(alphabet="abé:{ \"'#-\n", min_size=1, max_size=4)
VALUES = st.recursive(
    st.integers(0, 9) | st.text(alphabet="ab é:{[\"'#-,\n😀", max_size=6),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(KEYS, inner, min_size=1, max_size=3),
    max_leaves=10,
)


def _paths(value: object, path: Path = ()) -> list[tuple[Path, object]]:
    found: list[tuple[Path, object]] = [(path, value)]
    if isinstance(value, dict):
        for key, held in value.items():
            found += _paths(held, (*path, key))
    elif isinstance(value, list):
        for index, held in enumerate(value):
            found += _paths(held, (*path, index))
    return found


@given(VALUES, st.sampled_from([None, True, False]), st.integers(2, 6))
def test_every_scalar_is_found_where_it_is(value: object, flow: bool | None, indent: int) -> None:  # noqa: FBT001
    data = {"kind": "List", "items": [value, value]}
    text = yaml.safe_dump(data, default_flow_style=flow, indent=indent, allow_unicode=True, sort_keys=False, width=1000)
    loaded, yaml_document = document(text)
    assert loaded == data
    for path, held in _paths(data):
        if not isinstance(held, (dict, list)):
            span = yaml_document.locate(path)
            alias = span.text.startswith("*")
            assert alias or yaml.safe_load(" " * (span.column - 1) + span.text) == held


@given(VALUES, st.sampled_from([None, 1, 4]))
def test_every_json_value_is_found_where_it_is(value: object, indent: int | None) -> None:
    data = {"a": value, "b": [value]}
    text = json.dumps(data, indent=indent, ensure_ascii=False)
    ((loaded, json_document),), _ = read_json(Fragment(Source("x", text), text))
    assert loaded == data
    for path, held in _paths(data):
        assert json.loads(json_document.locate(path).text) == held
        if path and isinstance(path[-1], str):
            assert json.loads(json_document.locate(path, key=True).text) == path[-1]


def test_pointers_of_objects() -> None:
    resources, _ = read("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    origin = resources[0].origin
    assert isinstance(origin, Pointer)
    assert origin.at("metadata", "name").span.text == "a"
    assert origin.at("metadata", "name").key_span.text == "name"


@pytest.mark.parametrize(("depth", "wrong"), [(100, False), (101, True), (400, True)])
def test_depth_has_the_same_limit_in_both_forms(depth: int, *, wrong: bool) -> None:
    text = "[" * depth + "]" * depth
    fragment = Fragment(Source("x", text), text)
    assert [problem.code for problem in read_json(fragment)[1]] == ["too-deep"] * wrong
    assert [problem.code for problem in read_yaml(fragment)[1]] == ["too-deep"] * wrong


@pytest.mark.parametrize("path", ["-", "a.yaml", "a.json"])
def test_byte_order_mark_moves_nothing(path: str) -> None:
    text = '\ufeff{"apiVersion": "v1",\n "kind": "Namespace", "metadata": {"name": "A"}}'
    _, (problem,) = read_text(Source(path, text))
    assert (str(problem.span), problem.span.text if problem.span else "") == (f"{path}:2:44", '"A"')
    _, (problem,) = read_text(Source(path, "\ufeff{a: [" if path != "a.json" else "\ufeff{]"))
    assert problem.span is not None
    assert problem.span.start == (6 if path != "a.json" else 2)

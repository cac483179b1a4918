"""Expressions of Terraform's language, for hypothesis: most of them mean something, some of them fail."""

from __future__ import annotations

import json

from hypothesis import strategies as st

WORDS = ("a", "b", "ms-a", "80", "1.5", "true", "", "x y", "é", "A-b", "$", "%d", "10.0.0.0/8")
NAMES = ("a", "b", "c", "d e")

texts = st.sampled_from(WORDS).map(lambda word: json.dumps(word, ensure_ascii=False))
numbers = st.sampled_from(("0", "1", "2", "3", "10", "0.1", "2.5", "1e3", "007", "80"))
literals = texts | numbers | st.sampled_from(("true", "false", "null"))


def _call(name: str, *arguments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*arguments).map(lambda held: f"{name}({', '.join(held)})")


def _extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One step outwards from simpler expressions."""
    lists = st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]") | inner
    pairs = st.lists(st.tuples(st.sampled_from(NAMES), inner), max_size=3)
    maps = pairs.map(lambda held: "{" + ", ".join(f'"{name}" = {value}' for name, value in held) + "}") | inner
    operators = st.sampled_from(("+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">="))
    # Versions of Terraform differ about the right side where the left one decides, so that one never fails here.
    logic = st.tuples(inner, st.sampled_from(("&&", "||")), st.sampled_from(("true", "false", '"true"')))
    binary = st.tuples(inner, operators, inner).map(lambda held: f"({' '.join(held)})")
    logical = logic.map(lambda held: f"({' '.join(held)})")
    unary = st.tuples(st.sampled_from(("-", "!")), inner).map(lambda held: f"{held[0]}({held[1]})")
    choice = st.tuples(inner, inner, inner).map(lambda held: f"({held[0]} ? {held[1]} : {held[2]})")
    template = st.tuples(st.sampled_from(WORDS[:6]), inner).map(lambda held: f'"{held[0]}${{{held[1]}}}."')
    directive = st.tuples(inner, inner).map(
        lambda held: f'"%{{ for k, v in {held[0]} }}${{k}}=${{try(tostring(v), {held[1]})}};%{{ endfor }}"'
    )
    index = st.tuples(lists | maps, inner).map(lambda held: f"{held[0]}[{held[1]}]")
    attribute = st.tuples(maps, st.sampled_from(NAMES[:3])).map(lambda held: f"{held[0]}.{held[1]}")
    splat = lists.map(lambda held: f"({held})[*]") | maps.map(lambda held: f"[{held}][*].a")
    comprehension = st.tuples(lists | maps, inner).map(
        lambda held: f"[for k, v in {held[0]} : [k, v] if v != {held[1]}]"
    )
    grouping = (lists | maps).map(lambda held: f'{{for k, v in {held} : "k${{k}}" => v...}}')
    mapping = st.tuples(lists | maps, inner).map(lambda held: f'{{for k, v in {held[0]} : "${{k}}" => {held[1]}}}')
    calls = st.one_of(
        *(_call(name, inner) for name in ("upper", "lower", "title", "trimspace", "strrev", "tostring", "tonumber")),
        *(_call(name, inner) for name in ("tobool", "abs", "ceil", "floor", "jsonencode", "chomp", "sha256", "can")),
        *(_call(name, lists) for name in ("length", "sort", "distinct", "compact", "flatten", "reverse", "sum", "one")),
        *(_call(name, lists) for name in ("tolist", "toset", "alltrue", "anytrue", "toset", "length")),
        *(_call(name, maps) for name in ("keys", "values", "tomap", "length")),
        *(_call(name, inner, inner) for name in ("try", "coalesce", "max", "min", "trimprefix", "startswith")),
        *(_call(name, lists, lists) for name in ("concat", "setunion", "setintersection", "setsubtract", "setproduct")),
        *(_call(name, lists, lists) for name in ("zipmap", "coalescelist")),
        *(_call(name, lists, inner) for name in ("contains", "element", "index", "chunklist")),
        _call("merge", maps, maps),
        _call("lookup", maps, texts, inner),
        _call("join", texts, lists),
        _call("split", texts, inner),
        _call("replace", inner, texts, texts),
        _call("substr", inner, numbers, numbers),
        _call("slice", lists, numbers, numbers),
        _call("range", numbers, numbers),
        _call("format", st.sampled_from(('"%s"', '"%d"', '"%v"', '"%q"', '"<%5s>"', '"%03d"', '"%t"')), inner),
        _call("formatlist", st.just('"%s-%v"'), lists, inner),
        _call("jsondecode", _call("jsonencode", inner)),
        _call("base64decode", _call("base64encode", inner)),
        _call("cidrsubnet", st.just('"10.0.0.0/8"'), numbers, numbers),
    )
    return st.one_of(
        lists, maps, binary, logical, unary, choice, template, directive, index, attribute, splat, comprehension,
        grouping, mapping, calls, calls,
    )  # fmt: skip


expressions = st.recursive(literals, _extend, max_leaves=10)

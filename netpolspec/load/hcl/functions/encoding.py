"""Functions that encode and decode, and digests."""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import io
import json
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from netpolspec.load.hcl.functions.definition import ANY, STRING, Library, Unsupported
from netpolspec.load.hcl.numbers import format_number, parse_number
from netpolspec.load.hcl.values import (
    ListValue,
    MapValue,
    Mistake,
    Null,
    ObjectOf,
    ObjectValue,
    SetValue,
    TupleValue,
    Value,
    make_object,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ENCODING = Library()

# --- JSON ---------------------------------------------------------------------------------------------------------

_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def to_json_text(value: Value) -> str:
    """A known value as JSON, byte for byte as Terraform's `jsonencode` writes it."""
    match value:
        case Null():
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | Fraction():
            return format_number(value)
        case str():
            return json.dumps(value, ensure_ascii=False).translate(_HTML)
        case ListValue(items) | SetValue(items) | TupleValue(items):
            return f"[{','.join(map(to_json_text, items))}]"
        case MapValue(entries) | ObjectValue(entries):
            return "{" + ",".join(f"{to_json_text(name)}:{to_json_text(item)}" for name, item in entries.items()) + "}"
        case _:
            raise AssertionError(value)


def from_plain(value: object) -> Value:
    """JSON or YAML data as a value: objects and tuples."""
    match value:
        case None:
            return Null()
        case bool() | int() | Fraction() | str():
            return value
        case list():
            return TupleValue(tuple(from_plain(item) for item in value))
        case dict():
            return make_object({str(name): from_plain(item) for name, item in value.items()})
        case _:
            raise AssertionError(value)


@ENCODING.define("jsonencode", ANY, nulls=True)
def _jsonencode(value: Value) -> Value:
    return to_json_text(value)


@ENCODING.define("jsondecode", STRING)
def _jsondecode(text: str) -> Value:
    def refuse(_: str) -> Any:  # noqa: ANN401 - as json asks
        raise ValueError

    try:
        return from_plain(json.loads(text, parse_float=parse_number, parse_int=parse_number, parse_constant=refuse))
    except (ValueError, RecursionError):
        raise Mistake("the text is not valid JSON") from None


@ENCODING.define("csvdecode", STRING)
def _csvdecode(text: str) -> Value:
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error:
        raise Mistake("the text is not valid CSV") from None
    if not rows:
        raise Mistake("the text holds no header")
    header, *lines = rows
    if len(set(header)) != len(header) or any(len(line) != len(header) for line in lines):
        raise Mistake("each line of CSV has a value for each name of the header, and each name stands once")
    objects = tuple(make_object(dict(zip(header, line, strict=True))) for line in lines)
    of = ObjectOf(tuple((name, STRING) for name in sorted(header)))
    return ListValue(objects, of)


# --- YAML ---------------------------------------------------------------------------------------------------------

_WORDS = {"true": True, "false": False, "null": None, "": None, "~": None}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\Z")
_TEXT = re.compile(
    r"(?!(?:y|n|yes|no|on|off|true|false|null|nan|inf)\Z)[A-Za-z_/*][^\n]*\Z|[0-9]+(?:\.[0-9]+){2,3}(?:/[0-9]+)?\Z",
    re.IGNORECASE,
)


@ENCODING.define("yamldecode", STRING)
def _yamldecode(text: str) -> Value:
    import yaml

    try:
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        raise Mistake("the text is not valid YAML") from None
    if len(documents) != 1:
        raise Mistake("'yamldecode' takes one document")
    return from_plain(_yaml_plain(documents[0]))


def _yaml_plain(node: Any) -> object:  # noqa: ANN401 - yaml's nodes are of a library without types
    """A node's data; what versions of YAML read differently is left to terraform."""
    import yaml

    if isinstance(node, yaml.ScalarNode):
        if node.style is not None:
            return node.value
        if not node.tag.startswith("tag:yaml.org,2002:"):
            raise Unsupported("the YAML holds a tag")
        if node.value in _WORDS:
            return _WORDS[node.value]
        if _NUMBER.match(node.value):
            return parse_number(node.value)
        if _TEXT.match(node.value):
            return node.value
        raise Unsupported(f"the YAML holds '{node.value}', which not every version reads alike")
    if isinstance(node, yaml.SequenceNode):
        return [_yaml_plain(item) for item in node.value]
    result = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            raise Unsupported("the YAML holds a key that is no text")
        result[key.value] = _yaml_plain(value)
    return result


@ENCODING.define("yamlencode", ANY, nulls=True)
def _yamlencode(value: Value) -> Value:
    return _yaml_block(value, "") + ("" if isinstance(value, (ListValue, TupleValue, MapValue, ObjectValue)) else "\n")


def _yaml_block(value: Value, indent: str) -> str:
    """A value as Terraform's encoder lays it out: keys and text in quotes, lists flush with their key."""
    match value:
        case ListValue(items) | SetValue(items) | TupleValue(items) if items:
            lines = []
            for item in items:
                inner = _yaml_block(item, indent + "  ")
                lines.append(f"{indent}- {inner.removeprefix(indent + '  ')}" + ("" if inner.endswith("\n") else "\n"))
            return "".join(lines)
        case MapValue(entries) | ObjectValue(entries) if entries:
            lines = []
            for name, item in entries.items():
                is_list = isinstance(item, (ListValue, SetValue, TupleValue))
                inner = _yaml_block(item, indent if is_list else indent + "  ")
                gap, end = ("\n", "") if inner.endswith("\n") else (" ", "\n")
                lines.append(f"{indent}{_yaml_text(name)}:{gap}{inner}{end}")
            return "".join(lines)
        case ListValue() | SetValue() | TupleValue():
            return "[]"
        case MapValue() | ObjectValue():
            return "{}"
        case str():
            return _yaml_text(value)
        case _:
            return to_json_text(value)


def _yaml_text(text: str) -> str:
    if not text.isprintable():
        raise Unsupported("encodes text of several lines as YAML")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# --- bytes --------------------------------------------------------------------------------------------------------


@ENCODING.define("base64encode", STRING)
def _base64encode(text: str) -> Value:
    return base64.b64encode(text.encode()).decode()


@ENCODING.define("base64decode", STRING)
def _base64decode(text: str) -> Value:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        raise Mistake("the text is not valid base64 of UTF-8") from None


@ENCODING.define("urlencode", STRING)
def _urlencode(text: str) -> Value:
    return quote_plus(text)


def _define_digest(name: str, show: Callable[[bytes], str]) -> None:
    algorithm = name.removeprefix("base64")

    @ENCODING.define(name, STRING)
    def _digest(text: str) -> Value:
        return show(hashlib.new(algorithm, text.encode(), usedforsecurity=False).digest())


for _name in ("md5", "sha1", "sha256", "sha512"):
    _define_digest(_name, bytes.hex)
for _name in ("base64sha256", "base64sha512"):
    _define_digest(_name, lambda digest: base64.b64encode(digest).decode())

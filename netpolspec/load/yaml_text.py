"""YAML text to plain data, safely, and late answers to where a value stands.

Values come from the events of libyaml (about 5 MB a second; composing nodes as `yaml.load` does takes three times as
long), kept on a stack of our own so that deep nesting cannot exhaust the C stack. Positions are not stored: a message
that needs one reads the events again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

import yaml

from netpolspec.diagnostics import Diagnostic, Note, Refusal
from netpolspec.load.scalars import Scalar, resolve
from netpolspec.load.yaml_errors import HELM_TEMPLATE, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netpolspec.load.fragment import Fragment
    from netpolspec.source import Path, Span

Plain: TypeAlias = "Scalar | list[Plain] | dict[str, Plain]"

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # a PyYAML without libyaml, as some platforms have
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MAX_DEPTH = 100
"""Deeper than any object of Kubernetes."""
MAX_ALIASED = 100_000
"""How many values aliases may stand for in one document beyond those that are written out."""

_SCALAR_TAGS = {f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null")}
_MAP_TAG, _SEQ_TAG = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"


@dataclass(frozen=True, eq=False, slots=True)
class YamlDocument:
    """One YAML document of a fragment; answers where its values stand by reading it again."""

    fragment: Fragment
    start: int
    end: int
    items: dict[tuple[str, int], int] = field(repr=False)
    """Where the items of the lists at the top stand, so that a long List is not read whole for each answer."""

    def locate(self, path: Path, *, key: bool = False) -> Span:
        """The span of the value at a path, or of its key; the nearest ancestor's where it does not exist."""
        item = self.items.get(cast("tuple[str, int]", path[:2]))
        if item is not None and (len(path) > 2 or not key):  # noqa: PLR2004 - the list and the index
            text = self.fragment.text
            column = item - text.rfind("\n", 0, item) - 1
            until = self.items.get((cast("str", path[0]), cast("int", path[1]) + 1), self.end)
            try:
                start, end = _find(" " * column + text[item:until], path[2:], key=key)
            except yaml.YAMLError:  # the item cannot be read on its own
                pass
            else:
                return self.fragment.span(item - column + start, item - column + end)
        start, end = _find(self.fragment.text[self.start : self.end], path, key=key)
        return self.fragment.span(self.start + start, self.start + end)


def _find(text: str, path: Path, *, key: bool) -> tuple[int, int]:
    """Offsets of the value (or key) at a path in the text of one document."""
    walk = _Walk(text)
    event = walk.next_event()
    while not isinstance(event, yaml.NodeEvent):
        event = walk.next_event()
    start, end, key_at = walk.find(event, path)
    if key_at is not None and (key or start == end):
        return key_at
    return start, end


class _Walk:
    """Reads the events of one document as far as a path leads."""

    def __init__(self, text: str) -> None:
        self.next_event = cast("Callable[[], yaml.Event]", _Loader(text).get_event)

    def skip(self, event: yaml.Event) -> int:
        """Read the rest of the value that begins with this event; the offset of its end."""
        depth = 0
        while True:
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth == 0:
                return _index(event.end_mark)
            event = self.next_event()

    def find(self, event: yaml.Event, path: Path) -> tuple[int, int, tuple[int, int] | None]:
        """Start and end of the value at a path below the value that begins with this event, and its key's."""
        start = _index(event.start_mark)
        if path and isinstance(event, yaml.MappingStartEvent):
            merged = None
            while not isinstance(child := self.next_event(), yaml.MappingEndEvent):
                name = _key_name(child)
                key_at = (_index(child.start_mark), self.skip(child))
                value = self.next_event()
                if name == path[0]:
                    first, last, deeper = self.find(value, path[1:])
                    return first, last, deeper or key_at
                if name == "<<":
                    merged = key_at
                self.skip(value)
            return (*merged, merged) if merged else (start, _index(child.end_mark), None)
        if path and isinstance(event, yaml.SequenceStartEvent):
            at = 0
            while not isinstance(child := self.next_event(), yaml.SequenceEndEvent):
                if at == path[0]:
                    return self.find(child, path[1:])
                self.skip(child)
                at += 1
            return start, _index(child.end_mark), None
        return start, self.skip(event), None


class _Mark(Protocol):
    """A position, libyaml's or PyYAML's."""

    index: int


def _index(mark: _Mark | None) -> int:
    """The offset of a mark, which events always have."""
    return mark.index if mark is not None else 0


def _key_name(event: yaml.Event) -> str | None:
    """A key as the data holds it; None where it is no scalar."""
    if not isinstance(event, yaml.ScalarEvent):
        return None
    if event.implicit[0] and event.value != "<<":
        return _as_key(resolve(event.value))
    return event.value


def _as_key(value: Scalar) -> str | None:
    """A key as kubectl hands it on in JSON: numbers and booleans become text; null cannot be one."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return value


# --- values -------------------------------------------------------------------------------------------------------


def read_yaml(fragment: Fragment) -> tuple[tuple[tuple[Plain, YamlDocument], ...], tuple[Diagnostic, ...]]:
    """The documents of YAML text that hold something, and what is wrong with it.

    A syntax error ends the reading: the documents before it are still returned.
    """
    found: list[tuple[Plain, YamlDocument]] = []
    try:
        reader = _Reader(fragment)
    except UnicodeEncodeError as error:  # half a surrogate pair, as arguments that are not UTF-8 become
        message = f"not valid YAML: character U+{ord(fragment.text[error.start]):04X} is not allowed"
        span = fragment.span(error.start, error.start + 1)
        return (), (Diagnostic("yaml-syntax", message, span),)
    try:
        found.extend(reader.documents())
    except Refusal as refusal:
        reader.problems += refusal.diagnostics
    except yaml.YAMLError as error:
        reader.problems.append(explain(fragment, error))
    return tuple(found), tuple(reader.problems)


class _Reader:
    """Builds the values of one fragment's documents from their events."""

    def __init__(self, fragment: Fragment) -> None:
        self.fragment = fragment
        self.problems: list[Diagnostic] = []
        self.next_event = cast("Callable[[], yaml.Event]", _Loader(fragment.text).get_event)
        self._start_document()

    def _start_document(self) -> None:
        self.path: list[str | int] = []
        self.items: dict[tuple[str, int], int] = {}
        self.repeated: list[tuple[Path, yaml.Event]] = []
        self.anchors: dict[str, Plain] = {}
        self.aliased = 0

    def documents(self) -> Iterator[tuple[Plain, YamlDocument]]:
        """Every document that holds something, with where it stands."""
        while not isinstance(event := self.next_event(), yaml.StreamEndEvent):
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            self._start_document()
            start = _index(event.start_mark)
            value = self.node(self.next_event())
            end = _index(self.next_event().end_mark)
            document = YamlDocument(self.fragment, start, end, self.items)
            self.problems += (self._say_repeated(document, path, key) for path, key in self.repeated)
            if value is not None and not self.repeated:
                yield value, document

    def node(self, event: yaml.Event) -> Plain:
        """The value that begins with this event."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return self.scalar(cast("yaml.ScalarEvent", event))
        if kind is yaml.AliasEvent:
            return self.alias(cast("yaml.AliasEvent", event))
        if len(self.path) >= MAX_DEPTH:
            raise self.refusal("too-deep", f"nested deeper than {MAX_DEPTH} levels", event)
        node = cast("yaml.CollectionStartEvent", event)
        if node.tag is not None and node.tag not in (_MAP_TAG, _SEQ_TAG):
            raise self._refuse_tag(node)
        value = self.mapping() if kind is yaml.MappingStartEvent else self.sequence()
        if node.anchor is not None:
            self.anchors[node.anchor] = value
        return value

    def sequence(self) -> list[Plain]:
        """The items up to the end of a list."""
        values: list[Plain] = []
        path, next_event = self.path, self.next_event
        top = cast("str", path[0]) if len(path) == 1 else None
        path.append(0)
        while type(event := next_event()) is not yaml.SequenceEndEvent:
            path[-1] = len(values)
            if top is not None and type(event) is yaml.MappingStartEvent:
                self.items[top, len(values)] = _index(event.start_mark)
            values.append(self.node(event))
        path.pop()
        return values

    def mapping(self) -> dict[str, Plain]:
        """The keys and values up to the end of a mapping."""
        values: dict[str, Plain] = {}
        merged: list[tuple[Plain, yaml.Event]] = []
        path, next_event = self.path, self.next_event
        path.append("")
        while type(event := next_event()) is not yaml.MappingEndEvent:
            key = self.key(event)
            path[-1] = key
            if key == "<<" and cast("yaml.ScalarEvent", event).implicit[0]:
                merged.append((self.node(next_event()), event))
                continue
            if key in values:
                self.repeated.append((tuple(path), event))
            first = next_event()
            # Most values are plain scalars; a call for each would take a third of the time.
            if type(first) is yaml.ScalarEvent and first.tag is None and first.anchor is None and not first.implicit[0]:
                values[key] = first.value
            else:
                values[key] = self.node(first)
        path.pop()
        for value, at in merged:
            values = self.merge(values, value, at)
        return values

    def key(self, event: yaml.Event) -> str:
        """A key; kubectl turns numbers and booleans into text, and so do we."""
        if type(event) is yaml.AliasEvent:
            alias = self.alias(event)
            name = None if isinstance(alias, (list, dict)) else _as_key(alias)
        elif type(event) is yaml.ScalarEvent:
            if event.tag is None and event.anchor is None:
                name = event.value if not event.implicit[0] or event.value == "<<" else _as_key(resolve(event.value))
            else:
                name = _as_key(self.scalar(event))
        else:
            name = None
        if name is None:
            is_template = self.fragment.text.startswith("{{", _index(event.start_mark) - 1)
            help_ = HELM_TEMPLATE if is_template else "put quotes around it, or correct the indentation"
            raise self.refusal("bad-key", "a key must be text", event, help_)
        return name

    def merge(self, values: dict[str, Plain], merged: Plain, at: yaml.Event) -> dict[str, Plain]:
        """A mapping with what `<<` brings in below its own keys."""
        sources = merged if isinstance(merged, list) else [merged]
        for source in sources:
            if not isinstance(source, dict):
                raise self.refusal("bad-key", "'<<' needs a mapping, or a list of mappings", at)
            values = source | values
        return values

    def scalar(self, event: yaml.ScalarEvent) -> Scalar:
        """The value of a scalar: quoted text as it is, plain text as kubectl understands it."""
        value: Scalar
        if event.tag is not None and event.tag != "!":
            value = self.tagged(event)
        elif event.implicit[0] and event.tag is None:
            value = resolve(event.value)
            if type(value) is float and not math.isfinite(value):
                raise self.refusal("not-finite", f"'{event.value}' is not a number that an object can hold", event)
        else:
            value = event.value
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        return value

    def tagged(self, event: yaml.ScalarEvent) -> Scalar:
        """The value of a scalar with one of YAML's own tags."""
        name = _SCALAR_TAGS.get(str(event.tag))
        if name is None:
            raise self._refuse_tag(event)
        value = event.value if name == "str" else resolve(event.value)
        if name == "float" and type(value) is int:
            value = float(value)
        fits = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}[name]
        if type(value) is not fits or (isinstance(value, float) and not math.isfinite(value)):
            raise self.refusal("wrong-type", f"'{event.value}' is not a value of type {name}", event)
        return value

    def alias(self, event: yaml.AliasEvent) -> Plain:
        """What an alias stands for; the value itself, so that it takes no memory of its own."""
        name = event.anchor
        if name not in self.anchors:
            raise self.refusal(
                "unknown-alias", f"alias '*{name}' has no anchor '&{name}' before it", event, "write the value out"
            )
        value = self.anchors[name]
        self.aliased += _size(value, MAX_ALIASED - self.aliased)
        if self.aliased > MAX_ALIASED:
            raise self.refusal(
                "too-many-aliases",
                f"the aliases stand for more than {MAX_ALIASED} values",
                event,
                "write the values out",
            )
        return value

    def refusal(self, code: str, message: str, event: yaml.Event, *help_: str) -> Refusal:
        """What to raise when a document cannot be read further."""
        return Refusal(Diagnostic(code, message, self._span(event), help_))

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> Refusal:
        tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
        return self.refusal("yaml-tag", f"tag '{tag}' is not allowed", event, "write the plain value, without a tag")

    def _span(self, event: yaml.Event) -> Span:
        return self.fragment.span(_index(event.start_mark), _index(event.end_mark))

    def _say_repeated(self, document: YamlDocument, path: Path, key: yaml.Event) -> Diagnostic:
        first = Note("first here", document.locate(path, key=True))
        message = f"key '{path[-1]}' stands twice in one mapping"
        return Diagnostic("duplicate-key", message, self._span(key), ("remove one of the two",), (first,))


def _size(value: Plain, limit: int) -> int:
    """How many values a value holds, itself included; counting stops just beyond the limit."""
    count = 0
    waiting = [value]
    while waiting and count <= limit:
        count += 1
        top = waiting.pop()
        if isinstance(top, dict):
            waiting.extend(top.values())
        elif isinstance(top, list):
            waiting.extend(top)
    return count

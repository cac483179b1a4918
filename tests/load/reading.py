"""Short ways to read text and to compare what comes out of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from netpolspec.load.fragment import Fragment
from netpolspec.load.manifests import read_text
from netpolspec.load.yaml_text import read_yaml
from netpolspec.source import Source

if TYPE_CHECKING:
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.resource import Resource
    from netpolspec.load.yaml_text import Plain, YamlDocument
    from netpolspec.policy.objects import Object


def read(text: str, path: str = "input.yaml") -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """Everything that a text holds, and what is wrong with it."""
    return read_text(Source(path, text))


def accept(text: str, path: str = "input.yaml") -> tuple[Resource, ...]:
    """What a text without mistakes holds."""
    resources, problems = read(text, path)
    assert problems == ()
    return resources


def objects(text: str, path: str = "input.yaml") -> tuple[Object, ...]:
    """The model's objects of a text without mistakes."""
    return tuple(made for resource in accept(text, path) for made in resource.objects)


def document(text: str) -> tuple[Plain, YamlDocument]:
    """The only document of a YAML text."""
    documents, problems = read_yaml(Fragment(Source("input.yaml", text), text))
    assert problems == ()
    (only,) = documents
    return only


def plain(value: object) -> object:
    """An object of the model without the places that it came from."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return (type(value).__name__, {name: held for name, held in fields.items() if name != "origin"})
    if isinstance(value, Mapping):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(held) for held in value)
    return value

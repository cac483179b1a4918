"""Terraform in a document: a piece of text as a root module of its own, read without terraform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.diagnostics import Refusal
from netpolspec.load.hcl.configuration import Configuration, declare
from netpolspec.load.hcl.module import Module, Shared
from netpolspec.load.hcl.structure import parse_file
from netpolspec.load.hcl.tree import Literal
from netpolspec.load.terraform.static import Folders, Found, read_module
from netpolspec.load.terraform.types import schema_of
from netpolspec.load.terraform.values import given_values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netpolspec.load.terraform.values import Request
    from netpolspec.source import Source

_POLICIES = ("kubernetes_network_policy", "kubernetes_network_policy_v1")


def open_text(source: Source, folder: Path) -> Configuration:
    """What a text declares.

    Args:
        source: the text; what is not Terraform in it is blank.
        folder: where modules that it calls are looked for.

    Raises:
        Refusal: it is wrong.
    """
    found = Configuration(folder, source.path)
    declare(found, parse_file(source).blocks)
    return found


def policy_names(configuration: Configuration) -> Iterator[str]:
    """The NetworkPolicies that are declared: by `metadata.name` where that is a plain text, else by their labels."""
    for block in configuration.resources.values():
        if block.type in _POLICIES:
            metadata = next((each for each in block.body.blocks if each.type == "metadata"), None)
            name = metadata.body.attributes.get("name") if metadata is not None else None
            plain = name.value if name is not None else None
            yield plain.value if isinstance(plain, Literal) and isinstance(plain.value, str) else block.name


def read_open(configuration: Configuration, request: Request) -> Found:
    """The objects of what was opened, with values for its variables, and everything that is wrong with it."""
    found = Found()
    try:
        given, warnings = given_values(configuration, request)
    except Refusal as refusal:
        found.diagnostics += refusal.diagnostics
        return found
    found.diagnostics += warnings
    read_module(Module(configuration, Shared(configuration.folder, schema_of, Folders().called), given=given), found)
    return found.finish()

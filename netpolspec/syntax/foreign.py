"""A text that no spec was meant to be: a manifest, or Terraform, named where a spec is read."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic

if TYPE_CHECKING:
    from netpolspec.source import Source

_FIRST_LINE = re.compile(r"\ufeff?(?:[ \t]*(?:(?:#|//|---|%YAML)[^\n]*)?\r?\n)*(?P<line>[^\n]*[^\s])")
_YAML = re.compile(r"""["']?(apiVersion|kind|metadata|spec|items)["']?\s*:|\{""")
_TERRAFORM = re.compile(r"(resource|data|module|variable|output|provider|locals|terraform)\b[^:=]*\{")


def name_foreign(source: Source) -> Diagnostic | None:
    """What a text is that the grammar refuses, where its first line tells; None where it may be a spec."""
    first = _FIRST_LINE.match(source.text)
    if first is None:
        return None
    here = source.span(*first.span("line"))
    named = not source.path.startswith("<") and not source.path.endswith(".nps")
    path = source.path if named else "FILE.yaml"
    if _TERRAFORM.match(first["line"]):
        folder = (os.path.dirname(path) or ".") if named else "FOLDER"  # noqa: PTH120 - as it was written
        hint = f"name its folder: 'netpolspec check {folder}', or 'given terraform \"{folder}\"' in a spec"
        return Diagnostic("not-a-spec", "this is Terraform, not a spec", here, (hint,))
    if _YAML.match(first["line"]) and "apiVersion" in source.text:
        hint = f"write 'netpolspec check {path}', or 'given manifest \"{path}\"' in a spec"
        return Diagnostic("not-a-spec", "this is a manifest, not a spec", here, (hint,))
    return None

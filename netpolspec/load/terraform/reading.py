"""What a Terraform root module means, and who said it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from netpolspec.load.terraform.static import Found, read_static

if TYPE_CHECKING:
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.resource import Resource
    from netpolspec.load.terraform.values import Request


class Reader(StrEnum):
    """Who said it."""

    PLAN = "terraform plan"
    STATIC = "static reader"
    PLAN_FILE = "plan file"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a root module means."""

    resources: tuple[Resource, ...]
    diagnostics: tuple[Diagnostic, ...]
    reader: Reader
    why: str = ""
    """Why it was this reader and not terraform, where that was left open."""
    secrets: frozenset[str] = frozenset()
    """The text of sensitive values: nothing that shows the resources may show it."""


def read_statically(request: Request, why: str = "") -> Reading:
    """What a root module means by the static reader; `why` says why it is that one."""
    found = read_static(request)
    return make_reading(found, Reader.STATIC, why)


def make_reading(found: Found, reader: Reader, why: str = "") -> Reading:
    """What was found, for good."""
    return Reading(tuple(found.resources), tuple(found.diagnostics), reader, why, frozenset(found.secrets))


def refused(*diagnostics: Diagnostic) -> Reading:
    """A module that no plan was made of."""
    return Reading((), diagnostics, Reader.PLAN)

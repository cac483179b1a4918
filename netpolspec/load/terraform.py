"""Terraform root modules to objects: by a plan where terraform may speak, by the static reader where it may not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic
from netpolspec.load.terraform_static import Found, read_static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.load.resource import Resource
    from netpolspec.load.terraform_values import Request


class Mode(StrEnum):
    """Who may say what a module means."""

    AUTO = "auto"
    """terraform where it and the providers are there, else the static reader."""
    PLAN = "plan"
    STATIC = "static"


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


def read_terraform(
    requests: Sequence[Request], mode: Mode = Mode.AUTO, allowed_providers: frozenset[str] = frozenset()
) -> tuple[Reading, ...]:
    """What some root modules mean, in their order. All that can be planned together take one init and one plan.

    Nothing is written into the modules' folders, and no state or cluster of the user's is looked at.

    Args:
        requests: The modules, with values for their variables.
        mode: Who may say it. With STATIC, terraform is not started.
        allowed_providers: Names of providers besides `kubernetes` that a plan may start, such as `random`.
    """
    if mode is Mode.STATIC:
        return tuple(read_statically(request) for request in requests)
    from netpolspec.load.terraform_command import find_terraform

    if find_terraform() is None:
        if mode is Mode.AUTO:
            return tuple(read_statically(request, "terraform is not installed") for request in requests)
        message, help_ = "terraform is not installed, or not on the PATH", "--terraform static reads modules without it"
        return tuple(refused(Diagnostic("terraform-missing", message, each.place, (help_,))) for each in requests)
    from netpolspec.load.terraform_planner import Planner

    return Planner(requests, allowed_providers, falls_back=mode is Mode.AUTO).read()


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

"""Terraform root modules to objects: by a plan where terraform may speak, by the static reader where it may not."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic
from netpolspec.load.terraform.reading import read_statically, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.load.terraform.reading import Reading
    from netpolspec.load.terraform.values import Request


class Mode(StrEnum):
    """Who may say what a module means."""

    AUTO = "auto"
    """terraform where it and the providers are there, else the static reader."""
    PLAN = "plan"
    STATIC = "static"


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
    from netpolspec.load.terraform.command import find_terraform

    if find_terraform() is None:
        if mode is Mode.AUTO:
            return tuple(read_statically(request, "terraform is not installed") for request in requests)
        message, help_ = "terraform is not installed, or not on the PATH", "--terraform static reads modules without it"
        return tuple(
            refused(Diagnostic("terraform-missing", message, each.place, (help_,), environment=True))
            for each in requests
        )
    from netpolspec.load.terraform.planner import Planner

    return Planner(requests, allowed_providers, falls_back=mode is Mode.AUTO).read()

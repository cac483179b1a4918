"""Every lint: its code, and what it finds. Each has a page in docs/lints/."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LINTS: Mapping[str, str] = {
    "policy-selects-no-pod": "a policy that selects no pod",
    "peer-matches-nothing": "a peer that matches nobody",
    "redundant-rule": "a rule or a peer that another one makes useless",
    "egress-without-dns": "pods that are isolated for egress and cannot ask DNS",
    "open-by-empty-from": "a rule that is open to everybody because its list of peers is empty",
    "rules-without-effect": "rules in a direction that policyTypes leaves out",
    "undeclared-policy-port": "a port that no selected pod declares",
    "named-port-differs": "a named port that is another number on each pod of one application",
    "peer-and-or": "two peers where one with both selectors was probably meant",
    "cidr-host-bits": "a CIDR block with bits behind its prefix",
    "except-reopened": "an exception that another rule takes back",
    "expectation-without-effect": "an expectation that no policy could change",
    "policy-not-read": "a policy of a kind that the model does not know",
    "unused-fixture": "a fixture that no scenario uses",
}


CODES: tuple[str, ...] = (
    *LINTS,
    *("undeclared-port", "cidr-form", "skipped-chart", "plain-kustomization", "unknown-variable", "terraform-variable"),
)
"""All warnings that may be left out: the lints, and some that are met while reading."""


def page(code: str) -> str:
    """Where a lint is described, in the repository."""
    return f"docs/lints/{code}.md"

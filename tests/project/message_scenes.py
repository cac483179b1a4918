"""What machine the consoles of docs/messages/ are at: what is installed there, and what those programs say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest
    from docs.reader import Reader

SCENES: Mapping[str, Callable[[Reader, pytest.MonkeyPatch], None]] = {}
"""By code. Where nothing has to be set up, there is none."""

NOT_SHOWN: Mapping[str, str] = dict.fromkeys(
    [
        "bad-region",
        "bailed-out",
        "binary-file",
        "busy",
        "canary",
        "cluster-differs",
        "cluster-down",
        "cluster-exists",
        "cluster-name",
        "cni-manifest",
        "credentials",
        "environment",
        "existing",
        "expectation-not-met",
        "fault",
        "kind",
        "kind-config",
        "kubeconfig",
        "kubectl",
        "left-behind",
        "lock",
        "login",
        "missing-file",
        "no-context",
        "no-endpoints",
        "no-engine",
        "no-folder",
        "no-network",
        "no-node",
        "no-permission",
        "no-spec-block",
        "no-tool",
        "node-image",
        "not-available",
        "not-enforced",
        "not-ours",
        "not-ready",
        "not-text",
        "not-utf8",
        "options",
        "plain-kustomization",
        "port-taken",
        "report-lost",
        "scenario-failed",
        "skipped-chart",
        "stale-page",
        "state",
        "terraform-clusters",
        "terraform-crashed",
        "terraform-empty-list",
        "terraform-failed",
        "terraform-foreign-provider",
        "terraform-init",
        "terraform-missing",
        "terraform-override",
        "terraform-provider",
        "terraform-provider-version",
        "terraform-unread",
        "terraform-version",
        "terraform-workspace",
        "todo-holds",
        "too-deep",
        "too-many-aliases",
        "too-many-items",
        "tool",
        "tool-hangs",
        "unknown-context",
        "unreachable",
        "value-too-long",
    ],
    "no example has been written",
)
"""Codes whose pages have no example, each with the reason."""

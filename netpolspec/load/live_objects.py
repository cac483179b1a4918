"""What a live cluster holds, from the text that `kubectl get -o json` prints of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Severity
from netpolspec.load.manifests import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Resource
    from netpolspec.source import Source

KINDS = (
    "namespaces,nodes,pods,deployments.apps,replicasets.apps,statefulsets.apps,daemonsets.apps,replicationcontrollers,"
    "jobs.batch,cronjobs.batch,services,endpointslices.discovery.k8s.io,networkpolicies.networking.k8s.io"
)
"""What says who is there and who reaches whom; policies of other groups come on top."""


def is_policy_kind(name: str) -> bool:
    """Whether a resource (`globalnetworkpolicies.crd.projectcalico.org`) may say who reaches whom, besides KINDS."""
    from netpolspec.load.other_kinds import POLICY_GROUPS

    plural, _, group = name.partition(".")
    return (plural.endswith("networkpolicies") or group in POLICY_GROUPS) and group != "networking.k8s.io"


def read_live(
    sources: Iterable[Source], label: str | None = None
) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """The objects of a cluster, marked as existing, and warnings.

    A cluster may hold what this version would refuse: it was accepted there, so it is no reason to stop.

    Args:
        sources: What kubectl printed.
        label: Objects that carry this label, and whatever is in namespaces that do, are left out.

    Returns:
        The objects, without those that are about to be gone.
    """
    found: list[Resource] = []
    problems: list[Diagnostic] = []
    for source in sources:
        resources, wrong = read_text(source)
        found += resources
        problems += (replace(each, severity=Severity.WARNING) for each in wrong)
    gone = {each.key.name for each in found if each.key.kind == "Namespace" and _is_out(each.manifest, label)}
    stays = (each for each in found if each.key.namespace not in gone and not _is_out(each.manifest, label))
    return tuple(replace(each, existing=True) for each in stays), tuple(problems)


def _is_out(manifest: Mapping[str, Json], label: str | None) -> bool:
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict):
        return False
    labels = metadata.get("labels")
    ours = label is not None and isinstance(labels, dict) and label in labels
    return ours or metadata.get("deletionTimestamp") is not None

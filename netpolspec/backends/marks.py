"""How the runner's own objects are told from everybody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.backends import tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.plain import Json

RUN = "netpolspec.dev/run"
"""The label of everything that a run creates; its value is the run's id."""
CLIENT = "netpolspec.dev/client"
"""The label of client pods, which are no part of the world that is tested."""

USUAL_KINDS = frozenset({"Namespace", "Pod", "Deployment", "Service", "NetworkPolicy"})
"""The kinds that clearing up looks for without being told."""

SIDECARS_OFF: Mapping[str, Json] = {
    # A sidecar answers connections itself: a false "allowed". What each mesh documents as its way out:
    "sidecar.istio.io/inject": "false",
    "linkerd.io/inject": "disabled",
    "kuma.io/sidecar-injection": "disabled",
    "consul.hashicorp.com/connect-inject": "false",
}
"""Annotations of the runner's own pods; Istio and Kuma read labels of the same names, too."""
SIDECAR_LABELS: Mapping[str, Json] = {
    key: SIDECARS_OFF[key] for key in ("sidecar.istio.io/inject", "kuma.io/sidecar-injection")
}

TEMPLATES = (("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
"""Where workloads keep the pods that their controllers make."""


def mark(manifest: Mapping[str, Json], run_id: str) -> dict[str, Json]:
    """A manifest with the run's label, also on the pods that its controller will make."""
    marked = _labelled(manifest, {RUN: run_id})
    for path in TEMPLATES:
        template = tree.value(manifest, *path)
        if isinstance(template, dict):
            marked = tree.put(marked, path, _labelled(template, {RUN: run_id}))
    return marked


def _labelled(manifest: Mapping[str, Json], labels: Mapping[str, Json]) -> dict[str, Json]:
    return tree.put(manifest, ("metadata", "labels"), {**tree.table(manifest, "metadata", "labels"), **labels})


def run_of(live: Mapping[str, Json]) -> str | None:
    """The id of the run that created a live object; None: nobody's of ours."""
    return tree.strings(live, "metadata", "labels").get(RUN)

"""Which cluster `given cluster` means: the one that is named, and never the one that happens to be current."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal

if TYPE_CHECKING:
    from netpolspec.load.resource import Resource
    from netpolspec.plan.givens import ReadCluster
    from netpolspec.settings import Settings

    Objects = tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]


class ClusterOfRun:
    """Reads the cluster on which specs run, or about which the model is asked; nothing happens before it is called.

    Attributes:
        is_given: whether a spec had it read, by `given cluster`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.is_given = False

    def __call__(self) -> Objects:
        """Its objects; raises Refusal."""
        self.is_given = True
        if self._settings.on == "kind":
            return _read(*_kind(self._settings))
        return cluster_of_context(_text(self._settings, "context"), _text(self._settings, "kubeconfig"))()


def _text(settings: Settings, key: str) -> str | None:
    value = settings.live.get(key)
    return str(value) if value else None


def cluster_of_context(context: str | None, kubeconfig: str | None) -> ReadCluster:
    """Reads the cluster that a command's own `--context` names."""

    def read() -> Objects:
        if context is None:
            help_ = ("name it with --context; the current one is never taken by accident",)
            raise Refusal(Diagnostic("which-cluster", "nothing says which cluster is meant", None, help_))
        return _read(context, kubeconfig)

    return read


def _read(context: str, kubeconfig: str | None) -> Objects:
    from netpolspec.backends.access import check_access
    from netpolspec.backends.base import WorldFailed
    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.backends.world.there import fetch

    kubectl = Kubectl(context, kubeconfig)
    try:
        check_access(kubectl)
        return fetch(kubectl)
    except WorldFailed as failure:
        raise Refusal(replace(failure.diagnostic, environment=True)) from failure


def _kind(settings: Settings) -> tuple[str, str]:
    """Context and kubeconfig of the kind cluster that a run would use; it has to be there."""
    from netpolspec.backends.clusters.blueprint import draw, wish
    from netpolspec.backends.clusters.records import Place, Stage

    name = draw(*map(wish, settings.clusters)).name
    place = Place(name)
    record = place.read()
    if record is None or record.stage is not Stage.READY:
        message = f"the kind cluster '{name}' is not there yet, so it holds nothing that could be given"
        help_ = (
            "'netpolspec up' makes it, to put things into",
            "a cluster that somebody else made: --on cluster --context NAME",
        )
        raise Refusal(Diagnostic("no-cluster-yet", message, None, help_, environment=True))
    return f"kind-{name}", str(place.kubeconfig)

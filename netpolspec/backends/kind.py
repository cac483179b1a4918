"""`--on kind`: a cluster of our own, and on it what any cluster can do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netpolspec.backends.clusters.kind_cluster import KindCluster

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netpolspec.backends.base import Backend, Capabilities, Observation
    from netpolspec.backends.clusters.blueprint import Blueprint
    from netpolspec.backends.options import LiveOptions
    from netpolspec.backends.readiness import Tell
    from netpolspec.plan.model import Change, Point, Scenario
    from netpolspec.policy.objects import Cluster


class KindBackend:
    """Makes or reuses `kind-NAME`, hands everything else to the backend for clusters, and cleans up after both."""

    name = "kind"

    def __init__(
        self, blueprint: Blueprint, options: LiveOptions, tell: Tell, on_cluster: Callable[[LiveOptions], Backend]
    ) -> None:
        """Nothing is touched yet.

        Args:
            blueprint: the cluster to make or reuse
            options: how to run on it; context and kubeconfig are filled in here
            tell: shows what is being waited for
            on_cluster: makes the backend that runs on a cluster with those options
        """
        self._cluster = KindCluster(blueprint, tell, keep=options.keep)
        self._options = options
        self._on_cluster = on_cluster
        self._inner: Backend | None = None
        self._open = False

    def prepare(self, scenarios: Sequence[Scenario]) -> Capabilities:
        """Have the cluster, then what the scenarios need on it."""
        self._open = True
        self._cluster.acquire()
        kubectl = self._cluster.kubectl
        # What goes with the cluster need not be removed from it first.
        goes = self._cluster.goes
        keep = self._options.keep or goes
        options = replace(
            self._options, context=kubectl.context, kubeconfig=kubectl.kubeconfig, keep=keep, cluster_goes=goes
        )
        self._inner = self._on_cluster(options)
        return self._inner.prepare(scenarios)

    def apply(self, change: Change, points: Sequence[Point]) -> Cluster | None:
        """As on any cluster."""
        return self._prepared.apply(change, points)

    def probe(self, points: Sequence[Point]) -> Sequence[Observation | None]:
        """As on any cluster."""
        return self._prepared.probe(points)

    def close(self) -> None:
        """Remove what was created: the cluster itself if nobody else needs it, else what was put into it."""
        if not self._open:
            return
        try:
            if self._inner is not None:
                self._inner.close()
        except KeyboardInterrupt as interrupt:  # it may be called again
            self._cluster.add_what_is_left(interrupt)
            raise
        except BaseException:
            self._leave()
            raise
        self._leave()

    def _leave(self) -> None:
        self._cluster.release()
        self._inner, self._open = None, False

    @property
    def _prepared(self) -> Backend:
        assert self._inner is not None, "prepare comes first"  # noqa: S101 - the protocol's promise
        return self._inner

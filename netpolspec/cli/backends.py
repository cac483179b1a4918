"""Backends by name, each made by a function that imports it when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.cli.arguments import wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from netpolspec.backends.base import Backend
    from netpolspec.backends.options import LiveOptions
    from netpolspec.backends.readiness import Tell
    from netpolspec.settings import Settings


def make_backend(settings: Settings, tell: Tell) -> Backend:
    """The backend that `--on` names; nothing is touched yet.

    Raises:
        Refusal: what the settings say of it cannot be.
    """
    return _BACKENDS[settings.on](settings, tell)


def _model(_settings: Settings, _tell: Tell) -> Backend:
    from netpolspec.backends.model import ModelBackend

    return ModelBackend()


def _cluster(settings: Settings, tell: Tell) -> Backend:
    from netpolspec.backends.cluster import ClusterBackend

    if not settings.live.get("context"):
        raise wrong(
            "'--on cluster' needs '--context'",
            "the current context is never taken by accident; 'kubectl config get-contexts' lists them",
        )
    return ClusterBackend(_live_options(settings), tell)


def _kind(settings: Settings, tell: Tell) -> Backend:
    from netpolspec.backends.cluster import ClusterBackend
    from netpolspec.backends.clusters.blueprint import draw, wish
    from netpolspec.backends.kind import KindBackend

    blueprint = draw(*map(wish, settings.clusters))
    return KindBackend(blueprint, _live_options(settings), tell, lambda options: ClusterBackend(options, tell))


_BACKENDS: Mapping[str, Callable[[Settings, Tell], Backend]] = {"model": _model, "kind": _kind, "cluster": _cluster}


def _live_options(settings: Settings) -> LiveOptions:
    from netpolspec.backends.options import LiveOptions, Paths

    said = dict(settings.live)
    default = LiveOptions()
    return LiveOptions(
        context=str(said.get("context", "")),
        kubeconfig=str(said["kubeconfig"]) if "kubeconfig" in said else None,
        probe_image=str(said.get("probe-image", default.probe_image)),
        hold=float(said.get("hold", default.hold)),
        timeout=float(said.get("timeout", default.timeout)),
        ready_timeout=float(said.get("ready-timeout", default.ready_timeout)),
        controls=bool(said.get("controls", default.controls)),
        concurrency=int(said.get("concurrency", default.concurrency)),
        paths=Paths(str(said.get("probe-paths", default.paths))),
        keep=bool(said.get("keep", default.keep)),
        allow_existing=bool(said.get("allow-existing", default.allow_existing)),
    )

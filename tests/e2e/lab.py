"""The cluster of the end-to-end tests, runs on it, and what can be done to make them fail."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import textwrap
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from e2e.role import somebody

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.cluster import ClusterBackend
from netpolspec.backends.clusters.blueprint import Wish, draw
from netpolspec.backends.clusters.kind_cluster import KindCluster
from netpolspec.backends.kubectl import Kubectl
from netpolspec.backends.options import PROBE_IMAGE, LiveOptions
from netpolspec.backends.world.there import fetch
from netpolspec.diagnostics import render
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Input
from netpolspec.run.events import BailedOut, ScenarioEnded
from netpolspec.run.runner import RunOptions, run
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from netpolspec.backends.base import Observation
    from netpolspec.plan.model import Point
    from netpolspec.run.events import Event, PointResult

HERE = Path(__file__).parent
BUSYBOX = os.environ.get("NETPOLSPEC_E2E_BUSYBOX", "busybox:1.36")
NGINX = os.environ.get("NETPOLSPEC_E2E_NGINX", "nginx:1.27")


@dataclass(frozen=True)
class Report:
    """What a run told."""

    events: tuple[Event, ...]
    said: tuple[str, ...]
    """The progress lines."""

    @property
    def bailed(self) -> BailedOut | None:
        """The bail-out, if there was one."""
        return next((event for event in self.events if isinstance(event, BailedOut)), None)

    @property
    def scenarios(self) -> tuple[ScenarioEnded, ...]:
        """The scenarios that ended."""
        return tuple(event for event in self.events if isinstance(event, ScenarioEnded))

    @property
    def points(self) -> tuple[PointResult, ...]:
        """All judged points."""
        return tuple(result for scenario in self.scenarios for result in scenario.results)

    @property
    def point(self) -> PointResult:
        """The only judged point."""
        assert self.bailed is None, self.bailed
        (point,) = self.points
        return point

    @property
    def outcomes(self) -> dict[str, str]:
        """Test points by their title, with what was found."""
        assert self.bailed is None, self.bailed
        return {result.point.title: f"{result.status} {result.found}" for result in self.points}


class _Disturbed(ClusterBackend):
    """Lets something happen between the making of a world and its probing."""

    disturb: Callable[[], None]

    def probe(self, points: Sequence[Point]) -> Sequence[Observation | None]:
        self.disturb()
        return super().probe(points)


@dataclass(frozen=True)
class Lab:
    """A cluster that tests may disturb."""

    kubectl: Kubectl
    """Of somebody who may do everything: what tests do."""
    user: Kubectl
    """Of somebody who has the documented role, and nothing else: what runs do."""
    probe_image: str
    options: LiveOptions = field(default_factory=LiveOptions)

    @property
    def where(self) -> tuple[str, ...]:
        """The options that name the cluster for a command, as its user sees it."""
        return ("--context", self.user.context, "--kubeconfig", str(self.user.kubeconfig))

    @property
    def of_admin(self) -> Lab:
        """The same for runs that may do everything: the documented role knows the usual kinds only."""
        return replace(self, user=self.kubectl)

    def run(self, text: str, before_probing: Callable[[], None] = lambda: None, **options: object) -> Report:
        """Run a spec on the cluster.

        Args:
            text: the spec
            before_probing: called each time when the world is ready and is about to be probed
            options: what differs from the usual LiveOptions
        """
        settings = replace(
            self.options,
            context=self.user.context,
            kubeconfig=self.user.kubeconfig,
            probe_image=self.probe_image,
            run_id=LiveOptions().run_id,
            **options,  # type: ignore[arg-type]
        )
        plan, diagnostics = analyze(
            (Input(Source("test.nps", textwrap.dedent(text)), HERE),), Options(cluster=lambda: fetch(self.user))
        )
        assert plan is not None, diagnostics
        said: list[str] = []
        backend = _Disturbed(settings, said.append)
        backend.disturb = before_probing
        return Report(tuple(run(plan.scenarios, backend, RunOptions())), tuple(said))

    def left(self) -> list[str]:
        """What runs have left behind."""
        found = self.kubectl.check(
            "get", "namespaces,pods,networkpolicies", "-A", "-l", "netpolspec.dev/run", "-o", "name"
        )
        lease = self.kubectl.check("-n", "default", "get", "lease", "netpolspec", "--ignore-not-found", "-o", "name")
        return [*found.split(), *lease.split()]

    def clear(self, seconds: float) -> bool:
        """Whether nothing is left within some time: what deletes namespaces may have been away itself."""
        deadline = time.monotonic() + seconds
        while self.left():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.5)
        return True


@contextlib.contextmanager
def make_lab(
    name: str = "netpolspec-e2e", kind_config: str = "NETPOLSPEC_KIND_CONFIG", nodes: int = 1
) -> Iterator[Lab]:
    """The cluster that the environment names, or a new one that is deleted again.

    Args:
        name: what a new one is called
        kind_config: the variable that names kind's configuration for it
        nodes: how many it has where that variable is not set
    """
    image = os.environ.get("NETPOLSPEC_PROBE_IMAGE", PROBE_IMAGE)
    suffix = f"_{nodes}" if nodes > 1 else ""
    context = os.environ.get(f"NETPOLSPEC_E2E_CONTEXT{suffix}")
    if context is not None:
        kubectl = Kubectl(context, os.environ.get(f"NETPOLSPEC_E2E_KUBECONFIG{suffix}"), patience=30)
        with somebody(kubectl, "netpolspec-e2e") as user:
            yield Lab(kubectl, user, image)
        return
    configured = os.environ.get(kind_config)
    wish = Wish(
        name=name,
        cni_manifest=os.environ.get("NETPOLSPEC_CNI_MANIFEST"),
        node_image=os.environ.get("NETPOLSPEC_NODE_IMAGE"),
        kind_config=configured,
        nodes=None if configured else nodes,
    )
    cluster = KindCluster(draw(wish), lambda _: None, keep=bool(os.environ.get("NETPOLSPEC_E2E_KEEP")))
    try:
        cluster.acquire()
    except WorldFailed as failure:
        pytest.fail(render(failure.diagnostic), pytrace=False)
    try:
        kubectl = replace(cluster.kubectl, patience=30)
        with somebody(kubectl, "netpolspec-e2e") as user:
            yield Lab(kubectl, user, image)
    finally:
        cluster.release()


def shim(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Put a kubectl of our own before the real one, which it finds as `$real`; its arguments are in "$@"."""
    real = shutil.which("kubectl")
    path = folder / "kubectl"
    path.write_text(f"#!/bin/bash\nreal={real}\nhere={folder}\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

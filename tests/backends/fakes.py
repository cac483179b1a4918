"""docker, kind, kubectl and helm as one object in the place of `shell.run`, to provoke what the real ones seldom do.

It keeps a folder of clusters, so that two processes see the same ones, writes down how it was called, and fails as
files in its folder tell it to. What real programs do is shown by the end-to-end tests.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from netpolspec import shell

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    import pytest

_VERSIONS = {
    "docker": '{"Client":{"Version":"28.2.2"},"Server":{"Version":"27.0.1"}}',
    "kind": "kind v0.33.0 go1.26.8 linux/amd64",
    "kubectl": '{"clientVersion":{"gitVersion":"v1.35.4"}}',
    "helm": "v3.15.0+gabcdef",
}


class Said(Exception):  # noqa: N818 - what a program says when it fails
    """A program ends with status 1 and this on stderr."""


class Tools:
    """What the fakes do, and what was asked of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "clusters").mkdir(parents=True, exist_ok=True)
        self.installed = {"docker", "kind", "kubectl"}

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make them the only tools, and their folder the only place that remembers clusters."""
        monkeypatch.setattr(shell, "run", self)
        monkeypatch.setenv("XDG_STATE_HOME", str(self.folder / "state"))
        for name in ("KUBECONFIG", "DOCKER_HOST", "KIND_EXPERIMENTAL_PROVIDER"):
            monkeypatch.delenv(name, raising=False)

    # --- what a test says and sees --------------------------------------------------------------------------------

    def says(self, name: str, text: str = "") -> None:
        (self.folder / name).write_text(text)

    def stops(self, name: str) -> None:
        (self.folder / name).unlink()

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def is_told(self, name: str) -> bool:
        return (self.folder / name).exists()

    @property
    def calls(self) -> list[str]:
        """All calls so far, in their order."""
        return self.read("calls").splitlines() if self.is_told("calls") else []

    @property
    def clusters(self) -> set[str]:
        return {path.name for path in (self.folder / "clusters").iterdir()}

    # --- what netpolspec calls ------------------------------------------------------------------------------------

    def __call__(  # the shape of `shell.run`
        self, argv: Sequence[str], *, timeout: float, stdin: str = "", lend: Collection[int] = ()
    ) -> shell.Finished:
        del timeout, lend
        with (self.folder / "calls").open("a") as file:
            file.write(" ".join(argv) + "\n")
        name = argv[0]
        if name not in self.installed:
            raise shell.ToolMissing(name)
        try:
            out = self._answer(argv, stdin)
        except Said as failure:
            return shell.Finished(tuple(argv), 1, "", str(failure), 0.0)
        return shell.Finished(tuple(argv), 0, out, "", 0.0)

    def _answer(self, argv: Sequence[str], stdin: str) -> str:
        name, arguments = argv[0], list(argv[1:])
        self._fail(f"{name}-fails")
        if arguments[0] == "version":
            return _VERSIONS[name]
        match name:
            case "kind":
                return self._kind(arguments, stdin)
            case "kubectl":
                context = arguments.index("--context") + 2 if "--context" in arguments else 0
                return self._kubectl(arguments[context:], stdin)
            case "helm":
                return self.read("cni.yaml")
            case _:
                raise AssertionError(argv)

    def _fail(self, name: str) -> None:
        """Fail with the text of a file, if it is there."""
        if self.is_told(name):
            raise Said(self.read(name))

    def _kind(self, arguments: list[str], stdin: str) -> str:
        options = dict(zip(arguments[2::2], arguments[3::2], strict=False))
        name = options.get("--name", "kind")
        place = self.folder / "clusters" / name
        match arguments[:2]:
            case ["get", "clusters"]:
                return "".join(f"{each}\n" for each in sorted(self.clusters))
            case ["create", "cluster"]:
                self.says("config", stdin)
                self._fail("create-fails")
                place.mkdir()
                while self.is_told("create-hangs"):
                    time.sleep(0.01)
            case ["delete", "cluster"]:
                if place.exists():
                    place.rmdir()
                return ""
            case _:
                if not place.exists():
                    raise Said("ERROR: no nodes found for cluster")
        (self.folder / options.get("--kubeconfig", "user-kubeconfig")).write_text(f"context kind-{name}\n")
        return ""

    def _kubectl(self, arguments: list[str], stdin: str) -> str:
        match arguments:
            case ["get", "--raw=/readyz"]:
                self._fail("api-down")
            case ["apply", *_]:
                self.says("applied", stdin)
                self._fail("apply-fails")
                if self.is_told("apply-fails-once"):
                    said = self.read("apply-fails-once")
                    self.stops("apply-fails-once")
                    raise Said(said)
            case ["-n", _, "rollout", "status", *_]:
                self._fail("rollout-hangs")
            case ["config", verb, *names]:
                return self._config(verb, names)
            case ["-n", "kube-system", "get", "Deployment", "coredns", *_]:
                return "deployment.apps/coredns"
            case [*_, "get", "DaemonSet" | "Deployment", _, "-o", "json"]:
                return '{"spec": {"selector": {"matchLabels": {"app": "net"}}}}'
            case [*_, "-o", "json"]:
                kind = next(each for each in ("nodes", "pods", "events") if each in arguments)
                return self.read(f"{kind}.json") if self.is_told(f"{kind}.json") else '{"items": []}'
            case _:
                pass
        return ""

    def _config(self, verb: str, names: list[str]) -> str:
        match verb:
            case "current-context":
                if not self.is_told("current-context"):
                    raise Said("error: current-context is not set")
                return self.read("current-context")
            case "use-context":
                self.says("current-context", names[0])
            case _:
                (self.folder / "current-context").unlink(missing_ok=True)
        return ""

"""The programs that the live backends need: which versions will do, whether they work, and how to get them."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from netpolspec import shell
from netpolspec.backends.base import WorldFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Version: TypeAlias = "tuple[int, int, int]"

ANSWER_TIMEOUT = 8.0
"""Seconds in which a tool must say its version; one that does not is reported as hanging."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, as the machine should have it."""

    name: str
    ask: tuple[str, ...]
    """The command that says which version it is, and shows that it works."""
    minimum: Version
    why: str
    """What the minimum is for, one clause."""
    advice: Callable[[], str]
    """How to get it on this machine."""


@dataclass(frozen=True, slots=True)
class Found:
    """A program, as the machine has it."""

    tool: Tool
    version: Version | None = None
    detail: str = ""
    """More to show beside the version: the engine's, behind docker."""
    failure: WorldFailed | None = None
    """Why it cannot be used."""

    @property
    def missing(self) -> bool:
        """Whether it is not installed at all."""
        return self.failure is not None and self.failure.diagnostic.code == "no-tool"


def show(version: Version) -> str:
    """`1.35.4`."""
    return ".".join(map(str, version))


# --- how to get them ------------------------------------------------------------------------------------------------

_KIND = "v0.33.0"
_KUBECTL = "v1.35.4"


def _machine() -> tuple[str, str]:
    """Operating system and architecture in the words of Go's releases."""
    names = {"x86_64": "amd64", "aarch64": "arm64", "AMD64": "amd64"}
    return platform.system().lower(), names.get(platform.machine(), platform.machine())


def _download(name: str, url: str) -> str:
    system, machine = _machine()
    url = url.format(system=system, machine=machine)
    return f"curl -fLo ~/.local/bin/{name} --create-dirs {url} && chmod +x ~/.local/bin/{name}"


def _brew_or(name: str, otherwise: Callable[[], str]) -> Callable[[], str]:
    return lambda: f"brew install {name}" if shutil.which("brew") else otherwise()


def _get_docker() -> str:
    if shutil.which("apt-get"):
        return "sudo apt-get install --yes docker.io"
    if shutil.which("dnf"):
        return "sudo dnf install --assumeyes moby-engine"
    return "https://docs.docker.com/engine/install/ says how"


_get_kind = _brew_or(
    "kind", lambda: _download("kind", f"https://kind.sigs.k8s.io/dl/{_KIND}/kind-{{system}}-{{machine}}")
)
_get_kubectl = _brew_or(
    "kubectl", lambda: _download("kubectl", f"https://dl.k8s.io/release/{_KUBECTL}/bin/{{system}}/{{machine}}/kubectl")
)
_get_helm = _brew_or("helm", lambda: "https://helm.sh/docs/intro/install/ says how")
_get_terraform = _brew_or("terraform", lambda: "https://developer.hashicorp.com/terraform/install says how")


DOCKER = Tool(
    "docker",
    ("docker", "version", "--format", "{{json .}}"),
    (20, 10, 0),
    "kind needs it",
    _get_docker,
)
KIND = Tool("kind", ("kind", "version"), (0, 20, 0), "node images of Kubernetes 1.27 and later need it", _get_kind)
KUBECTL = Tool(
    "kubectl",
    ("kubectl", "version", "--client", "--output=json"),
    (1, 25, 0),
    "ephemeral containers and server-side apply need it",
    _get_kubectl,
)
HELM = Tool("helm", ("helm", "version", "--short"), (3, 8, 0), "its `template` needs it", _get_helm)
TERRAFORM = Tool(
    "terraform",
    ("terraform", "version", "-json"),
    (1, 0, 0),
    "`-chdir` and provider mirrors need it",
    _get_terraform,
)
TOOLS = (DOCKER, KIND, KUBECTL, HELM, TERRAFORM)


def engine() -> str:
    """The container engine that kind will use: docker, unless kind's own variable names another."""
    return os.environ.get("KIND_EXPERIMENTAL_PROVIDER") or "docker"


# --- whether they work ----------------------------------------------------------------------------------------------


def examine(tool: Tool) -> Found:
    """Ask a tool for its version; what is wrong with it is in the answer, never raised."""
    try:
        finished = shell.run(tool.ask, timeout=ANSWER_TIMEOUT)
    except shell.ToolMissing as missing:
        return Found(tool, failure=WorldFailed(str(missing), f"to install it: {tool.advice()}", code="no-tool"))
    version, detail = _versions(tool, finished.stdout)
    return Found(tool, version, detail, _fault(tool, finished, version))


def _fault(tool: Tool, finished: shell.Finished, version: Version | None) -> WorldFailed | None:
    """Why a tool that is there will not do."""
    if finished.timed_out:
        return _hangs(finished, tool)
    if not finished.ok:
        return _explain(finished, tool)
    if version is None:
        message = f"'{tool.name}' does not say which version it is"
        return WorldFailed(message, f"to repeat it: {finished.line}", code="tool")
    if version < tool.minimum:
        message = f"'{tool.name}' {show(version)} is too old: {tool.why}, from {show(tool.minimum)} on"
        return WorldFailed(message, f"to get a newer one: {tool.advice()}", code="tool")
    return None


def examine_all(tools: Iterable[Tool]) -> tuple[Found, ...]:
    """As `examine`, all at the same time."""
    wanted = tuple(tools)
    with ThreadPoolExecutor(max_workers=max(1, len(wanted))) as pool:
        return tuple(pool.map(examine, wanted))


def demand(tools: Iterable[Tool]) -> tuple[Found, ...]:
    """As `examine_all`, but the first thing that is wrong is raised.

    Raises:
        WorldFailed: a tool is missing, too old, hangs or does not work
    """
    found = examine_all(tools)
    for each in found:
        if each.failure is not None:
            raise each.failure
    return found


_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")


def _versions(tool: Tool, said: str) -> tuple[Version | None, str]:
    """The version in a tool's answer, and what else is worth showing."""
    if tool is DOCKER:
        try:
            answer = json.loads(said)
            engine_version = (answer.get("Server") or {}).get("Version")
            return _parse(answer["Client"]["Version"]), f"engine {engine_version}" if engine_version else ""
        except (ValueError, KeyError, TypeError, AttributeError):
            return None, ""
    if tool is KUBECTL or tool is TERRAFORM:
        try:
            answer = json.loads(said)
            return _parse(answer["clientVersion"]["gitVersion"] if tool is KUBECTL else answer["terraform_version"]), ""
        except (ValueError, KeyError, TypeError):
            return None, ""
    return _parse(said), ""


def _parse(text: str) -> Version | None:
    found = _VERSION.search(text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


# --- what is wrong with them ----------------------------------------------------------------------------------------


def _hangs(finished: shell.Finished, tool: Tool) -> WorldFailed:
    help_ = [f"to see for yourself: {finished.line}"]
    if tool is DOCKER:
        help_.insert(0, "to start the engine anew: sudo systemctl restart docker")
    return WorldFailed(f"'{tool.name}' hangs: no answer within {ANSWER_TIMEOUT:.0f} s", *help_, code="tool-hangs")


def _explain(finished: shell.Finished, tool: Tool) -> WorldFailed:
    failure = explain_docker(finished.stderr) if tool is DOCKER else None
    if failure is not None:
        return failure
    last = finished.said.splitlines()[-1:]
    return WorldFailed(
        f"'{tool.name}' does not work: {last[0] if last else finished.ending}",
        f"to repeat it: {finished.line}",
        code="tool",
    )


def explain_docker(said: str) -> WorldFailed | None:
    """What Docker's client says when it cannot reach its engine, be it itself or through kind; None: something else."""
    low = said.lower()
    if "permission denied" in low and ("docker" in low or "daemon" in low):
        return WorldFailed(
            "this user has no permission to use docker",
            'to give it: sudo usermod --append --groups docker "$USER" && newgrp docker',
            code="no-permission",
        )
    if "cannot connect to the docker daemon" in low or "is the docker daemon running" in low:
        where = re.search(r"(?i)docker daemon at (\S+?)\.?(?:\s|$)", said)
        at = f" at {where[1]}" if where else ""
        help_ = ["to start it: sudo systemctl start docker"]
        if os.environ.get("DOCKER_HOST"):
            help_.append(f"DOCKER_HOST says where it is looked for: {os.environ['DOCKER_HOST']}")
        return WorldFailed(f"the Docker engine does not run, or cannot be reached{at}", *help_, code="no-engine")
    return None

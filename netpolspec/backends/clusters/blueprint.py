"""What cluster is wanted: the arguments, settings and variables that say so, and kind's configuration for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from netpolspec.backends.clusters.catalog import CNIS, DEFAULT_CNI, NONE, BuiltIn, Chart, Cni, IpFamily
from netpolspec.backends.clusters.manifest import is_url
from netpolspec.diagnostics import Diagnostic, Refusal, nearest

DEFAULT_NAME = "netpolspec"

CREATE_TIMEOUT = 600.0
"""Seconds that `kind create cluster` may take, the download of a node image included."""
READY_TIMEOUT = 300.0
"""Seconds that each step towards a ready cluster may take, the download of its images included."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,49}")  # https://github.com/kubernetes-sigs/kind: validNameRE, clusterNameMax
_DEFAULT_CNI_OFF = re.compile(r"""^[^#\n]*\bdisableDefaultCNI["']?\s*:\s*["']?true\b""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What one place says about the cluster: the command line, the environment or the project; None: nothing."""

    name: str | None = None
    cni: str | None = None
    cni_manifest: str | None = None
    """A file or URL."""
    nodes: int | None = None
    """How many, the control plane included."""
    ip_family: str | None = None
    node_image: str | None = None
    kind_config: str | None = None
    """A file."""


def wish(said: Mapping[str, str | int]) -> Wish:
    """What one place says, as the settings read it: `{"cluster-name": "mine", "nodes": 3}`."""

    def text(key: str) -> str | None:
        return str(said[key]) if key in said else None

    return Wish(
        name=text("cluster-name"),
        cni=text("cni"),
        cni_manifest=text("cni-manifest"),
        nodes=int(said["nodes"]) if "nodes" in said else None,
        ip_family=text("ip-family"),
        node_image=text("node-image"),
        kind_config=text("kind-config"),
    )


Facts: TypeAlias = Mapping[str, "str | int"]
"""Fields of a Wish (the name left out) to what they say; a field that says nothing is left out."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A cluster to make, checked."""

    name: str = DEFAULT_NAME
    cni: Cni = DEFAULT_CNI
    cni_manifest: str | None = None
    """To be applied besides, or (where `cni` is `none`) instead of, a plugin of the catalog."""
    nodes: int = 1
    ip_family: IpFamily = IpFamily.IPV4
    node_image: str | None = None
    kind_config: str | None = None
    asked: Facts = field(default_factory=dict)
    """What somebody asked for; the rest is by default, and a cluster that has it otherwise will do as well."""

    @property
    def facts(self) -> Facts:
        """What a cluster that is made from it is like, to be compared with what is asked for another time."""
        wish = Wish(
            cni=self.cni.name,
            cni_manifest=self.cni_manifest,
            nodes=None if self.kind_config else self.nodes,
            ip_family=None if self.kind_config else str(self.ip_family),
            node_image=self.node_image,
            kind_config=self.kind_config,
        )
        return _facts(wish)

    @property
    def plugin(self) -> str:
        """The network plugin for people: `calico v3.32.2`, or the place of its manifest."""
        named = f"{self.cni.name} {self.cni.version}".strip()
        if self.cni_manifest is None:
            return named
        return self.cni_manifest if self.cni is NONE else f"{named} and {self.cni_manifest}"

    @property
    def context(self) -> str:
        """What kind calls the cluster's context."""
        return f"kind-{self.name}"

    @property
    def needs_helm(self) -> bool:
        """Whether the plugin is installed from a chart."""
        return isinstance(self.cni.install, Chart)

    @property
    def has_network(self) -> bool:
        """Whether pods will have a network once everything that the blueprint names is installed."""
        return self.cni is not NONE or self.cni_manifest is not None or self.kind_config is not None


def draw(*wishes: Wish) -> Blueprint:
    """The blueprint that several places wish for; of two that contradict each other, the earlier one has its way.

    Raises:
        Refusal: one place contradicts itself, or asks for what does not exist
    """
    problems = [problem for wish in wishes for problem in _contradictions(wish)]
    merged = Wish()
    for wish in wishes:
        merged = _merge(merged, wish)
    problems += _unknown(merged)
    if problems:
        raise Refusal(*problems)
    cni = CNIS[merged.cni] if merged.cni else NONE if merged.cni_manifest else DEFAULT_CNI
    blueprint = Blueprint(
        name=merged.name or DEFAULT_NAME,
        cni=cni,
        cni_manifest=merged.cni_manifest,
        nodes=1 if merged.nodes is None else merged.nodes,
        ip_family=IpFamily(merged.ip_family or IpFamily.IPV4),
        node_image=merged.node_image,
        kind_config=merged.kind_config,
        asked=_facts(merged),
    )
    problem = _mismatch(blueprint)
    if problem is not None:
        raise Refusal(problem)
    return blueprint


def _facts(wish: Wish) -> Facts:
    said = {key: value for key, value in asdict(wish).items() if value is not None and key != "name"}
    for key in ("cni_manifest", "kind_config"):
        if key in said and not is_url(said[key]):
            said[key] = str(Path(said[key]).absolute())
    return said


_DEFAULTED = ("cni_manifest", "node_image", "kind_config")
"""What a cluster is made without, where nothing is said about it; of the rest, nothing is known then."""


def contradiction(asked: Facts, made: Facts) -> str | None:
    """Where a cluster is otherwise than somebody asks for: `--nodes 3 is asked for, it was made with --nodes 1`."""
    for key, value in asked.items():
        option = f"--{key.replace('_', '-')}"
        if key in made and made[key] != value:
            return f"{option} {value} is asked for, it was made with {option} {made[key]}"
        if key not in made and key in _DEFAULTED:
            return f"{option} {value} is asked for, it was made without {option}"
    return None


def _merge(strong: Wish, weak: Wish) -> Wish:
    """Both; what the stronger one says about the nodes, or about the plugin, is not mixed with the weaker one's."""
    if strong.kind_config or strong.nodes is not None or strong.ip_family:
        weak = replace(weak, kind_config=None)
        if strong.kind_config:
            weak = replace(weak, nodes=None, ip_family=None)
    if strong.cni or strong.cni_manifest:
        weak = replace(weak, cni=None, cni_manifest=None)
    return Wish(
        name=strong.name or weak.name,
        cni=strong.cni or weak.cni,
        cni_manifest=strong.cni_manifest or weak.cni_manifest,
        nodes=weak.nodes if strong.nodes is None else strong.nodes,
        ip_family=strong.ip_family or weak.ip_family,
        node_image=strong.node_image or weak.node_image,
        kind_config=strong.kind_config or weak.kind_config,
    )


# --- what cannot be -------------------------------------------------------------------------------------------------


def _contradictions(wish: Wish) -> list[Diagnostic]:
    problems = []
    for option, value in (("nodes", wish.nodes), ("ip-family", wish.ip_family)):
        if wish.kind_config and value is not None:
            message = f"--{option} and --kind-config exclude each other"
            problems.append(Diagnostic("options", message, help=("say it in the kind configuration",)))
    if wish.cni_manifest and wish.cni and wish.cni in CNIS and not _goes_with_manifest(CNIS[wish.cni]):
        message = f"--cni {wish.cni} and --cni-manifest exclude each other"
        help_ = "--cni-manifest alone installs that manifest; with --cni kindnet it comes on top of kind's own plugin"
        problems.append(Diagnostic("options", message, help=(help_,)))
    return problems


def _goes_with_manifest(cni: Cni) -> bool:
    return cni is NONE or isinstance(cni.install, BuiltIn)


def _unknown(wish: Wish) -> list[Diagnostic]:
    problems = []
    if wish.name is not None and not _NAME.fullmatch(wish.name):
        help_ = "at most 50 lower-case letters, digits, '.' and '-', a letter or digit first"
        problems.append(Diagnostic("cluster-name", f"'{wish.name}' cannot be a cluster's name", help=(help_,)))
    for option, value, known in (
        ("--cni", wish.cni, tuple(CNIS)),
        ("--ip-family", wish.ip_family, tuple(IpFamily)),
    ):
        if value is not None and value not in known:
            near = nearest(value, known)
            help_ = f"did you mean '{near}'?" if near else f"there are: {', '.join(known)}"
            problems.append(Diagnostic("options", f"{option} does not know '{value}'", help=(help_,)))
    if wish.nodes is not None and wish.nodes < 1:
        problems.append(Diagnostic("options", f"a cluster of {wish.nodes} nodes cannot be"))
    files = [("--kind-config", wish.kind_config)]
    if wish.cni_manifest and not is_url(wish.cni_manifest):
        files.append(("--cni-manifest", wish.cni_manifest))
    for option, path in files:
        if path is not None and not Path(path).is_file():
            variable = "NETPOLSPEC_" + option.removeprefix("--").replace("-", "_").upper()
            help_ = f"it is named by {option}, {variable} or the project's settings"
            problems.append(Diagnostic("missing-file", f"there is no file '{path}'", help=(help_,)))
    return problems


def _mismatch(blueprint: Blueprint) -> Diagnostic | None:
    """What the kind configuration and the plugin would do to each other, as far as a look at the text shows it."""
    if blueprint.kind_config is None:
        return None
    path = Path(blueprint.kind_config)
    off = bool(_DEFAULT_CNI_OFF.search(path.read_text(encoding="utf-8", errors="replace")))
    built_in = isinstance(blueprint.cni.install, BuiltIn)
    if built_in and off:
        return Diagnostic(
            "kind-config",
            f"'{path}' turns off kind's own plugin, which is --cni {blueprint.cni.name}",
            help=("take 'disableDefaultCNI: true' out of it, or choose another plugin",),
        )
    if not built_in and not off and blueprint.cni is not NONE:
        return Diagnostic(
            "kind-config",
            f"'{path}' leaves kind's own plugin on, and --cni {blueprint.cni.name} would be a second one",
            help=("add to it:  networking: {disableDefaultCNI: true}", "or choose --cni kindnet, or --cni none"),
        )
    return None


# --- kind's configuration -------------------------------------------------------------------------------------------


def kind_config(blueprint: Blueprint) -> str:
    """The configuration to give to kind: the user's own as it is, else one that is written for the plugin.

    Source: https://kind.sigs.k8s.io/docs/user/configuration/
    """
    if blueprint.kind_config is not None:
        return Path(blueprint.kind_config).read_text(encoding="utf-8")
    networking = []
    if not isinstance(blueprint.cni.install, BuiltIn):
        networking.append("disableDefaultCNI: true")
    if blueprint.ip_family is not IpFamily.IPV4:
        networking.append(f"ipFamily: {blueprint.ip_family}")
    subnet = blueprint.cni.pod_subnet.get(blueprint.ip_family)
    if subnet is not None:
        networking.append(f'podSubnet: "{subnet}"')
    lines = ["kind: Cluster", "apiVersion: kind.x-k8s.io/v1alpha4"]
    if networking:
        lines += ["networking:", *(f"  {line}" for line in networking)]
    lines += ["nodes:", "- role: control-plane", *["- role: worker"] * (blueprint.nodes - 1)]
    return "\n".join(lines) + "\n"

"""Clusters to ask the model about: from manifests, from a scenario of a spec, or from a live cluster's own word."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import wrong
from netpolspec.cli.inputs import SUFFIX
from netpolspec.diagnostics import Refusal, Severity
from netpolspec.load.files import decode
from netpolspec.load.manifests import read_path, read_text, repeated
from netpolspec.plan.model import Change
from netpolspec.policy.cluster import assemble
from netpolspec.source import Source

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from netpolspec.cli.arguments import Parser
    from netpolspec.cli.commands import Session
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.resource import Resource
    from netpolspec.policy.objects import Cluster
    from netpolspec.settings import Settings

KINDS = (
    "namespaces,nodes,pods,deployments.apps,replicasets.apps,statefulsets.apps,daemonsets.apps,replicationcontrollers,"
    "jobs.batch,cronjobs.batch,services,endpointslices.discovery.k8s.io,networkpolicies.networking.k8s.io"
)
"""What is read from a live cluster."""


def add_world_options(parser: Parser) -> None:
    """Options of the commands that ask the model about a cluster."""
    group = parser.add_argument_group("the cluster that is asked about")
    group.add_argument("--context", metavar="NAME", help="read it from a live cluster with kubectl; nothing is sent")
    group.add_argument("--kubeconfig", metavar="FILE", help="where kubectl finds the context")
    group.add_argument(
        "--assume",
        metavar="KEY=VALUE",
        action="append",
        help="settle what the Kubernetes API leaves open, such as hostnetwork=pod (may be repeated)",
    )


def read_cluster(
    paths: Sequence[str], options: argparse.Namespace, settings: Settings, session: Session
) -> tuple[Cluster, tuple[Resource, ...]]:
    """The cluster that a command line names, and the objects that it was made from.

    A path is a manifest, a folder of them, `-` for standard input, or `FILE.nps::SCENARIO`: the world in which that
    scenario ends.

    Raises:
        Refusal: something cannot be read or is refused, or nothing is named.
        WorldFailed: a live cluster does not answer.
    """
    resources: list[Resource] = []
    diagnostics: list[Diagnostic] = []
    if options.context is not None:
        _take(_live(options.context, options.kubeconfig), resources, diagnostics)
    elif not paths:
        raise wrong("nothing to read", "name a folder, a manifest, FILE.nps::SCENARIO or '-', or a live --context")
    for path in paths:
        _take(_read(path, settings), resources, diagnostics)
    diagnostics += repeated(resources)
    errors = [each for each in diagnostics if each.severity is Severity.ERROR]
    if errors:
        raise Refusal(*diagnostics)
    session.messages.show(diagnostics)
    objects = (one for resource in resources for one in resource.objects)
    return assemble(objects, declare_namespaces=True), tuple(resources)


def _take(
    found: tuple[tuple[Resource, ...], tuple[Diagnostic, ...]],
    resources: list[Resource],
    diagnostics: list[Diagnostic],
) -> None:
    # What is repeated within one path is found again when all paths are looked at together.
    resources += found[0]
    diagnostics += (each for each in found[1] if each.code != "repeated-object")


def _read(path: str, settings: Settings) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    if path == "-":
        if sys.stdin is None:
            raise wrong("cannot read standard input: it is closed")
        return read_text(Source("<stdin>", decode(sys.stdin.buffer.read(), "<stdin>")))
    file, mark, scenario = path.partition("::")
    if file.endswith(SUFFIX) and not Path(path).is_dir():
        return tuple(_scenario(file, scenario if mark else None, settings)), ()
    return read_path(Path(path))


def _scenario(file: str, name: str | None, settings: Settings) -> Iterator[Resource]:
    """The objects of the world in which a scenario ends."""
    from netpolspec.plan.analyze import Options, analyze
    from netpolspec.plan.files import Files

    plan, diagnostics = analyze([Files().read(Path(file), file)], Options({}, settings.policy_path))
    if plan is None:
        raise Refusal(*diagnostics)
    known = [scenario for scenario in plan.scenarios if name in (None, scenario.name)]
    if len(known) != 1:
        names = ", ".join(f"'{file}::{scenario.name}'" for scenario in plan.scenarios)
        message = f"'{file}' has no scenario '{name}'" if name else f"'{file}' has not one scenario"
        raise wrong(message, f"there are {names}" if names else "there are none")
    changes = [step for step in known[0].steps if isinstance(step, Change)]
    yield from changes[-1].world.values()


def _live(context: str, kubeconfig: str | None) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """Everything that matters in a live cluster, read with kubectl; it is only read."""
    from netpolspec.backends.kubectl import Kubectl

    kubectl = Kubectl(context, kubeconfig)
    text = kubectl.check("get", KINDS, "--all-namespaces", "-o", "json", timeout=120.0)
    served = kubectl.check("api-resources", "--api-group=policy.networking.k8s.io", "-o", "name").split()
    source = Source(f"<context {context}>.json", text)
    found, diagnostics = read_text(source)
    if served:
        more = kubectl.check("get", ",".join(served), "-o", "json", timeout=120.0)
        others, wrong_ones = read_text(Source(f"<context {context}, policies>.json", more))
        found, diagnostics = (*found, *others), (*diagnostics, *wrong_ones)
    # A cluster may hold what this version would refuse: it was accepted there, so it is no reason to stop.
    return found, tuple(replace(each, severity=Severity.WARNING) for each in diagnostics)

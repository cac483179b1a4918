"""Clusters to ask the model about: from manifests, from a scenario of a spec, or from a live cluster's own word."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec import log
from netpolspec.cli.arguments import add_model_options, add_terraform_options, wrong
from netpolspec.cli.inputs import SUFFIX, Pick, read_standard_input, split_part, split_variables
from netpolspec.cli.live_cluster import cluster_of_context
from netpolspec.cli.selection import the_one
from netpolspec.diagnostics import Refusal, Severity
from netpolspec.load.manifests import read_path, read_text, repeated
from netpolspec.load.resource import assemble_resources
from netpolspec.plan.model import Change
from netpolspec.source import Source

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping, Sequence

    from netpolspec.cli.arguments import Parser
    from netpolspec.cli.commands import Session
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.resource import Resource
    from netpolspec.plan.givens import ReadCluster
    from netpolspec.policy.objects import Cluster
    from netpolspec.settings import Settings
    from netpolspec.source import Span


def add_world_options(parser: Parser) -> None:
    """Options of the commands that ask the model about a cluster."""
    group = parser.add_argument_group("the cluster that is asked about")
    group.add_argument("--context", metavar="NAME", help="read it from a live cluster with kubectl; nothing is sent")
    group.add_argument("--kubeconfig", metavar="FILE", help="where kubectl finds the context")
    add_model_options(parser)
    add_terraform_options(parser)


@dataclass(slots=True)
class Objects:
    """What paths hold."""

    resources: list[Resource] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    """The text of sensitive values of Terraform: nothing that shows the resources may show it."""

    def add(self, resources: Iterable[Resource], diagnostics: Iterable[Diagnostic]) -> None:
        """Take in what one path holds; what it repeats is found again when all are looked at together."""
        self.resources += resources
        self.diagnostics += (each for each in diagnostics if each.code != "duplicate-object")


def read_cluster(
    arguments: Sequence[str], options: argparse.Namespace, settings: Settings, session: Session
) -> tuple[Cluster, tuple[Resource, ...]]:
    """The cluster that a command line names, and the objects that it was made from.

    A path is a manifest, a folder of them or of Terraform, `-` for standard input, or `FILE.nps::SCENARIO`: the world
    in which that scenario ends. Beside a spec, the live cluster that is named is what the spec's `given cluster` means.
    `NAME=value` sets a variable of specs and of Terraform folders.

    Raises:
        Refusal: something cannot be read or is refused, or nothing is named.
        WorldFailed: a live cluster does not answer.
    """
    paths, variables = split_variables(arguments)
    live = None
    if options.context is not None and not any(map(_is_spec, paths)):
        live = _live(options.context, options.kubeconfig)
    elif not paths:
        raise wrong("nothing to read", "name a folder, a manifest, FILE.nps::SCENARIO or '-', or a live --context")
    cluster = cluster_of_context(options.context, options.kubeconfig)
    found = read_resources(paths, settings, session, variables=variables, live=live, cluster=cluster)
    return assemble_resources(found.resources, declare_namespaces=True), tuple(found.resources)


def read_resources(
    paths: Sequence[str],
    settings: Settings,
    session: Session,
    *,
    variables: Mapping[str, str] | None = None,
    live: tuple[Sequence[Resource], Sequence[Diagnostic]] | None = None,
    cluster: ReadCluster | None = None,
) -> Objects:
    """The objects that paths hold; warnings are shown.

    Args:
        paths: what to read, as for `read_cluster`; a plan's JSON and Terraform folders as well.
        settings: who may say what Terraform means, and where policies are.
        session: where the command was started.
        variables: values for variables of specs and of Terraform folders.
        live: what was read from a live cluster.
        cluster: reads what `given cluster` means; None: no cluster is asked.

    Raises:
        Refusal: something cannot be read or is refused.
    """
    found = gather_objects(paths, settings, variables or {}, live=live, cluster=cluster)
    session.veil.add(found.secrets)
    if any(each.severity is Severity.ERROR for each in found.diagnostics):
        raise Refusal(*found.diagnostics)
    session.messages.show(found.diagnostics)
    return found


def gather_objects(
    paths: Sequence[str],
    settings: Settings,
    variables: Mapping[str, str],
    *,
    live: tuple[Sequence[Resource], Sequence[Diagnostic]] | None = None,
    cluster: ReadCluster | None = None,
) -> Objects:
    """The objects that paths hold, and everything that is wrong with them; the arguments are `read_resources`'."""
    if variables and not any(_is_spec(path) or is_terraform(Path(path)) for path in paths):
        hint = "specs and Terraform folders have variables; a path with a '=' in it is written './NAME=value'"
        raise wrong(f"nothing here has the variable '{next(iter(variables))}'", hint)
    found = Objects()
    if live is not None:
        found.add(*live)
    for path in paths:
        if _is_spec(path):
            _read_scenario(path, settings, variables, cluster, found)
        else:
            _read(path, settings, variables, found)
    found.diagnostics += repeated(found.resources)
    if found.secrets:
        from netpolspec.load.terraform.secrets import scrub

        found.diagnostics = [scrub(each, found.secrets) for each in found.diagnostics]
    return found


def _read(path: str, settings: Settings, variables: Mapping[str, str], found: Objects) -> None:
    if path == "-":
        found.add(*read_text(read_standard_input()))
    elif is_terraform(Path(path)):
        _read_terraform(path, settings, variables, found)
    elif _is_plan(Path(path)):
        from netpolspec.load.terraform.plan_file import read_plan_json

        reading = read_plan_json(Path(path), _argument(path))
        found.add(reading.resources, reading.diagnostics)
        found.secrets |= reading.secrets
    else:
        found.add(*read_path(Path(path)))


def _is_spec(path: str) -> bool:
    return split_part(path)[0].endswith(SUFFIX) and not Path(path).is_dir()


def is_terraform(path: Path) -> bool:
    """Whether a path is a folder of Terraform."""
    try:
        return path.is_dir() and any(entry.name.endswith((".tf", ".tf.json")) for entry in path.iterdir())
    except OSError:
        return False


def _is_plan(path: Path) -> bool:
    """Whether a file is what `terraform show -json` prints of a plan."""
    try:
        with path.open("rb") as file:
            return path.suffix == ".json" and b'"terraform_version"' in file.read(4096)
    except OSError:
        return False


def _argument(text: str) -> Span:
    """A place for messages about an argument: the command line has no other."""
    return Source("<command line>", text).span(0, len(text))


def _read_terraform(path: str, settings: Settings, variables: Mapping[str, str], found: Objects) -> None:
    from netpolspec.load.terraform.read import Mode, read_terraform
    from netpolspec.load.terraform.values import Request

    (reading,) = read_terraform([Request(path, _argument(path), dict(variables))], Mode(settings.terraform))
    log.Logger(__name__).info("a Terraform module is read", folder=path, by=str(reading.reader))
    found.add(reading.resources, reading.diagnostics)
    found.secrets |= reading.secrets


def _read_scenario(
    path: str, settings: Settings, variables: Mapping[str, str], cluster: ReadCluster | None, found: Objects
) -> None:
    """The objects of the world in which a scenario ends."""
    from netpolspec.plan.analyze import Options, analyze
    from netpolspec.plan.files import Files

    file, name, line = split_part(path)
    options = Options(variables, settings.policy_path, settings.terraform, cluster)
    plan, diagnostics = analyze([Files().read(Path(file), file)], options)
    if plan is None:
        raise Refusal(*diagnostics)
    scenario = the_one(plan, Pick(path, frozenset({file}), name, line))
    changes = [step for step in scenario.steps if isinstance(step, Change)]
    found.add((resource for resource in changes[-1].world.values() if not resource.is_removed), ())
    found.secrets |= plan.secrets


def _live(context: str, kubeconfig: str | None) -> tuple[Sequence[Resource], Sequence[Diagnostic]]:
    """Everything that matters in a live cluster, what netpolspec has put there included; it is only read."""
    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.backends.world.there import fetch

    return fetch(Kubectl(context, kubeconfig), ours=True)

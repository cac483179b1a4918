"""`netpolspec up`: a cluster that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_cluster_options, add_common_options, wrong
from netpolspec.cli.exits import Exit
from netpolspec.cli.specs import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from netpolspec.backends.clusters.blueprint import Blueprint
    from netpolspec.backends.readiness import Tell
    from netpolspec.cli.commands import Session

_DESCRIPTION = """\
Makes a kind cluster with a network plugin, waits until it is ready, and leaves
it. One that is there already is reused. `netpolspec run --on kind` then runs
on it and does not delete it.

With --cluster, a Terraform module makes the cluster, with NAME=value for its
variables, and `netpolspec down` has Terraform destroy it."""

_EPILOG = """\
examples:
  netpolspec up                               one node, Calico
  netpolspec up --cni kindnet --nodes 3       kind's own plugin, three nodes
  netpolspec up --cni-manifest cni.yaml --node-image mirror.example/kindest/node:v1.35.0
  netpolspec up --cluster-name other --ip-family dual
  netpolspec up --cluster terraform/cluster-kind workers=2

exit status:
  0  the cluster is ready     2  the command line is wrong
  3  the environment failed   130, 143  interrupted: what was half made is removed"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec up`."""
    parser = Parser("up", "[OPTION]... [NAME=value]...", _DESCRIPTION, _EPILOG)
    add_cluster_options(parser)
    group = parser.add_argument_group("a cluster by Terraform")
    group.add_argument("--cluster", metavar="FOLDER", help="a module that makes the cluster, in kind's place")
    add_common_options(parser)
    options, others = parser.read(arguments)
    variables = _variables(others, options.cluster)
    settings = settle(options, session)

    from netpolspec.backends.clusters.blueprint import draw, wish
    from netpolspec.cli.clusters import guarded

    if options.cluster and "name" in variables:
        blueprint = draw(wish({"cluster-name": variables["name"]}), *map(wish, settings.clusters))
    else:
        blueprint = draw(*map(wish, settings.clusters))
    make = _by_terraform(options.cluster, variables, blueprint) if options.cluster else _by_kind(blueprint)
    with guarded(session, quiet=options.quiet) as (progress, outcome):
        made = make(progress)
        progress.done()
        if not options.quiet:
            state = "made" if made else "there"
            state = f"{state} and ready" if blueprint.has_network else f"{state}; it has no network plugin yet"
            session.messages.line(f"cluster '{blueprint.name}' is {state}")
            for line in _told(blueprint.name, by_kind=not options.cluster):
                session.messages.line(f"  {line}")
        outcome.exit = Exit.MET
    return outcome.exit


def _variables(others: Sequence[str], cluster: str | None) -> dict[str, str]:
    """The values for a module's variables, and nothing else."""
    variables: dict[str, str] = {}
    for each in others:
        name, equals, value = each.partition("=")
        if cluster is None or not equals:
            raise wrong(f"'up' takes no '{each}'", "to name the cluster: --cluster-name NAME")
        variables[name] = value
    return variables


def _by_kind(blueprint: Blueprint) -> Callable[[Tell], bool]:
    from netpolspec.backends.clusters.lifecycle import up

    return lambda tell: up(blueprint, tell)


def _by_terraform(folder: str, variables: Mapping[str, str], blueprint: Blueprint) -> Callable[[Tell], bool]:
    from netpolspec.backends.clusters.lifecycle import up_by_terraform
    from netpolspec.backends.clusters.records import Place
    from netpolspec.backends.clusters.terraform_cluster import open_module

    module = open_module(folder, variables, blueprint.name, Place(blueprint.name).folder / "made")
    return lambda tell: up_by_terraform(blueprint, module, tell)


def _told(name: str, *, by_kind: bool) -> tuple[str, ...]:
    """What can be done with the cluster now."""
    from netpolspec.backends.clusters.records import Place

    place = Place(name)
    record = place.read()
    context = record.context if record is not None else f"kind-{name}"
    config = "" if by_kind else f" --kubeconfig {place.kubeconfig}"
    run = f"--on kind{_named(name)}" if by_kind else f"--on cluster --context {context}{config}"
    return (
        f"to look at it:     kubectl{config} --context {context} get nodes",
        f"to run specs:      netpolspec run {run}",
        f"to be rid of it:   netpolspec down {name}",
    )


def _named(name: str) -> str:
    from netpolspec.backends.clusters.blueprint import DEFAULT_NAME

    return "" if name == DEFAULT_NAME else f" --cluster-name {name}"

"""`netpolspec up`: a cluster that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_cluster_options, add_common_options, wrong
from netpolspec.cli.exits import Exit
from netpolspec.cli.specs import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.cli.commands import Session

_DESCRIPTION = """\
Makes a kind cluster with a network plugin, waits until it is ready, and leaves
it. One that is there already is reused. `netpolspec run --on kind` then runs
on it and does not delete it."""

_EPILOG = """\
examples:
  netpolspec up                               one node, Calico
  netpolspec up --cni kindnet --nodes 3       kind's own plugin, three nodes
  netpolspec up --cni-manifest cni.yaml --node-image mirror.example/kindest/node:v1.35.0
  netpolspec up --cluster-name other --ip-family dual

exit status:
  0  the cluster is ready     2  the command line is wrong
  3  the environment failed   130, 143  interrupted: what was half made is removed"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec up`."""
    parser = Parser("up", "[OPTION]...", _DESCRIPTION, _EPILOG)
    add_cluster_options(parser)
    add_common_options(parser)
    options, others = parser.read(arguments)
    if others:
        raise wrong(f"'up' takes no '{others[0]}'", "to name the cluster: --cluster-name NAME")
    settings = settle(options, session)

    from netpolspec.backends.blueprint import draw, wish
    from netpolspec.backends.lifecycle import up
    from netpolspec.cli.clusters import guarded

    blueprint = draw(*map(wish, settings.clusters))
    with guarded(session, quiet=options.quiet) as (progress, outcome):
        made = up(blueprint, progress)
        progress.done()
        if not options.quiet:
            state = "made" if made else "there"
            state = f"{state} and ready" if blueprint.has_network else f"{state}; it has no network plugin yet"
            session.messages.line(f"cluster '{blueprint.name}' is {state}")
            session.messages.line(f"  to look at it:     kubectl --context {blueprint.context} get nodes")
            session.messages.line("  to run specs:      netpolspec run --on kind" + _named(blueprint.name))
            session.messages.line(f"  to be rid of it:   netpolspec down {blueprint.name}")
        outcome.exit = Exit.MET
    return outcome.exit


def _named(name: str) -> str:
    from netpolspec.backends.blueprint import DEFAULT_NAME

    return "" if name == DEFAULT_NAME else f" --cluster-name {name}"

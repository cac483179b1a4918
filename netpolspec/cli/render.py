"""`netpolspec render`: the objects that were understood, whatever they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, add_terraform_options, require_choice, wrong
from netpolspec.cli.exits import Exit
from netpolspec.cli.inputs import split_variables
from netpolspec.cli.specs import settle
from netpolspec.cli.worlds import read_resources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.cli.commands import Session

_USAGE = "[OPTION]... PATH... [NAME=value]..."

_DESCRIPTION = """\
Prints the Kubernetes objects that netpolspec understands, as YAML, for people
who ask what a module or a policy means. A PATH is a manifest or a folder of
them, a Terraform folder, a plan's JSON, - for standard input, or
FILE.nps::SCENARIO for the world in which that scenario ends. NAME=value sets
variables of specs and of Terraform folders."""

_EPILOG = """\
examples:
  netpolspec render terraform/allow-from namespace=shop ns=web
  netpolspec render --terraform static terraform/tenants
  netpolspec render specs/tenants.nps::deny-from-any --format json

exit status:
  0  printed     2  something cannot be read, or is refused"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec render`."""
    parser = Parser("render", _USAGE, _DESCRIPTION, _EPILOG)
    parser.add_argument("--format", metavar="FORMAT", default="yaml", help="yaml or json (default: yaml)")
    add_terraform_options(parser)
    add_common_options(parser)
    options, others = parser.read(arguments)
    require_choice("--format", options.format, ("yaml", "json"))
    settings = settle(options, session)
    paths, variables = split_variables(others)
    if not paths:
        raise wrong("nothing to render", "name a manifest, a Terraform folder or FILE.nps::SCENARIO")
    found = read_resources(paths, settings, session, variables=variables)

    from netpolspec.load.render import render_json, render_yaml

    write = render_json if options.format == "json" else render_yaml
    session.report.write(write(found.resources, found.secrets))
    return Exit.MET

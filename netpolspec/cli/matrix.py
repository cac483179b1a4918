"""`netpolspec matrix`: who reaches whom, by the model; and what a change opens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, require_choice, wrong
from netpolspec.cli.clusters import guarded
from netpolspec.cli.exits import Exit
from netpolspec.cli.inputs import is_variable
from netpolspec.cli.specs import settle
from netpolspec.cli.worlds import add_world_options, read_cluster
from netpolspec.diagnostics import nearest
from netpolspec.policy.objects import Protocol
from netpolspec.policy.reach import By, reach
from netpolspec.report.matrix.view import Asked, View

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.report.matrix.difference import Allowance, Change, Difference
    from netpolspec.settings import Settings

_USAGE = "[OPTION]... PATH... [NAME=value]...\n       netpolspec matrix diff [OPTION]... BEFORE AFTER [NAME=value]..."

_DESCRIPTION = """\
Says who reaches whom, on which ports, by the semantics of the policies; no
packet is sent. A PATH is a manifest, a folder of them, - for standard input,
or FILE.nps::SCENARIO for the world in which that scenario ends. NAME=value
sets a variable of a spec or of a Terraform folder.

`matrix diff` compares two of these: what AFTER opens and what it closes."""

_EPILOG = """\
examples:
  netpolspec matrix manifests/
  netpolspec matrix specs/tenants.nps::deny-from-any --port 80
  kubectl get -A -o json ns,deploy,pods,svc,netpol | netpolspec matrix -
  netpolspec matrix --context kind-dev --from shop --to 'db/*' --external
  netpolspec matrix manifests/ --format json > matrix.json
  netpolspec matrix diff main/manifests manifests --allow-open 'shop/web -> db/postgres:5432'

exit status:
  0  answered; with diff: nothing is opened but what --allow-open lists
  1  with diff: something else is opened
  2  an object or the command line is wrong     3  the environment failed"""

_FORMATS = ("table", "json", "csv", "dot", "mermaid", "html")


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec matrix`."""
    options, paths = _parser().read(arguments)
    _check(options)
    settings = settle(options, session)
    with guarded(session, quiet=options.quiet) as (_, outcome):
        if paths[:1] == ("diff",):
            outcome.exit = _compare(paths[1:], options, settings, session)
        else:
            _forbid_for_one(options)
            view = _view(paths, options, settings, session)
            if view.reach.assumptions and options.format not in {"table", "html"} and not options.quiet:
                session.messages.line(f"note: this may rest on {', '.join(view.reach.assumptions)}")
            title = " ".join(paths) or str(options.context)
            session.tell(_written(view, options, settings, session, title), as_json=options.format == "json")
    return outcome.exit


def _parser() -> Parser:
    parser = Parser("matrix", _USAGE, _DESCRIPTION, _EPILOG)
    add_world_options(parser)
    group = parser.add_argument_group("what is shown")
    group.add_argument("--format", metavar="FORMAT", default="table", help=f"{', '.join(_FORMATS)} (default: table)")
    group.add_argument("--form", metavar="FORM", default="pairs", help="json: pairs or classes (default: pairs)")
    group.add_argument("--summary", action="store_true", help="how many pairs are allowed, denied, undecided")
    group.add_argument("--by", metavar="WHAT", default="workload", help="pod or workload (default: workload)")
    group.add_argument("--external", action="store_true", help="also the address ranges that policies tell apart")
    for name, help_ in (
        ("--from", "only these sources: a workload, a namespace or a glob (may be repeated)"),
        ("--to", "only these destinations (may be repeated)"),
        ("--focus", "only pairs that one of these is part of (may be repeated)"),
    ):
        dest = {"--from": "sources", "--to": "destinations"}.get(name, "focus")
        group.add_argument(name, dest=dest, metavar="NAME", action="append", default=[], help=help_)
    group.add_argument("--port", metavar="P[/PROTO]", help="only this port: allowed, denied or undecided")
    group = parser.add_argument_group("with diff")
    group.add_argument(
        "--allow-open",
        metavar="PAIR",
        action="append",
        help="'SOURCE -> DESTINATION[:PORT[/PROTO]]' may be opened; @FILE for one a line (may be repeated)",
    )
    add_common_options(parser)
    return parser


def _check(options: argparse.Namespace) -> None:
    for name, value, known in (
        ("--format", options.format, _FORMATS),
        ("--form", options.form, ("pairs", "classes")),
        ("--by", options.by, tuple(By)),
    ):
        require_choice(name, value, known)
    if options.form == "classes" and options.format != "json":
        raise wrong("'--form classes' goes with '--format json'", "add '--format json'")


def _forbid_for_one(options: argparse.Namespace) -> None:
    if options.allow_open:
        hint = "without 'diff' there is no change to allow"
        raise wrong("'--allow-open' goes with 'netpolspec matrix diff BEFORE AFTER'", hint)


def _view(paths: Sequence[str], options: argparse.Namespace, settings: Settings, session: Session) -> View:
    asked = Asked(tuple(options.sources), tuple(options.destinations), tuple(options.focus), _port(options.port))
    cluster, _ = read_cluster(paths, options, settings, session)
    found = reach(cluster, settings.assume, by=By(options.by), external=options.external)
    view = View(found, asked)
    for patterns in (asked.sources, asked.destinations, asked.focus):
        _require_members(view, patterns)
    return view


def _require_members(view: View, patterns: tuple[str, ...]) -> None:
    from netpolspec.report.matrix.view import matches

    names = [name for one in view.reach.classes for name in one.members]
    for pattern in patterns:
        if not any(matches(name, (pattern,)) for name in names):
            close = nearest(pattern, [*names, *(name.partition("/")[0] for name in names)])
            hint = f"did you mean '{close}'?" if close else "names look like 'shop/web', 'shop' or 'shop/*'"
            raise wrong(f"nobody is called '{pattern}'", hint)


def _port(text: str | None) -> tuple[Protocol, int] | None:
    if text is None:
        return None
    number, _, protocol = text.partition("/")
    name = (protocol or "tcp").upper()
    if name not in Protocol.__members__ or not number.isdecimal() or not 1 <= int(number) <= 65535:  # noqa: PLR2004
        raise wrong(f"option '--port': '{text}' is no port", "write '80', or '53/udp'")
    return Protocol[name], int(number)


def _written(
    view: View, options: argparse.Namespace, settings: Settings, session: Session, title: str
) -> Iterator[str]:
    if options.summary:
        from netpolspec.report.matrix.texts import write_summary

        return write_summary(view, as_json=options.format == "json")
    match options.format:
        case "json":
            from netpolspec.report.matrix.texts import write_classes, write_json

            return write_classes(view) if options.form == "classes" else write_json(view)
        case "csv":
            from netpolspec.report.matrix.texts import write_csv

            return write_csv(view)
        case "dot":
            from netpolspec.report.matrix.graph import write_dot

            return write_dot(view)
        case "mermaid":
            from netpolspec.report.matrix.graph import write_mermaid

            return write_mermaid(view)
        case "html":
            from netpolspec.report.matrix.page import write_html

            return write_html(view, f"Reachability of {title}")
        case _:
            from netpolspec.report.matrix.table import write_table

            return write_table(view, color=session.report.colored(settings.color, session.environ))


def _compare(arguments: Sequence[str], options: argparse.Namespace, settings: Settings, session: Session) -> Exit:
    from netpolspec.report.matrix.difference import compare, not_allowed, write_difference, write_difference_json

    paths = [each for each in arguments if not is_variable(each)]
    variables = [each for each in arguments if is_variable(each)]
    if len(paths) != 2:  # noqa: PLR2004 - before and after
        raise wrong("'matrix diff' compares two things", "name what was before, and what comes after")
    if options.context is not None:
        raise wrong("'matrix diff' compares files; '--context' is not for it", "save the cluster with kubectl first")
    if options.format not in {"table", "json"}:
        raise wrong(f"'matrix diff' has no format '{options.format}'", "it is table or json")
    allowances = tuple(read_allowances(options.allow_open or ()))
    before, after = (_view((path, *variables), options, settings, session) for path in paths)
    difference: Difference = compare(before, after)
    refused: tuple[Change, ...] = not_allowed(difference, allowances)
    if options.format == "json":
        texts = write_difference_json(difference, refused)
    else:
        color = session.report.colored(settings.color, session.environ)
        texts = write_difference(difference, refused, color=color)
    session.tell(texts, as_json=options.format == "json")
    return Exit.NOT_MET if refused else Exit.MET


def read_allowances(given: Sequence[str]) -> Iterator[Allowance]:
    """What `--allow-open` lists; raises Refusal."""
    from netpolspec.load.files import read_source
    from netpolspec.report.matrix.difference import Allowance

    for text in given:
        lines = [text]
        if text.startswith("@"):
            listed = (line.partition("#")[0].strip() for line in read_source(Path(text[1:])).text.splitlines())
            lines = [line for line in listed if line]
        for line in lines:
            try:
                yield Allowance.parse(line)
            except ValueError as error:
                raise wrong(f"option '--allow-open': {error}", "such as 'shop/web -> shop/db:5432'") from None

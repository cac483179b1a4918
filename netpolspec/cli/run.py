"""`netpolspec run`: specs to TAP."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import (
    Namespace,
    Parser,
    add_cluster_options,
    add_common_options,
    add_live_options,
    add_model_options,
    add_reading_options,
    add_terraform_options,
    decisive,
    refuse_unused,
)
from netpolspec.cli.exits import Exit, Outcome
from netpolspec.cli.live_cluster import ClusterOfRun
from netpolspec.cli.selection import Filters, root_of, select
from netpolspec.cli.specs import read_specs, settle
from netpolspec.report.tap import Tap, version_for
from netpolspec.run.events import BailedOut, RunEnded, RunStarted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.cli.reports import Reports
    from netpolspec.cli.specs import Specs
    from netpolspec.plan.model import Scenario
    from netpolspec.run.events import Event
    from netpolspec.run.runner import RunOptions
    from netpolspec.settings import Settings

_USAGE = "[OPTION]... [PATH | -e TEXT]... [NAME=value]..."

_DESCRIPTION = """\
Runs specs and writes TAP on standard output; messages go to standard error.

A PATH is a file, a folder (every .nps file in it and below), - for standard
input, or a part of a file: FILE::SCENARIO or FILE:LINE. Without any, the
setting 'paths' counts, else the folder specs/. NAME=value sets a variable and
wins over every assignment in the files."""

_EPILOG = """\
examples:
  netpolspec run specs/                              everything below specs/
  netpolspec run specs/tenants.nps::deny-from-any    one scenario
  netpolspec run specs/tenants.nps:12                the scenario at line 12
  netpolspec run specs/ -k 'open-to-*' --not-tag slow
  netpolspec run specs/ PORT=8080                    with another value of PORT
  netpolspec run -e 'given policy allow-from ns=ms-a; expect ms-c -> ms-b:80 denied'
  netpolspec run specs/ --report junit=junit.xml --report html=report.html
  prove -e 'netpolspec run' specs/*.nps              as a test suite, in CI

exit status:
  0  every expectation is met        2  a spec or the command line is wrong
  1  an expectation is not met       3  the environment failed
  130, 143  interrupted"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec run`."""
    options, others = _parser().read(arguments)
    settings = settle(options, session)
    asks = not (options.list or options.dry_run)
    cluster = ClusterOfRun(settings) if asks else None
    specs = read_specs(others, options.texts, settings, session, terraform=settings.terraform, cluster=cluster)
    if cluster is not None and not (cluster.is_given and settings.on == "model"):
        refuse_unused(options, settings.on)
    filters = Filters(tuple(options.names), tuple(options.tags), tuple(options.not_tags))
    scenarios = select(specs.plan, specs.inputs.picks, filters)
    session.report.require()
    session.messages.show(specs.plan.warnings)
    if options.list:
        session.report.write("".join(_listed(scenario, specs, options.verbose) for scenario in scenarios))
        return Exit.MET
    if options.dry_run:
        from netpolspec.plan.show import show

        for line in show(scenarios):
            session.report.write(session.veil.text(line) + "\n")
        return Exit.MET
    return _run(scenarios, specs, settings, session, options)


def _parser() -> Parser:
    parser = Parser("run", _USAGE, _DESCRIPTION, _EPILOG)
    add_reading_options(parser)
    group = parser.add_argument_group("what is run")
    group.add_argument(
        "-k",
        "--scenario",
        dest="names",
        metavar="NAME",
        action="append",
        default=[],
        help="scenarios of that name, or that a glob such as 'open-to-*' matches (may be repeated)",
    )
    group.add_argument("--tag", dest="tags", metavar="TAG", action="append", default=[], help="scenarios with a tag")
    group.add_argument(
        "--not-tag", dest="not_tags", metavar="TAG", action="append", default=[], help="scenarios without a tag"
    )
    group.add_argument("--list", action="store_true", help="say which scenarios would run, and stop")
    group.add_argument(
        "--dry-run", action="store_true", help="say what a live run would apply and probe, and stop; touches nothing"
    )
    group = parser.add_argument_group("how it is run")
    group.add_argument("--on", metavar="BACKEND", help="who judges: model (default), kind or cluster")
    group.add_argument("--fail-fast", action="store_true", default=None, help="skip the rest after the first failure")
    add_model_options(parser)
    add_terraform_options(parser)
    add_live_options(parser)
    add_cluster_options(parser)
    group = parser.add_argument_group("the report, on standard output")
    group.add_argument("--tap", metavar="VERSION", help="auto, 13 or 14 (default: auto, what the harness can read)")
    group.add_argument("--flat", action="store_true", default=None, help="test points without subtests around them")
    group = parser.add_argument_group("other reports, in files")
    group.add_argument(
        "--report",
        metavar="FORMAT=PATH",
        action="append",
        help="junit, json, jsonl, html, markdown or github (may be repeated; github=- is standard error)",
    )
    add_common_options(parser)
    return parser


def _run(
    scenarios: Sequence[Scenario],
    specs: Specs,
    settings: Settings,
    session: Session,
    options: Namespace,
) -> Exit:
    from netpolspec.cli.backends import make_backend
    from netpolspec.cli.interrupts import deliver
    from netpolspec.cli.progress import Progress
    from netpolspec.run.runner import run

    watched = not options.quiet and (session.messages.is_terminal or options.verbose > 0)
    followed = not options.quiet and (session.messages.is_lively or options.verbose > 0)
    progress = Progress(session.messages, session.report, quiet=not followed)
    backend = make_backend(settings, progress)
    tap = Tap(version_for(settings.tap, session.environ), flat=settings.flat)
    outcome = Outcome()
    reports = _open_reports(specs, settings, session, options)
    summary = None
    if watched:
        from netpolspec.report.summary import Summary

        summary = Summary(lambda scenario: _again(scenario, specs, options))

    def take(event: Event) -> None:
        event = session.hidden(event)
        progress.add(event)
        outcome.add(event)
        if summary is not None:
            summary.add(event)
        if reports is not None:
            reports.add(event)
        for text in tap.text(event):
            session.report.write(text)
        if isinstance(event, BailedOut):
            session.messages.bail_out(event)

    try:
        if scenarios:
            deliver(run(scenarios, backend, _run_options(settings, specs)), take)
        else:
            take(RunStarted((), backend.name))
            take(RunEnded(0.0))
    finally:
        progress.done()
        written = reports is None or reports.finish()
    if summary is not None:
        session.messages.write(summary.text(color=session.messages.color))
    return outcome.exit if written else max(outcome.exit, Exit.FAILED)


def _open_reports(specs: Specs, settings: Settings, session: Session, options: Namespace) -> Reports | None:
    """The reports that were asked for, ready to be written; nothing is imported for none."""
    if not settings.report:
        return None
    from netpolspec.cli.reports import open_reports

    return open_reports(settings.report, session, specs.paths, lambda scenario: _again(scenario, specs, options))


def _run_options(settings: Settings, specs: Specs) -> RunOptions:
    from netpolspec.run.runner import RunOptions

    return RunOptions(
        settings.assume,
        fail_fast=settings.fail_fast,
        strict_model=settings.strict_model,
        terraform=specs.plan.terraform,
    )


def _node_id(scenario: Scenario, specs: Specs) -> str:
    return f"{root_of(scenario.file, specs.names, specs.plan.included)}::{scenario.name}"


def _listed(scenario: Scenario, specs: Specs, verbose: int) -> str:
    """One scenario of --list: what `run` takes to run it, then what it is, after a `#`."""
    facts = [scenario.description] if scenario.description else []
    if verbose:
        facts += [f"{scenario.points} test point{'' if scenario.points == 1 else 's'}"]
        facts += [f"tags {' '.join(sorted(scenario.tags))}"] if scenario.tags else []
    shown = " ".join("; ".join(facts).split())
    return f"{_node_id(scenario, specs)}{'  # ' if shown else ''}{shown}\n"


def _again(scenario: Scenario, specs: Specs, options: Namespace) -> str | None:
    """The command that runs a scenario again, with all that its outcome depends on."""
    root = root_of(scenario.file, specs.names, specs.plan.included)
    if root == "<stdin>":
        return None
    command = ["netpolspec", "run", *decisive(options)]
    texts = {item.source.path: item.source.text for item in specs.inputs.files if item.path is None}
    command += ["-e", texts[root], "-k", scenario.name] if root in texts else [f"{root}::{scenario.name}"]
    command += [f"{name}={value}" for name, value in specs.inputs.overrides.items()]
    return shlex.join(command)

"""`netpolspec embed`: results, matrices and pictures in pages that are written by hand."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, add_model_options, wrong
from netpolspec.cli.exits import Exit
from netpolspec.cli.inputs import is_variable
from netpolspec.cli.specs import settle
from netpolspec.diagnostics import Diagnostic, Refusal, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.documents.regions import Region
    from netpolspec.report.record import Record
    from netpolspec.run.events import ScenarioEnded
    from netpolspec.settings import Settings

_USAGE = "[OPTION]... FILE.md..."

_DESCRIPTION = """\
Refreshes the marked regions of pages; everything else in them stays as it is.
A region stands between two comments:

  <!-- netpolspec results specs/tenants.nps -->
  <!-- /netpolspec -->

results PATH...         a table: each scenario, and whether it holds
matrix FILE::SCENARIO   who reaches whom, as the scenario says it
spec FILE::SCENARIO     the scenario's source
picture FILE::SCENARIO  its world as a mermaid diagram

Paths are relative to the page; NAME=value behind them sets a variable. The
specs are run on the model."""

_EPILOG = """\
examples:
  netpolspec embed README.md docs/*.md
  netpolspec embed --check README.md        fail where a region is stale

exit status:
  0  refreshed, or with --check not stale     2  a page, a spec or the command line is wrong
  1  with --check: a page is stale"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec embed`."""
    parser = Parser("embed", _USAGE, _DESCRIPTION, _EPILOG)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is stale")
    add_model_options(parser)
    add_common_options(parser)
    options, paths = parser.read(arguments)
    if not paths:
        raise wrong("nothing to refresh", "name a page: 'netpolspec embed README.md'")
    settings = settle(options, session)
    from netpolspec.cli.outputs import Output, is_stale, write_text

    made = [(Path(path), _refreshed(path, settings, session)) for path in paths]
    stale = False
    for path, text in made:
        if options.check:
            stale = is_stale(path, text, "netpolspec embed", session.messages) or stale
        elif path.read_bytes().decode() != text:
            write_text(Output(path, f"'{path}'"), text, session)
    return Exit.NOT_MET if stale else Exit.MET


def _refreshed(path: str, settings: Settings, session: Session) -> str:
    """A page as it should be; nothing is written."""
    from netpolspec.documents.regions import find_regions, refresh
    from netpolspec.load.files import read_source

    source = read_source(Path(path), shown=path)
    regions = find_regions(source)
    if not regions:
        hint = "mark one: <!-- netpolspec results specs/ --> and <!-- /netpolspec -->"
        raise wrong(f"'{path}' has no marked region", hint)
    records: dict[tuple[str, ...], Record] = {}

    def write(region: Region) -> str:
        kind, *named = region.words or ("",)
        if kind not in _KINDS:
            close = nearest(kind, _KINDS)
            hint = f"did you mean '{close}'?" if close else f"there are {', '.join(_KINDS)}"
            raise Refusal(Diagnostic("bad-region", f"a region cannot hold '{kind}'", region.span, (hint,)))
        if not named:
            raise Refusal(Diagnostic("bad-region", "this region names no spec", region.span, (f"{kind} PATH",)))
        folder = Path(source.path).parent
        paths = tuple(name if is_variable(name) else os.path.normpath(folder / name) for name in named)
        try:
            record = records.get(paths) or records.setdefault(paths, _run(paths, settings, session))
        except Refusal as refusal:
            raise Refusal(*(replace(each, span=each.span or region.span) for each in refusal.diagnostics)) from None
        return _KINDS[kind](record)

    return refresh(source, regions, write)


def _run(paths: tuple[str, ...], settings: Settings, session: Session) -> Record:
    from netpolspec.cli.outcome import run_on_model

    return run_on_model(paths, settings, session)


# --- what a region may hold ---------------------------------------------------------------------------------------


def _results(record: Record) -> str:
    from netpolspec.report.markdown import badge, text

    rows = (
        f"| {text(event.scenario.name)} | {text(event.scenario.description)} | {badge(event)} |"
        for event in record.ended
    )
    return "\n".join(("| scenario | says | |", "|---|---|---|", *rows))


def _matrix(record: Record) -> str:
    from netpolspec.report.grid import grids
    from netpolspec.report.markdown import table

    return "".join(line for event in _last(record) for grid in grids(event) for line in table(grid, event))


def _spec(record: Record) -> str:
    from netpolspec.report.markdown import source_block

    return "\n".join(source_block(event.scenario) for event in _last(record))


def _picture(record: Record) -> str:
    from netpolspec.report.picture import mermaid
    from netpolspec.report.picture.scene import scene_of_scenario

    drawn = ("".join(mermaid.write(record.veiled(scene_of_scenario(event.scenario)))) for event in _last(record))
    return "\n".join(f"```mermaid\n{text}```\n" for text in drawn)


def _last(record: Record) -> Sequence[ScenarioEnded]:
    """What was named, without what had to run before it: that comes first."""
    before = {id(each) for event in record.ended for each in event.scenario.after}
    return [event for event in record.ended if id(event.scenario) not in before] or record.ended


_KINDS: dict[str, Callable[[Record], str]] = {
    "results": _results,
    "matrix": _matrix,
    "spec": _spec,
    "picture": _picture,
}

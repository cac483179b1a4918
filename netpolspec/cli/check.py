"""`netpolspec check`: every mistake in specs, without running them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, add_reading_options
from netpolspec.cli.exits import Exit
from netpolspec.cli.selection import Filters, select
from netpolspec.cli.specs import read_specs, settle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.cli.specs import Specs
    from netpolspec.plan.model import Included

_USAGE = "[OPTION]... [PATH | -e TEXT]... [NAME=value]..."

_DESCRIPTION = """\
Reads specs, with everything that they include and name, and says what is
wrong with them. Nothing is run. A PATH is a file, a folder (every .nps file in
it and below) or - for standard input; without any, the setting 'paths'
counts, else the folder specs/."""

_EPILOG = """\
examples:
  netpolspec check specs/                          all mistakes, all warnings
  netpolspec check --explain specs/tenants.nps     what it includes, and from where
  netpolspec check -e 'expect ms-a -> ms-b:80 denied'

exit status:
  0  no mistake (there may be warnings)     2  a spec or the command line is wrong"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec check`."""
    parser = Parser("check", _USAGE, _DESCRIPTION, _EPILOG)
    add_reading_options(parser)
    parser.add_argument("--explain", action="store_true", help="show what each file includes, and from where")
    add_common_options(parser)
    options, others = parser.read(arguments)
    specs = read_specs(others, options.texts, settle(options, session), session)
    select(specs.plan, specs.inputs.picks, Filters())  # what is named exists
    if options.explain:
        for item in specs.inputs.files:
            session.report.write("\n".join(_explained(item.source.path, specs.plan.included, 0, ())) + "\n")
    session.messages.show(specs.plan.warnings)
    if not options.quiet:
        session.messages.line(_counted(specs))
    return Exit.MET


def _explained(file: str, included: Sequence[Included], depth: int, trail: tuple[str, ...]) -> Iterator[str]:
    """A file and, indented, what it includes."""
    if depth == 0:
        yield file
    for each in included:
        if each.by == file and each.file not in trail:
            how = f"included at {each.at}" if each.at is not None else "the default world"
            yield f"{'    ' * (depth + 1)}{each.file}    # {how}"
            yield from _explained(each.file, included, depth + 1, (*trail, file))


def _counted(specs: Specs) -> str:
    files, scenarios = len(specs.inputs.files), specs.plan.scenarios
    points = sum(scenario.points for scenario in scenarios)
    counts = ((files, "file"), (len(scenarios), "scenario"), (points, "test point"))
    return "no mistakes: " + ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts)

"""`netpolspec doctor`: what is installed, what each backend lacks, and the command that fixes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, require_choice, wrong
from netpolspec.cli.exits import Exit
from netpolspec.cli.specs import settle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.doctor import Checkup, Program

_DESCRIPTION = """\
Says on standard output which tools are installed, in which versions, what each
backend lacks, and the command that fixes it. Nothing is changed."""

_EPILOG = """\
examples:
  netpolspec doctor
  netpolspec doctor --on kind       fails where --on kind could not work
  netpolspec doctor --format json

exit status:
  0  nothing is asked for, or the backend that is asked for lacks nothing
  2  the command line is wrong     3  the backend lacks something"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec doctor`."""
    parser = Parser("doctor", "[OPTION]...", _DESCRIPTION, _EPILOG)
    parser.add_argument("--on", metavar="BACKEND", help="ask for this backend: model, kind or cluster")
    parser.add_argument("--format", metavar="FORMAT", default="text", help="text or json (default: text)")
    add_common_options(parser)
    options, others = parser.read(arguments)
    if others:
        raise wrong(f"'doctor' takes no '{others[0]}'")
    require_choice("--format", options.format, ("text", "json"))
    settle(options, session)

    from netpolspec.doctor import examine

    found = examine(session.environ)
    session.report.write(_as_json(found) if options.format == "json" else "".join(_lines(found)))
    return Exit.FAILED if options.on and found.lacking(options.on) else Exit.MET


def _as_json(found: Checkup) -> str:
    def drawn(problem: Diagnostic) -> dict[str, object]:
        return {"code": problem.code, "message": problem.message, "help": list(problem.help)}

    document = {
        "netpolspec": found.version,
        "python": found.python,
        "system": found.system,
        "tools": [
            {
                "name": each.name,
                "version": each.version or None,
                "needed_for": each.needed_for,
                "problem": drawn(each.problem) if each.problem else None,
            }
            for each in found.programs
        ],
        "backends": [
            {"name": each.name, "ready": not each.lacks, "lacks": [drawn(problem) for problem in each.lacks]}
            for each in found.abilities
        ],
        "notes": list(found.notes),
    }
    return json.dumps(document, indent=2) + "\n"


def _lines(found: Checkup) -> Iterator[str]:
    yield f"netpolspec {found.version}, Python {found.python}, {found.system}\n"
    yield "\ntools\n"
    rows = [(each.name, each.version or "-", _state(each), f"for {each.needed_for}") for each in found.programs]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
    yield "\nbackends, and what else needs a tool\n"
    told: set[str] = set()
    for ability in found.abilities:
        yield f"  {ability.name:<9}  {'lacks something' if ability.lacks else 'ready':<15}  {ability.what}\n"
        for problem in ability.lacks:
            yield f"      {problem.message}\n"
            if problem.message not in told:
                yield from (f"        {line}\n" for line in problem.help)
            told.add(problem.message)
    if found.notes:
        yield "\nalso\n"
        yield from (f"  {note}\n" for note in found.notes)


def _state(program: Program) -> str:
    if program.problem is None:
        return "ok"
    return "missing" if program.problem.code == "no-tool" else "does not work"

"""`netpolspec status`: the clusters that netpolspec made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, require_choice, wrong
from netpolspec.cli.exits import Exit
from netpolspec.cli.specs import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.backends.clusters.lifecycle import State
    from netpolspec.cli.commands import Session

_DESCRIPTION = """\
Lists the kind clusters that netpolspec made, on standard output: whether they
work, whether they stay, whether a run uses them."""

_EPILOG = """\
examples:
  netpolspec status
  netpolspec status --format json

exit status:
  0  whatever there is     2  the command line is wrong     3  the environment failed"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec status`."""
    parser = Parser("status", "[OPTION]...", _DESCRIPTION, _EPILOG)
    parser.add_argument("--format", metavar="FORMAT", default="text", help="text or json (default: text)")
    add_common_options(parser)
    options, others = parser.read(arguments)
    if others:
        raise wrong(f"'status' takes no '{others[0]}'")
    require_choice("--format", options.format, ("text", "json"))
    settle(options, session)

    from netpolspec.backends.clusters.lifecycle import status
    from netpolspec.cli.clusters import guarded

    with guarded(session, quiet=options.quiet) as (progress, outcome):
        states = status()
        progress.done()
        session.report.write(_as_json(states) if options.format == "json" else _as_text(states))
        if not states and options.format == "text" and not options.quiet:
            session.messages.line("no clusters; `netpolspec up` makes one")
        outcome.exit = Exit.MET
    return outcome.exit


def _as_json(states: Sequence[State]) -> str:
    clusters = [
        {
            "name": state.record.name,
            "context": state.context,
            "health": state.health.value,
            "plugin": state.record.plugin,
            "module": state.record.module,
            "nodes": state.nodes,
            "nodes_ready": state.ready,
            "kubernetes": state.version,
            "kept": state.record.keep,
            "in_use": state.in_use,
            "age_seconds": round(state.age),
        }
        for state in states
    ]
    return json.dumps({"clusters": clusters}, indent=2) + "\n"


def _as_text(states: Sequence[State]) -> str:
    if not states:
        return ""
    rows = [("NAME", "HEALTH", "NODES", "KUBERNETES", "PLUGIN", "AGE", "STAYS")]
    rows += [
        (
            state.record.name,
            state.health.value + (", in use" if state.in_use else ""),
            f"{state.ready}/{state.nodes}" if state.nodes else "-",
            state.version or "-",
            state.record.plugin,
            _age(state.age),
            "yes" if state.record.keep else "until its run ends" if state.in_use else "no, left over",
        )
        for state in states
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )


_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def _age(seconds: float) -> str:
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"

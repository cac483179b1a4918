"""`netpolspec down`: clusters that stayed, and what killed runs left, are deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options
from netpolspec.cli.exits import Exit
from netpolspec.cli.specs import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.cli.commands import Session

_DESCRIPTION = """\
Deletes the named kind clusters, or all, that netpolspec made: those of
`netpolspec up` and `run --keep`, and what is left of runs that were killed.
Clusters that somebody else made, or that a run uses now, are left alone."""

_EPILOG = """\
examples:
  netpolspec down              all of them
  netpolspec down netpolspec   the one that `netpolspec up` makes

exit status:
  0  they are gone, or were not there     2  the command line is wrong
  3  the environment failed, or one is none of netpolspec's, or is in use"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec down`."""
    parser = Parser("down", "[OPTION]... [NAME]...", _DESCRIPTION, _EPILOG)
    add_common_options(parser)
    options, names = parser.read(arguments)
    settle(options, session)

    from netpolspec.backends.lifecycle import down
    from netpolspec.cli.clusters import guarded

    with guarded(session, quiet=options.quiet) as (progress, outcome):
        gone = down(names, progress)
        progress.done()
        if not options.quiet:
            said = ", ".join(f"'{name}'" for name in gone)
            session.messages.line(f"deleted {said}" if gone else "nothing to delete")
        outcome.exit = Exit.MET
    return outcome.exit

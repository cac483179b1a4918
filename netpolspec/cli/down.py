"""`netpolspec down`: what netpolspec made and did not remove, clusters or what is in one, is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, wrong
from netpolspec.cli.exits import Exit
from netpolspec.cli.specs import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.cli.progress import Progress

_DESCRIPTION = """\
Deletes the named kind clusters, or all, that netpolspec made: those of
`netpolspec up` and `run --keep`, and what is left of runs that were killed.
Clusters that somebody else made, or that a run uses now, are left alone.

With --context, the cluster stays: what runs left in it is removed, and nothing
else."""

_EPILOG = """\
examples:
  netpolspec down                     all of them
  netpolspec down netpolspec          the one that `netpolspec up` makes
  netpolspec down --context staging   what runs on that cluster left behind

exit status:
  0  they are gone, or were not there     2  the command line is wrong
  3  the environment failed, or one is none of netpolspec's, or is in use"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec down`."""
    parser = Parser("down", "[OPTION]... [NAME]...", _DESCRIPTION, _EPILOG)
    group = parser.add_argument_group("a cluster that stays")
    group.add_argument("--context", metavar="NAME", help="remove what runs on this cluster left behind")
    group.add_argument("--kubeconfig", metavar="FILE", help="where the context is (default: as kubectl has it)")
    add_common_options(parser)
    options, names = parser.read(arguments)
    if options.context and names:
        raise wrong("'--context' and names of kind clusters exclude each other")
    if options.kubeconfig and not options.context:
        raise wrong("'--kubeconfig' needs '--context'")
    settle(options, session)

    from netpolspec.cli.clusters import guarded

    with guarded(session, quiet=options.quiet) as (progress, outcome):
        if options.context:
            removed = _tidy(options.context, options.kubeconfig, progress)
        else:
            from netpolspec.backends.clusters.lifecycle import down

            removed = tuple(f"cluster '{name}'" for name in down(names, progress))
        progress.done()
        if not options.quiet:
            session.messages.line(f"removed {', '.join(removed)}" if removed else "nothing to remove")
        outcome.exit = Exit.MET
    return outcome.exit


def _tidy(context: str, kubeconfig: str | None, progress: Progress) -> tuple[str, ...]:
    """Remove what runs left in a cluster; what that was, for people."""
    from netpolspec.backends.access import check_access
    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.backends.options import LiveOptions
    from netpolspec.backends.world.cleanup import remove_everything

    kubectl = Kubectl(context, kubeconfig)
    check_access(kubectl)
    progress(f"removing what runs left in context '{context}'")
    return tuple(f"namespace '{name}'" for name in remove_everything(kubectl, LiveOptions().run_id, progress))

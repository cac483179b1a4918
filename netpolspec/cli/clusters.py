"""What the commands that work on clusters have in common: progress, and what failures and signals come to."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from netpolspec.backends.base import WorldFailed
from netpolspec.cli.exits import Exit, Outcome, interrupted
from netpolspec.cli.progress import Progress
from netpolspec.signals import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.cli.commands import Session


@contextlib.contextmanager
def guarded(session: Session, *, quiet: bool) -> Iterator[tuple[Progress, Outcome]]:
    """Work on clusters: a failure is told and its exit status is in the outcome; a signal lets the work clean up."""
    progress = Progress(session.messages, quiet=quiet)
    outcome = Outcome()
    try:
        yield progress, outcome
    except WorldFailed as failure:
        progress.done()
        session.messages.show([failure.diagnostic])
        outcome.exit = Exit.FAILED
    except KeyboardInterrupt as interrupt:
        progress.done()
        session.messages.line("interrupted")
        for note in getattr(interrupt, "__notes__", ()):  # what is left, where it came twice
            session.messages.line(note)
        outcome.exit = interrupted(number_of(interrupt))
    finally:
        progress.done()

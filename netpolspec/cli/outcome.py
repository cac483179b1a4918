"""What specs come to on the model, for commands that write about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.backends.model import ModelBackend
from netpolspec.cli.live_cluster import ClusterOfRun
from netpolspec.cli.selection import Filters, root_of, select
from netpolspec.cli.specs import read_specs
from netpolspec.report.record import Record
from netpolspec.run.runner import RunOptions, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.cli.outputs import Output
    from netpolspec.cli.specs import Specs
    from netpolspec.plan.model import Scenario
    from netpolspec.settings import Settings


def run_on_model(
    arguments: Sequence[str], settings: Settings, session: Session, output: Output | None = None
) -> Record:
    """Run what a command line names; the record tells no times, so that it is the same every time.

    Args:
        arguments: what the command line names.
        settings: how it is read and run.
        session: the streams.
        output: where to the record will be written; this is known to be possible before anything runs.

    Raises:
        Refusal: a spec or the command line is wrong.
    """
    specs = read_specs(arguments, (), settings, session, cluster=ClusterOfRun(settings))
    if output is not None:
        output.make_ready(specs.paths)
    session.messages.show(specs.plan.warnings)
    made = Record(lambda scenario: _again(scenario, specs), veiled=session.veil.record)
    for event in run(select(specs.plan, specs.inputs.picks, Filters()), ModelBackend(), RunOptions(settings.assume)):
        made.add(session.hidden(event))
    made.seconds = 0.0
    return made


def _again(scenario: Scenario, specs: Specs) -> str:
    import shlex

    root = root_of(scenario.file, specs.names, specs.plan.included)
    set_by_hand = (f"{name}={value}" for name, value in specs.inputs.overrides.items())
    return shlex.join(["netpolspec", "run", f"{root}::{scenario.name}", *set_by_hand])

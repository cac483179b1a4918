"""From a command line to a plan: what the commands that read specs have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec import log
from netpolspec.cli.arguments import for_settings
from netpolspec.diagnostics import Refusal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.cli.inputs import Inputs
    from netpolspec.plan.givens import ReadCluster
    from netpolspec.plan.model import Plan
    from netpolspec.settings import Settings

_USUAL_FOLDER = "specs"


@dataclass(frozen=True, slots=True)
class Specs:
    """What was read, without a mistake."""

    inputs: Inputs
    plan: Plan

    @property
    def names(self) -> frozenset[str]:
        """The inputs as messages name them."""
        return frozenset(item.source.path for item in self.inputs.files)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files, what they include with them: nothing may be written over them."""
        named = tuple(item.path for item in self.inputs.files if item.path is not None)
        return (*named, *(Path(each.file) for each in self.plan.included))


def settle(options: argparse.Namespace, session: Session) -> Settings:
    """The settings of a command line; from here on, messages and logs go by them.

    Raises:
        Refusal: a setting cannot have its value.
    """
    from netpolspec.settings import resolve

    session.messages.quiet = options.quiet
    settings = resolve(for_settings(options), session.environ, session.cwd)
    session.messages.set_up(settings.color, session.environ)
    messages = session.messages
    log.configure(settings.log_level, settings.log_format, color=messages.color, write=messages.write)
    return settings


def read_specs(
    arguments: Sequence[str],
    texts: Sequence[str],
    settings: Settings,
    session: Session,
    *,
    terraform: str = "static",
    cluster: ReadCluster | None = None,
) -> Specs:
    """Read and plan what a command line names; where it names nothing, the setting `paths`, else `specs/`.

    Args:
        arguments: the command line but for its options.
        texts: specs given with `-e`.
        settings: where else to look.
        session: where the command was started.
        terraform: who may say what Terraform modules mean; `static` starts nothing.
        cluster: reads what `given cluster` means; None: no cluster is asked.

    Raises:
        Refusal: with every mistake that was found, and the warnings.
    """
    from netpolspec.cli.inputs import gather
    from netpolspec.plan.analyze import Options, analyze

    usual = (_USUAL_FOLDER,) if (session.cwd / _USUAL_FOLDER).is_dir() else ()
    inputs = gather(arguments, texts, settings.paths or usual, settings.paths_said if settings.paths else None)
    plan, diagnostics = analyze(inputs.files, Options(inputs.overrides, settings.policy_path, terraform, cluster))
    if plan is None:
        raise Refusal(*diagnostics)
    session.veil.add(plan.secrets)
    log.Logger(__name__).info("specs are read", files=len(inputs.files), scenarios=len(plan.scenarios))
    for folder, reader in plan.terraform:
        log.Logger(__name__).info("a Terraform module is read", folder=folder, by=reader)
    return Specs(inputs, plan)

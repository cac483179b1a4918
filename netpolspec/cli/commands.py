"""All commands, one row each. A command's module is imported when it is asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from netpolspec.cli.terminal import Messages, Report
    from netpolspec.load.terraform.secrets import Veil
    from netpolspec.run.events import Event


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with: the streams, and where and how it was started."""

    report: Report
    messages: Messages
    environ: Mapping[str, str]
    cwd: Path

    @property
    def veil(self) -> Veil:
        """What is not to be shown: all that goes to standard error is hidden by it, other text where it is made."""
        return self.messages.veil

    def tell(self, texts: Iterable[str], *, as_json: bool = False) -> None:
        """Write a report about objects to standard output, in which what is sensitive is not shown."""
        if as_json and self.veil:
            self.report.write(self.veil.json("".join(texts)))
            return
        for text in texts:
            self.report.write(self.veil.text(text))

    def hidden(self, event: Event) -> Event:
        """An event in which nothing shows what is sensitive in a world; what a spec itself says stays."""
        if not self.veil:
            return event
        from netpolspec.run.events import BailedOut, ScenarioEnded

        match event:
            case ScenarioEnded(results=results, reason=reason):
                told = tuple(self.veil.record(result, keep=("point",)) for result in results)
                return replace(event, results=told, reason=self.veil.text(reason))
            case BailedOut():
                return self.veil.record(event)
            case _:
                return event


class Module(Protocol):
    """What a command's module defines."""

    def execute(self, arguments: Sequence[str], session: Session) -> int:
        """Carry the command out.

        Returns:
            The exit status.

        Raises:
            Refusal: the command line or a spec is wrong; nothing was touched.
        """
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """One row: how a command is called, what it is good for, and who carries it out."""

    name: str
    summary: str
    module: str

    def load(self) -> Module:
        """The module, imported now."""
        return cast("Module", importlib.import_module(self.module))


COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command("run", "run specs and write TAP", "netpolspec.cli.run"),
        Command("check", "read specs and say what is wrong with them; runs nothing", "netpolspec.cli.check"),
        Command("matrix", "say who reaches whom; diff: what a change opens", "netpolspec.cli.matrix"),
        Command("plan-check", "say what a Terraform plan changes, without terraform", "netpolspec.cli.plan_check"),
        Command("render", "print the objects that were understood, as YAML", "netpolspec.cli.render"),
        Command(
            "explain", "say why a connection is allowed or denied, and what would change that", "netpolspec.cli.explain"
        ),
        Command("show", "draw a world: who is in it, and who may talk to whom", "netpolspec.cli.show"),
        Command("doc", "write specs as documentation, with their results", "netpolspec.cli.doc"),
        Command("embed", "refresh results and pictures in a page of your own", "netpolspec.cli.embed"),
        Command("up", "make a kind cluster that stays", "netpolspec.cli.up"),
        Command("down", "delete the clusters that netpolspec made", "netpolspec.cli.down"),
        Command("status", "list the clusters that netpolspec made", "netpolspec.cli.status"),
        Command("doctor", "say which tools there are, and what is missing", "netpolspec.cli.doctor"),
    )
}

"""`netpolspec check`: every mistake in specs, without running them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, add_reading_options
from netpolspec.cli.exits import Exit
from netpolspec.cli.inputs import is_variable, specs_below
from netpolspec.cli.selection import Filters, select
from netpolspec.cli.specs import read_specs, settle
from netpolspec.cli.worlds import is_terraform
from netpolspec.diagnostics import Refusal, Severity
from netpolspec.load.files import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.cli.specs import Specs
    from netpolspec.cli.worlds import Objects
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.plan.model import Included
    from netpolspec.settings import Settings

_USAGE = "[OPTION]... [PATH | -e TEXT]... [NAME=value]..."

_DESCRIPTION = """\
Reads specs, with everything that they include and name, and says what is
wrong with them, and what is allowed but seldom meant (docs/lints/). Nothing is
run. A PATH is a file, a folder (every .nps file in it and below) or - for
standard input; without any, the setting 'paths' counts, else the folder specs/.

Manifests, folders of them and Terraform folders are checked as well, as one
cluster; terraform is not started."""

_EPILOG = """\
examples:
  netpolspec check specs/                          all mistakes, all warnings
  netpolspec check --ignore unused-fixture         without one of the lints
  netpolspec check --explain specs/tenants.nps     what it includes, and from where
  netpolspec check -e 'expect ms-a -> ms-b:80 denied'

exit status:
  0  no mistake (there may be warnings)
  2  a spec, an object or the command line is wrong"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec check`."""
    parser = Parser("check", _USAGE, _DESCRIPTION, _EPILOG)
    add_reading_options(parser)
    parser.add_argument("--explain", action="store_true", help="show what each file includes, and from where")
    parser.add_argument(
        "--ignore", metavar="CODE", action="append", help="leave out the warnings of a lint (may be repeated)"
    )
    add_common_options(parser)
    options, others = parser.read(arguments)
    settings = replace(settle(options, session), terraform="static")
    if settings.ignore:
        from netpolspec.cli.lints import require_codes

        require_codes(settings.ignore)
    wanted = _sort(others)
    specs = None
    if wanted.specs or options.texts or not wanted.objects:
        specs = read_specs((*wanted.specs, *wanted.overrides), options.texts, settings, session)
        select(specs.plan, specs.inputs.picks, Filters())  # what is named exists
    objects = _objects(wanted, settings)
    if options.explain and specs is not None:
        for item in specs.inputs.files:
            session.report.write("\n".join(_explained(item.source.path, specs.plan.included, 0, ())) + "\n")
    if not options.quiet:
        session.messages.show(_warnings(specs, objects, settings))
        session.messages.line(_counted(specs, objects))
    return Exit.MET


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a command line names, by what it is."""

    specs: tuple[str, ...]
    objects: tuple[str, ...]
    """Manifests, folders of them, Terraform folders."""
    overrides: tuple[str, ...]


def _sort(arguments: Sequence[str]) -> _Wanted:
    """A folder with a spec in it or below is specs; any other folder, and YAML or JSON, is objects."""
    specs: list[str] = []
    objects: list[str] = []
    overrides: list[str] = []
    for argument in arguments:
        path = Path(argument)
        if "\0" in argument:
            specs.append(argument)
        elif is_variable(argument):
            overrides.append(argument)
        elif path.is_dir():
            holds_specs = next(specs_below(argument), None) is not None
            (specs if holds_specs or not _holds_objects(path) else objects).append(argument)
        else:
            (objects if path.suffix.lower() in SUFFIXES and path.exists() else specs).append(argument)
    return _Wanted(tuple(specs), tuple(objects), tuple(overrides))


def _holds_objects(folder: Path) -> bool:
    from netpolspec.load.files import is_kustomization, walk

    return (
        is_terraform(folder) or is_kustomization(folder) or next(walk(folder, str(folder), [], None), None) is not None
    )


def _objects(wanted: _Wanted, settings: Settings) -> Objects:
    """The objects of manifests and Terraform; a module whose variables nobody sets is only looked at as it is written.

    Raises:
        Refusal: something else is wrong with them.
    """
    from netpolspec.cli.worlds import gather_objects

    variables = dict(override.split("=", 1) for override in wanted.overrides) if not wanted.specs else {}
    found = gather_objects(wanted.objects, settings, variables)
    unset = [each for each in found.diagnostics if each.message.endswith("has no value")]
    found.diagnostics = [each for each in found.diagnostics if each not in unset]
    if any(each.severity is Severity.ERROR for each in found.diagnostics):
        raise Refusal(*found.diagnostics)
    return found


def _warnings(specs: Specs | None, objects: Objects, settings: Settings) -> Sequence[Diagnostic]:
    from netpolspec.cli.lints import warnings_of

    plan = specs.plan if specs is not None else None
    told = [*(plan.warnings if plan is not None else ()), *objects.diagnostics]
    return warnings_of(plan, objects.resources, told, settings.ignore)


def _explained(file: str, included: Sequence[Included], depth: int, trail: tuple[str, ...]) -> Iterator[str]:
    """A file and, indented, what it includes."""
    if depth == 0:
        yield file
    for each in included:
        if each.by == file and each.file not in trail:
            how = f"included at {each.at}" if each.at is not None else "the default world"
            yield f"{'    ' * (depth + 1)}{each.file}    # {how}"
            yield from _explained(each.file, included, depth + 1, (*trail, file))


def _counted(specs: Specs | None, objects: Objects) -> str:
    counts: list[tuple[int, str]] = []
    if specs is not None:
        scenarios = specs.plan.scenarios
        points = sum(scenario.points for scenario in scenarios)
        counts += [(len(specs.inputs.files), "file"), (len(scenarios), "scenario"), (points, "test point")]
    if objects.resources or specs is None:
        counts.append((len(objects.resources), "object"))
    return "no mistakes: " + ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts)

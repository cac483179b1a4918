"""`netpolspec check`: every mistake in specs, without running them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, add_reading_options, require_choice, wrong
from netpolspec.cli.exits import Exit
from netpolspec.cli.inputs import is_variable, specs_below, split_variables
from netpolspec.cli.selection import Filters, select
from netpolspec.cli.specs import read_specs, settle
from netpolspec.cli.worlds import is_terraform
from netpolspec.diagnostics import Refusal, Severity
from netpolspec.load.files import SUFFIXES

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping, Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.cli.specs import Specs
    from netpolspec.cli.worlds import Objects
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.plan.model import Included
    from netpolspec.settings import Settings

_USAGE = "[OPTION]... [PATH | -e TEXT]... [NAME=value]..."

_DESCRIPTION = """\
Reads specs, with everything that they include and name, and says what is
wrong with them, and what is allowed but seldom meant; `netpolspec help CODE`
says more of each. Nothing is run. A PATH is a file, a folder (every .nps file
in it and below) or - for standard input; without any, the setting 'paths'
counts, else the folder specs/.

Manifests, folders of them and Terraform folders are checked as well, as one
cluster; terraform is not started."""

_EPILOG = """\
examples:
  netpolspec check specs/                          all mistakes, all warnings
  netpolspec check --ignore unused-fixture         without one of the lints
  netpolspec check --explain specs/tenants.nps     what it includes, and from where
  netpolspec check -e 'expect ms-a -> ms-b:80 denied'
  netpolspec check specs/ --format github          annotations of a pull request

exit status:
  0  no mistake (there may be warnings)
  2  a spec, an object or the command line is wrong
  3  the environment failed"""

_FORMATS = ("text", "json", "github")


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec check`."""
    parser = Parser("check", _USAGE, _DESCRIPTION, _EPILOG)
    add_reading_options(parser)
    parser.add_argument("--explain", action="store_true", help="show what each file includes, and from where")
    parser.add_argument(
        "--ignore", metavar="CODE", action="append", help="leave out the warnings of a lint (may be repeated)"
    )
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        default="text",
        help="what is found: text on standard error; or json or github on standard output (default: text)",
    )
    add_common_options(parser)
    options, others = parser.read(arguments)
    if options.format != "text":
        return _report(options, others, session)
    checked = _check(options, others, session)
    if options.explain and checked.specs is not None:
        for item in checked.specs.inputs.files:
            session.report.write("\n".join(_explained(item.source.path, checked.specs.plan.included, 0, ())) + "\n")
    if not options.quiet:
        session.messages.show(checked.warnings)
        session.messages.line(_counted(checked.read))
    return Exit.MET


@dataclass(frozen=True, slots=True)
class _Checked:
    """What is right."""

    specs: Specs | None
    read: Mapping[str, int]
    """How much: files, scenarios, points, objects."""
    warnings: Sequence[Diagnostic]
    """None are looked for where nobody is to be told."""


def _check(options: Namespace, others: Sequence[str], session: Session) -> _Checked:
    """Read everything.

    Raises:
        Refusal: with all that is wrong.
    """
    settings = replace(settle(options, session), terraform="static")
    wanted = _sort(others)
    specs = None
    if wanted.specs or options.texts or not wanted.objects:
        specs = read_specs((*wanted.specs, *wanted.overrides), options.texts, settings, session)
        select(specs.plan, specs.inputs.picks, Filters())  # what is named exists
    objects = _objects(wanted.objects, () if specs is not None else wanted.overrides, settings)
    session.veil.add(objects.secrets)
    warnings = () if options.quiet else _warnings(specs, objects, settings)
    return _Checked(specs, _how_much(specs, objects), warnings)


def _report(options: Namespace, others: Sequence[str], session: Session) -> int:
    """The same for programs: all that is found, on standard output."""
    require_choice("--format", options.format, _FORMATS)
    if options.explain:
        raise wrong(f"'--explain' and '--format {options.format}' exclude each other")
    session.report.require()
    try:
        checked = _check(options, others, session)
    except Refusal as refusal:
        found: Sequence[Diagnostic] = refusal.diagnostics
        read, status = None, Exit.FAILED if refusal.by_environment else Exit.WRONG
    else:
        found, read, status = checked.warnings, checked.read, Exit.MET
    from netpolspec.cli.reports import folder_in_workspace
    from netpolspec.lint.catalog import LINTS
    from netpolspec.report.diagnosed import Diagnosed, commands, document

    shown = [
        session.veil.record(each, keep=("code",))
        for each in found
        if not options.quiet or each.severity is Severity.ERROR
    ]
    diagnosed = Diagnosed(shown, read, frozenset(LINTS), folder_in_workspace(session))
    session.report.write(document(diagnosed) if options.format == "json" else "".join(commands(diagnosed)))
    return status


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


def _objects(paths: Sequence[str], overrides: Sequence[str], settings: Settings) -> Objects:
    """The objects of manifests and Terraform.

    A module is there to be called: that a variable of it has no value is no mistake, but what is not read is said.

    Raises:
        Refusal: something else is wrong with them.
    """
    from netpolspec.cli.worlds import gather_objects

    _, variables = split_variables(overrides)
    found = gather_objects(paths, settings, variables)
    found.diagnostics = [_as_warning(each) if each.code == "terraform-variable" else each for each in found.diagnostics]
    if any(each.severity is Severity.ERROR for each in found.diagnostics):
        raise Refusal(*found.diagnostics)
    return found


def _as_warning(unset: Diagnostic) -> Diagnostic:
    return replace(unset, severity=Severity.WARNING, message=f"what depends on it is not read: {unset.message}")


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


def _how_much(specs: Specs | None, objects: Objects) -> Mapping[str, int]:
    scenarios = specs.plan.scenarios if specs is not None else ()
    return {
        "files": len(specs.inputs.files) if specs is not None else 0,
        "scenarios": len(scenarios),
        "points": sum(scenario.points for scenario in scenarios),
        "objects": len(objects.resources),
    }


def _counted(read: Mapping[str, int]) -> str:
    counts = [(read["files"], "file"), (read["scenarios"], "scenario"), (read["points"], "test point")]
    counts = counts if read["files"] else []
    if read["objects"] or not counts:
        counts.append((read["objects"], "object"))
    return "no mistakes: " + ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts)

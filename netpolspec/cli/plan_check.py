"""`netpolspec plan-check`: what a plan that was made elsewhere changes, without terraform; for pull requests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, add_model_options, add_terraform_options, wrong
from netpolspec.cli.exits import Exit
from netpolspec.cli.inputs import read_standard_input, split_variables
from netpolspec.cli.matrix import read_allowances
from netpolspec.cli.specs import settle
from netpolspec.diagnostics import Refusal, Severity
from netpolspec.source import Source

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.cli.worlds import Objects
    from netpolspec.load.resource import Resource
    from netpolspec.load.terraform.plan_file import Changes
    from netpolspec.policy.objects import Cluster, Object
    from netpolspec.report.matrix.difference import Difference
    from netpolspec.report.matrix.view import View
    from netpolspec.settings import Settings

_USAGE = "[OPTION]... PLAN.json [PATH]... [NAME=value]..."

_DESCRIPTION = """\
Says what a Terraform plan changes: which policies, and who reaches whom after
it that did not before, or does no more, by the model. Lints what it plans.
terraform is not started and no cluster is asked, so that no credentials are
needed: PLAN.json (- is standard input) is what a job that has them printed with

  terraform plan -out=PLAN && terraform show -json PLAN > PLAN.json

A PATH holds what is in the cluster besides, and is not in the plan: a manifest
or a folder of them, a Terraform folder, or FILE.nps::SCENARIO; NAME=value sets
a variable of the latter two. One pod without labels, NAMESPACE/(any pod), stands
for a namespace in which neither the plan nor a PATH has a workload, and
(elsewhere)/(any pod) for all that nobody names."""

_EPILOG = """\
examples:
  netpolspec plan-check PLAN.json
  terraform show -json PLAN | netpolspec plan-check -
  netpolspec plan-check PLAN.json manifests/ --allow-open 'shop/web -> shop/db:5432'
  netpolspec plan-check PLAN.json --format json > plan-check.json
  netpolspec run specs/ PLAN=PLAN.json    specs that say: given terraform plan "$(PLAN)"

exit status:
  0  nothing is opened but what --allow-open lists     1  something else is opened
  2  the plan, an object or the command line is wrong"""

_SIGNS = {"created": "+", "deleted": "-", "changed": "~", "replaced": "~", "forgotten": "?"}
_POLICIES = ("NetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy")
_ELSEWHERE, _ANY_POD = "(elsewhere)", "(any pod)"


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec plan-check`."""
    options, others = _parser().read(arguments)
    paths, variables = split_variables(others)
    if options.format not in {"text", "json"}:
        raise wrong(f"option '--format': there is no '{options.format}'", "it is text or json")
    if not paths:
        hint = "terraform plan -out=PLAN && terraform show -json PLAN > PLAN.json"
        raise wrong("'plan-check' needs the JSON of a plan", hint)
    settings = settle(options, session)
    changes, besides = _read(paths, variables, settings)
    session.veil.add(changes.secrets | besides.secrets)
    _warn(changes, besides, settings, session)
    return _tell(changes, besides, options, settings, session)


def _parser() -> Parser:
    parser = Parser("plan-check", _USAGE, _DESCRIPTION, _EPILOG)
    parser.add_argument("--format", metavar="FORMAT", default="text", help="text or json (default: text)")
    parser.add_argument("--external", action="store_true", help="also the address ranges that policies tell apart")
    parser.add_argument(
        "--allow-open",
        metavar="PAIR",
        action="append",
        help="'SOURCE -> DESTINATION[:PORT[/PROTO]]' may be opened; @FILE for one a line (may be repeated)",
    )
    parser.add_argument(
        "--ignore", metavar="CODE", action="append", help="leave out the warnings of a lint (may be repeated)"
    )
    add_model_options(parser)
    add_terraform_options(parser)
    add_common_options(parser)
    return parser


def _read(paths: Sequence[str], variables: Mapping[str, str], settings: Settings) -> tuple[Changes, Objects]:
    """The plan, and what is in the cluster besides; raises Refusal with all that is wrong with them."""
    from netpolspec.cli.worlds import gather_objects
    from netpolspec.load.files import read_source
    from netpolspec.load.terraform.plan_file import read_changes

    place = Source("<command line>", paths[0]).span(0, len(paths[0]))
    changes = read_changes(
        read_standard_input() if paths[0] == "-" else read_source(Path(paths[0]), place=place), place
    )
    besides = gather_objects(paths[1:], settings, variables)
    found = (*changes.before.diagnostics, *changes.after.diagnostics, *besides.diagnostics)
    if any(each.severity is Severity.ERROR for each in found):
        raise Refusal(*dict.fromkeys(found))
    of_plan = {each.key for reading in (changes.before, changes.after) for each in reading.resources}
    besides.resources = [each for each in besides.resources if each.key not in of_plan]
    return changes, besides


def _warn(changes: Changes, besides: Objects, settings: Settings, session: Session) -> None:
    from netpolspec.cli.lints import warnings_of

    told = dict.fromkeys((*changes.before.diagnostics, *changes.after.diagnostics, *besides.diagnostics))
    resources = (*besides.resources, *changes.after.resources)
    session.messages.show(warnings_of(None, resources, tuple(told), settings.ignore))


def _tell(
    changes: Changes, besides: Objects, options: argparse.Namespace, settings: Settings, session: Session
) -> Exit:
    from netpolspec.report.matrix.difference import compare, not_allowed, write_difference

    before, after = _views(changes, besides.resources, options, settings)
    difference = compare(before, after)
    refused = not_allowed(difference, tuple(read_allowances(options.allow_open or ())))
    if options.format == "json":
        texts: Iterator[str] = iter((_document(changes, difference, refused, after),))
    else:
        color = session.report.colored(settings.color, session.environ)
        texts = _text(changes, write_difference(difference, refused, color=color), after)
    session.tell(texts, as_json=options.format == "json")
    return Exit.NOT_MET if refused else Exit.MET


# --- what is told -------------------------------------------------------------------------------------------------


def _text(changes: Changes, difference: Iterator[str], after: View) -> Iterator[str]:
    rows = list(_rows(changes))
    yield "objects that the plan changes:\n" if rows else "the plan changes no policy, namespace, workload or Service\n"
    width = max((len(what) for _, what, _, _ in rows), default=0)
    for sign, what, action, address in rows:
        yield f"  {sign} {what:<{width}}  {action:<9}  {address}\n"
    yield "\nwho reaches whom, by the model:\n"
    for line in difference:
        yield line if line.startswith(("  ", "!", "\x1b")) else f"  {line}"
    if after.reach.assumptions:
        yield f"this may rest on {', '.join(after.reach.assumptions)}\n"


def _rows(changes: Changes) -> Iterator[tuple[str, str, str, str]]:
    """Sign, object, action and address of each object that is changed; policies first."""
    rows = []
    for change in changes.each:
        sign = _SIGNS.get(change.action)
        if sign is None:
            continue
        keys = dict.fromkeys(each.key for each in (*change.before, *change.after))
        rows += [(key.kind not in _POLICIES, str(key), sign, str(change.action), change.address) for key in keys]
    for _, what, sign, action, address in sorted(rows):
        yield sign, what, action, address


def _document(changes: Changes, difference: Difference, refused: tuple[object, ...], after: View) -> str:
    import json

    from netpolspec.report.matrix.difference import as_document

    objects = [{"object": what, "action": action, "address": address} for _, what, action, address in _rows(changes)]
    reachability = as_document(difference, refused)  # type: ignore[arg-type]
    document = {"objects": objects, "reachability": reachability, "assumptions": after.reach.assumptions}
    return json.dumps(document, indent=1) + "\n"


# --- before and after ---------------------------------------------------------------------------------------------


def _views(
    changes: Changes, besides: Sequence[Resource], options: argparse.Namespace, settings: Settings
) -> tuple[View, View]:
    from netpolspec.policy.reach import By, reach
    from netpolspec.report.matrix.view import Asked, View

    sides = [
        [one for each in (*besides, *reading.resources) for one in each.objects]
        for reading in (changes.before, changes.after)
    ]
    made = [
        View(reach(cluster, settings.assume, by=By.WORKLOAD, external=options.external), Asked())
        for cluster in _clusters(sides)
    ]
    return made[0], made[1]


def _clusters(sides: Sequence[Sequence[Object]]) -> Iterator[Cluster]:
    """Both sides as clusters, with a pod in each namespace that stands for the workloads that nobody names."""
    from netpolspec.policy.cluster import assemble
    from netpolspec.policy.objects import Namespace, Pod, PodTemplate, WorkloadRef

    clusters = [assemble(side, declare_namespaces=True) for side in sides]
    inhabited = {pod.namespace for cluster in clusters for pod in cluster.pods}
    declared = [{one.name for one in side if isinstance(one, Namespace)} for side in sides]
    # A namespace that no object declares is there before and after: the plan does not make it.
    undeclared = {name for cluster in clusters for name in cluster.namespaces} - declared[0] - declared[1]
    nowhere = Source("<command line>", "").span(0, 0)
    for side, own in zip(sides, declared, strict=True):
        pods = [
            Pod(
                name,
                _ANY_POD,
                PodTemplate({}, (), host_network=False),
                WorkloadRef("Pod", name, _ANY_POD),
                (),
                finished=False,
                origin=nowhere,
            )
            for name in sorted(((own | undeclared) - inhabited) | {_ELSEWHERE})
        ]
        yield assemble((*side, *pods), declare_namespaces=True)

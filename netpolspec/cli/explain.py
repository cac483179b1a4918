"""`netpolspec explain`: why one connection is allowed or denied, and what would turn that over."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, require_choice, wrong
from netpolspec.cli.clusters import guarded
from netpolspec.cli.specs import settle
from netpolspec.cli.worlds import add_world_options, read_cluster
from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.policy.objects import Protocol
from netpolspec.policy.portspace import FIRST, LAST
from netpolspec.source import Source
from netpolspec.syntax.names import PodsName

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.plan.model import Point, Probe
    from netpolspec.plan.resolve import Inhabitants
    from netpolspec.policy.decide import Model
    from netpolspec.policy.decision import Endpoint
    from netpolspec.policy.objects import Service
    from netpolspec.report.explanation import Answered
    from netpolspec.settings import Settings

_USAGE = "[OPTION]... SOURCE DESTINATION[:PORT[/PROTO]] PATH... [NAME=value]..."

_DESCRIPTION = """\
Says why a connection is allowed or denied: at both ends, tier by tier, which
policies select the pod, which rule and peer decides, and why the others miss.
Then the smallest edit to a policy that turns the answer over, which the model
has verified.

SOURCE and DESTINATION are written as in 'expect': ms-a is a client pod in that
namespace, ms-a[tier=web] one with that label, ms-a/web a workload's pods,
10.1.2.3 an address, nginx.ms-b:80 a Service, ms-b/web:80 or ms-b:80 pods.
Without a port, every port is explained that the destination declares. A PATH is
a manifest, a folder of them, - for standard input, or FILE.nps::SCENARIO for
the world in which that scenario ends; NAME=value sets a variable of a spec or
of a Terraform folder."""

_EPILOG = """\
examples:
  netpolspec explain ms-c nginx.ms-b:80 manifests/
  netpolspec explain 'ms-a[tier=web]' ms-b/api:http manifests/
  netpolspec explain ms-a ms-b:80 specs/tenants.nps::deny-from-any
  netpolspec explain shop/web db/postgres --context kind-dev --format json

exit status:
  0  answered, be it allowed or denied
  2  an object or the command line is wrong     3  the environment failed"""


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec explain`."""
    parser = Parser("explain", _USAGE, _DESCRIPTION, _EPILOG)
    add_world_options(parser)
    group = parser.add_argument_group("what is shown")
    group.add_argument("--format", metavar="FORMAT", default="text", help="text or json (default: text)")
    add_common_options(parser)
    options, others = parser.read(arguments)
    require_choice("--format", options.format, ("text", "json"))
    settings = settle(options, session)
    if len(others) < 2:  # noqa: PLR2004 - two ends
        hint = "such as 'netpolspec explain ms-a nginx.ms-b:80 manifests/'"
        raise wrong("a source and a destination are needed", hint)
    point = _point(others[0], others[1])
    with guarded(session, quiet=options.quiet) as (_, outcome):
        answers = tuple(_answers(point, others[2:], options, settings, session))
        _write(answers, options, settings, session)
    return outcome.exit


def _write(answers: Sequence[Answered], options: argparse.Namespace, settings: Settings, session: Session) -> None:
    from netpolspec.report.explanation import write_json, write_text

    if options.format == "json":
        session.tell([write_json(answers)], as_json=True)
        return
    color = session.report.colored(settings.color, session.environ)
    session.tell(["".join(write_text(answers, color=color))])


def _answers(
    point: Point, paths: Sequence[str], options: argparse.Namespace, settings: Settings, session: Session
) -> Iterator[Answered]:
    from netpolspec.plan.resolve import Inhabitants
    from netpolspec.policy.decide import Model

    cluster, _ = read_cluster(paths, options, settings, session)
    inhabitants = Inhabitants(cluster)
    model = Model(cluster, settings.assume)
    if point.destination.port is None:
        try:
            probes = inhabitants.probes(point)
        except Refusal as refusal:
            if any(each.code not in {"undeclared-port", "bad-port"} for each in refusal.diagnostics):
                raise
            yield from _any_port(point, model, inhabitants)
            return
    else:
        probes = inhabitants.probes(point)
    warnings = [problem.at(point.destination_span) for problem in inhabitants.warnings(point)]
    for each in warnings:
        session.messages.line(f"warning: {each.message}")
    yield from _explained(probes, model)


def _point(source_text: str, destination_text: str) -> Point:
    """The two ends as a test point, so that they are looked up as those of an `expect` are."""
    from netpolspec.plan.model import Point
    from netpolspec.syntax.parser import parse_destination, parse_source

    line = Source("<arguments>", f"{source_text} {destination_text}")
    first = line.span(0, len(source_text))
    second = line.span(len(source_text) + 1, len(line.text))
    source = parse_source(source_text, first)
    destination = parse_destination(destination_text, second)
    text = destination_text
    if isinstance(destination, Diagnostic) and destination.code == "missing-port":
        text = f"{text}:*"
        without = parse_destination(text, second)
        destination = destination if isinstance(without, Diagnostic) else without
    refused = [each for each in (source, destination) if isinstance(each, Diagnostic)]
    if isinstance(source, Diagnostic) or isinstance(destination, Diagnostic):
        raise Refusal(*refused)
    return Point(
        source,
        source_text,
        destination,
        text,
        by_name=False,
        allowed=True,
        within=None,
        because=None,
        source_span=first,
        destination_span=second,
        span=line.span(0, len(line.text)),
    )


# --- one port -----------------------------------------------------------------------------------------------------


def _explained(probes: Sequence[Probe], model: Model) -> Iterator[Answered]:
    """Each probe, those that are answered for the same reasons together."""
    from netpolspec.explain.account import account
    from netpolspec.explain.turnover import turn_over
    from netpolspec.report.explanation import Answered

    groups: dict[tuple[int, str], list[tuple[Endpoint, Endpoint, Protocol, int, Service | None]]] = {}
    for probe in probes:
        for source, destination, port, service, dialled in _dialled(probe, model):
            decision = model.decide(source, destination, probe.protocol, port, via=service)
            asked = (source, destination, probe.protocol, port, service)
            groups.setdefault((id(decision), dialled), []).append(asked)
    for (_, dialled), alike in groups.items():
        found = account(model, model.resolve(*alike[0]))
        others = tuple(f"{source.label} -> {destination.label}" for source, destination, *_ in alike[1:])
        yield Answered(found, turn_over(model, found), dialled, others)


def _dialled(probe: Probe, model: Model) -> Iterator[tuple[Endpoint, Endpoint, int, Service | None, str]]:
    """The connections of a probe, and how a Service leads to them."""
    from netpolspec.explain.endpoints import why_no_endpoints
    from netpolspec.plan.endpoints import endpoints
    from netpolspec.policy.decision import External
    from netpolspec.policy.services import at, resolve

    via = probe.via
    if probe.destination is None:
        assert via is not None  # noqa: S101 - only a Service can be without endpoints
        why, instead = why_no_endpoints(model.cluster, via.service, via.port, probe.protocol)
        message = f"Service {via.service.namespace}/{via.service.name} has no endpoints: {why}"
        raise Refusal(Diagnostic("no-endpoints", message, None, (instead,)))
    for source in endpoints(probe.source, model):
        for destination in endpoints(probe.destination, model):
            service = via.service if via is not None else None
            if isinstance(destination, External) and destination.address is not None and service is None:
                service = at(model.cluster, destination.address)
                if service is not None:
                    for endpoint, number in resolve(model.cluster, service, probe.port, probe.protocol):
                        said = _say_service(service, probe.port, number, probe.protocol)
                        yield source, endpoint, number, service, said
                    continue
            said = "" if via is None else _say_service(via.service, via.port, probe.port, probe.protocol)
            yield source, destination, probe.port, service, said


def _say_service(service: Service, port: int, target: int, protocol: Protocol) -> str:
    name = f"Service {service.namespace}/{service.name}"
    if port == target:
        return f"through {name}, whose port {port}/{protocol} leads to the same port of the pod"
    return f"through {name}, whose port {port}/{protocol} leads to {target} on the pod: policies see {target}"


# --- every port ---------------------------------------------------------------------------------------------------


def _any_port(point: Point, model: Model, inhabitants: Inhabitants) -> Iterator[Answered]:
    """Every port of a destination that declares none: the ports that are answered alike, together."""
    from netpolspec.explain.account import account
    from netpolspec.explain.turnover import turn_over
    from netpolspec.report.explanation import Answered

    whom = point.destination.whom
    if isinstance(whom, PodsName):
        whom = replace(whom, labels=whom.labels or ())
    some = replace(point.destination, whom=whom, port=FIRST)
    probes = inhabitants.probes(replace(point, destination=some, destination_text=f"{point.destination_text} {FIRST}"))
    groups: dict[tuple[object, ...], tuple[Endpoint, Endpoint, Protocol, int, list[str], dict[str, None]]] = {}
    for probe in probes:
        for source, destination, _, _, _ in _dialled(probe, model):
            pair = f"{source.label} -> {destination.label}"
            for protocol, first, last in _ranges(source, destination, model):
                decision = model.decide(source, destination, protocol, first)
                key = (decision.answer, decision.because)
                group = groups.setdefault(key, (source, destination, protocol, first, [], {}))
                group[5][pair] = None
                if len(group[5]) == 1:
                    group[4].append(f"{protocol} {first}-{last}" if first < last else f"{protocol} {first}")
    for source, destination, protocol, first, ranges, pairs in groups.values():
        found = account(model, model.resolve(source, destination, protocol, first, None))
        ports = f"port{'s' if len(ranges) > 1 or '-' in ranges[0] else ''} {', '.join(ranges)}"
        if ranges == [f"{each} {FIRST}-{LAST}" for each in Protocol]:
            ports = "every port"
        yield Answered(found, turn_over(model, found), "", tuple(pairs)[1:], ports)


def _ranges(source: Endpoint, destination: Endpoint, model: Model) -> Iterator[tuple[Protocol, int, int]]:
    """All ports, cut where the answer may change."""
    found = model.reachable(source, destination)
    for protocol in Protocol:
        cuts = {FIRST, LAST + 1}
        for ranges in (found.allowed.get(protocol, ()), found.undecided.get(protocol, ())):
            cuts |= {edge for first, last in ranges for edge in (first, last + 1)}
        edges = sorted(cuts)
        yield from ((protocol, first, after - 1) for first, after in pairwise(edges))

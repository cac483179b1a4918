"""A plan for people: what a live run would apply, and which probes it would send."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from netpolspec.diagnostics import Refusal
from netpolspec.load.resource import assemble_resources
from netpolspec.plan.default_world import default_objects
from netpolspec.plan.model import AddressEnd, Change, ClientEnd, DomainEnd, NodeEnd, PodEnd
from netpolspec.plan.resolve import Inhabitants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netpolspec.plan.model import DestinationEnd, Point, Probe, Scenario, SourceEnd, World


def show(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """The plan of each scenario, line by line, without line ends.

    A line begins with what would be done: `apply`, `delete` or `probe`. Each scenario starts from the world that
    the one before it left, so only what differs is listed.
    """
    world: World = default_objects()
    for scenario in scenarios:
        yield f"{scenario.file}::{scenario.title}"
        if scenario.skip is not None:
            yield f"  skip    {scenario.skip}"
            continue
        inhabitants: Inhabitants | None = None
        for step in scenario.steps:
            if isinstance(step, Change):
                yield from _difference(world, step.world)
                world = step.world
                inhabitants = Inhabitants(assemble_resources(world.values()))
                continue
            assert inhabitants is not None  # noqa: S101 - a scenario's first step is a change
            for point in step.points:
                try:
                    yield from _probes(point, inhabitants)
                except Refusal:  # the plan has told it, unless a cluster that was not asked may know better
                    yield f"  probe   {point.title}"


def _difference(before: World, after: World) -> Iterator[str]:
    for key in before:
        if key not in after:
            yield f"  delete  {key}"
    for key, resource in after.items():
        if before.get(key) is not resource:
            by = ", by terraform" if resource.module is not None and resource.given is None else ""
            yield f"  apply   {key}  ({resource.origin.span}{by})"


def _probes(point: Point, inhabitants: Inhabitants) -> Iterator[str]:
    """One line for each dial: through a Service its endpoints share one."""
    dials: dict[tuple[str, str], list[str]] = {}
    for probe in inhabitants.probes(point):
        dials.setdefault((_source(probe.source), _dialled(probe, by_name=point.by_name)), []).append(_endpoint(probe))
    for (source, dialled), endpoints in dials.items():
        behind = f" ({', '.join(endpoints)})" if endpoints != [dialled] else ""
        yield f"  probe   {source} -> {dialled}{behind}: {point.wanted}"


def _source(end: SourceEnd) -> str:
    match end:
        case ClientEnd(pod=pod):
            labels = ",".join(f"{key}={value}" for key, value in pod.labels.items())
            return f"client pod in {pod.namespace}" + (f" [{labels}]" if labels else "")
        case PodEnd(pod=pod):
            return f"pod {pod.label}"
        case AddressEnd(network=network):
            return str(network)
        case NodeEnd():
            return "node of the destination"
        case _:
            assert_never(end)


def _dialled(probe: Probe, *, by_name: bool) -> str:
    if probe.via is None:
        return _endpoint(probe)
    service = probe.via.service
    name = (
        f"{service.name}.{service.namespace}.svc.cluster.local"
        if by_name
        else f"Service {service.namespace}/{service.name}"
    )
    return f"{name}:{probe.via.port}/{probe.protocol.lower()}"


def _endpoint(probe: Probe) -> str:
    if probe.destination is None:
        return "no endpoints"
    return f"{_destination(probe.destination)}:{probe.port}/{probe.protocol.lower()}"


def _destination(end: DestinationEnd) -> str:
    match end:
        case PodEnd(pod=pod):
            return f"pod {pod.label}"
        case AddressEnd(network=network):
            return str(network)
        case DomainEnd(name=name):
            return name
        case _:
            assert_never(end)

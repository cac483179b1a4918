"""Test points whose answer no policy could change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.plan.model import AddressEnd, ClientEnd, DomainEnd, NodeEnd, PodEnd
from netpolspec.syntax.names import AddressName, ClientSource, WorkloadName

if TYPE_CHECKING:
    from netpolspec.plan.model import Point, Probe
    from netpolspec.plan.resolve import Inhabitants


def may_lack_effect(point: Point) -> bool:
    """Whether it is worth while to ask `why_without_effect`: of most points it is plain that policies have a say.

    A client is a pod of its own, which policies may select.
    """
    if isinstance(point.source, ClientSource) or point.by_name:
        return False
    return not (isinstance(point.source, WorkloadName) and isinstance(point.destination.whom, AddressName))


def why_without_effect(point: Point, inhabitants: Inhabitants) -> str | None:
    """Why no policy could change what a point means; None where one could.

    A pod reaches itself, and a node its own pods, whatever a NetworkPolicy says (concept page, "Network Policies").
    Cluster-scoped policies may have a say about nodes.
    """
    reasons = {_why(probe, inhabitants) for probe in inhabitants.probes(point)}
    return reasons.pop() if len(reasons) == 1 else None


def _why(probe: Probe, inhabitants: Inhabitants) -> str | None:
    source, destination = probe.source, probe.destination
    match source, destination:
        case PodEnd(pod=one), PodEnd(pod=other) if one is other and probe.via is None:
            return "a pod always reaches itself"
        case NodeEnd(), PodEnd() if not inhabitants.cluster.admin_policies:
            return "a node always reaches its own pods"
        case ((AddressEnd() | NodeEnd()), (AddressEnd() | DomainEnd())):
            return "no policy is for either end"
        case ((PodEnd() | ClientEnd() | AddressEnd() | NodeEnd()), _):
            return None
    return None

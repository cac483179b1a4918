"""Whom the model is asked about, where a probe comes from or goes to."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, assert_never

from netpolspec.plan.model import AddressEnd, ClientEnd, DomainEnd, NodeEnd, PodEnd
from netpolspec.policy.decision import External, OnNode

if TYPE_CHECKING:
    from netpolspec.plan.model import DestinationEnd, SourceEnd
    from netpolspec.policy.decide import Model
    from netpolspec.policy.decision import Endpoint


def endpoints(end: SourceEnd | DestinationEnd, model: Model) -> tuple[Endpoint, ...]:
    """The endpoints that an end stands for: one, but of a range of addresses one for each part that may differ."""
    match end:
        case ClientEnd(pod=pod) | PodEnd(pod=pod):
            return (pod,)
        case NodeEnd():
            return (OnNode(),)
        case DomainEnd(name=name):
            return (External(None, name),)
        case AddressEnd(network=network):
            if isinstance(network, IPv4Network | IPv6Network):
                return tuple(External(address) for address in model.told_apart(network))
            return (External(network),)
        case _:
            assert_never(end)

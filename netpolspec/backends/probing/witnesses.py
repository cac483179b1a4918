"""Whom the model allows to reach what was denied to others: they can say whether anything listens there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.backends.live import NOWHERE
from netpolspec.backends.probing.clients import Client, spoilt_by
from netpolspec.backends.probing.converge import Source
from netpolspec.plan.model import ClientEnd, PodEnd
from netpolspec.policy.decide import Model
from netpolspec.policy.decision import Answer, External
from netpolspec.policy.objects import Direction, Pod, PodTemplate, WorkloadRef

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address, IPv6Address

    from netpolspec.backends.probing.parts import Part
    from netpolspec.backends.probing.population import Population
    from netpolspec.plan.model import SourceEnd
    from netpolspec.policy.objects import Cluster

MOST = 2
"""How many witnesses are asked for one destination."""


class Witnesses:
    """The pods from which something can be dialled, as the model sees them."""

    def __init__(self, cluster: Cluster, population: Population) -> None:
        self._model = Model(cluster)
        self._population = population

    def find(self, part: Part) -> tuple[Source, ...]:
        """Client pods that the model allows to reach all destinations of a part."""
        found: list[Source] = []
        for client, pod in self._population.clients.items():
            if pod is None or not pod.dialable:
                continue
            seen = _seen(client, pod.name, pod.node)
            if all(self._allowed(seen, part)):
                found.append(Source(client.namespace, client.pod))
            if len(found) == MOST:
                break
        return tuple(found)

    def recruit(self, part: Part) -> Client | None:
        """A client that is not there yet and that the model allows to reach all destinations of a part.

        It would be in the destinations' own namespace or where there are clients already, without labels or with those
        of a pod there.
        """
        spaces = [each.pod.namespace for each in part.targets] + [each.namespace for each in self._population.clients]
        for space in dict.fromkeys(spaces):
            there = (pod for pod in self._model.cluster.pods if pod.namespace == space)
            for labels in dict.fromkeys(((), *(tuple(sorted(pod.labels.items())) for pod in there))):
                client = Client(space, labels)
                spoilt = spoilt_by(client, self._population.publishers) is not None
                if not spoilt and all(self._allowed(_seen(client, client.pod, None), part)):
                    return client
        return None

    def _allowed(self, source: Pod, part: Part) -> Iterator[bool]:
        via = part.via.service if part.via is not None else None
        ends = {each.pod.key: each.port for each in part.targets}
        for pod in self._model.cluster.pods:
            if (pod.namespace, pod.name) in ends:
                port = ends[pod.namespace, pod.name]
                yield self._model.answer(source, pod, part.dial.protocol, port, via=via) is Answer.ALLOWED
        if not ends and part.dial.host:
            outside = External(_address(part.dial.host))
            yield self._model.answer(source, outside, part.dial.protocol, part.dial.port) is Answer.ALLOWED

    def may_leave(self, end: SourceEnd) -> bool:
        """Whether nothing that the model knows of keeps a source from reaching a pod that no policy is about."""
        match end:
            case ClientEnd(pod=pod) | PodEnd(pod=pod):
                pass
            case _:
                return False
        return not any(
            Direction.EGRESS in policy.types and policy.namespace == pod.namespace
            for policy in self._model.cluster.policies
        ) and not (self._model.cluster.admin_policies or self._model.cluster.foreign_policies)


def _seen(client: Client, name: str, node: str | None) -> Pod:
    """A client as the model sees it."""
    template = PodTemplate(dict(client.labels), (), host_network=False, node=node)
    owner = WorkloadRef("Pod", client.namespace, name)
    return Pod(client.namespace, name, template, owner, (), finished=False, origin=NOWHERE)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    from ipaddress import ip_address

    try:
        return ip_address(host)
    except ValueError:
        return None

"""Connections that something translates on their way: through a Service's address, a node's port, back to oneself.

What a policy sees of them is for the greater part not defined ("Cluster ingress and egress mechanisms often require
rewriting the source or destination IP of packets. In cases where this happens, it is not defined whether this happens
before or after NetworkPolicy processing", Kubernetes concept page). So each way in which it may be seen is judged, and
an answer given only where all ways agree; else it is as assumed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netpolspec.policy.assumptions import Verdict
from netpolspec.policy.decision import Answer, External, OnNode
from netpolspec.policy.objects import Pod, ServiceType
from netpolspec.policy.readings import both_ends, settle, stated, whatever_policies_say
from netpolspec.policy.services import resolve

if TYPE_CHECKING:
    from netpolspec.policy.assumptions import Assumptions
    from netpolspec.policy.decision import Decision
    from netpolspec.policy.objects import Address, Cluster, Protocol, Service, ServicePort
    from netpolspec.policy.readings import Connection, Judge

_HAIRPIN = "a pod to itself through its own Service: the API does not define what policies see"
_SNAT = "whether a policy sees the client's address or a node's is not defined by the API"
_CLUSTER_ADDRESS = "whether a block of addresses sees the Service's address or the endpoint's is not defined by the API"


class Translator:
    """Decides connections, translated or not."""

    def __init__(self, cluster: Cluster, judge: Judge) -> None:
        self._cluster = cluster
        self._judge = judge
        self._nodes = tuple(OnNode(node.name) for node in cluster.nodes) or (OnNode(""),)
        self._by_address: dict[Address, Service] = {}
        self._by_node_port: dict[tuple[Protocol, int], tuple[Service, ServicePort]] = {}
        for service in cluster.services.values():
            self._by_address.update(dict.fromkeys(service.cluster_addresses, service))
            for item in service.ports:
                if item.node_port is not None:
                    self._by_node_port[item.protocol, item.node_port] = (service, item)

    def decide(self, assumptions: Assumptions, consulted: set[str], connection: Connection) -> Decision:
        """Decide a connection.

        Args:
            assumptions: what is assumed.
            consulted: takes the keys of the assumptions that were looked at.
            connection: who dials whom, and through which Service.
        """
        for end in connection.ends:
            if isinstance(end, Pod) and end.finished:
                reason = f"{end.label} has finished: nothing reaches it, and it reaches nothing"
                return whatever_policies_say(Answer.DENIED, reason)
        destination = connection.destination
        if isinstance(destination, External) and destination.address in self._by_address:
            service = self._by_address[destination.address]
            return self._to_endpoints(assumptions, consulted, connection, service, connection.port)
        if isinstance(destination, OnNode):
            found = self._by_node_port.get((connection.protocol, connection.port))
            if found is not None:
                entry = (destination, connection.port)
                return self._to_endpoints(assumptions, consulted, connection, found[0], found[1].number, entry=entry)
        return self._to_endpoint(assumptions, consulted, connection, None)

    def _to_endpoints(
        self,
        assumptions: Assumptions,
        consulted: set[str],
        connection: Connection,
        service: Service,
        port: int,
        *,
        entry: tuple[OnNode, int] | None = None,
    ) -> Decision:
        """Through an address that is a Service's, or a port of a node: whichever endpoint it leads to."""
        name = f"Service {service.namespace}/{service.name}"
        backends = resolve(self._cluster, service, port, connection.protocol)
        if not backends:
            return whatever_policies_say(Answer.UNSPECIFIED, f"{name} has no endpoint for {port}: nothing answers")
        decisions = []
        for endpoint, number in backends:
            behind = replace(connection, destination=endpoint, port=number, via=service)
            decisions.append(self._to_endpoint(assumptions, consulted, behind, entry))
        return settle(decisions, Verdict.UNSPECIFIED, f"the endpoints of {name} answer differently")

    def _to_endpoint(
        self,
        assumptions: Assumptions,
        consulted: set[str],
        connection: Connection,
        entry: tuple[OnNode, int] | None,
    ) -> Decision:
        via = connection.via
        if connection.to_itself:
            if via is None:
                return whatever_policies_say(Answer.ALLOWED, "a pod always reaches itself")
            return self._hairpin(assumptions, consulted, connection)
        plain = self._judge.decide(assumptions, consulted, connection)
        if via is None:
            return plain
        outside = isinstance(connection.source, External)
        if entry is not None or (outside and via.type in {ServiceType.NODE_PORT, ServiceType.LOAD_BALANCER}):
            return self._through_a_node(assumptions, consulted, connection, entry, plain)
        if not outside and (via.cluster_addresses or isinstance(connection.destination, External)):
            seen = self._judge.decide(assumptions, consulted, connection, via.cluster_addresses)
            return settle([plain, seen], Verdict.UNSPECIFIED, _CLUSTER_ADDRESS)
        return plain

    def _hairpin(self, assumptions: Assumptions, consulted: set[str], connection: Connection) -> Decision:
        """Where no policy has a say, there is nothing to define."""
        as_any_other = self._judge.decide(assumptions, consulted, connection)
        if as_any_other.egress.tier is None and as_any_other.ingress.tier is None:
            return as_any_other
        consulted.add("hairpin")
        return stated(as_any_other, assumptions.hairpin, _HAIRPIN, [as_any_other])

    def _through_a_node(
        self,
        assumptions: Assumptions,
        consulted: set[str],
        connection: Connection,
        entry: tuple[OnNode, int] | None,
        plain: Decision,
    ) -> Decision:
        """By a port of some node, which may put its own address in the place of the client's.

        Args:
            assumptions: what is assumed.
            consulted: takes the keys of the assumptions that were looked at.
            connection: from the client to the endpoint.
            entry: the node and port that are dialled, where they are known.
            plain: the decision where nobody's address is replaced.
        """
        leaving, arriving = [plain.egress], [plain.ingress]
        if entry is not None:
            node, port = entry
            dialled = replace(connection, destination=node, port=port, via=None)
            leaving.append(self._judge.decide(assumptions, consulted, dialled).egress)
        for node in (OnNode(), *self._nodes):
            replaced = replace(connection, source=node, via=None)
            arriving.append(self._judge.decide(assumptions, consulted, replaced).ingress)
        readings = [both_ends(egress, ingress) for egress in leaving for ingress in arriving]
        if len({reading.answer for reading in readings}) > 1:
            consulted.add("nodeport-snat")
        return settle(readings, assumptions.nodeport_snat, _SNAT)

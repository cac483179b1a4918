"""A world as lints look at it: objects that stand beside each other, and who is selected by what."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from netpolspec.policy.objects import AdminPolicy, NetworkPolicy, PodPeer
from netpolspec.policy.peers import Surroundings
from netpolspec.policy.universe import LabelIndex, bits_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.load.resource import Resource
    from netpolspec.policy.objects import Cluster, ForeignPolicy, Pod, Selector
    from netpolspec.source import Origin


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a lint found in a policy."""

    code: str
    message: str
    policy: NetworkPolicy | AdminPolicy | ForeignPolicy
    place: str
    """Where in the policy: what tells it from other findings of the same lint."""
    origin: Origin
    help: tuple[str, ...] = ()
    notes: tuple[tuple[str, Origin], ...] = ()
    key_of: str = ""
    """The key to point at, where the value itself says nothing: `from`."""


@dataclass(eq=False)
class Scene:
    """Objects that exist at one moment."""

    cluster: Cluster
    """With the clients of a spec's expectations among its pods."""
    resources: tuple[Resource, ...]
    complete: bool
    """A spec's world, beyond which there is nothing; manifests may leave out what is in the cluster already."""
    _peers: dict[tuple[object, ...], int] = field(default_factory=dict)

    @cached_property
    def world(self) -> Surroundings:
        """Namespaces and nodes."""
        return Surroundings(self.cluster.namespaces, {node.name: node for node in self.cluster.nodes})

    @cached_property
    def pods(self) -> tuple[Pod, ...]:
        """One of each kind of pods that policies may select: pods of one namespace with the same labels and ports."""
        kinds: dict[tuple[object, ...], Pod] = {}
        for pod in self.cluster.pods:
            if not pod.finished and not pod.template.host_network:
                kinds.setdefault((pod.namespace, tuple(sorted(pod.labels.items())), pod.ports), pod)
        return tuple(kinds.values())

    @cached_property
    def _labels(self) -> LabelIndex:
        return LabelIndex([pod.labels for pod in self.pods])

    @cached_property
    def _homes(self) -> dict[str, int]:
        homes: dict[str, int] = {}
        for number, pod in enumerate(self.pods):
            homes[pod.namespace] = homes.get(pod.namespace, 0) | 1 << number
        return homes

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.cluster.namespaces)

    @cached_property
    def _namespaces(self) -> LabelIndex:
        return LabelIndex([namespace.labels for namespace in self.cluster.namespaces.values()])

    def namespaces(self, selector: Selector) -> tuple[str, ...]:
        """The namespaces that a selector selects."""
        return tuple(self._names[number] for number in bits_of(self._namespaces.selected(selector)))

    def at_home(self, namespace: str) -> int:
        """The pods of a namespace, as bits."""
        return self._homes.get(namespace, 0)

    def selected(self, policy: NetworkPolicy | AdminPolicy) -> int:
        """The pods that a policy selects, as bits."""
        if isinstance(policy, NetworkPolicy):
            return self.at_home(policy.namespace) & self._labels.selected(policy.pods)
        return self.within(policy.namespaces, policy.pods)

    def within(self, namespaces: Selector, pods: Selector | None) -> int:
        """The pods that selectors select, as bits."""
        key = (namespaces, pods)
        found = self._peers.get(key)
        if found is None:
            found = 0
            for name in self.namespaces(namespaces):
                found |= self.at_home(name)
            if pods is not None:
                found &= self._labels.selected(pods)
            self._peers[key] = found
        return found

    def matched(self, peer: PodPeer, home: str | None) -> int:
        """The pods that a peer is for, as bits."""
        if peer.namespaces is not None:
            return self.within(peer.namespaces, peer.pods)
        own = self.at_home(home or "")
        return own if peer.pods is None else own & self._labels.selected(peer.pods)

    def those(self, bits: int) -> Iterator[Pod]:
        """The pods that bits stand for."""
        return (self.pods[number] for number in bits_of(bits))

    @cached_property
    def by_namespace(self) -> dict[str, tuple[NetworkPolicy, ...]]:
        """The policies of each namespace."""
        found: dict[str, list[NetworkPolicy]] = {}
        for policy in self.cluster.policies:
            found.setdefault(policy.namespace, []).append(policy)
        return {name: tuple(policies) for name, policies in found.items()}

    @cached_property
    def policies(self) -> tuple[NetworkPolicy | AdminPolicy, ...]:
        """All policies whose meaning is known."""
        return (*self.cluster.policies, *self.cluster.admin_policies)

"""Pods that are isolated for egress, and cannot look up the names of those whom they may reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.lint.scene import Finding
from netpolspec.policy.objects import BlockPeer, Direction, PodPeer, Protocol
from netpolspec.policy.selectors import selects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netpolspec.lint.scene import Scene
    from netpolspec.policy.objects import NetworkPolicy, PortMatch, Rule

_PORTS = (53, 5353)
"""DNS, and DNS as OpenShift's pods serve it."""
_HOME = "kube-system"
_LABELS = {"k8s-app": "kube-dns"}

_HELP = (
    "let them ask it: to namespaceSelector kubernetes.io/metadata.name=kube-system with podSelector k8s-app=kube-dns, "
    "ports 53/UDP and 53/TCP"
)


def egress_without_dns(scene: Scene) -> Iterator[Finding]:
    """Policies that isolate pods for egress where none lets them ask DNS."""
    told: set[int] = set()
    for policies in scene.by_namespace.values():
        isolating = [policy for policy in policies if Direction.EGRESS in policy.types]
        for together in _together(isolating, scene):
            rules = [rule for policy in together for rule in policy.egress]
            if any(_may_ask(rule, together[0].namespace, scene) for rule in rules) or _names_no_one(rules):
                continue
            if not rules and scene.complete:
                continue  # a spec that says that nothing gets out means it
            policy = next((each for each in together if each.egress), together[0])
            if id(policy) in told:
                continue
            told.add(id(policy))
            what = "may reach some, but cannot ask DNS for them" if rules else "reach nothing, not even DNS"
            message = f"the pods that {policy.label} isolates for egress {what}"
            yield Finding("egress-without-dns", message, policy, "", policy.origin, (_HELP,))


def _together(isolating: Sequence[NetworkPolicy], scene: Scene) -> Iterator[tuple[NetworkPolicy, ...]]:
    """The policies that isolate a pod together, once for each such set; where no pod is known, all of them."""
    if not isolating:
        return
    if not scene.pods:
        yield tuple(isolating)
        return
    selected = [(policy, scene.selected(policy)) for policy in isolating]
    seen: set[tuple[int, ...]] = set()
    everyone = 0
    for _, bits in selected:
        everyone |= bits
    from netpolspec.policy.universe import bits_of

    for number in bits_of(everyone):
        together = tuple(policy for policy, bits in selected if bits >> number & 1)
        key = tuple(map(id, together))
        if key not in seen:
            seen.add(key)
            yield together


def _names_no_one(rules: Sequence[Rule]) -> bool:
    """Whether all that may be reached are addresses, for which no name is looked up."""
    return bool(rules) and all(rule.peers and all(isinstance(peer, BlockPeer) for peer in rule.peers) for rule in rules)


def _may_ask(rule: Rule, home: str, scene: Scene) -> bool:
    if any(_means_dns(port) for port in rule.ports):
        return True
    if rule.ports and not any(_covers_dns(port) for port in rule.ports):
        return False
    return not rule.peers or any(
        isinstance(peer, BlockPeer) or (isinstance(peer, PodPeer) and is_for_dns(peer, home, scene))
        for peer in rule.peers
    )


def _means_dns(port: PortMatch) -> bool:
    """A rule that names the port of DNS is about DNS, wherever that runs."""
    if port.protocol not in {Protocol.UDP, None}:
        return False
    return "dns" in port.port if isinstance(port.port, str) else port.port in _PORTS


def _covers_dns(port: PortMatch) -> bool:
    if port.protocol not in {Protocol.UDP, None} or isinstance(port.port, str):
        return False
    return port.port is None or any(port.port <= each <= (port.end or port.port) for each in _PORTS)


def is_for_dns(peer: PodPeer, home: str | None, scene: Scene) -> bool:
    """Whether a peer is for the cluster's DNS, be it among what was read or not."""
    there = home if peer.namespaces is None else _HOME
    if there != _HOME or (peer.namespaces is not None and not selects(peer.namespaces, scene.world.labels_of(_HOME))):
        return False
    return peer.pods is None or selects(peer.pods, _LABELS)

"""Which assumptions a whole cluster's answers may rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.policy.objects import BlockPeer, NetworksPeer, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.policy.assumptions import Assumptions
    from netpolspec.policy.objects import Cluster, Peer


def relevant(cluster: Cluster, assumptions: Assumptions) -> tuple[str, ...]:
    """The assumptions, as `key=value`, without which some answer between two ends could be another.

    Never too few: what is left out cannot matter, since nothing in the cluster asks for it. Whether one that is listed
    does matter to a given pair, `Model.decide` says.
    """
    return tuple(assumptions.given(key) for key in sorted(_keys(cluster)))


def _keys(cluster: Cluster) -> Iterator[str]:
    peers = list(_peers(cluster))
    blocks = [peer for peer in peers if isinstance(peer, BlockPeer)]
    networks = [peer for peer in peers if isinstance(peer, NetworksPeer)]
    pods = [pod for pod in cluster.pods if not pod.finished]
    if blocks and pods:
        yield "ipblock-selects-pods"
    if networks and pods:
        yield "networks-select-pods"
    whole = all(peer.cidr.prefixlen == 0 and not peer.excepts for peer in blocks)
    whole = whole and all(network.prefixlen == 0 for peer in networks for network in peer.networks)
    if not whole and not all(pod.addresses for pod in pods):
        yield "pod-without-address"
    if any(pod.template.host_network for pod in pods) and (cluster.policies or networks):
        yield "hostnetwork"
    if cluster.policies and any(policy.tier is Tier.BASELINE for policy in cluster.admin_policies):
        yield "baseline-after-isolation"


def _peers(cluster: Cluster) -> Iterator[Peer]:
    for policy in cluster.policies:
        for rule in policy.ingress + policy.egress:
            yield from rule.peers
    for cluster_wide in cluster.admin_policies:
        for rule in cluster_wide.ingress + cluster_wide.egress:
            yield from rule.peers

"""Policies that select no pod, peers that match nobody, and two peers where one was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.diagnostics import nearest
from netpolspec.explain.peers import describe_peer
from netpolspec.explain.words import failing, say_miss, say_selector
from netpolspec.lint.dns import is_for_dns
from netpolspec.lint.scene import Finding
from netpolspec.policy.objects import AdminPolicy, Direction, NetworkPolicy, Operator, PodPeer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netpolspec.lint.scene import Scene
    from netpolspec.policy.objects import Pod, Rule, Selector


def rules_of(policy: NetworkPolicy | AdminPolicy) -> Iterator[tuple[Direction, str, Rule]]:
    """The rules of a policy that have an effect, each with its place: `ingress[0]`."""
    for direction, rules in ((Direction.INGRESS, policy.ingress), (Direction.EGRESS, policy.egress)):
        if isinstance(policy, AdminPolicy) or direction in policy.types:
            yield from ((direction, f"{direction.lower()}[{index}]", rule) for index, rule in enumerate(rules))


def ends_of(direction: Direction) -> str:
    """`from` or `to`."""
    return "from" if direction is Direction.INGRESS else "to"


def selects_no_pod(scene: Scene) -> Iterator[Finding]:
    """Policies without effect, because there is no pod that they are for."""
    if not scene.pods:
        return  # policies alone: the pods are elsewhere
    for policy in scene.policies:
        if scene.selected(policy):
            continue
        if isinstance(policy, AdminPolicy):
            message, help_ = (
                f"{policy.label} selects no pod",
                "its subject matches no namespace and pod of what was read",
            )
            yield Finding("policy-selects-no-pod", message, policy, "", policy.origin, (help_,))
            continue
        message = f"{policy.label} selects no pod: it has no effect"
        here = list(scene.those(scene.at_home(policy.namespace)))
        help_ = f"namespace '{policy.namespace}' has no pods"
        if here:
            close = min(here, key=lambda pod: len(failing(policy.pods, pod.labels)))
            help_ = f"the pod that comes nearest is {close.label}: {say_miss(policy.pods, close.labels)}"
        yield Finding("policy-selects-no-pod", message, policy, "", policy.origin, (help_,))


def peer_matches_nothing(scene: Scene) -> Iterator[Finding]:
    """Peers that are for pods of which there are none."""
    if not scene.pods:
        return
    for policy in scene.policies:
        home = policy.namespace if isinstance(policy, NetworkPolicy) else None
        for direction, place, rule in rules_of(policy):
            for number, peer in enumerate(rule.peers):
                if not isinstance(peer, PodPeer) or scene.matched(peer, home) or is_for_dns(peer, home, scene):
                    continue
                why = _why_nothing(peer, home, scene)
                if why is not None:
                    message = f"this peer matches nothing: there are no {describe_peer(peer, home)}"
                    where = f"{place}.{ends_of(direction)}[{number}]"
                    yield Finding("peer-matches-nothing", message, policy, where, peer.origin, why)


def _why_nothing(peer: PodPeer, home: str | None, scene: Scene) -> tuple[str, ...] | None:
    """What keeps a peer from matching; None where it may well match what nobody has told of.

    In a spec, a client with any labels may come from any namespace that there is, expected or not.
    """
    if scene.complete and (peer.namespaces is None or scene.namespaces(peer.namespaces)):
        return None
    if peer.namespaces is None:
        here = list(scene.those(scene.at_home(home or "")))
        if not here:
            return None
        elsewhere = next((pod for pod in scene.pods if not failing(_or_all(peer), pod.labels)), None)
        hints = [f"the pod that comes nearest is {_nearest(_or_all(peer), here)}"]
        if elsewhere is not None:
            hints = [
                f"{elsewhere.label} has these labels: without a namespaceSelector, only pods of '{home}' are meant"
            ]
        return tuple(hints)
    names = scene.namespaces(peer.namespaces)
    if not names:
        return (_missing_namespace(peer.namespaces, scene),)
    there = [pod for name in names for pod in scene.those(scene.at_home(name))]
    if peer.pods is None or not there:
        return None  # the namespaces are there, and may be filled from elsewhere
    return (f"the pod that comes nearest is {_nearest(peer.pods, there)}",)


def _or_all(peer: PodPeer) -> Selector:
    from netpolspec.policy.objects import Selector

    return peer.pods or Selector()


def _nearest(selector: Selector, pods: Iterable[Pod]) -> str:
    close = min(pods, key=lambda pod: len(failing(selector, pod.labels)))
    return f"{close.label}: {say_miss(selector, close.labels)}"


def _missing_namespace(selector: Selector, scene: Scene) -> str:
    """What is said where no namespace is selected: a label that comes close."""
    for requirement in selector.requirements:
        if requirement.operator is not Operator.IN:
            continue
        for value in requirement.values:
            if value in scene.cluster.namespaces and requirement.key in ("name", "namespace"):
                label = f"kubernetes.io/metadata.name: {value}"
                return f"namespace '{value}' has no label '{requirement.key}'; every namespace has its name as {label}"
        known = {
            each.labels[requirement.key] for each in scene.cluster.namespaces.values() if requirement.key in each.labels
        }
        for value in requirement.values:
            close = nearest(value, known - {value})
            if close is not None and value not in known:
                return f"did you mean {requirement.key}={close}?"
    return f"no namespace that was read has {say_selector(selector, 'every label')}; read the one that has, too"


def peer_and_or(scene: Scene) -> Iterator[Finding]:
    """Two items of a list, where one item with both selectors was probably meant."""
    for policy in scene.cluster.policies:
        for direction, place, rule in rules_of(policy):
            if len(rule.peers) != 2:  # noqa: PLR2004 - a longer list was made with more thought
                continue
            ends = ends_of(direction)
            one, other = rule.peers
            if not (isinstance(one, PodPeer) and isinstance(other, PodPeer)):
                continue
            if one.namespaces is None:
                one, other = other, one
            if not _only_namespaces(one) or not _only_pods(other) or _is_meant(one, other, policy, scene):
                continue
            assert one.namespaces is not None and other.pods is not None  # noqa: S101, PT018 - as just asked
            message = (
                f"two items of '{ends}' are either-or: all pods of {say_selector(one.namespaces, '')}, "
                f"and besides them {describe_peer(other, policy.namespace)}"
            )
            hints = (
                "for pods that are both, write one item with namespaceSelector and podSelector: one '-' less",
                "if either-or is meant, say so with two rules",
            )
            yield Finding("peer-and-or", message, policy, place, rule.peers[1].origin, hints)


def _only_namespaces(peer: PodPeer) -> bool:
    return peer.namespaces is not None and bool(peer.namespaces.requirements) and peer.pods is None


def _only_pods(peer: PodPeer) -> bool:
    return peer.namespaces is None and peer.pods is not None and bool(peer.pods.requirements)


def _is_meant(namespaces: PodPeer, pods: PodPeer, policy: NetworkPolicy, scene: Scene) -> bool:
    """Whether what is there speaks for either-or: such pods are at home, and none in the other namespaces."""
    assert pods.pods is not None and namespaces.namespaces is not None  # noqa: S101, PT018 - as asked before
    if not scene.matched(pods, policy.namespace):
        return False
    return not scene.within(namespaces.namespaces, pods.pods)

"""Ports that nobody declares, and names that stand for several numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.explain.words import say_port
from netpolspec.lint.scene import Finding
from netpolspec.lint.selection import rules_of
from netpolspec.policy.objects import Direction, NetworkPolicy, Operator, PodPeer
from netpolspec.policy.ports import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netpolspec.lint.scene import Scene
    from netpolspec.policy.objects import Pod, PortMatch, Rule, Selector


def _destinations(policy: NetworkPolicy, direction: Direction, rule: Rule, scene: Scene) -> list[Pod]:
    """The pods whose ports a rule is about; none where addresses or everybody are among them."""
    if direction is Direction.INGRESS:
        return list(scene.those(scene.selected(policy)))
    bits = 0
    for peer in rule.peers:
        if not isinstance(peer, PodPeer):
            return []
        bits |= scene.matched(peer, policy.namespace)
    return list(scene.those(bits))


def undeclared_ports(scene: Scene) -> Iterator[Finding]:
    """Ports of a rule that none of the pods declares that it is about."""
    for policy, direction, place, rule in _rules(scene):
        pods = _destinations(policy, direction, rule, scene)
        for number, port in enumerate(rule.ports):
            if port.port is None or not pods or port.protocol is None:
                continue
            named = isinstance(port.port, str)
            if not named and (direction is Direction.EGRESS or not all(pod.ports for pod in pods)):
                continue  # to declare a number is voluntary, so a pod that declares none says nothing
            if any(_declares(pod, port) for pod in pods):
                continue
            whose = "selected pod" if direction is Direction.INGRESS else "pod that this rule leads to"
            message = f"no {whose} declares port {say_port(port)}"
            hints = _hints(port, pods, scene)
            where = f"{place}.ports[{number}]"
            yield Finding("undeclared-policy-port", message, policy, where, port.origin, hints)


def _rules(scene: Scene) -> Iterator[tuple[NetworkPolicy, Direction, str, Rule]]:
    for policy in scene.cluster.policies:
        yield from ((policy, direction, place, rule) for direction, place, rule in rules_of(policy))


def _declares(pod: Pod, port: PortMatch) -> bool:
    if isinstance(port.port, str):
        return port.protocol is not None and bool(numbers(port.port, port.protocol, pod.ports))
    last = port.end if port.end is not None else port.port
    assert port.port is not None and last is not None  # noqa: S101, PT018 - a number, as asked before
    return any(port.port <= each.number <= last and each.protocol is port.protocol for each in pod.ports)


def _hints(port: PortMatch, pods: Sequence[Pod], scene: Scene) -> tuple[str, ...]:
    ports = sorted({f"{each.name or each.number}/{each.protocol}" for pod in pods for each in pod.ports})
    hints = [f"they declare {', '.join(ports[:8])}"] if ports else ["they declare no ports"]
    if isinstance(port.port, str):
        return ("a name that a pod does not declare matches nothing on it", *hints)
    homes = {pod.namespace for pod in pods}
    for service in scene.cluster.services.values():
        for item in service.ports:
            if service.namespace in homes and item.number == port.port != item.target:
                name = f"{service.namespace}/{service.name}"
                led = f"{port.port} is the port of Service {name}, which leads to {item.target}"
                return (f"{led}; a policy sees the port of the pod", *hints)
    return tuple(hints)


_IDENTITY = frozenset({"app", "k8s-app", "name", "app.kubernetes.io/name", "app.kubernetes.io/instance"})
"""Labels by which the pods of one application are found."""


def differing_names(scene: Scene) -> Iterator[Finding]:
    """Names of ports that are not the same number on all pods of one application.

    Where pods of several applications are selected, as by `{}` or `monitored=true`, a name is what one wants: each has
    its own `metrics`.
    """
    for policy, direction, place, rule in _rules(scene):
        pods = None
        for number, port in enumerate(rule.ports):
            if not isinstance(port.port, str) or port.protocol is None or not _is_about_one(policy, direction, rule):
                continue
            pods = _destinations(policy, direction, rule, scene) if pods is None else pods
            found = {n: pod for pod in pods for n in numbers(port.port, port.protocol, pod.ports)}
            if len(found) > 1:
                listed = ", ".join(f"{n} on {pod.label}" for n, pod in sorted(found.items()))
                message = f"port {say_port(port)} is not one number: {listed}"
                hints = ("each pod is open on its own; if one number is meant, write it",)
                where = f"{place}.ports[{number}]"
                yield Finding("named-port-differs", message, policy, where, port.origin, hints)


def _is_about_one(policy: NetworkPolicy, direction: Direction, rule: Rule) -> bool:
    """Whether the pods that a rule is about are said to be of one application."""
    if direction is Direction.INGRESS:
        return _names_one(policy.pods)
    return all(isinstance(peer, PodPeer) and peer.pods is not None and _names_one(peer.pods) for peer in rule.peers)


def _names_one(selector: Selector) -> bool:
    return any(
        each.key in _IDENTITY and each.operator is Operator.IN and len(each.values) == 1
        for each in selector.requirements
    )

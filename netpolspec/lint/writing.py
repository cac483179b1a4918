"""What is written and does not mean what it looks like: empty lists of peers, and rules that have no effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from netpolspec.lint.scene import Finding
from netpolspec.policy.objects import Direction, NetworkPolicy
from netpolspec.source import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.lint.scene import Scene
    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Resource


def open_by_empty_from(scene: Scene) -> Iterator[Finding]:
    """Rules of NetworkPolicies with `from: []` or `to: []`."""
    for policy, resource, spec in _written(scene):
        yield from _empty_lists(policy, resource, spec)


def not_read(scene: Scene) -> Iterator[Finding]:
    """Policies of kinds that the model does not know."""
    for policy in scene.cluster.foreign_policies:
        reach = f"the pods of namespace '{policy.namespace}'" if policy.namespace is not None else "every pod"
        message = f"{policy.label} is of a kind that the model does not know: for {reach}, its answers are 'unknown'"
        hints = ("a live cluster can judge it: netpolspec run --on cluster, or --on kind with its network plugin",)
        yield Finding("policy-not-read", message, policy, "", policy.origin, hints)


def _empty_lists(policy: NetworkPolicy, resource: Resource, spec: Mapping[str, Json]) -> Iterator[Finding]:
    for name, ends, what in (
        ("ingress", "from", "everybody may connect"),
        ("egress", "to", "every destination is open"),
    ):
        for index, rule in enumerate(_list(spec.get(name))):
            if isinstance(rule, Mapping) and ends in rule and not rule[ends]:
                place = f"{name}[{index}].{ends}"
                message = f"'{ends}' is empty, which means no restriction: {what}"
                hints = (
                    f"to let nobody through, take the rule out: {name}: []",
                    f"if everybody is meant, leave '{ends}' out",
                )
                origin = resource.origin
                if isinstance(origin, Pointer):
                    origin = origin.at("spec", name, index, ends)
                yield Finding("open-by-empty-from", message, policy, place, origin, hints, key_of=ends)


def rules_without_effect(scene: Scene) -> Iterator[Finding]:
    """Rules of NetworkPolicies in a direction that `policyTypes` leaves out, also where the list of them is empty."""
    for policy, resource, spec in _written(scene):
        yield from _without_type(policy, resource, spec)


def _without_type(policy: NetworkPolicy, resource: Resource, spec: Mapping[str, Json]) -> Iterator[Finding]:
    for name, direction in (("ingress", Direction.INGRESS), ("egress", Direction.EGRESS)):
        if direction in policy.types or not isinstance(spec.get(name), list | tuple):
            continue
        if spec.get("policyTypes"):
            why, hint = f"since 'policyTypes' leaves {direction} out", f"add {direction} to 'policyTypes'"
        else:
            why, hint = "since it is empty and there is no 'policyTypes'", "add policyTypes: [Ingress, Egress]"
        message = f"'{name}' has no effect, {why}: the policy isolates no pod for {name}"
        hints = (hint, f"or take '{name}' out, where nothing is meant")
        origin = resource.origin
        if isinstance(origin, Pointer):
            origin = origin.at("spec", name)
        yield Finding("rules-without-effect", message, policy, name, origin, hints, key_of=name)


def _written(scene: Scene) -> Iterator[tuple[NetworkPolicy, Resource, Mapping[str, Json]]]:
    """The NetworkPolicies, each with its `spec` as it is written."""
    for resource in scene.resources:
        spec = resource.manifest.get("spec")
        if isinstance(spec, Mapping):
            yield from ((each, resource, spec) for each in resource.objects if isinstance(each, NetworkPolicy))


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()

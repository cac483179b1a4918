"""The world of a scenario while its steps are followed: objects come, change and go."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, TypeGuard, assert_never

from netpolspec.diagnostics import Diagnostic, Note, Refusal, nearest
from netpolspec.load.manifests import understand
from netpolspec.plan.default_world import DNS, default_workloads
from netpolspec.plan.manifests import Written
from netpolspec.source import Pointer
from netpolspec.syntax.ast import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Key, Resource
    from netpolspec.source import Span

_KINDS = {
    Kind.NAMESPACE: ("Namespace",),
    Kind.POD: ("Pod",),
    Kind.DEPLOYMENT: ("Deployment",),
    Kind.SERVICE: ("Service",),
    Kind.POLICY: (
        "NetworkPolicy",
        "AdminNetworkPolicy",
        "BaselineAdminNetworkPolicy",
        "ClusterNetworkPolicy",
        "CiliumNetworkPolicy",
        "CiliumClusterwideNetworkPolicy",
        "GlobalNetworkPolicy",
    ),
}

_OF_NAMES = frozenset({"unknown-object", "unknown-label"})
"""What is no mistake where nobody knows all objects."""

# --- what statements do to a world --------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Brought:
    """What a `given` brings. Terraform is asked once for all of them, so its objects come later."""

    resources: tuple[Resource, ...] = ()
    settled: bool = True
    """Whether the objects are there by now."""
    failed: bool = False
    """Nobody knows what it would have brought."""
    unknown: bool = False
    """Nobody has asked what it brings: a cluster that is not read. A name that is not known is no mistake then."""


@dataclass(frozen=True, slots=True)
class Put:
    """`given`: objects come. Where `late` (a `when given`), they may replace what is there."""

    brought: Brought
    span: Span
    late: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """An object named by a `when`; without a namespace, the only one of that name is meant."""

    kind: Kind
    name: str
    namespace: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Relabel:
    """`when label` and `when unlabel`."""

    target: Name
    add: Mapping[str, str]
    take: tuple[str, ...]
    places: Mapping[str, Span]
    """Where each key stands."""
    span: Span


@dataclass(frozen=True, slots=True)
class Remove:
    """`when remove`."""

    target: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Scale:
    """`when scale`."""

    target: Name
    replicas: int
    span: Span


Operation: TypeAlias = Put | Relabel | Remove | Scale


@dataclass(slots=True)
class Stage:
    """A world in the making. Mistakes are collected in `diagnostics`; the operation is then left out."""

    objects: dict[Key, Resource]
    places: dict[Key, Span] = field(default_factory=dict)
    """The statements that put them."""
    unknown: bool = False
    """Whether it holds more than is known: a cluster that nobody has asked."""
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def copy(self) -> Stage:
        """An independent stage in the same state, without its diagnostics."""
        return Stage(dict(self.objects), dict(self.places), self.unknown)

    def carry_out(self, operation: Operation) -> None:
        """Change the world as one statement says."""
        try:
            match operation:
                case Put():
                    self._put(operation)
                case Relabel():
                    self._relabel(operation)
                case Remove():
                    self._remove(operation)
                case Scale():
                    self._scale(operation)
                case _:
                    assert_never(operation)
        except Refusal as refusal:
            codes = {each.code for each in refusal.diagnostics}
            if not (self.unknown and codes <= _OF_NAMES):
                self.diagnostics.extend(refusal.diagnostics)

    def check_namespaces(self, since: Mapping[Key, Resource]) -> None:
        """Refuse new objects in namespaces that do not exist, as a cluster would."""
        if self.unknown:
            return
        spaces = {key.name for key in self.objects if key.kind == "Namespace" and self._has(key)} | {""}
        for key, resource in self.objects.items():
            if key.namespace not in spaces and key not in since and not resource.is_removed:
                self.diagnostics.append(self._missing_namespace(key, resource))

    def _has(self, key: Key) -> bool:
        resource = self.objects.get(key)
        return resource is not None and not resource.is_removed

    def _missing_namespace(self, key: Key, resource: Resource) -> Diagnostic:
        known = [other.name for other in self.objects if other.kind == "Namespace" and self._has(other)]
        close = nearest(key.namespace, known)
        statement = self.places.get(key)
        span = resource.origin.span
        if isinstance(resource.origin, Pointer):
            span = resource.origin.at("metadata", "namespace").span
        if statement is not None and key.namespace not in span.text:
            span = statement  # the statement says it (`in NS`), not the file
        said = re.search(rf"\sin\s+({re.escape(key.namespace)})(?!\S)", span.text)
        if said is not None:
            span = span.source.span(span.start + said.start(1), span.start + said.end(1))
        notes: tuple[Note, ...] = ()
        if statement is not None and (statement.source is not span.source or statement.line != span.line):
            notes = (Note("it comes into the world here", statement),)
        return Diagnostic(
            "unknown-namespace",
            f"{key.kind} '{key.name}' is in namespace '{key.namespace}', which does not exist in this world",
            span,
            (f"did you mean '{close}'?" if close else f"add 'given namespace {key.namespace}'",),
            notes,
        )

    def _put(self, put: Put) -> None:
        self.unknown = self.unknown or put.brought.unknown
        if any(resource.existing for resource in put.brought.resources):
            self._take_over_dns(put.brought)
        twice: dict[Span, list[Key]] = {}
        for resource in put.brought.resources:
            key = resource.key
            earlier = self.places.get(key)
            if earlier is not None and not put.late:
                if not (resource.existing and self.objects.get(key) is resource):  # a cluster is given by several rules
                    twice.setdefault(earlier, []).append(key)
                continue
            self.objects[key] = resource
            self.places[key] = put.span
        self.diagnostics += (_given_twice(keys, put.span, earlier) for earlier, keys in twice.items())

    def _take_over_dns(self, brought: Brought) -> None:
        """The cluster's own DNS stands in for the one that every world has, whatever its Deployment is called."""
        if any(resource.key == DNS for resource in brought.resources):
            for key in [key for key in default_workloads() if key not in self.places]:
                self.objects.pop(key, None)

    def _find(self, target: Name) -> Resource:
        """The object that a `when` means.

        Raises:
            Refusal: there is none, or there are several.
        """
        kinds = _KINDS[target.kind]
        named = [key for key in self.objects if key.kind in kinds and key.name == target.name and self._has(key)]
        found = [key for key in named if target.namespace is None or key.namespace in {"", target.namespace}]
        if len(found) == 1:
            return self.objects[found[0]]
        what = str(target.kind)
        if found:
            where = " and ".join(f"'{key.namespace}'" for key in found)
            message = f"{what} '{target.name}' is in several namespaces: {where}"
            raise Refusal(Diagnostic("ambiguous-name", message, target.span, ("say which with 'in NAMESPACE'",)))
        place = f" in '{target.namespace}'" if target.namespace is not None else ""
        if named:
            where = ", ".join(f"'{key.namespace}'" for key in named)
            hint = f"there is one in {where}"
        else:
            close = nearest(target.name, [key.name for key in self.objects if key.kind in kinds])
            hint = f"did you mean '{close}'?" if close else f"no {what} of this world has that name at this point"
        raise Refusal(Diagnostic("unknown-object", f"no {what} '{target.name}'{place}", target.span, (hint,)))

    def _replace(self, old: Resource, manifest: Mapping[str, Json], written: Written) -> None:
        new, diagnostics = understand(manifest, Pointer(written))
        self.diagnostics.extend(diagnostics)
        if new is not None:
            if old.module is not None:  # terraform goes on making it, and does not know of the change
                given = old.manifest if old.given is None else old.given
                new = replace(new, module=old.module, given=given)
            elif old.existing:
                self._drop_pods_of(old)
                new = replace(new, existing=True, given=old.manifest if old.given is None else old.given)
            self.objects[old.key] = new
            self.places[old.key] = written.whole

    def _relabel(self, relabel: Relabel) -> None:
        resource = self._find(relabel.target)
        deployment = relabel.target.kind is Kind.DEPLOYMENT
        path = ("spec", "template", "metadata", "labels") if deployment else ("metadata", "labels")
        present = _get(resource.manifest, path)
        labels = dict(present) if _is_mapping(present) else {}
        selector = _get(resource.manifest, ("spec", "selector", "matchLabels")) if deployment else None
        for key in (*relabel.add, *relabel.take):
            if _is_mapping(selector) and key in selector and relabel.add.get(key) != selector[key]:
                message = f"label '{key}' is in the selector of deployment '{relabel.target.name}', which cannot change"
                raise Refusal(Diagnostic("immutable-selector", message, relabel.places[key]))
        for key in relabel.take:
            if key not in labels:
                close = nearest(key, labels)
                hint = f"did you mean '{close}'?" if close else f"its labels are: {', '.join(labels) or 'none'}"
                message = f"{relabel.target.kind} '{relabel.target.name}' has no label '{key}'"
                raise Refusal(Diagnostic("unknown-label", message, relabel.places[key], (hint,)))
            del labels[key]
        labels.update(relabel.add)
        places = {(*path, key): span for key, span in relabel.places.items()}
        self._replace(resource, _set(resource.manifest, path, labels), Written(places, relabel.span))

    def _remove(self, remove: Remove) -> None:
        found = self._find(remove.target)
        self._drop_pods_of(found)
        gone = [found.key]
        if found.key.kind == "Namespace":
            gone += [other for other in self.objects if other.namespace == found.key.name]
        for one in gone:
            old = self.objects.pop(one)
            self.places.pop(one, None)
            if old.existing:  # whoever carries it out has to know what was there
                self.objects[one] = replace(old, manifest={}, objects=(), given=old.given or old.manifest)

    def _drop_pods_of(self, found: Resource) -> None:
        """Forget the pods of a workload that was found in a cluster: it will have others."""
        owners = {(found.key.kind, found.key.name)}
        if not found.existing or found.key.kind not in {"Deployment", "ReplicaSet"}:
            return
        for kind in ("ReplicaSet", "Pod"):
            here = [each for each in self.objects.values() if each.key.kind == kind and each.existing]
            for each in here:
                if each.key.namespace == found.key.namespace and _controller(each.manifest) in owners:
                    owners.add((kind, each.key.name))
                    del self.objects[each.key]

    def _scale(self, scale: Scale) -> None:
        resource = self._find(scale.target)
        manifest = _set(resource.manifest, ("spec", "replicas"), scale.replicas)
        self._replace(resource, manifest, Written({}, scale.span))


def _given_twice(keys: list[Key], span: Span, earlier: Span) -> Diagnostic:
    """One statement brings what an earlier one has brought."""
    more = f" and {len(keys) - 1} more objects" if len(keys) > 2 else f" and {keys[1]}" if len(keys) > 1 else ""  # noqa: PLR2004
    message = f"{keys[0]}{more} {'are' if more else 'is'} given twice in one world"
    note = Note(f"{'they were' if more else 'it was'} given here before", earlier)
    hint = "take one of them out; to change an object after an expectation, write 'when given'"
    return Diagnostic("given-twice", message, span, (hint,), (note,))


def _controller(manifest: Mapping[str, Json]) -> tuple[Json, Json] | None:
    """Kind and name of what controls an object."""
    owners = _get(manifest, ("metadata", "ownerReferences"))
    for owner in owners if isinstance(owners, list) else ():
        if isinstance(owner, dict) and owner.get("controller") is True:
            return owner.get("kind"), owner.get("name")
    return None


def _is_mapping(value: object) -> TypeGuard[Mapping[str, Json]]:
    return isinstance(value, dict)


def _get(manifest: Mapping[str, Json], path: tuple[str, ...]) -> Json:
    value: Json = manifest
    for key in path:
        if not _is_mapping(value):
            return None
        value = value.get(key)
    return value


def _set(manifest: Mapping[str, Json], path: tuple[str, ...], value: Json) -> dict[str, Json]:
    """A copy of a manifest with one value in another state; what is not on the path is shared."""
    copy = dict(manifest)
    if len(path) == 1:
        copy[path[0]] = value
    else:
        below = manifest.get(path[0])
        copy[path[0]] = _set(below if _is_mapping(below) else {}, path[1:], value)
    return copy

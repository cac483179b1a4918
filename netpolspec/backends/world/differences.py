"""What differs between the objects that are there and those that are wanted, and in what order it is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.backends import tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Key


_FIRST = (
    # What others need; all else comes after them, in the order of the spec.
    "CustomResourceDefinition",
    "Namespace",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "PersistentVolumeClaim",
    "ClusterRole",
    "Role",
    "ClusterRoleBinding",
    "RoleBinding",
    "Service",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to be done to get from one set of objects to another."""

    removed: tuple[Key, ...]
    replaced: tuple[Key, ...]
    """Those that differ in what cannot be changed: they are deleted, and made anew."""
    changed: tuple[Key, ...]
    """New and changed ones, the replaced among them."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.removed or self.changed)


def compare(now: Mapping[Key, Mapping[str, Json]], then: Mapping[Key, Mapping[str, Json]]) -> Difference:
    """The difference between the objects that are there and those that are wanted."""
    changed = tuple(key for key, manifest in then.items() if now.get(key) != manifest)
    return Difference(
        removed=tuple(key for key in now if key not in then),
        replaced=tuple(key for key in changed if key in now and not _can_become(now[key], then[key])),
        changed=changed,
    )


def _can_become(old: Mapping[str, Json], new: Mapping[str, Json]) -> bool:
    """Whether the API server lets the one become the other, as far as that is known beforehand."""
    match new.get("kind"):
        case "Pod":
            return old.get("spec") == new.get("spec")
        case "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet":
            return tree.value(old, "spec", "selector") == tree.value(new, "spec", "selector")
        case "Job":
            return old.get("spec") == new.get("spec")
        case _:
            return old.get("apiVersion") == new.get("apiVersion")


def rank(key: Key) -> int:
    """The place of an object in the order in which they are made."""
    return _FIRST.index(key.kind) if key.kind in _FIRST else len(_FIRST)

"""What undoes a change to an object of somebody else's, as a ledger keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.backends import tree
from netpolspec.load.resource import Key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.plain import Json


@dataclass(frozen=True, slots=True)
class Undo:
    """How an object of somebody else's becomes what it was."""

    key: Key
    version: str
    """Its apiVersion."""
    patch: Mapping[str, Json] | None = None
    """A merge patch for an object that was changed."""
    manifest: Mapping[str, Json] | None = None
    """All of an object that was removed."""

    def written(self) -> dict[str, Json]:
        """For a ledger."""
        told: dict[str, Json] = {"apiVersion": self.version, "kind": self.key.kind, "name": self.key.name}
        return {**told, "namespace": self.key.namespace, "patch": self.patch, "manifest": self.manifest}


def read_undo(told: Mapping[str, Json]) -> Undo:
    """What `Undo.written` wrote."""
    key = Key(tree.text(told, "kind"), tree.text(told, "namespace"), tree.text(told, "name"))
    patch, manifest = tree.value(told, "patch"), tree.value(told, "manifest")
    return Undo(
        key,
        tree.text(told, "apiVersion"),
        dict(tree.table(told, "patch")) if patch is not None else None,
        dict(tree.table(told, "manifest")) if manifest is not None else None,
    )

"""Objects of others that a world changes: a label, a number of replicas, a removal.

Each change is written down in the ledger before it is made, with what undoes it, and is undone as soon as no world asks
for it any more: by the run itself, or, after a kill -9, by whoever clears up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netpolspec.backends import tree
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.kubectl import FIELD_MANAGER, KubectlFailed, as_list
from netpolspec.backends.world.undo import Undo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.backends.options import LiveOptions
    from netpolspec.backends.world.ledger import Ledger
    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Key, Resource
    from netpolspec.plan.model import World

DELETE_TIMEOUT = 90.0
_OF_THE_SERVER = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
"""What the API server puts into the metadata of an object, and takes from nobody."""
_COMES_BACK = frozenset({"NetworkPolicy", "Service", "Deployment"})
"""What is the same when it is made anew. A pod or a namespace is not."""


@dataclass(slots=True)
class Existing:
    """What a run has changed of others' objects. Not for several threads at once."""

    kubectl: Kubectl
    options: LiveOptions
    ledger: Ledger
    _made: dict[Key, Resource] = field(default_factory=dict)

    def bring_about(self, world: World) -> bool:
        """Change what a world wants otherwise than it was, and let everything else be as it was.

        Returns:
            whether anything was done

        Raises:
            WorldFailed: it is not allowed, cannot be undone, or the cluster did not let us
        """
        wanted = {key: each for key, each in world.items() if each.existing and each.given is not None}
        self._refuse(wanted.values())
        gone = [key for key in self._made if key not in wanted or self._must_come_back(key, wanted[key])]
        new = [key for key, each in wanted.items() if key in gone or not self._is_made(key, each)]
        if gone:
            undone = [each for each in self.ledger.undo if each.key in gone]
            restore(self.kubectl, undone)
            self._wait(key for key in gone if not self._made[key].is_removed)
            for key in gone:
                del self._made[key]
            self.ledger.note_undo([each for each in self.ledger.undo if each.key not in gone])
        if new:
            self.ledger.note_undo([*self.ledger.undo, *(_undo(wanted[key]) for key in new)])
            for key in new:
                self._change(wanted[key])
            self._wait(key for key in new if not wanted[key].is_removed)
        return bool(gone or new)

    def _must_come_back(self, key: Key, wanted: Resource) -> bool:
        return self._made[key].is_removed and not wanted.is_removed

    def _is_made(self, key: Key, wanted: Resource) -> bool:
        made = self._made.get(key)
        return made is not None and made.manifest == wanted.manifest

    def _refuse(self, wanted: Iterable[Resource]) -> None:
        for each in wanted:
            if not self.options.allow_existing:
                raise WorldFailed(
                    f"{each.key} would be changed, and this run did not create it",
                    "--allow-existing lets the run change it; at the end it is what it was",
                    code="existing",
                )
            if each.is_removed and each.key.kind not in _COMES_BACK:
                raise WorldFailed(
                    f"{each.key} would be removed, and could not be brought back as it was",
                    "ask the model: --on model --context NAME changes nothing",
                    code="existing",
                )

    def _change(self, wanted: Resource) -> None:
        """Make one change; from then on it is undone even if it fails half way."""
        key = wanted.key
        before = self._made.get(key)
        self._made[key] = wanted
        if wanted.is_removed:
            where = ("-n", key.namespace) if key.namespace else ()
            self.kubectl.check(
                *(*where, "delete", _resource(wanted.given or {}), key.name, "--cascade=foreground", "--wait=true"),
                *("--ignore-not-found", f"--timeout={round(DELETE_TIMEOUT)}s"),
                timeout=DELETE_TIMEOUT + 10,
            )
            return
        present = before.manifest if before is not None else wanted.given or {}
        _patch(self.kubectl, key, _resource(wanted.manifest), tree.difference(present, wanted.manifest))

    def _wait(self, keys: Iterable[Key]) -> None:
        """Let workloads have the pods that they should have."""
        for key in keys:
            if key.kind == "Deployment":
                seconds = self.options.ready_timeout
                self.kubectl.check(
                    *(
                        "-n",
                        key.namespace,
                        "rollout",
                        "status",
                        f"deployment/{key.name}",
                        f"--timeout={round(seconds)}s",
                    ),
                    timeout=seconds + 10,
                )


def restore(kubectl: Kubectl, undone: Sequence[Undo]) -> None:
    """Let objects of others be what they were, the last change first; those that somebody has removed stay so.

    Raises:
        KubectlFailed: the cluster did not let us
    """
    for each in reversed(undone):
        try:
            if each.manifest is not None:
                kubectl.check("create", f"--field-manager={FIELD_MANAGER}", "-f", "-", stdin=as_list([each.manifest]))
            elif each.patch is not None:
                _patch(kubectl, each.key, _resource({"apiVersion": each.version, "kind": each.key.kind}), each.patch)
        except KubectlFailed as failure:
            if not (failure.not_found or "(AlreadyExists)" in failure.finished.stderr):
                raise


def _patch(kubectl: Kubectl, key: Key, resource: str, patch: Mapping[str, Json]) -> None:
    import json

    where = ("-n", key.namespace) if key.namespace else ()
    kubectl.check(
        *(*where, "patch", resource, key.name, "--type=merge", f"--field-manager={FIELD_MANAGER}"),
        *("-p", json.dumps(patch)),
    )


def _undo(wanted: Resource) -> Undo:
    given = wanted.given or {}
    version = tree.text(given, "apiVersion")
    if not wanted.is_removed:
        return Undo(wanted.key, version, patch=tree.difference(wanted.manifest, given))
    metadata = {name: each for name, each in tree.table(given, "metadata").items() if name not in _OF_THE_SERVER}
    manifest = {name: each for name, each in given.items() if name != "status"} | {"metadata": metadata}
    return Undo(wanted.key, version, manifest=manifest)


def _resource(manifest: Mapping[str, Json]) -> str:
    """A kind as kubectl takes it, with its version: `deployment.v1.apps`, `namespace`."""
    group, slash, version = tree.text(manifest, "apiVersion").rpartition("/")
    kind = tree.text(manifest, "kind").lower()
    return f"{kind}.{version}.{group}" if slash else kind

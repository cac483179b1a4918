"""Brings the objects of a world about in a cluster: what differs from before is changed, in an order that works."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netpolspec.backends import tree
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.kubectl import FIELD_MANAGER, KubectlFailed, as_list
from netpolspec.backends.marks import RUN, USUAL_KINDS, mark, run_of
from netpolspec.backends.world.differences import compare, rank
from netpolspec.backends.world.servers import equip
from netpolspec.backends.world.terraform import requests_of, stub
from netpolspec.load.resource import Key
from netpolspec.plan.default_world import is_default
from netpolspec.shell import alongside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.backends.options import LiveOptions
    from netpolspec.backends.world.ledger import Ledger
    from netpolspec.backends.world.terraform import Modules
    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Resource
    from netpolspec.load.terraform.values import Request
    from netpolspec.plan.model import World

APPLY_TIMEOUT = 60.0
DELETE_TIMEOUT = 90.0
"""Seconds that objects, pods included, may take to be gone."""


def _placed(key: Key, manifest: Mapping[str, Json]) -> Mapping[str, Json]:
    """A manifest that says its namespace: kubectl would take the context's own where it does not."""
    return tree.put(manifest, ("metadata", "namespace"), key.namespace) if key.namespace else manifest


@dataclass(slots=True)
class Objects:
    """The objects that a run has put into a cluster. Not for several threads at once."""

    kubectl: Kubectl
    options: LiveOptions
    ledger: Ledger
    tell: Callable[[str], None]
    modules: Modules
    """What terraform makes of a world."""
    applied: dict[Key, Mapping[str, Json]] = field(default_factory=dict)
    """What is there now, as it was applied."""
    policies: set[Key] = field(default_factory=set)
    spaces: dict[str, str] = field(default_factory=dict)
    """The namespaces that the run created, with their uids."""

    def wanted(self, world: World) -> dict[Key, Mapping[str, Json]]:
        """The manifests of a world as we apply them, in an order that works; without what is there by itself."""
        image, run_id = self.options.probe_image, self.options.run_id
        ours = (key for key, resource in world.items() if not (resource.existing or is_default(resource)))
        keys = sorted(ours, key=rank)
        return {key: mark(equip(_placed(key, world[key].manifest), image), run_id) for key in keys}

    def remove_surplus(self, world: World) -> bool:
        """Delete what a world does not hold any more, and what has to be made anew; wait until it is gone.

        Returns:
            whether there was anything but policies

        Raises:
            WorldFailed: the cluster did not let us
        """
        difference = compare(self.applied, self.wanted(world))
        going = self._going(world)
        made, surplus = self.modules.made, (*difference.removed, *difference.replaced, *self._changing_hands(world))
        gone = [key for key in dict.fromkeys(surplus) if made.get(key) not in going]
        leaving = [*gone, *(key for key, at in made.items() if at in going)]
        pods_may_differ = any(key not in self.policies for key in leaving)
        if going:  # before the namespaces that its objects are in
            self._bring({at: each for at, each in self.modules.active.items() if at not in going}, world)
        self._delete(gone)
        return pods_may_differ

    def add_namespaces(self, world: World) -> None:
        """Create the namespaces, and change the labels of those that are there.

        Raises:
            WorldFailed: one exists that the run did not create, or the cluster did not let us
        """
        wanted = self.wanted(world)
        changed = [key for key in self._changed(world, wanted) if key.kind == "Namespace"]
        self._guard([key for key in changed if key not in self.applied], wanted)
        for live in self._apply(changed, wanted):
            if run_of(live) == self.options.run_id:
                self.spaces[tree.text(live, "metadata", "name")] = tree.text(live, "metadata", "uid")
        modules, active = requests_of(world), self.modules.active
        now = {at: each for at, each in modules.items() if at in active or at in self._with_more_than_policies(world)}
        if now.keys() - active.keys():
            self._bring(now, world)
            self._apply([key for key in self._changed(world, wanted) if key.kind == "Namespace"], wanted)

    def add_others(self, world: World, also: Sequence[Mapping[str, Json]] = ()) -> bool:
        """Create and change everything but namespaces and policies, and pods of our own; whether there was any."""
        wanted = self.wanted(world)
        others = (key for key in self._changed(world, wanted) if key.kind != "Namespace")
        changed = [key for key in others if not world[key].is_policy]
        self._guard([key for key in changed if key not in self.applied], wanted)
        self._apply(changed, wanted, also)
        return bool(changed or also)

    def add_policies(self, world: World) -> None:
        """Create and change policies."""
        self._bring(requests_of(world), world)
        wanted = self.wanted(world)
        changed = [key for key in compare(self.applied, wanted).changed if world[key].is_policy]
        self.policies |= set(changed)
        self._guard([key for key in changed if key not in self.applied], wanted)
        self._apply(changed, wanted)

    def lift_policies(self) -> bool:
        """Take our policies away for a moment, until `add_policies`; whether they are all gone.

        Those stay that are somebody else's, or that it would take terraform a while to make again.
        """
        ours = {key for key in self.policies if key not in self.modules.made and key not in self.ledger.touched}
        if ours == self.policies:
            self._delete(ours)
        return not self.policies

    def differ_in_policies_only(self, world: World) -> bool:
        """Whether policies are all that has to come, change or go, and none of them has to be made anew."""
        difference = compare(self.applied, self.wanted(world))
        gone = all(key in self.policies for key in difference.removed) and not self._collides(world)
        return gone and not difference.replaced and all(world[key].is_policy for key in difference.changed)

    def exchange_policies(self, world: World) -> None:
        """Take policies away and let others come at the same time, where nothing else differs."""
        staying = requests_of(world).keys()
        leaving = {key for key, at in self.modules.made.items() if at not in staying}
        removed = [key for key in compare(self.applied, self.wanted(world)).removed if key not in leaving]
        with alongside(1) as beside:
            going = beside.submit(self._delete, removed)
            self.add_policies(world)
            going.result()

    # --- what terraform makes -------------------------------------------------------------------------------------

    def _changed(self, world: World, wanted: Mapping[Key, Mapping[str, Json]]) -> tuple[Key, ...]:
        """What kubectl has to make or change; what terraform is yet to make is not among it."""
        made = self.modules.made
        return tuple(key for key in compare(self.applied, wanted).changed if world[key].module is None or key in made)

    def _with_more_than_policies(self, world: World) -> frozenset[int]:
        """The modules that hold something that pods or policies need."""
        return frozenset(id(each.module) for each in world.values() if each.module is not None and not each.is_policy)

    def _going(self, world: World) -> frozenset[int]:
        """The modules that are to be gone before others come: all but those that others take the place of."""
        heirs, more = self.modules.successors(world), self._with_more_than_policies(world)
        made = self.modules.made
        spaces = {
            old: {key for key, at in made.items() if at == old and key.kind == "Namespace"} for old in heirs.values()
        }
        kept = {old for new, old in heirs.items() if new in more and all(key in world for key in spaces[old])}
        return frozenset(self.modules.active.keys() - requests_of(world).keys() - kept)

    def _changing_hands(self, world: World) -> tuple[Key, ...]:
        """What kubectl has made and terraform is to make: it takes nothing over."""
        made = self.modules.made
        return tuple(key for key in self.applied if key not in made and _maker(world, key) is not None)

    def _collides(self, world: World) -> bool:
        """Whether something would be made by one before it was removed by another."""
        made, heirs = self.modules.made, self.modules.successors(world)
        pairs = ((made.get(key), _maker(world, key)) for key in self.applied)
        return any(then not in (None, now) and (now is None or heirs.get(then) != now) for now, then in pairs)

    def _bring(self, modules: Mapping[int, Request], world: World) -> None:
        """Have these modules in force and no others; remove what a `when` has removed of what they make."""
        made, wanted = dict(self.modules.made), self.wanted(world)
        coming = modules.keys() - self.modules.active.keys()
        if coming:
            keys = [key for key in wanted if _maker(world, key) in coming and key not in self.applied]
            self._guard(keys, wanted, by_terraform=True)
        spaces = dict(self.modules.uids)
        self.modules.bring(modules, world)
        emptied = {name for name, uid in spaces.items() if self.modules.uids.get(name) != uid}
        lost = [key for key in self.applied if key.namespace in emptied]
        for key in {*lost, *(made.keys() - self.modules.made.keys())}:
            self.applied.pop(key, None)
            self.policies.discard(key)
            if key.kind == "Namespace":
                self.spaces.pop(key.name, None)
        for key, at in self.modules.made.items():
            if at not in coming and key in self.applied:
                continue
            self.applied[key] = self._given(world[key]) if key in world else stub(key)
            if key.kind == "NetworkPolicy" or (key in world and world[key].is_policy):
                self.policies.add(key)
            if key.kind == "Namespace":
                self.spaces[key.name] = self.modules.uids.get(key.name, "")
        self._delete([key for key in self.modules.made if key not in world])

    def _given(self, resource: Resource) -> Mapping[str, Json]:
        """An object as terraform makes it, in the form in which we apply others."""
        manifest = resource.manifest if resource.given is None else resource.given
        return mark(equip(_placed(resource.key, manifest), self.options.probe_image), self.options.run_id)

    def _patch(self, keys: Iterable[Key], wanted: Mapping[Key, Mapping[str, Json]]) -> None:
        """Change what terraform has made: its fields are terraform's, so they are changed one by one."""
        for key in keys:
            where = ("-n", key.namespace) if key.namespace else ()
            patch = json.dumps(tree.difference(self.applied[key], wanted[key]))
            self.kubectl.check(*where, "patch", _kind_of(wanted[key]), key.name, "--type=merge", "-p", patch)

    # --- what is not ours -----------------------------------------------------------------------------------------

    def _guard(
        self, keys: Sequence[Key], wanted: Mapping[Key, Mapping[str, Json]], *, by_terraform: bool = False
    ) -> None:
        """See to it that new objects change nothing that the run did not create, unless that is allowed."""
        coming = {key.name for key in keys if key.kind == "Namespace"} if by_terraform else set()
        outside = [key for key in keys if key.namespace not in self.spaces]
        if not outside:
            return
        guests = [key for key in outside if key.namespace and key.namespace not in coming]
        if guests and not self.options.allow_existing:
            raise WorldFailed(
                f"{guests[0]} would come into a namespace that this run did not create",
                "--allow-existing lets the run put objects into namespaces that are there already",
                code="existing",
            )
        there = self._present(outside, wanted)
        ending = [each for each in there if tree.text(each, "status", "phase") == "Terminating"]
        self._wait_for_endings([key_of(each) for each in ending])
        others = [key_of(each) for each in there if each not in ending and run_of(each) != self.options.run_id]
        if others and (by_terraform or not self.options.allow_existing):
            allow = "--allow-existing lets the run change objects that are there already"
            raise WorldFailed(
                f"{others[0]} exists already, and this run did not create it",
                "give it another name in the spec, or take the existing one as it is with 'given cluster'",
                "terraform does not take over what it did not make" if by_terraform else allow,
                code="existing",
            )
        self.ledger.note(touched={key: tree.text(wanted[key], "apiVersion") for key in others})

    def _present(self, keys: Sequence[Key], wanted: Mapping[Key, Mapping[str, Json]]) -> tuple[Mapping[str, Json], ...]:
        """Those of the objects that the cluster has already."""
        finished = self.kubectl.run(
            *("get", "-f", "-", "--ignore-not-found", "-o", "json"), stdin=as_list([wanted[key] for key in keys])
        )
        if not finished.ok and not _comes_soon(finished.stderr):  # a kind that is not known yet has no objects
            raise KubectlFailed(finished)
        found = json.loads(finished.stdout) if finished.stdout.strip() else {}
        return tree.rows(found, "items") if found.get("kind") == "List" else ((found,) if found else ())

    def _wait_for_endings(self, namespaces: Sequence[Key]) -> None:
        """A namespace that is being deleted has to be gone before it can come again."""
        if not namespaces:
            return
        names = [key.name for key in namespaces]
        self.tell(f"waiting for namespace {', '.join(names)} to be gone (an earlier run or somebody deleted it)")
        self.kubectl.check(
            *("wait", "--for=delete", *(f"namespace/{name}" for name in names)),
            f"--timeout={round(DELETE_TIMEOUT)}s",
            timeout=DELETE_TIMEOUT + 10,
        )

    # --- kubectl --------------------------------------------------------------------------------------------------

    def _apply(
        self,
        keys: Sequence[Key],
        wanted: Mapping[Key, Mapping[str, Json]],
        also: Sequence[Mapping[str, Json]] = (),
    ) -> tuple[Mapping[str, Json], ...]:
        """Apply objects; what the API server made of them. What cannot be changed is deleted and made anew."""
        if not (keys or also):
            return ()
        self.ledger.note(kinds=(_kind_of(wanted[key]) for key in keys if key.kind not in USUAL_KINDS))
        theirs = [key for key in keys if key in self.modules.made and self.applied.get(key)]
        self._patch(theirs, wanted)
        self.applied.update({key: wanted[key] for key in theirs})
        ours = [key for key in keys if key not in theirs]
        before = {key: self.applied.get(key, {}) for key in ours}
        self.applied.update(before)  # so that an interrupted run knows what may be there
        manifests = [*(self._as_applied(key, wanted) for key in ours), *also]
        if not manifests:
            return ()
        try:
            made = self.apply_all(manifests)
        except KubectlFailed as failure:
            if not _is_immutable(failure.finished.stderr):
                raise
            self._delete([key for key, manifest in before.items() if manifest and key.kind != "Namespace"])
            made = self.apply_all(manifests)
        self.applied.update({key: wanted[key] for key in ours})
        self.modules.returned(ours)
        return made

    def apply_all(self, manifests: Sequence[Mapping[str, Json]]) -> tuple[Mapping[str, Json], ...]:
        """Apply manifests as they are; what the API server made of them.

        A new namespace has no default ServiceAccount for a moment, and a kind is not known for a moment after its
        definition: then they are applied again.
        """
        deadline = time.monotonic() + max(APPLY_TIMEOUT, self.kubectl.patience)
        pause = 0.05
        while True:
            finished = self.kubectl.run(
                *("apply", "--server-side", f"--field-manager={FIELD_MANAGER}", "-o", "json", "-f", "-"),
                timeout=APPLY_TIMEOUT,
                stdin=as_list(manifests),
            )
            if finished.ok:
                said = json.loads(finished.stdout)
                return tree.rows(said, "items") if said.get("kind") == "List" else (said,)
            if not (_comes_soon(finished.stderr) or self.kubectl.may_pass(finished)) or time.monotonic() > deadline:
                raise KubectlFailed(finished)
            time.sleep(pause)
            pause = min(2 * pause, 1.0)

    def _as_applied(self, key: Key, wanted: Mapping[Key, Mapping[str, Json]]) -> Mapping[str, Json]:
        """An object of somebody else's does not get the label by which ours are deleted."""
        if key not in self.ledger.touched:
            return wanted[key]
        labels = {name: each for name, each in tree.table(wanted[key], "metadata", "labels").items() if name != RUN}
        return tree.put(wanted[key], ("metadata", "labels"), labels)

    def _delete(self, keys: Iterable[Key]) -> None:
        """Delete objects and wait until they and their pods are gone; empty namespaces go in their own time."""
        gone = list(keys)
        if not gone:
            return
        touched = [key for key in gone if key in self.ledger.touched]
        stays = next((key for key in touched if key in self.policies), None)
        if stays is not None:
            raise WorldFailed(
                f"{stays} would have to go, and this run did not create it",
                "give it in all scenarios, or in none: it was there before",
                code="existing",
            )
        release(self.kubectl, [self.applied[key] for key in touched if self.applied[key]])
        ours = [key for key in gone if key not in self.ledger.touched and self.applied[key]]
        ours.sort(key=lambda key: key not in self.policies)  # the first to go are those that something waits for
        contents = [self.applied[key] for key in ours if key.kind != "Namespace"]
        spaces = [key.name for key in ours if key.kind == "Namespace"]
        if spaces:  # pods that no manifest names: those of controllers, and clients
            self.kubectl.check("delete", "namespaces", *spaces, "--ignore-not-found", "--wait=false")
        if contents:
            # No --grace-period: our own pods end at once by themselves, those of the spec may have their reasons.
            self.kubectl.check(
                *("delete", "--ignore-not-found", "--cascade=foreground", "--wait=true"),
                *(f"--timeout={round(DELETE_TIMEOUT)}s", "-f", "-"),
                timeout=DELETE_TIMEOUT + 10,
                stdin=as_list(contents),
            )
        self.modules.stray(gone)
        for key in gone:
            self.policies.discard(key)
            self.applied.pop(key, None)
        for space in spaces:
            self.spaces.pop(space, None)


def _maker(world: World, key: Key) -> int | None:
    """The module that is to make an object, by its identity; None where none does."""
    resource = world.get(key)
    return None if resource is None or resource.module is None else id(resource.module)


def release(kubectl: Kubectl, manifests: Sequence[Mapping[str, Json]]) -> None:
    """Take back the fields that we added to objects of others: what our field manager does not apply any more goes.

    What its owner has removed stays so: applied, it would come again, and an empty NetworkPolicy denies everything.
    The uid sees to it, for the moment between asking and applying, too.
    """
    if not manifests:
        return
    names = [_part(each, ("name", "namespace")) for each in manifests]
    there = kubectl.items("get", "-f", "-", "--ignore-not-found", stdin=as_list(names))
    kubectl.apply([_part(each, ("name", "namespace", "uid")) for each in there])


def _part(manifest: Mapping[str, Json], fields: Iterable[str]) -> Mapping[str, Json]:
    """An object with nothing but some fields of its metadata."""
    metadata = {name: each for name in fields if (each := tree.value(manifest, "metadata", name))}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": metadata}


def key_of(live: Mapping[str, Json]) -> Key:
    """The key of a live object."""
    return Key(tree.text(live, "kind"), tree.text(live, "metadata", "namespace"), tree.text(live, "metadata", "name"))


def _kind_of(manifest: Mapping[str, Json]) -> str:
    """`Deployment.apps`, as kubectl takes it."""
    group, slash, _ = tree.text(manifest, "apiVersion").rpartition("/")
    return f"{manifest['kind']}.{group}" if slash else str(manifest["kind"])


def _is_immutable(said: str) -> bool:
    return "is immutable" in said or "may not change fields other than" in said


def _comes_soon(said: str) -> bool:
    return "error looking up service account" in said or "no matches for kind" in said

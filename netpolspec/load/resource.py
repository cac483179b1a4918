"""An object of the world as it would be applied, beside what the model makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.policy.cluster import assemble
from netpolspec.policy.objects import AdminPolicy, ForeignPolicy, NetworkPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netpolspec.load.plain import Json
    from netpolspec.load.terraform.values import Request
    from netpolspec.policy.objects import Cluster, Object
    from netpolspec.source import Origin


@dataclass(frozen=True, slots=True)
class Key:
    """What makes an object the same object: kind, namespace (empty where it is cluster-scoped) and name."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {where}"


@dataclass(frozen=True, slots=True)
class Resource:
    """One object: its manifest, ready to be applied, and the parts that the model knows.

    `objects` is empty for kinds that say nothing about reachability (ConfigMap), one for most, several for an
    Endpoints object with several subsets.
    """

    key: Key
    manifest: Mapping[str, Json]
    objects: tuple[Object, ...]
    origin: Origin
    module: Request | None = None
    """The Terraform module that makes it, where terraform itself said so: on a cluster, terraform applies it."""
    given: Mapping[str, Json] | None = None
    """Its manifest as its module makes it or the cluster has it, where a `when` has changed it since; else None."""
    existing: bool = False
    """Whether it was found in a cluster: it is part of the world, and no run owns it."""

    @property
    def is_removed(self) -> bool:
        """Whether it was found in a cluster and a `when` has removed it: it has no manifest then, and no objects."""
        return self.existing and not self.manifest

    @property
    def is_policy(self) -> bool:
        """Whether it says who may talk to whom."""
        return any(isinstance(each, NetworkPolicy | AdminPolicy | ForeignPolicy) for each in self.objects)


def assemble_resources(resources: Iterable[Resource], *, declare_namespaces: bool = False) -> Cluster:
    """The cluster that the objects of some resources describe; the argument is that of `policy.cluster.assemble`."""
    return assemble((one for each in resources for one in each.objects), declare_namespaces=declare_namespaces)

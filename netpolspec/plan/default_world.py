"""What every cluster holds: the namespaces `default` and `kube-system`, and DNS."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from netpolspec.load.resource import Key
from netpolspec.plan.expand import Names, Scope
from netpolspec.plan.manifests import make_namespace, make_service, make_workload
from netpolspec.source import Source
from netpolspec.syntax.ast import GivenNamespace, GivenService, GivenWorkload, Rule
from netpolspec.syntax.parser import parse_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.load.resource import Resource

_TEXT = Source(
    "<every cluster>",
    """\
every-cluster:
\tgiven namespace default
\tgiven namespace kube-system
\tgiven deployment coredns in kube-system k8s-app=kube-dns replicas 2 \\
\t\tport 53/udp as dns port 53/tcp as dns-tcp port 9153 as metrics
\tgiven service kube-dns in kube-system port 53/udp -> 53 port 53/tcp -> 53 on k8s-app=kube-dns
""",
)


@cache
def default_objects() -> Mapping[Key, Resource]:
    """The objects that are part of every world without being given."""
    parsed, _ = parse_file(_TEXT)
    assert parsed is not None  # noqa: S101 - our own text
    names = Names(Scope({}))
    objects: dict[Key, Resource] = {}
    for item in parsed.items:
        for statement in item.statements if isinstance(item, Rule) else ():
            match statement:
                case GivenNamespace():
                    resource, _ = make_namespace(statement, names)
                case GivenWorkload():
                    resource, _ = make_workload(statement, names)
                case GivenService():
                    resource, _ = make_service(statement, names)
                case _:
                    continue
            assert resource is not None  # noqa: S101 - our own text
            objects[resource.key] = resource
    return objects


DNS = Key("Service", "kube-system", "kube-dns")
"""The cluster's DNS."""


def default_workloads() -> tuple[Key, ...]:
    """Those of `default_objects` that make pods."""
    return tuple(key for key in default_objects() if key.kind == "Deployment")


def is_default(resource: Resource) -> bool:
    """Whether a live cluster has the object by itself, so that nobody creates it."""
    return resource.origin.span.source is _TEXT

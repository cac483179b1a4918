"""`apiVersion`, `kind` and `metadata`: what every object has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netpolspec.load.names import check_label_key, check_label_name, check_label_value
from netpolspec.load.schema import Anything, Fields, Flag, Items, Problems, Record, Table, Text, Whole, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from netpolspec.source import Pointer

    Check = Callable[[str], str | None]

_OWNER = Record(
    {
        "apiVersion": Text(),
        "blockOwnerDeletion": Flag(),
        "controller": Flag(),
        "kind": Text(),
        "name": Text(),
        "uid": Text(),
    }
)
METADATA = Record(
    {
        "name": Text(),
        "namespace": Text(),
        "labels": Table(Text()),
        "annotations": Table(Text()),
        "generateName": Text(),
        "ownerReferences": Items(_OWNER),
        "finalizers": Items(Text()),
        "creationTimestamp": Text(),
        "deletionGracePeriodSeconds": Whole(64),
        "deletionTimestamp": Text(),
        "generation": Whole(64),
        "managedFields": Anything(),
        "resourceVersion": Text(),
        "selfLink": Text(),
        "uid": Text(),
    }
)
"""ObjectMeta, k8s.io/apimachinery/pkg/apis/meta/v1/types.go."""

DEFAULT_NAMESPACE = "default"
SYSTEM_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Meta:
    """What an object's metadata say."""

    name: str
    namespace: str
    """Empty for cluster-scoped kinds."""
    labels: Mapping[str, str]
    controller: tuple[str, str] | None
    """Kind and name of the owner that controls the object."""


def read_meta(
    manifest: Mapping[str, Any], at: Pointer, problems: Problems, *, check_name: Check, namespaced: bool
) -> Meta | None:
    """The metadata of an object; None, with the reasons reported, where they are not good.

    Rules from ValidateObjectMeta, k8s.io/apimachinery/pkg/api/validation/objectmeta.go.
    """
    raw, where = manifest.get("metadata"), at.at("metadata")
    if raw is None:
        problems.add("missing-field", "the object has no 'metadata'", at, "give it a name: metadata: {name: ...}")
        return None
    before = problems.errors
    fields: Fields | None = METADATA.read(raw, where, problems)
    if fields is None or problems.errors > before:
        return None
    name = fields.get("name", "")
    if not name:
        _say_nameless(fields, where, problems)
    elif wrong := check_name(name):
        problems.add("bad-name", f"name {describe(name)} {wrong}", where.at("name"))
    namespace = _namespace(fields, where, problems, namespaced=namespaced)
    labels: dict[str, str] = fields.get("labels", {})
    check_labels(labels, where.at("labels"), problems)
    _check_annotations(fields.get("annotations", {}), where.at("annotations"), problems)
    if problems.errors > before:
        return None
    return Meta(name, namespace, labels, _controller(fields))


def _say_nameless(fields: Fields, at: Pointer, problems: Problems) -> None:
    if "generateName" in fields:
        help_ = "'generateName' lets the server make up a name, which cannot be applied: set 'name'"
    else:
        help_ = "set 'name'"
    problems.add("missing-field", "'metadata' has no 'name'", at, help_, key=True)


def _namespace(fields: Fields, at: Pointer, problems: Problems, *, namespaced: bool) -> str:
    namespace: str = fields.get("namespace", "")
    if not namespaced:
        if namespace:
            problems.add(
                "bad-namespace", "a cluster-scoped object has no namespace", at.at("namespace"), "remove 'namespace'"
            )
        return ""
    if namespace and (wrong := check_label_name(namespace)):
        problems.add("bad-name", f"namespace {describe(namespace)} {wrong}", at.at("namespace"))
    return namespace or DEFAULT_NAMESPACE


def _controller(fields: Fields) -> tuple[str, str] | None:
    for owner in fields.get("ownerReferences", ()):
        if owner.get("controller") and owner.get("kind") and owner.get("name"):
            return owner["kind"], owner["name"]
    return None


_MAX_ANNOTATIONS = 256 * 1024


def _check_annotations(annotations: Mapping[str, str], at: Pointer, problems: Problems) -> None:
    """ValidateAnnotations: keys are like those of labels, in either case, and all of it has a limit."""
    size = 0
    for key, value in annotations.items():
        size += len(key) + len(value)
        if wrong := check_label_key(key.lower()):
            problems.add("bad-annotation", f"annotation key {describe(key)} {wrong}", at.at(key), key=True)
    if size > _MAX_ANNOTATIONS:
        problems.add("bad-annotation", f"annotations are longer than {_MAX_ANNOTATIONS} bytes", at, key=True)


def check_labels(labels: Mapping[str, str], at: Pointer, problems: Problems) -> None:
    """Report keys and values that no label can have."""
    for key, value in labels.items():
        if wrong := check_label_key(key):
            problems.add("bad-label", f"label key {describe(key)} {wrong}", at.at(key), key=True)
        if wrong := check_label_value(value):
            problems.add("bad-label", f"label value {describe(value)} {wrong}", at.at(key))

"""A network plugin's manifest: fetched, read, changed where the catalog says so, and what rolls out of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias, assert_never, cast

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.clusters.catalog import AddArgument, Edit, ReplaceText, SetImage, SetVariable
from netpolspec.backends.readiness import Workload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netpolspec.load.yaml_text import Plain

Object: TypeAlias = "dict[str, Plain]"

FETCH_TIMEOUT = 30.0
"""Seconds that a manifest may take to come from a web server."""

_ROLLED_OUT = ("DaemonSet", "Deployment")


def is_url(place: str) -> bool:
    """Whether a manifest's place is on the web; everything else is a file."""
    return place.startswith(("https://", "http://"))


def fetch(place: str) -> str:
    """The text of a file or URL.

    Raises:
        WorldFailed: it cannot be had
    """
    return _download(place) if is_url(place) else _read(place)


def _read(path: str) -> str:
    from pathlib import Path

    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise WorldFailed(f"cannot read '{path}': {reason}", code="cni-manifest") from error


def _download(url: str) -> str:
    import http.client
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT) as answer:  # noqa: S310 - `is_url` saw the scheme
            return cast("bytes", answer.read()).decode()
    except (OSError, http.client.HTTPException, UnicodeDecodeError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise WorldFailed(
            f"cannot fetch '{url}': {reason}",
            "where the machine has no way there: --cni-manifest with a copy in a file or at a mirror, "
            "or NETPOLSPEC_CNI_MANIFEST in the environment",
            code="cni-manifest",
        ) from error


def read(text: str, place: str) -> tuple[Object, ...]:
    """The objects of a manifest; those of a List one by one.

    Raises:
        WorldFailed: it is no YAML, or holds something that is no object
    """
    from netpolspec.load.fragment import Fragment
    from netpolspec.load.yaml_text import read_yaml
    from netpolspec.source import Source

    documents, problems = read_yaml(Fragment(Source(place, text), text))
    if problems:
        span = problems[0].span
        raise WorldFailed(f"{span or place}: {problems[0].message}", *problems[0].help, code="cni-manifest")
    found = tuple(item for value, _ in documents for item in _flat(value, place))
    if not found:
        raise WorldFailed(f"'{place}' holds no object", code="cni-manifest")
    return found


def _flat(value: Plain, place: str) -> Iterator[Object]:
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        raise WorldFailed(f"'{place}' holds something that is no Kubernetes object", code="cni-manifest")
    items = value.get("items")
    if value["kind"] == "List" and isinstance(items, list):
        for item in items:
            yield from _flat(item, place)
    else:
        yield value


def workloads(objects: Sequence[Object]) -> tuple[Workload, ...]:
    """The DaemonSets, then the Deployments, that roll out when the objects are applied."""
    found = [
        Workload(kind, _text(_table(item, "metadata"), "namespace") or "default", _name(item))
        for item in objects
        if (kind := _text(item, "kind")) in _ROLLED_OUT
    ]
    return tuple(sorted(found, key=lambda workload: _ROLLED_OUT.index(workload.kind)))


def as_text(objects: Sequence[Object]) -> str:
    """The objects as one document that kubectl reads from stdin."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


# --- changes --------------------------------------------------------------------------------------------------------


def change(objects: Sequence[Object], edits: Sequence[Edit], place: str) -> None:
    """Make the changes, in place.

    Raises:
        WorldFailed: a change finds nothing to change: the manifest is not the one that the catalog was written for
    """
    for edit in edits:
        match edit:
            case SetVariable():
                done = _set_variable(objects, edit)
            case AddArgument():
                done = _add_argument(objects, edit)
            case SetImage():
                done = _set_image(objects, edit)
            case ReplaceText():
                done = _replace_text(objects, edit)
            case _:
                assert_never(edit)
        if not done:
            raise WorldFailed(
                f"'{place}' has changed shape: found nothing for {edit}",
                "take it as it is with --cni-manifest, edited by hand where it must be",
                code="cni-manifest",
            )


def _set_variable(objects: Sequence[Object], edit: SetVariable) -> bool:
    done = False
    for container in _named(objects, edit.daemonset, edit.container):
        variables = container.setdefault("env", [])
        if isinstance(variables, list):
            others = [each for each in variables if not (isinstance(each, dict) and each.get("name") == edit.name)]
            container["env"] = [*others, {"name": edit.name, "value": edit.value}]
            done = True
    return done


def _add_argument(objects: Sequence[Object], edit: AddArgument) -> bool:
    done = False
    for container in _named(objects, edit.daemonset, edit.container):
        arguments = container.setdefault("args", [])
        if isinstance(arguments, list):
            arguments.append(edit.argument)
            done = True
    return done


def _set_image(objects: Sequence[Object], edit: SetImage) -> bool:
    done = False
    for item in _of_kind(objects, "DaemonSet", edit.daemonset):
        for container in _containers(item):
            if container.get("image") == edit.old:
                container["image"] = edit.new
                container["imagePullPolicy"] = "IfNotPresent"
                done = True
    return done


def _replace_text(objects: Sequence[Object], edit: ReplaceText) -> bool:
    done = False
    for item in _of_kind(objects, "ConfigMap", edit.configmap):
        data = _table(item, "data")
        text = _text(data, edit.key)
        if edit.old in text:
            data[edit.key] = text.replace(edit.old, edit.new)
            done = True
    return done


# --- plain data -----------------------------------------------------------------------------------------------------


def _table(value: Object, key: str) -> Object:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: Object, key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _name(item: Object) -> str:
    return _text(_table(item, "metadata"), "name")


def _of_kind(objects: Sequence[Object], kind: str, name: str) -> Iterator[Object]:
    return (item for item in objects if _text(item, "kind") == kind and _name(item) == name)


def _containers(item: Object) -> Iterator[Object]:
    """The containers of a workload's pods, those that start first first."""
    pod = _table(_table(_table(item, "spec"), "template"), "spec")
    for key in ("initContainers", "containers"):
        found = pod.get(key)
        if isinstance(found, list):
            yield from (container for container in found if isinstance(container, dict))


def _named(objects: Sequence[Object], daemonset: str, container: str) -> Iterator[Object]:
    for item in _of_kind(objects, "DaemonSet", daemonset):
        yield from (each for each in _containers(item) if _text(each, "name") == container)

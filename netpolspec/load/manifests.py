"""Manifests to resources: the only way into the model, for files, given statements, Helm and Terraform alike."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netpolspec.diagnostics import Diagnostic, Note, Refusal
from netpolspec.load.files import is_kustomization, read_source, walk
from netpolspec.load.fragment import Fragment
from netpolspec.load.kinds import find_kind
from netpolspec.load.metadata import read_meta
from netpolspec.load.other_kinds import other_kind
from netpolspec.load.resource import Key, Resource
from netpolspec.load.schema import Problems, describe
from netpolspec.source import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from netpolspec.load.kustomize import Kustomizer
    from netpolspec.load.plain import Json
    from netpolspec.source import Document, Source, Span


def read_text(
    source: Source, *, text: str | None = None, line: int = 1, indent: int = 0
) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """The objects in YAML or JSON text: a source's own, or a piece of it.

    Args:
        source: What messages point into.
        text: The piece: whole lines of the source without their first `indent` characters; None for all of it.
        line: The line of the source (counted from 1) that holds the piece's first line.
        indent: How many characters the source's lines have before the piece's.
    """
    fragment = Fragment(source, source.text if text is None else text, line, indent)
    resources, problems = _read(fragment)
    return resources, (*problems, *repeated(resources))


def read_rendered(source: Source, place: Span | None) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """The objects in text that a program has rendered; what is wrong with them is said of what asked for it."""
    resources, problems = read_text(source)
    if place is None:
        return resources, problems
    return resources, tuple(blame(problem, place) for problem in problems)


def blame(problem: Diagnostic, place: Span) -> Diagnostic:
    """A message about rendered text as one about what asked for it: nobody can edit what is rendered."""
    notes = problem.notes if problem.span is None else (Note("in what it renders", problem.span), *problem.notes)
    return replace(problem, span=place, notes=notes)


def read_path(
    path: Path, *, place: Span | None = None, shown: str | None = None, kustomizer: Kustomizer | None = None
) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """The objects in a file, or in the YAML and JSON files of a folder and those below it, in the order of their names.

    A folder that holds a kustomization is rendered. In any other folder, what is no object of Kubernetes is left out in
    silence: documents that have neither `apiVersion` nor `kind` (Helm values, workflows, Compose files), configurations
    of tools (kind's, kubeadm's: they have no `metadata`). In a file that is named itself, they are errors.

    Args:
        path: The file or folder.
        place: What names it, for a message that it cannot be read.
        shown: How messages call it; the path itself where it is None.
        kustomizer: Renders kustomizations; remembers those that it has rendered.
    """
    name = str(path) if shown is None else shown
    problems: list[Diagnostic] = []
    resources: list[Resource] = []
    try:
        if is_kustomization(path):
            from netpolspec.load.kustomize import Kustomizer  # few commands start a program

            return read_rendered((kustomizer or Kustomizer()).render(path, place=place, shown=name), place)
        if os.path.isdir(path):  # noqa: PTH112 - is False where Path raises
            for file, below in walk(path, name, problems, place):
                found, wrong = _read_file(file, below, place, problems, in_folder=True)
                resources += found
                problems += wrong
        else:
            found, wrong = _read_file(path, name, place, problems, in_folder=False)
            resources += found
            problems += wrong
    except Refusal as refusal:
        problems += refusal.diagnostics
    return tuple(resources), (*problems, *repeated(resources))


def _read_file(
    path: Path, shown: str, place: Span | None, problems: list[Diagnostic], *, in_folder: bool
) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    try:
        source = read_source(path, place=place, shown=shown)
    except Refusal as refusal:
        problems += refusal.diagnostics
        return (), ()
    return _read(Fragment(source, source.text), in_folder=in_folder)


_LARGE = 1 << 20


@contextmanager
def _collector_paused(*, large: bool) -> Iterator[None]:
    """Without the garbage collector, which would look at every value of a large file again and again in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if large:
            gc.freeze()
        if was_on:
            gc.enable()


def _read(fragment: Fragment, *, in_folder: bool = False) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    resources: list[Resource] = []
    fragment = fragment.without_mark()
    with _collector_paused(large=len(fragment.text) > _LARGE):
        documents, problems = _documents(fragment)
        if in_folder and problems and not _may_be_kubernetes(fragment.text):
            return (), ()
        found = list(problems)
        for value, document in documents:
            for manifest, pointer in flatten(value, Pointer(document)):
                if in_folder and not _is_object(manifest):
                    continue
                resource, wrong = understand(manifest, pointer)
                found += wrong
                if resource is not None:
                    resources.append(resource)
    return tuple(resources), tuple(sorted(map(_with_variables, found), key=lambda problem: problem.order))


def _with_variables(problem: Diagnostic) -> Diagnostic:
    """A message about `$(name)` says who gives it a value."""
    if "$(" not in problem.message:
        return problem
    hint = "for a policy with variables, name it: given policy NAME VARIABLE=VALUE"
    return replace(problem, help=(*problem.help, hint))


def _may_be_kubernetes(text: str) -> bool:
    return "apiVersion" in text or ("kind" in text and "metadata" in text)


def _is_object(manifest: object) -> bool:
    """Whether a document that was found in a folder means to be an object of Kubernetes."""
    if not isinstance(manifest, Mapping):
        return False
    version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if version is None or kind is None:
        return (version is not None or kind is not None) and "metadata" in manifest
    return "metadata" in manifest or find_kind(str(version), str(kind)) is not None


def _documents(fragment: Fragment) -> tuple[Iterable[tuple[Any, Document]], tuple[Diagnostic, ...]]:
    """The values in a text. What begins with `{` is JSON unless it only makes sense as YAML, as kubectl has it."""
    name = fragment.source.path.lower()
    is_json = name.endswith(".json")
    if is_json or (not name.endswith((".yaml", ".yml")) and fragment.text.lstrip()[:1] == "{"):
        from netpolspec.load.json_text import read_json

        values, problems = read_json(fragment)
        if is_json or not problems or problems[0].code != "json-syntax":
            return values, problems
    from netpolspec.load.yaml_text import read_yaml

    return read_yaml(fragment)


_MAX_LISTS = 10


def flatten(value: object, at: Pointer, depth: int = 0) -> Iterator[tuple[Any, Pointer]]:
    """The objects of a value: itself, or what a List of whatever kind holds.

    What Lists in Lists hold is found, too, to a depth that nobody writes.
    """
    if depth == _MAX_LISTS:
        yield value, at
        return
    if not isinstance(value, Mapping) or not isinstance(kind := value.get("kind"), str) or not kind.endswith("List"):
        yield value, at
        return
    items = value.get("items")
    if not isinstance(items, (list, tuple)):
        if items is not None or kind != "List":
            yield value, at
        return
    version = value.get("apiVersion")
    for index, item in enumerate(items):
        if kind != "List" and isinstance(item, Mapping) and "kind" not in item:
            # As the API itself lists objects: the items leave out what the list says.
            item = {"apiVersion": version, "kind": kind.removesuffix("List"), **item}  # noqa: PLW2901
        yield from flatten(item, at.at("items", index), depth + 1)


def repeated(resources: Iterable[Resource]) -> Iterator[Diagnostic]:
    """What is said of objects that are given twice."""
    first: dict[Key, Resource] = {}
    for resource in resources:
        earlier = first.setdefault(resource.key, resource)
        if earlier is not resource:
            yield Diagnostic(
                "duplicate-object",
                f"{resource.key} is there twice",
                _name_span(resource),
                ("rename or remove one of them",),
                (Note("first here", _name_span(earlier)),),
            )


def _name_span(resource: Resource) -> Span:
    origin = resource.origin
    return origin.at("metadata", "name").span if isinstance(origin, Pointer) else origin


def understand(manifest: Mapping[str, Json], origin: Pointer) -> tuple[Resource | None, tuple[Diagnostic, ...]]:
    """The resource that one object's manifest makes, or None, and everything that is wrong with it.

    Everything that makes objects builds a manifest and comes through here. An object is refused where the API server
    of Kubernetes v1.35 would refuse to create it. Fields that the model has no use for are accepted unread in kinds
    other than NetworkPolicy and the cluster-scoped policies.
    """
    problems = Problems()
    resource = _understand(manifest, origin, problems)
    return (None if problems.errors else resource), tuple(problems.found)


def _understand(manifest: object, at: Pointer, problems: Problems) -> Resource | None:
    if not isinstance(manifest, Mapping):
        help_ = "an object of Kubernetes begins with 'apiVersion' and 'kind'"
        problems.add("not-an-object", f"an object is due here, not {describe(manifest)}", at, help_)
        return None
    version, name = (_text(manifest, field, at, problems) for field in ("apiVersion", "kind"))
    if version is None or name is None:
        return None
    if (version, name) == ("v1", "List"):
        problems.add("wrong-type", "'items' of a List must be a list of objects", at.at("items"))
        return None
    kind = find_kind(version, name)
    if kind is None:
        return other_kind(version, name, manifest, at, problems)
    meta = read_meta(manifest, at, problems, check_name=kind.check_name, namespaced=kind.namespaced)
    before = problems.errors
    fields = kind.schema.read(manifest, at, problems)
    if meta is None or fields is None or problems.errors > before:
        return None
    objects = kind.make(fields, meta, at, problems)
    return Resource(Key(name, meta.namespace, meta.name), manifest, objects, at)


def _text(manifest: Mapping[str, Any], field: str, at: Pointer, problems: Problems) -> str | None:
    value = manifest.get(field)
    if isinstance(value, str) and value:
        return value
    if value is None or value == "":
        problems.add("missing-field", f"the object has no '{field}'", at)
    else:
        problems.add("wrong-type", f"'{field}' must be text, not {describe(value)}", at.at(field))
    return None

"""Named policies: looking them up in folders and in the library that ships with netpolspec, and filling them in."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netpolspec.diagnostics import Diagnostic, Note, Refusal, nearest
from netpolspec.load.files import KUSTOMIZATIONS, read_source
from netpolspec.load.fragment import Fragment
from netpolspec.load.kinds import find_kind
from netpolspec.load.manifests import flatten, repeated, understand
from netpolspec.load.names import check_label_name
from netpolspec.load.other_kinds import is_namespaced
from netpolspec.load.template import Filling, Variable, find_variables, names_in
from netpolspec.source import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from netpolspec.load.resource import Json, Resource
    from netpolspec.load.schema import Record
    from netpolspec.load.yaml_text import Plain, YamlDocument
    from netpolspec.source import Span

BUILT_IN = Path(__file__).parent.parent / "policies"
"""The library that ships with netpolspec."""
_SHOWN = "netpolspec/policies"


class Form(StrEnum):
    """What a policy is written in."""

    YAML = "YAML"
    TERRAFORM = "Terraform"
    KUSTOMIZATION = "a kustomization"


@dataclass(frozen=True, eq=False, slots=True)
class Policy:
    """A named policy that was found."""

    name: str
    path: Path
    """A file, or the folder of a Terraform module or a kustomization."""
    form: Form
    documents: tuple[tuple[Plain, YamlDocument], ...] = field(default=(), repr=False)
    """What the file holds; empty for folders."""


def names(folders: Sequence[Path]) -> tuple[str, ...]:
    """The policies that folders and the built-in library hold, sorted."""
    found = {name for folder in (*folders, BUILT_IN) for name in _list(folder)}
    return tuple(sorted(found))


def _list(folder: Path) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122 - of a name, not of a path
        if suffix in (".yaml", ".yml"):
            yield stem
        elif not entry.name.startswith((".", "_")) and _form(Path(entry.path)) is not None:
            yield entry.name


def find(name: str, folders: Sequence[Path], place: Span) -> Policy:
    """The policy of a name: of the first folder that has it, at last of the built-in library.

    Args:
        name: `NAME` stands for `NAME.yaml`, `NAME.yml` or a folder `NAME` with Terraform or a kustomization in it.
        folders: Where to look, the nearest first; those that do not exist are passed over.
        place: What names the policy, for messages.

    Raises:
        Refusal: there is none, there are two in one folder, or it is not YAML.
    """
    for folder in (*folders, BUILT_IN):
        matches = _matches(folder, name)
        if len(matches) > 1:
            listed = " and ".join(f"'{_show(path)}'" for path in matches)
            message = f"policy '{name}' is there twice: {listed}"
            raise Refusal(Diagnostic("ambiguous-policy", message, place, ("remove or rename one of them",)))
        if matches:
            return _open(name, matches[0], place)
    guess = nearest(name, names(folders))
    searched = ", ".join((*(_show(folder) for folder in folders), "the built-in library"))
    help_ = f"did you mean '{guess}'? searched: {searched}" if guess else f"searched: {searched}"
    raise Refusal(Diagnostic("unknown-policy", f"unknown policy '{name}'", place, (help_,)))


def _matches(folder: Path, name: str) -> list[Path]:
    if not name or name.startswith(".") or any(c in name for c in "/\\\0"):
        return []
    candidates = [folder / f"{name}.yaml", folder / f"{name}.yml"]
    found = [path for path in candidates if os.path.isfile(path)]  # noqa: PTH113 - is False where Path raises
    if os.path.isdir(folder / name):  # noqa: PTH112 - likewise
        found.append(folder / name)
    return found


def _form(folder: Path) -> Form | None:
    """What a folder holds."""
    try:
        inside = {entry.name for entry in os.scandir(folder)}
    except OSError:
        return None
    if any(name.endswith((".tf", ".tf.json")) for name in inside):
        return Form.TERRAFORM
    return Form.KUSTOMIZATION if inside.intersection(KUSTOMIZATIONS) else None


def _show(path: Path) -> str:
    """A path as messages name it: relative where it is below the current folder."""
    if path.parent == BUILT_IN:
        return f"{_SHOWN}/{path.name}"
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _open(name: str, path: Path, place: Span) -> Policy:
    if not path.is_dir():
        state = path.stat()
        return _parse(name, path, (state.st_mtime_ns, state.st_size), place)
    form = _form(path)
    if form is None:
        message = f"policy '{name}' is a folder with neither Terraform nor a kustomization: '{_show(path)}'"
        raise Refusal(Diagnostic("empty-policy", message, place))
    return Policy(name, path, form)


@lru_cache(maxsize=256)
def _read(name: str, path: Path, _state: tuple[int, int]) -> tuple[Policy, tuple[Diagnostic, ...]]:
    """A policy's file and what is wrong with its text; read again only when it has changed."""
    from netpolspec.load.yaml_text import read_yaml

    source = read_source(path, shown=_show(path))
    documents, problems = read_yaml(Fragment(source, source.text))
    return Policy(name, path, Form.YAML, documents), problems


def _parse(name: str, path: Path, state: tuple[int, int], place: Span) -> Policy:
    try:
        policy, problems = _read(name, path, state)
    except Refusal as refusal:
        raise Refusal(*(replace(wrong, span=wrong.span or place) for wrong in refusal.diagnostics)) from None
    if problems:
        raise Refusal(*problems)
    if not policy.documents:
        raise Refusal(Diagnostic("empty-policy", f"policy '{name}' is empty: '{_show(path)}'", place))
    return policy


def declared(policy: Policy) -> dict[str, Variable]:
    """The variables that a policy declares, in the order of its text; none for folders.

    Raises:
        Refusal: a placeholder cannot be read, or one variable has two defaults.
    """
    variables: dict[str, Variable] = {}
    for value, document in policy.documents:
        for name, variable in find_variables(value, document).items():
            known = variables.setdefault(name, variable)
            if None not in (known.default, variable.default) and known.default != variable.default:
                message = f"variable '{name}' has two defaults: '{known.default}' and '{variable.default}'"
                raise Refusal(Diagnostic("bad-placeholder", message, variable.span))
            default = variable.default if known.default is None else known.default
            variables[name] = replace(known, default=default, many=known.many and variable.many)
    return variables


def instantiate(
    policy: Policy,
    variables: Mapping[str, Json],
    namespace: str | None,
    statement: Span,
    place: Span,
    *,
    places: Mapping[str, Span] | None = None,
) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """The objects of a policy with values for its variables.

    Args:
        policy: What `find` found.
        variables: Text, which may hold several values between commas, or what JSON had.
        namespace: Where its namespaced objects go; None: where the file says.
        statement: What asks for the policy, for notes beside messages about the policy's own text.
        place: What a message about the namespace points to.
        places: Where each variable was given; `statement` where it is not in it.

    Returns:
        The objects and every message; messages about the policy's text point into its file.
    """
    if policy.form is not Form.YAML:
        message = f"policy '{policy.name}' is {policy.form}, which this version of netpolspec does not read here"
        return (), (Diagnostic("not-available", message, statement),)
    try:
        known = declared(policy)
    except Refusal as refusal:
        return (), refusal.diagnostics
    asked = _Asked(policy, known, statement, places or {})
    values = asked.settle(variables)
    if asked.problems:
        return (), tuple(asked.problems)
    resources: list[Resource] = []
    problems: list[Diagnostic] = []
    for value, document in policy.documents:
        filled, instance = Filling(values, _schema).fill(value, document)
        for manifest, at in flatten(filled, Pointer(instance)):
            placed, wrong = _place(policy, manifest, namespace, at, place)
            problems += wrong
            if wrong:
                continue
            resource, wrong = understand(placed, at)
            problems += map(asked.blame, wrong)
            resources += [resource] if resource is not None else []
    return tuple(resources), (*problems, *repeated(resources))


def _schema(manifest: Mapping[str, Json]) -> Record | None:
    """The fields of an object, where it is one that is known."""
    kind = find_kind(str(manifest.get("apiVersion")), str(manifest.get("kind")))
    return None if kind is None else kind.schema


def _place(
    policy: Policy,
    manifest: Mapping[str, Any],
    namespace: str | None,
    at: Pointer,
    place: Span,
) -> tuple[Mapping[str, Any], tuple[Diagnostic, ...]]:
    """A manifest in the namespace that was asked for, and why it cannot be there."""
    metadata = manifest.get("metadata") if isinstance(manifest, dict) else None
    if not isinstance(metadata, dict) or not is_namespaced(str(manifest.get("apiVersion")), str(manifest.get("kind"))):
        return manifest, ()
    own = metadata.get("namespace")
    if namespace is not None and (wrong := check_label_name(namespace)):
        return manifest, (Diagnostic("bad-name", f"namespace '{namespace}' {wrong}", place),)
    if own is None and namespace is None:
        message = f"policy '{policy.name}' does not say in which namespace it is"
        help_ = "add 'in NAMESPACE', or set IN := NAMESPACE for all policies"
        return manifest, (Diagnostic("no-namespace", message, place, (help_,)),)
    if own is not None and namespace is not None and own != namespace:
        message = f"policy '{policy.name}' is in namespace '{own}' by its own file, not in '{namespace}'"
        note = Note("said here", at.at("metadata", "namespace").span)
        help_ = "leave out one of the two"
        return manifest, (Diagnostic("other-namespace", message, place, (help_,), (note,)),)
    return {**manifest, "metadata": {**metadata, "namespace": namespace if own is None else own}}, ()


@dataclass(slots=True)
class _Asked:
    """What was asked of a policy: settles the value of each variable."""

    policy: Policy
    known: Mapping[str, Variable]
    statement: Span
    places: Mapping[str, Span]
    problems: list[Diagnostic] = field(default_factory=list)

    def settle(self, given: Mapping[str, Json]) -> dict[str, Json]:
        """Every declared variable's value: a tuple for one that takes several."""
        listed = ", ".join(f"'{name}'" for name in self.known) or "no variables"
        for name in given:
            if name not in self.known:
                guess = nearest(name, self.known)
                close = (f"did you mean '{guess}'?",) if guess else ()
                message = f"policy '{self.policy.name}' has no variable '{name}'"
                self._say("unknown-variable", message, name, *close, f"it declares {listed}")
        values: dict[str, Json] = {}
        for name, variable in self.known.items():
            value = given.get(name, variable.default)
            if name not in given and value is None:
                message = f"policy '{self.policy.name}' needs a value for '{name}'"
                hint = f"add {name}=VALUE" + (", or several values with commas between them" if variable.many else "")
                note = Note("declared here", variable.span)
                self.problems.append(Diagnostic("missing-variable", message, self.statement, (hint,), (note,)))
            else:
                values[name] = self._many(name, value) if variable.many else self._one(variable, value)
        return values

    def blame(self, message: Diagnostic) -> Diagnostic:
        """A message about the policy's text; it points to the value that was given where that is what is wrong."""
        used = names_in(message.span.text) if message.span is not None else ()
        if message.span is None or not used:
            return replace(message, notes=(*message.notes, Note("asked for here", self.statement)))
        span = next((self.places[name] for name in used if name in self.places), self.statement)
        return replace(message, span=span, notes=(*message.notes, Note("the value goes here", message.span)))

    def _many(self, name: str, value: Json) -> tuple[Json, ...]:
        if isinstance(value, str):
            items: list[Json] = [part.strip() for part in value.split(",")] if value.strip() else []
        elif isinstance(value, (list, tuple)):
            items = list(value)
        else:
            items = [value]
        if not items:
            help_ = "give at least one value: without any, the rule could allow everybody"
            self._say("empty-list", f"the list for '{name}' is empty", name, help_)
        elif "" in items or None in items:
            self._say(
                "empty-list", f"the list for '{name}' has an empty item", name, "remove the comma, or add a value"
            )
        return tuple(items)

    def _one(self, variable: Variable, value: Json) -> Json:
        if isinstance(value, (list, tuple)):
            note = Note("declared here", variable.span)
            message = f"variable '{variable.name}' takes one value, not a list"
            span = self.places.get(variable.name, self.statement)
            help_ = "it does not stand in a list item that could be repeated"
            self.problems.append(Diagnostic("one-value", message, span, (help_,), (note,)))
        return value

    def _say(self, code: str, message: str, name: str, *help_: str) -> None:
        span = self.places.get(name, self.statement)
        self.problems.append(Diagnostic(code, message, span, help_))

"""Named policies: looking them up in folders and in the library that ships with netpolspec, and filling them in."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netpolspec.diagnostics import Diagnostic, Note, Refusal, nearest
from netpolspec.load.files import KUSTOMIZATIONS, SUFFIXES, read_source
from netpolspec.load.fragment import Fragment
from netpolspec.load.kinds import find_kind
from netpolspec.load.manifests import blame, flatten, repeated, understand
from netpolspec.load.names import check_label_name
from netpolspec.load.other_kinds import is_namespaced
from netpolspec.load.policy_values import Asked
from netpolspec.load.template import Filling, Variable, find_variables
from netpolspec.source import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from netpolspec.load.kustomize import Kustomizer
    from netpolspec.load.plain import Json
    from netpolspec.load.policy_modules import Order
    from netpolspec.load.resource import Resource
    from netpolspec.load.schema import Record
    from netpolspec.load.yaml_text import Plain, YamlDocument
    from netpolspec.source import Span

_PACKAGE = Path(__file__).parent.parent
_SHIPPED = _PACKAGE / "terraform"
BUILT_IN = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent / "terraform"
"""The library that ships with netpolspec, of Terraform modules; in a checkout it stands beside the package."""
SHOWN = "netpolspec/terraform"
"""How messages call its folder, wherever it is."""


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

    @property
    def built_in(self) -> bool:
        """Whether it ships with netpolspec."""
        return self.path.parent == BUILT_IN


def names(folders: Sequence[Path]) -> tuple[str, ...]:
    """The policies that folders and the built-in library hold, sorted."""
    found = {name for folder in folders for name in _list(folder)}
    return tuple(sorted(found.union(name for name in _list(BUILT_IN) if _holds_policy(BUILT_IN / name))))


def _holds_policy(folder: Path) -> bool:
    """Whether a module that ships with netpolspec is a policy; others make namespaces, or a cluster."""
    try:
        return 'resource "kubernetes_network_policy"' in (folder / "main.tf").read_text(encoding="utf-8")
    except OSError:
        return False


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
        Refusal: there is none, there are two in one folder, or it cannot be read.
    """
    for folder in (*folders, BUILT_IN):
        matches = [path for path in _matches(folder, name) if folder != BUILT_IN or _holds_policy(path)]
        if len(matches) > 1:
            listed = " and ".join(f"'{_show(path)}'" for path in matches)
            message = f"policy '{name}' is there twice: {listed}"
            raise Refusal(Diagnostic("ambiguous-policy", message, place, ("remove or rename one of them",)))
        if matches:
            return _open(name, matches[0], place)
    known = names(folders)
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - of a name, not of a path
    guess = None if "/" in name else stem if stem in known else nearest(name, known)
    searched = ", ".join((*(_show(folder) for folder in folders), "the built-in library"))
    help_ = [f"did you mean '{guess}'? searched: {searched}" if guess else f"searched: {searched}"]
    if "/" in name or (suffix in SUFFIXES and not guess):
        help_.append(f"a policy is called by its name; what gives a file is 'given manifest \"{name}\"'")
    raise Refusal(Diagnostic("unknown-policy", f"unknown policy '{name}'", place, tuple(help_)))


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
        return f"{SHOWN}/{path.name}"
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
    kustomizer: Kustomizer | None = None,
) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """The objects of a policy with values for its variables.

    Args:
        policy: What `find` found.
        variables: Text, which may hold several values between commas, or what JSON had.
        namespace: Where its namespaced objects go; None: where the file says.
        statement: What asks for the policy, for notes beside messages about the policy's own text.
        place: What a message about the namespace points to.
        places: Where each variable was given; `statement` where it is not in it.
        kustomizer: Renders kustomizations; remembers those that it has rendered.

    Returns:
        The objects and every message; messages about the policy's text point into its file.
    """
    if policy.built_in:
        return order(policy, variables, namespace, statement, place, places=places).read()
    assert policy.form is not Form.TERRAFORM, "load.terraform reads these"  # noqa: S101
    try:
        known = declared(policy)
    except Refusal as refusal:
        return (), refusal.diagnostics
    asked = Asked(policy.name, known, statement, places or {})
    values = asked.settle(variables)
    if asked.problems:
        return (), tuple(asked.problems)
    if policy.form is Form.KUSTOMIZATION:
        return _render(policy, namespace, statement, place, kustomizer)
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


def order(
    policy: Policy,
    variables: Mapping[str, Json],
    namespace: str | None,
    statement: Span,
    place: Span,
    *,
    places: Mapping[str, Span] | None = None,
) -> Order:
    """What is asked of a policy that ships with netpolspec; see `instantiate`."""
    from netpolspec.load.policy_modules import Order

    return Order(policy.name, policy.path, _show(policy.path), variables, namespace, statement, place, places or {})


def _render(
    policy: Policy, namespace: str | None, statement: Span, place: Span, kustomizer: Kustomizer | None
) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """The objects of a kustomization; what kustomize calls `$(NAME)` is its own affair."""
    from netpolspec.load.kustomize import Kustomizer
    from netpolspec.load.yaml_text import read_yaml

    try:
        source = (kustomizer or Kustomizer()).render(policy.path, place=statement, shown=_show(policy.path))
    except Refusal as refusal:
        return (), refusal.diagnostics
    documents, wrong = read_yaml(Fragment(source, source.text))
    resources: list[Resource] = []
    problems = [blame(problem, statement) for problem in wrong]
    for value, document in documents:
        for manifest, at in flatten(value, Pointer(document)):
            placed, misplaced = _place(policy, manifest, namespace, at, place)
            problems += misplaced
            if misplaced:
                continue
            resource, wrong = understand(placed, at)
            problems += (blame(problem, statement) for problem in wrong)
            resources += [resource] if resource is not None else []
    problems += (blame(problem, statement) for problem in repeated(resources))
    if not (resources or problems):
        problems.append(Diagnostic("empty-policy", f"policy '{policy.name}' renders no object", statement))
    return tuple(resources), tuple(problems)


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

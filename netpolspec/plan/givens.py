"""What each `given` brings into the world."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, assert_never

from netpolspec.diagnostics import Diagnostic, Note, Refusal, Severity
from netpolspec.load import library
from netpolspec.load.files import why_no_folder
from netpolspec.load.kustomize import Kustomizer
from netpolspec.load.manifests import read_path, read_text
from netpolspec.plan.document import TerraformBlock
from netpolspec.plan.expand import Names, expand_word, split_words
from netpolspec.plan.manifests import make_namespace, make_service, make_workload
from netpolspec.plan.words import Setting, read_labels
from netpolspec.plan.world import Brought
from netpolspec.syntax.ast import (
    GivenCluster,
    GivenHelm,
    GivenManifest,
    GivenNamespace,
    GivenPolicy,
    GivenService,
    GivenTerraform,
    GivenWorkload,
    Heredoc,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from netpolspec.load.helm import Renderer
    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Resource
    from netpolspec.load.terraform.values import Request
    from netpolspec.plan.files import Input
    from netpolspec.source import Span
    from netpolspec.syntax.ast import Given

ReadCluster: TypeAlias = "Callable[[], tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]]"
"""Reads a cluster: its objects, marked as existing, and warnings; raises Refusal."""
POLICIES = "policies"
"""The folder beside a spec in which its policies are looked up where POLICY_PATH does not say otherwise."""


@dataclass(slots=True)
class Givens:
    """Reads what `given`s name; each file is read once a run."""

    policy_path: tuple[Path, ...] = ()
    """Folders from the settings, searched after the spec's own and before the library."""
    terraform: str = "static"
    """Who may say what a Terraform module means: `auto`, `plan` or `static`."""
    cluster: ReadCluster | None = None
    """Reads what `given cluster` means; None: no cluster is asked, and nobody knows what it holds."""
    spoke: dict[str, str] = field(default_factory=dict)
    """By Terraform folder: who said what it means."""
    secrets: set[str] = field(default_factory=set)
    """The text of sensitive values that were met."""
    warnings: list[Diagnostic] = field(default_factory=list)
    asked: list[tuple[Span, Brought]] = field(default_factory=list)
    """Every statement that brings in what stands elsewhere."""
    _manifests: dict[Path, tuple[Resource, ...]] = field(default_factory=dict)
    _policies: dict[tuple[Path, str, str | None], tuple[Resource, ...]] = field(default_factory=dict)
    _awaited: dict[tuple[str, str], tuple[Request, Brought]] = field(default_factory=dict)
    _kustomizer: Kustomizer = field(default_factory=Kustomizer)
    _charts: Renderer | None = None
    _there: Brought | None = None
    _silent: set[str] = field(default_factory=set)
    """The folders of modules that ship with netpolspec: it goes without saying who reads them."""

    def read(self, given: Given, names: Names, file: Input, root: Input) -> Brought:
        """The objects of one `given`, those of Terraform after `settle`; warnings are kept.

        Raises:
            Refusal: something in it is wrong.
        """
        match given:
            case GivenTerraform():
                brought = self._terraform(given, names, file)
            case GivenPolicy():
                brought = self._policy(given, names, file, root)
            case GivenCluster():
                brought = self._cluster(given)
            case _:
                brought = Brought(self._at_once(given, names, file))
        if isinstance(given, GivenTerraform | GivenPolicy | GivenManifest | GivenHelm):
            self.asked.append((given.span, brought))
        return brought

    def settle(self) -> tuple[Diagnostic, ...]:
        """Ask Terraform's reader for everything that was awaited, all at once; what it says against it is returned."""
        waiting = [(request, brought) for request, brought in self._awaited.values() if not brought.settled]
        if not waiting:
            return ()
        from netpolspec.load.terraform.read import Mode, read_terraform

        found: list[Diagnostic] = []
        readings = read_terraform([request for request, _ in waiting], Mode(self.terraform))
        for (request, brought), reading in zip(waiting, readings, strict=True):
            brought.settled = True
            brought.resources = reading.resources
            brought.failed = any(each.severity is Severity.ERROR for each in reading.diagnostics)
            found += reading.diagnostics
            self.secrets |= reading.secrets
            if request.folder in self._silent:
                continue
            self.spoke[request.folder] = f"{reading.reader} ({reading.why})" if reading.why else str(reading.reader)
        return tuple(found)

    def take_warnings(self) -> tuple[Diagnostic, ...]:
        """The warnings since the last time."""
        taken = tuple(self.warnings)
        self.warnings.clear()
        return taken

    def _at_once(self, given: Given, names: Names, file: Input) -> tuple[Resource, ...]:
        match given:
            case GivenNamespace():
                return self._one(make_namespace(given, names))
            case GivenWorkload():
                return self._one(make_workload(given, names))
            case GivenService():
                return self._one(make_service(given, names))
            case GivenManifest():
                return self._manifest(given, names, file)
            case GivenPolicy() | GivenTerraform() | GivenCluster():
                raise AssertionError(given)
            case GivenHelm():
                return self._helm(given, names, file)
            case _:
                assert_never(given)

    def _one(self, made: tuple[Resource | None, tuple[Diagnostic, ...]]) -> tuple[Resource, ...]:
        resource, diagnostics = made
        self._sift(diagnostics)
        return (resource,) if resource is not None else ()

    def _sift(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        """Keep the warnings.

        Raises:
            Refusal: there are errors.
        """
        self.warnings.extend(d for d in diagnostics if d.severity is Severity.WARNING)
        errors = [d for d in diagnostics if d.severity is Severity.ERROR]
        if errors:
            raise Refusal(*errors)

    def _manifest(self, given: GivenManifest, names: Names, file: Input) -> tuple[Resource, ...]:
        if isinstance(given.what, Heredoc):
            here = given.what
            resources, diagnostics = read_text(file.source, text=here.text, line=here.line, indent=here.indent)
            self._sift(diagnostics)
            if not resources:
                raise Refusal(Diagnostic("empty-manifest", "this manifest holds no object", given.span))
            return resources
        shown = expand_word(given.what, names)
        if "://" in shown:
            message = f"'{shown}' would have to be fetched, and nothing is fetched when specs are read"
            raise Refusal(Diagnostic("unreadable-file", message, given.what.span, ("keep a copy of it here",)))
        path = file.folder / shown
        if path not in self._manifests:
            resources, diagnostics = read_path(
                path, place=given.what.span, shown=_shown(shown, file), kustomizer=self._kustomizer
            )
            self._sift(diagnostics)
            if not resources:
                message = f"'{shown}' holds no Kubernetes object"
                raise Refusal(Diagnostic("empty-manifest", message, given.what.span))
            self._manifests[path] = resources
        return self._manifests[path]

    def _cluster(self, given: GivenCluster) -> Brought:
        """What a cluster holds already; it is read once."""
        if self._there is None and self.cluster is None:
            self._there = Brought(unknown=True)
        elif self._there is None and self.cluster is not None:
            try:
                resources, diagnostics = self.cluster()
            except Refusal as refusal:
                placed = (replace(each, span=each.span or given.span) for each in refusal.diagnostics)
                raise Refusal(*placed) from None
            self._sift(diagnostics)
            self._there = Brought(resources)
        assert self._there is not None  # noqa: S101 - one of the two has made it
        return self._there

    def _helm(self, given: GivenHelm, names: Names, file: Input) -> tuple[Resource, ...]:
        from netpolspec.load.helm import Release, Renderer, Value

        shown = expand_word(given.chart, names)
        values = [(expand_word(word, names), word.span) for word in given.values]
        release = Release(
            file.folder / shown,
            shown if "://" in shown else _shown(shown, file),
            given.chart.span,
            expand_word(given.release, names) if given.release is not None else None,
            expand_word(given.namespace, names) if given.namespace is not None else None,
            tuple((file.folder / name, _shown(name, file), span) for name, span in values),
            tuple(Value(each.key, each.value, each.quoted) for each in read_labels(given.settings, names)),
        )
        self._charts = self._charts or Renderer()
        resources, diagnostics = self._charts.render(release)
        self._sift(diagnostics)
        return resources

    def _terraform(self, given: GivenTerraform, names: Names, file: Input) -> Brought:
        shown = expand_word(given.what, names)
        path = file.folder / shown
        name = _shown(shown, file)
        if given.plan:
            from netpolspec.load.terraform.plan_file import read_plan_json

            reading = read_plan_json(path, given.what.span, name)
            self.secrets |= reading.secrets
            self._sift(reading.diagnostics)
            self.spoke[name] = str(reading.reader)
            return Brought(reading.resources)
        settings = read_labels(given.variables, names)
        return self._await(path, name, given.what.span, settings)

    def _await(self, path: Path, shown: str, place: Span, settings: tuple[Setting, ...], **more: Json) -> Brought:
        """A Terraform module of the user's that is to be read with all others."""
        from netpolspec.load.terraform.values import Request

        variables = {setting.key: _variable(setting) for setting in settings} | more
        places = {setting.key: setting.value_span for setting in settings}
        folder = os.path.relpath(path) if not path.is_absolute() else shown
        return self._await_request(Request(folder, place, variables, places))

    def _await_request(self, request: Request, *, silent: bool = False) -> Brought:
        """What a module brings once all are read; where `silent`, nobody asks who said so."""
        key = (request.folder, json.dumps(request.variables, sort_keys=True))
        if key not in self._awaited:
            self._awaited[key] = (request, Brought(settled=False))
            self._silent |= {request.folder} if silent else set()
        return self._awaited[key][1]

    def _policy(self, given: GivenPolicy, names: Names, file: Input, root: Input) -> Brought:
        name = expand_word(given.name, names)
        held = file.document.find(name, given.name.span) if file.document is not None else None
        if isinstance(held, TerraformBlock):
            return self._block(held, given, names)
        try:
            policy = held or library.find(name, self._folders(given, names, file, root), given.name.span)
        except Refusal as refusal:
            raise _with_blocks(refusal, name, file) from None
        settings = read_labels(given.variables, names)
        variables = {setting.key: _variable(setting) for setting in settings}
        places = {setting.key: setting.value_span for setting in settings}
        namespace, place = _namespace(given, names)
        if policy.form is library.Form.TERRAFORM:
            namespace = _namespace_of_module(given, policy, namespace, settings)
            if not policy.built_in:
                more: dict[str, Json] = {"namespace": namespace} if namespace is not None else {}
                return self._await(policy.path, str(policy.path), given.name.span, settings, **more)
            if self.terraform == "plan":
                order = library.order(policy, variables, namespace, given.span, place, places=places)
                return self._await_request(order.request(), silent=True)
        # Scenarios that give the same policy share its objects, and so the models and lookups made from them.
        key = (policy.path, json.dumps(variables, sort_keys=True), namespace)
        if key not in self._policies:
            resources, diagnostics = library.instantiate(
                policy, variables, namespace, given.span, place, places=places, kustomizer=self._kustomizer
            )
            self._sift(diagnostics)
            if not any(resource.is_policy for resource in resources):
                others = ", ".join(str(resource.key) for resource in resources)
                message = f"policy '{name}' holds no policy, but {others}"
                help_ = "other objects are given with 'given manifest'"
                raise Refusal(Diagnostic("empty-policy", message, given.name.span, (help_,)))
            self._policies[key] = resources
        return Brought(self._policies[key])

    def _block(self, held: TerraformBlock, given: GivenPolicy, names: Names) -> Brought:
        """A policy that a document declares in Terraform; terraform itself is not asked about pieces of documents."""
        settings = read_labels(given.variables, names)
        variables = {setting.key: _variable(setting) for setting in settings}
        namespace, _ = _namespace(given, names)
        if namespace is not None and (given.namespace is not None or held.declares("namespace")):
            variables["namespace"] = namespace
        resources, diagnostics, secrets = held.read(
            variables, {each.key: each.value_span for each in settings}, given.name.span
        )
        self.secrets |= secrets
        self._sift(diagnostics)
        return Brought(resources)

    def _folders(self, given: GivenPolicy, names: Names, file: Input, root: Input) -> tuple[Path, ...]:
        """Where policies are looked up, nearest first; the library that ships with netpolspec comes last.

        Raises:
            Refusal: POLICY_PATH names what is no folder: a policy of the same name could be found further on.
        """
        variable = names.scope.variables.get("POLICY_PATH")
        folders: list[Path] = []
        if variable is not None:
            text = names.value("POLICY_PATH", file.source.span(0, 0), ())
            named = [part for word in split_words(text) for part in word.split(":") if part]
            folders += [root.folder / part for part in named]
            place = variable.span or given.name.span
            wrong = [why_no_folder(folder, _shown(part, root)) for folder, part in zip(folders, named, strict=True)]
            if any(wrong):
                told = (each for each in wrong if each is not None)
                what = "POLICY_PATH names folders in which policies are looked up"
                raise Refusal(*(Diagnostic("unreadable-file", why, place, (*help_, what)) for why, help_ in told))
        else:
            folders += [file.folder / POLICIES, root.folder / POLICIES]
        return tuple(dict.fromkeys((*folders, *self.policy_path)))


def _namespace(given: GivenPolicy, names: Names) -> tuple[str | None, Span]:
    """Where a policy goes, and what says so."""
    if given.namespace is not None:
        return expand_word(given.namespace, names), given.namespace.span
    if "IN" in names.scope.variables:
        return names.value("IN", given.name.span, ()), given.name.span
    return None, given.name.span


def _namespace_of_module(
    given: GivenPolicy, policy: library.Policy, namespace: str | None, settings: tuple[Setting, ...]
) -> str | None:
    """The namespace that a module is given: its variable of that name may be given as any other.

    Raises:
        Refusal: it is given twice, and differently.
    """
    by_name = next((each for each in settings if each.key == "namespace"), None)
    if by_name is not None and given.namespace is not None and by_name.value != namespace:
        message = f"policy '{policy.name}' is put into two namespaces: '{namespace}' and '{by_name.value}'"
        note = Note("said here", given.namespace.span)
        raise Refusal(
            Diagnostic("other-namespace", message, by_name.value_span, ("leave out one of the two",), (note,))
        )
    if by_name is not None:
        return None
    if given.namespace is None and not policy.built_in and namespace is not None:
        from netpolspec.load.policy_modules import declares

        return namespace if declares(policy.path, "namespace") else None
    return namespace


def _variable(setting: Setting) -> Json:
    """A policy's variable: JSON where the value begins with a bracket, else the text."""
    if setting.quoted or setting.value[:1] not in {"[", "{"}:
        return setting.value
    try:
        value: Json = json.loads(setting.value)
    except (json.JSONDecodeError, RecursionError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else "not JSON"
        message = f"the value of '{setting.key}' is {what}"
        hints = ('a list looks like ["ms-a","ms-b"]', "put it in double quotes if it is meant as text")
        at = error.pos if isinstance(error, json.JSONDecodeError) else 0
        before = setting.value[:at].rstrip()
        if before.endswith(",") and setting.value[at : at + 1] in {"]", "}"}:
            at = len(before) - 1  # the comma is too much: Python says so itself from 3.13 on
        start = min(setting.value_span.start + at, setting.value_span.end - 1)
        place = setting.value_span.source.span(start, start + 1)
        raise Refusal(Diagnostic("bad-json", message, place, hints)) from None
    return value


def _shown(shown: str, file: Input) -> str:
    """A manifest's path in the style in which its spec was named."""
    return str(Path(file.source.path).parent / shown) if file.path is not None else shown


def _with_blocks(refusal: Refusal, name: str, file: Input) -> Refusal:
    """A policy that is not there, which may be one of a document's blocks."""
    if file.document is None:
        return refusal
    hint = file.document.say_missed(name)
    missed = (replace(each, help=(*each.help, hint)) for each in refusal.diagnostics if each.code == "unknown-policy")
    return Refusal(*(tuple(missed) or refusal.diagnostics))

"""Terraform modules without terraform: evaluated here, strictly; what cannot be known is refused at its line."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Refusal
from netpolspec.load.hcl.calls import PLAN_HELP
from netpolspec.load.hcl.configuration import Configuration, ModuleCall, ResourceBlock, read_folder
from netpolspec.load.hcl.module import Module, Shared, check_conditions
from netpolspec.load.hcl.references import check_locals
from netpolspec.load.hcl.repetition import show_key, spread
from netpolspec.load.manifests import repeated, understand
from netpolspec.load.terraform.kubernetes import Conversion, unread
from netpolspec.load.terraform.lint import TRAP, set_traps, sprung_traps
from netpolspec.load.terraform.secrets import scrub
from netpolspec.load.terraform.types import TYPES, may_change_policies, schema_of, shape_of
from netpolspec.load.terraform.values import given_values
from netpolspec.source import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.load.hcl.module import Instance
    from netpolspec.load.resource import Resource
    from netpolspec.load.terraform.values import Request
    from netpolspec.source import Span


@dataclass(slots=True)
class Found:
    """What has been read so far."""

    resources: list[Resource] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    clusters: dict[str, Span] = field(default_factory=dict)
    """The provider configurations that resources belong to, each with the first that does."""

    def finish(self) -> Found:
        """Itself, in the order in which it is shown: namespaces first, every message once, secrets hidden."""
        self.diagnostics += repeated(self.resources)
        traps: set[Span | None] = set()
        kept: dict[Diagnostic, None] = {}
        for each in self.diagnostics:
            if each.code != TRAP or each.span not in traps:  # a trap that is sprung need not be called set
                kept.setdefault(scrub(each, self.secrets))
            if each.code == TRAP:
                traps.add(each.span)
        self.diagnostics = sorted(kept, key=lambda each: each.order)
        self.resources.sort(key=lambda each: (each.key.kind != "Namespace", str(each.key)))
        return self


class Folders:
    """The folders of one reading, each read once."""

    def __init__(self) -> None:
        self._known: dict[Path, Configuration] = {}

    def root(self, folder: str, shown: str | None = None) -> Configuration:
        """The configuration of a root module; messages call the folder as it is given where `shown` is None."""
        return self._open(Path(folder).resolve(), folder if shown is None else shown)

    def called(self, call: ModuleCall, caller: Configuration) -> Configuration:
        """The configuration of a module that another one calls; raises Refusal where it is not a local folder."""
        if not call.source.startswith(("./", "../")) and call.source not in (".", ".."):
            message = f"module '{call.name}' is not in a local folder: needs terraform"
            help_ = "a local folder begins with './' or '../'"
            raise Refusal(Diagnostic("terraform-remote-module", message, call.source_span, (PLAN_HELP, help_)))
        folder = (caller.folder / call.source).resolve()
        if not folder.is_dir():
            message = f"module '{call.name}' has no folder '{call.source}'"
            raise Refusal(Diagnostic("terraform-module", message, call.source_span))
        try:
            return self._open(folder, os.path.normpath(f"{caller.shown}/{call.source}"))
        except Refusal as refusal:
            if all(diagnostic.code == "no-terraform" for diagnostic in refusal.diagnostics):
                message = f"module '{call.name}' has a folder without Terraform files: '{call.source}'"
                raise Refusal(Diagnostic("no-terraform", message, call.source_span)) from None
            raise

    def _open(self, folder: Path, shown: str) -> Configuration:
        if folder not in self._known:
            configuration = read_folder(folder, shown, shape_of)
            check_locals(configuration.locals)
            self._known[folder] = configuration
        return self._known[folder]


def read_static(request: Request, folders: Folders | None = None) -> Found:
    """The objects of a root module, as far as the model knows their kinds, and everything that is wrong with it.

    Args:
        request: The module, with values for its variables.
        folders: The folders that need not be read again; None: all are read.
    """
    found = Found()
    try:
        read_module(open_root(request, Folders() if folders is None else folders, found), found)
    except Refusal as refusal:
        found.diagnostics += refusal.diagnostics
    except RecursionError:
        message = "an expression of this module is too deep to be evaluated"
        found.diagnostics.append(Diagnostic("too-deep", message, request.place))
    if len(found.clusters) > 1:
        found.diagnostics.append(_several_clusters(found.clusters))
    return found.finish()


def open_root(request: Request, folders: Folders, found: Found) -> Module:
    """The root module with its values; warnings go to what is found, errors are raised as Refusal."""
    path = Path(request.folder)
    if not path.is_dir():
        what = "is a file, not a folder" if path.exists() else "does not exist"
        raise Refusal(Diagnostic("unreadable-file", f"'{request.folder}' {what}", request.place))
    try:
        configuration = folders.root(request.folder, request.shown)
    except Refusal as refusal:
        raise Refusal(*(_placed(each, request.place) for each in refusal.diagnostics)) from None
    given, warnings = given_values(configuration, request)
    found.diagnostics += warnings
    shared = Shared(configuration.folder, schema_of, folders.called)
    return Module(configuration, shared, given=given)


def _placed(diagnostic: Diagnostic, place: Span) -> Diagnostic:
    if diagnostic.span is not None:
        return diagnostic
    return Diagnostic(diagnostic.code, diagnostic.message, place, diagnostic.help, diagnostic.notes)


def read_module(module: Module, found: Found) -> None:
    """The objects of a module and of those that it calls, and what is wrong with them."""
    for block in module.configuration.resources.values():
        _guard(found, lambda block=block: _read_resource(module, block, found))
        found.diagnostics += set_traps(block, module.configuration)
    for call in module.configuration.calls.values():
        _guard(found, lambda call=call: _read_call(module, call, found))
    for name in module.configuration.variables:
        _check_variable(module, name, found)


def _guard(found: Found, action: object) -> None:
    try:
        action()  # type: ignore[operator]
    except Refusal as refusal:
        found.diagnostics += refusal.diagnostics


def _read_call(module: Module, call: ModuleCall, found: Found) -> None:
    for _, child in module.children(call):
        read_module(child, found)


def _check_variable(module: Module, name: str, found: Found) -> None:
    """Says what is wrong with a value even where no object needs it; that it cannot be known does not matter then."""
    try:
        module.variable(name)
    except Refusal as refusal:
        wrong = ("terraform-validation", "terraform-variable-type")
        found.diagnostics += (each for each in refusal.diagnostics if each.code in wrong)


def _read_resource(module: Module, block: ResourceBlock, found: Found) -> None:
    if schema_of(block.type) is None:
        if may_change_policies(block.type) and any(True for _ in _instances(module, block)):
            raise unread(block.type, module.qualify(block.address), block.span)
        return
    check_conditions(module, block)
    for instance in module.instances(block):
        cluster = block.provider.span.text if block.provider is not None else module.cluster
        found.clusters.setdefault(cluster, block.span)
        address = module.qualify(f"{block.address}{show_key(instance.key)}")
        resources, diagnostics = convert_instance(block.type, address, instance, found.secrets)
        found.resources += resources
        found.diagnostics += diagnostics


def _instances(module: Module, block: ResourceBlock) -> Iterator[object]:
    return spread(block.count, block.for_each, module.scope, block.span)


def convert_instance(
    type_: str, address: str, instance: Instance, secrets: set[str]
) -> tuple[list[Resource], list[Diagnostic]]:
    """The objects of one instance of a resource whose type is read, and what is wrong with them."""
    conversion = Conversion(address, secrets)
    if type_ in TYPES:
        held, document = conversion.manifest(TYPES[type_], instance.values, instance.place)
    else:
        value, document = conversion.any_manifest(instance.values, instance.place)
        held = value  # type: ignore[assignment]
    if conversion.problems:
        return [], conversion.problems
    diagnostics = list(sprung_traps(instance.values, instance.place))
    resource, wrong = understand(held, Pointer(document))
    diagnostics += wrong
    return ([] if resource is None else [resource]), diagnostics


def _several_clusters(clusters: dict[str, Span]) -> Diagnostic:
    (first, first_span), (second, second_span), *_ = clusters.items()

    def name(cluster: str) -> str:
        return f"'{cluster}'" if cluster else "the default provider"

    message = f"objects go to two clusters: {name(first)} and {name(second)}"
    notes = (Note("the first", first_span),)
    return Diagnostic("terraform-clusters", message, second_span, ("read one of them at a time",), notes)

"""A module while it is evaluated: each variable, local value, output and resource once, when something asks for it.

Nothing is evaluated that no policy, namespace, workload or Service depends on: what cannot be known here may stand
in such places.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.diagnostics import Diagnostic, Refusal, nearest
from netpolspec.load.hcl.blocks import BlockSchema, Place, decode
from netpolspec.load.hcl.calls import PLAN_HELP
from netpolspec.load.hcl.evaluation import evaluate, take_step
from netpolspec.load.hcl.repetition import Key, show_key, spread
from netpolspec.load.hcl.scope import Scope
from netpolspec.load.hcl.tree import GetAttr, Index
from netpolspec.load.hcl.values import ObjectValue, TupleValue, Unknown, Value, hide, make_object
from netpolspec.load.hcl.variables import check, fit, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from netpolspec.load.hcl.configuration import Configuration, ModuleCall, ResourceBlock, Variable
    from netpolspec.load.hcl.tree import Expr, Name
    from netpolspec.source import Span

Schemas: TypeAlias = "Callable[[str], BlockSchema | None]"
_OWN_ROOTS = ("var", "local", "module", "data", "path", "terraform", "each", "count", "self")


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a resource: all of it, or the one of a key of `count` or `for_each`."""

    key: Key
    values: ObjectValue
    place: Place


@dataclass(slots=True)
class Shared:
    """What the modules of one reading have in common."""

    root: Path
    schemas: Schemas
    open_folder: Callable[[ModuleCall, Configuration], Configuration]
    active: list[str] = field(default_factory=list)
    """What is being evaluated, outermost first: a repetition is a cycle."""


@dataclass(eq=False, slots=True)
class Module:
    """One instance of a module."""

    configuration: Configuration
    shared: Shared
    address: str = ""
    """`module.tenants["a"]`; empty for the root."""
    path: str = "."
    """What `path.module` is."""
    arguments: Mapping[str, tuple[Expr, Scope]] = field(default_factory=dict)
    """Of a child, the expressions that the call gives for variables."""
    given: Mapping[str, tuple[Value, Span]] = field(default_factory=dict)
    """Of the root, values from outside, and where they are given."""
    above: tuple[Path, ...] = ()
    """The folders of the modules that it is called from."""
    cluster: str = ""
    """Which provider configuration resources belong to that name none."""
    _known: dict[str, Value | tuple[Instance, ...]] = field(default_factory=dict)
    _children: dict[str, tuple[tuple[Key, Module], ...]] = field(default_factory=dict)

    def folder(self) -> Path:
        """Where relative paths of functions begin."""
        return self.shared.root

    @property
    def scope(self) -> Scope:
        """What expressions of the module see."""
        return Scope(self)

    def qualify(self, name: str) -> str:
        """An address within the module, from the root."""
        return f"{self.address}.{name}" if self.address else name

    def _refuse_recursion(self, call: ModuleCall, folder: Path) -> None:
        if folder in (*self.above, self.configuration.folder):
            message = f"module '{call.name}' calls itself"
            raise Refusal(Diagnostic("terraform-cycle", message, call.source_span))

    # --- declarations ---------------------------------------------------------------------------------------------

    def variable(self, name: str) -> Value:
        """A variable's value."""
        return self._once(f"var.{name}", lambda: self._settle(self.configuration.variables[name]))

    def _settle(self, variable: Variable) -> Value:
        raw, place = self._raw(variable)
        value, place = fit(variable, raw, place)
        if not isinstance(raw, Unknown):
            self._known[f"var.{variable.name}"] = value  # its own validations see it
            validate(variable, self.scope, place)
        return value

    def _raw(self, variable: Variable) -> tuple[Value, Span]:
        """What is given for a variable, or its default, and where that stands."""
        if variable.name in self.given:
            return self.given[variable.name]
        if variable.name in self.arguments:
            expr, scope = self.arguments[variable.name]
            return evaluate(expr, scope), expr.span
        if variable.default is not None:
            return evaluate(variable.default, Scope(None)), variable.default.span
        if self.address:
            message = f"variable '{variable.name}' of '{self.address}' has no value"
            raise Refusal(Diagnostic("terraform-argument", message, variable.span))
        help_ = (f"give {variable.name}=VALUE, or set it in terraform.tfvars",)
        message = f"variable '{variable.name}' has no value"
        raise Refusal(Diagnostic("terraform-variable", message, variable.span, help_))

    def local(self, name: str) -> Value:
        """A local value."""
        return self._once(f"local.{name}", lambda: evaluate(self.configuration.locals[name].value, self.scope))

    def output(self, name: str) -> Value:
        """An output's value."""

        def make() -> Value:
            declared = self.configuration.outputs[name]
            value = evaluate(declared.value, self.scope)
            return hide(value) if declared.sensitive and not isinstance(value, Unknown) else value

        return self._once(f"output.{name}", make)

    def _once(self, name: str, make: Callable[[], Value]) -> Value:
        if name not in self._known:
            self._enter(name)
            try:
                self._known[name] = make()
            finally:
                self.shared.active.pop()
        value = self._known[name]
        assert not isinstance(value, tuple)  # noqa: S101 - resources have names of their own
        return value

    def _enter(self, name: str) -> None:
        address = self.qualify(name)
        active = self.shared.active
        if address in active:
            ring = active[active.index(address) :]
            prefix = self.qualify("")
            if all(each.startswith(prefix) for each in ring):  # the same, wherever it was entered
                first = ring.index(min(ring))
                ring = ring[first:] + ring[:first]
                name = ring[0].removeprefix(prefix)
            shown = " -> ".join([*ring, ring[0]])
            raise Refusal(Diagnostic("terraform-cycle", f"cycle: {shown}", self._span_of(name)))
        active.append(address)

    def _span_of(self, name: str) -> Span | None:
        kind, _, rest = name.partition(".")
        found = self.configuration
        match kind:
            case "var":
                return found.variables[rest].span
            case "local":
                return found.locals[rest].name_span
            case "output":
                return found.outputs[rest].span
            case "module":
                return found.calls[rest].span
            case _:
                return found.resources[kind, rest].span

    # --- resources and modules ------------------------------------------------------------------------------------

    def instances(self, block: ResourceBlock) -> tuple[Instance, ...]:
        """The instances of a resource whose schema is known."""
        name = block.address
        if name not in self._known:
            schema = self.shared.schemas(block.type)
            assert schema is not None  # noqa: S101 - the caller asks for known types only
            self._enter(name)
            try:
                made = []
                for key, scope in spread(block.count, block.for_each, self.scope, block.span):
                    values, place = decode(block.body, schema, scope, block.span)
                    made.append(Instance(key, values, place))
                self._known[name] = tuple(made)
            finally:
                self.shared.active.pop()
        found = self._known[name]
        assert isinstance(found, tuple)  # noqa: S101 - variables and the like have names of their own
        return found

    def children(self, call: ModuleCall) -> tuple[tuple[Key, Module], ...]:
        """The instances of a module that this one calls."""
        if call.name not in self._children:
            self._enter(f"module.{call.name}")
            try:
                self._children[call.name] = tuple(self._make_children(call))
            finally:
                self.shared.active.pop()
        return self._children[call.name]

    def _make_children(self, call: ModuleCall) -> list[tuple[Key, Module]]:
        configuration = self.shared.open_folder(call, self.configuration)
        self._refuse_recursion(call, configuration.folder)
        for name, attribute in call.arguments.items():
            if name not in configuration.variables:
                guess = nearest(name, configuration.variables)
                help_ = f"did you mean '{guess}'?" if guess else f"it has: {', '.join(configuration.variables)}"
                message = f"module '{call.name}' has no variable '{name}'"
                raise Refusal(Diagnostic("terraform-argument", message, attribute.name_span, (help_,)))
        made = []
        for key, scope in spread(call.count, call.for_each, self.scope, call.span):
            child = Module(
                configuration,
                self.shared,
                self.qualify(f"module.{call.name}{show_key(key)}"),
                posixpath.normpath(posixpath.join(self.path, call.source)),
                {name: (attribute.value, scope) for name, attribute in call.arguments.items()},
                above=(*self.above, self.configuration.folder),
                cluster=_cluster(call, self.cluster),
            )
            made.append((key, child))
        return made

    # --- references -----------------------------------------------------------------------------------------------

    def resolve(self, root: Name, steps: Sequence[GetAttr | Index], scope: Scope) -> tuple[Value, int]:  # noqa: C901 - one case for each kind
        """The value of a reference's beginning; see `Resolver`."""
        name = root.name
        if name in ("each", "count", "self"):
            help_ = f"'{name}' belongs to a resource or module with '{'count' if name == 'count' else 'for_each'}'"
            raise Refusal(Diagnostic("terraform-reference", f"there is no '{name}' here", root.span, (help_,)))
        if not steps or not isinstance(steps[0], GetAttr):
            raise self._undeclared(root, None)
        first = steps[0]
        match name:
            case "var" if first.name in self.configuration.variables:
                return self.variable(first.name), 1
            case "local" if first.name in self.configuration.locals:
                return self.local(first.name), 1
            case "module" if first.name in self.configuration.calls:
                return self._module(self.configuration.calls[first.name], steps, scope)
            case "data" | "ephemeral":
                return self._data(steps), len(steps)
            case "path":
                return self._path(first), 1
            case "terraform":
                help_ = f"{PLAN_HELP}, in which the workspace is 'default'"
                message = f"'terraform.{first.name}' is known to terraform only"
                return Unknown(Diagnostic("terraform-unknown", message, first.span, (help_,))), len(steps)
            case _:
                pass
        block = self.configuration.resources.get((name, first.name))
        if block is None:
            raise self._undeclared(root, first)
        if self.shared.schemas(block.type) is None:
            message = f"resource '{block.address}': only terraform knows its values"
            return Unknown(Diagnostic("terraform-unknown", message, first.span, (PLAN_HELP,))), len(steps)
        return self._resource(block), 1

    def _undeclared(self, root: Name, step: GetAttr | None) -> Refusal:
        found = self.configuration
        declared: dict[str, Mapping[str, object]] = {
            "var": found.variables,
            "local": found.locals,
            "module": found.calls,
        }
        if root.name in declared and step is not None:
            what = {"var": "variable", "local": "local value", "module": "module"}[root.name]
            guess = nearest(step.name, declared[root.name])
            help_ = (f"did you mean '{guess}'?",) if guess else ()
            return Refusal(Diagnostic("terraform-reference", f"unknown {what} '{step.name}'", step.span, help_))
        if step is not None and "_" in root.name:
            addresses = [block.address for block in found.resources.values()]
            guess = nearest(f"{root.name}.{step.name}", addresses)
            help_ = (f"did you mean '{guess}'?",) if guess else ()
            message = f"unknown resource '{root.name}.{step.name}'"
            return Refusal(Diagnostic("terraform-reference", message, step.span, help_))
        guess = nearest(root.name, _OWN_ROOTS)
        help_ = (f"did you mean '{guess}'?",) if guess else ("text stands in double quotes",)
        return Refusal(Diagnostic("terraform-reference", f"unknown name '{root.name}'", root.span, help_))

    def _data(self, steps: Sequence[GetAttr | Index]) -> Value:
        span = steps[-1].span
        of_a_cluster = isinstance(steps[0], GetAttr) and steps[0].name.startswith("kubernetes_")
        message = "data source: its value is in a cluster" if of_a_cluster else "data source: needs terraform"
        help_ = "make it a variable, and give that a value" if of_a_cluster else PLAN_HELP
        return Unknown(Diagnostic("terraform-data-source", message, span, (help_,)))

    def _path(self, step: GetAttr) -> Value:
        match step.name:
            case "module":
                return self.path
            case "root":
                return "."
            case _:
                message = f"'path.{step.name}' is known to terraform only"
                return Unknown(Diagnostic("terraform-unknown", message, step.span, (PLAN_HELP,)))

    def _resource(self, block: ResourceBlock) -> Value:
        made = self.instances(block)
        if block.count is not None:
            return TupleValue(tuple(_as_object(instance, block) for instance in made))
        if block.for_each is not None:
            return make_object({str(instance.key): _as_object(instance, block) for instance in made})
        return _as_object(made[0], block)

    def _module(self, call: ModuleCall, steps: Sequence[GetAttr | Index], scope: Scope) -> tuple[Value, int]:
        """An output where the reference goes so far, so that others need not be known; else all of them."""
        used = 1
        children = self.children(call)
        single = call.count is None and call.for_each is None
        if not single and len(steps) > 1 and isinstance(steps[1], Index):
            key = evaluate(steps[1].key, scope)
            children = tuple((known, child) for known, child in children if str(known) == str(key))
            if not children or isinstance(key, Unknown):
                keys = TupleValue(()) if call.count is not None else make_object({})
                return take_step(keys, steps[1], scope), 2
            used, single = 2, True
        if single and len(steps) > used and isinstance(step := steps[used], GetAttr):
            child = children[0][1]
            if step.name not in child.configuration.outputs:
                guess = nearest(step.name, child.configuration.outputs)
                help_ = (f"did you mean '{guess}'?",) if guess else ()
                message = f"module '{call.name}' has no output '{step.name}'"
                raise Refusal(Diagnostic("terraform-reference", message, step.span, help_))
            return child.output(step.name), used + 1
        objects = [
            (key, make_object({n: child.output(n) for n in child.configuration.outputs})) for key, child in children
        ]
        if single:
            return objects[0][1], used
        if call.count is not None:
            return TupleValue(tuple(value for _, value in objects)), used
        return make_object({str(key): value for key, value in objects}), used


def _as_object(instance: Instance, block: ResourceBlock) -> ObjectValue:
    message = f"'id' of '{block.address}' is known after apply: needs terraform"
    help_ = "metadata[0].name is known before"
    identity = Unknown(Diagnostic("terraform-unknown", message, block.span, (help_,)))
    return make_object({"id": identity, **instance.values.items}, instance.values.rest)


def _cluster(call: ModuleCall, own: str) -> str:
    """The provider configuration that a module's `providers` hands to it as `kubernetes`."""
    from netpolspec.load.hcl.tree import Literal, Name, ObjectCons

    if not isinstance(call.providers, ObjectCons):
        return own
    for key, value in call.providers.items:
        name = key.value if isinstance(key, Literal) else key.name if isinstance(key, Name) else None
        if name == "kubernetes":
            return value.span.text if isinstance(value, GetAttr) else ""
    return own


def check_conditions(module: Module, block: ResourceBlock) -> None:
    """The preconditions of a resource; raises Refusal where one is not met."""
    for condition in block.checks:
        try:
            check(condition, module.scope, f"a precondition of '{block.address}' is not met", condition.span)
        except Refusal as refusal:
            if not any(d.code == "terraform-unknown" for d in refusal.diagnostics):
                raise

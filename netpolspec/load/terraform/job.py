"""A root module on its way to terraform: what it consists of, the values of its variables, what can be said before."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.hcl.functions.encoding import to_json_text
from netpolspec.load.hcl.values import hide
from netpolspec.load.terraform.copy import local_modules
from netpolspec.load.terraform.kubernetes import gather_secrets
from netpolspec.load.terraform.static import Folders, Found, open_root

if TYPE_CHECKING:
    from netpolspec.load.hcl.configuration import Configuration
    from netpolspec.load.hcl.module import Module
    from netpolspec.load.terraform.values import Request


_LABELS_READ = re.compile(r"\bmetadata\b[^\n=]{0,40}\.labels\b")
"""`kubernetes_namespace.b.metadata[0].labels` and the like."""


@dataclass(slots=True)
class Job:
    """A root module with the local modules that it calls."""

    request: Request
    root: Module
    modules: list[Configuration]
    """The root first."""
    found: Found
    values: dict[str, Any] = field(default_factory=dict)
    """All values of its variables, as JSON."""

    @property
    def stands_alone(self) -> bool:
        """Whether it must be a root module to mean what it says."""
        if any(block.type == "import" for module in self.modules for block in module.others):
            return True
        words = ("path.root", "path.cwd", "terraform.workspace")
        return any(word in source.text for module in self.modules for source in module.sources for word in words)

    @property
    def names_providers(self) -> bool:
        """Whether it has several configurations of a provider, which only a root module may have."""
        blocks = [block for module in self.modules for block in module.others]
        aliased = any(block.type == "provider" and "alias" in block.body.attributes for block in blocks)
        return aliased or any("configuration_aliases" in s.text for module in self.modules for s in module.sources)

    @property
    def reads_labels(self) -> bool:
        """Whether something depends on the labels of its objects, so that a copy must not have others."""
        return any(_LABELS_READ.search(source.text) for module in self.modules for source in module.sources)

    @property
    def given(self) -> dict[str, Any]:
        """The values that a spec or a command line gives; those of its own files terraform finds by itself."""
        return {key: self.values[key] for key in self.request.variables}

    @property
    def arguments(self) -> dict[str, Any]:
        """All values as arguments of a `module` block in `.tf.json`, where text may be a template."""
        escaped: dict[str, Any] = _escaped(self.values)
        return escaped


def open_job(request: Request, found: Found) -> Job:
    """A root module, read; warnings go to what is found, errors are raised as Refusal."""
    folders = Folders()
    root = open_root(request, folders, found)
    modules = local_modules(root.configuration, folders.called)
    _check_values(root)
    values: dict[str, Any] = {}
    for name, (value, _) in root.given.items():
        values[name] = json.loads(to_json_text(value))
        if root.configuration.variables[name].sensitive:
            gather_secrets(hide(value), found.secrets)
    return Job(request, root, modules, found, values)


def _check_values(root: Module) -> None:
    """Refuse what terraform would ask its user for, and values of another type at the place where they are given."""
    problems: list[Diagnostic] = []
    for name, variable in root.configuration.variables.items():
        missing = variable.default is None and name not in root.given
        if missing or name in root.given:
            try:
                root.variable(name)
            except Refusal as refusal:
                problems += (each for each in refusal.diagnostics if missing or each.code == "terraform-variable-type")
    if problems:
        raise Refusal(*problems)


def _escaped(held: Any) -> Any:  # noqa: ANN401 - JSON
    """JSON in which no text is a template."""
    if isinstance(held, str):
        return held.replace("${", "$${").replace("%{", "%%{")
    if isinstance(held, list):
        return [_escaped(item) for item in held]
    if isinstance(held, dict):
        return {_escaped(name): _escaped(item) for name, item in held.items()}
    return held

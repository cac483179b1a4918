"""What this machine can do: which tools are installed, what each backend lacks, and the commands that fix it."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec import __version__
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.tools import DOCKER, HELM, KIND, KUBECTL, TERRAFORM, Found, engine, examine_all, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Program:
    """One tool, as it was found."""

    name: str
    version: str
    """Empty where it is not known."""
    needed_for: str
    problem: Diagnostic | None


@dataclass(frozen=True, slots=True)
class Ability:
    """One backend, or one kind of statement, and what it lacks."""

    name: str
    what: str
    lacks: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Checkup:
    """All that was found."""

    version: str
    python: str
    system: str
    programs: tuple[Program, ...]
    abilities: tuple[Ability, ...]
    notes: tuple[str, ...]

    def lacking(self, name: str) -> tuple[Diagnostic, ...]:
        """What a backend lacks; nothing: it can be used."""
        return next((each.lacks for each in self.abilities if each.name == name), ())


_NEEDED_FOR = {
    DOCKER.name: "--on kind",
    KIND.name: "--on kind",
    KUBECTL.name: "--on kind, --on cluster, kustomizations, `given cluster`",
    HELM.name: "`given helm`, --cni cilium",
    TERRAFORM.name: "`given terraform` and Terraform policies, run by Terraform itself",
}


def examine(environment: Mapping[str, str]) -> Checkup:
    """Look at the machine; nothing is changed, and whatever is wrong is in the answer. Takes seconds at most."""
    found = {each.tool.name: each for each in examine_all((DOCKER, KIND, KUBECTL, HELM, TERRAFORM))}
    contexts, trouble = _contexts(found[KUBECTL.name])
    return Checkup(
        version=__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        programs=tuple(_program(each) for each in found.values()),
        abilities=_abilities(found, trouble),
        notes=(*_engine_note(), *_context_notes(contexts), *_variables(environment)),
    )


def _program(found: Found) -> Program:
    version = show(found.version) if found.version else ""
    if found.detail:
        version = f"{version} ({found.detail})"
    problem = found.failure.diagnostic if found.failure else None
    return Program(found.tool.name, version, _NEEDED_FOR[found.tool.name], problem)


def _abilities(found: Mapping[str, Found], trouble: WorldFailed | None) -> tuple[Ability, ...]:
    def lacks(*names: str) -> tuple[Diagnostic, ...]:
        return tuple(failure.diagnostic for name in names if (failure := found[name].failure) is not None)

    # With podman or nerdctl as kind's engine, docker is not needed; kind itself says what is wrong with those.
    engines = (DOCKER.name,) if engine() == "docker" else ()
    no_contexts = (trouble.diagnostic,) if trouble is not None else ()
    return (
        Ability("model", "answers from the semantics, sends no packet", ()),
        Ability("kind", "makes a cluster and probes in it", lacks(*engines, KIND.name, KUBECTL.name)),
        Ability("cluster", "probes in a cluster that is there", (*lacks(KUBECTL.name), *no_contexts)),
        Ability("helm", "`given helm`, --cni cilium", lacks(HELM.name)),
        Ability("terraform", "Terraform modules, run by Terraform itself", lacks(TERRAFORM.name)),
    )


# --- what else is worth knowing -------------------------------------------------------------------------------------


def _contexts(kubectl: Found) -> tuple[tuple[str, ...], WorldFailed | None]:
    """The contexts that could be named with --context, and what is wrong with the kubeconfig."""
    if kubectl.failure is not None:
        return (), None
    from netpolspec.backends.access import contexts

    try:
        return contexts(), None
    except WorldFailed as failure:
        return (), failure


def _engine_note() -> tuple[str, ...]:
    if engine() == "docker":
        return ()
    return (f"KIND_EXPERIMENTAL_PROVIDER: kind uses {engine()} in docker's place",)


_SHOWN = 5


def _context_notes(contexts: tuple[str, ...]) -> tuple[str, ...]:
    if not contexts:
        return ()
    more = f" and {len(contexts) - _SHOWN} more" if len(contexts) > _SHOWN else ""
    return (f"contexts for --on cluster --context: {', '.join(contexts[:_SHOWN])}{more}",)


def _variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The settings that come from the environment, and whether the files that they name are there."""
    from pathlib import Path

    from netpolspec.setting_table import FILE_KEYS, KEYS

    notes = []
    for key in KEYS:
        name = f"NETPOLSPEC_{key.replace('-', '_').upper()}"
        value = environment.get(name)
        if value:
            missing = key in FILE_KEYS and "://" not in value and not Path(value).is_file()
            notes.append(f"{name}={value}" + (" (there is no such file)" if missing else ""))
    return tuple(notes)

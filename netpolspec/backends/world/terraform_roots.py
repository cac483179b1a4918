"""Root modules in a run's work folder: one that calls all modules which can be called, and one for each that cannot."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netpolspec.backends.marks import RUN
from netpolspec.backends.world.terraform_works import read_state
from netpolspec.load.terraform.command import Terraform
from netpolspec.load.terraform.copy import Style, copy_modules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from netpolspec.backends.world.terraform_works import Instance, Work
    from netpolspec.diagnostics import Diagnostic
    from netpolspec.load.resource import Key
    from netpolspec.load.terraform.copy import Copy
    from netpolspec.load.terraform.job import Job


@dataclass(slots=True)
class _Slot:
    """A call of a module in the root: a place that modules of the same folder take one after another."""

    name: str
    copy: Copy
    job: int
    """The module whose values it has, by identity."""
    active: bool = False


class SharedRoot:
    """One root module that calls all others; those that are not in force are called no times."""

    def __init__(self, work: Work, jobs: Mapping[int, Job], run_id: str) -> None:
        """Lay out copies of the modules' folders.

        Args:
            work: the run's work folder
            jobs: the modules, by the identity of what asks for them
            run_id: the value of the label that everything gets
        """
        self.folder = work.folder / "root"
        self.folder.mkdir()
        self._work = work
        self._jobs = jobs
        self._slots: list[_Slot] = []
        copies: dict[Path, Copy] = {}
        for at, job in jobs.items():
            folder = job.root.configuration.folder
            if folder not in copies:
                target = work.folder / f"c{len(copies)}"
                target.mkdir()
                copies[folder] = copy_modules(job.modules, target, _style(job, run_id, embedded=True))
            self._slots.append(_Slot(f"m{len(self._slots)}", copies[folder], at))
        files = {path: each for copy in copies.values() for path, each in copy.files.items()}
        secrets = frozenset(secret for job in jobs.values() for secret in job.found.secrets)
        place = next(iter(jobs.values())).request.place
        self._terraform = Terraform(
            self.folder, work.folder, work.kubeconfig, files, place, secrets=secrets, busy=work.busy
        )
        self._write()

    def init(self) -> None:
        """Install the providers; raises Refusal."""
        self._terraform.init()

    def apply(self, arguments: Sequence[str], timeout: float) -> Sequence[Diagnostic]:
        """Bring about what is in force; what is wrong."""
        return _apply(self._terraform, arguments, timeout)

    def instances(self) -> Iterator[tuple[int, Instance]]:
        """What terraform has made, each with its module."""
        slots = {slot.name: slot for slot in self._slots}
        for instance in read_state(self.folder):
            slot = slots.get(instance.module)
            if slot is not None and slot.active:
                yield slot.job, instance

    def successors(
        self, wanted: Collection[int], keys: Mapping[int, frozenset[Key]], made: Mapping[Key, int]
    ) -> Mapping[int, int]:
        """Which of the wanted modules take the place of which that are in force.

        Args:
            wanted: the modules that are to be in force
            keys: the objects of each
            made: which module has made which of the objects that are there
        """
        return {at: slot.job for at, slot in self._pair(wanted, keys, made) if slot.active and slot.job not in wanted}

    def assign(self, wanted: Collection[int], keys: Mapping[int, frozenset[Key]], made: Mapping[Key, int]) -> bool:
        """Have these modules in force and no others, with the next apply; whether anything changes by that."""
        before = [(slot.job, slot.active) for slot in self._slots]
        pairs = self._pair(wanted, keys, made)
        for slot in self._slots:
            slot.active = slot.active and slot.job in wanted
        for at, slot in pairs:
            slot.job, slot.active = at, True
        self._write()
        return before != [(slot.job, slot.active) for slot in self._slots]

    def _pair(
        self, wanted: Collection[int], keys: Mapping[int, frozenset[Key]], made: Mapping[Key, int]
    ) -> list[tuple[int, _Slot]]:
        """A slot for each module that comes: one of its folder, best one that has made the same objects."""
        here = {slot.job for slot in self._slots if slot.active}
        free = [slot for slot in self._slots if not (slot.active and slot.job in wanted)]
        pairs = []
        for at in (each for each in wanted if each in self._jobs and each not in here):
            own = keys.get(at, frozenset())

            def fitness(slot: _Slot, own: frozenset[Key] = own) -> tuple[int, bool]:
                common = sum(1 for key in own if slot.active and made.get(key) == slot.job)
                return common, not slot.active

            folder = self._jobs[at].root.configuration.folder
            best = max((s for s in free if self._jobs[s.job].root.configuration.folder == folder), key=fitness)
            free.remove(best)
            pairs.append((at, best))
        return pairs

    def _write(self) -> None:
        calls: dict[str, Any] = {}
        for slot in self._slots:
            source = f"../{slot.copy.root.relative_to(self._work.folder.resolve())}"
            calls[slot.name] = {"source": source, "count": int(slot.active), **self._jobs[slot.job].arguments}
        # Said in so many words, so that every version of the provider finds the cluster that is meant.
        provider = {"config_path": str(self._work.kubeconfig)}
        text = json.dumps({"provider": {"kubernetes": provider}, "module": calls}, indent=1)
        (self.folder / "main.tf.json").write_text(text, encoding="utf-8")


class AloneRoot:
    """A module that is a root module itself, with a state of its own."""

    def __init__(self, work: Work, name: str, job: Job, run_id: str) -> None:
        """Lay out a copy of the module's folder.

        Args:
            work: the run's work folder
            name: that of the copy in it
            job: the module
            run_id: the value of the label that everything gets
        """
        target = work.folder / name
        target.mkdir()
        copy = copy_modules(job.modules, target, _style(job, run_id, embedded=False))
        self.folder = copy.root
        self._values = work.folder / f"{name}.tfvars.json"
        self._values.write_text(json.dumps(job.given), encoding="utf-8")
        self._terraform = Terraform(
            copy.root,
            work.folder,
            work.kubeconfig,
            copy.files,
            job.request.place,
            dict(job.request.environment),
            frozenset(job.found.secrets),
            work.busy,
        )

    def init(self) -> None:
        """Install the providers; raises Refusal."""
        self._terraform.init()

    def apply(self, arguments: Sequence[str], timeout: float) -> Sequence[Diagnostic]:
        """Bring it about, or destroy it; what is wrong."""
        return _apply(self._terraform, (f"-var-file={self._values}", *arguments), timeout)

    def instances(self) -> tuple[Instance, ...]:
        """What terraform has made."""
        return read_state(self.folder)


def _style(job: Job, run_id: str, *, embedded: bool) -> Style:
    return Style(embedded=embedded, labels={} if job.reads_labels else {RUN: run_id})


def _apply(terraform: Terraform, arguments: Sequence[str], timeout: float) -> Sequence[Diagnostic]:
    finished = terraform.apply(arguments, timeout=timeout)
    return () if finished.ok else terraform.explain(finished)

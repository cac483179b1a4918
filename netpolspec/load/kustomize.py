"""Kustomizations: rendered by `kubectl kustomize`, which only reads files and is kept from the network."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Refusal
from netpolspec.load.files import find_kustomization, read_source
from netpolspec.load.fragment import Fragment
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.shell import Finished
    from netpolspec.source import Span

TIMEOUT = 60.0
"""Seconds: it reads files, and nothing else."""
_NOWHERE = "http://127.0.0.1:9"
"""The discard port of this machine."""
_OFFLINE = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), _NOWHERE),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), None),
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
}
"""What keeps kubectl, and the git that it starts, from the network: a spec means the same wherever it is read."""
_LISTS = ("resources", "bases", "components")
"""The fields of a kustomization that name files and folders, or something to be fetched."""
_REMOTE = re.compile(r"^(?:[a-z+]+://|[\w.-]+@|git::|(?:[\w-]+\.)+[a-z]{2,}[:/].)", re.IGNORECASE)
"""`https://...`, `git@...`, `git::...`, `github.com/owner/name`."""
_LOGGED = re.compile(r'^[EFW]\d{4} \S+ +\d+ \S+\] "command failed" err=(?:<\n(.*)>|"(.*)")$', re.DOTALL)
"""What some builds of kubectl make of an error."""


@dataclass(slots=True)
class Kustomizer:
    """Renders kustomizations, each folder once."""

    _rendered: dict[Path, Source] = field(default_factory=dict)

    def render(self, folder: Path, *, place: Span | None = None, shown: str | None = None) -> Source:
        """What a kustomization comes to, as one text of YAML that is called `FOLDER (kustomize)`.

        Args:
            folder: The one that holds a kustomization.
            place: What names it, for messages.
            shown: How messages call it; the path itself where it is None.

        Raises:
            Refusal: something of it is not on this machine, kubectl says what is wrong, or there is no kubectl.
        """
        key = Path(os.path.realpath(folder))
        if key not in self._rendered:
            self._rendered[key] = _render(folder, place, str(folder) if shown is None else shown)
        return self._rendered[key]


def _render(folder: Path, place: Span | None, shown: str) -> Source:
    problems = tuple(_unreachable(folder, shown, place, set()))
    if problems:
        raise Refusal(*problems)
    from netpolspec import shell  # few specs need it

    argv = ("kubectl", "kustomize", str(folder))
    try:
        finished = shell.run(argv, timeout=TIMEOUT, env=_OFFLINE)
    except shell.ToolMissing as missing:
        message = f"'{shown}' is a kustomization, and {missing}"
        help_ = "`netpolspec doctor` says how to install it"
        raise Refusal(Diagnostic("no-tool", message, place, (help_,), environment=True)) from None
    if finished.ok:
        return Source(f"{shown} (kustomize)", finished.stdout)
    raise Refusal(_explain(finished, folder, shown, place))


def _explain(finished: Finished, folder: Path, shown: str, place: Span | None) -> Diagnostic:
    again = f"to repeat it: {finished.line}"
    if finished.timed_out:
        message = f"kubectl did not render '{shown}' within {finished.seconds:.0f} s"
        return Diagnostic("broken-kustomization", message, place, (again,), environment=True)
    said = finished.said
    if "unknown command" in said and "kustomize" in said:
        help_ = "`netpolspec doctor` says which version is needed, and how to get it"
        return Diagnostic(
            "no-tool", "this kubectl is too old to render kustomizations", place, (help_,), environment=True
        )
    logged = _LOGGED.match(said)
    if logged is not None:
        said = logged[1] or logged[2].replace('\\"', '"')
    said = " ".join(said.removeprefix("error: ").split())
    said = said.replace(f"{os.path.realpath(folder)}{os.sep}", "").replace(
        f"{os.path.realpath(Path.cwd())}{os.sep}", ""
    )
    offline = ("nothing is fetched: what it needs has to be on this machine",) if _fetches(said) else ()
    return Diagnostic("broken-kustomization", f"'{shown}' cannot be rendered: {said}", place, (*offline, again))


def _fetches(said: str) -> bool:
    return "proxyconnect" in said or "not allowed" in said


def _unreachable(folder: Path, shown: str, place: Span | None, seen: set[str]) -> Iterator[Diagnostic]:
    """What a kustomization and those below it name, and is not on this machine: kubectl would say it in a long tail."""
    path = find_kustomization(folder)
    real = os.path.realpath(folder)
    if path is None or real in seen:
        return
    seen.add(real)
    from netpolspec.load.yaml_text import read_yaml

    source = read_source(path, shown=f"{shown}/{path.name}")
    documents, _ = read_yaml(Fragment(source, source.text))
    notes = (Note("it is needed here", place),) if place is not None and place.source is not source else ()
    for value, document in documents:
        if not isinstance(value, dict):
            continue
        for name in _LISTS:
            entries = value.get(name)
            for at, entry in enumerate(entries if isinstance(entries, list) else ()):
                if not isinstance(entry, str) or not entry or "\0" in entry:
                    continue  # kubectl says what is wrong with it
                target = folder / entry
                if os.path.isdir(target):  # noqa: PTH112 - is False where Path raises
                    yield from _unreachable(target, os.path.normpath(f"{shown}/{entry}"), place, seen)
                elif not os.path.exists(target):  # noqa: PTH110 - likewise
                    yield _missing(entry, document.locate((name, at)), notes)


def _missing(entry: str, span: Span, notes: tuple[Note, ...]) -> Diagnostic:
    if _REMOTE.match(entry):
        message = f"'{entry}' would have to be fetched, and nothing is fetched when specs and manifests are read"
        help_ = "keep a copy of it here: 'git submodule', 'kustomize localize', or the file itself"
        return Diagnostic("remote-base", message, span, (help_,), notes)
    message = f"there is no file or folder '{entry}'"
    return Diagnostic("broken-kustomization", message, span, ("paths are relative to the kustomization",), notes)

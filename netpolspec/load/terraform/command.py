"""terraform as a child process: its environment, `init`, `plan`, `show`, and what it complains about.

Only a run comes here, and only where its user lets terraform speak: terraform starts providers, and they run code.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netpolspec import shell
from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.terraform.secrets import scrub_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from netpolspec.load.terraform.copy import Written
    from netpolspec.source import Span

TIMEOUT = 300.0
"""Seconds for one call; an `init` may download a provider."""
LOCK_TIMEOUT = "5s"
"""For which a state that somebody else has locked is waited for."""
_NOWHERE = "https://127.0.0.1:9"
"""The discard port of this machine: nothing can be reached by mistake."""
_TAKEN_AWAY = ("TF_VAR_", "TF_CLI_ARGS", "TF_WORKSPACE", "TF_DATA_DIR", "TF_LOG", "TF_INPUT", "TF_REATTACH", "KUBE_")


@contextlib.contextmanager
def _shared(path: Path) -> Iterator[int]:
    """A shared lock on a file, as an open descriptor."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield descriptor
    finally:
        os.close(descriptor)


def find_terraform() -> str | None:
    """The path of terraform, if it is installed."""
    import shutil

    return shutil.which("terraform")


@dataclass(frozen=True, slots=True)
class Terraform:
    """terraform in one folder of our own."""

    folder: Path
    """A copy of a root module, or a root module of our own making."""
    scratch: Path
    """A folder for files beside it."""
    kubeconfig: Path
    files: Mapping[Path, Written]
    """Whose the files of the copy are, for messages."""
    place: Span
    """What asks for it, for messages without a place of their own."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """`TF_VAR_...` that count."""
    secrets: frozenset[str] = frozenset()
    busy: Path | None = None
    """A file that terraform and what it starts have locked for as long as they run, even if we are killed."""
    lend: tuple[int, ...] = ()
    """Locks of ours that they hold with us."""

    def init(self) -> None:
        """Install providers and modules; raises Refusal."""
        finished = self.run(("init", "-input=false", "-no-color", "-backend=true"))
        if not finished.ok:
            raise Refusal(*self.explain_init(finished))

    def plan(self, arguments: Sequence[str] = ()) -> dict[str, Any]:
        """The plan of creating everything, as `terraform show -json` has it; raises Refusal."""
        file = self.scratch / "plan"
        command = ("plan", "-input=false", "-no-color", "-refresh=false", "-json", f"-out={file}", *arguments)
        finished = self.run(command)
        if not finished.ok:
            raise Refusal(*self.explain(finished))
        shown = self.run(("show", "-json", str(file)))
        if not shown.ok:
            raise Refusal(*self.explain(shown))
        plan: dict[str, Any] = json.loads(shown.stdout)
        return plan

    def run(self, arguments: Sequence[str], timeout: float = TIMEOUT) -> shell.Finished:
        """One call; raises ToolMissing where terraform is not installed.

        The current folder stays what it is: paths in TF_CLI_CONFIG_FILE may begin there.
        """
        command = ("terraform", f"-chdir={self.folder}", *arguments)
        with contextlib.ExitStack() as stack:
            own = () if self.busy is None else (stack.enter_context(_shared(self.busy)),)
            return shell.run(command, timeout=timeout, env=self.environment(), lend=(*self.lend, *own))

    def apply(self, arguments: Sequence[str] = (), *, timeout: float) -> shell.Finished:
        """Make what the configuration says, without a question; its complaints are for `explain`."""
        command = ("apply", "-auto-approve", "-input=false", "-no-color", "-json", f"-lock-timeout={LOCK_TIMEOUT}")
        return self.run((*command, *arguments), timeout)

    def environment(self) -> dict[str, str | None]:
        """Ours, without what would change what terraform does, and with the one cluster that is meant."""
        environment: dict[str, str | None] = {name: None for name in os.environ if name.startswith(_TAKEN_AWAY)}
        return environment | {
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "KUBECONFIG": str(self.kubeconfig),
            "KUBE_CONFIG_PATH": str(self.kubeconfig),
            **{name: value for name, value in self.variables.items() if name.startswith("TF_VAR_")},
        }

    # --- what it complains about ----------------------------------------------------------------------------------

    def explain(self, finished: shell.Finished) -> list[Diagnostic]:
        """What terraform wrote with `-json`, as messages in the user's files."""
        if finished.timed_out:
            message = f"terraform did not end within {finished.seconds:.0f} s"
            notes = tuple(f"still at work on {address}" for address in _unfinished(finished.stdout))
            return [Diagnostic("terraform-failed", message, self.place, (f"to repeat it: {finished.line}",), notes)]
        found = [self._diagnostic(each) for each in _errors(finished.stdout)]
        return found or [self._raw(finished)]

    def _diagnostic(self, said: dict[str, Any]) -> Diagnostic:
        summary = scrub_text(" ".join(str(said.get("summary", "")).split()), self.secrets)
        detail = scrub_text(" ".join(str(said.get("detail", "")).split()), self.secrets)
        place = self._span(said.get("range")) or self.place
        for pattern, code, message, help_ in _FAILURES:
            if re.search(pattern, f"{summary} {detail}"):
                return Diagnostic(code, message, place, help_, (f"terraform says: {summary}: {detail[:600]}",))
        help_ = (detail,) if detail else ()
        return Diagnostic("terraform-failed", f"terraform: {_lower(summary)}", place, help_)

    def _span(self, where: dict[str, Any] | None) -> Span | None:
        if not isinstance(where, dict):
            return None
        written = self.files.get((self.folder / str(where.get("filename", ""))).resolve())
        if written is None:
            return None
        start, end = where["start"], where["end"]
        span = written.span((start["line"], start["column"]), (end["line"], end["column"]))
        # What a provider says of a resource as a whole, terraform places at the brace.
        return written.line(start["line"]) if span.text.strip() in ("", "{") else span

    def _raw(self, finished: shell.Finished) -> Diagnostic:
        said = scrub_text(shell.hide_secrets(finished.stderr.strip() or finished.stdout.strip()), self.secrets)
        crashed = "crash" in said.lower()
        what = "terraform or a provider crashed" if crashed else f"terraform failed: {finished.ending}"
        lines = tuple(line for line in said.splitlines()[-8:] if line.strip())
        code = "terraform-crashed" if crashed else "terraform-failed"
        return Diagnostic(code, what, self.place, (f"to repeat it: {finished.line}",), lines)

    def explain_init(self, finished: shell.Finished) -> list[Diagnostic]:
        """Why `terraform init` failed."""
        if finished.timed_out:
            return self.explain(finished)
        text = scrub_text(f"{finished.stdout}\n{finished.stderr}", self.secrets)
        located = [each for each in map(self._located, _ERROR.finditer(text)) if each is not None]
        if located:
            return list(dict.fromkeys(located))
        said = " ".join(text.replace("\u2502", " ").split())
        at = said.find("Error: ")
        note = f"terraform says: {said[at + len('Error: ') :][:600] if at >= 0 else said[-600:]}"
        for pattern, code, message, help_ in _INIT_FAILURES:
            if re.search(pattern, said, re.IGNORECASE):
                return [Diagnostic(code, message, self.place, help_, (note,))]
        return [Diagnostic("terraform-init", "'terraform init' failed", self.place, (), (note,))]

    def _located(self, error: re.Match[str]) -> Diagnostic | None:
        """An error that names a file of the module, at that file's line."""
        summary, name, line, detail = (" ".join(part.split()) for part in error.groups())
        code = next((code for pattern, code, *_ in _INIT_FAILURES if re.search(pattern, summary)), "terraform-failed")
        written = self.files.get((self.folder / name).resolve())
        if written is None:
            return None
        return Diagnostic(code, f"terraform: {_lower(summary)}", written.line(int(line)), (detail,) if detail else ())


_ERROR = re.compile(
    r"^Error: (?P<summary>(?:(?!^Error: ).)*?)\n\n  on (?P<file>\S+) line (?P<line>\d+)[^\n]*\n(?: +\d+:[^\n]*\n)+\n?"
    r"(?P<detail>.*?)(?=\n\nError: |\n\n\n|\Z)",
    re.MULTILINE | re.DOTALL,
)

_FAILURES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        r"acquiring the state lock",
        "terraform-locked",
        "the state is locked: another terraform is at work on it",
        ("wait until it has ended; which process that is, stands below",),
    ),
    (
        r"lugin (?:did not respond|encountered an error|process exited|error)|plugin schemas|code = Unavailable",
        "terraform-crashed",
        "a provider of terraform crashed, or cannot be started",
        ("run it again; if it happens again, try another version of the provider",),
    ),
)
"""What `plan` and `apply` complain about that needs other words than terraform's."""

_INIT_FAILURES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        r"Unsupported Terraform Core version",
        "terraform-version",
        "the module asks for another version of terraform",
        ("change 'required_version', or install that version",),
    ),
    (
        r"no available releases match the given constraints",
        "terraform-provider-version",
        "no version of a provider that can be had here meets the constraints",
        ("change 'version' in 'required_providers', or offer that version in the mirror",),
    ),
    (
        r"previously-selected version|dependency lock file|any of the checksums",
        "terraform-provider-version",
        "the module's lock file does not fit the providers that can be had here",
        ("run 'terraform init -upgrade' in the module's folder, or remove its '.terraform.lock.hcl'",),
    ),
    (
        r"Failed to (?:query available provider packages|install provider)|provider registry|of available versions",
        "terraform-provider",
        "a provider cannot be had here",
        ("--terraform static reads the module without it",),
    ),
    (
        r"(?:Failed to download module|Module not found|Could not download module|Unreadable module|Error accessing)",
        "terraform-remote-module",
        "a module cannot be had here",
        (),
    ),
)


def _lines(output: str) -> Iterator[dict[str, Any]]:
    """The JSON lines that terraform writes with `-json`."""
    for line in output.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict):
            yield said


def _unfinished(output: str) -> Iterable[str]:
    """The resources that an apply began with and did not finish."""
    began: dict[str, None] = {}
    for said in _lines(output):
        hook = said.get("hook")
        address = str(hook.get("resource", {}).get("addr", "")) if isinstance(hook, dict) else ""
        if said.get("type") == "apply_start":
            began[address] = None
        elif said.get("type") in ("apply_complete", "apply_errored"):
            began.pop(address, None)
    return began


def _errors(output: str) -> Iterable[dict[str, Any]]:
    """The errors among what terraform writes with `-json`."""
    for said in _lines(output):
        diagnostic = said.get("diagnostic")
        if isinstance(diagnostic, dict) and diagnostic.get("severity") == "error":
            yield diagnostic


def _lower(text: str) -> str:
    """A sentence of terraform's as the beginning of ours; words such as `ConfigMap` stay what they are."""
    first = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if first[1:] == first[1:].lower() else text


def write_nowhere(path: Path) -> None:
    """A kubeconfig whose only cluster does not exist: planning needs none."""
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "nowhere", "cluster": {"server": _NOWHERE}}],
                "users": [{"name": "nobody", "user": {}}],
                "contexts": [{"name": "nowhere", "context": {"cluster": "nowhere", "user": "nobody"}}],
                "current-context": "nowhere",
            }
        ),
        encoding="utf-8",
    )

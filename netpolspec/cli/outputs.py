"""Where a command line wants something written, as with `-o FILE`: its form, and that it is never half a file."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import wrong
from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.cli.terminal import Messages

STANDARD_OUTPUT = "-"

_OTHER = ""
_FORMS: Mapping[str, str] = {
    ".svg": "svg",
    **dict.fromkeys((".mmd", ".mermaid"), "mermaid"),
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    **dict.fromkeys((".html", ".htm"), "html"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".pdf", ".csv", ".dot", ".xml"), _OTHER),
    **dict.fromkeys((".nps", ".yaml", ".yml", ".json", ".tf"), _OTHER),
}
"""What the end of a name says about what is in the file; of any other, nothing is known."""


@dataclass(frozen=True, slots=True)
class Output:
    """Something to write: a file, or a pipe or a device."""

    path: Path
    """As it was given: what /dev/stdout leads to need not have a path of its own."""
    name: str
    """As messages name it: `'world.svg'`, `the report 'junit.xml'`."""

    @property
    def is_file(self) -> bool:
        """Whether a file can take its place; a pipe or a device is written as it is."""
        try:
            return stat.S_ISREG(self.path.stat().st_mode)
        except OSError:
            return True

    @property
    def is_standard_output(self) -> bool:
        """Whether it is where the report goes, by another name; what is written nowhere does not matter."""
        try:
            return str(self.path) != os.devnull and os.path.samestat(self.path.stat(), os.fstat(1))
        except OSError:
            return False

    def make_ready(self, inputs: Iterable[Path], what: str = "a spec") -> None:
        """Make sure, before there is anything to write, that it can be written; its folder is made.

        Args:
            inputs: what is read, none of which may be written over.
            what: what one of them is.

        Raises:
            Refusal: it cannot be; it is as it was.
        """
        if self.path.resolve() in {path.resolve() for path in inputs}:
            raise wrong(f"{self.name} would overwrite {what}", "name another file")
        if self.path.is_dir():
            raise wrong(f"cannot write {self.name}: it is a folder", "name a file in it")
        try:
            if self.is_file:
                import tempfile  # only where a file is written

                path = self.path.resolve()
                path.parent.mkdir(parents=True, exist_ok=True)
                with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}."):
                    pass
        except (FileExistsError, NotADirectoryError):
            raise wrong(f"cannot write {self.name}: what should be its folder is none") from None
        except OSError as error:
            raise wrong(f"cannot write {self.name}: {reason(error)}") from None

    def write(self, text: Iterable[str]) -> None:
        """Write it whole.

        Raises:
            OSError: it cannot be written.
        """
        if self.is_file:
            replace_file(self.path, text)
        else:
            with self.path.open("w", encoding="utf-8", errors="backslashreplace") as stream:
                stream.writelines(text)


def output_of(option: str | None) -> Output | None:
    """What `-o` names; None: standard output."""
    if option is None or option == STANDARD_OUTPUT:
        return None
    output = Output(Path(option), f"'{option}'")
    return None if output.is_standard_output else output


def form_of(option: str | None, wanted: str | None, forms: Sequence[str]) -> str:
    """The form to write in: the one that is asked for, else what the file's name says, else the first.

    Args:
        option: what `-o` says.
        wanted: what is asked for.
        forms: those there are, of the ones that names tell apart.

    Raises:
        Refusal: the file's name says that something else is in it.
    """
    said = _FORMS.get(Path(option or "").suffix.lower())
    allowed = (wanted,) if wanted else tuple(forms)
    if said is None:
        return allowed[0]
    if said not in allowed:
        ends = ", ".join(suffix for suffix, form in _FORMS.items() if form in allowed)
        raise wrong(f"'{option}' is no name for a file in {' or '.join(allowed)}", f"let it end in one of {ends}")
    return said


def write_text(output: Output | None, text: str, session: Session) -> None:
    """Write what a command makes to where `output_of` says.

    Raises:
        Refusal: it cannot be written.
    """
    if output is None:
        session.report.write(text)
        return
    try:
        output.write([text])
    except OSError as error:
        message = f"cannot write {output.name}: {reason(error)}"
        raise Refusal(Diagnostic("report-lost", message, environment=True)) from None


def replace_file(path: Path, text: Iterable[str]) -> None:
    """Write a file that is either the old one or the new one, whatever happens; a link keeps leading to it.

    Raises:
        OSError: it cannot be written; the old one is still there.
    """
    import tempfile

    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".partial")
    try:
        with open(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:  # noqa: PTH123 - a handle
            stream.writelines(text)
            stream.flush()
            os.fchmod(handle, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask())
        os.replace(name, path)  # noqa: PTH105 - of a name
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108 - of a name
        raise


def is_stale(path: Path, text: str, command: str, messages: Messages) -> bool:
    """Whether a file is not what it would be written as; then it is said, with the first line that differs."""
    try:
        held = path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        messages.show([Diagnostic("stale-page", f"cannot read '{path}': {reason(error)}", help=(_write(command),))])
        return True
    if held == text:
        return False
    pairs = zip_longest(held.split("\n"), text.split("\n"))
    line = next(number for number, (old, new) in enumerate(pairs, start=1) if old != new)
    source = Source(str(path), held)
    start = source.offset(line, 1)
    place = source.span(start, start + len(source.line_text(line)) if line <= len(source.line_starts) else start)
    messages.show([Diagnostic("stale-page", f"'{path}' is stale from line {line} on", place, (_write(command),))])
    return True


def _write(command: str) -> str:
    return f"write it anew: '{command}' without --check"


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def reason(error: OSError) -> str:
    """Why something cannot be written, for a message."""
    return (error.strerror or str(error)).lower()

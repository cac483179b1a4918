"""The folder in which netpolspec remembers what it must not forget."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.backends.base import WorldFailed

if TYPE_CHECKING:
    from collections.abc import Iterator


def state_folder() -> Path:
    """Where netpolspec remembers what it must not forget: `$XDG_STATE_HOME/netpolspec`."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "netpolspec"


@contextlib.contextmanager
def _told(doing: str, path: Path) -> Iterator[None]:
    """Tell a user what the system does not let us do with a path in that folder: it may be somebody else's.

    Raises:
        WorldFailed: the block raised an OSError
    """
    try:
        yield
    except OSError as error:
        raise WorldFailed(
            f"cannot {doing} '{path}': {error.strerror}",
            "XDG_STATE_HOME names another place to remember things in",
            code="state",
        ) from error


def make_folder(folder: Path) -> None:
    """Make a folder of netpolspec's own, for nobody else to look into.

    Raises:
        WorldFailed: it cannot be made
    """
    with _told("write to", folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def list_folder(folder: Path) -> tuple[Path, ...]:
    """What is in a folder of netpolspec's own, by name; nothing where it is not there.

    Raises:
        WorldFailed: it cannot be read
    """
    with _told("read", folder):
        return tuple(sorted(folder.iterdir())) if folder.is_dir() else ()


def open_lock(file: Path) -> int:
    """Open a file that is there to be locked.

    Raises:
        WorldFailed: it cannot be opened
    """
    with _told("write to", file):
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

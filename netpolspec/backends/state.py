"""The folder in which netpolspec remembers what it must not forget."""

from __future__ import annotations

import os
from pathlib import Path

from netpolspec.backends.base import WorldFailed


def state_folder() -> Path:
    """Where netpolspec remembers what it must not forget: `$XDG_STATE_HOME/netpolspec`."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "netpolspec"


def make_folder(folder: Path) -> None:
    """Make a folder of netpolspec's own, for nobody else to look into.

    Raises:
        WorldFailed: it cannot be made
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise WorldFailed(
            f"cannot write to '{folder}': {error.strerror}",
            "XDG_STATE_HOME names another place to remember things in",
            code="state",
        ) from error

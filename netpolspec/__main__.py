"""The `netpolspec` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line that the process was started with, and say its exit status."""
    if sys.argv[1:] in (["--version"], ["-V"]):  # asked for often, by scripts: answered before anything is imported
        from netpolspec import __version__

        print(f"netpolspec {__version__}")  # noqa: T201 - this is the report
        return 0
    try:
        from netpolspec.cli.main import run_process
    except KeyboardInterrupt:
        return 130
    return run_process(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

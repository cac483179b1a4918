"""The way in: finds the command, runs it, and turns whatever happens into messages and an exit status."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec import __version__
from netpolspec.cli.commands import COMMANDS, Session
from netpolspec.cli.terminal import Messages, Report, ReportLost, hang_up
from netpolspec.diagnostics import Diagnostic, Refusal, nearest
from netpolspec.signals import number_of, raised

if TYPE_CHECKING:
    from collections.abc import Sequence

_WRONG, _FAILED, _INTERRUPTED, _TERMINATED = 2, 3, 130, 143
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_ISSUES = "https://github.com/netpolspec/netpolspec/issues"

_HELP = """\
usage: netpolspec COMMAND [ARGUMENT]...

Proves what Kubernetes NetworkPolicies do: runs specs that say which
connections must be allowed and which denied, and reports in TAP.

commands:
{commands}
  help       the same for one command: netpolspec help run;
             or what a message means: netpolspec help unknown-policy

options:
  -h, --help       this
  -V, --version    the version

examples:
  netpolspec run specs/                 run every spec below specs/
  netpolspec run specs/tenants.nps:12   run the scenario at line 12
  netpolspec run -e 'given policy allow-from ns=ms-a; expect ms-c -> ms-b:80 denied'
  netpolspec check specs/               find every mistake, run nothing
  prove -e 'netpolspec run' specs/*.nps
"""


def main(arguments: Sequence[str]) -> int:
    """Carry out a command line and return its exit status; never raises."""
    messages = Messages(sys.stderr, os.environ)
    try:
        session = Session(Report(sys.stdout), messages, os.environ, _current_folder())
        return int(_dispatch(list(arguments), session))
    except Refusal as refusal:
        messages.show(refusal.diagnostics)
        return _FAILED if refusal.by_environment else _WRONG
    except ReportLost as lost:
        if not lost.hung_up or _notes(lost):
            messages.show([Diagnostic("report-lost", str(lost), notes=_notes(lost))])
        return _FAILED
    except KeyboardInterrupt as interrupt:
        messages.line("error: interrupted")
        return _TERMINATED if number_of(interrupt) == signal.SIGTERM else _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort, so that nobody meets a traceback
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            messages.show([_no_room(error)])
        else:
            _tell_fault(error, arguments, messages)
        return _FAILED


def run_process(arguments: Sequence[str]) -> int:
    """`main` for a process of its own."""
    # A run makes many objects that live until it ends: looking for garbage among them is a fifth of its time.
    gc.set_threshold(200_000, 20, 100)
    try:
        with raised():
            status = main(arguments)
    except KeyboardInterrupt as interrupt:  # all had been told
        status = 128 + number_of(interrupt)
    if sys.stdout is not None:
        try:
            sys.stdout.flush()
        except (OSError, ValueError):
            hang_up()
    return status


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise Refusal(Diagnostic("no-folder", "the current folder does not exist any more")) from None


def _dispatch(arguments: list[str], session: Session) -> int:
    if not arguments:
        session.messages.write(_help())
        return _WRONG
    first, rest = arguments[0], arguments[1:]
    match first:
        case "-V" | "--version":
            session.report.write(f"netpolspec {__version__}\n")
            return 0
        case "help" if rest:
            return _explain(rest[0], session) if rest[0] not in COMMANDS else _execute(rest[0], ["--help"], session)
        case "-h" | "--help" | "help":
            session.report.write(_help())
            return 0
        case _ if first in COMMANDS:
            return _execute(first, rest, session)
        case _:
            raise Refusal(_unknown(first, arguments))


def _explain(code: str, session: Session) -> int:
    """Print the page of a message or a lint."""
    from netpolspec.cli.pages import codes, read_page

    text = read_page(code)
    if text is None:
        close = nearest(code, (*COMMANDS, *codes()))
        hint = f"did you mean '{close}'?" if close else "'netpolspec --help' lists the commands"
        raise Refusal(Diagnostic("unknown-command", f"there is no command or message '{code}'", None, (hint,)))
    session.report.write(text)
    return 0


def _execute(name: str, arguments: Sequence[str], session: Session) -> int:
    try:
        return COMMANDS[name].load().execute(arguments, session)
    except SystemExit as ended:  # argparse has printed its help
        return int(ended.code or 0)


def _unknown(first: str, arguments: Sequence[str]) -> Diagnostic:
    """A word that is no command: mistyped, or rather something to run."""
    is_spec = first in {"-", "-e"} or "::" in first or first.endswith(".nps") or Path(first).exists()
    close = nearest(first, COMMANDS)
    if is_spec and not (close and not Path(first).exists()):
        import shlex

        hint = f"did you mean 'netpolspec run {shlex.join(arguments)}'?"
        return Diagnostic("unknown-command", f"'{first}' is no command", None, (hint,))
    what = "option" if first.startswith("-") else "command"
    if what == "option":
        close = nearest(first, ("--help", "--version"))
    hint = f"did you mean '{close}'?" if close else "'netpolspec --help' lists the commands"
    return Diagnostic("unknown-command", f"unknown {what} '{first}'", None, (hint,))


def _help() -> str:
    rows = "\n".join(f"  {command.name:<10} {command.summary}" for command in COMMANDS.values())
    return _HELP.format(commands=rows)


def _tell_fault(error: Exception, arguments: Sequence[str], messages: Messages) -> None:
    """A fault of the program: one line, and with -vv or NETPOLSPEC_DEBUG all of it."""
    wanted = "-vv" in arguments or list(arguments).count("-v") > 1 or os.environ.get("NETPOLSPEC_DEBUG")
    if wanted:
        import traceback

        messages.write("".join(traceback.format_exception(error)))
    hints = [f"please report it, with what you ran, at {_ISSUES}"]
    if not wanted:
        hints.append("NETPOLSPEC_DEBUG=1 shows where it happened")
    text = " ".join(f"{type(error).__name__}: {error}".split())
    messages.show([Diagnostic("fault", f"netpolspec has a fault: {text}", None, tuple(hints), _notes(error))])


def _no_room(error: OSError) -> Diagnostic:
    """What the system had no room for, where nobody on the way can say it better."""
    where = f" '{error.filename}'" if error.filename else ""
    help_ = "XDG_STATE_HOME and TMPDIR name the folders in which netpolspec and its tools write"
    return Diagnostic("no-room", f"cannot write{where}: {error.strerror}", None, (help_,), _notes(error))


def _notes(error: Exception) -> tuple[str, ...]:
    """What was added to an exception on its way: what a run could not remove."""
    return tuple(getattr(error, "__notes__", ()))

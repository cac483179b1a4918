"""`netpolspec doc`: specs as documentation, with their results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, add_model_options, wrong
from netpolspec.cli.exits import Exit
from netpolspec.cli.outputs import form_of, is_stale, output_of, write_text
from netpolspec.cli.specs import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.cli.commands import Session

_USAGE = "[OPTION]... [PATH]... [NAME=value]..."

_DESCRIPTION = """\
Writes specs as a page to read: each scenario with its description, what it
says as a table, whether it holds, and its source. The specs are run on the
model. The page depends on the specs, what they name and their outcome, and on
nothing else, so it can be kept in a repository and be checked in CI."""

_EPILOG = """\
examples:
  netpolspec doc specs/ -o docs/network.md            write the page
  netpolspec doc specs/ -o docs/network.md --check    fail where it is stale
  netpolspec doc specs/ -o docs/network.html          as HTML

exit status:
  0  written, or with --check not stale     2  a spec or the command line is wrong
  1  with --check: the page is stale"""

_FORMS = ("markdown", "html")


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec doc`."""
    parser = Parser("doc", _USAGE, _DESCRIPTION, _EPILOG)
    parser.add_argument("-o", "--output", metavar="FILE", help="where to (default: -, standard output)")
    parser.add_argument("--html", action="store_true", help="HTML instead of Markdown, as for a FILE.html")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where the file is not what it would be"
    )
    add_model_options(parser)
    add_common_options(parser)
    options, others = parser.read(arguments)
    output = output_of(options.output)
    form = form_of(options.output, "html" if options.html else None, _FORMS)
    if options.check and output is None:
        raise wrong("'--check' needs the page to check", "add -o FILE")

    from netpolspec.cli.outcome import run_on_model

    record = run_on_model(others, settle(options, session), session, None if options.check else output)
    if form == "html":
        from netpolspec.report.html import page as writer
    else:
        from netpolspec.report import markdown as writer  # type: ignore[no-redef]
    text = "".join(writer.write(record))
    if options.check and output is not None:
        return Exit.NOT_MET if is_stale(output.path, text, "netpolspec doc", session.messages) else Exit.MET
    write_text(output, text, session)
    return Exit.MET

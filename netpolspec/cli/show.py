"""`netpolspec show`: a world as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.cli.arguments import Parser, add_common_options, require_choice
from netpolspec.cli.exits import Exit
from netpolspec.cli.live_cluster import cluster_of_context
from netpolspec.cli.outputs import form_of, output_of, write_text
from netpolspec.cli.specs import settle
from netpolspec.cli.worlds import add_world_options, read_cluster

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.cli.commands import Session
    from netpolspec.cli.outputs import Output
    from netpolspec.report.picture.scene import Scene
    from netpolspec.settings import Settings

_USAGE = "[OPTION]... PATH... [NAME=value]..."

_DESCRIPTION = """\
Draws a world: namespaces as boxes, who is in them, the policies there, and an
arrow for each connection that the model allows. A PATH is FILE.nps::SCENARIO
(or FILE.nps where it has one; a Markdown document likewise), whose clients are
in the picture too, or a manifest, or a folder of them. NAME=value sets a
variable of the spec, or of a Terraform folder."""

_EPILOG = """\
examples:
  netpolspec show specs/tenants.nps::deny-from-any -o world.svg
  netpolspec show specs/tenants.nps::deny-from-any --format mermaid
  netpolspec show manifests/ -o cluster.svg

exit status:
  0  drawn     2  something cannot be read, or is refused"""

_FORMATS = ("svg", "mermaid")


def execute(arguments: Sequence[str], session: Session) -> int:
    """Carry out `netpolspec show`."""
    parser = Parser("show", _USAGE, _DESCRIPTION, _EPILOG)
    parser.add_argument("--format", metavar="FORMAT", help="svg or mermaid (default: by the file's name, else svg)")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to (default: -, standard output)")
    add_world_options(parser)
    add_common_options(parser)
    options, paths = parser.read(arguments)
    require_choice("--format", options.format or _FORMATS[0], _FORMATS)
    form = form_of(options.output, options.format, _FORMATS)
    settings = settle(options, session)
    output = output_of(options.output)
    scene = _scene(paths, settings, session, output) if options.context is None else None
    if scene is None:
        from netpolspec.report.picture.scene import scene_of_cluster

        cluster, _ = read_cluster(paths, options, settings, session)
        if output is not None:
            output.make_ready(map(Path, paths), "what is drawn")
        scene = scene_of_cluster(cluster, " ".join(paths) or f"context {options.context}", settings.assume)
    write_text(output, draw(session.veil.record(scene), form), session)
    return Exit.MET


def draw(scene: Scene, form: str) -> str:
    """A scene as `svg` or `mermaid`; ends with a newline."""
    if form == "mermaid":
        from netpolspec.report.picture import mermaid

        return "".join(mermaid.write(scene))
    from netpolspec.report.picture import svg

    return svg.draw(scene) + "\n"


def _scene(arguments: Sequence[str], settings: Settings, session: Session, output: Output | None) -> Scene | None:
    """The picture of one scenario of a spec; None where the paths are no spec."""
    from netpolspec.cli.inputs import SUFFIX, split_part, split_variables
    from netpolspec.plan.files import is_document

    paths, _ = split_variables(arguments)
    file = split_part(paths[0])[0] if len(paths) == 1 else ""
    if not (file.endswith(SUFFIX) or is_document(file)) or Path(paths[0]).is_dir():
        return None
    from netpolspec.cli.selection import the_one
    from netpolspec.cli.specs import read_specs
    from netpolspec.report.picture.scene import scene_of_scenario

    specs = read_specs(arguments, (), settings, session, cluster=cluster_of_context(None, None))
    if output is not None:
        output.make_ready(specs.paths)
    return scene_of_scenario(the_one(specs.plan, specs.inputs.picks[0]), settings.assume)

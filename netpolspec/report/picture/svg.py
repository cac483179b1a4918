"""A picture as SVG: readable in light and dark, in a page and as a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.report.html.text import escape
from netpolspec.report.picture.layout import lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.report.picture.layout import Box, Curve
    from netpolspec.report.picture.scene import Actor, Room, Scene

STYLE = """\
.np{--r:#f4f6f9;--l:#cfd6e0;--i:#16202e;--s:#5a6779;--w:#fff;--a:#0b7a5c;--o:#946200;--p:#3b4f9e;--pb:#e8ecfa}
@media(prefers-color-scheme:dark){.np{--r:#1b2430;--l:#3a4656;--i:#e6ebf2;--s:#a3afbf;--w:#0f151d;--a:#4fd6a7;--o:#f2c14e;
--p:#b3c2ff;--pb:#262f52}}
.np text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--i)}
.np .room{fill:var(--r);stroke:var(--l)}.np .head{font-weight:700}.np .who{fill:var(--w);stroke:var(--l)}
.np .client .who{stroke-dasharray:4 3}.np .held .who{stroke:var(--p);stroke-width:1.5}
.np .port{fill:var(--s);font-size:11px}
.np .chip{fill:var(--pb)}.np .rule{fill:var(--p);font-size:11px}
.np .way{fill:none;stroke:var(--a);stroke-width:1.6}.np .tip{fill:var(--a)}
.np .open .way{stroke:var(--o);stroke-dasharray:5 4}.np .open .tip{fill:var(--o)}
.np .on{font-size:11px;fill:var(--a);paint-order:stroke;stroke:var(--w);stroke-width:4px;stroke-linejoin:round}
.np .open .on{fill:var(--o)}.np .note{fill:var(--s);font-size:11px}
"""
_TIP = 8
_LINE = 18


def draw(scene: Scene, *, alone: bool = True) -> str:
    """The picture.

    Args:
        scene: what it shows.
        alone: whether it is a file of its own; in a page, its style is the page's.
    """
    plan = lay_out(scene)
    notes = _notes(scene)
    height = plan.height + len(notes) * _LINE
    size = f'viewBox="0 0 {plan.width:.0f} {height:.0f}" width="{plan.width:.0f}" height="{height:.0f}"'
    label = escape(f"{scene.title}: {describe(scene)}")
    head = ' xmlns="http://www.w3.org/2000/svg"' if alone else ""
    style = f"<style>{STYLE}</style>" if alone else ""
    actors = {actor.key: actor for room in scene.rooms for actor in room.actors}
    parts = [_room(room, plan.rooms[room.name]) for room in scene.rooms]
    parts += [_actor(actors[key], box) for key, box in plan.actors.items()]
    parts += [_chip(name, box) for name, box in plan.chips]
    parts += [_arrow(curve) for curve in plan.curves]
    parts += [
        f'<text class="note" x="14" y="{plan.height + 10 + number * _LINE:.0f}">{escape(note)}</text>'
        for number, note in enumerate(notes)
    ]
    return f'<svg{head} class="np" {size} role="img" aria-label="{label}">{style}{"".join(parts)}</svg>'


def describe(scene: Scene) -> str:
    """The picture in words, for those who cannot see it: who may talk to whom."""
    return "; ".join(_sentences(scene)) or "nobody may talk to anybody"


def _sentences(scene: Scene) -> Iterator[str]:
    for arrow in scene.arrows:
        who = "/".join(arrow.source) if arrow.source[1] else f"all of {arrow.source[0]}"
        on = f" on {arrow.ports}" if arrow.ports else ""
        yield f"{who} -> {'/'.join(arrow.destination)}{on}{' (undecided)' if arrow.undecided else ''}"


def _notes(scene: Scene) -> list[str]:
    notes = [f"for the whole cluster: {', '.join(scene.cluster_wide)}"] if scene.cluster_wide else []
    return notes if scene.rooms else ["nothing is in this world but what every cluster has"]


def _rect(kind: str, box: Box, radius: int) -> str:
    at = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    return f'<rect class="{kind}" {at} rx="{radius}"/>'


def _room(room: Room, box: Box) -> str:
    at = f'x="{box.x + 14:.1f}" y="{box.y + 20:.1f}"'
    return f'{_rect("room", box, 10)}<text class="head" {at}>{escape(room.name)}</text>'


def _actor(actor: Actor, box: Box) -> str:
    kinds = " ".join(kind for kind, is_so in (("client", actor.is_client), ("held", bool(actor.policies))) if is_so)
    x = box.x + 14
    title = f"<title>selected by {escape(', '.join(actor.policies))}</title>" if actor.policies else ""
    ports = (
        f'<text class="port" x="{x:.1f}" y="{box.y + 33:.1f}">{escape(", ".join(actor.ports))}</text>'
        if actor.ports
        else ""
    )
    name = f'<text x="{x:.1f}" y="{box.y + 18:.1f}">{escape(actor.name)}</text>'
    return f'<g class="{kinds}">{title}{_rect("who", box, 7)}{name}{ports}</g>'


def _chip(name: str, box: Box) -> str:
    text = f'<text class="rule" x="{box.x + 10:.1f}" y="{box.y + 13:.1f}">{escape(f"§ {name}")}</text>'
    return f"<g><title>NetworkPolicy {escape(name)}</title>{_rect('chip', box, 9)}{text}</g>"


def _arrow(curve: Curve) -> str:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = curve.start, curve.first, curve.second, curve.end
    back = _TIP if x2 > x3 else -_TIP  # the tip points at the box: the line ends where the tip begins
    way = f"M{x0:.1f} {y0:.1f}C{x1:.1f} {y1:.1f} {x2:.1f} {y2:.1f} {x3 + back:.1f} {y3:.1f}"
    tip = f"M{x3:.1f} {y3:.1f}l{back} -4v8z"
    arrow = curve.arrow
    label = ""
    if arrow.ports:
        x, y = (x0 + 3 * x1 + 3 * x2 + x3) / 8, (y0 + 3 * y1 + 3 * y2 + y3) / 8
        label = f'<text class="on" x="{x:.1f}" y="{y - 4:.1f}" text-anchor="middle">{escape(arrow.ports)}</text>'
    who = "/".join(arrow.source) if arrow.source[1] else f"all of {arrow.source[0]}"
    title = escape(f"{who} -> {'/'.join(arrow.destination)}")
    kind = ' class="open"' if arrow.undecided else ""
    return f'<g{kind}><title>{title}</title><path class="way" d="{way}"/><path class="tip" d="{tip}"/>{label}</g>'

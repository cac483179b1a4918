"""A picture as mermaid, which GitHub, GitLab and many wikis draw.

https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.report.picture.scene import Actor, Scene


def write(scene: Scene) -> Iterator[str]:
    """A flowchart with a subgraph for each namespace, line by line."""
    yield "flowchart LR\n"
    ids: dict[tuple[str, str], str] = {}
    for number, room in enumerate(scene.rooms):
        ids[room.name, ""] = f"ns{number}"
        yield f"  subgraph ns{number}[{_quoted(room.name)}]\n"
        for actor in room.actors:
            ids[actor.key] = f"a{len(ids)}"
            yield f"    {ids[actor.key]}{_node(actor)}\n"
        for at, policy in enumerate(room.policies):
            yield f"    p{number}x{at}{{{{{_quoted(policy)}}}}}\n"
        yield "  end\n"
    for at, policy in enumerate(scene.cluster_wide):
        yield f"  w{at}{{{{{_quoted(policy)}}}}}\n"
    for arrow in scene.arrows:
        line = "-.->" if arrow.undecided else "-->"
        label = f"|{_quoted(arrow.ports)}|" if arrow.ports else ""
        yield f"  {ids[arrow.source]} {line}{label} {ids[arrow.destination]}\n"


def _node(actor: Actor) -> str:
    text = actor.name + (f"<br/>{', '.join(actor.ports)}" if actor.ports else "")
    return f"([{_quoted(text)}])" if actor.is_client else f"[{_quoted(text)}]"


def _quoted(text: str) -> str:
    line = "<br/>".join(
        " ".join(part.split()).replace("#", "#35;").replace('"', "#quot;") for part in text.split("<br/>")
    )
    return f'"{line}"'

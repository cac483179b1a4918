"""Where everything of a picture goes: those who only ask on the left, those who are asked to their right."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from netpolspec.report.picture.scene import Actor, Arrow, Room, Scene

CHARACTER = 7.3
"""The width of a character of the names, which are set in one width for all; everything is in pixels."""
_PAD, _GAP, _AISLE, _HEAD, _CHIP = 14, 10, 120, 30, 21
_TALL, _LOW = 42, 28
_MOST_IN_COLUMN = 5


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def middle(self) -> float:
        """Half its height."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Curve:
    """An arrow's way: a cubic Bezier curve. It ends horizontally."""

    arrow: Arrow
    start: tuple[float, float]
    first: tuple[float, float]
    second: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """A picture, laid out."""

    width: float
    height: float
    rooms: Mapping[str, Box]
    actors: Mapping[tuple[str, str], Box]
    chips: Sequence[tuple[str, Box]]
    """The policies of namespaces."""
    curves: Sequence[Curve]


def text_width(text: str) -> float:
    """How wide a name is."""
    return len(text) * CHARACTER


def lay_out(scene: Scene) -> Plan:
    """Place the rooms in columns, the actors in rooms, and draw the arrows between."""
    rooms: dict[str, Box] = {}
    actors: dict[tuple[str, str], Box] = {}
    chips: list[tuple[str, Box]] = []
    columns = [column for column in _columns(scene) if column]
    heights = [sum(_height(room) + _GAP * 2 for room in column) - _GAP * 2 for column in columns]
    tallest = max(heights, default=0)
    x = float(_PAD)
    where: dict[str, int] = {}
    for number, (column, height) in enumerate(zip(columns, heights, strict=True)):
        width = max(map(_width, column))
        y = _PAD + (tallest - height) / 2
        for room in column:
            rooms[room.name] = box = Box(x, y, width, _height(room))
            where[room.name] = number
            actors.update(_place_actors(room, box))
            chips += _place_chips(room, box)
            y += box.height + _GAP * 2
        x += width + _AISLE
    curves = tuple(_curves(scene.arrows, rooms, actors, where))
    loops = any(
        where[curve.arrow.source[0]] == where[curve.arrow.destination[0]] == len(columns) - 1 for curve in curves
    )
    width = x - _AISLE + _PAD + (_AISLE * 0.6 if loops else 0)
    return Plan(max(width, 240), tallest + 2 * _PAD, rooms, actors, chips, curves)


def _columns(scene: Scene) -> list[list[Room]]:
    """Those who only ask first; the others in as many columns as keep the picture from getting too tall."""
    askers = [room for room in scene.rooms if all(actor.is_client for actor in room.actors)]
    others = [room for room in scene.rooms if room not in askers]
    return [
        column[at : at + _MOST_IN_COLUMN]
        for column in (askers, others)
        for at in range(0, len(column), _MOST_IN_COLUMN)
    ]


def _width(room: Room) -> float:
    names = [actor.name for actor in room.actors]
    ports = [", ".join(actor.ports) for actor in room.actors]
    inner = max((text_width(text) + 2 * _PAD for text in (*names, *ports)), default=0.0)
    chips = max((text_width(name) + 2.6 * _PAD for name in room.policies), default=0.0)
    return max(110.0, text_width(room.name) + 2 * _PAD, inner + 2 * _PAD, chips + 2 * _PAD)


def _height(room: Room) -> float:
    inner = sum(actor_height(actor) + _GAP for actor in room.actors)
    return _HEAD + inner + len(room.policies) * _CHIP + (_PAD if room.actors or room.policies else 0)


def actor_height(actor: Actor) -> float:
    """Two lines where there are ports."""
    return _TALL if actor.ports else _LOW


def _place_actors(room: Room, box: Box) -> Iterator[tuple[tuple[str, str], Box]]:
    y = box.y + _HEAD
    for actor in room.actors:
        yield actor.key, Box(box.x + _PAD, y, box.width - 2 * _PAD, actor_height(actor))
        y += actor_height(actor) + _GAP


def _place_chips(room: Room, box: Box) -> Iterator[tuple[str, Box]]:
    y = box.y + box.height - _PAD / 2 - len(room.policies) * _CHIP
    for number, name in enumerate(room.policies):
        yield name, Box(box.x + _PAD, y + number * _CHIP, box.width - 2 * _PAD, _CHIP - 3)


def _curves(
    arrows: Sequence[Arrow], rooms: Mapping[str, Box], actors: Mapping[tuple[str, str], Box], where: Mapping[str, int]
) -> Iterator[Curve]:
    """The arrows, spread along the sides at which they arrive and leave."""
    arriving: dict[tuple[object, str], list[Arrow]] = defaultdict(list)
    leaving: dict[tuple[object, str], list[Arrow]] = defaultdict(list)
    sides = {id(arrow): _sides(where[arrow.source[0]], where[arrow.destination[0]]) for arrow in arrows}
    for arrow in arrows:
        out, into = sides[id(arrow)]
        leaving[arrow.source, out].append(arrow)
        arriving[arrow.destination, into].append(arrow)
    for arrow in arrows:
        out, into = sides[id(arrow)]
        source = actors[arrow.source] if arrow.source[1] else rooms[arrow.source[0]]
        destination = actors[arrow.destination]
        start = _edge(source, out), _spread(source, arrow, leaving[arrow.source, out])
        end = _edge(destination, into), _spread(destination, arrow, arriving[arrow.destination, into])
        reach = max(_AISLE * 0.5, abs(end[0] - start[0]) * 0.5) if out != into else _AISLE * 0.45
        first = start[0] + (reach if out == "right" else -reach), start[1]
        second = end[0] + (reach if into == "right" else -reach), end[1]
        yield Curve(arrow, start, first, second, end)


def _sides(source: int, destination: int) -> tuple[str, str]:
    """Where an arrow leaves, and where it arrives."""
    if source < destination:
        return "right", "left"
    return ("left", "right") if source > destination else ("right", "right")


def _edge(box: Box, side: str) -> float:
    return box.right if side == "right" else box.x


def _spread(box: Box, arrow: Arrow, all_: Sequence[Arrow]) -> float:
    """A height on a box's side: in the middle for one arrow, evenly for several."""
    position = next(number for number, each in enumerate(all_, start=1) if each is arrow)
    return box.y + box.height * position / (len(all_) + 1)

"""Reading JSON that an API server wrote: what is missing, or of another type, reads as empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netpolspec.load.plain import Json


def value(tree: Mapping[str, Json], *path: str) -> Json:
    """What stands at a path of keys, or None."""
    found: Json = tree
    for key in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


def table(tree: Mapping[str, Json], *path: str) -> Mapping[str, Json]:
    """The mapping at a path."""
    found = value(tree, *path)
    return found if isinstance(found, Mapping) else {}


def rows(tree: Mapping[str, Json], *path: str) -> tuple[Mapping[str, Json], ...]:
    """The mappings of the list at a path."""
    found = value(tree, *path)
    return tuple(each for each in found if isinstance(each, Mapping)) if isinstance(found, (list, tuple)) else ()


def text(tree: Mapping[str, Json], *path: str) -> str:
    """The string at a path."""
    found = value(tree, *path)
    return found if isinstance(found, str) else ""


def number(tree: Mapping[str, Json], *path: str) -> int:
    """The whole number at a path; 0 where there is none."""
    found = value(tree, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def strings(tree: Mapping[str, Json], *path: str) -> dict[str, str]:
    """The mapping of strings at a path, such as labels."""
    return {key: each for key, each in table(tree, *path).items() if isinstance(each, str)}


def put(tree: Mapping[str, Json], path: tuple[str, ...], new: Json) -> dict[str, Json]:
    """A copy of a tree with one value set; what is not on the path is shared."""
    copy = dict(tree)
    copy[path[0]] = new if len(path) == 1 else put(table(tree, path[0]), path[1:], new)
    return copy


def difference(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """The merge patch (RFC 7396) that makes one tree of another."""
    patch: dict[str, Json] = {key: None for key in old if key not in new}
    for key, each in new.items():
        before = old.get(key)
        if isinstance(each, Mapping) and isinstance(before, Mapping):
            below = difference(before, each)
            if below:
                patch[key] = below
        elif key not in old or before != each:
            patch[key] = each
    return patch

"""Rows of sets turned into rows of numbers, and back into classes: whole columns at a time, no loop over pairs."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.policy.universe import bits_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

Numbers: TypeAlias = "bytes | list[int]"
"""Small numbers, one for each position."""

_MOST = 256


def spread(sets: Sequence[int], width: int) -> Numbers:
    """For each position, the index of the set that holds it.

    Args:
        sets: disjoint sets of positions that together hold every one: bit i stands for position i.
        width: the number of positions.

    A set is written in binary, one digit a byte, and the digits of all sets are added up, each times its index: so
    the work is done by a few operations on long integers.
    """
    if len(sets) == 1:
        return bytes(width)
    if len(sets) > _MOST:
        numbers = [0] * width
        for index, members in enumerate(sets):
            for position in bits_of(members):
                numbers[position] = index
        return numbers
    total = 0
    for index, members in enumerate(sets):
        if index:
            digits = format(members, "b").zfill(width).encode()
            total += index * (int.from_bytes(digits, "big") - int.from_bytes(b"0" * width, "big"))
    return total.to_bytes(width, "big")[::-1]


def pick(positions: Sequence[int], values: Sequence[int]) -> Sequence[int]:
    """The values at some positions."""
    if len(positions) > 1:
        picked: tuple[int, ...] = itemgetter(*positions)(values)
        return picked
    return [values[position] for position in positions]


def grouped(keys: Iterable[Hashable]) -> tuple[list[int], list[int]]:
    """Number equal keys alike.

    Returns:
        For each key its group's number, and for each group the index of its first key.
    """
    numbers: dict[Hashable, int] = {}
    groups: list[int] = []
    firsts: list[int] = []
    for index, key in enumerate(keys):
        number = numbers.setdefault(key, len(numbers))
        if number == len(firsts):
            firsts.append(index)
        groups.append(number)
    return groups, firsts

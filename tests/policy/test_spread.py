from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netpolspec.policy.spread import grouped, pick, spread


@pytest.mark.parametrize("count", [1, 2, 3, 255, 256, 257, 300])
def test_spread_gives_each_position_the_set_that_holds_it(count: int) -> None:
    width = 3 * count + 1
    sets = [sum(1 << position for position in range(width) if position % count == index) for index in range(count)]
    assert list(spread(sets, width)) == [position % count for position in range(width)]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_spread_undoes_any_partition(numbers: list[int]) -> None:
    used = sorted(set(numbers))
    sets = [sum(1 << i for i, number in enumerate(numbers) if number == index) for index in used]
    assert [used[index] for index in spread(sets, len(numbers))] == numbers


def test_grouped_numbers_equal_keys_alike_in_the_order_of_their_first() -> None:
    assert grouped("abcab") == ([0, 1, 2, 0, 1], [0, 1, 2])
    assert grouped("") == ([], [])


@pytest.mark.parametrize("positions", [[], [2], [2, 0, 2]])
def test_pick(positions: list[int]) -> None:
    assert list(pick(positions, (5, 6, 7))) == [(5, 6, 7)[position] for position in positions]

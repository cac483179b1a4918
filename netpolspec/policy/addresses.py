"""Addresses as bits: each family cut where any block of any policy begins or ends."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from netpolspec.policy.objects import Address, Network

_SIZE = {4: 1 << 32, 6: 1 << 128}


def _address(family: int, value: int) -> Address:
    return IPv4Address(value) if family == 4 else IPv6Address(value)  # noqa: PLR2004 - the name of a family


def possible_families(one: AbstractSet[int], other: AbstractSet[int]) -> tuple[int | None, ...]:
    """The families of connections between ends with these; an empty set is an end whose addresses nobody knows."""
    common = one & other if one and other else one | other
    return tuple(sorted(common)) or (None,)


@dataclass(frozen=True, slots=True)
class AddressRange:
    """Addresses from first to last, both included, of one family."""

    first: Address
    last: Address

    @property
    def label(self) -> str:
        """How reports write it: `ip:10.0.0.0-10.0.0.255`."""
        return f"ip:{self.first}-{self.last}"


class AddressSpace:
    """The ranges that a set of networks tells apart, in ascending order, IPv4 before IPv6."""

    def __init__(self, networks: Iterable[Network]) -> None:
        """Cut both families where the networks begin and end."""
        cuts: dict[int, set[int]] = {family: {0} for family in _SIZE}
        for network in networks:
            cuts[network.version] |= {int(network.network_address), int(network.broadcast_address) + 1}
        self._starts: dict[int, list[int]] = {}
        self._offset: dict[int, int] = {}
        ranges: list[AddressRange] = []
        for family, size in _SIZE.items():
            starts = sorted(cut for cut in cuts[family] if cut < size)
            self._starts[family] = starts
            self._offset[family] = len(ranges)
            ends = [*starts[1:], size]
            ranges += [
                AddressRange(_address(family, start), _address(family, end - 1))
                for start, end in zip(starts, ends, strict=True)
            ]
        self.ranges: tuple[AddressRange, ...] = tuple(ranges)

    def count(self, family: int) -> int:
        """How many of the ranges are of a family."""
        return len(self._starts[family])

    def position(self, address: Address) -> int:
        """The index of the range that holds an address."""
        return self._offset[address.version] + bisect_right(self._starts[address.version], int(address)) - 1

    def told_apart(self, network: Network) -> tuple[Address, ...]:
        """The first address of each part of a network, where the ranges divide it."""
        first, last = network.network_address, network.broadcast_address
        starts = self._starts[first.version]
        inner = starts[bisect_right(starts, int(first)) : bisect_right(starts, int(last))]
        return (first, *(_address(first.version, start) for start in inner))

    def held(self, networks: Iterable[Network], excepts: Iterable[Network] = ()) -> int:
        """The ranges within the networks, but for the exceptions: bit i stands for `ranges[i]`."""
        found = 0
        for network in networks:
            found |= self._bits(network)
        for network in excepts:
            found &= ~self._bits(network)
        return found

    def _bits(self, network: Network) -> int:
        starts = self._starts[network.version]
        low = bisect_left(starts, int(network.network_address))
        high = bisect_left(starts, int(network.broadcast_address) + 1)
        return ((1 << (high - low)) - 1) << (low + self._offset[network.version])

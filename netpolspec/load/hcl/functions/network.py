"""Functions on address ranges."""

from __future__ import annotations

import contextlib
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TYPE_CHECKING

from netpolspec.load.hcl.functions.definition import NUMBER, STRING, Library
from netpolspec.load.hcl.functions.numeric import Number, integer
from netpolspec.load.hcl.functions.text import texts
from netpolspec.load.hcl.values import Mistake

if TYPE_CHECKING:
    from netpolspec.load.hcl.values import Value

NETWORK = Library()


def _network(text: str) -> IPv4Network | IPv6Network:
    with contextlib.suppress(ValueError):
        if "/" in text:
            return ip_network(text, strict=False)
    raise Mistake(f"'{text}' is not an address range", "as in 10.0.0.0/8")


def _address(network: IPv4Network | IPv6Network, number: int) -> IPv4Address | IPv6Address:
    return (IPv4Address if network.version == 4 else IPv6Address)(number)  # noqa: PLR2004 - IP version


@NETWORK.define("cidrhost", STRING, NUMBER)
def _cidrhost(prefix: str, host: Number) -> Value:
    network = _network(prefix)
    number = integer(host, "the host's number")
    if not -network.num_addresses <= number < network.num_addresses:
        raise Mistake(f"'{prefix}' has no address number {number}")
    return str(_address(network, int(network.network_address) + number % network.num_addresses))


@NETWORK.define("cidrnetmask", STRING)
def _cidrnetmask(prefix: str) -> Value:
    network = _network(prefix)
    if not isinstance(network, IPv4Network):
        raise Mistake("only IPv4 has netmasks")
    return str(network.netmask)


def _subnet(network: IPv4Network | IPv6Network, length: int, base: int) -> str:
    if length > network.max_prefixlen:
        raise Mistake(f"'{network}' has no room for a prefix of {length} bits")
    return f"{_address(network, base)}/{length}"


@NETWORK.define("cidrsubnet", STRING, NUMBER, NUMBER)
def _cidrsubnet(prefix: str, new_bits: Number, number: Number) -> Value:
    network = _network(prefix)
    bits, at = integer(new_bits, "the number of bits"), integer(number, "the subnet's number")
    if bits < 0 or not 0 <= at < 2**bits:
        raise Mistake(f"{bits} bits have no number {at}")
    length = network.prefixlen + bits
    step = 2 ** (network.max_prefixlen - length) if length <= network.max_prefixlen else 0
    return _subnet(network, length, int(network.network_address) + at * step)


@NETWORK.define("cidrsubnets", STRING, rest=NUMBER)
def _cidrsubnets(prefix: str, *new_bits: Number) -> Value:
    network = _network(prefix)
    found: list[str] = []
    at = int(network.network_address)
    for bits in new_bits:
        if not (extra := integer(bits, "the number of bits")) >= 1:
            raise Mistake("at least one bit is needed")
        length = network.prefixlen + extra
        size = 2 ** max(0, network.max_prefixlen - length)
        at = -(-at // size) * size
        if at + size > int(network.network_address) + network.num_addresses:
            raise Mistake(f"'{prefix}' has no room for all of them")
        found.append(_subnet(network, length, at))
        at += size
    return texts(found)

"""IP addresses and CIDR blocks as the API server reads those of NetworkPolicy.

Kubernetes v1.35 leaves StrictIPCIDRValidation off, so the old parser of Go decides (ParseCIDRSloppy of
k8s.io/utils/net): leading zeros are decimal and bits behind the prefix are ignored, both with a warning
(pkg/apis/core/validation: IsValidCIDRForLegacyField; pkg/registry/networking/networkpolicy/strategy.go).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netpolspec.policy.objects import Address, Network


_OCTETS = re.compile(r"[0-9]+(?:\.[0-9]+){3}\Z", re.ASCII)
_LEADING = re.compile(r"(?<![0-9a-fA-F])0+(?=[0-9a-fA-F])")
_MAPPED = 96
"""The length of the prefix `::ffff:0:0`, which maps IPv4 addresses into IPv6."""


@dataclass(frozen=True, slots=True)
class Block:
    """A CIDR block as written."""

    network: Network
    host_bits: bool
    """Bits are set behind the prefix."""
    nonstandard: bool
    """Leading zeros, or IPv4 in the form of IPv6: a future Kubernetes will refuse it."""


def parse_address(text: str) -> Address | None:
    """An address as Go before 1.17 read it, IPv4 in IPv6 form as IPv4; None where it is none."""
    if "%" in text or "/" in text:
        return None
    try:
        address = ip_address(_LEADING.sub("", text) if ":" in text or _OCTETS.match(text) else "")
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def parse_block(text: str) -> Block | None:
    """A CIDR block, or None where the API server would refuse it."""
    head, slash, tail = text.partition("/")
    if not slash or not re.fullmatch(r"[0-9]{1,9}", tail, re.ASCII):
        return None
    address = parse_address(head)
    length = int(tail)
    if address is None or length > (128 if ":" in head else 32):
        return None
    mapped = isinstance(address, IPv4Address) and ":" in head
    network: Network
    if mapped and length < _MAPPED:
        network = IPv6Network((int(IPv6Address(f"::ffff:{address}")), length), strict=False)
    elif isinstance(address, IPv4Address):
        network = IPv4Network((int(address), length - _MAPPED if mapped else length), strict=False)
    else:
        network = IPv6Network((int(address), length), strict=False)
    plain = "0" if tail == "0" else tail.lstrip("0")
    standard = not mapped and plain == tail and ("." not in head or _LEADING.search(head) is None)
    host_bits = int(address) & int(network.hostmask) != 0
    return Block(network, host_bits, not standard)

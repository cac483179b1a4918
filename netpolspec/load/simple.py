"""Namespaces and Nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.load.addresses import parse_address
from netpolspec.load.metadata import SYSTEM_LABEL
from netpolspec.load.schema import Fields, Items, Problems, Record, Text
from netpolspec.policy.objects import Namespace, Node

if TYPE_CHECKING:
    from netpolspec.load.metadata import Meta
    from netpolspec.source import Pointer

NAMESPACE = Record({}, open=True)
_ADDRESS = Record({"type": Text(), "address": Text()}, open=True)
NODE = Record({"status": Record({"addresses": Items(_ADDRESS)}, open=True)}, open=True)


def make_namespace(_fields: Fields, meta: Meta, at: Pointer, _problems: Problems) -> tuple[Namespace, ...]:
    """A Namespace; the server sets the label of its name whatever is written."""
    return (Namespace(meta.name, {**meta.labels, SYSTEM_LABEL: meta.name}, at),)


def make_node(fields: Fields, meta: Meta, at: Pointer, _problems: Problems) -> tuple[Node, ...]:
    """A Node with the IP addresses of its status."""
    entries = fields.get("status", {}).get("addresses", ())
    texts = [entry.get("address", "") for entry in entries if entry.get("type") in ("InternalIP", "ExternalIP")]
    addresses = (parse_address(text) for text in texts)
    return (Node(meta.name, meta.labels, tuple(address for address in addresses if address is not None), at),)

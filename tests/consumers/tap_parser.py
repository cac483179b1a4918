"""tap-parser: the consumer of node's world, which node-tap and others are built on. It reads subtests."""

from __future__ import annotations

from pathlib import Path

from consumers.fetch import TAP_PARSER, find_node
from consumers.reading import Consumer

READER = Path(__file__).with_name("read.cjs")


def find_tap_parser() -> Consumer | str:
    """tap-parser in its strict mode, where whatever is not TAP is a failure; or why there is none."""
    node = find_node()
    if node is None or not (TAP_PARSER / "node_modules/tap-parser").exists():
        return "tap-parser was not fetched: `just consumers`"
    return Consumer((node, READER, TAP_PARSER), reads_subtests=True)

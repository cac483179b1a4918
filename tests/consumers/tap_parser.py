"""tap-parser: the consumer of node's world, which node-tap and others are built on. It reads subtests."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from consumers.fetch import TAP_PARSER, find_node
from consumers.reading import decode_reading

if TYPE_CHECKING:
    from consumers.reading import Reading

READER = Path(__file__).with_name("read.cjs")


@dataclass(frozen=True, slots=True)
class TapParser:
    """tap-parser in its strict mode, where whatever is not TAP is a failure."""

    node: str
    reads_subtests: bool = True

    def read(self, tap: str) -> Reading:
        """Has tap-parser read the text."""
        parser = subprocess.run(
            (self.node, READER, TAP_PARSER), input=tap, capture_output=True, encoding="utf-8", check=False
        )
        assert parser.returncode == 0, f"tap-parser died of this text: {parser.stderr}"
        return decode_reading(parser.stdout)


def find_tap_parser() -> TapParser | str:
    """tap-parser, or why there is none."""
    node = find_node()
    if node is None or not (TAP_PARSER / "node_modules/tap-parser").exists():
        return "tap-parser was not fetched: `just consumers`"
    return TapParser(node)

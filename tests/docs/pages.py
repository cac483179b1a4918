"""The pages of the documentation, and the blocks of code on them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = ROOT / "docs/messages"
"""Their examples are mistakes, each with a test of its own: tests/project/test_messages.py."""
PAGES = [
    ROOT / "README.md",
    *(path for path in sorted((ROOT / "docs").rglob("*.md")) if MESSAGES not in path.parents),
]
FENCE = re.compile(
    r"^(?P<fence>```+)(?P<language>\w*)(?: (?P<label>[^\n]*))?\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A block of code: ```LANGUAGE LABEL."""

    page: Path
    line: int
    language: str
    label: str
    text: str

    @property
    def name(self) -> str:
        """What a test about it is called."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def find_blocks(page: Path) -> Iterator[Block]:
    """All blocks of a page."""
    text = page.read_text("utf-8")
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, found["language"], found["label"] or "", found["text"])


BLOCKS = [block for page in PAGES for block in find_blocks(page)]

"""The pages of docs/messages/: one a code, what it says and the examples that provoke it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from docs.pages import ROOT, Block, find_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = ROOT / "docs/messages"
INDEX = FOLDER / "README.md"
PAGES = {path.stem: path for path in sorted(FOLDER.glob("*.md")) if path != INDEX}
"""The page of each code."""
WORLD = "README.md#the-world-of-the-examples"
"""Linked to by pages whose examples lie beside the world there."""


@dataclass(frozen=True)
class Example:
    """What a page shows as a mistake: a block that is called `wrong`, and behind it what is drawn."""

    code: str
    block: Block
    drawn: Block | None
    files: tuple[Block, ...]
    """What lies beside it."""

    @property
    def name(self) -> str:
        """Where it stands."""
        return self.block.name


def find_examples() -> Iterator[Example]:
    """All that are no consoles."""
    for code, page in PAGES.items():
        blocks = list(find_blocks(page))
        files = files_of(page, blocks)
        for block, behind in zip_longest(blocks, blocks[1:]):
            if block.is_wrong:
                drawn = behind if behind is not None and behind.language == "text" else None
                yield Example(code, block, drawn, files)


def find_consoles() -> Iterator[tuple[str, tuple[Block, ...], tuple[Block, ...]]]:
    """Of each page with consoles: its code, the consoles, and the files among which they are run."""
    for code, page in PAGES.items():
        blocks = list(find_blocks(page))
        consoles = tuple(block for block in blocks if block.language == "console")
        if consoles:
            yield code, consoles, files_of(page, blocks)


def files_of(page: Path, blocks: list[Block]) -> tuple[Block, ...]:
    """The files that a page shows, and the world that it refers to."""
    shared = [block for block in find_blocks(INDEX) if block.file] if WORLD in page.read_text("utf-8") else []
    return (*shared, *(block for block in blocks if block.file is not None))


def summary(code: str) -> str:
    """The first sentence of a page."""
    text = " ".join(PAGES[code].read_text("utf-8").split("\n\n")[1].split())
    found = re.match(r".*?[.](?= |$)", text)
    assert found, code
    return found[0]

"""The pages of the documentation, and the blocks of code on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Block:
    """A block of code. Its first line is ```LANGUAGE WORD..., where a word is the name of a file or one of MARKS."""

    page: Path
    line: int
    language: str
    words: tuple[str, ...]
    text: str
    before: str
    """The paragraph, heading or list item that stands directly before it."""

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{show(self.page)}:{self.line}"

    @property
    def file(self) -> str | None:
        """The file that it is, if it is one."""
        return next((word for word in self.words if word not in MARKS and not word.startswith(NEEDS)), None)

    @property
    def needs(self) -> list[str]:
        """The programs that must be installed, by `needs=NAME`."""
        return [word.removeprefix(NEEDS) for word in self.words if word.startswith(NEEDS)]

    @property
    def is_live(self) -> bool:
        """Whether it takes a cluster."""
        return "live" in self.words

    @property
    def is_wrong(self) -> bool:
        """Whether it shows a mistake."""
        return "wrong" in self.words

    @property
    def is_form(self) -> bool:
        """Whether it only shows what something looks like; a block without a language does."""
        return "form" in self.words or not self.language


MARKS = {"wrong", "live", "form"}
NEEDS = "needs="


def show(page: Path) -> str:
    """A page as people call it."""
    return str(page.relative_to(ROOT))


def find_pages() -> list[Path]:
    """Every Markdown file that people read, but the changelog, which has no examples."""
    patterns = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/**/*.md", "terraform/**/*.md", "specs/**/*.md")
    return [path for pattern in patterns for path in sorted(ROOT.glob(pattern)) if ".terraform" not in path.parts]


def find_blocks(page: Path) -> tuple[Block, ...]:
    """All blocks of a page, as CommonMark has them."""
    return _find_blocks(page, page.read_text("utf-8"))


@cache
def _find_blocks(page: Path, text: str) -> tuple[Block, ...]:
    """What is found in a text is known from then on: pages are asked for often, and some tests write them."""
    return tuple(_read_blocks(page, text))


def _read_blocks(page: Path, text: str) -> Iterator[Block]:
    before = ""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "inline":
            before = token.content
        elif token.type == "fence" and token.map is not None:
            language, *words = token.info.split() or [""]
            yield Block(page, token.map[0] + 1, language, tuple(words), token.content, before)


PAGES = find_pages()
BLOCKS = {page: find_blocks(page) for page in PAGES}

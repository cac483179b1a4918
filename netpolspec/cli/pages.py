"""The pages on messages and lints, which ship with the program: `netpolspec help unknown-policy` prints one."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
_SHIPPED = _PACKAGE / "pages"
_PAGES = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent / "docs"
_FOLDERS = ("lints", "messages")


def read_page(code: str) -> str | None:
    """The Markdown page of a code; None where there is no such code."""
    if code not in codes():
        return None
    paths = (_PAGES / folder / f"{code}.md" for folder in _FOLDERS)
    return next(path.read_text("utf-8") for path in paths if path.exists())


def codes() -> frozenset[str]:
    """All that have a page."""
    found = (path.stem for folder in _FOLDERS for path in (_PAGES / folder).glob("*.md"))
    return frozenset(found) - {"README"}

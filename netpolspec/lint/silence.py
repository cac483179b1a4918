"""Which findings are not told: by a comment, by an annotation, or by the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from netpolspec.load.resource import Resource
    from netpolspec.source import Source, Span

ANNOTATION = "netpolspec.dev/ignore"
"""On an object: the codes that are not told of it, with commas between them."""

_COMMENT = re.compile(r"(?:#|//)\s*netpolspec:\s*ignore\s+(?P<codes>[\w-]+(?:[ \t]*,[ \t]*[\w-]+)*)")
_MOST_ABOVE = 50


def codes_in(text: str) -> frozenset[str]:
    """Codes with commas or blanks between them."""
    return frozenset(re.split(r"[\s,]+", text.strip())) - {""}


def annotated(resource: Resource) -> frozenset[str]:
    """The codes that an object's annotation names."""
    metadata = resource.manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    text = annotations.get(ANNOTATION) if isinstance(annotations, Mapping) else None
    return codes_in(text) if isinstance(text, str) else frozenset()


def commented(span: Span, code: str) -> bool:
    """Whether a comment on the line of a span, or in the lines of comment right above it, names a code."""
    source, line = span.source, span.line
    if source.path.endswith(".json"):
        return False  # has no comments, and perhaps one line of many megabytes
    if _names(source.line_text(line), code):
        return True
    for above in range(line - 1, max(0, line - _MOST_ABOVE), -1):
        text = source.line_text(above)
        if not text.lstrip().startswith(("#", "//")):
            return False
        if _names(text, code):
            return True
    return False


def unknown_codes(source: Source, known: Collection[str]) -> Iterator[tuple[str, Span]]:
    """The codes in a text's comments that nothing has, and where they stand."""
    if "netpolspec:" not in source.text or source.path.endswith((".json", ".md")):
        return  # documents may speak of such comments
    for found in _COMMENT.finditer(source.text):
        for code in re.finditer(r"[\w-]+", found["codes"]):
            if code[0] not in known:
                start = found.start("codes")
                yield code[0], source.span(start + code.start(), start + code.end())


def _names(line: str, code: str) -> bool:
    return any(code in codes_in(found["codes"]) for found in _COMMENT.finditer(line))

"""Why a word is neither a source nor a destination, where the grammar has no such form."""

from __future__ import annotations

import re

from netpolspec.syntax.words import Flaw

_SOURCES = "sources are 'NS', 'NS[key=value]', 'NS/NAME', an address, a range, or '<node>'"
_DESTINATIONS = (
    "destinations are 'SERVICE.NS:PORT', 'NS:PORT', 'NS[key=value]:PORT', 'NS/NAME:PORT', 'ADDRESS:PORT' or "
    "'example.com.:PORT'"
)


def explain_source(text: str, at: int) -> Flaw:
    """Why the grammar has no source of this form; `at` is where it got stuck."""
    flaw = _explain_brackets(text, at) or _explain_either(text)
    if flaw:
        return flaw
    host, colon, port = text.rpartition(":")
    if colon and re.fullmatch(r"[\w.*/-]*", port) and ":" not in host:
        return Flaw("port-of-source", "a source has no port", len(host), len(text), (f"write '{host}' only",))
    if text.startswith("["):
        address = text.strip("[]")
        return Flaw("bad-source", "a source's address has no brackets", 0, len(text), (f"write '{address}'",))
    if re.fullmatch(r"[\w-]+(\.[\w-]+)+\.?", text):
        name, _, rest = text.partition(".")
        hint = f"write '{rest.partition('.')[0]}/{name}' for the pods of a workload"
        return Flaw(
            "bad-source", f"'{text}' cannot be a source: a Service sends nothing", 0, len(text), (hint, _SOURCES)
        )
    return Flaw("bad-source", f"'{text}' is no source", at, len(text), (_SOURCES,))


def explain_destination(text: str, at: int) -> Flaw:
    """Why the grammar has no destination of this form; `at` is where it got stuck."""
    flaw = _explain_brackets(text, at) or _explain_either(text)
    if flaw:
        return flaw
    if text.startswith("<"):
        hint = "'<node>' may be a source; to reach a node, write its address and a port"
        return Flaw("bad-destination", f"'{text}' cannot be a destination", 0, len(text), (hint,))
    if text.count(":") > 1 and re.fullmatch(r"[0-9A-Fa-f:.]+(/\d+)?", text):
        return Flaw(
            "bad-destination", "an IPv6 address stands in brackets", 0, len(text), ("write '[2001:db8::1]:443'",)
        )
    if at >= len(text) and ":" not in text.rpartition("]")[2]:
        hint = f"write '{text}:80', '{text}:53/udp', or '{text}:*' for every port that it declares"
        return Flaw("missing-port", f"'{text}' has no port", 0, len(text), (hint,))
    return Flaw("bad-destination", f"'{text}' is no destination", at, len(text), (_DESTINATIONS,))


def _explain_brackets(text: str, at: int) -> Flaw | None:
    """Labels that are none."""
    opening = text.find("[", 1)
    if opening == -1 or at <= opening:
        return None
    closing = text.find("]", opening)
    if closing == -1:
        return Flaw("open-bracket", "'[' without its ']'", opening, len(text), ("close it with ']'",))
    if at > closing:
        return None
    if not text[opening + 1 : closing].strip():
        name = text[:opening]
        hint = f"write '{name}[key=value]', or '{name}' without brackets"
        return Flaw("bad-label", "no labels between the brackets", opening, closing + 1, (hint,))
    hint = "labels are written 'key=value', with commas between them; all of them must be there"
    return Flaw("bad-label", "no 'key=value' here", at, max(closing, at + 1), (hint,))


def _explain_either(text: str) -> Flaw | None:
    """What is wrong in sources and destinations alike."""
    if not text:
        return Flaw("empty-word", "an empty word names nothing", 0, 0, ())
    if "://" in text:
        hint = "write host and port, as in 'example.com.:443'; nothing above TCP, UDP and SCTP is tested"
        return Flaw("no-url", f"'{text}' is a URL", 0, len(text), (hint,))
    if "->" in text and len(text) > len("->"):
        at = text.index("->")
        return Flaw("glued-arrow", "'->' stands between blanks", at, at + 2, ("put a blank before and after it",))
    return None

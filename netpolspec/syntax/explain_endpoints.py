"""Why a word is neither a source nor a destination, where the grammar has no such form."""

from __future__ import annotations

import re

from netpolspec.syntax.words import Flaw

_SOURCES = "sources are 'NS', 'NS[key=value]', 'NS/NAME', an address, a range, or '<node>'"
_DESTINATIONS = (
    "destinations are 'SERVICE.NS:PORT', 'NS:PORT', 'NS[key=value]:PORT', 'NS/NAME:PORT', 'ADDRESS:PORT' or "
    "'example.com.:PORT'"
)
_ADDRESSES = "addresses look like '10.1.2.3' or '2001:db8::1', ranges like '10.0.0.0/8'"
_PORTS = "a port is a number, a name or '*', perhaps with its protocol, as in ':80', ':http', ':53/udp'"
_FILLERS = frozenset({"not", "is", "are", "be", "must", "never", "should", "to"})
_CONJUNCTIONS = frozenset({"and", "or"})
_BEHIND = {"within": "allowed within 30s", "because": 'denied because "nobody else"'}
_IPV6 = re.compile(r"(?=.*:.*:)([0-9A-Fa-f:.]+)(/\d+)?")
_DOTTED = re.compile(r"[\w-]+(\.[\w-]+)+\.?")


def explain_source(text: str, at: int) -> Flaw:
    """Why the grammar has no source of this form; `at` is where it got stuck."""
    flaw = _explain_either(text) or _explain_labels(text, at)
    if flaw:
        return flaw
    host, colon, port = text.rpartition(":")
    bad_port = bool(colon) and re.fullmatch(r"[\w.*/-]*", port) is not None and ":" not in re.sub(r"\[.*\]", "", host)
    if not bad_port:
        host = text
    if re.fullmatch(r"[\d.]+", host) and not bad_port:
        return Flaw("bad-address", f"'{text}' is no address", 0, len(text), (_ADDRESSES,))
    if _DOTTED.fullmatch(host) and re.search("[a-z]", host):
        return _explain_dotted_source(text, host)
    if bad_port:
        return Flaw("port-of-source", "a source has no port", len(host), len(text), (f"write '{host}' only",))
    if _IPV6.fullmatch(text.strip("[]")):
        hint = f"write '{text.strip('[]')}'"
        return Flaw("bad-source", "a source's address has no brackets", 0, len(text), (hint,))
    return Flaw("bad-source", f"'{text}' is no source", at, len(text), (_SOURCES,))


def _explain_dotted_source(text: str, host: str) -> Flaw:
    name, _, rest = host.partition(".")
    if host.endswith("."):
        hint = "write its address: the model knows no names outside the cluster, and policies see addresses only"
        return Flaw("bad-source", f"'{host}' cannot be a source", 0, len(text), (hint,))
    hint = f"write '{rest.partition('.')[0]}/{name}' for the pods of a workload"
    return Flaw("bad-source", f"'{host}' cannot be a source: a Service sends nothing", 0, len(text), (hint, _SOURCES))


def explain_destination(text: str, at: int) -> Flaw:
    """Why the grammar has no destination of this form; `at` is where it got stuck."""
    flaw = _explain_either(text) or _explain_labels(text, at) or _explain_address(text) or _explain_lone_word(text)
    if flaw:
        return flaw
    if at >= len(text) and ":" not in text.rpartition("]")[2].removesuffix(":"):
        host = text.removesuffix(":")
        return Flaw("missing-port", f"'{host}' has no port", 0, len(text), (f"write '{host}:80' or '{host}:53/udp'",))
    if text.startswith(":"):
        hint = f"write whom to dial before it, as in 'ms-b{text}'"
        return Flaw("bad-destination", "a port without a destination", 0, len(text), (hint,))
    if "]" in text[:at] and text[at].isalnum():
        hint = f"write '{text[:at]}:{text[at:]}'"
        return Flaw("bad-destination", "no ':' before the port", at, len(text), (hint,))
    colon = text.find(":", text.rfind("]") + 1)
    if -1 < colon < at:
        return Flaw("bad-port", f"'{text[colon + 1 :]}' is no port", colon + 1, len(text), (_PORTS,))
    return Flaw("bad-destination", f"'{text}' is no destination", at, len(text), (_DESTINATIONS,))


def _explain_lone_word(text: str) -> Flaw | None:
    """A word of the sentence, and no name."""
    message = f"'{text}' cannot be a destination"
    if text.startswith("<"):
        hint = "'<node>' may be a source; to reach a node, write its address and a port"
    elif text in _FILLERS:
        hint = "the verdict is one word, 'allowed' or 'denied', behind the destinations"
    elif text in _CONJUNCTIONS:
        hint = "destinations are separated by commas, as in 'ms-a:80, ms-b:80'"
    elif text in _BEHIND:
        message = f"'{text}' stands behind the verdict"
        hint = f"write it as in 'expect ms-a -> ms-b:80 {_BEHIND[text]}'"
    elif text.isdecimal():
        message = f"'{text}' is a port without a destination"
        hint = f"each port is a destination of its own: 'ms-a:80, ms-a:{text}'"
        return Flaw("missing-port", message, 0, len(text), (hint,))
    else:
        return None
    return Flaw("bad-destination", message, 0, len(text), (hint,))


def _explain_address(text: str) -> Flaw | None:
    """Brackets where none belong, and none where they do."""
    match = re.fullmatch(r"\[([\d.]+(?:/\d+)?)\](:.*)?", text)
    if match:
        hint = f"write '{match[1]}{match[2] or ':443'}'"
        return Flaw("bad-destination", "an IPv4 address has no brackets", 0, len(text), (hint,))
    match = re.fullmatch(r"\[([0-9A-Za-z:./]*)\](:.*)?", text)
    if match and not _IPV6.fullmatch(match[1]):
        return Flaw("bad-address", f"'{match[1]}' is no address", 1, match.end(1), (_ADDRESSES,))
    if _IPV6.fullmatch(text.rpartition(":")[0]) or _IPV6.fullmatch(text):
        return Flaw(
            "bad-destination", "an IPv6 address stands in brackets", 0, len(text), ("write '[2001:db8::1]:443'",)
        )
    return None


def _explain_labels(text: str, at: int) -> Flaw | None:
    """Labels that are none."""
    opening = text.find("[")
    if opening == -1 or at < opening or (opening == 0 and "=" not in text):
        return None
    if opening == 0:
        hint = "write the namespace before them, as in 'ms-a[app=web]'"
        return Flaw("missing-namespace", "labels without a namespace", 0, len(text), (hint,))
    closing = text.find("]", opening)
    if closing == -1:
        return Flaw("open-bracket", "'[' without its ']'", opening, len(text), ("close it with ']'",))
    if at > closing or at == opening:
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
    at = text.find("->")
    if at != -1:
        return Flaw("glued-arrow", "'->' stands between blanks", at, at + 2, ("put a blank before and after it",))
    at = text.partition(":")[0].find("*")
    if at != -1:
        hint = "name each one; a variable may hold several, as in 'CLIENTS = ms-a ms-c' and '$(CLIENTS)'"
        return Flaw("no-wildcard", "names have no wildcards", at, at + 1, (hint,))
    return None

"""Sources and destinations: the callbacks of the grammar's second and third start rule, and what they refuse."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, TypeAlias

from netpolspec.syntax import names
from netpolspec.syntax.words import Flaw

if TYPE_CHECKING:
    from lark import Token

Children: TypeAlias = list[Any]

_MAX_PORT = 65535
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""A DNS label as RFC 1123 has it: namespaces, and the parts of other names."""
_DOMAIN = re.compile(r"[A-Za-z0-9_]([-A-Za-z0-9_]{0,61}[A-Za-z0-9_])?")
_PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
_LABEL_PART = re.compile(r"[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?", re.ASCII)
_CLUSTER_DOMAIN = ("svc", "cluster", "local")


class BadEndpoint(Exception):  # noqa: N818 - carries a user's mistake
    """A word that the grammar takes and that still names nothing."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.message)
        self.flaw = flaw


def _refuse(code: str, message: str, start: int, end: int, *hints: str) -> BadEndpoint:
    return BadEndpoint(Flaw(code, message, start, end, hints))


def _bad_token(code: str, message: str, token: Token, *hints: str) -> BadEndpoint:
    return _refuse(code, message, token.start_pos or 0, token.end_pos or 0, *hints)


class Endpoints:
    """One method per grammar rule, named like it. They hold no state."""

    def source(self, children: Children) -> names.SourceName:
        """One of the forms of a source."""
        child = children[0]
        if isinstance(child, names.PodsName):
            return names.ClientSource(child.namespace, child.labels or ())
        if isinstance(child, names.WorkloadName):
            return child
        return names.NodeName() if child.type == "NODE" else _address(child)

    def destination(self, children: Children) -> names.DestinationName:
        """Whom, and at which port."""
        host, (port, protocol) = children[0], children[-1]
        if not isinstance(host, names.PodsName | names.WorkloadName | names.AddressName):
            host = _address(host) if host.type == "IPV4" else _dotted(host)
        return names.DestinationName(host, port, protocol or "TCP", protocol is not None)

    def pods(self, children: Children) -> names.PodsName:
        """A namespace, perhaps with labels."""
        labels = children[1] if len(children) > 1 else None
        return names.PodsName(_name(children[0], "namespace"), labels)

    def labels(self, children: Children) -> tuple[tuple[str, str], ...]:
        """`key=value` pairs between brackets."""
        found: dict[str, str] = {}
        for token in children[1:-1]:
            key, _, value = token.value.partition("=")
            prefix, slash, name = key.rpartition("/")
            if not _LABEL_PART.fullmatch(name) or (slash and not _is_domain(prefix)):
                raise _bad_token("bad-label", f"'{key}' is no label key", token, "labels are written 'key=value'")
            if value and not _LABEL_PART.fullmatch(value):
                hint = "at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends"
                raise _bad_token("bad-label", f"'{value}' is no label value", token, hint)
            if key in found:
                raise _bad_token("given-twice", f"'{key}' is given twice", token, "take one of them out")
            found[key] = value
        return tuple(found.items())

    def workload(self, children: Children) -> names.WorkloadName:
        """`NS/NAME` or `NS/KIND/NAME`; the slashes are tokens."""
        namespace = _name(children[0], "namespace")
        kind = children[2].value if len(children) > 3 else None  # noqa: PLR2004 - one more slash and name
        return names.WorkloadName(namespace, kind, _object_name(children[-1]))

    def bracketed(self, children: Children) -> names.AddressName:
        """An IPv6 address between brackets."""
        return _address(children[1])

    def number(self, children: Children) -> tuple[int | str | None, str | None]:
        """A port and its protocol, each None where it is not said."""
        port = _port(children[0])
        if len(children) == 1:
            return port, None
        token = children[2]
        protocol = token.value.upper()
        if protocol not in _PROTOCOLS:
            raise _bad_token("bad-protocol", f"unknown protocol '{token}'", token, "protocols are tcp, udp and sctp")
        return port, protocol


def _address(token: Token) -> names.AddressName:
    """An address or a range, as written."""
    text = token.value
    try:
        if "/" not in text:
            ip_address(text)
            return names.AddressName(text)
        network = ip_network(text, strict=False)
    except ValueError:
        hint = "addresses look like '10.1.2.3' or '2001:db8::1', ranges like '10.0.0.0/8'"
        raise _bad_token("bad-address", f"'{text}' is no address", token, hint) from None
    host = ip_address(text.partition("/")[0])
    if host != network.network_address:
        hint = f"write '{network}' for the range, or '{host}' for the one address"
        raise _bad_token("host-bits", f"'{text}' is a range with an address inside it", token, hint)
    return names.AddressName(text)


def _name(token: Token, what: str) -> str:
    text: str = token.value
    if not _LABEL.fullmatch(text):
        hint = "lower case letters, digits and '-', at most 63, a letter or digit at both ends"
        raise _bad_token("bad-name", f"'{text}' is no name of a {what}", token, hint)
    return text


def _object_name(token: Token) -> str:
    text: str = token.value
    if len(text) > 253 or not all(_LABEL.fullmatch(part) for part in text.split(".")):  # noqa: PLR2004 - RFC 1123
        hint = "lower case letters, digits, '-' and '.', a letter or digit at both ends"
        raise _bad_token("bad-name", f"'{text}' is no name of a pod or workload", token, hint)
    return text


def _is_domain(text: str) -> bool:
    return 0 < len(text) <= 253 and all(_DOMAIN.fullmatch(part) for part in text.split("."))  # noqa: PLR2004 - RFC 1035


def _dotted(token: Token) -> names.ServiceName | names.DomainName:
    """A Service in one of its forms, or a name outside the cluster, which ends in a dot."""
    text: str = token.value
    parts = text.removesuffix(".").split(".")
    if len(parts) > 2 and tuple(parts[2:]) in {_CLUSTER_DOMAIN[:1], _CLUSTER_DOMAIN}:  # noqa: PLR2004
        name, namespace = parts[:2]
    elif text.endswith("."):
        if _is_domain(text[:-1]):
            return names.DomainName(text[:-1].lower())
        raise _bad_token("bad-name", f"'{text}' is no name of a host", token, "write it as in 'www.example.com.'")
    elif len(parts) == 2:  # noqa: PLR2004 - NAME.NS
        name, namespace = parts
    else:
        message = f"'{text}' is neither a Service nor a name outside the cluster"
        service = "a Service is 'NAME.NAMESPACE', 'NAME.NAMESPACE.svc' or 'NAME.NAMESPACE.svc.cluster.local'"
        outside = (f"a name outside the cluster ends in a dot: '{text}.'",) if _is_domain(text) else ()
        raise _bad_token("bad-host", message, token, *outside, service)
    if not (_LABEL.fullmatch(name) and _LABEL.fullmatch(namespace)):
        hint = "a Service is 'NAME.NAMESPACE', both in lower case letters, digits and '-'"
        raise _bad_token("bad-name", f"'{text}' is no name of a Service", token, hint)
    return names.ServiceName(name, namespace)


def _port(token: Token) -> int | str | None:
    """A number, a name, or None for `*`."""
    text: str = token.value
    if token.type == "STAR":
        return None
    if token.type == "NUMBER":
        if len(text) > len(str(_MAX_PORT)) or not 1 <= int(text) <= _MAX_PORT:
            raise _bad_token("bad-port", f"port '{text}' is not a number from 1 to {_MAX_PORT}", token)
        return int(text)
    if not _PORT_NAME.fullmatch(text):
        hint = "a port is a number, the name of a container's port, or '*' for all that are declared"
        raise _bad_token("bad-port", f"'{text}' is no port", token, hint)
    return text

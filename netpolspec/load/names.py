"""The forms that names, labels and ports must have; each check says what is wrong, or None.

Rules from k8s.io/apimachinery/pkg/util/validation/validation.go and pkg/api/validate/content (Kubernetes v1.35).
"""

from __future__ import annotations

import re
from functools import lru_cache

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?\Z")
_LABEL_1035 = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?\Z")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\Z")
_QUALIFIED = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z")
_PORT_NAME = re.compile(r"[-a-z0-9]+\Z")

_MAX_LABEL = 63
_MAX_SUBDOMAIN = 253
_MAX_PORT_NAME = 15
MAX_PORT = 65535


@lru_cache(maxsize=8192)
def check_label_name(text: str) -> str | None:
    """A DNS label (RFC 1123): namespaces, container names."""
    if len(text) > _MAX_LABEL:
        return f"is longer than {_MAX_LABEL} characters"
    if _LABEL.match(text):
        return None
    if _SUBDOMAIN.match(text):
        return "must not contain dots"
    return "must consist of lower case letters, digits and '-', and begin and end with a letter or digit"


@lru_cache(maxsize=8192)
def check_service_name(text: str) -> str | None:
    """A DNS label as RFC 1035 had it: Services."""
    if len(text) > _MAX_LABEL:
        return f"is longer than {_MAX_LABEL} characters"
    if _LABEL_1035.match(text):
        return None
    return "must consist of lower case letters, digits and '-', begin with a letter and end with a letter or digit"


@lru_cache(maxsize=8192)
def check_subdomain(text: str) -> str | None:
    """A DNS subdomain (RFC 1123): the names of most objects."""
    if len(text) > _MAX_SUBDOMAIN:
        return f"is longer than {_MAX_SUBDOMAIN} characters"
    if _SUBDOMAIN.match(text):
        return None
    return "must consist of lower case letters, digits, '-' and '.', and begin and end with a letter or digit"


_MAX_CRON_JOB = 52


def check_cron_job_name(text: str) -> str | None:
    """A CronJob's name: its Jobs add eleven characters to it, and may have 63."""
    return f"is longer than {_MAX_CRON_JOB} characters" if len(text) > _MAX_CRON_JOB else check_subdomain(text)


@lru_cache(maxsize=8192)
def check_label_key(text: str) -> str | None:
    """A label's key: an optional DNS subdomain and `/`, then a name."""
    prefix, slash, name = text.rpartition("/")
    if "/" in prefix:
        return "must be a name, or a prefix and a name with one '/' between"
    if slash:
        if not prefix:
            return "has nothing before the '/'"
        if wrong := check_subdomain(prefix):
            return f"has the prefix '{prefix}', which {wrong}"
    if not name:
        return "has no name after the '/'" if slash else "is empty"
    if len(name) > _MAX_LABEL:
        return f"has a name longer than {_MAX_LABEL} characters"
    if not _QUALIFIED.match(name):
        return "must consist of letters, digits, '-', '_' and '.', and begin and end with a letter or digit"
    return None


@lru_cache(maxsize=8192)
def check_label_value(text: str) -> str | None:
    """A label's value, which may be empty."""
    if len(text) > _MAX_LABEL:
        return f"is longer than {_MAX_LABEL} characters"
    if text and not _QUALIFIED.match(text):
        return "must consist of letters, digits, '-', '_' and '.', and begin and end with a letter or digit"
    return None


@lru_cache(maxsize=1024)
def check_port_name(text: str) -> str | None:
    """The name of a port (IANA_SVC_NAME)."""
    if not text:
        return "is empty"
    if len(text) > _MAX_PORT_NAME:
        return f"is longer than {_MAX_PORT_NAME} characters"
    if not _PORT_NAME.match(text):
        return "must consist of lower case letters, digits and '-'"
    if text.replace("-", "").isdigit() or not text.strip("-"):
        return "must contain a letter"
    if "--" in text:
        return "must not contain '--'"
    if text.startswith("-") or text.endswith("-"):
        return "must not begin or end with '-'"
    return None


def check_port(number: int) -> str | None:
    """A port's number."""
    return None if 1 <= number <= MAX_PORT else f"must be between 1 and {MAX_PORT}"

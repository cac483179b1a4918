"""The settings there are: the key of each, how its value is read and what it is where nobody says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from netpolspec.lint.catalog import CODES
from netpolspec.log import Format, Level
from netpolspec.policy import assumptions
from netpolspec.setting_values import (
    codes,
    one_of,
    read_assumptions,
    read_count,
    read_duration,
    read_flag,
    read_text,
    reports,
    strings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

BACKENDS = ("model", "kind", "cluster")
"""What `--on` takes."""

REPORTS = ("junit", "json", "jsonl", "html", "markdown", "github")
"""The formats that `--report` takes; cli.reports knows who writes them."""


class Color(StrEnum):
    """Whether messages on standard error are coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One setting: its key in pyproject.toml; `--key` and `NETPOLSPEC_KEY` follow from it."""

    key: str
    read: Callable[[object], T]
    default: T


PATHS: Setting[tuple[str, ...]] = Setting("paths", strings(os.pathsep), ())
ON = Setting("on", one_of(*BACKENDS), "model")
TAP = Setting("tap", one_of("auto", "13", "14"), "auto")
FLAT = Setting("flat", read_flag, default=False)
FAIL_FAST = Setting("fail-fast", read_flag, default=False)
COLOR = Setting("color", one_of(*Color), Color.AUTO.value)
IGNORE: Setting[tuple[str, ...]] = Setting("ignore", codes(*CODES), ())
POLICY_PATH: Setting[tuple[str, ...]] = Setting("policy-path", strings(os.pathsep), ())
ASSUME: Setting[Mapping[str, str]] = Setting("assume", read_assumptions, {})
REPORT: Setting[tuple[str, ...]] = Setting("report", reports(*REPORTS), ())
PROFILE = Setting("profile", one_of(*assumptions.PROFILES), "")
TERRAFORM = Setting("terraform", one_of("auto", "plan", "static"), "auto")
STRICT_MODEL = Setting("strict-model", read_flag, default=False)
LOG_FORMAT = Setting("log-format", one_of(*Format), Format.CONSOLE.value)
LOG_LEVEL = Setting("log-level", one_of(*(level.name.lower() for level in Level)), "warning")

# What the words of these mean is known to backends.blueprint, which only commands that make clusters import.
OF_CLUSTERS: tuple[Setting[str | int], ...] = (
    Setting("cluster-name", read_text, ""),
    Setting("cni", read_text, ""),
    Setting("cni-manifest", read_text, ""),
    Setting("ip-family", read_text, ""),
    Setting("node-image", read_text, ""),
    Setting("kind-config", read_text, ""),
    Setting("nodes", read_count, 0),
)
CLUSTER_KEYS: tuple[str, ...] = tuple(each.key for each in OF_CLUSTERS)
"""The keys that say what cluster `--on kind` and `up` are to make."""
FILE_KEYS = frozenset({"cni-manifest", "kind-config"})
"""Those of them that name a file (or a URL)."""

# Likewise backends.options, of which these are the fields.
OF_LIVE_RUNS: tuple[Setting[str | int | float | bool], ...] = (
    Setting("context", read_text, ""),
    Setting("kubeconfig", read_text, ""),
    Setting("probe-image", read_text, ""),
    Setting("probe-paths", one_of("both", "any"), ""),
    Setting("hold", read_duration, 0.0),
    Setting("timeout", read_duration, 0.0),
    Setting("ready-timeout", read_duration, 0.0),
    Setting("concurrency", read_count, 0),
    Setting("controls", read_flag, default=True),
    Setting("keep", read_flag, default=False),
    Setting("allow-existing", read_flag, default=False),
)
LIVE_KEYS: tuple[str, ...] = tuple(each.key for each in OF_LIVE_RUNS)
"""The keys that say how a run on a cluster goes."""

_OF_EACH_RUN = (
    *(PATHS, ON, TAP, FLAT, FAIL_FAST, COLOR, POLICY_PATH, ASSUME, REPORT, PROFILE),
    *(TERRAFORM, STRICT_MODEL, IGNORE, LOG_FORMAT, LOG_LEVEL),
)
KEYS: tuple[str, ...] = (*(each.key for each in _OF_EACH_RUN), *CLUSTER_KEYS, *LIVE_KEYS)
"""Every key of `[tool.netpolspec]`."""

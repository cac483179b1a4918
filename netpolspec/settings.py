"""How a run is set up: from the command line, then the environment, then pyproject.toml, then the defaults."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from netpolspec.diagnostics import Diagnostic, Refusal, nearest
from netpolspec.log import Format, Level
from netpolspec.policy import assumptions
from netpolspec.policy.assumptions import Assumptions
from netpolspec.pyproject import find_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.pyproject import Table
    from netpolspec.source import Span

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
class Settings:
    """What the commands go by; command-line arguments that belong to one command only are not here."""

    paths: tuple[str, ...]
    """What is run where the command line names nothing."""
    on: str
    tap: str
    """`auto`, `13` or `14`."""
    flat: bool
    fail_fast: bool
    color: Color
    policy_path: tuple[Path, ...]
    assume: Assumptions
    assumed: tuple[str, ...]
    """What was given with `assume`, sorted: `hostnetwork=pod`."""
    terraform: str
    """Who may say what a Terraform module means: `auto`, `plan` or `static`."""
    log_format: Format
    log_level: Level
    clusters: tuple[Mapping[str, str | int], ...] = ()
    """What each place says about a cluster to make, by keys of CLUSTER_KEYS; the place that counts first."""
    report: tuple[str, ...] = ()
    """The reports beside TAP, `FORMAT=PATH` each."""
    live: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """What is said about runs on clusters, by keys of LIVE_KEYS; what nobody says is not there."""
    strict_model: bool = False
    ignore: frozenset[str] = frozenset()
    """Codes of warnings that `check` leaves out; what several places say is put together."""


class SettingError(ValueError):
    """A value that a setting cannot have: the message is for the user, as is the help."""

    def __init__(self, message: str, *help_: str) -> None:
        super().__init__(message)
        self.help = help_


# --- one value: what a setting makes of text (command line, environment) or of a TOML value -----------------------


def _one_of(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if isinstance(text, str) and text in choices:
            return text
        close = nearest(text, choices) if isinstance(text, str) else None
        hint = f"did you mean '{close}'?" if close else f"it is one of {', '.join(choices)}"
        raise SettingError(f"cannot be {_shown(value)}", hint)

    return read


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise SettingError(f"cannot be {_shown(value)}", "it is true or false")


def _text(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise SettingError(f"cannot be {_shown(value)}", "it is a string")


def _count(value: object) -> int:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, int) and not isinstance(number, bool) and number > 0:
        return number
    raise SettingError(f"cannot be {_shown(value)}", "it is a whole number, at least 1")


_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|)")
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0}


def _duration(value: object) -> float:
    """Seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    if isinstance(value, str) and (found := _DURATION.fullmatch(value)):
        return float(found[1]) * _SECONDS[found[2]]
    raise SettingError(f"cannot be {_shown(value)}", "it is a duration, such as 10s, 500ms or 2m")


def _strings(separator: str) -> Callable[[object], tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            return tuple(part for part in value.split(separator) if part)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(part for item in value for part in read(item))
        raise SettingError(f"cannot be {_shown(value)}", "it is a list of strings")

    return read


def _reports(value: object) -> tuple[str, ...]:
    """`FORMAT=PATH` items: a list, or text with commas between them; a table of paths by format."""
    if isinstance(value, Mapping):
        value = [f"{name}={path}" for name, path in value.items() if isinstance(path, str)]
    items = tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise SettingError(f"cannot be {_shown(value)}", "it is a list of FORMAT=PATH, such as html=report.html")
    for item in items:
        name, _, path = item.partition("=")
        if name not in REPORTS:
            close = nearest(name, REPORTS)
            hint = f"did you mean '{close}'?" if close else f"there are {', '.join(REPORTS)}"
            raise SettingError(f"has no format '{name}'", hint)
        if not path:
            raise SettingError(f"says no file for '{name}'", f"write '{name}=FILE'")
    return tuple(items)


def _assume(value: object) -> Mapping[str, str]:
    """`KEY=VALUE` items (a list, or text with commas or blanks between them), or a table."""
    if isinstance(value, Mapping):
        pairs = {str(key): ("no", "yes")[item] if isinstance(item, bool) else item for key, item in value.items()}
    else:
        items = [part for text in _strings(",")(value) for part in text.split()]
        without = next((item for item in items if "=" not in item), None)
        if without is not None:
            raise SettingError(f"cannot be '{without}'", "it is KEY=VALUE, such as hostnetwork=pod")
        pairs = {key: text for key, _, text in (item.partition("=") for item in items)}
    for key, item in pairs.items():
        if key not in assumptions.KEYS:
            close = nearest(key, assumptions.KEYS)
            hint = f"did you mean '{close}'?" if close else f"there are {', '.join(assumptions.KEYS)}"
            raise SettingError(f"has no key '{key}'", hint)
        try:
            _one_of(*assumptions.choices(key))(item)
        except SettingError as wrong:
            raise SettingError(f"has '{key}', which {wrong}", *wrong.help) from None
    return {key: str(item) for key, item in pairs.items()}


def _shown(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value}"


@dataclass(frozen=True, slots=True)
class _Setting(Generic[T]):
    """One setting: its key in pyproject.toml; `--key` and `NETPOLSPEC_KEY` follow from it."""

    key: str
    read: Callable[[object], T]
    default: T


_PATHS: _Setting[tuple[str, ...]] = _Setting("paths", _strings(os.pathsep), ())
_ON = _Setting("on", _one_of(*BACKENDS), "model")
_TAP = _Setting("tap", _one_of("auto", "13", "14"), "auto")
_FLAT = _Setting("flat", _flag, default=False)
_FAIL_FAST = _Setting("fail-fast", _flag, default=False)
_COLOR = _Setting("color", _one_of(*Color), Color.AUTO.value)
_IGNORE: _Setting[tuple[str, ...]] = _Setting("ignore", _strings(","), ())
_POLICY_PATH: _Setting[tuple[str, ...]] = _Setting("policy-path", _strings(os.pathsep), ())
_ASSUME: _Setting[Mapping[str, str]] = _Setting("assume", _assume, {})
_REPORT: _Setting[tuple[str, ...]] = _Setting("report", _reports, ())
_PROFILE = _Setting("profile", _one_of(*assumptions.PROFILES), "")
_TERRAFORM = _Setting("terraform", _one_of("auto", "plan", "static"), "auto")
_STRICT_MODEL = _Setting("strict-model", _flag, default=False)
_LOG_FORMAT = _Setting("log-format", _one_of(*Format), Format.CONSOLE.value)
_LOG_LEVEL = _Setting("log-level", _one_of(*(level.name.lower() for level in Level)), "warning")

# What the words of these mean is known to backends.blueprint, which only commands that make clusters import.
_NODES: _Setting[str | int] = _Setting("nodes", _count, 0)
_TEXTS: tuple[_Setting[str | int], ...] = (
    _Setting("cluster-name", _text, ""),
    _Setting("cni", _text, ""),
    _Setting("cni-manifest", _text, ""),
    _Setting("ip-family", _text, ""),
    _Setting("node-image", _text, ""),
    _Setting("kind-config", _text, ""),
)
_OF_CLUSTERS = (*_TEXTS, _NODES)
CLUSTER_KEYS: tuple[str, ...] = tuple(each.key for each in _OF_CLUSTERS)
"""The keys that say what cluster `--on kind` and `up` are to make."""
FILE_KEYS = frozenset({"cni-manifest", "kind-config"})
"""Those of them that name a file (or a URL)."""

# Likewise backends.options, of which these are the fields.
_OF_LIVE_RUNS: tuple[_Setting[str | int | float | bool], ...] = (
    _Setting("context", _text, ""),
    _Setting("kubeconfig", _text, ""),
    _Setting("probe-image", _text, ""),
    _Setting("probe-paths", _one_of("both", "any"), ""),
    _Setting("hold", _duration, 0.0),
    _Setting("timeout", _duration, 0.0),
    _Setting("ready-timeout", _duration, 0.0),
    _Setting("concurrency", _count, 0),
    _Setting("controls", _flag, default=True),
    _Setting("keep", _flag, default=False),
    _Setting("allow-existing", _flag, default=False),
)
LIVE_KEYS: tuple[str, ...] = tuple(each.key for each in _OF_LIVE_RUNS)
"""The keys that say how a run on a cluster goes."""

KEYS: tuple[str, ...] = (
    *(
        each.key
        for each in (
            *(_PATHS, _ON, _TAP, _FLAT, _FAIL_FAST, _COLOR, _POLICY_PATH, _ASSUME, _REPORT, _PROFILE),
            *(_TERRAFORM, _STRICT_MODEL, _IGNORE, _LOG_FORMAT, _LOG_LEVEL),
        )
    ),
    *CLUSTER_KEYS,
    *LIVE_KEYS,
)
"""Every key of `[tool.netpolspec]`."""


# --- where values come from ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Layer:
    """One place that settings come from."""

    values: Mapping[str, object]
    prefix: str
    table: Table | None = None

    def name(self, key: str) -> str:
        """The setting as the user wrote it: `--log-level`, `NETPOLSPEC_LOG_LEVEL`, `log-level`."""
        return self.prefix + (key.replace("-", "_").upper() if self.prefix == _VARIABLE else key)

    def place(self, key: str) -> Span | None:
        return self.table.place(key) if self.table else None


_VARIABLE = "NETPOLSPEC_"


class _Layers:
    """The places that settings come from, the strongest first; collects what is wrong in any of them."""

    def __init__(self, *layers: _Layer) -> None:
        self._layers = layers
        self.wrong: list[Diagnostic] = []

    def each(self, setting: _Setting[T]) -> Iterator[tuple[_Layer, T]]:
        """The values that are given for a setting, the one that counts first."""
        for layer in self._layers:
            if layer.values.get(setting.key) is not None:
                try:
                    yield layer, setting.read(layer.values[setting.key])
                except SettingError as wrong:
                    message = f"'{layer.name(setting.key)}' {wrong}"
                    self.wrong.append(Diagnostic("bad-setting", message, layer.place(setting.key), wrong.help))

    def one(self, setting: _Setting[T]) -> T:
        """The value that counts. All are read, so that a wrong one never hides behind a stronger one."""
        values = [value for _, value in self.each(setting)]
        return values[0] if values else setting.default

    def paths(self, setting: _Setting[tuple[str, ...]]) -> tuple[str, ...]:
        """Likewise paths; those of pyproject.toml are relative to its folder."""
        values = [
            tuple(os.path.relpath(layer.table.folder / path) for path in value) if layer.table else value
            for layer, value in self.each(setting)
        ]
        return values[0] if values else setting.default

    def reports(self) -> tuple[str, ...]:
        """What is said about reports; paths of pyproject.toml are relative to its folder."""
        for layer, items in self.each(_REPORT):
            if layer.table is None:
                return items
            pairs = (item.partition("=") for item in items)
            return tuple(
                f"{name}={path if path == '-' else os.path.relpath(layer.table.folder / path)}"
                for name, _, path in pairs
            )
        return _REPORT.default

    def live(self) -> Mapping[str, str | int | float | bool]:
        """What is said about runs on clusters."""
        given = {setting.key: [value for _, value in self.each(setting)] for setting in _OF_LIVE_RUNS}
        return {key: values[0] for key, values in given.items() if values}

    def clusters(self) -> tuple[Mapping[str, str | int], ...]:
        """What each place says about a cluster; they are not mixed here, for some of it only makes sense together."""
        said: dict[str, dict[str, str | int]] = {layer.prefix: {} for layer in self._layers}
        for setting in _OF_CLUSTERS:
            for layer, value in self.each(setting):
                is_path = setting.key in FILE_KEYS and "://" not in str(value)
                if layer.table is not None and is_path:
                    value = os.path.relpath(layer.table.folder / str(value))  # noqa: PLW2901 - the same value
                said[layer.prefix][setting.key] = value
        return tuple(said.values())


def _of_environment(environ: Mapping[str, str]) -> _Layer:
    """NETPOLSPEC_..., and the two variables on colours that many programs share."""
    values: dict[str, object] = {}
    if environ.get("FORCE_COLOR"):
        values[_COLOR.key] = Color.ALWAYS.value
    if environ.get("NO_COLOR"):
        values[_COLOR.key] = Color.NEVER.value
    for key in KEYS:
        value = environ.get(_VARIABLE + key.replace("-", "_").upper())
        if value:
            values[key] = value
    return _Layer(values, _VARIABLE)


def _unknown_keys(table: Table) -> Iterator[Diagnostic]:
    for key in table.values:
        if key not in KEYS:
            close = nearest(key.replace("_", "-"), KEYS)
            hint = f"did you mean '{close}'?" if close else f"there are {', '.join(sorted(KEYS))}"
            yield Diagnostic("unknown-setting", f"unknown setting '{key}'", table.place(key), (hint,))


def resolve(arguments: Mapping[str, object], environ: Mapping[str, str], cwd: Path) -> Settings:
    """The settings of a run.

    Args:
        arguments: what the command line says, by key (`log-level`); None where it says nothing.
        environ: the environment.
        cwd: the current folder; pyproject.toml is looked for in it and above.

    Raises:
        Refusal: a setting is unknown or cannot have its value; all such are reported together.
    """
    table = find_table(cwd)
    project = _Layer(table.values if table else {}, "", table)
    layers = _Layers(_Layer(arguments, "--"), _of_environment(environ), project)
    assumed: dict[str, str] = {}
    for _, pairs in layers.each(_ASSUME):
        assumed = {**pairs, **assumed}
    settings = Settings(
        paths=layers.paths(_PATHS),
        on=layers.one(_ON),
        tap=layers.one(_TAP),
        flat=layers.one(_FLAT),
        fail_fast=layers.one(_FAIL_FAST),
        color=Color(layers.one(_COLOR)),
        policy_path=tuple(Path(path) for path in layers.paths(_POLICY_PATH)),
        assume=_settle(assumed, layers.one(_PROFILE)),
        assumed=tuple(f"{key}={value}" for key, value in sorted(assumed.items())),
        terraform=layers.one(_TERRAFORM),
        strict_model=layers.one(_STRICT_MODEL),
        log_format=Format(layers.one(_LOG_FORMAT)),
        log_level=Level[layers.one(_LOG_LEVEL).upper()],
        clusters=layers.clusters(),
        report=layers.reports(),
        live=layers.live(),
        ignore=frozenset(code for _, codes in layers.each(_IGNORE) for code in codes),
    )
    wrong = [*layers.wrong, *(_unknown_keys(table) if table else ())]
    if wrong:
        raise Refusal(*wrong)
    return settings


def _settle(assumed: Mapping[str, str], profile: str) -> Assumptions:
    """A profile is what is assumed where `assume` says nothing."""
    settled = assumptions.profile(profile) if profile else Assumptions()
    for key, value in assumed.items():
        settled = settled.with_value(key, value)
    return settled

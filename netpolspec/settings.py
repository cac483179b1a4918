"""How a run is set up: from the command line, then the environment, then pyproject.toml, then the defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from netpolspec import setting_table
from netpolspec.diagnostics import Diagnostic, Refusal, nearest
from netpolspec.load.files import why_no_folder
from netpolspec.log import Format, Level
from netpolspec.policy import assumptions
from netpolspec.policy.assumptions import Assumptions
from netpolspec.pyproject import find_table
from netpolspec.setting_table import FILE_KEYS, KEYS, Color
from netpolspec.setting_values import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netpolspec.pyproject import Table
    from netpolspec.setting_table import Setting
    from netpolspec.source import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the commands go by; command-line arguments that belong to one command only are not here."""

    paths: tuple[str, ...]
    """What is run where the command line names nothing."""
    paths_said: tuple[str, Span | None]
    """What says so, as messages name it, and where."""
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


@dataclass(frozen=True, slots=True)
class _Layer:
    """One place that settings come from."""

    values: Mapping[str, object]
    prefix: str
    table: Table | None = None

    def name(self, key: str) -> str:
        """The setting as the user wrote it: `--log-level`, `NETPOLSPEC_LOG_LEVEL`, `log-level`."""
        return self.prefix + (key.replace("-", "_").upper() if self.prefix == _VARIABLE else key)

    def place(self, key: str, below: str | None = None) -> Span | None:
        return self.table.place(key, below) if self.table else None


_VARIABLE = "NETPOLSPEC_"


class _Layers:
    """The places that settings come from, the strongest first; collects what is wrong in any of them."""

    def __init__(self, cwd: Path, *layers: _Layer) -> None:
        self._cwd = cwd
        self._layers = layers
        self.wrong: list[Diagnostic] = []

    def each(self, setting: Setting[T]) -> Iterator[tuple[_Layer, T]]:
        """The values that are given for a setting, the one that counts first."""
        for layer in self._layers:
            if layer.values.get(setting.key) is not None:
                try:
                    yield layer, setting.read(layer.values[setting.key])
                except SettingError as wrong:
                    message = f"'{layer.name(setting.key)}' {wrong}"
                    self.wrong.append(
                        Diagnostic("bad-setting", message, layer.place(setting.key, wrong.key), wrong.help)
                    )

    def one(self, setting: Setting[T]) -> T:
        """The value that counts. All are read, so that a wrong one never hides behind a stronger one."""
        values = [value for _, value in self.each(setting)]
        return values[0] if values else setting.default

    def paths(self, setting: Setting[tuple[str, ...]]) -> tuple[str, ...]:
        """Likewise paths; those of pyproject.toml are relative to its folder."""
        values = [_from_here(layer, value) for layer, value in self.each(setting)]
        return values[0] if values else setting.default

    def origin(self, setting: Setting[T]) -> tuple[str, Span | None]:
        """What the place that counts calls a setting, and its line there."""
        said = (layer for layer in self._layers if layer.values.get(setting.key) is not None)
        return next(((layer.name(setting.key), layer.place(setting.key)) for layer in said), (setting.key, None))

    def folders(self, setting: Setting[tuple[str, ...]]) -> tuple[Path, ...]:
        """Likewise folders, all of which are there: what is looked for in a mistyped one could be found elsewhere."""
        values = []
        for layer, value in self.each(setting):
            for path in value:
                wrong = why_no_folder((layer.table.folder if layer.table else self._cwd) / path, path)
                if wrong is not None:
                    why, help_ = wrong
                    message = f"'{layer.name(setting.key)}': {why}"
                    self.wrong.append(Diagnostic("bad-setting", message, layer.place(setting.key), help_))
            values.append(_from_here(layer, value))
        return tuple(Path(path) for path in values[0]) if values else ()

    def reports(self) -> tuple[str, ...]:
        """What is said about reports; paths of pyproject.toml are relative to its folder."""
        for layer, items in self.each(setting_table.REPORT):
            if layer.table is None:
                return items
            pairs = (item.partition("=") for item in items)
            return tuple(
                f"{name}={path if path == '-' else os.path.relpath(layer.table.folder / path)}"
                for name, _, path in pairs
            )
        return setting_table.REPORT.default

    def live(self) -> Mapping[str, str | int | float | bool]:
        """What is said about runs on clusters."""
        given = {setting.key: [value for _, value in self.each(setting)] for setting in setting_table.OF_LIVE_RUNS}
        return {key: values[0] for key, values in given.items() if values}

    def clusters(self) -> tuple[Mapping[str, str | int], ...]:
        """What each place says about a cluster; they are not mixed here, for some of it only makes sense together."""
        said: dict[str, dict[str, str | int]] = {layer.prefix: {} for layer in self._layers}
        for setting in setting_table.OF_CLUSTERS:
            for layer, value in self.each(setting):
                is_path = setting.key in FILE_KEYS and "://" not in str(value)
                if layer.table is not None and is_path:
                    value = os.path.relpath(layer.table.folder / str(value))  # noqa: PLW2901 - the same value
                said[layer.prefix][setting.key] = value
        return tuple(said.values())


def _from_here(layer: _Layer, paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(os.path.relpath(layer.table.folder / path) for path in paths) if layer.table else paths


def _of_environment(environ: Mapping[str, str]) -> _Layer:
    """NETPOLSPEC_..., and the two variables on colours that many programs share."""
    values: dict[str, object] = {}
    if environ.get("FORCE_COLOR"):
        values[setting_table.COLOR.key] = Color.ALWAYS.value
    if environ.get("NO_COLOR"):
        values[setting_table.COLOR.key] = Color.NEVER.value
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
    layers = _Layers(cwd, _Layer(arguments, "--"), _of_environment(environ), project)
    assumed: dict[str, str] = {}
    for _, pairs in layers.each(setting_table.ASSUME):
        assumed = {**pairs, **assumed}
    settings = Settings(
        paths=layers.paths(setting_table.PATHS),
        paths_said=layers.origin(setting_table.PATHS),
        on=layers.one(setting_table.ON),
        tap=layers.one(setting_table.TAP),
        flat=layers.one(setting_table.FLAT),
        fail_fast=layers.one(setting_table.FAIL_FAST),
        color=Color(layers.one(setting_table.COLOR)),
        policy_path=layers.folders(setting_table.POLICY_PATH),
        assume=_settle(assumed, layers.one(setting_table.PROFILE)),
        assumed=tuple(f"{key}={value}" for key, value in sorted(assumed.items())),
        terraform=layers.one(setting_table.TERRAFORM),
        strict_model=layers.one(setting_table.STRICT_MODEL),
        log_format=Format(layers.one(setting_table.LOG_FORMAT)),
        log_level=Level[layers.one(setting_table.LOG_LEVEL).upper()],
        clusters=layers.clusters(),
        report=layers.reports(),
        live=layers.live(),
        ignore=frozenset(code for _, codes in layers.each(setting_table.IGNORE) for code in codes),
    )
    wrong = [*layers.wrong, *(_unknown_keys(table) if table else ())]
    if wrong:
        raise Refusal(*sorted(wrong, key=lambda each: each.order))
    return settings


def _settle(assumed: Mapping[str, str], profile: str) -> Assumptions:
    """A profile is what is assumed where `assume` says nothing."""
    settled = assumptions.profile(profile) if profile else Assumptions()
    for key, value in assumed.items():
        settled = settled.with_value(key, value)
    return settled

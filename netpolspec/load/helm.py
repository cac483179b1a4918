"""Helm charts: rendered by `helm template`, which reads files and asks no cluster."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note, Refusal
from netpolspec.load.files import read_source
from netpolspec.load.fragment import Fragment
from netpolspec.load.manifests import blame, flatten, repeated, understand
from netpolspec.load.other_kinds import is_namespaced
from netpolspec.source import Pointer, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Resource
    from netpolspec.shell import Finished
    from netpolspec.source import Span

TIMEOUT = 60.0
"""Seconds: of a chart on this machine nothing has to be fetched."""
_REMOTE = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ARCHIVE = re.compile(r"(.+?)-v?\d+\.\d+\.\d+\S*\.tgz|(.+)\.tgz")
_PLACE = re.compile(r"(?:at \(|error on |in \")([^\s:()\"]+):?(\d+)?")
"""Where helm says that a template is wrong: `at (web/templates/a.yaml:3:5)`, `parse error on web/templates/a.yaml`."""
_LINE = re.compile(r"\bline (\d+)")


@dataclass(frozen=True, slots=True)
class Value:
    """`KEY=VALUE` of a `given helm`."""

    key: str
    text: str
    quoted: bool = False
    """Text, whatever it looks like."""

    def option(self) -> str:
        """The option by which helm is told. Commas separate settings there, and here they belong to the value."""
        if self.quoted:
            return f"--set-string={self.key}={_escape(self.text)}"
        if self.text[:1] in {"[", "{"}:
            return f"--set-json={self.key}={self.text}"
        return f"--set={self.key}={_escape(self.text)}"


def _escape(text: str) -> str:
    escaped = re.sub(r"([\\,])", r"\\\1", text)
    return f"\\{escaped}" if escaped.startswith("{") else escaped


@dataclass(frozen=True, slots=True)
class Release:
    """What is to be rendered."""

    chart: Path
    """A folder or an archive."""
    shown: str
    """How messages call it."""
    place: Span
    """What names it."""
    name: str | None = None
    """As the objects know it; None: that of the chart's folder or archive."""
    namespace: str | None = None
    values: tuple[tuple[Path, str, Span], ...] = ()
    """Files of values: path, how messages call it, what names it."""
    settings: tuple[Value, ...] = ()

    def arguments(self) -> tuple[str, ...]:
        """Those of `helm template`."""
        return (
            self.name or default_name(self.chart),
            str(self.chart),
            f"--namespace={self.namespace or 'default'}",
            *("--include-crds", "--no-hooks"),
            *(f"--values={path}" for path, _, _ in self.values),
            *(value.option() for value in self.settings),
        )


def default_name(chart: Path) -> str:
    """What a release is called where nobody says so: as the chart's folder or, without its version, its archive."""
    name = Path(os.path.realpath(chart)).name
    archive = _ARCHIVE.fullmatch(name)
    return (archive[1] or archive[2]) if archive is not None else name


def template(arguments: Sequence[str], timeout: float = TIMEOUT) -> Finished:
    """Run `helm template`.

    Raises:
        ToolMissing: helm is not installed
    """
    from netpolspec import shell  # few specs need it

    return shell.run(("helm", "template", *arguments), timeout=timeout)


@dataclass(slots=True)
class Renderer:
    """Renders charts, the same release with the same values once."""

    _rendered: dict[tuple[str, ...], tuple[Resource, ...]] = field(default_factory=dict)

    def render(self, release: Release) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
        """The objects of a release, and what is wrong with them.

        Raises:
            Refusal: the chart is not on this machine, helm says what is wrong with it, or there is no helm.
        """
        key = release.arguments()
        if key in self._rendered:
            return self._rendered[key], ()
        resources, problems = _read(_render(release), release)
        if not problems:
            self._rendered[key] = resources
        return resources, problems


def _render(release: Release) -> Source:
    from netpolspec.shell import ToolMissing

    _require_files(release)
    try:
        finished = template(release.arguments())
    except ToolMissing as missing:
        help_ = f"to install it: {_how_to_install()}"
        message = f"'{release.shown}' is a Helm chart, and {missing}"
        raise Refusal(Diagnostic("no-tool", message, release.place, (help_,), environment=True)) from None
    if finished.ok:
        return Source(f"{release.shown} (helm)", finished.stdout)
    raise Refusal(_explain(finished, release))


def _how_to_install() -> str:
    return "brew install helm" if shutil.which("brew") else "https://helm.sh/docs/intro/install/ says how"


def _require_files(release: Release) -> None:
    """Refuse what is not on this machine, before helm goes to look for it elsewhere."""
    chart, shown, place = release.chart, release.shown, release.place
    if _REMOTE.match(shown) or not os.path.exists(chart):  # noqa: PTH110 - is False where Path raises
        if _REMOTE.match(shown):
            message = f"'{shown}' would have to be fetched, and nothing is fetched when specs are read"
            help_ = f"keep a copy of it here: helm pull {shown} --untar"
            raise Refusal(Diagnostic("remote-chart", message, place, (help_,)))
        help_ = "charts are folders or archives on this machine, relative to the spec; 'helm pull' fetches one"
        raise Refusal(Diagnostic("unreadable-file", f"there is no chart '{shown}'", place, (help_,)))
    if os.path.isdir(chart) and not os.path.isfile(chart / "Chart.yaml"):  # noqa: PTH112, PTH113 - likewise
        message = f"'{shown}' is no chart: it has no 'Chart.yaml'"
        raise Refusal(Diagnostic("broken-chart", message, place))
    for path, name, at in release.values:
        read_source(path, place=at, shown=name)


def _explain(finished: Finished, release: Release) -> Diagnostic:
    again = f"to repeat it: {finished.line}"
    if finished.timed_out:
        message = f"helm did not render '{release.shown}' within {finished.seconds:.0f} s"
        return Diagnostic("broken-chart", message, release.place, (again,), environment=True)
    said = " ".join(finished.said.partition("Use --debug flag")[0].removeprefix("Error: ").split())
    if "unknown flag" in said:
        message = f"this helm is too old: {said}"
        help_ = f"to install a newer one: {_how_to_install()}"
        return Diagnostic("no-tool", message, release.place, (help_,), environment=True)
    notes = _template_place(said, release)
    hints: tuple[str, ...] = (again,)
    if "missing in charts/ directory" in said:
        hints = (f"to fetch what it depends on: helm dependency build {release.chart}", again)
    return Diagnostic("broken-chart", f"'{release.shown}' cannot be rendered: {said}", release.place, hints, notes)


def _template_place(said: str, release: Release) -> tuple[Note, ...]:
    """The place in a template of which helm speaks."""
    found = _PLACE.search(said)
    if found is None or not os.path.isdir(release.chart):  # noqa: PTH112 - is False where Path raises
        return ()
    below = found[1].partition("/")[2]
    path = release.chart / below
    try:
        source = read_source(path, shown=f"{release.shown}/{below}")
    except Refusal:
        return ()
    line = int(found[2] or (told[1] if (told := _LINE.search(said)) else 1))
    start = source.offset(line, 1)
    return (Note("helm speaks of this", source.span(start, start)),)


def _read(source: Source, release: Release) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]:
    """The objects in what helm wrote, each in a namespace as `helm install --namespace` puts it there."""
    from netpolspec.load.yaml_text import read_yaml

    documents, wrong = read_yaml(Fragment(source, source.text))
    problems = list(wrong)
    resources: list[Resource] = []
    for value, document in documents:
        for manifest, at in flatten(value, Pointer(document)):
            resource, wrong = understand(_place(manifest, release.namespace or "default"), at)
            problems += wrong
            resources += [resource] if resource is not None else []
    problems += repeated(resources)
    if not (resources or problems):
        problems.append(Diagnostic("empty-manifest", f"'{release.shown}' renders no object", release.place))
        return (), tuple(problems)
    return tuple(resources), tuple(blame(problem, release.place) for problem in problems)


def _place(manifest: Mapping[str, Json], namespace: str) -> Mapping[str, Json]:
    metadata = manifest.get("metadata") if isinstance(manifest, dict) else None
    if not isinstance(metadata, dict) or metadata.get("namespace"):
        return manifest
    if not is_namespaced(str(manifest.get("apiVersion")), str(manifest.get("kind"))):
        return manifest
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}

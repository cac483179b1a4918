"""Charts are rendered by the real helm where there is one, and what can be said without it is said without it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from files import write_files

from netpolspec.cli.main import main
from netpolspec.diagnostics import Refusal
from netpolspec.load.helm import Release, Renderer, Value, default_name
from netpolspec.source import Source

needs_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not installed")
PLACE = Source("s.nps", 'given helm "charts/web"').span(11, 23)
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\n",
    "values.yaml": "replicas: 1\nport: 80\nclients: []\nnote: none\n",
    "crds/thing.yaml": """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, scope: Namespaced, names: {kind: Thing, plural: things}, versions: []}
""",
    "templates/web.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  annotations: {note: {{ .Values.note | quote }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: web, image: nginx, ports: [{containerPort: {{ .Values.port }}}]}]}
""",
    "templates/policy.yaml": """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: {{ .Release.Name }}-clients}
spec:
  podSelector: {matchLabels: {app: {{ .Release.Name }}}}
  ingress:
  {{- range .Values.clients }}
  - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ . }}}}}]
  {{- end }}
""",
    "templates/tests/try.yaml": """\
apiVersion: v1
kind: Pod
metadata: {name: try, annotations: {helm.sh/hook: test}}
spec: {containers: [{name: try, image: busybox}]}
""",
    "templates/hook.yaml": """\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-install}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: busybox}]}}}
""",
}
SPEC = """\
given namespace ms-a
given namespace ms-b
given namespace ms-c
given helm "charts/web" as shop in ms-b values "more.yaml" clients=["ms-a"]
expect ms-a -> ms-b/shop:8080 allowed
expect ms-c -> ms-b/shop:8080 denied
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a chart and a spec."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "charts/web", CHART)
    write_files(tmp_path, {"s.nps": SPEC, "more.yaml": "port: 8080\n"})
    return tmp_path


def release(name: str | None = None, namespace: str | None = None, *settings: Value) -> Release:
    return Release(Path("charts/web"), "charts/web", PLACE, name, namespace, settings=settings)


def fail(wanted: Release) -> tuple[str, str, bool]:
    with pytest.raises(Refusal) as caught:
        Renderer().render(wanted)
    (problem,) = caught.value.diagnostics
    return problem.code, problem.message, problem.environment


@needs_helm
def test_a_spec_gives_a_chart(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert here.exists()
    assert main(["run", "s.nps"]) == 0, capsys.readouterr()
    assert main(["check", "s.nps"]) == 0
    assert main(["matrix", "s.nps", "--format", "json"]) == 0
    assert '"ms-b/shop"' in capsys.readouterr().out


@needs_helm
@pytest.mark.usefixtures("here")
def test_what_is_rendered_and_what_is_left_out() -> None:
    resources, problems = Renderer().render(release())
    assert problems == ()
    assert sorted(str(each.key) for each in resources) == [
        "CustomResourceDefinition things.example.com",
        "Deployment default/web",
        "NetworkPolicy default/web-clients",
    ]
    assert {each.origin.span.source.path for each in resources} == {"charts/web (helm)"}


@needs_helm
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Value("note", "ms-a,ms-c"), "ms-a,ms-c"),
        (Value("note", r"a\b"), r"a\b"),
        (Value("note", "[1]", quoted=True), "[1]"),
        (Value("note", "{a,b}", quoted=True), "{a,b}"),
        (Value("note", "true"), "true"),
        (Value("note", '{"a": 1}'), "map[a:1]"),
    ],
)
def test_values(value: Value, wanted: str) -> None:
    resources, _ = Renderer().render(release(None, None, value))
    (web,) = [each for each in resources if each.key.kind == "Deployment"]
    assert web.manifest["metadata"]["annotations"] == {"note": wanted}  # type: ignore[call-overload,index]


@needs_helm
@pytest.mark.usefixtures("here")
def test_a_release_is_rendered_once() -> None:
    renderer = Renderer()
    first, _ = renderer.render(release("a", "ms-b"))
    again, _ = renderer.render(release("a", "ms-b"))
    assert again is first
    assert renderer.render(release("a", "ms-c"))[0] is not first


@needs_helm
def test_what_helm_says_of_a_template_is_told_with_its_place(here: Path) -> None:
    (here / "charts/web/templates/web.yaml").write_text('a: 1\nb: {{ required "a port is needed" .Values.none }}\n')
    with pytest.raises(Refusal) as caught:
        Renderer().render(release())
    (problem,) = caught.value.diagnostics
    assert problem.code == "broken-chart"
    assert problem.message.startswith("'charts/web' cannot be rendered: execution error at (web/templates/web.yaml:2:")
    assert problem.message.endswith("a port is needed")
    assert problem.span is PLACE
    (note,) = problem.notes
    assert not isinstance(note, str)
    assert str(note.span) == "charts/web/templates/web.yaml:2:1"


@needs_helm
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"templates/web.yaml": "a: {{ .Values.\n"}, "parse error at (web/templates/web.yaml:1)"),
        ({"templates/web.yaml": "a: b: c\n"}, "YAML parse error on web/templates/web.yaml"),
        (
            {"values.schema.json": '{"properties": {"port": {"type": "string"}}}'},
            "values don't meet the specifications",
        ),
        ({"Chart.yaml": "apiVersion: v2\nname: web\n"}, "chart.metadata.version is required"),
    ],
)
def test_broken_charts(here: Path, files: dict[str, str], said: str) -> None:
    write_files(here / "charts/web", files)
    code, message, environment = fail(release())
    assert (code, environment) == ("broken-chart", False)
    assert said in message


@needs_helm
def test_dependencies_that_are_not_there(here: Path) -> None:
    needed = "dependencies: [{name: db, version: 1.0.0, repository: 'https://example.com'}]\n"
    write_files(here / "charts/web", {"Chart.yaml": CHART["Chart.yaml"] + needed})
    with pytest.raises(Refusal, match="missing in charts/ directory: db") as caught:
        Renderer().render(release())
    assert caught.value.diagnostics[0].help[0] == "to fetch what it depends on: helm dependency build charts/web"


@needs_helm
def test_what_the_cluster_would_refuse_is_said_of_the_statement(here: Path) -> None:
    (here / "charts/web/templates/policy.yaml").write_text(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x}\nspec: {podSelector: 1}\n"
    )
    _, problems = Renderer().render(release())
    assert [(each.code, each.span) for each in problems] == [("wrong-type", PLACE)]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("chart", "code", "message"),
    [
        ("charts/wep", "unreadable-file", "there is no chart 'charts/wep'"),
        ("charts", "broken-chart", "'charts' is no chart: it has no 'Chart.yaml'"),
        ("oci://example.com/web", "remote-chart", "'oci://example.com/web' would have to be fetched, and nothing is"),
        ("https://example.com/web.tgz", "remote-chart", "'https://example.com/web.tgz' would have to be fetched"),
    ],
)
def test_charts_that_are_not_on_this_machine(chart: str, code: str, message: str) -> None:
    found, told, environment = fail(Release(Path(chart), chart, PLACE))
    assert (found, environment) == (code, False)
    assert told.startswith(message)


@pytest.mark.usefixtures("here")
def test_a_file_of_values_that_is_not_there() -> None:
    wanted = Release(Path("charts/web"), "charts/web", PLACE, values=((Path("gone.yaml"), "gone.yaml", PLACE),))
    assert fail(wanted)[:2] == ("unreadable-file", "there is no file 'gone.yaml'")


@pytest.mark.usefixtures("here")
def test_without_helm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert main(["check", "s.nps"]) == 3
    assert capsys.readouterr().err.startswith(
        "error: 'charts/web' is a Helm chart, and 'helm' is not installed, or not on the PATH\n"
        " --> s.nps:4:12\n"
        "  |\n"
        '4 | given helm "charts/web" as shop in ms-b values "more.yaml" clients=["ms-a"]\n'
        "  |            ^^^^^^^^^^^^\n"
        "  = help: to install it: https://helm.sh/docs/intro/install/ says how\n"
    )
    write_files(tmp_path, {"s.nps": SPEC.replace("expect ms-a ->", "expect ms-z ->")})
    assert main(["check", "s.nps"]) == 3, "what the chart would have brought is not known, so no name is wrong"


@pytest.mark.usefixtures("here")
def test_a_helm_that_is_too_old(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "bin/helm"
    write_files(tmp_path, {"bin/helm": "#!/bin/sh\necho 'Error: unknown flag: --set-json' >&2\nexit 1\n"})
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    assert fail(release()) == ("no-tool", "this helm is too old: unknown flag: --set-json", True)


@pytest.mark.parametrize(
    ("chart", "name"),
    [("charts/web", "web"), ("web-1.2.3.tgz", "web"), ("my-web-v0.1.0-rc.1.tgz", "my-web"), ("web.tgz", "web")],
)
def test_what_a_release_is_called_where_nobody_says_so(chart: str, name: str) -> None:
    assert default_name(Path(chart)) == name


def test_helm_is_told_everything() -> None:
    values = ((Path("v.yaml"), "v.yaml", PLACE),)
    wanted = Release(Path("c"), "c", PLACE, "web", "ms-b", values, (Value("a", "x,y"), Value("b", "[1]")))
    assert wanted.arguments() == (
        *("web", "c", "--namespace=ms-b", "--include-crds", "--no-hooks", "--values=v.yaml"),
        *(r"--set=a=x\,y", "--set-json=b=[1]"),
    )

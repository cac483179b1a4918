"""Files and folders: what is read, in which order, and what is said of what cannot be."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from files import write_files
from load.reading import read
from program import as_anybody

from netpolspec.diagnostics import Severity, render
from netpolspec.load.manifests import read_path
from netpolspec.source import Source

if TYPE_CHECKING:
    from pathlib import Path

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {}}}\n"


def test_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "b.yaml": NAMESPACE.format("b"),
            "a/z.yml": NAMESPACE.format("a-z"),
            "a.YAML": NAMESPACE.format("a"),
            "c.json": '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "c"}}',
            "readme.md": "kind: nothing\n",
            ".hidden/x.yaml": "a: [",
            ".hidden.yaml": "a: [",
        },
    )
    resources, problems = read_path(tmp_path, shown="world")
    assert problems == ()
    assert [resource.key.name for resource in resources] == ["a-z", "a", "b", "c"]
    assert [str(resource.origin.span).partition(":")[0] for resource in resources] == [
        "world/a/z.yml",
        "world/a.YAML",
        "world/b.yaml",
        "world/c.json",
    ]


def test_current_folder_is_not_part_of_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"a/b.yaml": NAMESPACE.format("b")})
    monkeypatch.chdir(tmp_path)
    resources, _ = read_path(tmp_path, shown=".")
    assert str(resources[0].origin.span) == "a/b.yaml:1:1"


OTHERS = {
    "values.yaml": "image: {tag: 1}\nreplicas: 2\n",
    "workflow.yml": "on: push\njobs: {a: {steps: []}}\n",
    "compose.yaml": "services: {web: {image: nginx}}\n",
    "kind.yaml": "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnetworking: {disableDefaultCNI: true}\n",
    "list.yaml": "- a\n- b\n",
    "text.yaml": "only words\n",
    "tsconfig.json": "// comments\n{}\n",
    "package.json": '{"name": "x"}',
    "below/kustomization.yaml": "resources: [a.yaml]\n",
    "broken.yaml": "{{ a template of something }}: [\n",
    "ansible.yaml": "secret: !vault abc\n",
}


def test_what_is_not_kubernetes_is_left_out_of_a_folder(tmp_path: Path) -> None:
    write_files(tmp_path, {**OTHERS, "ns.yaml": NAMESPACE.format("a")})
    resources, problems = read_path(tmp_path, shown="repo")
    assert [resource.key.name for resource in resources] == ["a"]
    assert [(problem.code, problem.severity) for problem in problems] == [("plain-kustomization", Severity.WARNING)]


@pytest.mark.parametrize("name", sorted(set(OTHERS)))
def test_what_is_not_kubernetes_is_an_error_where_it_is_named(tmp_path: Path, name: str) -> None:
    write_files(tmp_path, {name: OTHERS[name]})
    resources, problems = read_path(tmp_path / name)
    assert resources == ()
    assert problems
    assert all(problem.severity is Severity.ERROR for problem in problems)


@pytest.mark.parametrize(
    "text",
    [
        "kind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}}\n",
        "apiVersion: networking.k8s.io/v1\nmetadata: {name: a}\nspec: {podSelector: {}}\n",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nspec: {podSelector: {}}\n",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a\n",
    ],
)
def test_mistakes_are_not_left_out(tmp_path: Path, text: str) -> None:
    write_files(tmp_path, {"policy.yaml": text})
    resources, problems = read_path(tmp_path)
    assert resources == ()
    assert len(problems) == 1


def test_helm_chart_is_left_out_with_a_warning(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: x\n",
            "chart/templates/ns.yaml": "apiVersion: v1\nkind: {{ .Values.kind }}\n",
            "ns.yaml": NAMESPACE.format("a"),
        },
    )
    resources, problems = read_path(tmp_path, shown="repo")
    assert [resource.key.name for resource in resources] == ["a"]
    assert [problem.message for problem in problems] == ["'repo/chart' is a Helm chart, which is left out"]


def test_same_object_in_two_files(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.yaml": NAMESPACE.format("x"), "b/c.yaml": NAMESPACE.format("x")})
    _, problems = read_path(tmp_path, shown="world")
    assert "".join(render(problem) for problem in problems) == (
        "error: Namespace x is there twice\n"
        " --> world/b/c.yaml:3:18\n"
        "  |\n"
        "3 | metadata: {name: x}\n"
        "  |                  ^\n"
        "  = note: first here\n"
        " --> world/a.yaml:3:18\n"
        "  = help: rename or remove one of them"
    )


def test_one_bad_file_does_not_hide_the_others(tmp_path: Path) -> None:
    write_files(
        tmp_path, {"a.yaml": b"apiVersion: v1\n\xff\n", "b.yaml": NAMESPACE.format("b"), "c.yaml": "kind: [\nmetadata:"}
    )
    resources, problems = read_path(tmp_path, shown="w")
    assert [resource.key.name for resource in resources] == ["b"]
    assert [(problem.code, str(problem.span)) for problem in problems] == [
        ("not-text", "w/a.yaml:2:1"),
        ("yaml-syntax", "w/c.yaml:2:10"),
    ]


def test_byte_order_mark_and_windows_lines(tmp_path: Path) -> None:
    text = NAMESPACE.format("a").replace("\n", "\r\n")
    write_files(tmp_path, {"a.yaml": b"\xef\xbb\xbf" + text.encode(), "b.json": b'\xef\xbb\xbf{"kind": 1}'})
    resources, problems = read_path(tmp_path / "a.yaml")
    assert [resource.key.name for resource in resources] == ["a"]
    assert problems == ()
    _, problems = read_path(tmp_path / "b.json", shown="b.json")
    assert [str(problem.span) for problem in problems] == ["b.json:1:1", "b.json:1:10"]


@pytest.mark.parametrize(
    ("content", "message", "place"),
    [
        (b"caf\xe9: 1\n", "'f.yaml' is not UTF-8 text: byte 0xe9", "f.yaml:1:4"),
        (b"a: 1\nb: \x80\x81\n", "'f.yaml' is not UTF-8 text: byte 0x80", "f.yaml:2:4"),
        ("a: 1\n".encode("utf-16"), "'f.yaml' is UTF-16, not UTF-8", "f.yaml:1:1"),
        (b"a: 1\nb: \0\n", "'f.yaml' is not text: it holds a zero byte", "f.yaml:2:4"),
        (b"\x7fELF\x02\x01\x01\0\0", "'f.yaml' is not text: it holds a zero byte", "f.yaml:1:8"),
    ],
)
def test_not_text(tmp_path: Path, content: bytes, message: str, place: str) -> None:
    write_files(tmp_path, {"f.yaml": content})
    resources, (problem,) = read_path(tmp_path / "f.yaml", shown="f.yaml")
    assert (resources, problem.message, str(problem.span)) == ((), message, place)
    assert render(problem)


def test_unreadable(tmp_path: Path) -> None:
    place = Source("x.nps", 'given manifest "f"').span(15, 18)
    _, (missing,) = read_path(tmp_path / "f", place=place, shown="f")
    assert (missing.message, missing.span) == ("there is no file 'f'", place)
    _, (zero,) = read_path(tmp_path / "f\0", shown="f")
    assert zero.code == "unreadable-file"
    _, (long,) = read_path(tmp_path / ("f" * 5000), shown="f")
    assert long.message == "cannot read 'f': file name too long"
    write_files(tmp_path, {"file": "a: 1"})
    _, (inside,) = read_path(tmp_path / "file" / "x.yaml", shown="f")
    assert inside.message == "cannot read 'f': not a directory"


def test_forbidden(tmp_path: Path, netpolspec: Path) -> None:
    write_files(tmp_path / "w", {"a.yaml": NAMESPACE.format("a"), "b/c.yaml": NAMESPACE.format("c")})
    command = (*as_anybody(), str(netpolspec), "matrix", "w")
    (tmp_path / "w/a.yaml").chmod(0)
    (tmp_path / "w/b").chmod(0)
    try:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    finally:
        (tmp_path / "w/b").chmod(0o700)
    assert re.findall(r"^error: (.*)$", done.stderr, re.MULTILINE) == [
        "cannot read 'w/a.yaml': permission denied",
        "cannot read 'w/b': permission denied",
    ]
    assert (done.returncode, done.stdout) == (2, "")


def test_links_in_a_circle(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.yaml": NAMESPACE.format("a")})
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.yaml").symlink_to(tmp_path / "self.yaml")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    resources, problems = read_path(tmp_path)
    assert [resource.key.name for resource in resources] == ["a"]
    assert problems == ()


def test_empty_folder(tmp_path: Path) -> None:
    assert read_path(tmp_path) == ((), ())


def test_half_a_surrogate_pair() -> None:
    _, (problem,) = read("a: 1\nb: \udcff\n", "-e")
    assert (problem.message, str(problem.span)) == ("not valid YAML: character U+DCFF is not allowed", "-e:2:4")
    assert render(problem).encode()


def test_control_characters_of_a_file_do_not_reach_the_terminal() -> None:
    text = '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a\\n\\u001b[31m\\udcff"}}'
    _, (problem,) = read(text, "a\x1b.json")
    drawn = render(problem)
    assert drawn.encode()
    assert "\x1b" not in drawn
    assert drawn.splitlines()[0].startswith("error: name 'a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[31m")

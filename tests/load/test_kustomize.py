"""Kustomizations are rendered by the real kubectl, wherever a folder of objects or a policy can be given."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from files import write_files

from netpolspec.cli.main import main
from netpolspec.diagnostics import Refusal
from netpolspec.load.kustomize import Kustomizer
from netpolspec.load.manifests import read_path
from netpolspec.source import Source

if TYPE_CHECKING:
    from pathlib import Path

needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
PLACE = Source("s.nps", 'given manifest "over"').span(15, 21)
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}}
"""
SPEC = """\
given namespace shop
given namespace other
given pod web in shop port 80
GIVEN
expect other -> shop/web:80 denied
"""


@pytest.fixture
def overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An overlay in `over`, which the current folder holds."""
    monkeypatch.chdir(tmp_path)
    base = {"base/kustomization.yaml": "resources: [deny.yaml]\n", "base/deny.yaml": POLICY}
    write_files(
        tmp_path, base | {"over/kustomization.yaml": "resources: [../base]\nnamePrefix: strict-\nnamespace: shop\n"}
    )
    return tmp_path / "over"


@needs_kubectl
def test_a_folder_with_a_kustomization_is_rendered(overlay: Path) -> None:
    resources, problems = read_path(overlay, shown="over")
    assert problems == ()
    assert [str(each.key) for each in resources] == ["NetworkPolicy shop/strict-deny"]
    assert resources[0].origin.span.source.path == "over (kustomize)"


@needs_kubectl
@pytest.mark.parametrize("name", ["kustomization.yml", "Kustomization"])
def test_the_other_names_of_a_kustomization(overlay: Path, name: str) -> None:
    (overlay / "kustomization.yaml").rename(overlay / name)
    assert [each.key.name for each in read_path(overlay)[0]] == ["strict-deny"]


@needs_kubectl
def test_it_is_rendered_once(overlay: Path) -> None:
    kustomizer = Kustomizer()
    first = kustomizer.render(overlay)
    assert kustomizer.render(overlay / "../over") is first


@needs_kubectl
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "over"],
        ["render", "over"],
        ["matrix", "over"],
        ["explain", "shop", "10.1.2.3:80", "over"],
        ["show", "over", "-o", "x.svg"],
    ],
)
def test_commands_take_it_for_what_it_comes_to(
    overlay: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert overlay.exists()
    assert main(arguments) == 0
    assert "plain-kustomization" not in capsys.readouterr().err


@needs_kubectl
def test_a_spec_gives_it(overlay: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (overlay.parent / "s.nps").write_text(SPEC.replace("GIVEN", "given manifest over"))
    assert main(["run", "s.nps"]) == 0, capsys.readouterr().err
    (overlay.parent / "s.nps").write_text(SPEC.replace("GIVEN", "").replace("denied", "allowed"))
    assert main(["run", "s.nps"]) == 0


@needs_kubectl
def test_a_policy_may_be_one(overlay: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (overlay / "kustomization.yaml").write_text("resources: [../base]\n")
    write_files(overlay.parent, {"policies/closed/kustomization.yaml": "resources: [../../base]\n"})
    (overlay.parent / "s.nps").write_text(SPEC.replace("GIVEN", "given policy closed in shop"))
    assert main(["run", "s.nps"]) == 0, capsys.readouterr().err


@needs_kubectl
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("given policy closed", "policy 'closed' does not say in which namespace it is"),
        ("given policy closed in shop ns=other", "policy 'closed' has no variable 'ns'"),
        ("given policy placed in other", "policy 'placed' is in namespace 'shop' by its own file, not in 'other'"),
        ("given policy empty", "policy 'empty' renders no object"),
    ],
)
def test_what_a_policy_of_that_kind_cannot_do(
    overlay: Path, given: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "policies/closed/kustomization.yaml": "resources: [../../base]\n",
        "policies/placed/kustomization.yaml": "resources: [../../over]\n",
        "policies/empty/kustomization.yaml": "namePrefix: x\nresources: [../../none]\n",
        "none/kustomization.yaml": "configurations: []\n",
        "s.nps": SPEC.replace("GIVEN", given),
    }
    write_files(overlay.parent, files)
    assert main(["check", "s.nps"]) == 2
    assert f"error: {message}\n" in capsys.readouterr().err


@needs_kubectl
def test_what_is_wrong_with_an_object_is_said_of_the_statement(overlay: Path) -> None:
    (overlay.parent / "base/deny.yaml").write_text(POLICY.replace("podSelector: {}", "podSelector: 1"))
    _, (problem,) = read_path(overlay, place=PLACE, shown="over")
    assert problem.span is PLACE
    (note,) = problem.notes
    assert not isinstance(note, str)
    assert (note.message, str(note.span)) == ("in what it renders", "over (kustomize):7:16")


@pytest.mark.parametrize(
    ("resource", "code", "message"),
    [
        ("gone.yaml", "broken-kustomization", "there is no file or folder 'gone.yaml'"),
        ("https://example.com/a.yaml", "remote-base", "'https://example.com/a.yaml' would have to be fetched"),
        ("github.com/owner/name//base?ref=v1", "remote-base", "'github.com/owner/name//base?ref=v1' would have"),
        ("git@example.com:owner/name", "remote-base", "'git@example.com:owner/name' would have to be fetched"),
    ],
)
def test_what_is_not_on_this_machine_is_told_where_it_is_named(
    overlay: Path, resource: str, code: str, message: str
) -> None:
    (overlay.parent / "base/kustomization.yaml").write_text(f"resources:\n- deny.yaml\n- {resource}\n")
    with pytest.raises(Refusal) as caught:
        Kustomizer().render(overlay, place=PLACE, shown="over")
    (problem,) = caught.value.diagnostics
    assert problem.code == code
    assert problem.message.startswith(message)
    assert str(problem.span) == "base/kustomization.yaml:3:3"


@needs_kubectl
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("resourcez: [a.yaml]\n", 'unknown field "resourcez"'),
        ("resources: [\n", "yaml: line"),
        ("resources: [../base]\npatches: [{path: gone.yaml}]\n", "gone.yaml: no such file or directory"),
        ("helmCharts: [{name: web}]\n", "must specify --enable-helm"),
    ],
)
def test_what_kubectl_says_is_told(overlay: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    (overlay / "kustomization.yaml").write_text(text)
    assert main(["check", "over"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: 'over' cannot be rendered: ")
    assert said in told
    assert "command failed" not in told


@needs_kubectl
def test_nothing_is_fetched(overlay: Path) -> None:
    text = "resources: [../base]\ntransformers: ['https://192.0.2.1/x.yaml', 'https://192.0.2.1/owner/name.git//x?ref=v1']\n"
    (overlay / "kustomization.yaml").write_text(text)
    started = time.monotonic()
    with pytest.raises(Refusal, match="cannot be rendered") as caught:
        Kustomizer().render(overlay)
    assert time.monotonic() - started < 10, "192.0.2.1 answers nobody: whoever asks it waits long"
    assert "nothing is fetched" in caught.value.diagnostics[0].help[0]


def test_without_kubectl(
    overlay: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert main(["check", str(os.path.relpath(overlay))]) == 3
    assert capsys.readouterr().err.startswith(
        "error: 'over' is a kustomization, and 'kubectl' is not installed, or not on the PATH\n"
        "  = help: `netpolspec doctor` says how to install it\n"
    )


@pytest.mark.parametrize(
    ("does", "message", "status"),
    [
        ('echo \'error: unknown command "kustomize" for "kubectl"\' >&2; exit 1', "this kubectl is too old to", 3),
        ("echo 'error: no luck' >&2; exit 1", "'over' cannot be rendered: no luck", 2),
    ],
)
def test_other_kubectls(overlay: Path, does: str, message: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = overlay.parent / "bin/kubectl"
    write_files(overlay.parent, {"bin/kubectl": f"#!/bin/sh\n{does}\n"})
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(Refusal) as caught:
        Kustomizer().render(overlay, shown="over")
    assert caught.value.diagnostics[0].message.startswith(message)
    assert main(["check", "over"]) == status

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from netpolspec.backends.base import WorldFailed
from netpolspec.backends.kubectl import Kubectl, KubectlFailed

if TYPE_CHECKING:
    from pathlib import Path


def program(folder: Path, body: str) -> str:
    """A stand-in for kubectl that does one thing."""
    path = folder / "kubectl"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_context_and_kubeconfig_are_always_named(tmp_path: Path) -> None:
    kubectl = Kubectl("kind-a", "/etc/config", program(tmp_path, 'echo "$@"'))
    assert kubectl.check("get", "pods") == "--kubeconfig /etc/config --context kind-a get pods\n"
    assert Kubectl("b").line("get", "pods") == "kubectl --context b get pods"


def test_a_failure_says_what_kubectl_said_and_how_to_repeat_it(tmp_path: Path) -> None:
    said = 'Error from server (Forbidden): pods is forbidden: User "x" cannot list'
    kubectl = Kubectl("kind-a", None, program(tmp_path, f"echo first >&2; echo '{said}' >&2; exit 1"))
    with pytest.raises(KubectlFailed) as caught:
        kubectl.check("get", "pods")
    diagnostic = caught.value.diagnostic
    assert diagnostic.message == f"kubectl failed: {said}"
    assert diagnostic.notes == ("first",)
    assert diagnostic.help[0].startswith("the right for this is missing")
    assert diagnostic.help[1].endswith("/kubectl --context kind-a get pods")
    assert not caught.value.not_found


def test_a_hanging_login_helper_is_guessed(tmp_path: Path) -> None:
    kubectl = Kubectl("kind-a", None, program(tmp_path, "sleep 30"))
    with pytest.raises(KubectlFailed) as caught:
        kubectl.check("get", "pods", timeout=0.2)
    assert caught.value.diagnostic.message == "kubectl failed: no end within 0 s"
    assert "login helper" in caught.value.diagnostic.help[0]


def test_a_missing_kubectl_is_the_environments_failure(tmp_path: Path) -> None:
    with pytest.raises(WorldFailed, match="is not installed"):
        Kubectl("kind-a", None, str(tmp_path / "kubectl")).check("get", "pods")


@pytest.mark.parametrize("text", ["", "half {", "[]"])
def test_an_answer_that_is_no_object_is_an_error(tmp_path: Path, text: str) -> None:
    kubectl = Kubectl("kind-a", None, program(tmp_path, f"echo '{text}'"))
    with pytest.raises(WorldFailed, match="wrote no JSON"):
        kubectl.read("get", "pods")


def test_apply_is_server_side_with_our_own_manager_and_takes_nothing_over(tmp_path: Path) -> None:
    kept = tmp_path / "stdin"
    kubectl = Kubectl("kind-a", None, program(tmp_path, f'echo "$@" >{kept}; cat >>{kept}'))
    kubectl.apply([{"kind": "Namespace"}])
    command, document = kept.read_text().split("\n", 1)
    assert command == "--context kind-a apply --server-side --field-manager=netpolspec -f -"
    assert json.loads(document)["items"] == [{"kind": "Namespace"}]
    os.unlink(kept)  # noqa: PTH108 - nothing to apply, nothing to run
    kubectl.apply([])
    assert not kept.exists()


@pytest.mark.parametrize(
    "said", ["Error from server (Forbidden): no", 'error validating "STDIN": error validating data: unknown']
)
def test_an_api_server_that_comes_back_forbids_everything_at_first(tmp_path: Path, said: str) -> None:
    calls = tmp_path / "calls"
    fails = f"1) echo 'connection refused' >&2; exit 1;; 2) echo '{said}' >&2; exit 1;;"
    body = f"echo >> {calls}; case $(wc -l < {calls}) in {fails} esac"
    kubectl = Kubectl("kind-a", None, program(tmp_path, body), patience=10)
    kubectl.check("apply")
    assert len(calls.read_text().splitlines()) == 3
    calls.write_text("\n")
    with pytest.raises(KubectlFailed):
        Kubectl("kind-a", None, kubectl.program, patience=10).check("apply")

"""What is said where terraform fails in a run, each with the place that it is about; nothing is left behind."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import threading
import time
from typing import TYPE_CHECKING

import pytest
from e2e.terraforming import POLICY, STUCK, make_ground

from netpolspec.backends.world.terraform_roots import SharedRoot
from netpolspec.backends.world.terraform_works import STATE
from netpolspec.diagnostics import render

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.lab import Lab, Report
    from e2e.terraforming import Ground

pytestmark = pytest.mark.e2e

HALF = """\
resource "kubernetes_namespace" "half" {
  metadata {
    name = "half"
  }
}

resource "kubernetes_config_map" "refused" {
  metadata {
    name      = "refused"
    namespace = kubernetes_namespace.half.metadata[0].name
  }
  data = {
    "not a key" = "value"
  }
}
"""
"""The API server takes the first object, and of the second says that its key is none."""
SPEC = """
world:
  given namespace ms-a
  given pod web in ms-a port 80
one: world ; given terraform "module" ; expect ms-a -> ms-a/web:80 allowed
"""


@pytest.fixture
def ground(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    return make_ground(lab, tmp_path, monkeypatch)


def told(report: Report) -> str:
    """The message with which a run bailed out."""
    assert report.bailed is not None
    assert report.bailed.diagnostic is not None
    return render(report.bailed.diagnostic)


def nothing_left(ground: Ground) -> bool:
    return ground.works == [] and ground.lab.clear(60)


def test_an_apply_is_half_done(ground: Ground) -> None:
    ground.module("module", HALF)
    report = ground.of_admin.run(SPEC)
    assert 'ConfigMap "refused" is invalid: data[not a key]' in told(report)
    assert "module/main.tf:7:1" in told(report)
    assert nothing_left(ground)


def test_an_object_is_there_already(ground: Ground) -> None:
    """One that is no part of the model, so that nobody looks for it before."""
    text = 'resource "kubernetes_config_map" "this" {\n  metadata {\n    name = "kube-root-ca.crt"\n  }\n}\n'
    ground.module("module", POLICY % ("deny", "deny", "ms-a") + text.replace('crt"', 'crt"\n    namespace = "ms-a"'))
    said = told(ground.of_admin.run(SPEC))
    assert 'configmaps "kube-root-ca.crt" already exists' in said
    assert "module/main.tf:11:1" in said
    assert "terraform does not take over what it did not make" in said
    assert nothing_left(ground)


def test_the_state_is_locked(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.module("module", POLICY % ("deny", "deny", "ms-a"))
    init = SharedRoot.init
    held = []

    def init_and_lock(root: SharedRoot) -> None:
        init(root)
        file = (root.folder / STATE).open("w")
        fcntl.lockf(file, fcntl.LOCK_EX)
        held.append(file)

    monkeypatch.setattr(SharedRoot, "init", init_and_lock)
    monkeypatch.setattr("netpolspec.load.terraform.command.LOCK_TIMEOUT", "1s")
    said = told(ground.run(SPEC))
    held[0].close()
    assert "the state is locked: another terraform is at work on it" in said
    assert "test.nps:5" in said
    assert nothing_left(ground)


def test_a_provider_crashes_in_the_middle(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    (ground.folder / "module").mkdir()
    (ground.folder / "module" / "main.tf").write_text(STUCK, encoding="utf-8")
    crashing = ground.folder / "crash"
    _stand_in(ground.folder, monkeypatch, crashing)
    watcher = threading.Thread(target=_crash_when_there, args=(ground, crashing))
    watcher.start()
    said = told(ground.run(SPEC))
    watcher.join()
    assert "a provider of terraform crashed" in said
    assert "module/main.tf:7:1" in said
    assert nothing_left(ground)


def _crash_when_there(ground: Ground, crashing: Path) -> None:
    deadline = time.monotonic() + 60
    while not ground.lab.kubectl.run("-n", "stuck", "get", "deployment", "never").ok and time.monotonic() < deadline:
        time.sleep(0.2)
    crashing.touch()


def _stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, crashing: Path) -> None:
    """A mirror whose provider is the real one, until a file is there: then it is killed."""
    settings = os.environ.get("TF_CLI_CONFIG_FILE", "")
    try:
        text = (folder.parent / settings).read_text(encoding="utf-8")
        mirror = text.partition('path = "')[2].partition('"')[0]
        (real,) = (folder.parent / mirror).rglob("terraform-provider-kubernetes*")
    except (OSError, ValueError):
        pytest.skip("the provider is not in a folder that TF_CLI_CONFIG_FILE names, unpacked and in one version")
    assert shutil.which("bash")
    place = folder / "mirror" / real.parent.relative_to(folder.parent / mirror)
    place.mkdir(parents=True)
    script = place / real.name
    script.write_text(
        f"#!/bin/bash\n(while kill -0 $$ && ! [ -e {crashing} ]; do sleep 0.1; done; kill -9 $$) 2>/dev/null >&2 &\n"
        f'exec {real} "$@"\n',
        encoding="utf-8",
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    new = folder / "terraformrc"
    new.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder / "mirror"}"\n  }}\n}}\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(new))

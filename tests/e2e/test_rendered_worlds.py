"""What kubectl and helm render comes about in a cluster like anything else that is given."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from files import write_files

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.lab import Lab

pytestmark = pytest.mark.e2e

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: web, image: IMAGE, args: [netexec, --http-port=PORT], ports: [{containerPort: PORT, name: http}]}
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: front}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: FRONT}}}]}]
"""
SPACES = "given namespace rendered-a\ngiven namespace rendered-b\ngiven namespace rendered-c\n"


def run(lab: Lab, folder: Path, text: str) -> list[str]:
    """Run a spec in a folder; its test points."""
    (folder / "s.nps").write_text(SPACES + text)
    where = ("--on", "cluster", *lab.where, "--probe-image", lab.probe_image)
    command = [sys.executable, "-m", "netpolspec", "run", *where, str(folder / "s.nps")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert lab.clear(60)
    return [line.strip() for line in finished.stdout.splitlines() if line.startswith("    ok")]


def test_a_kustomization_and_a_policy_of_that_kind(lab: Lab, tmp_path: Path) -> None:
    files = {
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "base/web.yaml": DEPLOYMENT.replace("IMAGE", lab.probe_image).replace("PORT", "8080"),
        "over/kustomization.yaml": "resources: [../base]\nnamespace: rendered-b\nnameSuffix: '-1'\n",
        "policies/front/kustomization.yaml": "resources: [front.yaml]\nnamePrefix: only-\n",
        "policies/front/front.yaml": POLICY.replace("FRONT", "rendered-a"),
    }
    write_files(tmp_path, files)
    text = """\
given manifest "over"
given policy front in rendered-b
expect rendered-a -> rendered-b/web-1:8080 allowed
expect rendered-c -> rendered-b/web-1:8080 denied
"""
    assert len(run(lab, tmp_path, text)) == 2


@pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not installed")
def test_a_chart(lab: Lab, tmp_path: Path) -> None:
    deployment = DEPLOYMENT.replace("IMAGE", "{{ .Values.image }}").replace("PORT", "{{ .Values.port }}")
    files = {
        "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "chart/values.yaml": "port: 80\n",
        "chart/templates/web.yaml": deployment.replace("{name: web}", "{name: {{ .Release.Name }}}"),
        "chart/templates/front.yaml": POLICY.replace("FRONT", "{{ .Values.front }}"),
    }
    write_files(tmp_path, files)
    text = f"""\
given helm "chart" as shop in rendered-b image={lab.probe_image} port=8080 front=rendered-a
expect rendered-a -> rendered-b/shop:http allowed
expect rendered-c -> rendered-b/shop:http denied
"""
    assert len(run(lab, tmp_path, text)) == 2

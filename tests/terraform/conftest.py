"""terraform and its provider, where the environment has them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_MODULE = """terraform {
  required_providers {
    kubernetes = {
      source = "hashicorp/kubernetes"
    }
  }
}
"""


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """terraform, if it is installed and `terraform init` finds the provider."""
    found = shutil.which("terraform")
    if found is None:
        pytest.skip("terraform is not installed")
    folder = tmp_path_factory.mktemp("provider")
    (folder / "main.tf").write_text(_MODULE, encoding="utf-8")
    init = subprocess.run((found, "init", "-input=false"), cwd=folder, capture_output=True, check=False, timeout=120)
    if init.returncode != 0:
        pytest.skip("terraform finds no provider hashicorp/kubernetes")
    return Path(found)

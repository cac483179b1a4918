"""How long a cluster takes: kind alone, kind and a plugin by hand until all is ready, and `netpolspec up`.

Makes and deletes clusters named netpolspec-bench. What the nodes and the plugin are is said by the environment, as for
any run: NETPOLSPEC_NODE_IMAGE, NETPOLSPEC_KIND_CONFIG, NETPOLSPEC_CNI_MANIFEST (a file). One argument: how many times.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from statistics import median

from netpolspec.backends.clusters import manifest

NAME = "netpolspec-bench"
PROGRAM = Path(sysconfig.get_path("scripts")) / "netpolspec"


def main() -> int:
    """Measure and print; the exit status."""
    missing = [tool for tool in ("docker", "kind", "kubectl") if shutil.which(tool) is None]
    plugin = os.environ.get("NETPOLSPEC_CNI_MANIFEST", "")
    if missing or not Path(plugin).is_file():
        print(f"skipped: {f'not installed: {missing}' if missing else 'NETPOLSPEC_CNI_MANIFEST names no file'}")
        return 0
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    alone, by_hand, ours = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"KUBECONFIG": f"{folder}/kubeconfig", "XDG_STATE_HOME": folder}
        for _ in range(times):
            made, ready = measure_by_hand(plugin, environment)
            alone.append(made)
            by_hand.append(ready)
            ours.append(measure_ours(environment))
    print(f"medians of {times}, seconds")
    print(f"  kind create cluster                        {median(alone):6.1f}")
    print(f"  kind, the plugin and the waits by hand     {median(by_hand):6.1f}")
    print(f"  netpolspec up                              {median(ours):6.1f}")
    print(
        f"  netpolspec's own share                     {median(ours) - median(by_hand):+6.1f}   (at most +5 is wanted)"
    )
    return 0


def measure_by_hand(plugin: str, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds until kind is done, and until everything is ready."""
    run(environment, "kind", "delete", "cluster", "--name", NAME)
    options = []
    for variable, option in (("NETPOLSPEC_NODE_IMAGE", "--image"), ("NETPOLSPEC_KIND_CONFIG", "--config")):
        if os.environ.get(variable):
            options += [option, os.environ[variable]]
    began = time.monotonic()
    run(environment, "kind", "create", "cluster", "--name", NAME, *options)
    made = time.monotonic() - began
    run(environment, "kubectl", "apply", "-f", plugin)
    for workload in manifest.workloads(manifest.read(manifest.fetch(plugin), plugin)):
        status = ("rollout", "status", f"{workload.kind}/{workload.name}", "--timeout=300s")
        run(environment, "kubectl", "-n", workload.namespace, *status)
    run(environment, "kubectl", "wait", "--for=condition=Ready", "node", "--all", "--timeout=300s")
    run(environment, "kubectl", "-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=300s")
    ready = time.monotonic() - began
    run(environment, "kind", "delete", "cluster", "--name", NAME)
    return made, ready


def measure_ours(environment: dict[str, str]) -> float:
    """Seconds until everything is ready."""
    began = time.monotonic()
    run(environment, str(PROGRAM), "up", "--quiet", "--cluster-name", NAME)
    ready = time.monotonic() - began
    run(environment, str(PROGRAM), "down", "--quiet", NAME)
    return ready


def run(environment: dict[str, str], *command: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, env=environment, check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())

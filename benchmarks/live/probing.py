"""How fast denials can be believed: the article's way beside ours, on one cluster, in one run.

    python benchmarks/live/probing.py CONTEXT [KUBECONFIG] [PART]...

The cluster must enforce NetworkPolicy and may be disturbed. NETPOLSPEC_PROBE_IMAGE, NETPOLSPEC_E2E_NGINX and
NETPOLSPEC_E2E_BUSYBOX name images that its nodes can have. Parts: article, hundred, thousand (default: all).

The article's way is one `kubectl run ... wget --timeout=5` for each pair, one after another. Where it would take
minutes, it is not run for every pair: what a pair takes was measured before, and is multiplied; the line says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.backends.cluster import ClusterBackend
from netpolspec.backends.kubectl import Kubectl
from netpolspec.backends.options import PROBE_IMAGE, LiveOptions
from netpolspec.backends.world.cleanup import remove_everything
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Input
from netpolspec.run.events import BailedOut, ScenarioEnded, Status
from netpolspec.run.runner import RunOptions, run
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.backends.base import Observation
    from netpolspec.plan.model import Change, Point
    from netpolspec.policy.objects import Cluster

NGINX = os.environ.get("NETPOLSPEC_E2E_NGINX", "nginx:1.27")
BUSYBOX = os.environ.get("NETPOLSPEC_E2E_BUSYBOX", "busybox:1.36")
IMAGE = os.environ.get("NETPOLSPEC_PROBE_IMAGE", PROBE_IMAGE)
SOURCES = ("ms-a", "ms-b", "ms-c")

WORLD = f"""\
IN := ms-b
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given namespace ms-c namespace=ms-c
  given deployment nginx in ms-b app=nginx replicas 2 port 80 image {NGINX}
  given service nginx in ms-b port 80 -> 80 on app=nginx
  given service nginx-90 in ms-b port 90 -> 80 on app=nginx
"""

# What ms-a, ms-b and ms-c meet at nginx.ms-b:80 in each of the article's use cases; `.` allowed, `X` denied.
USE_CASES = {
    "open-by-default": ((), "..."),
    "deny-from-any": (("deny-from-any",), "XXX"),
    "allow-from-any": (("deny-from-any", "allow-from-any"), "..."),
    "deny-from-other-namespaces": (("deny-from-other-namespaces",), "X.X"),
    "allow-from-other-namespaces": (("allow-from ns=ms-a,ms-b",), "..X"),
    "allow-from-special": (("allow-from-special",), "XXX"),
    "allow-from-any-to-port": (("allow-from-any-to-port port=80",), "..."),
}


def use_cases() -> str:
    """The article's use cases as specs."""
    text = WORLD
    for name, (policies, cells) in USE_CASES.items():
        text += f"{name}: world\n"
        text += "".join(f"  given policy {policy}\n" for policy in policies)
        for source, cell in zip(SOURCES, cells, strict=True):
            text += f"  expect {source} -> nginx.ms-b:80 {'allowed' if cell == '.' else 'denied'}\n"
    return text


@dataclass
class Times:
    """Seconds that the parts of a run took."""

    prepare: float = 0.0
    apply: float = 0.0
    probe: float = 0.0
    close: float = 0.0
    last_probe: float = 0.0
    points: int = 0
    unproven: int = 0
    failed: int = 0

    @property
    def total(self) -> float:
        """All of it."""
        return self.prepare + self.apply + self.probe + self.close

    @property
    def verdicts(self) -> float:
        """Until the last verdict was known: all but the clearing up."""
        return self.total - self.close


class Timed(ClusterBackend):
    """Measures what it does."""

    def __init__(self, options: LiveOptions) -> None:
        super().__init__(options, lambda text: print(f"#   {text}", flush=True))
        self.times = Times()

    def apply(self, change: Change, points: Sequence[Point]) -> Cluster | None:
        """Brings the world about."""
        began = time.perf_counter()
        made = super().apply(change, points)
        self.times.apply += time.perf_counter() - began
        return made

    def probe(self, points: Sequence[Point]) -> Sequence[Observation | None]:
        """Judges points."""
        began = time.perf_counter()
        seen = super().probe(points)
        self.times.last_probe = time.perf_counter() - began
        self.times.probe += self.times.last_probe
        return seen

    def close(self) -> None:
        """Clears up."""
        began = time.perf_counter()
        super().close()
        self.times.close += time.perf_counter() - began


def measure(kubectl: Kubectl, text: str) -> Times:
    """Run a spec on a cluster that holds nothing of an earlier part any more; every point has to be met."""
    remove_everything(kubectl, "bench", lambda _: None)
    plan, problems = analyze((Input(Source("bench.nps", text), Path("/nonexistent")),), Options())
    assert plan is not None, problems
    options = LiveOptions(context=kubectl.context, kubeconfig=kubectl.kubeconfig, probe_image=IMAGE)
    backend = Timed(options)
    began = time.perf_counter()
    for event in run(plan.scenarios, backend, RunOptions()):
        if isinstance(event, BailedOut):
            sys.exit(f"bail out: {event.reason}")
        if isinstance(event, ScenarioEnded):
            backend.times.points += len(event.results)
            for result in event.results:
                if result.status is not Status.PASSED:
                    backend.times.failed += 1
                    print(f"#   not ok {result.point.title}: {result.message}")
                elif not result.point.allowed and not (result.observed and result.observed.control):
                    backend.times.unproven += 1
    backend.times.prepare = time.perf_counter() - began - backend.times.total
    return backend.times


# --- the article's way ----------------------------------------------------------------------------------------------


def by_hand(kubectl: Kubectl, source: str, target: str) -> tuple[bool, float]:
    """`kubectl run ... wget`, as in the article: whether it reached the target, and how many seconds it took."""
    began = time.perf_counter()
    command = (
        *("run", "busybox", f"--image={BUSYBOX}", "-i", "--rm", "--restart=Never", "-n", source, "--"),
        *("/bin/sh", "-c", f"wget -O- --timeout=5 {target}"),
    )
    done = subprocess.run(kubectl.argv(*command), capture_output=True, text=True, check=False, timeout=120)
    return "Welcome to nginx" in done.stdout, time.perf_counter() - began


def manifests(policies: Sequence[str]) -> str:
    """The policies of a use case as `kubectl apply` takes them."""
    import json

    given = "".join(f"  given policy {policy}\n" for policy in policies)
    text = f"{WORLD}case: world\n{given}  expect ms-a -> nginx.ms-b:80 allowed\n"
    plan, problems = analyze((Input(Source("bench.nps", text), Path("/nonexistent")),), Options())
    assert plan is not None, problems
    (change,) = (step for step in plan.scenarios[0].steps if hasattr(step, "world"))
    found = [each.manifest for key, each in change.world.items() if key.kind == "NetworkPolicy"]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": found})


def measure_by_hand(kubectl: Kubectl) -> tuple[float, float, float]:
    """The use cases in the article's way: all of it, a pair that is allowed, and one that is denied, in seconds."""
    allowed: list[float] = []
    denied: list[float] = []
    began = time.perf_counter()
    for name, (policies, cells) in USE_CASES.items():
        kubectl.run("-n", "ms-b", "delete", "networkpolicies", "--all")
        if policies:
            kubectl.check("apply", "-f", "-", stdin=manifests(policies))
        for source, cell in zip(SOURCES, cells, strict=True):
            reached, seconds = by_hand(kubectl, source, "nginx.ms-b:80")
            (allowed if cell == "." else denied).append(seconds)
            if reached != (cell == "."):
                print(f"#   {name}: {source} was {'allowed' if reached else 'denied'}, which is wrong")
    kubectl.run("-n", "ms-b", "delete", "networkpolicies", "--all")
    return time.perf_counter() - began, sum(allowed) / len(allowed), sum(denied) / len(denied)


# --- what is printed ------------------------------------------------------------------------------------------------


def report(what: str, value: str, goal: str, *, met: bool) -> None:
    """One line."""
    print(f"{what:<62} {value:>12}   {'' if met else 'NOT '}within {goal}" if goal else f"{what:<62} {value:>12}")


def article(kubectl: Kubectl) -> tuple[float, float]:
    """The article's seven use cases, three sources each; a pair's seconds by hand, allowed and denied."""
    keep = LiveOptions(context=kubectl.context, kubeconfig=kubectl.kubeconfig, probe_image=IMAGE, keep=True)
    plan, _ = analyze(
        (Input(Source("b", WORLD + "w: world ; expect ms-a -> nginx.ms-b:80 allowed"), Path()),), Options()
    )
    assert plan is not None
    list(run(plan.scenarios, ClusterBackend(keep), RunOptions()))  # which also warms the cluster up
    total, allowed, denied = measure_by_hand(kubectl)
    made = measure(kubectl, use_cases())
    report("7 use cases, 3 sources, the article's way", f"{total:.1f} s", "", met=True)
    report("  a pair that is allowed / denied", f"{allowed:.1f} / {denied:.1f} s", "", met=True)
    report("7 use cases, netpolspec, until the last verdict", f"{made.verdicts:.1f} s", "20 s", met=made.verdicts <= 20)
    report(
        "  of it getting ready, worlds, probing", f"{made.prepare:.1f}+{made.apply:.1f}+{made.probe:.1f}", "", met=True
    )
    report("  clearing up after it", f"{made.close:.1f} s", "", met=True)
    report("  denials without control, points not met", f"{made.unproven}, {made.failed}", "", met=True)
    faster = total / made.verdicts
    report("  faster than the article's way", f"{faster:.1f} times", "at least 5 times", met=faster >= 5)
    return allowed, denied


def grid(sources: int, servers: int, ports: int, shut: int) -> str:
    """A world of so many sources and servers with so many ports each, of which some are shut to everybody."""
    lines = ["world:", "  given namespace ms-a", "  given namespace ms-b", "  given namespace ms-c"]
    served = [8000 + number for number in range(ports)]
    listed = " ".join(f"port {port}" for port in served)
    lines += [f"  given pod web{server} in ms-b app=web {listed}" for server in range(servers)]
    opened = "".join(f", {{port: {port}}}" for port in served[shut:])
    rule = f"[{{ports: [{opened[2:]}]}}]" if opened else "[]"
    lines += [
        "  given manifest <<YAML",
        "  apiVersion: networking.k8s.io/v1",
        "  kind: NetworkPolicy",
        "  metadata: {name: some, namespace: ms-b}",
        f"  spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: {rule}}}",
        "  YAML",
        "grid: world",
    ]
    clients = ", ".join(f"{SOURCES[number % 3]}[client={number // 3}]" for number in range(sources))
    for number, port in enumerate(served):
        lines.append(f"  expect {clients} -> ms-b:{port} {'denied' if number < shut else 'allowed'}")
    return "\n".join(lines) + "\n"


def probes(kubectl: Kubectl, what: str, size: tuple[int, int, int, int], goal: float, by_hand: float | None) -> None:
    """One scenario of many probes: each source with each port of each server."""
    sources, servers, ports, _ = size
    made = measure(kubectl, grid(*size))
    by_hand_seconds = by_hand
    count = sources * servers * ports
    report(
        f"{count} probes, {what}: probing",
        f"{made.last_probe:.1f} s",
        f"{goal:.0f} s",
        met=made.last_probe <= goal,
    )
    report("  all until the verdicts, the world included", f"{made.verdicts:.1f} s", "", met=True)
    report("  denials without control, points not met", f"{made.unproven}, {made.failed}", "", met=True)
    if by_hand_seconds is not None:
        faster = by_hand_seconds / made.last_probe
        report(
            f"  the article's way: {by_hand_seconds:.0f} s (multiplied)",
            f"{faster:.0f} times",
            "at least 50 times",
            met=faster >= 50,
        )


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    context, *rest = arguments
    parts = [part for part in rest if part in {"article", "hundred", "thousand"}] or ["article", "hundred", "thousand"]
    kubeconfig = next((each for each in rest if each not in {"article", "hundred", "thousand"}), None)
    kubectl = Kubectl(context, kubeconfig, patience=10)
    allowed, denied = article(kubectl) if "article" in parts else (2.5, 7.5)
    if "hundred" in parts:
        by_hand_mixed = 50 * allowed + 50 * denied
        probes(kubectl, "5 sources, half denied", (5, 2, 10, 5), 6, by_hand_mixed)
        probes(kubectl, "5 sources, all denied", (5, 2, 10, 10), 6, 100 * denied)
    if "thousand" in parts:
        probes(kubectl, "30 sources, half denied", (30, 4, 9, 4), 15, None)


if __name__ == "__main__":
    main(sys.argv[1:])

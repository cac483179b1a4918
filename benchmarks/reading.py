"""How fast files become the model's objects, and what the loaders that were not chosen would take. Prints figures.

    python -m benchmarks.reading

Each figure is measured in a process of its own, so that memory is that figure's. The input is what
`kubectl get pods -A -o json` (or yaml) prints of a cluster.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from textwrap import indent
from time import perf_counter
from typing import TYPE_CHECKING

import yaml

from netpolspec.load.manifests import read_text
from netpolspec.policy.cluster import assemble
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

PODS = 10_000
PODS_IN_YAML = 2_000


def _pod(number: int) -> dict[str, object]:
    """A pod with about as many fields as a cluster gives it."""
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    tolerations = [
        {"effect": "NoExecute", "key": f"node.kubernetes.io/{why}", "operator": "Exists", "tolerationSeconds": 300}
        for why in ("not-ready", "unreachable")
    ]
    conditions = [
        {"lastProbeTime": None, "lastTransitionTime": "2026-01-01T00:00:00Z", "status": "True", "type": kind}
        for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    container = {
        "image": "nginx:1.29",
        "imagePullPolicy": "IfNotPresent",
        "name": "web",
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [{"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": "token"}],
    }
    owner = {"apiVersion": "apps/v1", "controller": True, "kind": "ReplicaSet", "name": f"web-{number // 5}"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"app": "web", "pod-template-hash": "5d8c", "tier": f"t{number % 50}"},
            "name": f"web-{number // 5}-{number}",
            "namespace": f"ns-{number % 100}",
            "ownerReferences": [{**owner, "uid": f"uid-{number // 5}"}],
            "resourceVersion": str(number),
            "uid": f"uid-{number}",
        },
        "spec": {
            "containers": [container],
            "dnsPolicy": "ClusterFirst",
            "nodeName": f"node-{number % 40}",
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "serviceAccountName": "default",
            "terminationGracePeriodSeconds": 30,
            "tolerations": tolerations,
        },
        "status": {
            "conditions": conditions,
            "hostIP": "172.18.0.2",
            "phase": "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "qosClass": "Burstable",
            "startTime": "2026-01-01T00:00:00Z",
        },
    }


def _as_json() -> str:
    pods = ",\n".join(indent(json.dumps(_pod(number), indent=4), " " * 8) for number in range(PODS))
    return f'{{\n    "apiVersion": "v1",\n    "items": [\n{pods}\n    ],\n    "kind": "List"\n}}\n'


def _as_yaml() -> str:
    pods = "".join(yaml.dump([_pod(number)], Dumper=yaml.CSafeDumper) for number in range(PODS_IN_YAML))
    return f"apiVersion: v1\nitems:\n{pods}kind: List\n"


def _rate(text: str, read: Callable[[], object]) -> str:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    start = perf_counter()
    read()
    took = perf_counter() - start
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 - before
    size = len(text) / 1e6
    return f"{size:6.1f} MB in {took:5.2f} s: {size / took:6.1f} MB/s, {more:4d} MiB more than the text"


def to_objects_from_json() -> str:
    """JSON to the model's objects."""
    text = _as_json()
    return _rate(text, lambda: read_text(Source("pods.json", text)))


def to_a_cluster_from_json() -> str:
    """JSON to a cluster that can be asked."""
    text = _as_json()

    def read() -> None:
        resources, _ = read_text(Source("pods.json", text))
        assemble((made for each in resources for made in each.objects), declare_namespaces=True)

    return _rate(text, read)


def json_alone() -> str:
    """json.loads, for comparison."""
    text = _as_json()
    return _rate(text, lambda: json.loads(text))


def to_objects_from_yaml() -> str:
    """YAML to the model's objects."""
    text = _as_yaml()
    return _rate(text, lambda: read_text(Source("pods.yaml", text)))


def yaml_load() -> str:
    """PyYAML's own loader over libyaml, for comparison: no positions, no limits, other booleans than kubectl's."""
    text = _as_yaml()
    return _rate(text, lambda: yaml.load(text, yaml.CSafeLoader))


def yaml_compose() -> str:
    """Nodes with positions, without their values, for comparison."""
    text = _as_yaml()
    return _rate(text, lambda: yaml.compose(text, yaml.CSafeLoader))


def one_place() -> str:
    """Where a label of the last pod stands, asked for the first time."""
    text = _as_yaml()
    resources, _ = read_text(Source("pods.yaml", text))
    start = perf_counter()
    span = resources[-1].origin.span
    return f"{span} in {(perf_counter() - start) * 1e3:.1f} ms"


FIGURES = (
    to_objects_from_json,
    to_a_cluster_from_json,
    json_alone,
    to_objects_from_yaml,
    yaml_load,
    yaml_compose,
    one_place,
)


def main() -> None:
    """Print every figure, or the one that is named."""
    if len(sys.argv) > 1:
        (figure,) = (each for each in FIGURES if each.__name__ == sys.argv[1])
        print(figure())
        return
    for figure in FIGURES:
        command = [sys.executable, "-m", "benchmarks.reading", figure.__name__]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        print(f"{figure.__name__.replace('_', ' '):24} {done.stdout.strip()}")


if __name__ == "__main__":
    main()

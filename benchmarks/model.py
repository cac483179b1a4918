"""How fast the model is at the size of real clusters. Prints figures, and never fails on one.

    python -m benchmarks.model

Each figure is measured in a process of its own, so that memory is that figure's; what the cluster itself takes is
subtracted. `reading` is not part of any.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from dataclasses import replace
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.clusters import TEN_THOUSAND, THOUSAND, Size, make
from netpolspec.policy.decide import Model
from netpolspec.policy.objects import Protocol
from netpolspec.policy.reach import By, reach
from netpolspec.report.matrix.texts import write_json
from netpolspec.report.matrix.view import Asked, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from netpolspec.policy.objects import Cluster

MIB = 1024
QUESTIONS = 100_000


def answers(size: Size) -> str:
    """Many different questions to one model, as a spec with that many expectations asks them."""
    cluster = make(size)
    rng = Random(7)  # noqa: S311 - no secret
    asked = [
        (rng.choice(cluster.pods), rng.choice(cluster.pods), Protocol.TCP, rng.choice((80, 8080, 9090, 5432)))
        for _ in range(QUESTIONS)
    ]
    start = perf_counter()
    model = Model(cluster)
    for question in asked:
        model.answer(*question)
    return f"{QUESTIONS / (perf_counter() - start):,.0f} a second, compiling included"


def decisions(size: Size) -> str:
    """One decision with its reasons, the model made for it alone."""
    cluster = make(size)
    start = perf_counter()
    Model(cluster).decide(cluster.pods[0], cluster.pods[-1], Protocol.TCP, 8080)
    return f"{(perf_counter() - start) * 1e3:.1f} ms"


def all_pairs(size: Size, by: By = By.WORKLOAD) -> str:
    """Every pair with every port and the ranges outside, by classes."""
    cluster: Cluster = make(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = perf_counter()
    found = reach(cluster, by=by, external=True)
    took = perf_counter() - start
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / MIB
    return f"{took:.2f} s, {memory:.0f} MiB, {len(found.classes)} classes, {len(found.answers)} different answers"


def by_pod(size: Size) -> str:
    """The same with pods for members, where pods have addresses."""
    return all_pairs(replace(size, addresses=True), By.POD)


def again(size: Size) -> str:
    """The questions of a spec whose ends come again and again: a few thousand different ones."""
    cluster = make(size)
    rng = Random(7)  # noqa: S311 - no secret
    ends = rng.sample(cluster.pods, 50)
    asked = [(rng.choice(ends), rng.choice(ends), Protocol.TCP, rng.choice((80, 8080))) for _ in range(QUESTIONS)]
    model = Model(cluster)
    start = perf_counter()
    for question in asked:
        model.answer(*question)
    return f"{QUESTIONS / (perf_counter() - start):,.0f} a second, compiling included"


def written(size: Size) -> str:
    """All pairs of pods and ranges as JSON, pair by pair; with more pods only classes are worth writing."""
    if size.pods > THOUSAND.pods:
        return "by classes only: there would be a hundred million pairs"
    view = View(reach(make(replace(size, addresses=True)), by=By.POD, external=True), Asked())
    start = perf_counter()
    length = sum(map(len, write_json(view)))
    return f"{perf_counter() - start:.2f} s, {length / 1e6:.0f} MB, {size.pods**2:,} pairs of pods"


def number_of(what: str, text: str) -> float:
    """The number before a word of a figure."""
    found = re.search(rf"([\d.]+) {what}", text)
    assert found is not None, text
    return float(found[1])


def explain_growth(small: str, large: str) -> str:
    """Why ten times the pods take so much longer, in one line."""
    classes = number_of("classes", large) / number_of("classes", small)
    time = number_of("s,", large) / number_of("s,", small)
    return (
        f"ten times the pods: {classes:.1f} times the classes, so {classes**2:.0f} times the pairs of classes,\n"
        f"in {time:.0f} times the time: it goes with the pairs of classes, not with the pairs of pods"
    )


SIZES = {"1,000 pods, 400 policies": THOUSAND, "10,000 pods, 2,000 policies": TEN_THOUSAND}
FIGURES: dict[str, Callable[[Size], str]] = {
    "answers, all different": answers,
    "answers, asked again": again,
    "decide, cold": decisions,
    "all pairs by workload": all_pairs,
    "all pairs by pod": by_pod,
    "written as JSON": written,
}


def main() -> None:
    """Print every figure; with two arguments, the one that they name."""
    if len(sys.argv) > 2:
        print(json.dumps(FIGURES[sys.argv[1]](SIZES[sys.argv[2]])))
        return
    grown = []
    for title in SIZES:
        print(title)
        for figure in FIGURES:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.model", figure, title], capture_output=True, text=True, check=False
            )
            shown = json.loads(done.stdout) if done.returncode == 0 else f"failed:\n{done.stderr}"
            print(f"  {figure:24} {shown}")
            if figure == "all pairs by workload":
                grown.append(shown)
    print(explain_growth(*grown))


if __name__ == "__main__":
    main()

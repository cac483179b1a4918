"""How fast specs are started, read, planned and run on the model. Prints figures, and never fails on one.

    python benchmarks/specs.py [--runs N]

Whole-process figures are medians of several runs, taken in turn so that a noisy machine is noisy for all of them.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = Path(sysconfig.get_path("scripts")) / "netpolspec"

WORLD = """\
world:
\tgiven namespace ms-a namespace=ms-a
\tgiven namespace ms-b namespace=ms-b
\tgiven namespace ms-c namespace=ms-c
\tgiven deployment nginx in ms-b app=nginx replicas 2 port 80
\tgiven service nginx in ms-b port 80 -> 80 on app=nginx

"""
SCENARIO = """\
## Only ms-a gets in, for the {n}th time.
scenario-{n}: world
\tgiven policy allow-from in ms-b ns=ms-a
\texpect ms-a -> nginx.ms-b:80, ms-b:80 allowed
\texpect ms-b[run={n}] -> ms-b:80 denied
\texpect ms-c -> nginx.ms-b:80 denied because "only ms-a is on the list"
"""


def long_spec(lines: int) -> str:
    """A spec of about as many lines, a scenario every six."""
    return WORLD + "".join(SCENARIO.format(n=n) for n in range((lines - WORLD.count("\n")) // SCENARIO.count("\n")))


def wide_spec(expectations: int, scenarios: int, clients: int) -> str:
    """A spec with as many test points over one world, spread over scenarios, from so many different clients."""
    each = expectations // scenarios
    rules = []
    for n in range(scenarios):
        rules.append(f"scenario-{n}: world\n\tgiven policy allow-from in ms-b ns=ms-a\n")
        for k in range(each // 2):
            client = f"[run={(n * each + k) % clients}]"
            rules.append(f"\texpect ms-a{client} -> ms-b:80 allowed\n\texpect ms-c{client} -> ms-b:80 denied\n")
    return WORLD + "".join(rules)


def measure(commands: dict[str, list[str]], runs: int) -> dict[str, float]:
    """The median wall-clock seconds of each command, run in turn; the first round does not count."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for round_ in range(runs + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
            seconds = time.perf_counter() - began
            if done.returncode:
                sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr.decode()}")
            if round_:
                times[name].append(seconds)
    return {name: statistics.median(found) for name, found in times.items()}


def peak_of(command: list[str]) -> tuple[float, float]:
    """Seconds and peak memory in MiB of one run in a child of its own."""
    script = (
        "import resource, subprocess, sys, time; t = time.perf_counter(); "
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); "
        "print(time.perf_counter() - t, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds, kib = done.stdout.split()
    return float(seconds), int(kib) / 1024


def plan_in_process(text: str) -> tuple[float, float, int]:
    """Seconds to parse and seconds to plan a spec within a warm process, and its test points."""
    from netpolspec.plan.analyze import Options, analyze
    from netpolspec.plan.files import Input
    from netpolspec.source import Source
    from netpolspec.syntax.parser import parse_file

    parse_file(Source("warm", WORLD))
    began = time.perf_counter()
    parse_file(Source("bench.nps", text))
    parsed = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        plan, diagnostics = analyze([Input(Source("bench.nps", text), Path(folder))], Options())
        whole = time.perf_counter() - began
    if plan is None:
        sys.exit(f"the benchmark's own spec is wrong: {diagnostics[0].message}")
    return parsed, whole, sum(scenario.points for scenario in plan.scenarios)


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="counted runs of each command")
    runs = parser.parse_args().runs
    specs = [str(path) for path in sorted((ROOT / "specs").glob("*.nps"))]
    netpolspec = str(COMMAND)
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "--version": [netpolspec, "--version"],
        "check, one file": [netpolspec, "check", specs[0]],
        "run specs/*.nps": [netpolspec, "run", *specs],
    }
    medians = measure(commands, runs)
    bare = medians["python -c pass"]
    print(f"whole processes, median of {runs}")
    for name, seconds in medians.items():
        print(f"  {name:<34}{seconds * 1000:8.0f} ms {seconds / bare:8.1f} x python -c pass")
    text = long_spec(10_000)
    parsed, planned, points = plan_in_process(text)
    lines = text.count("\n")
    print(f"{lines} lines, {points} test points, in a warm process")
    print(f"  {'parsed':<34}{parsed * 1000:8.0f} ms")
    print(f"  {'parsed and planned':<34}{planned * 1000:8.0f} ms")
    with tempfile.TemporaryDirectory() as folder:
        for expectations, scenarios, clients in (
            (10_000, 100, 100),
            (100_000, 100, 100),
            (100_000, 1000, 100),
            (100_000, 100, 100_000),
        ):
            path = Path(folder, f"wide-{expectations}-{scenarios}-{clients}.nps")
            path.write_text(wide_spec(expectations, scenarios, clients))
            checked, planned_peak = peak_of([netpolspec, "check", str(path)])
            ran, run_peak = peak_of([netpolspec, "run", str(path)])
            print(f"{expectations} expectations in {scenarios} scenarios, {2 * clients} sources, whole processes")
            print(f"  {'check (parse and plan)':<34}{checked:8.2f} s  {planned_peak:8.0f} MiB peak")
            print(f"  {'run (and judge, and write TAP)':<34}{ran:8.2f} s  {run_peak:8.0f} MiB peak")
    print(f"peak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()

"""How fast Terraform modules are read. Prints figures, and never fails on one.

    python -m benchmarks.terraform

The aims: the article's root module, all its policies in force, within 50 ms after start-up by the static reader; one
`terraform init` and one `terraform plan` however many modules a run uses. Planning needs terraform and its provider.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from netpolspec.load.terraform.read import Mode, read_terraform
from netpolspec.load.terraform.reading import Reader
from netpolspec.load.terraform.values import Request
from netpolspec.source import Source

MODULES = Path(__file__).resolve().parents[1] / "terraform"
POLICIES = sorted(
    folder.name for folder in MODULES.iterdir() if folder.name not in ("article", "cluster-kind", "tenants")
)
LISTS = {"allow-from": "ns", "allow-from-other-namespaces": "allowed_namespaces", "allow-to-namespace": "ns"}
PLACE = Source("<benchmark>", "given terraform").span(0, 15)
ROUNDS = 20


def start_up() -> str:
    """What the first module costs a new process, above Python itself."""
    read = (
        "from netpolspec.load.terraform.read import Mode, read_terraform;"
        "from netpolspec.load.terraform.values import Request; from netpolspec.source import Source;"
        f"read_terraform([Request({str(MODULES / 'deny-from-any')!r}, Source('x', 'x').span(0, 1),"
        " {'namespace': 'ms-b'})], Mode.STATIC)"
    )

    def run(code: str) -> float:
        start = perf_counter()
        subprocess.run((sys.executable, "-c", code), check=True)
        return perf_counter() - start

    return f"{(min(run(read) for _ in range(5)) - min(run('pass') for _ in range(5))) * 1e3:.0f} ms"


def article() -> str:
    """The article's root module, which calls eleven others."""
    request = Request(str(MODULES / "article"), PLACE, {"policies": POLICIES})
    read_terraform([request], Mode.STATIC)
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = perf_counter(), process_time()
        read_terraform([request], Mode.STATIC)
        walls.append(perf_counter() - wall)
        cpus.append(process_time() - cpu)
    return f"{median(walls) * 1e3:.1f} ms (processor {median(cpus) * 1e3:.1f} ms, fastest {min(walls) * 1e3:.1f} ms)"


def ask(number: int) -> list[Request]:
    """Requests for that many modules."""
    requests = []
    for at in range(number):
        name = POLICIES[at % len(POLICIES)]
        variables = {"namespace": f"ms-{at}"} | ({LISTS[name]: "ms-a"} if name in LISTS else {})
        requests.append(Request(str(MODULES / name), PLACE, variables))
    return requests


def planned(number: int) -> str:
    """That many modules by terraform, and how often it was started."""
    terraform = shutil.which("terraform")
    if terraform is None:
        return "left out: terraform is not installed"
    path = os.environ["PATH"]
    with tempfile.TemporaryDirectory() as folder:
        log, script = Path(folder, "calls"), Path(folder, "terraform")
        script.write_text(f'#!/bin/sh\necho "$2" >> {log}\nexec {terraform} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        os.environ["PATH"] = f"{folder}:{path}"
        try:
            start = perf_counter()
            readings = read_terraform(ask(number), Mode.PLAN)
            seconds = perf_counter() - start
        finally:
            os.environ["PATH"] = path
        if any(reading.diagnostics or reading.reader is not Reader.PLAN for reading in readings):
            return f"left out: {readings[0].diagnostics[0].message}"
        calls = log.read_text(encoding="utf-8").split()
    return f"{seconds:.2f} s; terraform was started for: {', '.join(calls)}"


def main() -> None:
    """Print all figures."""
    print(f"start-up with the first module   {start_up()}")
    print(f"the article's root module        {article()}")
    print(f"one module by a plan             {planned(1)}")
    print(f"ten modules by a plan            {planned(10)}")


if __name__ == "__main__":
    main()

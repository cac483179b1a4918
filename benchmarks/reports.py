"""How fast reports are written, and how large they are. Prints figures, and never fails on one.

    python benchmarks/reports.py [--points N] [--scenarios N]

Three runs each: one in which everything passes, one in which a tenth fails, one in which everything fails.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

from netpolspec.backends.model import ModelBackend
from netpolspec.cli.reports import WRITERS, Writer
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Input
from netpolspec.report import json_lines
from netpolspec.report.record import record
from netpolspec.run.runner import RunOptions, run
from netpolspec.source import Source

WORLD = """\
IN := shop
world:
\tgiven namespace shop
\tgiven namespace team-a namespace=team-a
\tgiven namespace team-b namespace=team-b
\tgiven deployment web in shop app=web replicas 2 port 80
\tgiven deployment api in shop app=api port 8080
\tgiven service web in shop port 80 -> 80 on app=web
"""
DESTINATIONS = "shop/web:80, web.shop:80, shop/api:8080, shop/web:81"


def spec(points: int, scenarios: int, wrong: int) -> str:
    """A spec of so many test points; the last of each ten sources expect what is not so, as many as `wrong`."""
    rows = []
    sources = max(1, points // scenarios // 4)
    for number in range(scenarios):
        rows.append(f"## Only team-a gets in, for the {number}th time.\nscenario-{number}: world\n")
        rows.append("\tgiven policy allow-from ns=team-a\n")
        for source in range(sources):
            holds = (number * sources + source) % 10 >= wrong
            rows.append(f"\texpect team-b[run={source}] -> {DESTINATIONS} {'denied' if holds else 'allowed'}\n")
    return WORLD + "".join(rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--scenarios", type=int, default=500)
    asked = parser.parse_args()
    print(f"{asked.points} test points in {asked.scenarios} scenarios, Python {sys.version.split()[0]}")
    for wrong, name in ((0, "all pass"), (1, "a tenth fails"), (10, "all fail")):
        source = Source("specs/large.nps", spec(asked.points, asked.scenarios, wrong))
        with tempfile.TemporaryDirectory() as folder:
            plan, diagnostics = analyze([Input(source, Path(folder))], Options())
        if plan is None:
            sys.exit("\n".join(map(str, diagnostics)))
        events = list(run(plan.scenarios, ModelBackend(), RunOptions()))
        told = record(events, lambda scenario: f"netpolspec run specs/large.nps::{scenario.name}")
        print(f"{name}: {sum(told.count_points().values())} test points")
        for form, module in WRITERS.items():
            writer = cast("Writer", importlib.import_module(module))
            began = time.perf_counter()
            size = sum(len(text.encode()) for text in writer.write(told))
            print(f"  {form:<10} {time.perf_counter() - began:6.2f} s  {size / 1e6:6.2f} MB")
        began = time.perf_counter()
        size = sum(len(json_lines.line(event, told.again).encode()) for event in events)
        print(f"  {'jsonl':<10} {time.perf_counter() - began:6.2f} s  {size / 1e6:6.2f} MB")


if __name__ == "__main__":
    main()

"""Run the benchmarks beside their peers and write what they print into the benchmarks page.

Usage::

    python tools/benchmarks.py            # runs every line of RUNS; writes docs/benchmarks.md
    python tools/benchmarks.py did iv     # only these; the others keep what the page says of them
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pages import sections, write

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
PEERS = (
    "numpy", "scipy", "pandas", "statsmodels", "linearmodels", "pyfixest", "rdrobust", "rddensity", "scikit-learn",
    "diff-diff", "moderndid", "csdid", "differences",
)  # fmt: skip

HEAD = """\
# Benchmarks

How long the same answer takes here and elsewhere. Every block is one run of one script: all programs on the same data,
in the same minutes, on the same machine, best of a few calls; what counts are the ratios. A program that is not
installed is left out of its block. `make bench` prints the same on your machine.
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One script with its arguments."""

    name: str
    title: str
    says: str
    arguments: tuple[str, ...] = ()


RUNS = (
    Run(
        "simpson", "Simpson's paradox", "The baseline is one pandas groupby of the same columns.", ("--rows", "1000000")
    ),
    Run(
        "matching",
        "Matching",
        "The baseline is fitting the score and sorting it once; R's MatchIt is in the [guide](guides/matching.md).",
        ("--rows", "10000", "100000", "--cpu"),
    ),
    Run(
        "did",
        "Difference-in-differences",
        "Seconds on the clock and of the processor, and peak memory, each program in its own process.",
        ("--sizes", "10000", "--tasks", "cells", "twfe", "imputation", "--peers", "diff-diff", "pyfixest"),
    ),
    Run("rdd", "Regression discontinuity", "Against rdrobust and rddensity.", ("1000", "10000")),
    Run("iv", "Instrumental variables", "Ours includes every test and the Anderson-Rubin set.", ("100000",)),
    Run("linear", "Least squares and its covariances", "The kernel that every method stands on.", ("100000",)),
)


def machine() -> str:
    """Return what the run was made on."""
    programs = []
    for name in PEERS:
        try:
            programs.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    today = dt.datetime.now(tz=dt.UTC).date()
    return f"{today}, {os.cpu_count()} cores, Python {platform.python_version()}: {', '.join(programs)}."


def block(run: Run) -> str:
    """Run a script; return its section."""
    script = ROOT / "benchmarks" / f"{run.name}.py"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", str(script), *run.arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT)
    called = " ".join(["python", f"benchmarks/{run.name}.py", *run.arguments])
    return f"## {run.title}\n\n{run.says}\n\n`{called}` on {machine()}\n\n```text\n{done.stdout.rstrip()}\n```\n"


def main(names: list[str]) -> None:
    """Run the benchmarks named, or all; keep what the page says of the others."""
    kept = sections(PAGE)
    for run in RUNS:
        if not names or run.name in names:
            kept[run.title] = block(run)
    write(PAGE, HEAD, [run.title for run in RUNS], kept)


if __name__ == "__main__":
    main(sys.argv[1:])

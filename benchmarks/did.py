"""Difference-in-differences beside diff-diff, moderndid, csdid, differences, pyfixest and linearmodels.

``python benchmarks/did.py --sizes 10000 100000`` prints, for every task and program, seconds on the clock and of the
processor with their ratios to ours (best of three, or of as many as fit into ten seconds, after a small run that
compiles and imports), the peak memory that the call added, and the relative gaps between the estimates and between the
standard errors at event time zero.
Each program runs in a process of its own on the same file. Packages that are not installed are left out;
``pip install "causalkit-decisions[bench]"`` brings them. A program that takes more than ``--limit`` seconds is stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import did_programs
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS = "causalkit"
REPEATS = 3
PATIENCE = 10.0
SMALL = 400
WILD_UNITS = 2_000
SIZES = (10_000, 100_000)


def main() -> None:
    """Print the table; or, in a child process, one line of JSON."""
    options = _options()
    if options.child:
        print(json.dumps(_measured(options.child[0], options.child[1], Path(options.child[2]))))
        return
    programs = [OURS, *(name for name in options.peers if _installed(name))]
    for size in options.sizes:
        for task in options.tasks:
            n = min(size, WILD_UNITS) if task == "wild" else size
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "panel.parquet"
                did_programs.frame(n, task).to_parquet(path)
                _compare(task, n, programs, path, limit=options.limit)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="units, of ten periods each")
    parser.add_argument("--tasks", nargs="+", default=list(did_programs.TASKS), choices=list(did_programs.TASKS))
    parser.add_argument("--peers", nargs="*", default=list(did_programs.PEERS), choices=list(did_programs.PEERS))
    parser.add_argument("--limit", type=float, default=300.0, help="seconds after which a program is stopped")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _compare(task: str, n: int, programs: Sequence[str], path: Path, *, limit: float) -> None:
    """Print one line per program that can do the task."""
    print(f"\n{task}: {did_programs.TASKS[task]}; {n:,} units")
    own: dict[str, Any] | None = None
    for name in programs:
        if name != OURS and did_programs.PEERS[name](task) is None:
            continue
        found = _in_a_process(task, name, path, limit)
        if "failed" in found:
            print(f"  {name:<13} {found['failed']}", flush=True)
            continue
        own = own or found
        gaps = [abs(found[key] / own[key] - 1) if own[key] else float("nan") for key in ("estimate", "std_error")]
        print(
            f"  {name:<13} {found['seconds']:8.3f} s x{found['seconds'] / own['seconds']:7.1f}  "
            f"cpu {found['cpu']:8.3f} s x{found['cpu'] / own['cpu']:7.1f}  "
            f"{found['memory']:8.1f} MB  gaps {gaps[0]:.0e} {gaps[1]:.0e}",
            flush=True,
        )


def _in_a_process(task: str, name: str, path: Path, limit: float) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", task, name, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"stopped after {limit:g} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return {"failed": last[:100]}
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _measured(task: str, name: str, path: Path) -> dict[str, float]:
    """Best seconds, added peak memory in MB and the answer of one program."""
    warnings.simplefilter("ignore")
    found = did_programs.ours(task) if name == OURS else did_programs.PEERS[name](task)
    if found is None:
        raise SystemExit(f"{name} has no program for {task}")
    data = pd.read_parquet(path)
    found(did_programs.frame(SMALL, task))
    seconds: list[float] = []
    cpu: list[float] = []
    with _PeakMemory() as memory:
        while len(seconds) < REPEATS and sum(seconds) < PATIENCE:
            start, spent = time.perf_counter(), time.process_time()
            answer = found(data)
            seconds.append(time.perf_counter() - start)
            cpu.append(time.process_time() - spent)
    return {
        "seconds": min(seconds),
        "cpu": min(cpu),
        "memory": memory.added,
        "estimate": float(answer[0]),
        "std_error": float(answer[1]),
    }


class _PeakMemory:
    """Resident memory that the calls inside added at their peak, in MB.

    The high-water mark of the process (``ru_maxrss``) less what was resident at the start; where the mark was set
    before the calls, as by reading the file, a thread that looks every few milliseconds tells what they took.
    """

    def __enter__(self) -> Self:
        self._start = _resident()
        self._mark = _high_water()
        self._seen = self._start
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._done.set()
        self._watch.join()
        mark = _high_water()
        peak = mark if mark > self._mark else self._seen
        self.added = max(peak - self._start, 0.0)

    def _look(self) -> None:
        while not self._done.wait(0.005):
            self._seen = max(self._seen, _resident())


def _high_water() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _resident() -> float:
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return _high_water()
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()

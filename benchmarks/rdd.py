"""Regression discontinuity beside rdrobust, with numba and without, and rddensity.

``python benchmarks/rdd.py [rows ...]`` prints CPU seconds (best of a few calls after one that does not count), the
ratio to ours, peak memory beyond the data, and the largest relative difference of estimate and robust standard error.
Every program runs in a process of its own on the same rows. Ours reads a data frame and returns a full result with its
checks; the kernels alone are ``ours, arrays``. A program that is not installed is left out, and so is one on more rows
than it does in half a minute. rdrobust uses numba where that is installed; ``without numba`` hides it.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import subprocess
import sys
import time
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = (1_000, 10_000, 100_000, 1_000_000)
# Beyond so many rows a call takes longer than half a minute.
MOST = {"rdrobust without numba": 20_000, "rddensity": 2_000_000}
TITLES = {
    "jump": ("ours", "ours, arrays", "rdrobust with numba", "rdrobust without numba"),
    "a score of 31 values": ("ours", "rdrobust with numba", "rdrobust without numba"),
    "density": ("ours", "rddensity"),
}
Answer = tuple[float, float]


def draw(n: int, *, discrete: bool = False) -> pd.DataFrame:
    """Return a frame with a continuous score without ties, or one with 31 values."""
    rng = np.random.default_rng(n)
    score = rng.integers(-15, 16, n) / 15 if discrete else rng.uniform(-1, 1, n)
    return pd.DataFrame({"x": score, "y": 1 + score + score**2 + 2 * (score >= 0) + rng.normal(0, 1, n)})


def call_of(title: str, program: str, data: pd.DataFrame) -> Callable[[], Answer]:
    """Return one program as a function without arguments."""
    if title == "density":
        return _density(program, data)
    x, y = data["x"].to_numpy(), data["y"].to_numpy()

    def frame() -> Answer:
        from causalkit import rdd

        got = rdd.local_polynomial(data, outcome="y", running="x", cutoff=0, treated="above")
        return got.estimate, got.std_error

    def arrays() -> Answer:
        from causalkit._numerics._rd_bandwidth import BandwidthSettings, select_bandwidths
        from causalkit._numerics._rd_estimate import estimate_jump, variance_rules
        from causalkit._numerics._rd_side import two_sides

        settings = BandwidthSettings(order=1, bias_order=2, derivative=0, kernel="triangular")
        sides = two_sides(x, (y - y.mean())[None], cutoff=0.0)
        rules = variance_rules(sides, "nn", 3)
        widths = select_bandwidths(sides, rules, settings, ("mserd",))["mserd"]
        fit = estimate_jump(sides, rules, settings, widths)
        return fit.conventional, fit.se_robust

    def rdrobust() -> Answer:
        from rdrobust import rdrobust as call

        got = call(y, x)
        return float(got.coef.iloc[0, 0]), float(got.se.iloc[2, 0])

    return {"ours": frame, "ours, arrays": arrays}.get(program, rdrobust)


def _density(program: str, data: pd.DataFrame) -> Callable[[], Answer]:
    def ours() -> Answer:
        from causalkit import rdd

        got = rdd.density_test(data, running="x", cutoff=0, treated="above")
        return got.statistic, got.std_error

    def rddensity() -> Answer:
        from rddensity import rddensity as call

        got = call(data["x"].to_numpy())
        return float(got.test["t_jk"]), float(got.sd_jk["diff"])

    return ours if program == "ours" else rddensity


def measure(title: str, program: str, rows: int) -> None:
    """Print CPU seconds, peak memory beyond the data in MB, and the answer of one program, as JSON."""
    if "without" in program:
        sys.modules["numba"] = None  # type: ignore[assignment]
    data = draw(rows, discrete=title.startswith("a score"))
    call = call_of(title, program, data)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Imports and compilation do not count; a small call makes them, and the peak is what the large one adds.
        call_of(title, program, draw(500))()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds, answer = _best(call)
        peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    sys.stdout.write(json.dumps([seconds, peak, answer]))


def _best(call: Callable[[], Answer]) -> tuple[float, Answer]:
    """Return the least CPU time of calls that take two seconds together, at least two and at most forty of them."""
    seconds: list[float] = []
    answer = (np.nan, np.nan)
    while len(seconds) < 2 or (sum(seconds) < 2 and len(seconds) < 40):
        start = time.process_time()
        answer = call()
        seconds.append(time.process_time() - start)
        if seconds[0] > 10:
            break
    return min(seconds), answer


def compare(title: str, rows: int) -> None:
    """Print one line per program."""
    own_time, own = 0.0, (np.nan, np.nan)
    for program in TITLES[title]:
        package = program.split()[0]
        missing = package.startswith("rd") and find_spec(package) is None
        if missing or rows > MOST.get(program, rows) or ("with numba" in program and find_spec("numba") is None):
            continue
        ran = subprocess.run(
            [sys.executable, __file__, "--measure", title, program, str(rows)],
            capture_output=True,
            text=True,
            check=True,
        )
        seconds, peak, answer = json.loads(ran.stdout)
        if program == "ours":
            own_time, own = seconds, answer
        off = max(abs(a / b - 1) for a, b in zip(answer, own, strict=True))
        print(
            f"{title:<21} {rows:>9,}  {program:<23} {seconds:9.4f} s  x{seconds / own_time:7.1f}  {peak:7.0f} MB  "
            f"differs by {off:.0e}",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        wanted = [int(each) for each in sys.argv[1:]] or ROWS
        for kind in TITLES:
            for size in wanted if not kind.startswith("a score") else (74_000,):
                compare(kind, size)

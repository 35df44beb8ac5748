"""Regression discontinuity beside rdrobust and rddensity.

``python benchmarks/rdd.py [rows ...]`` prints CPU seconds (best of three, each call in this process on the same data),
the ratio to ours, peak memory, and the largest relative difference of estimate and robust standard error. Ours reads a
data frame and returns a full result; the kernels alone are timed as ``ours, arrays``. Packages that are not installed
are left out. rdrobust uses numba where that is installed; without it, 100,000 rows take it minutes.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
import tracemalloc
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from causalkit import rdd
from causalkit._numerics._rd_bandwidth import BandwidthSettings, select_bandwidths
from causalkit._numerics._rd_estimate import estimate_jump, variance_rules
from causalkit._numerics._rd_side import two_sides

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 3
ROWS = (1_000, 10_000)
Answer = tuple[float, float]


def draw(n: int) -> pd.DataFrame:
    """Return a frame with a continuous score, without ties."""
    rng = np.random.default_rng(n)
    score = rng.uniform(-1, 1, n)
    return pd.DataFrame({"x": score, "y": 1 + score + score**2 + 2 * (score >= 0) + rng.normal(0, 1, n)})


def jump_calls(data: pd.DataFrame) -> dict[str, Callable[[], Answer]]:
    """Return the programs that estimate the jump, as functions without arguments."""
    x, y = data["x"].to_numpy(), data["y"].to_numpy()

    def ours() -> Answer:
        got = rdd.local_polynomial(data, outcome="y", running="x", cutoff=0, treated="above")
        return got.estimate, got.std_error

    def arrays() -> Answer:
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

    return {"ours": ours, "ours, arrays": arrays, **({"rdrobust": rdrobust} if find_spec("rdrobust") else {})}


def density_calls(data: pd.DataFrame) -> dict[str, Callable[[], Answer]]:
    """Return the programs that test the density, as functions without arguments."""

    def ours() -> Answer:
        got = rdd.density_test(data, running="x", cutoff=0, treated="above")
        return got.statistic, got.std_error

    def rddensity() -> Answer:
        from rddensity import rddensity as call

        got = call(data["x"].to_numpy())
        return float(got.test["t_jk"]), float(got.sd_jk["diff"])

    return {"ours": ours, **({"rddensity": rddensity} if find_spec("rddensity") else {})}


def best(call: Callable[[], Answer]) -> tuple[float, float, Answer]:
    """Return the least CPU time, the peak memory in MB, and the answer of a call."""
    seconds, answer = [], (np.nan, np.nan)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(REPEATS):
            start = time.process_time()
            answer = call()
            seconds.append(time.process_time() - start)
        tracemalloc.start()
        call()
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
    return min(seconds), peak, answer


def compare(title: str, n: int, calls: dict[str, Callable[[], Answer]]) -> None:
    """Print one line per program."""
    found = {name: best(call) for name, call in calls.items()}
    own_time, _, own = found["ours"]
    for name, (seconds, peak, answer) in found.items():
        off = max(abs(a / b - 1) for a, b in zip(answer, own, strict=True))
        print(
            f"{title:<10} {n:>9,}  {name:<14} {seconds:9.4f} s  x{seconds / own_time:6.1f}  {peak:8.1f} MB  "
            f"differs by {off:.0e}"
        )


if __name__ == "__main__":
    for rows in [int(each) for each in sys.argv[1:]] or ROWS:
        frame = draw(rows)
        compare("jump", rows, jump_calls(frame))
        compare("density", rows, density_calls(frame))

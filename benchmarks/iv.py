"""Two-stage least squares beside linearmodels, pyfixest and statsmodels; the robust set and the bootstrap.

``python benchmarks/iv.py [rows] [exogenous] [instruments]`` prints seconds (best of three, each call in this process on
the same data frame), the ratio to ours and the largest relative difference of estimate and standard error (HC1, and
CR1 over a thousand clusters). Ours includes least squares, the first stage, every test and the Anderson-Rubin set.
"""

from __future__ import annotations

import sys
import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from causalkit import iv, simulate

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 3
Answer = tuple[float, float]


def data(n: int, n_exogenous: int, n_instruments: int) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return the frame, and the names of exogenous columns and instruments."""
    frame = simulate.instrument(n, n_instruments=n_instruments, strength=1.0, rng=0).data
    rng = np.random.default_rng(1)
    more = pd.DataFrame(rng.normal(size=(n, n_exogenous)), columns=[f"w{j}" for j in range(n_exogenous)])
    instruments = ["z"] if n_instruments == 1 else [f"z{j + 1}" for j in range(n_instruments)]
    frame = pd.concat([frame, more], axis=1).assign(g=rng.integers(0, 1000, n))
    return frame, list(more.columns), instruments


def calls(frame: pd.DataFrame, w: list[str], z: list[str], *, clustered: bool) -> dict[str, Callable[[], Answer]]:
    """Return the programs as functions without arguments."""

    def ours() -> Answer:
        got = iv.tsls(
            frame, outcome="y", endogenous="d", instruments=z, exogenous=w, cluster="g" if clustered else None
        )
        return got.estimate, got.std_error

    def linearmodels() -> Answer:
        from linearmodels.iv import IV2SLS

        model = IV2SLS(frame["y"], frame[w].assign(one=1.0), frame[["d"]], frame[z])
        options = {"cov_type": "clustered", "clusters": frame["g"]} if clustered else {"cov_type": "robust"}
        got = model.fit(debiased=True, **options)
        return float(got.params["d"]), float(got.std_errors["d"])

    def pyfixest() -> Answer:
        import pyfixest as pf

        formula = f"y ~ {' + '.join(w)} | d ~ {' + '.join(z)}"
        got = pf.feols(formula, frame, vcov={"CRV1": "g"} if clustered else "hetero")
        return float(got.coef()["d"]), float(got.se()["d"])

    def statsmodels() -> Answer:
        from statsmodels.sandbox.regression.gmm import IV2SLS

        exogenous = np.column_stack([np.ones(len(frame)), frame[w]])
        got = IV2SLS(
            frame["y"].to_numpy(), np.column_stack([exogenous, frame["d"]]), np.column_stack([exogenous, frame[z]])
        ).fit()
        # Equal error variances only: its estimate is compared, and its standard error left out.
        return float(got.params[-1]), np.nan

    found = {"causalkit": ours, "linearmodels": linearmodels, "pyfixest": pyfixest}
    return found if clustered else {**found, "statsmodels": statsmodels}


def timed(call: Callable[[], object]) -> tuple[float, object]:
    """Return the best time of several runs, and the answer."""
    best, answer = np.inf, None
    for _ in range(REPEATS):
        start = time.perf_counter()
        answer = call()
        best = min(best, time.perf_counter() - start)
    return best, answer


def main(rows: list[int], n_exogenous: int, n_instruments: int) -> None:
    """Print one line per program and size."""
    for n in rows:
        frame, w, z = data(n, n_exogenous, n_instruments)
        for clustered in (False, True):
            first: tuple[float, Answer] | None = None
            for name, call in calls(frame, w, z, clustered=clustered).items():
                seconds, answer = timed(call)
                estimate, std_error = answer  # type: ignore[misc]
                first = first or (seconds, (estimate, std_error))
                gap = np.nanmax(np.abs(np.array([estimate, std_error]) / np.array(first[1]) - 1))
                kind = "CR1" if clustered else "HC1"
                print(f"{n:>10,} {kind} {name:14s} {seconds:9.4f} s {seconds / first[0]:8.1f}x  gap {gap:.0e}")
        result = iv.tsls(frame, outcome="y", endogenous="d", instruments=z, exogenous=w)
        seconds, _ = timed(lambda found=result: found.anderson_rubin.conf_int(0.95))  # type: ignore[misc]
        print(f"{n:>10,} exact Anderson-Rubin set from the result {seconds * 1e3:.2f} ms")
        roles = {"outcome": "y", "endogenous": "d", "instruments": z, "exogenous": w, "cluster": "g"}
        seconds, _ = timed(lambda frame=frame, roles=roles: iv.wild_bootstrap(frame, **roles, rng=1, draws=999))
        print(f"{n:>10,} 999 wild restricted draws and their set {seconds:.2f} s")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    arguments = [int(each) for each in sys.argv[1:]]
    main(
        [arguments[0]] if arguments else [1_000, 10_000, 100_000, 1_000_000],
        arguments[1] if len(arguments) > 1 else 10,
        arguments[2] if len(arguments) > 2 else 1,
    )

"""Least squares with robust and clustered errors beside statsmodels, linearmodels and pyfixest.

``python benchmarks/linear.py [rows] [columns] [clusters]`` prints seconds, the ratio to ours, the memory
that each call adds at its peak and the largest relative difference of the standard errors. Every call runs
in a process of its own on the same data; the best of three is reported.
"""

from __future__ import annotations

import resource
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit._typing import FloatArray, IntArray

P = ParamSpec("P")
T = TypeVar("T")
REPEATS = 3


def data(n: int, k: int, n_clusters: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """Columns, outcome and cluster codes."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, n_clusters, n)
    x = np.asfortranarray(rng.normal(size=(n, k)) + rng.normal(size=(n_clusters, 1))[codes])
    y = x @ rng.normal(size=k) + rng.normal(size=n_clusters)[codes] + rng.normal(size=n)
    return x, y, codes


def ours(x: FloatArray, y: FloatArray, codes: IntArray | None) -> Callable[[], FloatArray]:
    """Coefficients and standard errors by causalkit."""
    from causalkit._numerics._clusters import cluster_robust
    from causalkit._numerics._linear import least_squares
    from causalkit._numerics._sandwich import heteroskedastic

    def run() -> FloatArray:
        fit = least_squares(x, y)
        cov = heteroskedastic(fit) if codes is None else cluster_robust(fit, codes)
        return np.sqrt(np.diag(cov.matrix))

    return run


def statsmodels(x: FloatArray, y: FloatArray, codes: IntArray | None) -> Callable[[], FloatArray]:
    """Coefficients and standard errors by statsmodels."""
    import statsmodels.api as sm

    def run() -> FloatArray:
        model = sm.OLS(y, sm.add_constant(x))
        if codes is None:
            return np.asarray(model.fit(cov_type="HC1").bse)
        return np.asarray(model.fit(cov_type="cluster", cov_kwds={"groups": codes}).bse)

    return run


def linearmodels(x: FloatArray, y: FloatArray, codes: IntArray | None) -> Callable[[], FloatArray]:
    """Coefficients and standard errors by linearmodels."""
    from linearmodels.iv import IV2SLS

    def run() -> FloatArray:
        model = IV2SLS(y, np.column_stack([np.ones(len(y)), x]), None, None)
        if codes is None:
            return model.fit(cov_type="robust", debiased=True).std_errors.to_numpy()
        return model.fit(cov_type="clustered", clusters=codes, debiased=True).std_errors.to_numpy()

    return run


def pyfixest(x: FloatArray, y: FloatArray, codes: IntArray | None) -> Callable[[], FloatArray]:
    """Coefficients and standard errors by pyfixest."""
    import pandas as pd
    import pyfixest as pf

    names = [f"x{j}" for j in range(x.shape[1])]
    frame = pd.DataFrame(x, columns=names).assign(y=y, g=0 if codes is None else codes)
    formula = "y ~ " + " + ".join(names)
    vcov = "HC1" if codes is None else {"CRV1": "g"}

    def run() -> FloatArray:
        return pf.feols(formula, frame, vcov=vcov, copy_data=False, store_data=False).se().to_numpy()

    return run


PROGRAMS = {"causalkit": ours, "statsmodels": statsmodels, "linearmodels": linearmodels, "pyfixest": pyfixest}


def measure(program: str, folder: Path, *, clustered: bool) -> tuple[float, float, FloatArray]:
    """Seconds, added peak memory in MB and standard errors of one program in a fresh process."""
    warnings.simplefilter("ignore")
    PROGRAMS[program](*data(1000, 3, 10))()  # imports and compilations are not counted
    x, y, codes = (np.load(folder / f"{name}.npy") for name in ("x", "y", "codes"))
    run = PROGRAMS[program](x, y, codes if clustered else None)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    best = np.inf
    for _ in range(REPEATS):
        start = time.perf_counter()
        errors = run()
        best = min(best, time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return best, (peak - before) / 1024, errors


def main(n: int = 1_000_000, k: int = 10, n_clusters: int = 10_000) -> None:
    """Print one table per covariance."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        in_own_process(save, folder, n, k, n_clusters)
        for clustered in (False, True):
            title = f"CR1, {n_clusters:,} clusters" if clustered else "HC1"
            print(f"\nOLS + {title}; {n:,} rows, {k} columns; data {8 * n * (k + 1) / 2**20:.0f} MB")
            print(f"{'program':<14}{'seconds':>9}{'ratio':>8}{'peak MB':>10}{'SE differs by':>16}")
            compare(folder, clustered=clustered)


def compare(folder: Path, *, clustered: bool) -> None:
    """Print one line per program."""
    reference: tuple[float, FloatArray] | None = None
    for program in PROGRAMS:
        seconds, memory, errors = in_own_process(partial(measure, clustered=clustered), program, folder)
        reference = reference or (seconds, errors)
        gap = np.max(np.abs(errors / reference[1] - 1))
        print(f"{program:<14}{seconds:>9.3f}{seconds / reference[0]:>8.1f}{memory:>10.0f}{gap:>16.1e}")


def save(folder: Path, n: int, k: int, n_clusters: int) -> None:
    """Make the data and write them to files."""
    for name, values in zip(("x", "y", "codes"), data(n, k, n_clusters), strict=True):
        np.save(folder / f"{name}.npy", values)


def in_own_process(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function where it leaves no memory peak behind: a child starts with the peak of its parent."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

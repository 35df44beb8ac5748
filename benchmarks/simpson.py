"""Simpson's paradox at scale: ``python benchmarks/simpson.py`` times diagnose and scan against pandas and others.

Every line does the same job on the same ten million rows, best of three runs, in one process. The pandas groupby gives
counts, means and variances by stratum and arm and nothing else; diagnose gives the effects, their joint covariance,
the decomposition and the checks besides.
"""

from __future__ import annotations

import argparse
import gc
import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from causalkit import simpson
from causalkit._numerics._grouped import grouped_moments
from causalkit.simpson._records import gather
from causalkit.simpson._sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 3


def main() -> None:
    """Time everything and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    data = make(rows)
    peers = rows <= 10_000_000
    print(f"{rows:,} rows; seconds, best of {RUNS}; ratio to the pandas groupby of the same columns")

    groupby = best(lambda: data.groupby(["shop_size", "treated"])["y"].agg(["count", "mean", "var"]))
    report("pandas groupby, integer strata", groupby, groupby)
    cell = 2 * data["shop_size"].to_numpy() + data["treated"].to_numpy()
    y = data["y"].to_numpy()
    report("grouped_moments, the one pass", best(lambda: grouped_moments(cell, y, 40)), groupby)
    roles = {"outcome": "y", "treatment": "treated"}
    report("simpson.diagnose, integer strata", best(lambda: simpson.diagnose(data, **roles, by="shop_size")), groupby)
    clustered = best(lambda: simpson.diagnose(data, **roles, by="shop_size", cluster="shop"), runs=1)
    report("simpson.diagnose, 100,000 clusters", clustered, groupby)
    weighted = best(lambda: simpson.diagnose(data, **roles, by="shop_size", weights="w"))
    report("simpson.diagnose, weights", weighted, groupby)

    categories = best(
        lambda: data.groupby(["city", "plan", "treated"], observed=True)["y"].agg(["count", "mean", "var"])
    )
    report("pandas groupby, two categoricals", categories, categories)
    report(
        "simpson.diagnose, two categoricals",
        best(lambda: simpson.diagnose(data, **roles, by=["city", "plan"])),
        categories,
    )
    candidates = ["shop_size", "city", "plan", "weekday", "channel"]
    seconds = best(lambda: simpson.scan(data, **roles, candidates=candidates), runs=1)
    report(f"simpson.scan, {len(candidates)} columns, 15 stratifications", seconds, groupby)
    names = data[candidates].apply(lambda column: pd.factorize(column)[0])

    def by_groupby() -> None:
        for k, one in enumerate(candidates):
            for other in candidates[k:]:
                keys = list(dict.fromkeys([one, other, "treated"]))
                data.groupby(keys, observed=True)["y"].agg(["count", "mean", "var"])

    if peers:
        report("pandas groupby for each of the 15", best(by_groupby, runs=1), groupby)
    codes = [names[name].to_numpy() for name in candidates]
    levels = [int(code.max()) + 1 for code in codes]
    treated = data["treated"].to_numpy() == 1
    pairs = [(k,) for k in range(5)] + [(k, other) for k in range(5) for other in range(k + 1, 5)]
    kernel = best(lambda: sweep(gather(codes, levels, treated, y), pairs), runs=1)
    report("scan kernel on codes", kernel, groupby)
    least_squares(data.head(min(rows, 1_000_000)))


def least_squares(data: pd.DataFrame) -> None:
    """Time statsmodels for the one number that both give: least squares with stratum dummies, HC0."""
    import statsmodels.formula.api as smf

    roles = {"outcome": "y", "treatment": "treated", "by": "shop_size", "standard": "overlap"}
    ours = best(lambda: simpson.diagnose(data, **roles))
    start = time.perf_counter()
    fit = smf.ols("y ~ treated + C(shop_size)", data).fit(cov_type="HC0")
    theirs = time.perf_counter() - start
    found = simpson.diagnose(data, **roles)
    print(f"\n{len(data):,} rows, the overlap effect: statsmodels {theirs:.2f} s, simpson.diagnose {ours:.3f} s")
    print(f"  estimates differ by {abs(fit.params['treated'] / found.estimate - 1):.1e} (relative)")
    print(f"  standard errors  by {abs(fit.bse['treated'] / found.std_error - 1):.1e} (relative)")


def make(rows: int) -> pd.DataFrame:
    """Draw confounded rows with columns of every kind."""
    rng = np.random.default_rng(0)
    size = rng.integers(0, 20, rows)
    treated = (rng.random(rows) < 0.2 + 0.03 * size).astype(np.int64)
    cities = pd.Categorical.from_codes(rng.integers(0, 30, rows), [f"city {k}" for k in range(30)])
    plans = pd.Categorical.from_codes(rng.integers(0, 3, rows), ["free", "plus", "pro"])
    return pd.DataFrame(
        {
            "y": rng.normal(size=rows) + 0.1 * size - 0.05 * treated,
            "treated": treated,
            "shop_size": size,
            "city": cities,
            "plan": plans,
            "weekday": rng.integers(0, 7, rows),
            "channel": rng.integers(0, 4, rows),
            "shop": rng.integers(0, 100_000, rows),
            "w": rng.uniform(0.5, 2.0, rows),
        }
    )


def best(job: Callable[[], object], *, runs: int = RUNS) -> float:
    """Return the seconds of the fastest of some runs."""
    seconds = []
    for _ in range(runs):
        gc.collect()
        start = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def report(name: str, seconds: float, reference: float) -> None:
    """Print one line."""
    print(f"  {name:<48}{seconds:8.2f}{seconds / reference:8.2f}", flush=True)


if __name__ == "__main__":
    main()

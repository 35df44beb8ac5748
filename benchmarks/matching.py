"""Matching and weighting at scale: ``python benchmarks/matching.py`` times every step at 10k, 100k and a million rows.

Ten covariates, 20 % treated, one process, best of several runs. Each line gives seconds and the ratio to what no
method can do without: fitting the score and sorting it once. Two lines are peers on the same data: logit by
statsmodels, and scikit-learn's neighbours of the treated among the controls; those in R are in ``matching.R``. With
``--cpu`` it counts processor time, which other programs on the machine do not lengthen.
"""

from __future__ import annotations

import argparse
import gc
import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from causalkit import matching
from causalkit.errors import DesignWarning

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (10_000, 100_000, 1_000_000)
COVARIATES = [f"x{j}" for j in range(10)]
# Whitened trees in ten dimensions take minutes at a million rows.
LARGEST_TREE = 100_000
LARGEST_ASSIGNMENT = 100_000


def main() -> None:
    """Time everything at every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--cpu", action="store_true")
    given = parser.parse_args()
    for rows in given.rows:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DesignWarning)
            run(rows, time.process_time if given.cpu else time.perf_counter)


def run(rows: int, clock: Callable[[], float]) -> None:
    """Time every step and method at one size."""
    data = make(rows)
    runs = 3 if rows <= 100_000 else 2
    roles = {"treatment": "treated", "covariates": COVARIATES}
    print(f"\n{rows:,} rows; seconds, and ratio to the score and one sort")
    score = matching.propensity_score(data, **roles)
    order = best(lambda: np.argsort(score.linear), runs, clock)
    unit = best(lambda: matching.propensity_score(data, **roles), runs, clock) + order

    def line(name: str, call: Callable[[], object]) -> None:
        seconds = best(call, runs, clock)
        print(f"  {name:<46} {seconds:9.4f} {seconds / unit:8.2f}")

    line("propensity_score, logit", lambda: matching.propensity_score(data, **roles))
    line("propensity_score, probit", lambda: matching.propensity_score(data, **roles, model="probit"))
    line("block_balance, recursive", lambda: matching.block_balance(score))
    line("common_support", lambda: matching.common_support(score))
    specs = {
        "Nearest 1:1, no replacement": matching.Nearest(replace=False),
        "Nearest 5, replacement": matching.Nearest(ratio=5, replace=True),
        "Nearest 1, replacement, caliper": matching.Nearest(replace=True, caliper=0.2),
        "Radius": matching.Radius(radius=0.2),
        "Kernel, Epanechnikov": matching.Kernel(bandwidth=0.1),
        "Blocks": matching.Blocks(),
        "CoarsenedExact": matching.CoarsenedExact(bins=2),
        "InverseProbability, ATE": matching.InverseProbability(estimand="ATE"),
        "EntropyBalance": matching.EntropyBalance(),
        "CBPS, ATE": matching.CBPS(estimand="ATE"),
    }
    if rows <= LARGEST_TREE:
        specs["Nearest 1, Mahalanobis"] = matching.Nearest(replace=True, distance="mahalanobis")
        specs["Nearest 1:1, Mahalanobis, no replacement"] = matching.Nearest(replace=False, distance="mahalanobis")
    if rows <= LARGEST_ASSIGNMENT:
        specs["Optimal pairs"] = matching.Optimal()
        specs["Full"] = matching.Full()
    for name, spec in specs.items():
        line(f"match: {name}", lambda spec=spec: matching.match(score, spec))
    weighted = matching.match(score, specs["InverseProbability, ATE"])
    line("effect: InverseProbability, stacked errors", lambda: matching.effect(weighted, outcome="y"))
    nearest = matching.match(score, specs["Nearest 1, replacement, caliper"])
    line("effect: Nearest, Abadie-Imbens 2016", lambda: matching.effect(nearest, outcome="y"))
    line("aipw, stacked errors", lambda: matching.aipw(score, outcome="y"))
    line("balance table", weighted.balance)
    peers(data, score, line)


def peers(
    data: pd.DataFrame, score: matching.PropensityScore, line: Callable[[str, Callable[[], object]], None]
) -> None:
    """Time what other Python packages offer for the same jobs."""
    import statsmodels.api as sm
    from sklearn.neighbors import NearestNeighbors

    x, y = sm.add_constant(data[COVARIATES].to_numpy()), data["treated"].to_numpy()
    line("peer: statsmodels GLM logit", lambda: sm.GLM(y, x, family=sm.families.Binomial()).fit())
    one, zero = (score.linear[arm, None] for arm in (score.design.treated, ~score.design.treated))
    line("peer: sklearn 5 neighbours, replacement", lambda: NearestNeighbors(n_neighbors=5).fit(zero).kneighbors(one))


def make(rows: int) -> pd.DataFrame:
    """Ten normal covariates, a fifth treated, an outcome that both move."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, len(COVARIATES)))
    treated = rng.random(rows) < 1 / (1 + np.exp(1.6 - 0.2 * x.sum(axis=1)))
    y = x.sum(axis=1) + treated + rng.normal(size=rows)
    return pd.DataFrame(x, columns=COVARIATES).assign(treated=treated, y=y)


def best(call: Callable[[], object], runs: int, clock: Callable[[], float]) -> float:
    """Seconds of the fastest of several runs."""
    times = []
    for _ in range(runs):
        gc.collect()
        begin = clock()
        call()
        times.append(clock() - begin)
    return min(times)


if __name__ == "__main__":
    main()

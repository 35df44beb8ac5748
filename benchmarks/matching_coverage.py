"""Bias and coverage of matching and weighting: ``python benchmarks/matching_coverage.py`` prints the guide's table.

A thousand rows, four covariates, a heterogeneous effect and an outcome that is not linear in the covariates, with good
and with poor overlap; the score's model is right. Each estimator gets the same simulated data.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING, Any

from causalkit import matching, simulate

if TYPE_CHECKING:
    import numpy as np

COVARIATES = ["x1", "x2", "x3", "x4"]
OVERLAP = {"good": 0.85, "poor": 0.45}


def main() -> None:
    """Print one line per estimator and overlap."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-sim", type=int, default=400)
    n_sim = parser.parse_args().n_sim
    print("| overlap | estimator | bias | SD | mean SE / SD | coverage of 95 % intervals |")
    print("|---|---|---|---|---|---|")
    for word, overlap in OVERLAP.items():
        for name, estimator in ESTIMATORS.items():
            found = simulate.calibrate(
                estimator, partial(draw, overlap=overlap), estimand="ATT", n_sim=n_sim, rng=1, progress=False
            )
            print(
                f"| {word} | {name} | {found.bias:+.3f} | {found.sd:.3f} | {found.mean_std_error / found.sd:.2f} | "
                f"{found.coverage:.3f} [{found.coverage_low:.3f}, {found.coverage_high:.3f}] |",
                flush=True,
            )


def draw(rng: np.random.Generator, *, overlap: float) -> simulate.Simulation:
    """One sample."""
    return simulate.observational(1_000, rng=rng, overlap=overlap, share_treated=0.3, outcome_nonlinearity=0.5)


def score_of(data: Any) -> matching.PropensityScore:
    """The score, whose model is right."""
    return matching.propensity_score(data, treatment="treated", covariates=COVARIATES)


def recipe(data: Any, *, caliper: float | None) -> matching.MatchingResult:
    """The default recipe, or without its caliper."""
    return matching.estimate(data, outcome="y", treatment="treated", covariates=COVARIATES, caliper=caliper)


def after(data: Any, *, method: Any, adjusted: bool) -> matching.MatchingResult:
    """A method, with or without regression adjustment."""
    matched = matching.match(score_of(data), method)
    return matching.effect(matched, outcome="y", adjust=COVARIATES if adjusted else None)


def doubly_robust(data: Any) -> matching.MatchingResult:
    """AIPW with a linear outcome model, which here is wrong."""
    return matching.aipw(score_of(data), outcome="y")


ESTIMATORS = {
    "`estimate()`, caliper 0.2": partial(recipe, caliper=0.2),
    "`estimate()`, no caliper": partial(recipe, caliper=None),
    "nearest, not adjusted": partial(after, method=matching.Nearest(), adjusted=False),
    "nearest without replacement, not adjusted": partial(after, method=matching.Nearest(replace=False), adjusted=False),
    "nearest without replacement, caliper, adjusted": partial(
        after, method=matching.Nearest(replace=False, caliper=0.2), adjusted=True
    ),
    "inverse probability": partial(after, method=matching.InverseProbability(), adjusted=False),
    "AIPW": doubly_robust,
}


if __name__ == "__main__":
    main()

"""The bootstrap of a whole design: score, match and effect, repeated on reweighted rows."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._binary_response import fit_binary_response, response
from causalkit._numerics._matched_regression import matched_regression
from causalkit._validate import generator
from causalkit.errors import CausalkitError, DesignError
from causalkit.matching._apply import apply

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, Rng
    from causalkit.matching._matched import Match

# A bootstrap with a larger share of samples that cannot be matched says nothing.
_MOST_LOST = 0.1


def bootstrap_estimates(match: Match, y: FloatArray, x: FloatArray | None, *, draws: int, rng: Rng) -> FloatArray:
    """Repeat score, match and effect on samples drawn with replacement.

    Rows are drawn as counts that multiply the sampling weights, separately in each arm, so that both keep their size.

    Parameters
    ----------
    match : Match
        What is repeated; its score was fitted by maximum likelihood.
    y : (n,) array
        Outcome.
    x : (n, k) array or None
        Covariates to adjust for.
    draws : int
        Repetitions.
    rng : Generator or int
        Source of randomness.

    Returns
    -------
    (draws,) array
        Estimates; fewer if some samples could not be matched.
    """
    random = generator(rng)
    found = []
    for _ in range(draws):
        try:
            found.append(_once(match, y, x, random))
        except CausalkitError:
            continue
    if len(found) < (1 - _MOST_LOST) * draws:
        raise DesignError(
            f"{draws - len(found):,} of {draws:,} bootstrap samples could not be matched: the design hangs on a few "
            f"units. Use fewer blocks or a wider bandwidth, or another cov_type."
        )
    return np.array(found)


def _once(match: Match, y: FloatArray, x: FloatArray | None, random: np.random.Generator) -> float:
    score = match.score
    design = score.design
    counts = np.zeros(design.n)
    for arm in (np.flatnonzero(design.treated), np.flatnonzero(~design.treated)):
        counts[arm] = random.multinomial(arm.size, np.full(arm.size, 1.0 / arm.size))
    weights = design.weights * counts
    fit = fit_binary_response(score.regressors(), design.treated, link=score.link, weights=weights)
    if not fit.converged:
        raise DesignError("The score of a bootstrap sample did not converge.")
    again = replace(
        score,
        design=replace(design, weights=weights),
        linear=fit.linear,
        score=response(fit.linear, score.link).probability,
        fit=fit,
        support=score.support & (weights > 0),
    )
    # Each sample would repeat what the match itself has warned of.
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        matched = apply(match.spec, again)
    treated = design.treated
    target = {"ATT": treated, "ATC": ~treated}.get(match.estimand, np.ones_like(treated))
    population = matched.weights if match.estimand == "ATO" else weights * target * (matched.weights > 0)
    return matched_regression(y, treated, matched.weights, x, population).estimate

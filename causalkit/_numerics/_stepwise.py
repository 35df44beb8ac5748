"""Forward selection of the terms of a binary response model by likelihood-ratio tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._binary_response import fit_binary_response
from causalkit._numerics._tails import chi2_sf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._numerics._binary_response import Link
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["SelectionStep", "forward_selection"]


@dataclass(frozen=True, slots=True)
class SelectionStep:
    """One round of forward selection.

    Attributes
    ----------
    candidate : int
        Position of the best remaining candidate.
    statistic : float
        Twice its gain in log-likelihood.
    df : int
        Columns that it adds.
    p_value : float
        Upper tail of the chi-squared distribution.
    included : bool
        Whether it passed the threshold; the last round's candidate may not.
    """

    candidate: int
    statistic: float
    df: int
    p_value: float
    included: bool


def forward_selection(
    columns: FloatArray,
    y: BoolArray,
    *,
    link: Link,
    weights: FloatArray,
    fixed: IntArray,
    candidates: Sequence[IntArray],
    threshold: float,
) -> tuple[SelectionStep, ...]:
    """Add the candidate with the most significant likelihood ratio until none passes the threshold.

    Parameters
    ----------
    columns : (n, m) array
        All columns.
    y : (n,) array of bool
        The binary outcome.
    link : {"logit", "probit"}
        The response function.
    weights : (n,) array
        Frequency weights.
    fixed : (f,) array of int
        Columns that are always in the model.
    candidates : sequence of arrays of int
        The columns of each candidate.
    threshold : float
        On the scale of a likelihood-ratio statistic with one degree of freedom; candidates of several columns
        pass if they are as significant. Candidates that separate the outcome or add nothing are left out.

    Returns
    -------
    tuple of SelectionStep
        In the order of inclusion, and last the best one that did not pass, if any was left.

    References
    ----------
    Imbens, G. and Rubin, D. (2015). Causal Inference for Statistics, Social, and Biomedical Sciences.
    Cambridge University Press, section 13.3.
    """
    largest_p = float(chi2_sf(threshold, 1.0))
    chosen, remaining = fixed, list(range(len(candidates)))
    current = fit_binary_response(columns[:, chosen], y, link=link, weights=weights)
    steps: list[SelectionStep] = []
    while remaining:
        trials: list[tuple[float, int, float, int]] = []
        for each in remaining:
            columns_with = np.concatenate([chosen, candidates[each]])
            fit = fit_binary_response(columns[:, columns_with], y, link=link, weights=weights)
            df = fit.basis.n_regressors - current.basis.n_regressors
            if fit.converged and df > 0:
                statistic = max(0.0, 2 * (fit.log_likelihood - current.log_likelihood))
                trials.append((float(chi2_sf(statistic, float(df))), each, statistic, df))
        if not trials:
            break
        # Far in the tail p-values may all be zero: the larger statistic per column decides, then the order given.
        p_value, best, statistic, df = min(trials, key=lambda trial: (trial[0], -trial[2] / trial[3], trial[1]))
        included = p_value < largest_p
        steps.append(SelectionStep(best, statistic, df, p_value, included))
        if not included:
            break
        chosen = np.concatenate([chosen, candidates[best]])
        remaining.remove(best)
        current = fit_binary_response(columns[:, chosen], y, link=link, weights=weights)
    return tuple(steps)

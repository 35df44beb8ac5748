"""What a test for pre-trends can see, and what passing it does to the estimates after treatment (Roth 2022)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

__all__ = ["TrendPower", "trend_power"]

RANK_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrendPower:
    """Linear trends that the joint test finds with given probabilities.

    Attributes
    ----------
    slopes : (p,) array
        Difference in trends per period, for each probability.
    bias : (p, k) array
        What such a trend adds to each estimate after treatment.
    bias_if_passed : (p, k) array
        The same, on average over the samples in which the test does not reject.
    """

    slopes: FloatArray
    bias: FloatArray
    bias_if_passed: FloatArray


def trend_power(
    cov: FloatArray, distance: FloatArray, n_before: int, *, powers: FloatArray, size: float = 0.05
) -> TrendPower:
    """Find the linear trends that a Wald test of the estimates before treatment detects with given probabilities.

    Parameters
    ----------
    cov : (n_before + k, n_before + k) array
        Covariance of the estimates before treatment, then of those after.
    distance : (n_before + k,) array
        Periods since the reference period of each.
    n_before : int
        How many lie before treatment.
    powers : (p,) array
        Probabilities to reject, above ``size``.
    size : float
        Size of the test.

    Returns
    -------
    TrendPower
        Infinite slopes where no trend moves the estimates before treatment.

    Notes
    -----
    Under a trend the statistic is noncentral chi-squared. Given that it stays below its critical value, the mean of
    the estimates before treatment shrinks by the ratio of two noncentral probabilities, those with two degrees of
    freedom more and with the same; the estimates after it follow by regression on those before.

    References
    ----------
    Roth, J. (2022). Pretest with caution: event-study estimates after testing for parallel trends. American Economic
    Review: Insights 4(3), 305-322; there the test looks at each estimate alone, here at all of them jointly.
    """
    before, after = slice(0, n_before), slice(n_before, None)
    scale = np.sqrt(np.maximum(np.diagonal(cov)[before], 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(cov[before, before] / np.outer(scale, scale))
    kept = values > RANK_TOLERANCE * values[-1]
    rank = int(np.count_nonzero(kept))
    precision = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T / np.outer(scale, scale)
    critical = float(special.chdtri(rank, size))
    strength = float(distance[before] @ precision @ distance[before])
    noncentral = special.chndtrinc(critical, rank, 1.0 - powers)
    slopes = np.sqrt(noncentral / strength) if strength > 0 else np.full(powers.size, math.inf)
    shrunk = special.chndtr(critical, rank + 2, noncentral) / special.chndtr(critical, rank, noncentral)
    follows = cov[after, before] @ precision @ distance[before]
    bias = slopes[:, None] * distance[after]
    return TrendPower(slopes=slopes, bias=bias, bias_if_passed=bias + ((shrunk - 1.0) * slopes)[:, None] * follows)

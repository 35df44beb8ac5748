"""Sensitivity of matched pairs to a hidden bias of treatment assignment (Rosenbaum's Gamma)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, ndtr

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit._typing import FloatArray

# Pairs up to which tails of the signed-rank statistic are computed exactly.
_EXACT = 25

__all__ = ["gamma_reaching", "hodges_lehmann_range", "sign_test_bounds", "signed_rank_bounds"]


def signed_rank_bounds(differences: FloatArray, gamma: float) -> tuple[float, float]:
    """Bounds on the one-sided p-value of Wilcoxon's signed-rank test for a positive effect.

    Two units with the same covariates may differ in their odds of treatment by a factor of up to ``gamma``.

    Parameters
    ----------
    differences : (p,) array
        Treated minus control outcome of each pair. Pairs without a difference are left out; ties share ranks.
    gamma : float
        At least 1; at 1 both bounds are the usual p-value.

    Returns
    -------
    lower, upper : float
        Exact for up to 25 pairs, from then on by the normal approximation without continuity correction.

    References
    ----------
    Rosenbaum, P. R. (2002). Observational Studies, 2nd ed., section 4.3.3.
    """
    ranks, positive = _ranks(differences)
    statistic = float(ranks[positive].sum())
    low, high = (_upper_tail(statistic, ranks, share) for share in (1.0 / (1.0 + gamma), gamma / (1.0 + gamma)))
    return low, high


def _upper_tail(statistic: float, ranks: FloatArray, share: float) -> float:
    """Probability of a rank sum this large if each rank is positive with probability ``share``."""
    if ranks.size <= _EXACT:
        return _exact_tail(statistic, ranks, share)
    spread = float(np.sqrt(share * (1.0 - share) * np.sum(ranks**2)))
    return float(ndtr(-(statistic - share * float(ranks.sum())) / spread)) if spread > 0 else 1.0


def _exact_tail(statistic: float, ranks: FloatArray, share: float) -> float:
    """The same by adding one rank after the other to the distribution of the sum."""
    steps = np.rint(2 * ranks).astype(np.int64)  # Tied ranks are halves.
    mass = np.zeros(int(steps.sum()) + 1)
    mass[0] = 1.0
    for step in steps.tolist():
        moved = np.zeros_like(mass)
        moved[step:] = mass[: mass.size - step]
        mass = (1.0 - share) * mass + share * moved
    return min(float(mass[round(2 * statistic) :].sum()), 1.0)


def _ranks(differences: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Average ranks of the absolute differences that are not zero, and which of them are positive."""
    d = differences[differences != 0]
    _, level, count = np.unique(np.abs(d), return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[level], d > 0


def sign_test_bounds(n_positive: int, n_negative: int, gamma: float) -> tuple[float, float]:
    """Bounds on the exact one-sided p-value of the sign test (McNemar's, for binary outcomes).

    Parameters
    ----------
    n_positive, n_negative : int
        Pairs in which only the treated unit, and only the control unit, has the larger outcome.
    gamma : float
        At least 1.

    Returns
    -------
    lower, upper : float
        Binomial tails with probability 1 / (1 + gamma) and gamma / (1 + gamma).

    References
    ----------
    Rosenbaum, P. R. (2002). Observational Studies, 2nd ed., section 4.3.2.
    """
    if n_positive == 0:
        return 1.0, 1.0
    shares = (1.0 / (1.0 + gamma), gamma / (1.0 + gamma))
    low, high = (float(betainc(n_positive, n_negative + 1, share)) for share in shares)
    return low, high


def hodges_lehmann_range(differences: FloatArray, gamma: float) -> tuple[float, float]:
    """Smallest and largest Hodges-Lehmann estimate of an additive effect that the bias allows.

    The estimate is the effect that, taken off the differences, brings the signed-rank statistic to its expectation.

    Parameters
    ----------
    differences : (p,) array
        Treated minus control outcome of each pair.
    gamma : float
        At least 1; at 1 both ends are the usual estimate.

    Returns
    -------
    low, high : float

    References
    ----------
    Rosenbaum, P. R. (1993). Hodges-Lehmann point estimates of treatment effect in observational studies. Journal of the
    American Statistical Association 88(424), 1250-1253.
    """
    low, high = (_solve_shift(differences, share) for share in (gamma / (1.0 + gamma), 1.0 / (1.0 + gamma)))
    return low, high


def _solve_shift(differences: FloatArray, share: float) -> float:
    """Effect at which the share of the rank sum that is positive falls through ``share``."""

    def excess(shift: float) -> float:
        ranks, positive = _ranks(differences - shift)
        return float(ranks[positive].sum()) - share * float(ranks.sum())

    # The statistic is a falling step function: the middle between where it leaves and where it passes the target.
    ends = []
    for strict in (False, True):
        low, high = float(differences.min()), float(differences.max())
        low, high = low - (high - low) - 1e-12, high + (high - low) + 1e-12
        for _ in range(200):
            middle = 0.5 * (low + high)
            if middle in (low, high):
                break
            value = excess(middle)
            if value > 0 or (strict and value == 0):
                low = middle
            else:
                high = middle
        ends.append(0.5 * (low + high))
    return 0.5 * (ends[0] + ends[1])


def gamma_reaching(p_value: Callable[[float], float], alpha: float, *, most: float = 1e6) -> float:
    """Largest gamma at which the upper bound of the p-value is still at most ``alpha``.

    Parameters
    ----------
    p_value : callable
        Upper bound as a function of gamma, not falling.
    alpha : float
        Significance level.
    most : float
        Where the search ends.

    Returns
    -------
    float
        One if there is no significance without bias either; infinite beyond ``most``.
    """
    if p_value(1.0) > alpha:
        return 1.0
    if p_value(most) <= alpha:
        return float("inf")
    low, high = 1.0, most
    while high - low > 1e-12 * high:
        middle = float(np.sqrt(low * high))
        if middle in (low, high):
            break
        low, high = (middle, high) if p_value(middle) <= alpha else (low, middle)
    return low

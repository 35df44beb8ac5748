"""Tests of one coefficient that stay right when instruments are weak: Kleibergen's K and the conditional LR test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

from causalkit._numerics._anderson_rubin import quadratic_form
from causalkit._numerics._tails import chi2_sf

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit._typing import FloatArray

__all__ = ["WeakStatistics", "conditional_lr_p", "search_set", "weak_statistics"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(128)
_ANGLES = (_NODES + 1.0) * math.pi / 4.0
SEARCH_POINTS = 801


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakStatistics:
    """Statistics at a value of the coefficient, all chi-squared forms.

    Attributes
    ----------
    ar : float
        Anderson-Rubin, L degrees of freedom.
    k : float
        Kleibergen's score, one degree of freedom.
    rank : float
        Strength of the instruments, independent of the others under the null.
    """

    ar: float
    k: float
    rank: float

    @property
    def lr(self) -> float:
        """Quasi likelihood-ratio statistic."""
        rest = self.ar - self.rank
        return 0.5 * (rest + math.sqrt(max(rest * rest + 4.0 * self.k * self.rank, 0.0)))


def weak_statistics(first: FloatArray, second: FloatArray, cov: FloatArray, null: float) -> WeakStatistics:
    """Statistics of ``beta = null`` under any covariance of the coordinates.

    Parameters
    ----------
    first, second : (L,) arrays
        Coordinates of treatment and outcome on orthonormal instruments.
    cov : (2 L, 2 L) array
        Covariance of both.
    null : float
        The value.

    Returns
    -------
    WeakStatistics
        Equal to Moreira's under equal error variances.

    References
    ----------
    Kleibergen, F. (2005). Econometrica 73(4), 1103-1123.
    Finlay, K. and Magnusson, L. M. (2009). Stata Journal 9(3), 398-421.
    """
    size = first.size
    parts = cov.reshape(2, size, 2, size)
    gap = second - null * first
    spread = parts[1, :, 1] - null * (parts[1, :, 0] + parts[0, :, 1]) + null**2 * parts[0, :, 0]
    with_gap = parts[0, :, 1] - null * parts[0, :, 0]
    shrink = np.linalg.solve(spread, np.column_stack([gap, with_gap.T]))
    free = first - with_gap @ shrink[:, 0]
    free_cov = parts[0, :, 0] - with_gap @ shrink[:, 1:]
    direction = np.linalg.solve(spread, free)
    norm = float(free @ direction)
    return WeakStatistics(
        ar=float(gap @ shrink[:, 0]),
        k=float(direction @ gap) ** 2 / norm if norm > 0 else 0.0,
        rank=quadratic_form(free_cov, free),
    )


def conditional_lr_p(statistic: float, rank: float, n_instruments: int) -> float:
    """Probability that the likelihood-ratio statistic exceeds a value, given the strength statistic.

    Parameters
    ----------
    statistic : float
        The statistic.
    rank : float
        Strength of the instruments.
    n_instruments : int
        L.

    Returns
    -------
    float
        Between the tails of chi-squared with one (strong) and with L degrees of freedom (irrelevant instruments).

    References
    ----------
    Andrews, D. W. K., Moreira, M. J. and Stock, J. H. (2007). Journal of Econometrics 139(1), 116-132, equation 2.9.

    Examples
    --------
    >>> round(conditional_lr_p(3.841459, 1e9, 5), 6), round(conditional_lr_p(3.841459, 0.0, 1), 6)
    (0.05, 0.05)
    """
    if statistic <= 0:
        return 1.0
    if n_instruments == 1:
        return float(chi2_sf(statistic, 1))
    at = (rank + statistic) / (1.0 + rank * np.sin(_ANGLES) ** 2 / statistic)
    inner = special.chdtrc(n_instruments, at) * np.cos(_ANGLES) ** (n_instruments - 2)
    # The density of the angle, normalised; integrating the upper tail keeps small p-values right.
    constant = 2.0 * float(special.poch((n_instruments - 1) / 2.0, 0.5)) / math.sqrt(math.pi)
    return float(min(constant * math.pi / 4.0 * (_WEIGHTS @ inner), 1.0))


def search_set(
    p_value: Callable[[float], float],
    *,
    center: float,
    unit: float,
    size: float,
    n_points: int = SEARCH_POINTS,
    tolerance: float = 1e-13,
) -> list[tuple[float, float]]:
    """Values whose p-value is at least ``size``, found on points that crowd around a centre and reach to infinity.

    Parameters
    ----------
    p_value : callable
        A continuous function.
    center, unit : float
        Where the points crowd, and on what scale.
    size : float
        Size of the test.
    n_points : int
        Number of points.
    tolerance : float
        To which ends are polished, in units of ``unit``.

    Returns
    -------
    list of (low, high)
        Disjoint intervals with polished ends. A piece narrower than the points are apart can be missed.
    """
    angles = np.linspace(-math.pi / 2, math.pi / 2, n_points + 2)[1:-1]
    points = np.tan(angles)

    def surprise(t: float) -> float:
        return -p_value(center + unit * t)

    values = np.array([surprise(float(t)) for t in points]) + size
    change = np.flatnonzero((values[:-1] <= 0) != (values[1:] <= 0))
    if change.size == 0:
        return [(-math.inf, math.inf)] if values[0] <= 0 else []
    brackets = [(float(points[j]), float(points[j + 1])) for j in change]
    pieces = _between(surprise, brackets, -size, tolerance=tolerance)
    return [(center + unit * low, center + unit * high) for low, high in pieces]


def _between(
    statistic: Callable[[float], float], brackets: list[tuple[float, float]], critical: float, *, tolerance: float
) -> list[tuple[float, float]]:
    """Where a function is at most ``critical``, given brackets of its crossings."""
    crossings = [
        float(optimize.brentq(lambda t: statistic(t) - critical, low, high, xtol=tolerance, rtol=max(tolerance, 1e-14)))
        for low, high in brackets
    ]
    inside = statistic(brackets[0][0]) <= critical
    ends = ([-math.inf] if inside else []) + crossings
    if len(ends) % 2:
        ends.append(math.inf)
    return list(zip(ends[::2], ends[1::2], strict=True))

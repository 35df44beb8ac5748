"""Tail probabilities and quantiles of the normal, t, chi-squared and F distributions.

Upper tails are computed as such, never as one minus a distribution function, so that they stay right at
``|z| = 30`` and beyond. ``df=inf`` means normal for t, and chi-squared over its degrees of freedom for F.
All functions broadcast, and a NaN statistic gives a NaN probability.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias, overload

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

    Numbers: TypeAlias = float | FloatArray

__all__ = ["chi2_quantile", "chi2_sf", "critical_value", "f_sf", "normal_quantile", "two_sided_p"]


@overload
def two_sided_p(statistic: float, df: float = ...) -> float: ...
@overload
def two_sided_p(statistic: FloatArray, df: Numbers = ...) -> FloatArray: ...
@overload
def two_sided_p(statistic: Numbers, df: FloatArray) -> FloatArray: ...
def two_sided_p(statistic: Numbers, df: Numbers = math.inf) -> Numbers:
    """Probability that a t variable is at least as far from zero as the statistic.

    Parameters
    ----------
    statistic : float or array
        Estimate over standard error.
    df : float or array
        Degrees of freedom; infinite means normal. NaN or a value that is not positive gives NaN.

    Returns
    -------
    float or array
        Two-sided p-value.

    Examples
    --------
    >>> round(two_sided_p(1.959963984540054), 12)
    0.05
    >>> two_sided_p(30.0) < 1e-196
    True
    """
    distance = -np.abs(statistic)
    # stdtr changes its expansion for large df and loses digits at infinity itself: ask the normal there.
    p = 2.0 * np.where(np.isinf(df), special.ndtr(distance), special.stdtr(df, distance))
    return _like(p)


@overload
def critical_value(level: float, df: float = ...) -> float: ...
@overload
def critical_value(level: float, df: FloatArray) -> FloatArray: ...
def critical_value(level: float, df: Numbers = math.inf) -> Numbers:
    """Half-width, in standard errors, of the symmetric interval with coverage ``level``.

    Parameters
    ----------
    level : float
        Coverage, in (0, 1).
    df : float or array
        Degrees of freedom; infinite means normal.

    Returns
    -------
    float or array
        The ``(1 + level) / 2`` quantile.

    Examples
    --------
    >>> round(critical_value(0.95), 6), round(critical_value(0.95, df=10), 6)
    (1.959964, 2.228139)
    """
    below = (1.0 - level) / 2.0
    return _like(-np.where(np.isinf(df), special.ndtri(below), special.stdtrit(df, below)))


def normal_quantile(probability: float) -> float:
    """Value that a standard normal variable stays below with the given probability."""
    return float(special.ndtri(probability))


def chi2_quantile(probability: float, df: float) -> float:
    """Value that a chi-squared variable stays below with the given probability."""
    return float(special.chdtri(df, 1.0 - probability))


@overload
def chi2_sf(statistic: float, df: float) -> float: ...
@overload
def chi2_sf(statistic: FloatArray, df: Numbers) -> FloatArray: ...
def chi2_sf(statistic: Numbers, df: Numbers) -> Numbers:
    """Probability that a chi-squared variable exceeds the statistic.

    Parameters
    ----------
    statistic : float or array
        Wald, score or likelihood-ratio statistic; below zero (rounding) counts as zero.
    df : float or array
        Degrees of freedom. Zero restrictions are never rejected: the answer is 1.

    Returns
    -------
    float or array
        p-value.

    Examples
    --------
    >>> round(chi2_sf(3.841458820694124, 1), 12)
    0.05
    """
    above_zero = np.maximum(statistic, 0.0)
    p = np.where(np.equal(df, 0), 1.0, special.chdtrc(df, above_zero))
    return _like(np.where(np.isnan(statistic), np.nan, p))


@overload
def f_sf(statistic: float, df_num: float, df_den: float) -> float: ...
@overload
def f_sf(statistic: FloatArray, df_num: Numbers, df_den: Numbers) -> FloatArray: ...
def f_sf(statistic: Numbers, df_num: Numbers, df_den: Numbers) -> Numbers:
    """Probability that an F variable exceeds the statistic.

    Parameters
    ----------
    statistic : float or array
        Wald statistic over the number of restrictions.
    df_num : float or array
        Number of restrictions. Zero restrictions are never rejected: the answer is 1.
    df_den : float or array
        Degrees of freedom of the variance; infinite means chi-squared over ``df_num``.

    Returns
    -------
    float or array
        p-value.

    Examples
    --------
    >>> round(f_sf(4.0, 2, 30), 9), round(f_sf(4.0, 2, float("inf")), 9)
    (0.028844623, 0.018315639)
    """
    above_zero = np.maximum(statistic, 0.0)
    p = np.where(
        np.isinf(df_den),
        special.chdtrc(df_num, np.multiply(df_num, above_zero)),
        special.fdtrc(df_num, df_den, above_zero),
    )
    p = np.where(np.equal(df_num, 0), 1.0, p)
    return _like(np.where(np.isnan(statistic), np.nan, p))


def _like(values: FloatArray) -> Numbers:
    """Return a float for a scalar question, an array for an array."""
    return float(values) if values.ndim == 0 else values

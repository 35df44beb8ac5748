"""How alike two weighted groups are, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "ColumnBalance",
    "Denominator",
    "balance_scale",
    "column_balance",
    "effective_sample_size",
    "weighted_ecdf",
]

Denominator = Literal["treated", "control", "pooled"]


@dataclass(frozen=True, slots=True, eq=False)
class ColumnBalance:
    """Balance of each column under one set of weights.

    Attributes
    ----------
    mean_treated, mean_control : (m,) array
        Weighted means.
    variance_ratio : (m,) array
        Weighted variance of the treated over that of the controls; NaN for columns with two values, whose
        variance says nothing that the mean does not, and where a variance is zero.
    ecdf_mean, ecdf_max : (m,) array
        Mean and largest absolute difference of the two weighted distribution functions over the distinct
        values; the largest is the Kolmogorov-Smirnov statistic. For a column with two values both are the
        absolute difference of the shares.
    """

    mean_treated: FloatArray
    mean_control: FloatArray
    variance_ratio: FloatArray
    ecdf_mean: FloatArray
    ecdf_max: FloatArray


def column_balance(x: FloatArray, treated: BoolArray, weightings: tuple[FloatArray, ...]) -> tuple[ColumnBalance, ...]:
    """Compare the two arms, column by column, under each of several sets of weights.

    Parameters
    ----------
    x : (n, m) array
        Columns.
    treated : (n,) array of bool
        Treatment indicator.
    weightings : tuple of (n,) arrays
        Weights, not negative, positive somewhere in both arms. Each column is sorted once for all of them.

    Returns
    -------
    tuple of ColumnBalance
        One per set of weights.

    References
    ----------
    Austin, P. and Stuart, E. (2015). Moving towards best practice when using inverse probability of treatment
    weighting. Statistics in Medicine 34(28), 3661-3679, sections 3 and 4.
    """
    m = x.shape[1]
    # One row per weighting and statistic: means of both arms, variance ratio, mean and largest gap.
    table = np.full((len(weightings), 5, m), np.nan)
    shares = [_signed_shares(treated, weights) for weights in weightings]
    for j in range(m):
        column = np.ascontiguousarray(x[:, j])
        arms = column[treated], column[~treated]
        low, high = column.min(), column.max()
        two_valued = bool(((column == low) | (column == high)).all())
        order = None if two_valued else np.argsort(column)
        ends = None if order is None else _last_of_ties(column[order])
        for row, signed in enumerate(shares):
            (mean1, var1), (mean0, var0) = (
                _moments(values, share)
                for values, share in zip(arms, (signed[treated], -signed[~treated]), strict=True)
            )
            table[row, :2, j] = mean1, mean0
            if order is None or ends is None:
                gap = abs(mean1 - mean0) / (high - low) if high > low else 0.0
                table[row, 3:, j] = gap
                continue
            if var0 > 0 and var1 > 0:
                table[row, 2, j] = var1 / var0
            gaps = np.abs(np.cumsum(signed[order])[ends])
            table[row, 3:, j] = gaps.mean(), gaps.max()
    return tuple(ColumnBalance(*statistics) for statistics in table)


def balance_scale(x: FloatArray, treated: BoolArray, base: FloatArray, denominator: Denominator) -> FloatArray:
    """Standard deviations that make mean differences comparable across columns.

    Parameters
    ----------
    x : (n, m) array
        Columns.
    treated : (n,) array of bool
        Treatment indicator.
    base : (n,) array
        Sampling weights. The balancing weights play no role, so that before and after share one scale.
    denominator : {"treated", "control", "pooled"}
        Whose standard deviation; pooled is the root of the mean of the two variances.

    Returns
    -------
    (m,) array
        Standard deviations; for columns of zeros and ones the root of p(1 - p). NaN where it is zero.

    References
    ----------
    Stuart, E. (2010). Matching methods for causal inference: a review and a look forward. Statistical
    Science 25(1), 1-21, section 4.1.
    """
    arms = {"treated": (treated,), "control": (~treated,), "pooled": (treated, ~treated)}[denominator]
    variances = np.zeros(x.shape[1])
    for arm in arms:
        share = base[arm] / base[arm].sum()
        for j in range(x.shape[1]):
            column = x[arm, j]
            mean, var = _moments(column, share)
            indicator = bool(((column == 0) | (column == 1)).all())
            variances[j] += mean * (1 - mean) if indicator else var
    scale = np.sqrt(variances / len(arms))
    scale[~(scale > 0)] = np.nan
    return scale


def effective_sample_size(weights: FloatArray) -> float:
    """Kish's number of equally weighted rows that are as informative: squared sum over sum of squares.

    Parameters
    ----------
    weights : (n,) array
        Weights of one arm, not negative.

    Returns
    -------
    float
        At most the number of positive weights; zero when there is none.
    """
    largest = float(weights.max(initial=0.0))
    if largest <= 0:
        return 0.0
    scaled = weights / largest
    return float(np.square(scaled.sum()) / np.square(scaled).sum())


def weighted_ecdf(values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted empirical distribution function.

    Parameters
    ----------
    values : (n,) array
        Values.
    weights : (n,) array
        Weights, not negative, positive somewhere.

    Returns
    -------
    (d,) array
        The distinct values of positive weight, ascending.
    (d,) array
        The share of weight at or below each.
    """
    used = weights > 0
    order = np.argsort(values[used], kind="stable")
    ordered, cumulative = values[used][order], np.cumsum(weights[used][order])
    ends = _last_of_ties(ordered)
    return ordered[ends], cumulative[ends] / cumulative[-1]


def _signed_shares(treated: BoolArray, weights: FloatArray) -> FloatArray:
    """Weights as shares of their arm, negative for controls."""
    return np.where(treated, weights / (weights @ treated), -weights / (weights @ ~treated))


def _moments(values: FloatArray, share: FloatArray) -> tuple[float, float]:
    """Weighted mean and unbiased weighted variance, for weights that sum to one."""
    reference = float(values[0])
    deviation = values - reference
    shift = float(share @ deviation)
    deviation -= shift
    spread = float(share @ np.square(deviation))
    concentration = float(share @ share)
    return reference + shift, spread / (1 - concentration) if concentration < 1 else float("nan")


def _last_of_ties(ordered: FloatArray) -> IntArray:
    """Positions of the last of each run of equal values."""
    return np.flatnonzero(np.append(ordered[1:] != ordered[:-1], [True]))

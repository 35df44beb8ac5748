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

# So many rows show at once that most columns have more than two values.
_FIRST = 100


@dataclass(frozen=True, slots=True, eq=False)
class ColumnBalance:
    """Balance of each column under one set of weights.

    Attributes
    ----------
    mean_treated, mean_control : (m,) array
        Weighted means.
    var_treated, var_control : (m,) array
        Unbiased weighted variances; for columns of zeros and ones p(1 - p).
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
    var_treated: FloatArray
    var_control: FloatArray
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
    # Per weighting: two means, two variances, variance ratio, mean and largest gap.
    table = np.full((len(weightings), 7, m), np.nan)
    signed = np.array([_signed_shares(treated, weights) for weights in weightings])
    shares = np.ascontiguousarray(signed[:, treated]), -signed[:, ~treated]
    for j in range(m):
        column = np.ascontiguousarray(x[:, j])
        (mean1, var1), (mean0, var0) = (
            _moments(column[arm], share) for arm, share in zip((treated, ~treated), shares, strict=True)
        )
        values = _two_values(column)
        if values == (0.0, 1.0):
            var1, var0 = mean1 * (1 - mean1), mean0 * (1 - mean0)
        table[:, :4, j] = np.column_stack([mean1, mean0, var1, var0])
        if values is not None:
            low, high = values
            table[:, 5:, j] = (np.abs(mean1 - mean0) / (high - low) if high > low else 0 * mean1)[:, None]
            continue
        np.divide(var1, var0, out=table[:, 4, j], where=(var0 > 0) & (var1 > 0))
        order = np.argsort(column)
        ends = _last_of_ties(column[order])
        for row, each in enumerate(signed):
            gaps = np.abs(np.cumsum(each[order])[ends])
            table[row, 5:, j] = gaps.mean(), gaps.max()
    return tuple(ColumnBalance(*statistics) for statistics in table)


def balance_scale(before: ColumnBalance, denominator: Denominator) -> FloatArray:
    """Standard deviations that make mean differences comparable across columns.

    Parameters
    ----------
    before : ColumnBalance
        Balance under the sampling weights. Those of matching play no role, so that before and after share one scale.
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
    variance = {
        "treated": before.var_treated,
        "control": before.var_control,
        "pooled": (before.var_treated + before.var_control) / 2,
    }[denominator]
    scale: FloatArray = np.sqrt(variance)
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


def _moments(values: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted means and unbiased weighted variances under each row of ``shares``, which sum to one."""
    reference = float(values[0]) + float(np.mean(values - values[0]))
    deviation = values - reference
    shift = shares @ deviation
    spread = np.maximum(shares @ np.square(deviation) - np.square(shift), 0.0)
    concentration = np.einsum("wi,wi->w", shares, shares)
    variance = np.full(shift.shape, np.nan)
    np.divide(spread, 1 - concentration, out=variance, where=concentration < 1)
    return reference + shift, variance


def _two_values(column: FloatArray) -> tuple[float, float] | None:
    """The two values of a column (the same one twice if it is constant); None if it has more."""
    if np.unique(column[:_FIRST]).size > 2:
        return None
    low, high = float(column.min()), float(column.max())
    return (low, high) if ((column == low) | (column == high)).all() else None


def _last_of_ties(ordered: FloatArray) -> IntArray:
    """Positions of the last of each run of equal values."""
    return np.flatnonzero(np.append(ordered[1:] != ordered[:-1], [True]))

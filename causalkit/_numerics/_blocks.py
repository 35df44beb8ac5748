"""Blocks of the propensity score: cut points, membership, weights, and splitting until the score balances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._tails import two_sided_p

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "BlockTests",
    "assign_blocks",
    "block_tests",
    "block_weights",
    "quantile_edges",
    "split_blocks",
]


@dataclass(frozen=True, slots=True, eq=False)
class BlockTests:
    """Two-sample comparisons of columns inside blocks.

    Attributes
    ----------
    n_treated, n_control : (b,) array
        Sizes (sums of weights).
    mean_treated, mean_control : (b, m) array
        Means; NaN for an empty arm.
    statistic : (b, m) array
        Two-sample t statistics with pooled variance; NaN where an arm has fewer than two rows or nothing varies.
    p_value : (b, m) array
        Two-sided; NaN where the statistic is.
    """

    n_treated: FloatArray
    n_control: FloatArray
    mean_treated: FloatArray
    mean_control: FloatArray
    statistic: FloatArray
    p_value: FloatArray


def quantile_edges(score: FloatArray, n_blocks: int) -> FloatArray:
    """Inner cut points at equally spaced quantiles (linear interpolation).

    Parameters
    ----------
    score : (n,) array
        The values whose distribution sets the cut points: the treated for the ATT, all for the ATE.
    n_blocks : int
        Number of blocks.

    Returns
    -------
    (n_blocks - 1,) array
        Cut points, ascending; ties in the score can make some equal.
    """
    return np.quantile(score, np.arange(1, n_blocks) / n_blocks)


def assign_blocks(score: FloatArray, edges: FloatArray) -> IntArray:
    """Block of each value: intervals closed on the left, the first and the last unbounded.

    Parameters
    ----------
    score : (n,) array
        Values.
    edges : (b - 1,) array
        Inner cut points, ascending.

    Returns
    -------
    (n,) array of int
        Codes from 0 to b - 1.
    """
    return np.searchsorted(edges, score, side="right").astype(np.int64)


def block_weights(
    blocks: IntArray, treated: BoolArray, base: FloatArray, target: Literal["ATE", "ATT", "ATC"]
) -> FloatArray:
    """Weights that give both arms the target population's distribution over blocks.

    Parameters
    ----------
    blocks : (n,) array of int
        Codes from zero; negative for rows in no block.
    treated : (n,) array of bool
        Treatment indicator.
    base : (n,) array
        Sampling weights.
    target : {"ATE", "ATT", "ATC"}
        ATT: one for the treated, treated over controls of the block for the controls; ATC the other way round;
        ATE: all over own arm. Times the sampling weight.

    Returns
    -------
    (n,) array
        Weights; zero in blocks where either arm is missing. Each arm sums to the size of the target population
        in the blocks that are left.
    """
    inside = blocks >= 0
    codes = blocks[inside]
    n_blocks = int(codes.max(initial=-1)) + 1
    size1 = np.bincount(codes, weights=(base * treated)[inside], minlength=n_blocks)
    size0 = np.bincount(codes, weights=(base * ~treated)[inside], minlength=n_blocks)
    both = (size1 > 0) & (size0 > 0)
    goal = {"ATE": size1 + size0, "ATT": size1, "ATC": size0}[target]
    factor1, factor0 = np.zeros(n_blocks), np.zeros(n_blocks)
    np.divide(goal, size1, out=factor1, where=both)
    np.divide(goal, size0, out=factor0, where=both)
    weights = np.zeros(blocks.size)
    weights[inside] = np.where(treated[inside], factor1[codes], factor0[codes]) * base[inside]
    return weights


def block_tests(
    columns: FloatArray, treated: BoolArray, base: FloatArray, blocks: IntArray, n_blocks: int
) -> BlockTests:
    """Test in every block whether each column has the same mean in both arms.

    Parameters
    ----------
    columns : (n, m) array
        The score, or covariates.
    treated : (n,) array of bool
        Treatment indicator.
    base : (n,) array
        Frequency weights: a weight of two counts as the row twice.
    blocks : (n,) array of int
        Codes from 0 to ``n_blocks - 1``; negative for rows in no block.
    n_blocks : int
        Number of blocks.

    Returns
    -------
    BlockTests
        Student's two-sample t tests, one per block and column.
    """
    inside = blocks >= 0
    group = 2 * blocks[inside] + treated[inside]
    w, m = base[inside], columns.shape[1]
    size: FloatArray = np.bincount(group, weights=w, minlength=2 * n_blocks).astype(np.float64)
    center = (w @ columns[inside]) / max(float(w.sum()), np.finfo(np.float64).tiny)
    mean, squares = np.full((2 * n_blocks, m), np.nan), np.zeros((2 * n_blocks, m))
    for j in range(m):
        # Centred, so that a large constant in the column costs no digits.
        column = columns[inside, j] - center[j]
        totals = np.bincount(group, weights=w * column, minlength=2 * n_blocks)
        np.divide(totals, size, out=mean[:, j], where=size > 0)
        squares[:, j] = np.bincount(group, weights=w * np.square(column - mean[group, j]), minlength=2 * n_blocks)
    n0, n1 = size[0::2], size[1::2]
    df = n0 + n1 - 2
    statistic = np.full((n_blocks, m), np.nan)
    testable = (n0 > 1) & (n1 > 1)
    pooled = (squares[0::2] + squares[1::2])[testable] / df[testable, None]
    error = np.sqrt(pooled * (1 / n0[testable] + 1 / n1[testable])[:, None])
    # A column that varies by rounding alone does not vary.
    varies = pooled > np.square(1e-13 * np.abs(columns[inside]).max(axis=0, initial=0.0))
    ratio = np.full(error.shape, np.nan)
    np.divide((mean[1::2] - mean[0::2])[testable], error, out=ratio, where=varies)
    statistic[testable] = ratio
    return BlockTests(n1, n0, center + mean[1::2], center + mean[0::2], statistic, two_sided_p(statistic, df[:, None]))


def split_blocks(
    score: FloatArray,
    treated: BoolArray,
    base: FloatArray,
    *,
    edges: FloatArray,
    alpha: float,
    min_width: float,
) -> FloatArray:
    """Halve blocks of the score until in none the mean score differs between the arms.

    Parameters
    ----------
    score : (n,) array
        Propensity scores of the rows inside the common support.
    treated : (n,) array of bool
        Treatment indicator.
    base : (n,) array
        Frequency weights.
    edges : (b + 1,) array
        Starting boundaries, the outer ones included.
    alpha : float
        A block is halved while the two-sample t test (pooled variance) of its score has a p-value below this.
    min_width : float
        Blocks are not halved below this width. A block in which an arm has fewer than two rows is not tested
        and stays.

    Returns
    -------
    (b' + 1,) array
        Final boundaries.

    References
    ----------
    Dehejia, R. and Wahba, S. (2002). Propensity score-matching methods for nonexperimental causal studies.
    Review of Economics and Statistics 84(1), 151-161, appendix.
    Becker, S. and Ichino, A. (2002). Estimation of average treatment effects based on propensity scores.
    Stata Journal 2(4), 358-377, section 3.
    """
    current = np.asarray(edges, dtype=np.float64)
    column = score[:, None]
    while True:
        blocks = assign_blocks(score, current[1:-1])
        tests = block_tests(column, treated, base, blocks, current.size - 1)
        width = np.diff(current)
        halve = (tests.p_value[:, 0] < alpha) & (width >= 2 * min_width)
        if not halve.any():
            return current
        middle = (current[:-1] + width / 2)[halve]
        current = np.sort(np.concatenate([current, middle]))

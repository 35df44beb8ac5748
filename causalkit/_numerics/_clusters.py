"""Cluster-robust covariances from sums of scores within clusters: CR0 and CR1, one-way and two-way.

The kernels take scores or influence functions of any estimator. Cluster sums are one ``bincount`` per
column, so the cost does not depend on the number of clusters.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._moments import rows_per_block
from causalkit._numerics._sandwich import Covariance, sandwich

if TYPE_CHECKING:
    from collections.abc import Iterable

    from causalkit._numerics._linear import LinearFit
    from causalkit._typing import FloatArray, IntArray

__all__ = [
    "SmallSample",
    "cluster_factor",
    "cluster_robust",
    "cluster_sums",
    "count_clusters",
    "meat_cluster",
    "meat_two_way",
    "nearest_psd",
    "pair_codes",
    "score_sums",
    "sum_blocks",
    "two_way",
]

SmallSample = Literal["none", "clusters", "parameters", "full"]


def cluster_sums(values: FloatArray, codes: IntArray, n_clusters: int) -> FloatArray:
    """Sum the rows of each cluster.

    Parameters
    ----------
    values : (n,) or (n, p) array
        Scores or any other numbers.
    codes : (n,) array of int
        Cluster of each row, from 0 to ``n_clusters - 1``.
    n_clusters : int
        Number of codes.

    Returns
    -------
    (n_clusters,) or (n_clusters, p) array
        Sums; zero for a code without rows.

    Examples
    --------
    >>> import numpy as np
    >>> cluster_sums(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 0]), 2)
    array([5., 2.])
    """
    if values.ndim == 1:
        return np.bincount(codes, weights=values, minlength=n_clusters).astype(np.float64, copy=False)
    out = np.empty((n_clusters, values.shape[1]), order="F")
    for j in range(values.shape[1]):
        out[:, j] = np.bincount(codes, weights=values[:, j], minlength=n_clusters)
    return out


def sum_blocks(
    blocks: Iterable[tuple[slice, FloatArray]], codes: IntArray, *, n_clusters: int, columns: int
) -> FloatArray:
    """Sum rows that arrive block by block within clusters.

    Parameters
    ----------
    blocks : iterable of (slice, (b, columns) array)
        Consecutive rows; the arrays may be overwritten once the next is asked for.
    codes : (n,) array of int
        Cluster of each row, from 0 to ``n_clusters - 1``.
    n_clusters, columns : int
        Shape of the result.

    Returns
    -------
    (n_clusters, columns) array
        Sums.
    """
    # Rows are held until there are more of them than clusters: adding partial sums then costs no more than
    # making them.
    capacity = min(max(2 * n_clusters, 4 * rows_per_block(columns)), max(codes.size, 1))
    held = np.empty((capacity, columns), order="F")
    sums = np.zeros((n_clusters, columns), order="F")
    first = last = 0
    for rows, values in blocks:
        if rows.stop - first > capacity:
            sums += cluster_sums(held[: last - first], codes[first:last], n_clusters)
            first = rows.start
        held[rows.start - first : rows.stop - first] = values
        last = rows.stop
    return sums + cluster_sums(held[: last - first], codes[first:last], n_clusters)


def score_sums(fit: LinearFit, codes: IntArray, n_clusters: int) -> FloatArray:
    """Sum the scores of a fit within clusters, in the orthonormal basis: (n_clusters, rank)."""
    return sum_blocks(fit.score_blocks(), codes, n_clusters=n_clusters, columns=fit.rank)


def count_clusters(codes: IntArray, weights: FloatArray | None = None) -> int:
    """Count the clusters that have a row of positive weight."""
    present = codes if weights is None else codes[weights > 0]
    return int(np.count_nonzero(np.bincount(present)))


def meat_cluster(scores: FloatArray, codes: IntArray) -> FloatArray:
    """Sum of the outer products of cluster sums: (n, p) scores to (p, p)."""
    sums = cluster_sums(scores, codes, int(codes.max()) + 1)
    return sums.T @ sums


def meat_two_way(scores: FloatArray, first: IntArray, second: IntArray) -> FloatArray:
    """Meat for rows dependent within either of two groupings: first plus second minus their intersection.

    Parameters
    ----------
    scores : (n, p) array
        Scores or influence functions.
    first, second : (n,) arrays of int
        Codes of the two groupings.

    Returns
    -------
    (p, p) array
        Not always positive semi-definite; see `nearest_psd`.

    References
    ----------
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2011). Journal of Business & Economic Statistics
    29(2), 238-249, equation 2.4.
    """
    both = pair_codes(first, second)
    return meat_cluster(scores, first) + meat_cluster(scores, second) - meat_cluster(scores, both)


def pair_codes(first: IntArray, second: IntArray) -> IntArray:
    """Codes of the pairs that occur, from 0 in order of first and second."""
    paired = first.astype(np.int64) * (int(second.max()) + 1) + second
    codes: IntArray = np.unique(paired, return_inverse=True)[1]
    return codes


def nearest_psd(matrix: FloatArray) -> tuple[FloatArray, bool]:
    """Set negative eigenvalues to zero, and say whether there were any.

    Eigenvalues within rounding of zero count as zero and leave the matrix untouched (Cameron, Gelbach and
    Miller 2011, section 2.3).
    """
    values, vectors = np.linalg.eigh(matrix)
    tolerance = values.size * np.finfo(np.float64).eps * np.abs(values).max(initial=0.0)
    if np.all(values >= -tolerance):
        return matrix, False
    return (vectors * np.maximum(values, 0.0)) @ vectors.T, True


def cluster_factor(small_sample: SmallSample, *, n: int, n_parameters: int, n_clusters: int) -> float:
    """Small-sample factor of CR1.

    Parameters
    ----------
    small_sample : {"none", "clusters", "parameters", "full"}
        1, ``G / (G - 1)``, ``n / (n - k)`` or ``G / (G - 1) * (n - 1) / (n - k)``. ``docs/covariances.md``
        says which program uses which.
    n, n_parameters, n_clusters : int
        Rows, parameters ``k`` and clusters ``G``.

    Returns
    -------
    float
        NaN where a denominator is not positive.

    Examples
    --------
    >>> cluster_factor("full", n=101, n_parameters=1, n_clusters=5)
    1.25
    """
    clusters = n_clusters / (n_clusters - 1) if n_clusters > 1 else math.nan
    left = n - n_parameters
    factors: dict[SmallSample, float] = {
        "none": 1.0,
        "clusters": clusters,
        "parameters": n / left if left > 0 else math.nan,
        "full": clusters * (n - 1) / left if left > 0 else math.nan,
    }
    return factors[small_sample]


def cluster_robust(
    fit: LinearFit, codes: IntArray, *, small_sample: SmallSample = "full", n_parameters: int | None = None
) -> Covariance:
    """CR0 (``small_sample="none"``) or CR1 covariance, for rows dependent within clusters.

    Parameters
    ----------
    fit : LinearFit
        With one outcome.
    codes : (n,) array of int
        Cluster of each row, from 0.
    small_sample : {"none", "clusters", "parameters", "full"}
        See `cluster_factor`.
    n_parameters : int, optional
        Parameters to count, when more were absorbed than the fit has; effects nested in clusters are
        customarily not counted.

    Returns
    -------
    Covariance
        With ``G - 1`` degrees of freedom.

    References
    ----------
    Liang, K.-Y. and Zeger, S. L. (1986). Biometrika 73(1), 13-22.
    """
    n_clusters = count_clusters(codes, fit.design.weights)
    sums = score_sums(fit, codes, int(codes.max()) + 1)
    k = fit.rank if n_parameters is None else n_parameters
    factor = cluster_factor(small_sample, n=fit.n, n_parameters=k, n_clusters=n_clusters)
    return Covariance(matrix=factor * sandwich(fit, sums.T @ sums), df=n_clusters - 1, n_clusters=(n_clusters,))


def two_way(
    fit: LinearFit,
    first: IntArray,
    second: IntArray,
    *,
    small_sample: SmallSample = "full",
    clusters_counted: Literal["min", "each"] = "min",
    n_parameters: int | None = None,
) -> Covariance:
    """CR1 covariance for rows dependent within either of two groupings.

    Negative eigenvalues are set to zero in the orthonormal basis, so that the fix, unlike one applied to the
    coefficients, does not depend on the units of the columns; ``clipped`` tells.

    Parameters
    ----------
    fit : LinearFit
        With one outcome.
    first, second : (n,) arrays of int
        Codes of the two groupings, from 0.
    small_sample : {"none", "clusters", "parameters", "full"}
        See `cluster_factor`.
    clusters_counted : {"min", "each"}
        ``G`` in the factor: that of the smaller grouping for all three terms (fixest, reghdfe, ivreg2) or
        that of each term (R sandwich, statsmodels, linearmodels).
    n_parameters : int, optional
        Parameters to count, when more were absorbed than the fit has.

    Returns
    -------
    Covariance
        With degrees of freedom one less than the number of clusters of the smaller grouping.

    References
    ----------
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2011). Journal of Business & Economic Statistics 29(2),
    238-249.
    """
    both = pair_codes(first, second)
    weights = fit.design.weights
    counts = [count_clusters(codes, weights) for codes in (first, second, both)]
    fewest = min(counts[:2])
    k = fit.rank if n_parameters is None else n_parameters
    meat = np.zeros((fit.rank, fit.rank))
    for sign, codes, count in zip((1.0, 1.0, -1.0), (first, second, both), counts, strict=True):
        sums = score_sums(fit, codes, int(codes.max()) + 1)
        counted = fewest if clusters_counted == "min" else count
        factor = cluster_factor(small_sample, n=fit.n, n_parameters=k, n_clusters=counted)
        meat += sign * factor * (sums.T @ sums)
    meat, clipped = nearest_psd(meat) if np.all(np.isfinite(meat)) else (meat, False)
    return Covariance(matrix=sandwich(fit, meat), df=fewest - 1, n_clusters=(counts[0], counts[1]), clipped=clipped)

"""What a balanced panel says of its cohorts: counts, mean paths and the scatter around them.

With treatment that depends on the cohort alone, every estimator of differences-in-differences without covariates is a
function of the cohorts' mean paths, and its cluster-robust variance one of the cross-products of what clusters add to
them. The functions here are the only ones that see units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from causalkit._numerics._codes import combine_codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._typing import FloatArray, IntArray

__all__ = ["ClusterScatter", "CohortMoments", "cohort_moments", "group_means"]

# Numbers per block of rows: the block and its copy stay in the second-level cache.
_BLOCK_NUMBERS = 1 << 16
_FIRST_UNITS = 1 << 12
_MEAN_UNITS = 1 << 14


@dataclass(frozen=True, slots=True, eq=False)
class ClusterScatter:
    """Cross-products of the clusters' totals, in independent blocks.

    A cluster's total is its weight and its weighted sum of deviations from the cohort's mean path, for every cohort.
    An influence function that is linear in these has the variance ``sum over blocks of L M L'``.

    Attributes
    ----------
    blocks : (b, p, p) array
        Cross-products. Where clusters never span cohorts there is one block per cohort with ``p = 1 + T``; otherwise
        one block with ``p = C (1 + T)``, the cohorts one after another. The weight comes first, then the periods.
    n_clusters : int
        Number of clusters.
    """

    blocks: FloatArray
    n_clusters: int

    def covariance(self, weight: FloatArray, level: FloatArray) -> FloatArray:
        """Sum over clusters of the products of influences.

        Parameters
        ----------
        weight : (q, C) array
            What a cluster's weight in each cohort adds to each estimate.
        level : (q, C, T) array
            What its sum of deviations adds, by cohort and period.

        Returns
        -------
        (q, q) array
            Covariance of the estimates.
        """
        loading = np.concatenate([weight[:, :, None], level], axis=2)
        n_blocks, p, _ = self.blocks.shape
        parts = loading.reshape(loading.shape[0], n_blocks, p).transpose(1, 0, 2)
        out: FloatArray = (parts @ self.blocks @ parts.transpose(0, 2, 1)).sum(axis=0)
        return (out + out.T) / 2


@dataclass(frozen=True, slots=True, eq=False)
class CohortMoments:
    """Counts, mean paths and scatter of the cohorts of a balanced panel.

    Each unit's path is measured from its own first period, so that what units differ in for good costs no digits and
    plays no role.

    Attributes
    ----------
    units : (C,) array of int
        Units in each cohort.
    weight : (C,) array
        Sum of their weights; the number of units if there are none.
    mean : (C, T) array
        Weighted mean path, measured from the first period: its first column is zero.
    scatter : (C, T, T) array
        Weighted cross-products of deviations from the mean path, ``sum w d d'``.
    clusters : ClusterScatter
        Cross-products of the clusters' totals; units are their own clusters unless told otherwise.
    """

    units: IntArray
    weight: FloatArray
    mean: FloatArray
    scatter: FloatArray
    clusters: ClusterScatter


def cohort_moments(
    outcome: FloatArray,
    cohort: IntArray,
    n_cohorts: int,
    *,
    weights: FloatArray | None = None,
    clusters: IntArray | None = None,
) -> CohortMoments:
    """Count, mean path and scatter of each cohort, in one pass over the panel.

    Parameters
    ----------
    outcome : (N, T) array
        Outcome of every unit in every period.
    cohort : (N,) array of int
        Cohort of each unit, from 0 to ``n_cohorts - 1``.
    n_cohorts : int
        Number of cohorts; cohorts without units are allowed.
    weights : (N,) array, optional
        Positive weights of the units.
    clusters : (N,) array of int, optional
        Cluster of each unit, coded from zero; each unit is its own when not given.

    Returns
    -------
    CohortMoments
        Moments of each cohort.

    Examples
    --------
    >>> import numpy as np
    >>> found = cohort_moments(np.array([[0.0, 1.0], [2.0, 5.0], [1.0, 1.0]]), np.array([0, 0, 1]), 2)
    >>> found.mean.tolist(), found.scatter[0].tolist()
    ([[0.0, 2.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 2.0]])
    """
    n_units, n_periods = outcome.shape
    units = np.bincount(cohort, minlength=n_cohorts).astype(np.int64)
    weight = np.asarray(np.bincount(cohort, weights, minlength=n_cohorts), dtype=np.float64)
    shift = _first_means(outcome, cohort, n_cohorts)
    sums = [_Sums.nothing(n_periods) for _ in range(n_cohorts)]
    for code, _, deviation, w in _cohort_blocks(outcome, cohort, shift, weights):
        sums[code].add(deviation, w)
    mean = shift.copy()
    scatter = np.zeros((n_cohorts, n_periods, n_periods))
    blocks = np.zeros((n_cohorts, 1 + n_periods, 1 + n_periods))
    for code in np.flatnonzero(units).tolist():
        step = sums[code].total / weight[code]
        mean[code] += step
        scatter[code] = sums[code].scatter - weight[code] * np.outer(step, step)
        blocks[code] = sums[code].around(step) if weights is not None else 0.0
        if weights is None:
            blocks[code, 0, 0], blocks[code, 1:, 1:] = units[code], scatter[code]
    found = ClusterScatter(blocks=blocks, n_clusters=n_units)
    if clusters is not None:
        found = _between_clusters(outcome, cohort, mean, weights, clusters)
    return CohortMoments(units=units, weight=weight, mean=mean, scatter=scatter, clusters=found)


@dataclass(slots=True, eq=False)
class _Sums:
    """Sums over the units of one cohort of deviations from a path near its mean.

    Attributes
    ----------
    total : (T,) array
        Weighted sum of the deviations.
    scatter : (T, T) array
        Their weighted cross-products.
    squared : (1 + T, 1 + T) array
        Cross-products of the weights and the weighted deviations.
    """

    total: FloatArray
    scatter: FloatArray
    squared: FloatArray

    @classmethod
    def nothing(cls, n_periods: int) -> _Sums:
        """Return sums over no unit."""
        return cls(np.zeros(n_periods), np.zeros((n_periods, n_periods)), np.zeros((1 + n_periods, 1 + n_periods)))

    def add(self, deviation: FloatArray, weight: FloatArray | None) -> None:
        """Add some units."""
        if weight is None:
            self.total += deviation.sum(axis=0)
            self.scatter += deviation.T @ deviation
            return
        weighted = np.column_stack([weight, deviation * weight[:, None]])
        self.total += weighted[:, 1:].sum(axis=0)
        self.scatter += weighted[:, 1:].T @ deviation
        self.squared += weighted.T @ weighted

    def around(self, step: FloatArray) -> FloatArray:
        """Return ``squared`` for deviations from a path that lies ``step`` further."""
        away = np.eye(step.size + 1)
        away[1:, 0] = -step
        return away @ self.squared @ away.T


def _cohort_blocks(
    outcome: FloatArray, cohort: IntArray, mean: FloatArray, weights: FloatArray | None
) -> Iterator[tuple[int, IntArray, FloatArray, FloatArray | None]]:
    """Walk over the units cohort by cohort, in blocks that fit the cache.

    Yields
    ------
    code : int
        The cohort.
    rows : (b,) array of int
        Its units in this block.
    deviation : (b, T) array
        Their paths from the first period, less the cohort's mean path.
    weight : (b,) array or None
        Their weights.
    """
    step = max(_BLOCK_NUMBERS // outcome.shape[1], 64)
    for code in range(mean.shape[0]):
        members = np.flatnonzero(cohort == code)
        for start in range(0, members.size, step):
            rows = members[start : start + step]
            deviation = outcome[rows]
            deviation -= deviation[:, :1].copy()
            deviation -= mean[code]
            yield code, rows, deviation, None if weights is None else weights[rows]


def group_means(outcome: FloatArray, cohort: IntArray, n_cohorts: int) -> FloatArray:
    """Mean outcome by cohort and period.

    Parameters
    ----------
    outcome : (N, T) array
        Outcome of every unit in every period.
    cohort : (N,) array of int
        Cohort of each unit.
    n_cohorts : int
        Number of cohorts.

    Returns
    -------
    (C, T) array
        NaN for a cohort without units.
    """
    units = np.bincount(cohort, minlength=n_cohorts).astype(np.float64)
    near = outcome[0, 0]
    total = np.zeros((n_cohorts, outcome.shape[1]))
    for start in range(0, len(cohort), _MEAN_UNITS):
        rows = slice(start, start + _MEAN_UNITS)
        size = cohort[rows].size
        member = sparse.csc_array(
            (np.ones(size), np.asarray(cohort[rows], dtype=np.int32), np.arange(size + 1, dtype=np.int32)),
            shape=(n_cohorts, size),
        )
        total += member @ (outcome[rows] - near)
    out = np.full_like(total, np.nan)
    np.divide(total, units[:, None], out=out, where=units[:, None] > 0)
    return np.asarray(out + near)


def _first_means(outcome: FloatArray, cohort: IntArray, n_cohorts: int) -> FloatArray:
    """Mean path of each cohort's first units: near enough to its mean for cross-products around it to keep digits."""
    out = np.zeros((n_cohorts, outcome.shape[1]))
    for code in range(n_cohorts):
        few = np.flatnonzero(cohort[:_FIRST_UNITS] == code)
        rows = few if few.size else np.flatnonzero(cohort == code)[:_FIRST_UNITS]
        if rows.size:
            out[code] = (outcome[rows] - outcome[rows, :1]).mean(axis=0)
    return out


def _between_clusters(
    outcome: FloatArray, cohort: IntArray, mean: FloatArray, weights: FloatArray | None, clusters: IntArray
) -> ClusterScatter:
    """Cross-products of the totals of clusters that hold several units."""
    n_cohorts, n_periods = mean.shape
    n_clusters = int(clusters.max()) + 1
    table, totals = _pair_totals(outcome, cohort, mean, weights, clusters, (n_clusters, n_cohorts))
    width = 1 + n_periods
    columns = table[:, 1, None] * width + np.arange(width)
    entries = sparse.csr_array(
        (totals.ravel(), (np.repeat(table[:, 0], width), columns.ravel())), shape=(n_clusters, n_cohorts * width)
    )
    return ClusterScatter(blocks=np.asarray((entries.T @ entries).todense())[None], n_clusters=n_clusters)


def _pair_totals(
    outcome: FloatArray,
    cohort: IntArray,
    mean: FloatArray,
    weights: FloatArray | None,
    clusters: IntArray,
    shape: tuple[int, int],
) -> tuple[IntArray, FloatArray]:
    """Cluster and cohort of each pair that occurs, (m, 2), and its weight and deviations, (m, 1 + T)."""
    pair, table = combine_codes([clusters, cohort], shape)
    totals = np.zeros((len(table), 1 + outcome.shape[1]))
    for _, rows, deviation, w in _cohort_blocks(outcome, cohort, mean, weights):
        values = np.column_stack([np.ones(rows.size), deviation])
        if w is not None:
            values *= w[:, None]
        found, local = np.unique(pair[rows], return_inverse=True)
        totals[found] += (
            sparse.csr_array((np.ones(rows.size), (local, np.arange(rows.size))), shape=(found.size, rows.size))
            @ values
        )
    return table, totals

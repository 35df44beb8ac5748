"""Sums by group, in one pass over the rows.

Whatever depends on the data only through counts, means and centred second moments of groups is computed
from :class:`GroupMoments`; the functions here are the only ones that see rows. Moments of fine groups
merge into those of coarser ones (:func:`merge_moments`), so that a table of counts, means and variances
made elsewhere can stand in for the rows.
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

__all__ = ["ClusterSums", "GroupMoments", "cluster_sums", "grouped_moments", "merge_moments"]

# Rows per block: the block and its temporaries stay in the second-level cache (measured: 2**14 to 2**16 are
# equally fast, 2**20 is 1.6 times slower).
_BLOCK = 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class GroupMoments:
    """Counts, means and centred second moments of one variable in each group.

    The mean is kept relative to ``origin``, so that a large constant in the data costs no digits.

    Attributes
    ----------
    rows : (g,) array of int
        Rows in each group.
    weight : (g,) array
        Sum of weights; the number of rows if there are no weights.
    origin : float
        The value from which ``mean`` is measured.
    mean : (g,) array
        Weighted mean minus ``origin``; 0 in an empty group.
    square : (g,) array
        Weighted sum of squared deviations from the group's mean.
    weight2, cross2, square2 : (g,) arrays
        Sums over rows of ``w**2``, ``w**2 * (y - mean)`` and ``w**2 * (y - mean)**2``: what the variance of a
        weighted statistic needs. Without weights they are ``rows``, 0 and ``square``.
    """

    rows: IntArray
    weight: FloatArray
    origin: float
    mean: FloatArray
    square: FloatArray
    weight2: FloatArray
    cross2: FloatArray
    square2: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ClusterSums:
    """Weight and centred sum of one variable in each cluster by group.

    Attributes
    ----------
    weight : (c, g) sparse array
        Sum of weights of cluster by group.
    centred : (c, g) sparse array
        Weighted sum of deviations from the *group's* mean, of cluster by group.
    """

    weight: sparse.csr_array
    centred: sparse.csr_array

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return int(self.weight.shape[0])


def grouped_moments(
    group: IntArray, values: FloatArray, n_groups: int, *, weights: FloatArray | None = None
) -> GroupMoments:
    """Count, mean and centred second moments of ``values`` in each group.

    The rows are read once, in blocks that fit the cache; in a block the values are measured from the running
    mean of their group, and blocks are merged by the updating formulas of Chan, Golub and LeVeque. Neither a
    large constant in the values nor groups of very different level cost digits.

    Parameters
    ----------
    group : (n,) array of int
        Group of each row, from 0 to ``n_groups - 1``.
    values : (n,) array
        The variable.
    n_groups : int
        Number of groups; groups without rows are allowed.
    weights : (n,) array, optional
        Positive weights.

    Returns
    -------
    GroupMoments
        Moments of each group.

    References
    ----------
    Chan, T. F., Golub, G. H. and LeVeque, R. J. (1983). Algorithms for computing the sample variance:
    analysis and recommendations. The American Statistician 37(3), 242-247, equation (2.1).
    """
    origin = float(np.median(values[:: max(1, len(values) // 1000)])) if len(values) else 0.0
    running = _Running(n_groups)
    for rows in _blocks(len(values), n_groups):
        cell = group[rows]
        y = values[rows] - origin
        running.add(cell, y, None if weights is None else weights[rows])
    return running.moments(origin, weighted=weights is not None)


def _blocks(n_rows: int, n_groups: int) -> Iterator[slice]:
    """Slices of rows; at least as many rows as groups, so that merging never dominates."""
    step = max(_BLOCK, 2 * n_groups)
    return (slice(start, start + step) for start in range(0, n_rows, step))


class _Running:
    """Moments of the rows seen so far."""

    def __init__(self, n_groups: int) -> None:
        self.n_groups = n_groups
        self.rows = np.zeros(n_groups, dtype=np.int64)
        self.weight = np.zeros(n_groups)
        self.mean = np.zeros(n_groups)
        self.square = np.zeros(n_groups)
        self.weight2 = np.zeros(n_groups)
        self.cross2 = np.zeros(n_groups)
        self.square2 = np.zeros(n_groups)

    def add(self, cell: IntArray, y: FloatArray, w: FloatArray | None) -> None:
        """Merge one block of rows."""
        empty = self.rows == 0
        if empty.any():
            # A group met for the first time is measured from one of its own values.
            fresh = empty[cell]
            self.mean[cell[fresh]] = y[fresh]
        rows = np.bincount(cell, minlength=self.n_groups)
        weight = rows.astype(np.float64) if w is None else np.bincount(cell, w, self.n_groups)
        deviation = y - self.mean[cell]
        shift = np.zeros(self.n_groups)
        total = np.bincount(cell, deviation if w is None else w * deviation, self.n_groups)
        np.divide(total, weight, out=shift, where=weight > 0)
        deviation -= shift[cell]
        old_weight, new_weight = self.weight, self.weight + weight
        share = np.zeros(self.n_groups)
        np.divide(weight, new_weight, out=share, where=new_weight > 0)
        step = shift * share
        if w is None:
            square = np.bincount(cell, deviation * deviation, self.n_groups)
        else:
            weighted = w * deviation
            square = np.bincount(cell, weighted * deviation, self.n_groups)
            self._add_squared_weights(cell, w, weighted, shift, step)
        self.square += square + shift * step * old_weight
        self.mean += step
        self.rows += rows
        self.weight = new_weight

    def _add_squared_weights(
        self, cell: IntArray, w: FloatArray, weighted: FloatArray, shift: FloatArray, step: FloatArray
    ) -> None:
        """Merge the sums with squared weights; the mean moves from the old one by ``step``."""
        weight2, cross2, square2 = (
            np.asarray(np.bincount(cell, each, self.n_groups), dtype=np.float64)
            for each in (w * w, w * weighted, weighted * weighted)
        )
        old = _recentred(self.weight2, self.cross2, self.square2, step)
        new = _recentred(weight2, cross2, square2, step - shift)
        self.weight2 = self.weight2 + weight2
        self.cross2 = old[0] + new[0]
        self.square2 = old[1] + new[1]

    def moments(self, origin: float, *, weighted: bool) -> GroupMoments:
        """The moments as arrays."""
        return GroupMoments(
            rows=self.rows,
            weight=self.weight,
            origin=origin,
            mean=self.mean,
            square=self.square,
            weight2=self.weight2 if weighted else self.weight,
            cross2=self.cross2,
            square2=self.square2 if weighted else self.square,
        )


def _recentred(
    weight: FloatArray, cross: FloatArray, square: FloatArray, step: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """First and second moment about a centre moved by ``step``."""
    return cross - step * weight, square - step * (2 * cross - step * weight)


def merge_moments(fine: GroupMoments, group: IntArray, n_groups: int) -> GroupMoments:
    """Moments of coarser groups from those of finer ones.

    Parameters
    ----------
    fine : GroupMoments
        Moments of ``m`` groups.
    group : (m,) array of int
        The coarse group of each fine one, from 0 to ``n_groups - 1``.
    n_groups : int
        Number of coarse groups.

    Returns
    -------
    GroupMoments
        Moments of the coarse groups, equal to those computed from the rows.
    """

    def total(x: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(group, x, n_groups), dtype=np.float64)

    rows = np.bincount(group, fine.rows, n_groups).astype(np.int64)
    weight = total(fine.weight)
    mean = np.zeros(n_groups)
    np.divide(total(fine.weight * fine.mean), weight, out=mean, where=weight > 0)
    # A second step removes the rounding of the first where groups differ much in level.
    shift = np.zeros(n_groups)
    np.divide(total(fine.weight * (fine.mean - mean[group])), weight, out=shift, where=weight > 0)
    mean += shift
    step = mean[group] - fine.mean
    cross2, square2 = _recentred(fine.weight2, fine.cross2, fine.square2, step)
    return GroupMoments(
        rows=rows,
        weight=weight,
        origin=fine.origin,
        mean=mean,
        square=total(fine.square + fine.weight * step**2),
        weight2=total(fine.weight2),
        cross2=total(cross2),
        square2=total(square2),
    )


def cluster_sums(
    cluster: IntArray,
    group: IntArray,
    values: FloatArray,
    moments: GroupMoments,
    *,
    n_clusters: int,
    weights: FloatArray | None = None,
) -> ClusterSums:
    """Weight and centred sum of each cluster in each group.

    An influence function that is linear in the outcome within groups has, summed over a cluster, the value
    ``centred @ slope + weight @ intercept``; the cluster-robust covariance needs nothing else of the rows.

    Parameters
    ----------
    cluster, group : (n,) arrays of int
        Cluster and group of each row.
    values : (n,) array
        The variable.
    moments : GroupMoments
        Moments of the groups.
    n_clusters : int
        Number of clusters.
    weights : (n,) array, optional
        Positive weights.

    Returns
    -------
    ClusterSums
        Sparse, with one entry for each cluster by group that occurs.
    """
    shape = (n_clusters, len(moments.mean))
    pair, table = combine_codes([cluster, group], shape)
    n_pairs = len(table)
    weight = np.zeros(n_pairs)
    centred = np.zeros(n_pairs)
    for rows in _blocks(len(values), n_pairs):
        cell = pair[rows]
        deviation = values[rows] - moments.origin
        deviation -= moments.mean[group[rows]]
        w = None if weights is None else weights[rows]
        weight += np.bincount(cell, w, n_pairs)
        centred += np.bincount(cell, deviation if w is None else w * deviation, n_pairs)
    where = (table[:, 0], table[:, 1])
    return ClusterSums(
        weight=sparse.csr_array((weight, where), shape=shape),
        centred=sparse.csr_array((centred, where), shape=shape),
    )

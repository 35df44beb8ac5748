"""The stratum by arm table, statistics of it, and their joint covariance.

Every statistic here is a smooth function of the cell weights ``W[s, a]`` and cell means ``m[s, a]``. A row of cell
``(s, a)`` therefore enters through the influence ``w * (d_mean / W * (y - m) + d_weight)``, and covariances follow
in closed form from the cell moments: no array has as many entries as the data have rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._numerics._grouped import ClusterSums, GroupMoments
    from causalkit._typing import BoolArray, FloatArray, IntArray

CovType = Literal["HC0", "HC2"]

__all__ = ["Cells", "CovType", "Statistic", "covariance", "influence"]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Moments of the outcome by stratum (rows) and arm (columns: control, treated).

    Attributes
    ----------
    rows : (s, 2) array of int
        Rows.
    weight, mean, square : (s, 2) arrays
        Sum of weights, mean minus ``origin``, weighted sum of squared deviations.
    weight2, cross2, square2 : (s, 2) arrays
        The same with squared weights, for variances.
    origin : float
        The value from which ``mean`` is measured.
    clusters : ClusterSums, optional
        Cluster by cell sums; cells are numbered ``2 * stratum + arm``.
    """

    rows: IntArray
    weight: FloatArray
    mean: FloatArray
    square: FloatArray
    weight2: FloatArray
    cross2: FloatArray
    square2: FloatArray
    origin: float
    clusters: ClusterSums | None = None

    @classmethod
    def of(cls, moments: GroupMoments, clusters: ClusterSums | None = None) -> Cells:
        """Arrange the moments of groups ``2 * stratum + arm`` as a table."""
        return cls(
            rows=moments.rows.reshape(-1, 2),
            weight=moments.weight.reshape(-1, 2),
            mean=moments.mean.reshape(-1, 2),
            square=moments.square.reshape(-1, 2),
            weight2=moments.weight2.reshape(-1, 2),
            cross2=moments.cross2.reshape(-1, 2),
            square2=moments.square2.reshape(-1, 2),
            origin=moments.origin,
            clusters=clusters,
        )

    @property
    def n_strata(self) -> int:
        """Number of strata."""
        return len(self.rows)

    @property
    def comparable(self) -> BoolArray:
        """Which strata have rows in both arms, shape (s,)."""
        return np.asarray((self.rows > 0).all(axis=1))

    @property
    def rounding(self) -> float:
        """A difference of means no larger than this is zero but for rounding."""
        largest = float(np.abs(self.mean).max(initial=0.0))
        return 16 * np.finfo(np.float64).eps * (largest + abs(self.origin))

    def variance_of_means(self, cov_type: CovType = "HC0") -> FloatArray:
        """Variance of each cell mean, shape (s, 2); NaN in empty cells."""
        out = np.full(self.weight.shape, np.nan)
        np.divide(self.square2 * self.inflation(cov_type), self.weight**2, out=out, where=self.rows > 0)
        return out

    def inflation(self, cov_type: CovType) -> FloatArray:
        """Small-sample factor of the squared deviations: 1 (HC0), or n / (n - 1) of the cell (HC2)."""
        factor = np.ones(self.weight.shape)
        if cov_type == "HC2":
            np.divide(self.rows, self.rows - 1.0, out=factor, where=self.rows > 1)
        return factor


@dataclass(frozen=True, slots=True, eq=False)
class Statistic:
    """A number computed from the cells, with its derivatives.

    Attributes
    ----------
    value : float
        The number. Where it is a mean, it is measured from the origin of the cells.
    d_mean : (s, 2) array
        Derivative in each cell mean.
    d_weight : (s, 2) array
        Derivative in each cell weight.
    """

    value: float
    d_mean: FloatArray
    d_weight: FloatArray

    def __add__(self, other: Statistic) -> Statistic:
        return Statistic(self.value + other.value, self.d_mean + other.d_mean, self.d_weight + other.d_weight)

    def __sub__(self, other: Statistic) -> Statistic:
        return Statistic(self.value - other.value, self.d_mean - other.d_mean, self.d_weight - other.d_weight)

    def __rmul__(self, factor: float) -> Statistic:
        return Statistic(factor * self.value, factor * self.d_mean, factor * self.d_weight)

    def through(self, value: float, slope: float) -> Statistic:
        """Apply a function that has this value and slope at the statistic."""
        return Statistic(value, slope * self.d_mean, slope * self.d_weight)


def influence(statistics: Sequence[Statistic], cells: Cells) -> tuple[FloatArray, FloatArray]:
    """Slope and intercept of the influence of a row, by statistic and cell.

    Returns
    -------
    slope, intercept : (k, 2 s) arrays
        A row with weight ``w`` in cell ``c`` has influence ``w * (slope[:, c] * (y - m[c]) + intercept[:, c])``;
        the variance of a statistic is the sum of its squares over rows (or clusters).
    """
    weight = cells.weight.ravel()
    slope = np.stack([s.d_mean.ravel() for s in statistics])
    slope = np.divide(slope, weight, out=np.zeros_like(slope), where=weight > 0)
    return slope, np.stack([s.d_weight.ravel() for s in statistics])


def covariance(statistics: Sequence[Statistic], cells: Cells, cov_type: CovType = "HC0") -> FloatArray:
    """Joint covariance of statistics of the same cells, from their influence functions.

    Parameters
    ----------
    statistics : sequence of Statistic
        The statistics.
    cells : Cells
        The cells they were computed from.
    cov_type : {"HC0", "HC2"}
        ``"HC0"`` divides second moments by n, ``"HC2"`` the ones about the cell means by n - 1. With clusters:
        the plain sum over clusters, or that times G / (G - 1).

    Returns
    -------
    (k, k) array
        The covariance.
    """
    slope, intercept = influence(statistics, cells)
    if cells.clusters is not None:
        total = (cells.clusters.centred @ slope.T) + (cells.clusters.weight @ intercept.T)
        return np.asarray(total.T @ total) * cluster_factor(cells.clusters.n_clusters, cov_type)
    square2 = (cells.square2 * cells.inflation(cov_type)).ravel()
    mixed = (slope * cells.cross2.ravel()) @ intercept.T
    spread = (slope * square2) @ slope.T + (intercept * cells.weight2.ravel()) @ intercept.T
    return np.asarray(spread + mixed + mixed.T)


def cluster_factor(n_clusters: int, cov_type: CovType) -> float:
    """Small-sample factor with clusters: 1, or G / (G - 1)."""
    if cov_type == "HC0" or n_clusters < 2:
        return 1.0
    return n_clusters / (n_clusters - 1)

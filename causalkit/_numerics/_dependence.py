"""Covariance of a sum of scores whose rows are independent, clustered in one or two ways, or a time series.

A `Dependence` says which rows move together. Its accumulators take scores block by block, so that no array with
a row per observation is held unless the dependence is serial.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from causalkit._numerics._clusters import cluster_factor, cluster_sums, nearest_psd, pair_codes
from causalkit._numerics._moments import rows_per_block

if TYPE_CHECKING:
    from causalkit._numerics._clusters import SmallSample
    from causalkit._typing import FloatArray, IntArray

__all__ = ["CovType", "Dependence", "Meat"]

CovType: TypeAlias = Literal["iid0", "iid", "HC0", "HC1", "CR0", "CR1", "CRG", "HAC0", "HAC1"]
# The convention's factor on the sum of outer products.
_FACTORS: dict[str, SmallSample] = {
    "HC0": "none",
    "HC1": "parameters",
    "CR0": "none",
    "CR1": "full",
    "CRG": "clusters",
    "HAC0": "none",
    "HAC1": "parameters",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dependence:
    """Which rows move together, and the small-sample convention that goes with it.

    Attributes
    ----------
    cov_type : str
        ``"iid0"`` and ``"iid"``: equal error variances, divided by rows or by rows less parameters. ``"HC0"`` and
        ``"HC1"``: unequal ones, times 1 or ``n / (n - k)``. ``"CR0"``, ``"CRG"`` and ``"CR1"``: clusters, times 1,
        ``G / (G - 1)`` or ``G / (G - 1) * (n - 1) / (n - k)``. ``"HAC0"`` and ``"HAC1"``: serial dependence.
    codes : tuple of (n,) arrays of int
        One or two groupings.
    order : (n,) array of int, optional
        Rows in order of time.
    lags : int
        Last lag with a positive Bartlett weight.
    """

    cov_type: CovType
    codes: tuple[IntArray, ...] = ()
    order: IntArray | None = None
    lags: int = 0

    @property
    def homoskedastic(self) -> bool:
        """Whether all errors have one variance."""
        return self.cov_type in ("iid0", "iid")

    @property
    def debiased(self) -> bool:
        """Whether the convention corrects for the parameters estimated."""
        return self.cov_type not in ("iid0", "HC0", "CR0", "HAC0")

    @property
    def n_clusters(self) -> int:
        """Clusters of the smaller grouping; zero without clusters."""
        return min((int(codes.max()) + 1 for codes in self.codes), default=0)

    def factor(self, n: int, n_parameters: int) -> float:
        """Small-sample factor on the meat of scores, given rows and parameters; NaN without degrees of freedom."""
        if self.homoskedastic:
            left = n - n_parameters
            return 1.0 if self.cov_type == "iid0" else (n / left if left > 0 else np.nan)
        return cluster_factor(_FACTORS[self.cov_type], n=n, n_parameters=n_parameters, n_clusters=self.n_clusters or 2)

    def df(self, n: int, n_parameters: int) -> float:
        """Degrees of freedom of the reference t or F: infinite for the conventions without correction."""
        if not self.debiased:
            return np.inf
        return float(self.n_clusters - 1 if self.codes else n - n_parameters)

    def block_rows(self, columns: int) -> int:
        """Rows per block: blocks no smaller than the cluster sums that each of them adds to."""
        rows = rows_per_block(columns)
        return max(rows, 2 * max(int(codes.max()) + 1 for codes in self.codes)) if self.codes else rows

    def meat(self, n_rows: int, size: int) -> Meat:
        """Return an empty accumulator for scores of so many columns."""
        return Meat(self, n_rows, size)


@dataclass(slots=True, eq=False)
class Meat:
    """Sum of outer products of scores, taken in block by block.

    Attributes
    ----------
    dependence : Dependence
        Which rows move together.
    n_rows, size : int
        Rows and columns of the scores.
    """

    dependence: Dependence
    n_rows: int
    size: int
    _codes: tuple[IntArray, ...] = field(init=False)
    _sums: list[FloatArray] = field(init=False)

    def __post_init__(self) -> None:
        """Make room for the sums."""
        codes = self.dependence.codes
        self._codes = (*codes, pair_codes(*codes)) if len(codes) == 2 else codes
        if self.dependence.order is not None:
            shapes = [(self.n_rows, self.size)]
        elif codes:
            shapes = [(int(each.max()) + 1, self.size) for each in self._codes]
        else:
            shapes = [(self.size, self.size)]
        self._sums = [np.zeros(shape, order="F") for shape in shapes]

    def add(self, rows: slice, scores: FloatArray) -> None:
        """Take in the scores of some rows, (b, size)."""
        if self.dependence.order is not None:
            self._sums[0][rows] = scores
        elif self._codes:
            for which, codes in enumerate(self._codes):
                self._sums[which] += cluster_sums(scores, codes[rows], self._sums[which].shape[0])
        else:
            self._sums[0] += scores.T @ scores

    def matrix(self) -> FloatArray:
        """Covariance of the sum of the scores, without small-sample factor: (size, size).

        A two-way matrix with negative eigenvalues has them set to zero.

        References
        ----------
        Newey, W. K. and West, K. D. (1987). Econometrica 55(3), 703-708, for serial dependence.
        Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2011). Journal of Business & Economic Statistics 29(2).
        """
        if self.dependence.order is not None:
            return _newey_west(self._sums[0][self.dependence.order], self.dependence.lags)
        if not self._codes:
            return self._sums[0]
        parts = [total.T @ total for total in self._sums]
        return parts[0] if len(parts) == 1 else nearest_psd(parts[0] + parts[1] - parts[2])[0]


def _newey_west(scores: FloatArray, lags: int) -> FloatArray:
    """Long-run covariance of a sum with Bartlett weights."""
    total = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        total = total + (1.0 - lag / (lags + 1.0)) * (cross + cross.T)
    return total

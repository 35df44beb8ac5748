"""Variances of weighted sums of outcomes on one side of a cutoff.

An estimate is ``sum_i l_i y_i``; its variance is ``sum_i l_i² e_i²`` with residuals ``e`` from nearest
neighbours or from the fit, or the sum over clusters of the squared sums of ``l_i e_i``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._clusters import cluster_sums

if TYPE_CHECKING:
    from causalkit._numerics._local_polynomial import Window
    from causalkit._numerics._rd_neighbours import NeighbourResiduals
    from causalkit._numerics._rd_side import Side
    from causalkit._typing import FloatArray, IntArray

__all__ = ["VARIANCES", "VarianceName", "VarianceRule"]

VarianceName = Literal["nn", "HC0", "HC1", "HC2", "HC3", "CR1", "CR2", "CR3"]
VARIANCES: tuple[VarianceName, ...] = ("nn", "HC0", "HC1", "HC2", "HC3", "CR1", "CR2", "CR3")

# A row or cluster that the fit goes through leaves less than this share of its variance.
_LEAST_LEFT = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class VarianceRule:
    """How the variance of a weighted sum is estimated on one side.

    Attributes
    ----------
    kind : str
        One of ``VARIANCES``.
    side : Side
        The rows.
    neighbours : NeighbourResiduals or None
        Residuals of the ``"nn"`` kind.
    """

    kind: VarianceName
    side: Side
    neighbours: NeighbourResiduals | None

    def residuals(self, window: Window, order: int, n: int | None = None) -> FloatArray:
        """Residuals of every column, adjusted as the kind asks where that is row by row.

        Parameters
        ----------
        window : Window
            The fit.
        order : int
            Its degree.
        n : int, optional
            Rows to return residuals of, the nearest first; those of the window if not given.

        Returns
        -------
        (k, n) array
            Residuals.
        """
        n = len(window) if n is None else n
        if self.neighbours is not None:
            return self.neighbours.within(n)
        columns = self.side.columns[:, :n]
        left = columns - window.predicted(columns, self.side.distance[:n], order)
        if self.kind == "HC1":
            left *= np.sqrt(n / (n - order - 1)) if n > order + 1 else np.nan
        elif self.kind in ("HC2", "HC3"):
            rest = 1.0 - window.leverage(order)
            rest = np.where(rest > _LEAST_LEFT, rest, 1.0)
            left[:, : len(window)] /= np.sqrt(rest) if self.kind == "HC2" else rest
        return left

    def variance(
        self, weights: FloatArray, residuals: FloatArray, contrast: FloatArray, window: Window, order: int
    ) -> float:
        """Variance of the sum of ``weights`` times the combined columns.

        Parameters
        ----------
        weights : (n,) array
            The weighted sum; on more rows than the window has where part of it lives on a wider one.
        residuals : (k, n) array
            From :meth:`residuals` of ``window``.
        contrast : (k,) array
            How the columns are combined.
        window : Window
            The rows, and the fit that the residuals come from.
        order : int
            Degree of that fit.

        Returns
        -------
        float
            The variance.
        """
        combined = contrast @ residuals
        codes = self.side.clusters
        if codes is None:
            return float(np.square(weights * combined).sum())
        codes = codes[: weights.size]
        if self.kind == "CR1":
            return _cluster_factor(codes, order + 1) * _squared_sums(weights * combined, codes)
        return _leverage_adjusted(weights, combined, codes, window, order, kind=self.kind)


def _squared_sums(scores: FloatArray, codes: IntArray) -> float:
    sums = cluster_sums(scores[:, None], codes, int(codes.max()) + 1)
    return float(np.square(sums).sum())


def _cluster_factor(codes: IntArray, n_parameters: int) -> float:
    n, g = codes.size, np.unique(codes).size
    if g < 2 or n <= n_parameters:
        return float("nan")
    return (n - 1) / (n - n_parameters) * g / (g - 1)


def _leverage_adjusted(
    weights: FloatArray, residuals: FloatArray, codes: IntArray, window: Window, order: int, *, kind: VarianceName
) -> float:
    """CR2 and CR3: residuals of a cluster times ``(I - H_gg)`` to the power -1/2 or -1.

    In the orthonormal basis ``(I - Q_g Q_g')^-a = I + Q_g ((I - Q_g'Q_g)^-a - I) (Q_g'Q_g)^-1 Q_g'``; only
    matrices of the size of the model are formed.
    """
    q = np.zeros((order + 1, weights.size))
    q[:, : len(window)] = window.rotated(order)
    root = np.zeros(weights.size)
    root[: len(window)] = np.sqrt(window.weights)
    inside = root > 0
    k, size = q.shape[0], int(codes.max()) + 1
    pairs = [(i, j) for i in range(k) for j in range(i, k)]
    stacked = np.stack([q[i] * q[j] for i, j in pairs], axis=1)
    flat = cluster_sums(stacked, codes, size)
    grams = np.empty((size, k, k))
    for at, (i, j) in enumerate(pairs):
        grams[:, i, j] = grams[:, j, i] = flat[:, at]
    values, vectors = np.linalg.eigh(grams)
    left = np.maximum(1.0 - values, _LEAST_LEFT)
    power = 0.5 if kind == "CR2" else 1.0
    # (left^-a - 1) / value, with its limit a at value zero.
    change = np.where(values > 1e-12, (left**-power - 1.0) / np.where(values > 1e-12, values, 1.0), power)
    scaled_weights = np.divide(weights, root, out=np.zeros_like(weights), where=inside)
    along_weights = cluster_sums((q * scaled_weights).T, codes, size)
    along_residuals = cluster_sums((q * (root * residuals)).T, codes, size)
    plain = cluster_sums((weights * residuals)[:, None], codes, size)[:, 0]
    rotated_w = np.einsum("gij,gi->gj", vectors, along_weights)
    rotated_r = np.einsum("gij,gi->gj", vectors, along_residuals)
    return float(np.square(plain + (rotated_w * change * rotated_r).sum(axis=1)).sum())

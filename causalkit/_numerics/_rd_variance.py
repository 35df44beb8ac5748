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
# Rows gone over at a time.
_BLOCK = 8192


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
        codes = self.side.clusters
        if codes is None:
            return _sum_of_squares(weights, residuals, contrast)
        codes, combined = codes[: weights.size], contrast @ residuals
        if self.kind == "CR1":
            return _cluster_factor(codes, order + 1) * _squared_sums(weights * combined, codes)
        basis = window.orthonormal(self.side.distance[: weights.size], order)
        return _leverage_adjusted(weights, combined, codes, basis, window.weights, kind=self.kind)


def _sum_of_squares(weights: FloatArray, residuals: FloatArray, contrast: FloatArray) -> float:
    """Sum of squares of the weighted combination of residuals, in blocks of rows that stay in cache."""
    total = 0.0
    for first in range(0, weights.size, _BLOCK):
        rows = slice(first, first + _BLOCK)
        scores = contrast @ residuals[:, rows] if contrast.size > 1 else contrast[0] * residuals[0, rows]
        scores *= weights[rows]
        total += float(scores @ scores)
    return total


def _squared_sums(scores: FloatArray, codes: IntArray) -> float:
    sums = cluster_sums(scores[:, None], codes, int(codes.max()) + 1)
    return float(np.square(sums).sum())


def _cluster_factor(codes: IntArray, n_parameters: int) -> float:
    n, g = codes.size, np.unique(codes).size
    if g < 2 or n <= n_parameters:
        return float("nan")
    return (n - 1) / (n - n_parameters) * g / (g - 1)


def _leverage_adjusted(
    weights: FloatArray,
    residuals: FloatArray,
    codes: IntArray,
    basis: FloatArray,
    inside: FloatArray,
    *,
    kind: VarianceName,
) -> float:
    """CR2 and CR3: residuals of a cluster times ``(I - H_gg)`` to the power -1/2 or -1.

    ``H = Q Q'W`` with ``Q`` the orthonormal basis and ``W`` the weights of the fit, which are zero for rows beyond its
    window; there CR3 gives the residual from a fit without the cluster. A power of ``I - Q_g Q_g'W_g`` is
    ``I + Q_g ((I - S)^-a - I) S^-1 Q_g'W_g`` with ``S = Q_g'W_g Q_g``; only matrices of the size of the model are
    formed.
    """
    weighted = np.zeros_like(basis)
    np.multiply(basis[:, : inside.size], inside, out=weighted[:, : inside.size])
    k, size = basis.shape[0], int(codes.max()) + 1
    pairs = [(i, j) for i in range(k) for j in range(i, k)]
    flat = cluster_sums(np.stack([weighted[i] * basis[j] for i, j in pairs], axis=1), codes, size)
    grams = np.empty((size, k, k))
    for at, (i, j) in enumerate(pairs):
        grams[:, i, j] = grams[:, j, i] = flat[:, at]
    values, vectors = np.linalg.eigh(grams)
    left = np.maximum(1.0 - values, _LEAST_LEFT)
    power = 0.5 if kind == "CR2" else 1.0
    # (left^-a - 1) / value, with its limit a at value zero.
    change = np.where(values > 1e-12, (left**-power - 1.0) / np.where(values > 1e-12, values, 1.0), power)
    along_weights = cluster_sums((basis * weights).T, codes, size)
    along_residuals = cluster_sums((weighted * residuals).T, codes, size)
    plain = cluster_sums((weights * residuals)[:, None], codes, size)[:, 0]
    rotated_w = np.einsum("gij,gi->gj", vectors, along_weights)
    rotated_r = np.einsum("gij,gi->gj", vectors, along_residuals)
    return float(np.square(plain + (rotated_w * change * rotated_r).sum(axis=1)).sum())

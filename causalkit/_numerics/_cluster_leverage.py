"""Cluster covariances that undo the shrinking of residuals by leverage: CR2, CR3, and the cluster jackknife.

In the orthonormal basis the hat matrix of a cluster is ``Q_g Q_g'``, and ``(I - Q_g Q_g')^-a`` acts on the
scores as ``(I - C_g)^-a`` with ``C_g = Q_g'Q_g``, a matrix of the size of the model. So no matrix of the
size of a cluster is ever formed, and the cost is that of the cluster sums of ``C_g`` and of one batch of
small eigenproblems.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._clusters import count_clusters, score_sums, sum_blocks
from causalkit._numerics._sandwich import SATURATED, Covariance, sandwich

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._numerics._linear import LinearFit
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["LeverageKind", "cluster_leverage", "satterthwaite_df"]

LeverageKind = Literal["CR2", "CR3", "CV3", "CV3J"]

# Numbers in the cross-products of the clusters held at a time (64 MB).
GRAM_NUMBERS = 1 << 23


def cluster_leverage(fit: LinearFit, codes: IntArray, *, kind: LeverageKind = "CR2") -> Covariance:
    """Covariance for rows dependent within few or unequal clusters.

    Parameters
    ----------
    fit : LinearFit
        With one outcome. Weights are inverse to the error variances of the working model.
    codes : (n,) array of int
        Cluster of each row, from 0.
    kind : {"CR2", "CR3", "CV3", "CV3J"}
        ``CR2``: residuals times ``(I - H_gg)^-1/2``, unbiased under independent errors with variances
        inverse to the weights. ``CR3``: residuals times ``(I - H_gg)^-1``. ``CV3``: CR3 times ``(G - 1) /
        G``, the jackknife around the full-sample estimate. ``CV3J``: the jackknife around the mean of the
        leave-one-out estimates.

    Returns
    -------
    Covariance
        With Satterthwaite degrees of freedom per coefficient for CR2, ``G - 1`` otherwise. ``saturated``
        counts the clusters without which the model is not identified; the pseudo-inverse is used there.

    References
    ----------
    Bell, R. M. and McCaffrey, D. F. (2002). Survey Methodology 28(2), 169-181. MacKinnon, J. G., Nielsen,
    M. O. and Webb, M. D. (2023). Journal of Applied Econometrics 38(5), 671-694, equations 9 to 14.
    """
    n_clusters = count_clusters(codes, fit.design.weights)
    power = 0.5 if kind == "CR2" else 1.0
    meat = np.zeros((fit.rank, fit.rank))
    total = np.zeros(fit.rank)
    form = _QuadraticForm(fit.design.to_coefficients.T)
    saturated = 0
    for part, part_codes, size in _cluster_parts(fit, codes):
        values, vectors = np.linalg.eigh(_grams(part, part_codes, size))
        inflation, full = _inverse_power(values, power)
        rotated = _rotate(vectors, score_sums(part, part_codes, size)[:, :, None])
        adjusted = np.matmul(vectors, inflation[:, :, None] * rotated)[:, :, 0]
        meat += adjusted.T @ adjusted
        total += adjusted.sum(axis=0)
        saturated += int(np.count_nonzero(full.any(axis=1)))
        if kind == "CR2":
            form.add(values, vectors)
    if kind == "CV3J":
        meat -= np.outer(total, total) / n_clusters
    factor = (n_clusters - 1) / n_clusters if kind in ("CV3", "CV3J") else 1.0
    return Covariance(
        matrix=factor * sandwich(fit, meat),
        df=form.df() if kind == "CR2" else n_clusters - 1,
        n_clusters=(n_clusters,),
        saturated=saturated,
    )


def satterthwaite_df(fit: LinearFit, codes: IntArray, directions: FloatArray) -> FloatArray:
    """Degrees of freedom of CR2 for linear combinations of coefficients.

    Twice the squared mean over the variance of the CR2 variance, under independent errors with variances
    inverse to the weights.

    Parameters
    ----------
    fit : LinearFit
        With one outcome.
    codes : (n,) array of int
        Cluster of each row, from 0.
    directions : (rank, m) array
        Combinations in the orthonormal basis: ``to_coefficients.T @ c`` for a combination ``c`` of
        coefficients.

    Returns
    -------
    (m,) array
        NaN for a combination that is zero.

    References
    ----------
    Bell, R. M. and McCaffrey, D. F. (2002). Survey Methodology 28(2), 169-181, equation 11.
    """
    form = _QuadraticForm(directions)
    for part, part_codes, size in _cluster_parts(fit, codes):
        form.add(*np.linalg.eigh(_grams(part, part_codes, size)))
    return form.df()


class _QuadraticForm:
    """Traces of the matrix of the CR2 variance as a quadratic form in independent errors.

    In one row per cluster it is ``diag(d) - V V'``, so its traces need no matrix of the number of clusters.
    """

    def __init__(self, directions: FloatArray) -> None:
        rank, m = directions.shape
        self._directions = directions
        self._trace, self._squares = np.zeros(m), np.zeros(m)
        self._outer = np.zeros((m, rank, rank))

    def add(self, values: FloatArray, vectors: FloatArray) -> None:
        """Take in clusters by the eigenvalues and eigenvectors of their cross-products."""
        inflation, _ = _inverse_power(values, 0.5)
        rotated = _rotate(vectors, self._directions)
        d = np.einsum("gj,gjm->gm", inflation**2 * values, rotated**2)
        v = np.matmul(vectors, (inflation * values)[:, :, None] * rotated)
        length = (v**2).sum(axis=1)
        self._trace += (d - length).sum(axis=0)
        self._squares += (d**2 - 2.0 * d * length).sum(axis=0)
        by_direction = np.moveaxis(v, 2, 0)
        self._outer += np.matmul(np.swapaxes(by_direction, 1, 2), by_direction)

    def df(self) -> FloatArray:
        """Squared trace over the trace of the square; NaN for a form that is zero."""
        squares = self._squares + (self._outer**2).sum(axis=(1, 2))
        undefined = np.full(squares.size, np.nan)
        df: FloatArray = np.divide(self._trace**2, squares, out=undefined, where=squares > 0)
        return df


def _rotate(vectors: FloatArray, right: FloatArray) -> FloatArray:
    """Coordinates in the eigenvectors of each cluster."""
    rotated: FloatArray = np.matmul(np.swapaxes(vectors, 1, 2), right)
    return rotated


def _cluster_parts(fit: LinearFit, codes: IntArray) -> Iterator[tuple[LinearFit, IntArray, int]]:
    """Split the rows by cluster so that the cross-products of a part's clusters fit in bounded memory."""
    n_codes = int(codes.max()) + 1
    step = max(GRAM_NUMBERS // max(fit.rank**2, 1), 1)
    if step >= n_codes:
        yield fit, codes, n_codes
        return
    for first in range(0, n_codes, step):
        size = min(step, n_codes - first)
        rows = np.flatnonzero((codes >= first) & (codes < first + size))
        yield fit.subset(rows), codes[rows] - first, size


def _grams(fit: LinearFit, codes: IntArray, n_clusters: int) -> FloatArray:
    """Cross-products of the basis within each cluster: (n_clusters, rank, rank)."""
    rank, weights = fit.rank, fit.design.weights
    upper = np.triu_indices(rank)

    def blocks() -> Iterator[tuple[slice, FloatArray]]:
        for rows, q in fit.design.basis_blocks():
            weighted = q if weights is None else q * weights[rows, None]
            yield rows, q[:, upper[0]] * weighted[:, upper[1]]

    sums = sum_blocks(blocks(), codes, n_clusters=n_clusters, columns=upper[0].size)
    grams = np.empty((n_clusters, rank, rank))
    grams[:, upper[0], upper[1]] = sums
    grams[:, upper[1], upper[0]] = sums
    return grams


def _inverse_power(values: FloatArray, power: float) -> tuple[FloatArray, BoolArray]:
    """``(1 - value)^-power``, zero where nothing is left, and where that is."""
    left = 1.0 - values
    full = left < SATURATED
    return np.where(full, 0.0, np.where(full, 1.0, left) ** -power), full

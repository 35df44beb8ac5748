"""The linear instrumental-variables model reduced to its sufficient statistics.

One pass over the rows gives the cross-products of ``[W Z D y]``, centred and scaled. Partialling out the exogenous
columns ``W`` and orthonormalising the instruments ``Z`` leaves three small objects, from which every k-class
estimator and every classical test follows without another look at the rows:

* ``first`` (L, m) and ``second`` (L,): coordinates of ``D`` and ``y`` on the orthonormal instruments ``q``,
* ``total`` (m + 1, m + 1): cross-products of ``[D y]`` after partialling out ``W``.

Everything here is in scaled units (``scale_d``, ``scale_y``, powers of two).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._moments import centered_blocks, moments
from causalkit._numerics._root import root_of_rows, triangular_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._numerics._moments import Centering
    from causalkit._typing import FloatArray, IntArray

__all__ = ["IvProjection", "project"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IvProjection:
    """Sufficient statistics of the model, and how to walk over its rows once more.

    Attributes
    ----------
    parts : tuple of arrays
        ``W`` (n, p), ``Z`` (n, l), ``D`` (n, m) and ``y`` (n, 1) as given.
    weights : (n,) array or None
        Weights of the rows.
    centering : Centering
        Of all columns side by side.
    kept : (r,) array of int
        Columns of ``[W Z]`` that are neither constant nor collinear with earlier ones.
    n_kept_w : int
        How many of them belong to ``W``.
    inverse_root : (r, r) array
        Upper triangular: ``[W Z][:, kept] @ inverse_root`` has orthonormal columns, those of ``W`` first.
    coordinates : (r, m + 1) array
        Of ``[D y]`` on these columns.
    total : (m + 1, m + 1) array
        Cross-products of ``[D y]`` left by ``W``.
    n : int
        Rows with a positive weight.
    n_exogenous : int
        Parameters of the exogenous part: the rank of ``W``, the constant, and effects absorbed beforehand.
    weight_sum : float
        Sum of the weights.
    """

    parts: tuple[FloatArray, FloatArray, FloatArray, FloatArray]
    weights: FloatArray | None
    centering: Centering
    kept: IntArray
    n_kept_w: int
    inverse_root: FloatArray
    coordinates: FloatArray
    total: FloatArray
    n: int
    n_exogenous: int
    weight_sum: float

    @property
    def n_endogenous(self) -> int:
        """Number of endogenous regressors, m."""
        return int(self.parts[2].shape[1])

    @property
    def n_instruments(self) -> int:
        """Rank of the instruments after partialling out, L."""
        return self.kept.size - self.n_kept_w

    @property
    def n_parameters(self) -> int:
        """Parameters of the structural equation, k."""
        return self.n_exogenous + self.n_endogenous

    @property
    def first(self) -> FloatArray:
        """Coordinates of the endogenous regressors on the orthonormal instruments, (L, m)."""
        return self.coordinates[self.n_kept_w :, :-1]

    @property
    def second(self) -> FloatArray:
        """Coordinates of the outcome on the orthonormal instruments, (L,)."""
        return self.coordinates[self.n_kept_w :, -1]

    @property
    def explained(self) -> FloatArray:
        """Cross-products of ``[D y]`` projected on the instruments, (m + 1, m + 1)."""
        reduced = self.coordinates[self.n_kept_w :]
        return reduced.T @ reduced

    @property
    def scale_d(self) -> FloatArray:
        """Units of the endogenous regressors, (m,)."""
        first = self.parts[0].shape[1] + self.parts[1].shape[1]
        return self.centering.scale[first:-1]

    @property
    def scale_y(self) -> float:
        """Unit of the outcome."""
        return float(self.centering.scale[-1])

    @property
    def kept_instruments(self) -> IntArray:
        """Columns of ``Z`` that are kept."""
        columns: IntArray = self.kept[self.n_kept_w :] - self.parts[0].shape[1]
        return columns

    @property
    def dropped_exogenous(self) -> IntArray:
        """Columns of ``W`` that are constant or collinear with earlier ones."""
        dropped: IntArray = np.setdiff1d(np.arange(self.parts[0].shape[1]), self.kept[: self.n_kept_w])
        return dropped

    @property
    def dropped_instruments(self) -> IntArray:
        """Columns of ``Z`` that are constant or collinear with ``W`` and earlier instruments."""
        dropped: IntArray = np.setdiff1d(np.arange(self.parts[1].shape[1]), self.kept_instruments)
        return dropped

    def to_instruments(self) -> FloatArray:
        """Coefficients on the kept instruments, in their own units, from coordinates: (L, L)."""
        at = self.n_kept_w
        return self.inverse_root[at:, at:] / self.centering.scale[self.kept[at:], None]

    def walk_all(self, *, block_rows: int) -> Iterator[tuple[slice, FloatArray, FloatArray]]:
        """Walk over the rows with the exogenous columns' part of the basis too.

        Parameters
        ----------
        block_rows : int
            Rows per block.

        Yields
        ------
        rows : slice
            The rows of the block.
        basis : (b, r) array
            Orthonormal exogenous columns, then orthonormal instruments.
        v : (b, m + 1) array
            Residuals of ``[D y]`` on ``[W Z]``.
        """
        for rows, columns in centered_blocks(self.parts, self.centering, block_rows=block_rows):
            basis = columns[:, self.kept] @ self.inverse_root
            yield rows, basis, columns[:, -self.n_endogenous - 1 :] - basis @ self.coordinates

    def walk(self, *, block_rows: int) -> Iterator[tuple[slice, FloatArray]]:
        """Walk over the rows in the coordinates of the model.

        Parameters
        ----------
        block_rows : int
            Rows per block.

        Yields
        ------
        rows : slice
            The rows of the block.
        walked : (b, L + m + 1) array
            Orthonormal instruments ``q`` (``sum_i w_i q_i q_i'`` is the identity, and ``W`` is orthogonal to them),
            then residuals ``v`` of ``[D y]`` on ``[W Z]``.
        """
        size, at, n_instruments = self.centering.scale.size, self.n_kept_w, self.n_instruments
        n_reduced = self.n_endogenous + 1
        transform = np.zeros((size, n_instruments + n_reduced))
        transform[self.kept, :n_instruments] = self.inverse_root[:, at:]
        transform[self.kept, n_instruments:] = -self.inverse_root @ self.coordinates
        transform[size - n_reduced :, n_instruments:] += np.eye(n_reduced)
        for rows, columns in centered_blocks(self.parts, self.centering, block_rows=block_rows):
            # The transposed product comes out column by column, in which order it is worked on.
            yield rows, (transform.T @ columns.T).T


def project(
    w: FloatArray,
    z: FloatArray,
    d: FloatArray,
    y: FloatArray,
    *,
    weights: FloatArray | None = None,
    intercept: bool = True,
    n_absorbed: int = 0,
) -> IvProjection:
    """Read the rows once and return the sufficient statistics.

    Parameters
    ----------
    w : (n, p) array
        Exogenous columns, without the constant.
    z : (n, l) array
        Instruments.
    d : (n, m) array
        Endogenous regressors.
    y : (n,) array
        Outcome.
    weights : (n,) array, optional
        Weights of the rows.
    intercept : bool
        Whether there is a constant; not when effects were absorbed, which contain it.
    n_absorbed : int
        Parameters of absorbed effects, counted as exogenous ones.

    Returns
    -------
    IvProjection
        With collinear columns of ``W`` and ``Z`` left out.

    References
    ----------
    Davidson, R. and MacKinnon, J. G. (1993). Estimation and Inference in Econometrics, sections 7.9 and 18.5.
    """
    parts = (w, z, d, y.reshape(-1, 1))
    stats = moments(parts, weights=weights, centered=intercept)
    n_regressors = w.shape[1] + z.shape[1]
    spread = stats.spread[:n_regressors]
    level = np.abs(stats.centering.mean[:n_regressors]) if intercept else spread
    kept, inverse_root = triangular_root(
        stats.cross[:n_regressors, :n_regressors],
        np.divide(level, spread, out=np.full(n_regressors, np.inf), where=spread > 0),
        lambda columns: _root_by_blocks(parts, weights, stats.centering, columns),
    )
    n_kept_w = int(np.count_nonzero(kept < w.shape[1]))
    coordinates = inverse_root.T @ stats.cross[kept, n_regressors:]
    partialled = coordinates[:n_kept_w]
    return IvProjection(
        parts=parts,
        weights=weights,
        centering=stats.centering,
        kept=kept,
        n_kept_w=n_kept_w,
        inverse_root=inverse_root,
        coordinates=coordinates,
        total=stats.cross[n_regressors:, n_regressors:] - partialled.T @ partialled,
        n=stats.n,
        n_exogenous=n_kept_w + int(intercept) + n_absorbed,
        weight_sum=stats.weight_sum,
    )


def _root_by_blocks(
    parts: tuple[FloatArray, ...], weights: FloatArray | None, centering: Centering, columns: IntArray
) -> FloatArray:
    """Root of the cross-product of some columns, by a QR factorisation that takes in block after block."""
    root = np.zeros((0, columns.size))
    for rows, block in centered_blocks(parts, centering):
        chosen = block[:, columns]
        root = root_of_rows(np.vstack([root, chosen if weights is None else chosen * np.sqrt(weights[rows])[:, None]]))
    return root

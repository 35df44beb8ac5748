"""Columns brought to mean zero and unit standard deviation, without those that add nothing.

Every linear problem is solved in these coordinates, so that a constant added to a covariate, or its unit of
measurement, costs no digits. The matrix is kept transposed, one contiguous row per regressor, because the
passes over it multiply regressors by a vector of row weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray

__all__ = ["Standardizer", "linear_index", "standardize"]

_EPS = float(np.finfo(np.float64).eps)
# Residual standard deviation, in units of the column's own, below which a column counts as a linear combination.
_COLLINEAR = 1e-8
# Residual variance from the cross-products alone that is small enough to be measured again, row by row.
_SUSPECT = 1e-6
_BLOCK = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Standardizer:
    """The affine map from raw columns to regressors.

    Attributes
    ----------
    center, scale : (k,) array
        Weighted mean and standard deviation (divisor: sum of weights) of each raw column.
    constant : (k,) array of bool
        Columns that do not vary.
    collinear : (k,) array of bool
        Columns that are a linear combination of a constant and the columns before them.
    """

    center: FloatArray
    scale: FloatArray
    constant: BoolArray
    collinear: BoolArray

    @property
    def kept(self) -> BoolArray:
        """Columns that carry information of their own, as a (k,) mask."""
        return ~(self.constant | self.collinear)

    @property
    def n_regressors(self) -> int:
        """Number of regressors, the constant included."""
        return 1 + int(self.kept.sum())

    def regressors(self, x: FloatArray) -> FloatArray:
        """Return the constant and the kept columns of ``x`` (n, k), standardised, as a (q, n) array."""
        kept = self.kept
        out = np.empty((self.n_regressors, x.shape[0]))
        out[0] = 1.0
        # Transposed copies of whole blocks of rows: columns one by one would each read all of the matrix.
        for begin in range(0, x.shape[0], _BLOCK):
            rows = slice(begin, begin + _BLOCK)
            out[1:, rows] = x[rows].T[kept]
        out[1:] -= self.center[kept, None]
        out[1:] /= self.scale[kept, None]
        return out

    def raw_coefficients(self, theta: FloatArray) -> FloatArray:
        """Coefficients of (1, x) from those of the regressors; NaN for a column left out."""
        out = np.full(self.center.size + 1, np.nan)
        kept = np.flatnonzero(self.kept)
        out[1 + kept] = theta[1:] / self.scale[kept]
        out[0] = theta[0] - theta[1:] @ (self.center[kept] / self.scale[kept])
        return out

    def raw_covariance(self, cov: FloatArray) -> FloatArray:
        """Covariance of the coefficients of (1, x) from that of the regressors' coefficients."""
        kept = np.flatnonzero(self.kept)
        jacobian = np.zeros((1 + kept.size, 1 + kept.size))
        jacobian[0, 0] = 1.0
        jacobian[0, 1:] = -self.center[kept] / self.scale[kept]
        jacobian[np.arange(1, kept.size + 1), np.arange(1, kept.size + 1)] = 1.0 / self.scale[kept]
        out = np.full((self.center.size + 1, self.center.size + 1), np.nan)
        rows = np.concatenate([[0], 1 + kept])
        out[np.ix_(rows, rows)] = jacobian @ cov @ jacobian.T
        return out


def linear_index(theta: FloatArray, z: FloatArray) -> FloatArray:
    """Linear index of each row, the same to the last bit for rows that are the same.

    Parameters
    ----------
    theta : (q,) array
        Coefficients.
    z : (q, n) array
        Regressors.

    Returns
    -------
    (n,) array
        ``theta @ z``, added up in the order of the regressors. A matrix product may round equal rows
        differently, which would break ties in a propensity score.
    """
    out = np.full(z.shape[1], theta[0])
    part = np.empty_like(out)
    for coefficient, row in zip(theta[1:], z[1:], strict=True):
        np.multiply(row, coefficient, out=part)
        out += part
    return out


def standardize(x: FloatArray, weights: FloatArray) -> tuple[Standardizer, FloatArray]:
    """Find centre, scale and the columns that carry no information of their own, and standardise.

    Parameters
    ----------
    x : (n, k) array
        Raw columns, finite.
    weights : (n,) array
        Row weights, not negative, some positive; rows of weight zero play no role.

    Returns
    -------
    Standardizer
        The map; an earlier column is kept in preference to a later one.
    (q, n) array
        Its regressors at ``x``.
    """
    k = x.shape[1]
    share = weights / weights.sum()
    used = weights > 0
    inside = slice(None) if used.all() else used
    center, scale = np.zeros(k), np.ones(k)
    constant, noise = np.zeros(k, dtype=bool), np.zeros(k)
    unit = Standardizer(center, scale, constant, np.zeros(k, dtype=bool))
    z = unit.regressors(x)
    for j in range(k):
        column = z[j + 1]
        first = float(column[inside][0])
        # Around the first value the deviations are exact for data with a large offset.
        center[j] = first + share @ (column - first)
        magnitude = _largest(column[inside])
        column -= center[j]
        amplitude = _largest(column[inside])
        constant[j] = amplitude <= 4 * _EPS * magnitude
        if not constant[j]:
            # The amplitude comes out first, so that squares can neither overflow nor vanish.
            scale[j] = amplitude * np.sqrt(share @ np.square(column / amplitude))
            column /= scale[j]
            noise[j] = _EPS * magnitude / scale[j]
    varying = np.flatnonzero(~constant)
    z = z if varying.size == k else z[np.concatenate([[0], 1 + varying])]
    superfluous = _collinear(z[1:], share, noise[varying])
    collinear = np.zeros(k, dtype=bool)
    collinear[varying[superfluous]] = True
    if superfluous.any():
        z = z[np.concatenate([[True], ~superfluous])]
    return Standardizer(center, scale, constant, collinear), z


def _largest(values: FloatArray) -> float:
    """Largest absolute value."""
    return max(float(values.max()), -float(values.min()))


def _collinear(z: FloatArray, share: FloatArray, noise: FloatArray) -> BoolArray:
    """Mark the rows of ``z`` that a constant and the rows before them reproduce."""
    gram = (z * share) @ z.T
    out = np.zeros(z.shape[0], dtype=bool)
    for j in range(1, z.shape[0]):
        kept = np.flatnonzero(~out[:j])
        inner = gram[np.ix_(kept, kept)]
        slope = np.linalg.solve(inner, gram[kept, j])
        if gram[j, j] - slope @ gram[kept, j] < _SUSPECT:
            residual = z[j] - slope @ z[kept]
            # The cross-products lose half of the digits; one refinement brings them back.
            again = np.linalg.solve(inner, (z[kept] * share) @ residual)
            residual -= again @ z[kept]
            rounding = noise[j] + np.abs(slope + again) @ noise[kept]
            out[j] = np.sqrt(share @ np.square(residual)) <= _COLLINEAR + 4 * rounding
    return out

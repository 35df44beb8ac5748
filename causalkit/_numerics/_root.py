"""Triangular root of a cross-product, and which columns are constant or collinear with earlier ones.

The cheap root (Cholesky of the correlation matrix) is taken when it is known to be good: no column has a
variance inflation above ``MAX_INFLATION``. Otherwise the root is computed again from the rows by orthogonal
transformations, which sees what is left of a column to sixteen digits instead of eight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from scipy.linalg import lapack, solve_triangular

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["independent_columns", "root_of_cross", "root_of_rows", "triangular_root"]

# Largest variance inflation at which Cholesky still gives twelve digits of the inverse.
MAX_INFLATION = 1e4
# A column is collinear when earlier columns leave less than this part of its norm (R's lm uses the same).
COLLINEAR = 1e-7
# ... or less than so many times the rounding of the values themselves, which an offset makes large.
ROUNDING = 4.0 * np.finfo(np.float64).eps


def triangular_root(
    cross: FloatArray,
    relative_mean: FloatArray,
    precise_root: Callable[[IntArray], FloatArray],
) -> tuple[IntArray, FloatArray]:
    """Independent columns and the inverse of the root ``R`` of their cross-product ``R'R``.

    Parameters
    ----------
    cross : (k, k) array
        Cross-products of centred columns.
    relative_mean : (k,) array
        Absolute mean over root mean square deviation, infinite for a constant: times the machine epsilon
        it is the relative rounding of a centred column.
    precise_root : callable
        Root of the cross-product of some of the columns by orthogonal transformations of the rows.

    Returns
    -------
    kept : (r,) array of int
        Columns that are neither constant nor collinear with earlier ones.
    inverse_root : (r, r) array
        Upper triangular.
    """
    rounding = ROUNDING * relative_mean
    varying = np.flatnonzero(rounding < 1.0)
    root = root_of_cross(cross[np.ix_(varying, varying)])
    if root is not None and np.all(rounding[varying] < np.sqrt(COLLINEAR)):
        inverse = _inverse_triangular(root)
        # The diagonal of the inverse of a correlation matrix: the variance inflation factors.
        norms = np.sqrt(np.diagonal(cross)[varying])
        inflation = ((inverse * norms[:, None]) ** 2).sum(axis=1)
        if inflation.max(initial=1.0) <= MAX_INFLATION:
            return varying, inverse
    root = precise_root(varying)
    independent = independent_columns(root, rounding[varying])
    if not np.all(independent):
        root = root_of_rows(root[:, independent])
    return varying[independent], _inverse_triangular(root)


def root_of_cross(cross: FloatArray) -> FloatArray | None:
    """Cholesky root, upper triangular; None if the matrix is not numerically positive definite."""
    norms = np.sqrt(np.maximum(np.diagonal(cross), 0.0))
    if not np.all(norms > 0):
        return None
    try:
        root = np.linalg.cholesky(cross / np.outer(norms, norms)).T
    except np.linalg.LinAlgError:
        return None
    return root * norms


def root_of_rows(rows: FloatArray) -> FloatArray:
    """Upper triangular root of ``rows.T @ rows`` by Householder reflections, signs as they come."""
    return cast("FloatArray", np.linalg.qr(rows, mode="r"))  # numpy's stub omits what mode="r" returns


def independent_columns(root: FloatArray, rounding: FloatArray) -> BoolArray:
    """Columns that earlier independent columns do not explain, by twice-iterated Gram-Schmidt.

    Parameters
    ----------
    root : (m, k) array
        Root of the cross-product.
    rounding : (k,) array
        Relative rounding of each column; what is left of a column must exceed its own and what it takes
        over from the columns that explain it.

    Returns
    -------
    (k,) array of bool
        Whether a column is kept.
    """
    size = root.shape[1]
    unit = root / np.linalg.norm(root, axis=0)
    basis = np.zeros((root.shape[0], 0))
    triangle = np.zeros((0, 0))
    kept = np.zeros(size, dtype=np.bool_)
    for j in range(size):
        rest = unit[:, j].copy()
        shadow = np.zeros(basis.shape[1])
        for _ in range(2):
            step = basis.T @ rest
            rest -= basis @ step
            shadow += step
        left = float(np.linalg.norm(rest))
        weights = solve_triangular(triangle, shadow) if kept.any() else shadow
        noise = rounding[j] + float(np.abs(weights) @ rounding[kept])
        if basis.shape[1] < root.shape[0] and left > max(COLLINEAR, noise):
            triangle = np.block([[triangle, shadow[:, None]], [np.zeros((1, shadow.size)), np.array([[left]])]])
            basis = np.column_stack([basis, rest / left])
            kept[j] = True
    return kept


def _inverse_triangular(root: FloatArray) -> FloatArray:
    """Inverse of an upper triangular matrix."""
    if root.shape[0] == 0:
        return root.copy()
    # Unlike a solution for the columns of the identity, it wakes no threads for a matrix of a few columns.
    inverse, _ = lapack.dtrtri(np.triu(root))
    return np.asarray(inverse)

"""Fixed effects removed from columns: group means for one factor, conjugate gradients over sweeps for several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from causalkit._numerics._clusters import cluster_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import FloatArray, IntArray

__all__ = ["NotConvergedError", "absorb", "absorbed_parameters", "is_nested"]

# What is left to remove, relative to the column: reached in a few dozen sweeps unless the factors barely overlap.
TOLERANCE = 1e-13
MOST_SWEEPS = 10_000


class NotConvergedError(ArithmeticError):
    """The sweeps over the factors did not settle."""


def absorb(columns: FloatArray, factors: Sequence[IntArray], *, weights: FloatArray | None = None) -> FloatArray:
    """Residuals of columns on the dummies of one or several factors.

    Parameters
    ----------
    columns : (n, k) array
        Columns.
    factors : sequence of (n,) arrays of int
        Codes of each factor, from 0.
    weights : (n,) array, optional
        Positive weights.

    Returns
    -------
    (n, k) array
        Stored column by column; zero weighted mean within each level of each factor.

    Raises
    ------
    NotConvergedError
        The factors are so weakly connected that the sweeps do not settle.

    References
    ----------
    Correia, S. (2016). A feasible estimator for linear models with multi-way fixed effects. Working paper, section 4.
    Guimaraes, P. and Portugal, P. (2010). Stata Journal 10(4), 628-649.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0], [3.0], [5.0], [9.0]])
    >>> absorb(x, [np.array([0, 0, 1, 1])]).ravel().tolist()
    [-1.0, 1.0, -2.0, 2.0]
    """
    # An offset common to all rows goes first, so that it costs no digits.
    center = columns[0] if columns.shape[0] else np.zeros(columns.shape[1])
    left = np.asfortranarray(columns - center)
    totals = [_level_weights(codes, weights) for codes in factors]
    left -= np.average(left, axis=0, weights=weights)
    size = np.einsum("ij,ij->j", left, left)
    if len(factors) == 1:
        # Twice: the second pass takes away what rounding of the group means has left.
        return _remove(_remove(left, factors[0], totals[0], weights), factors[0], totals[0], weights)
    return _conjugate_gradients(left, factors, totals, weights, size)


def absorbed_parameters(factors: Sequence[IntArray], *, nested: Sequence[bool]) -> int:
    """Parameters that absorbed factors use up.

    The levels of the first factor, and of each further one those less the connected components that it forms with
    the first. Factors nested in clusters are not counted, as the clusters pay for them already; a constant always is.

    Parameters
    ----------
    factors : sequence of (n,) arrays of int
        Codes of each factor.
    nested : sequence of bool
        Whether the factor is nested in the clusters.

    Returns
    -------
    int
        At least 1.
    """
    counted = [codes for codes, inside in zip(factors, nested, strict=True) if not inside]
    if not counted:
        return 1
    levels = [int(codes.max()) + 1 for codes in counted]
    if len(counted) < len(factors):
        return 1 + sum(n - 1 for n in levels)
    further = sum(n - _components(counted[0], codes) for n, codes in zip(levels[1:], counted[1:], strict=True))
    return levels[0] + further


def is_nested(codes: IntArray, within: IntArray) -> bool:
    """Whether all rows of a level lie in one group."""
    first = np.zeros(int(codes.max()) + 1, dtype=np.int64)
    first[codes] = within
    return bool(np.array_equal(first[codes], within))


def _components(first: IntArray, second: IntArray) -> int:
    """Connected components of the graph whose nodes are the levels of two factors and whose edges are the rows."""
    n_first, n_second = int(first.max()) + 1, int(second.max()) + 1
    edges = sparse.coo_matrix((np.ones(first.size), (first, second + n_first)), shape=(n_first + n_second,) * 2)
    n_components, _ = csgraph.connected_components(edges, directed=False)
    return int(n_components)


def _level_weights(codes: IntArray, weights: FloatArray | None) -> FloatArray:
    return np.maximum(np.bincount(codes, weights=weights).astype(np.float64), np.finfo(np.float64).tiny)


def _remove(columns: FloatArray, codes: IntArray, totals: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Columns less their weighted means by level."""
    weighted = columns if weights is None else columns * weights[:, None]
    means = cluster_sums(weighted, codes, totals.size) / totals[:, None]
    out = np.empty_like(columns, order="F")
    for j in range(columns.shape[1]):
        np.subtract(columns[:, j], means[codes, j], out=out[:, j])
    return out


def _conjugate_gradients(
    columns: FloatArray,
    factors: Sequence[IntArray],
    totals: list[FloatArray],
    weights: FloatArray | None,
    size: FloatArray,
) -> FloatArray:
    """Solve for the part orthogonal to all factors, each column with its own step lengths."""
    order = [*range(len(factors)), *range(len(factors) - 2, -1, -1)]

    def taken(values: FloatArray) -> FloatArray:
        """What one symmetric sweep over the factors takes away."""
        rest = values
        for k in order:
            rest = _remove(rest, factors[k], totals[k], weights)
        return np.asarray(values - rest)

    def inner(a: FloatArray, b: FloatArray) -> FloatArray:
        return np.asarray(np.einsum("ij,ij->j", a if weights is None else a * weights[:, None], b))

    rest = columns.copy(order="F")
    residual = taken(rest)
    direction = residual
    squares = inner(residual, residual)
    goal = TOLERANCE**2 * np.maximum(size, np.finfo(np.float64).tiny)
    for _ in range(MOST_SWEEPS):
        if np.all(squares <= goal):
            return rest
        image = taken(direction)
        curvature = inner(direction, image)
        step = np.divide(squares, curvature, out=np.zeros_like(squares), where=curvature > 0)
        rest = rest - step * direction
        residual = residual - step * image
        new = inner(residual, residual)
        growth = np.divide(new, squares, out=np.zeros_like(new), where=squares > 0)
        direction = residual + growth * direction
        squares = new
    raise NotConvergedError(f"{MOST_SWEEPS} sweeps")

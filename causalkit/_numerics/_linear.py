"""Weighted least squares with any number of outcomes, exact under offsets and honest about collinearity.

The columns are centred, scaled and orthonormalised on the fly: ``q = [1 / sqrt(sum w), z R^-1]`` with
``z`` the centred columns and ``R'R`` their cross-product. In these coordinates the bread of every sandwich
is the identity, and one matrix (``to_coefficients``) carries estimates, scores and covariances back to the
columns as given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._moments import centered_blocks, moments
from causalkit._numerics._root import root_of_rows, triangular_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._numerics._moments import Centering
    from causalkit._typing import FloatArray, IntArray

__all__ = ["LinearFit", "OrthonormalDesign", "least_squares", "orthonormal_design"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrthonormalDesign:
    """The columns of a regression seen through an orthonormal basis, computed block by block.

    Attributes
    ----------
    x : (n, k) array
        Columns as given, without the constant.
    weights : (n,) array or None
        Weights of the rows.
    intercept : bool
        Whether a constant comes before the columns.
    centering : Centering
        Centre and scale of the kept columns.
    kept, dropped : int arrays
        Columns of ``x`` that enter, and those that are constant or collinear with earlier ones.
    inverse_root : (r, r) array
        Inverse of the triangular root of the cross-product of the kept columns.
    to_coefficients : (p, rank) array
        Coefficients (constant first, zero for a dropped column) from coordinates in the basis. Its product
        with its transpose is the inverse of ``X'WX`` (a generalised inverse when columns were dropped).
    n : int
        Rows with a positive weight.
    weight_sum : float
        Sum of the weights.
    """

    x: FloatArray
    weights: FloatArray | None
    intercept: bool
    centering: Centering
    kept: IntArray
    dropped: IntArray
    inverse_root: FloatArray
    to_coefficients: FloatArray
    n: int
    weight_sum: float

    @property
    def rank(self) -> int:
        """Number of linearly independent columns, the constant included."""
        return int(self.to_coefficients.shape[1])

    @property
    def bread(self) -> FloatArray:
        """Inverse of ``X'WX``: (p, p), zero in the rows and columns of dropped columns."""
        return self.to_coefficients @ self.to_coefficients.T

    @property
    def kept_columns(self) -> FloatArray:
        """Columns that enter: (n, r), a view when none is dropped."""
        return self.x if self.dropped.size == 0 else self.x[:, self.kept]

    def basis_blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        """Walk over the rows of the basis ``q``, for which ``sum_i w_i q_i q_i'`` is the identity.

        Yields
        ------
        rows : slice
            The rows of the block.
        q : (b, rank) array
            Their values in the basis.
        """
        for rows, z in centered_blocks([self.kept_columns], self.centering):
            q = np.empty((z.shape[0], self.rank), order="F")
            if self.intercept:
                q[:, 0] = 1.0 / np.sqrt(self.weight_sum)
            np.matmul(z, self.inverse_root, out=q[:, int(self.intercept) :])
            yield rows, q

    def leverages(self) -> FloatArray:
        """Diagonal of the hat matrix: (n,), zero for a row of weight zero."""
        hat = np.empty(self.x.shape[0])
        for rows, q in self.basis_blocks():
            np.einsum("ij,ij->i", q, q, out=hat[rows])
        if self.weights is not None:
            hat *= self.weights
        return hat


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearFit:
    """A weighted least-squares fit.

    Attributes
    ----------
    design : OrthonormalDesign
        The columns.
    coefficients : (p,) or (p, m) array
        Constant first if there is one; zero for a dropped column.
    residuals : (n,) or (n, m) array
        Outcome minus fitted value, in units of the outcome. Replace them (``dataclasses.replace``) to get the
        covariance of an estimator with the same bread and other residuals, such as two-stage least squares.
    """

    design: OrthonormalDesign
    coefficients: FloatArray
    residuals: FloatArray

    @property
    def n(self) -> int:
        """Rows with a positive weight."""
        return self.design.n

    @property
    def rank(self) -> int:
        """Number of coefficients that are not dropped."""
        return self.design.rank

    @property
    def df_resid(self) -> int:
        """Rows minus coefficients."""
        return self.n - self.rank

    def outcome(self, column: int) -> LinearFit:
        """Return the fit of one of several outcomes."""
        return LinearFit(
            design=self.design,
            coefficients=self.coefficients[:, column],
            residuals=self.residuals[:, column],
        )

    def subset(self, rows: IntArray) -> LinearFit:
        """Return the same estimate seen from some of its rows."""
        weights = self.design.weights
        design = replace(self.design, x=self.design.x[rows], weights=None if weights is None else weights[rows])
        return LinearFit(design=design, coefficients=self.coefficients, residuals=self.residuals[rows])

    def scores(self) -> FloatArray:
        """Scores of all rows in the orthonormal basis, for a fit with one outcome: (n, rank)."""
        out = np.empty((self.residuals.shape[0], self.rank))
        for rows, scores in self.score_blocks():
            out[rows] = scores
        return out

    def score_blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        """Walk over the scores ``w_i e_i q_i`` of a fit with one outcome.

        Yields
        ------
        rows : slice
            The rows of the block.
        scores : (b, rank) array
            Scores in the orthonormal basis.
        """
        weights = self.design.weights
        for rows, q in self.design.basis_blocks():
            factor = self.residuals[rows] if weights is None else weights[rows] * self.residuals[rows]
            np.multiply(q, factor[:, None], out=q)
            yield rows, q

    def influence(self) -> FloatArray:
        """Influence of each row on the coefficients of a fit with one outcome: (n, p).

        The estimation error is their sum, to first order; the sum of their squares is the HC0 variance.
        """
        return self.scores() @ self.design.to_coefficients.T


def orthonormal_design(
    x: FloatArray, *, weights: FloatArray | None = None, intercept: bool = True
) -> OrthonormalDesign:
    """Orthonormalise the columns of a regression.

    Parameters
    ----------
    x : (n, k) array
        Columns, without the constant, in any memory order. Finite.
    weights : (n,) array, optional
        Non-negative weights, at least one positive. A row of weight zero counts for nothing.
    intercept : bool
        Whether to put a constant before the columns.

    Returns
    -------
    OrthonormalDesign
        With the columns that are constant or collinear with earlier ones left out.
    """
    return _design_and_projection(x, None, weights=weights, intercept=intercept)[0]


def least_squares(
    x: FloatArray, y: FloatArray, *, weights: FloatArray | None = None, intercept: bool = True
) -> LinearFit:
    """Regress one or several outcomes on the same columns.

    One pass for the cross-products and one for the residuals, which also refines the coefficients. A
    column that is constant (with an intercept) or collinear with earlier ones is dropped: its coefficient
    and all its covariances are zero.

    Parameters
    ----------
    x : (n, k) array
        Columns, without the constant, in any memory order. Finite.
    y : (n,) or (n, m) array
        Outcomes.
    weights : (n,) array, optional
        Non-negative weights, at least one positive. Their scale is irrelevant; a row of weight zero counts
        for nothing.
    intercept : bool
        Whether to put a constant before the columns.

    Returns
    -------
    LinearFit
        Coefficients with the constant first, and residuals.

    References
    ----------
    Bjorck, A. (1996). Numerical Methods for Least Squares Problems. SIAM, sections 2.4 and 2.9.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0]]) + 1e9
    >>> fit = least_squares(x, np.array([1.0, 3.0, 4.0, 8.0]))
    >>> round(float(fit.coefficients[1]), 12)
    2.2
    """
    outcomes = y.reshape(x.shape[0], -1)
    design, solution, y_centering = _design_and_projection(x, outcomes, weights=weights, intercept=intercept)
    residuals, solution = _residual_pass(design, outcomes, y_centering, solution)
    coefficients = design.to_coefficients[:, int(intercept) :] @ (solution * y_centering.scale)
    if intercept:
        coefficients[0] += y_centering.mean
    shape = (coefficients.shape[0], *y.shape[1:])
    return LinearFit(design=design, coefficients=coefficients.reshape(shape), residuals=residuals.reshape(y.shape))


def _design_and_projection(
    x: FloatArray, outcomes: FloatArray | None, *, weights: FloatArray | None, intercept: bool
) -> tuple[OrthonormalDesign, FloatArray, Centering]:
    """Read the rows once: the design, the outcomes' coordinates in its basis and the outcomes' centring."""
    k = x.shape[1]
    parts = [x] if outcomes is None else [x, outcomes]
    stats = moments(parts, weights=weights, centered=intercept)
    centering = stats.centering.take(slice(0, k))
    spread = stats.spread[:k]
    level = np.abs(centering.mean) if intercept else spread
    kept, inverse_root = triangular_root(
        stats.cross[:k, :k],
        np.divide(level, spread, out=np.full(k, np.inf), where=spread > 0),
        lambda columns: _root_by_blocks(x, weights, centering, columns),
    )
    kept_centering = centering.take(kept)
    slopes = np.zeros((k, kept.size))
    slopes[kept] = inverse_root / kept_centering.scale[:, None]
    to_coefficients = slopes
    if intercept:
        to_coefficients = np.zeros((k + 1, kept.size + 1))
        to_coefficients[0, 0] = 1.0 / np.sqrt(stats.weight_sum)
        to_coefficients[0, 1:] = -(centering.mean @ slopes)
        to_coefficients[1:, 1:] = slopes
    design = OrthonormalDesign(
        x=x,
        weights=weights,
        intercept=intercept,
        centering=kept_centering,
        kept=kept,
        dropped=np.setdiff1d(np.arange(k), kept),
        inverse_root=inverse_root,
        to_coefficients=to_coefficients,
        n=stats.n,
        weight_sum=stats.weight_sum,
    )
    projection = inverse_root.T @ stats.cross[kept, k:]
    return design, projection, stats.centering.take(slice(k, None))


def _root_by_blocks(x: FloatArray, weights: FloatArray | None, centering: Centering, columns: IntArray) -> FloatArray:
    """Root of the cross-product of some columns, by a QR factorisation that takes in block after block."""
    root = np.zeros((0, columns.size))
    for rows, z in centered_blocks([x[:, columns]], centering.take(columns)):
        block = z if weights is None else z * np.sqrt(weights[rows])[:, None]
        root = root_of_rows(np.vstack([root, block]))
    return root


def _residual_pass(
    design: OrthonormalDesign, outcomes: FloatArray, y_centering: Centering, solution: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Residuals in units of the outcomes, and the solution after one step of iterative refinement."""
    k = design.kept.size
    slopes = design.inverse_root @ solution
    residuals = np.empty_like(outcomes)
    gradient = np.zeros_like(solution)
    for rows, block in centered_blocks([design.kept_columns, outcomes], design.centering.beside(y_centering)):
        z = block[:, :k]
        rest = block[:, k:] - z @ slopes
        gradient += z.T @ (rest if design.weights is None else rest * design.weights[rows, None])
        np.multiply(rest, y_centering.scale, out=residuals[rows])
    return residuals, solution + design.inverse_root.T @ gradient

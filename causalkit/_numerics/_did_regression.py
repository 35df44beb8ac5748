"""Least squares with unit effects and regressors that depend on cohort and period, from the sums by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_cells import UnitScores
from causalkit._numerics._root import root_of_rows, triangular_root

if TYPE_CHECKING:
    from causalkit._numerics._did_cells import CellSystem
    from causalkit._typing import FloatArray, IntArray

__all__ = ["CellFit", "fit_cells", "period_dummies"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellFit:
    """A regression with unit effects.

    Attributes
    ----------
    system : CellSystem
        The sums it was made from.
    design : (C, T, p) array
        Regressors by cell.
    coefficients : (p,) array
        Of the regressors; zero for one that is dropped.
    slopes : (q,) array
        Of the covariates.
    bread : (p + q, p + q) array
        Inverse of the cross-products of regressors and covariates after the units are absorbed; zero in the rows and
        columns of what is dropped.
    kept : (r,) array of int
        Positions, regressors then covariates, that are not collinear with the units and earlier ones.
    residual_squares : float
        Sum of squared residuals.
    """

    system: CellSystem
    design: FloatArray
    coefficients: FloatArray
    slopes: FloatArray
    bread: FloatArray
    kept: IntArray
    residual_squares: float

    @property
    def level(self) -> FloatArray:
        """Fitted value of each cell, up to the effect of the unit and the covariates: (C, T)."""
        return self.design @ self.coefficients

    def scores(self, columns: IntArray | slice) -> UnitScores:
        """Return how each unit's path enters the error of some coefficients (positions in regressors, covariates)."""
        p = self.coefficients.size
        return self.scores_of(np.eye(self.bread.shape[0])[:, columns][:p], np.eye(self.bread.shape[0])[:, columns][p:])

    def scores_of(self, regressors: FloatArray, covariates: FloatArray) -> UnitScores:
        """Return the same for combinations of the coefficients: (p, k) and (q, k)."""
        p = self.coefficients.size
        towards = self.bread @ np.vstack([regressors, covariates])
        return UnitScores(
            mask=self.system.mask,
            level=self.level,
            loading=(self.design @ towards[:p]) * self.system.mask[:, :, None],
            coefficients=self.slopes,
            slope=towards[p:],
        )


def fit_cells(system: CellSystem, design: FloatArray) -> CellFit:
    """Regress the outcome on regressors by cell and on the covariates, with unit effects, over the cells of the mask.

    Parameters
    ----------
    system : CellSystem
        Sums by cell.
    design : (C, T, p) array
        Regressors by cell; one that is collinear with the units and earlier ones is dropped.

    Returns
    -------
    CellFit
        Coefficients, bread, and what was dropped.

    References
    ----------
    Wansbeek, T. and Kapteyn, A. (1989). Estimation of the error-components model with incomplete panels. Journal of
    Econometrics 41(3), 341-361, section 2.
    """
    masked = design * system.mask[:, :, None]
    p, q = design.shape[2], system.sums.shape[2] - 1
    cross = system.cross.sum(axis=0)
    # (C T, p) on both sides: one product for all cohorts.
    swept = np.matmul(system.laplacian, design).reshape(-1, p)
    flat = masked.reshape(-1, p)
    gram = np.empty((p + q, p + q))
    gram[:p, :p] = flat.T @ swept
    sides = flat.T @ system.sums.reshape(-1, 1 + q)
    gram[:p, p:] = sides[:, 1:]
    gram[p:, :p] = sides[:, 1:].T
    gram[p:, p:] = cross[1:, 1:]
    right = np.concatenate([sides[:, 0], cross[1:, 0]])
    size = np.concatenate([np.sqrt(np.einsum("ct,ctp->p", system.weight, masked**2)), system.size])
    kept, bread = generalised_inverse(gram, size)
    solution = bread @ right
    solution += bread @ (right - gram @ solution)
    squares = float(cross[0, 0] - right @ solution)
    return CellFit(
        system=system,
        design=design,
        coefficients=solution[:p],
        slopes=solution[p:],
        bread=bread,
        kept=kept,
        residual_squares=max(squares, 0.0),
    )


def generalised_inverse(gram: FloatArray, size: FloatArray) -> tuple[IntArray, FloatArray]:
    """Invert a cross-product, leaving out columns that earlier ones explain.

    Parameters
    ----------
    gram : (k, k) array
        Cross-product.
    size : (k,) array
        Norm of each column before the units were absorbed: less than a billionth of it is nothing.

    Returns
    -------
    kept : (r,) array of int
        Columns that are kept.
    inverse : (k, k) array
        Zero in the rows and columns of the others.
    """
    norms = np.sqrt(np.maximum(np.diagonal(gram), 0.0))
    varying = np.flatnonzero(norms > 1e-9 * size)
    inverse = np.zeros_like(gram)
    if not varying.size:
        return varying, inverse
    scale = norms[varying]
    scaled = gram[np.ix_(varying, varying)] / np.outer(scale, scale)

    def root_by_eigenvalues(columns: IntArray) -> FloatArray:
        values, vectors = np.linalg.eigh(scaled[np.ix_(columns, columns)])
        return root_of_rows((vectors * np.sqrt(np.maximum(values, 0.0))).T)

    independent, inverse_root = triangular_root((scaled + scaled.T) / 2.0, np.zeros(scale.size), root_by_eigenvalues)
    kept, inverse_root = varying[independent], inverse_root / scale[independent, None]
    inverse[np.ix_(kept, kept)] = inverse_root @ inverse_root.T
    return kept, inverse


def period_dummies(n_cohorts: int, n_periods: int) -> FloatArray:
    """Return the dummies of all periods but the first: (C, T, T - 1)."""
    return np.broadcast_to(np.eye(n_periods)[:, 1:], (n_cohorts, n_periods, n_periods - 1))

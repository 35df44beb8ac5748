"""Covariances of a regression on cells beyond CR1: the cluster jackknife, and those that need rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._cluster_leverage import cluster_leverage
from causalkit._numerics._did_cells import CohortPaths, from_masked_mean
from causalkit._numerics._linear import least_squares
from causalkit._numerics._sandwich import SATURATED, Covariance

if TYPE_CHECKING:
    from causalkit._numerics._did_cells import UnitPaths, UnitScores
    from causalkit._numerics._did_regression import CellFit
    from causalkit._numerics._linear import LinearFit
    from causalkit._typing import IntArray

__all__ = ["fit_of_rows", "jackknife", "jackknife_of_units"]


def jackknife(paths: UnitPaths, fit: CellFit) -> Covariance:
    """Jackknife over clusters around the full-sample estimate (CV3), for all coefficients.

    Parameters
    ----------
    paths : UnitPaths
        The panel; its clusters are left out one by one.
    fit : CellFit
        The regression. Period effects are estimated anew without each cluster.

    Returns
    -------
    Covariance
        Of regressors, then covariates. ``saturated`` counts clusters without which the model is not identified.

    References
    ----------
    MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2023). Journal of Applied Econometrics 38(5), 671-694,
    equation 11.
    """
    rows, at = fit_of_rows(paths, fit.scores(fit.kept))
    unit = at // paths.n_periods
    codes = unit if paths.cluster is None else paths.cluster[unit]
    found = cluster_leverage(rows, codes, kind="CV3")
    matrix = np.zeros_like(fit.bread)
    inner = fit.bread[np.ix_(fit.kept, fit.kept)]
    matrix[np.ix_(fit.kept, fit.kept)] = inner @ found.matrix @ inner
    return Covariance(matrix=matrix, df=found.df, n_clusters=found.n_clusters, saturated=found.saturated)


def jackknife_of_units(paths: CohortPaths, fit: CellFit) -> Covariance:
    """Jackknife over units from moments: all units of a cohort have the same leverage.

    Parameters
    ----------
    paths : CohortPaths
        The moments, clustered by unit.
    fit : CellFit
        The regression.

    Returns
    -------
    Covariance
        As that of :func:`jackknife`.
    """
    p = fit.coefficients.size
    # Coordinates in which the cross-product of all rows is the identity.
    values, vectors = np.linalg.eigh(fit.bread[np.ix_(fit.kept, fit.kept)])
    to_coefficients = np.zeros((fit.bread.shape[0], fit.kept.size))
    to_coefficients[fit.kept] = vectors * np.sqrt(values)
    basis = np.matmul(from_masked_mean(fit.system.mask), fit.design @ to_coefficients[:p])
    left = np.eye(fit.kept.size) - np.matmul(np.swapaxes(basis, 1, 2), basis)
    left_values, left_vectors = np.linalg.eigh(left)
    full = left_values < SATURATED
    inflation = np.where(full, 0.0, 1.0 / np.where(full, 1.0, left_values))
    undo = np.matmul(left_vectors * inflation[:, None, :], np.swapaxes(left_vectors, 1, 2))
    scores = np.matmul(basis, undo)
    center = np.einsum("ct,ctk->ck", paths.moments.mean - fit.level, scores)
    meat = np.matmul(np.swapaxes(scores, 1, 2), np.matmul(paths.moments.scatter, scores)).sum(axis=0)
    meat += (center.T * paths.n_units) @ center
    n = paths.n_clusters
    return Covariance(
        matrix=(n - 1) / n * (to_coefficients @ meat @ to_coefficients.T),
        df=n - 1,
        n_clusters=(n,),
        saturated=int(paths.n_units[full.any(axis=1)].sum()),
    )


def fit_of_rows(paths: UnitPaths, scores: UnitScores) -> tuple[LinearFit, IntArray]:
    """The rows behind the scores of a regression: regressors and residuals with the units absorbed.

    Parameters
    ----------
    paths : UnitPaths
        The panel.
    scores : UnitScores
        Of a regression, from :meth:`CellFit.scores`.

    Returns
    -------
    fit : LinearFit
        Of the residuals on the regressors in the coordinates of the scores: its covariance, between the breads of the
        coefficients, is theirs. Rows unit by unit, those of weight zero left out.
    at : (n,) array of int
        Where each row lies among the cells of the units: its unit times the number of periods, plus its period.
    """
    regressors, residuals, weights, places = [], [], [], []
    for cohort, block in paths.blocks(scores.mask):
        w, residual, covariates = paths.residuals_of(scores, cohort, block)
        inside = w * scores.mask[cohort]
        x = np.einsum("qbt,qk->btk", covariates, scores.slope) + scores.loading[cohort]
        total = inside.sum(axis=1)
        x -= (np.einsum("bt,btk->bk", inside, x) / np.where(total > 0, total, 1.0)[:, None])[:, None, :]
        seen = inside > 0
        regressors.append(x[seen])
        residuals.append(residual[seen])
        weights.append(inside[seen])
        units = np.arange(block.start, block.stop)
        places.append((units[:, None] * paths.n_periods + np.arange(paths.n_periods))[seen])
    fit = least_squares(
        np.concatenate(regressors),
        np.concatenate(residuals),
        weights=None if paths.weights is None else np.concatenate(weights),
        intercept=False,
    )
    return fit, np.concatenate(places)

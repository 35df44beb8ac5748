"""Untreated outcomes imputed from untreated rows, and treated rows compared with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_cells import UnitScores
from causalkit._numerics._did_regression import fit_cells, generalised_inverse, period_dummies

if TYPE_CHECKING:
    from causalkit._numerics._did_cells import CellSystem, PanelPaths
    from causalkit._numerics._did_regression import CellFit
    from causalkit._typing import BoolArray, FloatArray

__all__ = ["Untreated", "fit_untreated", "imputed", "imputed_scores", "second_stage"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Untreated:
    """Unit effects, period effects and slopes, from the untreated rows.

    Attributes
    ----------
    fit : CellFit
        Regression on the dummies of the periods.
    periods : (T,) array of bool
        Periods whose effect the untreated rows identify.
    """

    fit: CellFit
    periods: BoolArray

    @property
    def system(self) -> CellSystem:
        """Sums by cell, each unit measured from its untreated mean."""
        return self.fit.system

    def gaps(self) -> FloatArray:
        """Return the sum over each cell of the outcome less its imputed value, weighted: (C, T)."""
        system = self.system
        explained = np.matmul(system.laplacian, self.fit.level[:, :, None])[:, :, 0]
        gaps: FloatArray = system.sums[:, :, 0] - explained - system.sums[:, :, 1:] @ self.fit.slopes
        return gaps

    def needs(self, weights: FloatArray) -> FloatArray:
        """Return how weighted sums of outcomes less imputed values lean on the first stage: (p + q, k).

        Parameters
        ----------
        weights : (C, T, k) array
            Weight of each row, by cell.
        """
        system = self.system
        swept = np.matmul(system.laplacian, self.fit.design)
        flat = weights.reshape(-1, weights.shape[2])
        on_periods = swept.reshape(flat.shape[0], -1).T @ flat
        on_covariates = system.sums[:, :, 1:].reshape(flat.shape[0], -1).T @ flat
        return np.vstack([on_periods, on_covariates])


def fit_untreated(paths: PanelPaths, untreated: BoolArray) -> Untreated:
    """Fit unit and period effects to the untreated rows.

    Parameters
    ----------
    paths : PanelPaths
        The panel.
    untreated : (C, T) array of bool
        Cells without treatment.

    Returns
    -------
    Untreated
        The fit.
    """
    n_cohorts, n_periods = untreated.shape
    fit = fit_cells(paths.system(untreated), period_dummies(n_cohorts, n_periods))
    periods = np.zeros(n_periods, dtype=np.bool_)
    periods[0] = bool((fit.system.weight * untreated)[:, 0].any())
    periods[1:][fit.kept[fit.kept < n_periods - 1]] = True
    return Untreated(fit=fit, periods=periods)


def imputed(first: Untreated, weights: FloatArray) -> FloatArray:
    """Weighted sums of outcomes less their imputed values: (k,).

    Parameters
    ----------
    first : Untreated
        The fit to the untreated rows.
    weights : (C, T, k) array
        Weight of each row, by cell; zero on untreated cells.
    """
    sums: FloatArray = np.einsum("ct,ctk->k", first.gaps(), weights)
    return sums


def imputed_scores(paths: PanelPaths, first: Untreated, weights: FloatArray) -> UnitScores:
    """How units enter the conservative covariance of weighted sums of treated outcomes less their imputed values.

    The effect of a treated row is measured from the mean effect of its cohort and period, so that heterogeneity
    within these counts as noise.

    Parameters
    ----------
    paths : PanelPaths
        The panel.
    first : Untreated
        The fit to the untreated rows.
    weights : (C, T, k) array
        As in :func:`imputed`.

    Returns
    -------
    UnitScores
        The sum over clusters of their outer products is the covariance.

    References
    ----------
    Borusyak, K., Jaravel, X. and Spiess, J. (2024). Review of Economic Studies 91(6), 3253-3285, theorem 3 and
    equation 8, with the groups of its section 4.3 by cohort and period.
    """
    fit, mask = first.fit, first.system.mask
    lean = fit.bread @ first.needs(weights)
    p = fit.coefficients.size
    scores = UnitScores(
        mask=mask,
        level=fit.level,
        loading=weights - (fit.design @ lean[:p]) * mask[:, :, None],
        coefficients=fit.slopes,
        slope=-lean[p:],
    )
    effects = np.where(mask, 0.0, paths.residual_center(scores))
    # The mean effect is subtracted as an offset: it must not enter the unit effect, which untreated cells fix.
    return replace(scores, offset=effects[:, :, None] * weights)


def second_stage(
    paths: PanelPaths, first: Untreated, regressors: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Regress outcomes less imputed values, of treated and untreated rows, on regressors by cell.

    Parameters
    ----------
    paths : PanelPaths
        The panel.
    first : Untreated
        The fit to the untreated rows.
    regressors : (C, T, k) array
        Regressors by cell; there is no constant.

    Returns
    -------
    coefficients : (k,) array
        Zero for a regressor that is zero throughout.
    covariance : (k, k) array
        By the generalised method of moments: with the error of the first stage, clusters as the panel has them, and
        no small-sample factor.
    residual_level : (C, T) array
        Fitted values by cell.

    References
    ----------
    Gardner, J. (2022). Two-stage differences in differences. arXiv:2207.05943, section 4.
    """
    fit, system = first.fit, first.system
    flat = regressors.reshape(-1, regressors.shape[2])
    gram = flat.T @ (flat * system.weight.reshape(-1, 1))
    _, bread = generalised_inverse(gram, np.sqrt(np.diagonal(gram)))
    coefficients = bread @ np.einsum("ctk,ct->k", regressors, first.gaps())
    fitted = regressors @ coefficients
    lean = fit.bread @ first.needs(regressors) @ bread
    p = fit.coefficients.size
    scores = UnitScores(
        mask=system.mask,
        level=fit.level,
        loading=regressors @ bread - (fit.design @ lean[:p]) * system.mask[:, :, None],
        coefficients=fit.slopes,
        slope=-lean[p:],
        offset=(fitted[:, :, None] * regressors) @ bread,
    )
    return coefficients, paths.meat([scores]), fitted

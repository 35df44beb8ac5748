"""Each cohort against the never-treated, period by period: the regression behind Sun and Abraham's estimator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_cells import UnitScores
from causalkit._numerics._did_regression import generalised_inverse

if TYPE_CHECKING:
    from causalkit._numerics._did_cells import CellSystem
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["SaturatedFit", "fit_saturated"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SaturatedFit:
    """Paths of all cohorts with unit effects and common slopes of the covariates.

    Attributes
    ----------
    system : CellSystem
        The sums it was made from.
    path : (C, T) array
        Path of each cohort from its reference period, net of the covariates.
    inverse : (C, T, T) array
        Inverse of the cross-products of the period dummies within each cohort; zero at the reference.
    identified : (C, T) array of bool
        Cells that the cohort's rows connect to its reference.
    slopes : (q,) array
        Of the covariates.
    slopes_bread : (q, q) array
        Inverse of their cross-products net of units and cohorts by period.
    kept_slopes : (r,) array of int
        Covariates that are not collinear with these.
    """

    system: CellSystem
    path: FloatArray
    inverse: FloatArray
    identified: BoolArray
    slopes: FloatArray
    slopes_bread: FloatArray
    kept_slopes: IntArray

    def scores_of(self, contrasts: FloatArray) -> UnitScores:
        """Return how each unit's path enters the error of contrasts of the paths: (C, T, k)."""
        moved = np.matmul(np.swapaxes(self.inverse, 1, 2), contrasts)
        covariate_paths = np.matmul(self.inverse, self.system.sums[:, :, 1:])
        towards = -np.einsum("ctk,ctq->qk", contrasts, covariate_paths)
        slope = self.slopes_bread @ towards
        return UnitScores(
            mask=self.system.mask,
            level=self.path,
            loading=moved - covariate_paths @ slope,
            coefficients=self.slopes,
            slope=slope,
        )


def fit_saturated(system: CellSystem, reference: IntArray) -> SaturatedFit:
    """Fit a free path to each cohort.

    Parameters
    ----------
    system : CellSystem
        Sums by cell; rows outside the mask play no role.
    reference : (C,) array of int
        Period from which each cohort's path is measured.

    Returns
    -------
    SaturatedFit
        Paths, and what their variance needs.
    """
    n_cohorts, n_periods = system.mask.shape
    inverse = np.zeros((n_cohorts, n_periods, n_periods))
    identified = np.zeros((n_cohorts, n_periods), dtype=np.bool_)
    for cohort in range(n_cohorts):
        free = np.flatnonzero(system.mask[cohort] & (np.arange(n_periods) != reference[cohort]))
        gram = system.laplacian[cohort][np.ix_(free, free)]
        kept, inner = generalised_inverse(gram, np.sqrt(system.weight[cohort, free]))
        inverse[cohort][np.ix_(free, free)] = inner
        identified[cohort, free[kept]] = True
        identified[cohort, reference[cohort]] = system.weight[cohort, reference[cohort]] > 0
    y, x = system.sums[:, :, :1] * system.mask[:, :, None], system.sums[:, :, 1:] * system.mask[:, :, None]
    of_x = np.matmul(inverse, x)
    cross = system.cross.sum(axis=0)
    gram = cross[1:, 1:] - np.einsum("ctq,ctr->qr", x, of_x)
    right = cross[1:, 0] - np.einsum("ctq,ct->q", of_x, y[:, :, 0])
    kept, bread = generalised_inverse(gram, system.size)
    slopes = bread @ right
    return SaturatedFit(
        system=system,
        path=np.matmul(inverse, y)[:, :, 0] - of_x @ slopes,
        inverse=inverse,
        identified=identified,
        slopes=slopes,
        slopes_bread=bread,
        kept_slopes=kept,
    )

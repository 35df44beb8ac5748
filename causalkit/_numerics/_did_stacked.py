"""Stacked regressions: each cohort with its clean controls in a window around its start, all stacks at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_cells import CellSystem, UnitScores
from causalkit._numerics._did_regression import CellFit, fit_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["StackedFit", "fit_stacked"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StackedFit:
    """A regression over stacks, each with its own unit and period effects.

    Attributes
    ----------
    fit : CellFit
        The regression; its cohorts are those of the first stack, then those of the next.
    n_nuisance : int
        Coefficients of the periods that come before those of interest.
    stack_weights : (S, C) array
        Weight of the rows of each cohort in each stack.
    rows : int
        Rows over all stacks.
    """

    fit: CellFit
    n_nuisance: int
    stack_weights: FloatArray
    rows: int

    def scores(self, columns: IntArray) -> list[UnitScores]:
        """Return the scores of some coefficients of interest, stack by stack."""
        n_stacks, n_cohorts = self.stack_weights.shape
        joint = self.fit.scores(columns + self.n_nuisance)
        t, k = joint.loading.shape[1:]
        loading = joint.loading.reshape(n_stacks, n_cohorts, t, k)
        level, mask = (each.reshape(n_stacks, n_cohorts, t) for each in (joint.level, joint.mask))
        return [
            UnitScores(
                mask=mask[stack],
                level=level[stack],
                loading=loading[stack],
                coefficients=joint.coefficients,
                slope=joint.slope,
                scale=self.stack_weights[stack],
            )
            for stack in range(n_stacks)
        ]


def fit_stacked(
    systems: Sequence[CellSystem], regressors: FloatArray, stack_weights: FloatArray | None = None
) -> StackedFit:
    """Fit one regression to several stacks of cohorts and periods.

    Parameters
    ----------
    systems : sequence of CellSystem
        Sums by cell of each stack, over the cells of its mask. A unit may lie in several.
    regressors : (S, C, T, k) array
        Regressors of interest by cell.
    stack_weights : (S, C) array, optional
        Weight of the rows of each cohort in each stack; one when not given.

    Returns
    -------
    StackedFit
        The fit.
    """
    masks = np.stack([each.mask for each in systems])
    n_stacks, n_cohorts, n_periods = masks.shape
    weights = np.ones((n_stacks, n_cohorts)) if stack_weights is None else stack_weights
    shares = weights.reshape(-1)
    joint = CellSystem(
        mask=masks.reshape(-1, n_periods),
        laplacian=np.concatenate([each.laplacian for each in systems]) * shares[:, None, None],
        sums=np.concatenate([each.sums for each in systems]) * shares[:, None, None],
        cross=np.concatenate([each.cross for each in systems]) * shares[:, None, None],
        weight=np.concatenate([each.weight for each in systems]) * shares[:, None],
        rows=np.concatenate([each.rows for each in systems]),
        size=np.sqrt(sum(each.size**2 for each in systems)),
    )
    nuisance = _period_dummies(masks)
    design = np.concatenate([nuisance, regressors.reshape(n_stacks * n_cohorts, n_periods, -1)], axis=2)
    return StackedFit(
        fit=fit_cells(joint, design),
        n_nuisance=nuisance.shape[2],
        stack_weights=weights,
        rows=int((joint.rows * joint.mask).sum()),
    )


def _period_dummies(masks: BoolArray) -> FloatArray:
    """Dummies of the periods of each stack but its first: (S C, T, p)."""
    n_stacks, n_cohorts, n_periods = masks.shape
    columns = []
    for stack in range(n_stacks):
        for period in np.flatnonzero(masks[stack].any(axis=0))[1:].tolist():
            column = np.zeros((n_stacks, n_cohorts, n_periods))
            column[stack, :, period] = masks[stack, :, period]
            columns.append(column.reshape(-1, n_periods))
    return np.stack(columns, axis=2)

"""Stacked regressions: each cohort with its clean controls in a window around its start, all stacks at once.

The periods of a stack are of no interest to the others: they are partialled out stack by stack, and only cross-products
of the size of the coefficients of interest are added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_cells import UnitScores
from causalkit._numerics._did_regression import generalised_inverse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._numerics._did_cells import CellSystem
    from causalkit._typing import FloatArray, IntArray

__all__ = ["Stack", "StackedFit", "fit_stacked", "stack_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """What one stack adds to a regression, its unit and period effects partialled out.

    Attributes
    ----------
    system : CellSystem
        Its sums by cell.
    weights : (C,) array
        Weight of the rows of each cohort.
    regressors : (C, T, k) array
        Regressors by cell.
    periods : (C, T, p) array
        Dummies of its periods but the first.
    on_periods : (p, k + 1 + q) array
        Coefficients of regressors, outcome and covariates on the dummies.
    gram : (k + q, k + q) array
        Cross-products of what is left of regressors and covariates.
    right : (k + q,) array
        Their cross-products with the outcome.
    """

    system: CellSystem
    weights: FloatArray
    regressors: FloatArray
    periods: FloatArray
    on_periods: FloatArray
    gram: FloatArray
    right: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StackedFit:
    """A regression over stacks, each with its own unit and period effects.

    Attributes
    ----------
    stacks : sequence of Stack
        The stacks.
    coefficients : (k + q,) array
        Of regressors, then covariates.
    bread : (k + q, k + q) array
        Inverse of their cross-products.
    kept : (r,) array of int
        Those that are not collinear.
    rows : int
        Rows over all stacks.
    n_periods : int
        Periods over all stacks.
    """

    stacks: Sequence[Stack]
    coefficients: FloatArray
    bread: FloatArray
    kept: IntArray
    rows: int
    n_periods: int

    def scores(self, n: int) -> list[UnitScores]:
        """Return the scores of the first ``n`` coefficients, stack by stack."""
        return [self._scores_in(stack, n) for stack in self.stacks]

    def _scores_in(self, stack: Stack, n: int) -> UnitScores:
        k = stack.regressors.shape[2]
        towards, slopes = self.bread[:, :n], self.coefficients[k:]
        of_x, of_y, of_covariates = np.split(stack.on_periods, [k, k + 1], axis=1)
        effects = of_y[:, 0] - of_x @ self.coefficients[:k] - of_covariates @ slopes
        left = stack.regressors @ towards[:k] - stack.periods @ (of_x @ towards[:k] + of_covariates @ towards[k:])
        mask = stack.system.mask
        return UnitScores(
            mask=mask,
            level=stack.regressors @ self.coefficients[:k] + stack.periods @ effects,
            loading=left * mask[:, :, None],
            coefficients=slopes,
            slope=towards[k:],
            scale=stack.weights,
        )


def stack_of(system: CellSystem, regressors: FloatArray, weights: FloatArray) -> Stack:
    """Partial the periods of a stack out.

    Parameters
    ----------
    system : CellSystem
        Sums by cell over the cells of the stack.
    regressors : (C, T, k) array
        Regressors of interest by cell.
    weights : (C,) array
        Weight of the rows of each cohort.

    Returns
    -------
    Stack
        What it adds to the regression.
    """
    mask = system.mask
    seen = np.flatnonzero(mask.any(axis=0))[1:]
    periods = np.zeros((*mask.shape, seen.size))
    periods[:, seen, np.arange(seen.size)] = mask[:, seen]
    x = regressors * mask[:, :, None]
    both = np.concatenate([periods, x], axis=2)
    flat, p = both.reshape(-1, both.shape[2]), seen.size
    swept = np.matmul(system.laplacian * weights[:, None, None], both).reshape(-1, both.shape[2])
    cross = flat.T @ swept
    sums = flat.T @ (system.sums * weights[:, None, None]).reshape(flat.shape[0], -1)
    mass = system.weight * weights[:, None]
    _, inverse = generalised_inverse(cross[:p, :p], np.sqrt(np.einsum("ct,ctp->p", mass, periods)))
    on_periods = inverse @ np.hstack([cross[:p, p:], sums[:p]])
    k = x.shape[2]
    total = np.einsum("c,cqr->qr", weights, system.cross)
    joint = np.block([[cross[p:, p:], sums[p:]], [sums[p:].T, total]])
    joint -= np.hstack([cross[:p, p:], sums[:p]]).T @ on_periods
    others = np.delete(np.arange(joint.shape[0]), k)
    return Stack(
        system=system,
        weights=weights,
        regressors=x,
        periods=periods,
        on_periods=on_periods,
        gram=joint[np.ix_(others, others)],
        right=joint[others, k],
    )


def fit_stacked(stacks: Sequence[Stack]) -> StackedFit:
    """Fit one regression to several stacks.

    Parameters
    ----------
    stacks : sequence of Stack
        The stacks. A unit may lie in several.

    Returns
    -------
    StackedFit
        The fit.
    """
    gram = np.sum([each.gram for each in stacks], axis=0)
    own = np.sum([np.einsum("c,ct,ctk->k", s.weights, s.system.weight, s.regressors**2) for s in stacks], axis=0)
    size = np.sqrt(np.concatenate([own, np.sum([each.system.size**2 for each in stacks], axis=0)]))
    kept, bread = generalised_inverse((gram + gram.T) / 2.0, size)
    right = np.sum([each.right for each in stacks], axis=0)
    coefficients = bread @ right
    coefficients += bread @ (right - gram @ coefficients)
    return StackedFit(
        stacks=stacks,
        coefficients=coefficients,
        bread=bread,
        kept=kept,
        rows=int(sum((each.system.rows * each.system.mask).sum() for each in stacks)),
        n_periods=int(sum(each.system.mask.any(axis=0).sum() for each in stacks)),
    )

"""Stratum means averaged over one standard population: crude, standardised and Mantel-Haenszel effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit.simpson._cells import Statistic

if TYPE_CHECKING:
    from causalkit._typing import FloatArray
    from causalkit.simpson._cells import Cells, CovType

Population = Literal["all", "treated", "control", "overlap", "inverse_variance"]

__all__ = [
    "Population",
    "Standard",
    "comparable_crude",
    "crude",
    "given_standard",
    "standard",
    "standardised",
    "standardised_mean",
]

TREATED, CONTROL = 1, 0


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """How much each stratum counts, and how that depends on the cell weights.

    Attributes
    ----------
    weight : (s,) array
        Weight of each stratum; 0 outside the comparable strata.
    d_weight : (s, 2) array
        Derivative of a stratum's weight in the weights of its two cells.
    """

    weight: FloatArray
    d_weight: FloatArray

    @property
    def share(self) -> FloatArray:
        """Weights that add up to one, shape (s,)."""
        return np.asarray(self.weight / self.weight.sum())


def standard(cells: Cells, population: Population, cov_type: CovType = "HC0") -> Standard:
    """Weights of the comparable strata in a population.

    Parameters
    ----------
    cells : Cells
        The stratum by arm table.
    population : {"all", "treated", "control", "overlap", "inverse_variance"}
        Whose composition: everybody (ATE), the treated (ATT), the controls (ATC), the overlap ``W1 W0 / (W1 + W0)`` of
        Mantel and Haenszel (ATO: the coefficient of the treatment in a least-squares fit with stratum dummies),
        or the inverse variances of the stratum effects, taken as known.
    cov_type : {"HC0", "HC2"}
        Variances used by ``"inverse_variance"``.

    Returns
    -------
    Standard
        All weights are NaN for ``"inverse_variance"`` if a comparable stratum has no variance.
    """
    use = cells.comparable
    w0, w1 = np.where(use[:, None], cells.weight, 0.0).T
    one, zero = use.astype(np.float64), np.zeros(cells.n_strata)
    if population == "all":
        return Standard(w0 + w1, np.column_stack([one, one]))
    if population == "treated":
        return Standard(w1, np.column_stack([zero, one]))
    if population == "control":
        return Standard(w0, np.column_stack([one, zero]))
    if population == "overlap":
        total = np.where(use, w0 + w1, 1.0)
        return Standard(w0 * w1 / total, np.column_stack([(w1 / total) ** 2, (w0 / total) ** 2]))
    variance = cells.variance_of_means(cov_type).sum(axis=1)
    if (variance[use] <= 0).any():
        return Standard(np.where(use, np.nan, 0.0), np.zeros((cells.n_strata, 2)))
    return Standard(np.divide(1.0, variance, out=zero, where=use), np.zeros((cells.n_strata, 2)))


def given_standard(cells: Cells, shares: FloatArray) -> Standard:
    """Weights handed in from outside, known without error; strata that are not comparable get none."""
    return Standard(np.where(cells.comparable, shares, 0.0), np.zeros((cells.n_strata, 2)))


def standardised_mean(cells: Cells, arm: int, population: Standard) -> Statistic:
    """Mean of an arm if its strata were composed like the population.

    Parameters
    ----------
    cells : Cells
        The stratum by arm table.
    arm : int
        1 treated, 0 control.
    population : Standard
        Weights of the strata.

    Returns
    -------
    Statistic
        The mean, measured from the origin of the cells.
    """
    mean = cells.mean[:, arm]
    total = population.weight.sum()
    value = float(population.weight @ mean) / total
    d_mean = np.zeros_like(cells.mean)
    d_mean[:, arm] = population.weight / total
    d_weight = population.d_weight * ((mean - value) / total)[:, None]
    return Statistic(value, d_mean, d_weight)


def standardised(cells: Cells, population: Standard) -> Statistic:
    """Treated minus control, both composed like the population."""
    return standardised_mean(cells, TREATED, population) - standardised_mean(cells, CONTROL, population)


def crude(cells: Cells) -> Statistic:
    """Treated minus control over all rows, whatever their stratum."""
    return crude_mean(cells, TREATED) - crude_mean(cells, CONTROL)


def crude_mean(cells: Cells, arm: int) -> Statistic:
    """Mean of an arm over all its rows."""
    d_weight = np.zeros_like(cells.weight)
    d_weight[:, arm] = 1.0
    return standardised_mean(cells, arm, Standard(cells.weight[:, arm], d_weight))


def comparable_crude(cells: Cells) -> Statistic:
    """Treated minus control over the rows of strata that have both arms."""
    return standardised_mean(cells, TREATED, standard(cells, "treated")) - standardised_mean(
        cells, CONTROL, standard(cells, "control")
    )

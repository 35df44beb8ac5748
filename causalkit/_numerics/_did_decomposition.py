"""What a two-way fixed-effects coefficient is an average of: two-by-two comparisons, and weights on effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_regression import fit_cells, period_dummies

if TYPE_CHECKING:
    from causalkit._numerics._did_cells import CellSystem
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["NOTHING", "Comparisons", "EffectWeights", "comparisons", "effect_weights"]

# A weight this small is rounding.
NOTHING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparisons:
    """Every two-by-two comparison of cohorts in a two-way fixed-effects coefficient.

    Attributes
    ----------
    treated, control : (m,) arrays of int
        The cohort that switches, and the one it is compared with.
    estimate : (m,) array
        Difference-in-differences, in units of the outcome.
    weight : (m,) array
        Weight in the coefficient; positive, sum one.
    """

    treated: IntArray
    control: IntArray
    estimate: FloatArray
    weight: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectWeights:
    """Weights of the effects by cohort and period in a two-way fixed-effects coefficient.

    Attributes
    ----------
    weight : (C, T) array
        Weights, zero on untreated cells, sum one.
    share : (C, T) array
        Share of the treated rows in each cell.
    """

    weight: FloatArray
    share: FloatArray

    def sign_bound(self, coefficient: float) -> float:
        """Return the least standard deviation of effects with which their average may be zero.

        Parameters
        ----------
        coefficient : float
            The two-way fixed-effects coefficient.

        Returns
        -------
        float
            Infinite when all weights are proportional to the shares.

        References
        ----------
        de Chaisemartin, C. and D'Haultfoeuille, X. (2020). American Economic Review 110(9), 2964-2996, corollary 1 i.
        """
        relative, share = self._relative()
        spread = float(np.sqrt(share @ (relative - 1.0) ** 2))
        return abs(coefficient) / spread if spread > 1e-12 else float("inf")

    def reversal_bound(self, coefficient: float) -> float:
        """Return the least standard deviation of effects with which all of them may have the opposite sign.

        Parameters
        ----------
        coefficient : float
            The two-way fixed-effects coefficient.

        Returns
        -------
        float
            Infinite when no weight is negative.

        References
        ----------
        de Chaisemartin and D'Haultfoeuille (2020), corollary 1 ii.
        """
        relative, share = self._relative()
        if not np.any(self.weight < -NOTHING):
            return float("inf")
        order = np.argsort(-relative, kind="stable")
        relative, share = relative[order], share[order]
        p, s, t = (np.cumsum((share * relative**power)[::-1])[::-1] for power in range(3))
        found = np.flatnonzero(relative * (1.0 - p) < -s)
        first = int(found[0])
        return abs(coefficient) / float(np.sqrt(t[first] + s[first] ** 2 / (1.0 - p[first])))

    def _relative(self) -> tuple[FloatArray, FloatArray]:
        """Weights over shares, and shares, of the treated cells."""
        treated = self.share > 0
        share = self.share[treated]
        return self.weight[treated] / share, share


def comparisons(mean: FloatArray, n_units: FloatArray, start: IntArray) -> Comparisons:
    """Decompose the coefficient of a balanced panel into two-by-two comparisons.

    Parameters
    ----------
    mean : (C, T) array
        Mean path of each cohort.
    n_units : (C,) array
        Units, or their weight, in each cohort.
    start : (C,) array of int
        First treated period of each cohort; ``T`` or more for the never-treated. None is zero.

    Returns
    -------
    Comparisons
        In the order of cohorts treated; a pair of treated cohorts gives two comparisons.

    References
    ----------
    Goodman-Bacon, A. (2021). Journal of Econometrics 225(2), 254-277, equations 8 and 10.
    """
    n_periods = mean.shape[1]
    treated = np.flatnonzero(start < n_periods)
    untreated = np.flatnonzero(start >= n_periods)
    share = n_units / n_units.sum()
    exposed = np.maximum(n_periods - start, 0) / n_periods
    found: list[tuple[int, int, float, float]] = []
    for first in treated.tolist():
        late = slice(int(start[first]), None)
        early = slice(0, int(start[first]))
        if untreated.size:
            mass = float(share[untreated].sum())
            control = share[untreated] @ mean[untreated] / mass
            weight = share[first] * mass * exposed[first] * (1.0 - exposed[first])
            found.append((first, int(untreated[0]), _double_difference(mean[first], control, late, early), weight))
        for other in treated.tolist():
            if start[other] == start[first]:
                continue
            both = share[first] * share[other]
            a, b = int(start[first]), int(start[other])
            if a < b:
                # The later cohort is the control until it is treated itself.
                weight = both * (exposed[first] - exposed[other]) * (1.0 - exposed[first])
                gap = _double_difference(mean[first], mean[other], slice(a, b), early)
            else:
                # The earlier cohort is the control although it is treated already.
                weight = both * exposed[first] * (exposed[other] - exposed[first])
                gap = _double_difference(mean[first], mean[other], late, slice(b, a))
            found.append((first, other, gap, weight))
    columns = list(zip(*found, strict=True))
    weights = np.array(columns[3])
    return Comparisons(
        treated=np.array(columns[0]),
        control=np.array(columns[1]),
        estimate=np.array(columns[2]),
        weight=weights / weights.sum(),
    )


def effect_weights(system: CellSystem, treated: BoolArray) -> EffectWeights:
    """Weights of the effects in the coefficient of a treatment dummy with unit and period effects.

    Parameters
    ----------
    system : CellSystem
        Sums by cell of the whole panel.
    treated : (C, T) array of bool
        Treated cells.

    Returns
    -------
    EffectWeights
        Proportional to the residual of the treatment on units, periods and covariates, times the rows of the cell.

    References
    ----------
    de Chaisemartin, C. and D'Haultfoeuille, X. (2020). American Economic Review 110(9), 2964-2996, theorem 1.
    """
    n_cohorts, n_periods = treated.shape
    design = np.concatenate([period_dummies(n_cohorts, n_periods), treated[:, :, None].astype(np.float64)], axis=2)
    fit = fit_cells(system, design)
    towards = fit.bread[:, n_periods - 1]
    # Sum over the rows of a cell of the residual of the treatment: what one unit of outcome there adds.
    swept = np.matmul(system.laplacian, design) @ towards[:n_periods]
    weight = np.where(treated, swept + system.sums[:, :, 1:] @ towards[n_periods:], 0.0)
    share = np.where(treated, system.weight, 0.0)
    return EffectWeights(weight=weight, share=share / share.sum())


def _double_difference(treated: FloatArray, control: FloatArray, late: slice, early: slice) -> float:
    return float(treated[late].mean() - treated[early].mean() - control[late].mean() + control[early].mean())

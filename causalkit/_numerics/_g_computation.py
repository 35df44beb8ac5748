"""Effects by regression in each arm of a weighted sample, averaged over a target population."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._aipw import fit_outcome
from causalkit._numerics._weighting import Contrast

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray

__all__ = ["g_computation"]


def g_computation(
    y: FloatArray, x: FloatArray, treated: BoolArray, weights: FloatArray, population: FloatArray | None
) -> Contrast:
    """Predict both outcomes for a population from weighted regressions in each arm.

    Parameters
    ----------
    y : (n,) array
        Outcome.
    x : (n, k) array
        Columns of the regressions; those constant or collinear within an arm are left out of it.
    treated : (n,) array of bool
        Treatment indicator.
    weights : (n,) array
        Weights of the regressions, from matching or weighting.
    population : (n,) array or None
        How much each row counts in the population that is averaged over; None if as much as its weight.

    Returns
    -------
    Contrast
        With the influence of both regressions and of the population's composition, and the derivative by each
        weight.

    References
    ----------
    Robins, J. (1986). A new approach to causal inference in mortality studies with a sustained exposure period.
    Mathematical Modelling 7(9-12), 1393-1512.
    """
    size = weights if population is None else population
    share = size / size.sum()
    one, zero = (fit_outcome(x, y, weights * arm) for arm in (treated, ~treated))
    gap = one.prediction - zero.prediction
    estimate = float(share @ gap)
    reach = np.where(treated, one.reach(x, share), -zero.reach(x, share))
    error = y - np.where(treated, one.prediction, zero.prediction)
    by_regression = reach * error
    by_population = np.zeros_like(y) if population is not None else (gap - estimate) / size.sum()
    return Contrast(
        estimate=estimate,
        mean_treated=float(share @ one.prediction),
        mean_control=float(share @ zero.prediction),
        influence=share * (gap - estimate) + weights * by_regression,
        gradient=by_regression + by_population,
    )

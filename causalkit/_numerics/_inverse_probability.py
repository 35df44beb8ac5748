"""Inverse-probability weights and their derivative with respect to the linear predictor of the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from causalkit._numerics._binary_response import Response
    from causalkit._typing import BoolArray, FloatArray

__all__ = ["Target", "WeightsAndSlope", "cap_weights", "inverse_probability_weights", "stabilize"]

Target = Literal["ATE", "ATT", "ATC", "ATO"]


@dataclass(frozen=True, slots=True, eq=False)
class WeightsAndSlope:
    """Weights and how they react to the score.

    Attributes
    ----------
    weights : (n,) array
        One weight per row.
    slope : (n,) array
        Derivative of each weight with respect to the row's linear predictor.
    """

    weights: FloatArray
    slope: FloatArray


def inverse_probability_weights(score: Response, treated: BoolArray, target: Target) -> WeightsAndSlope:
    """Weights that give both arms the covariates of the target population.

    Parameters
    ----------
    score : Response
        Probability of treatment, its complement and density, per row.
    treated : (n,) array of bool
        Treatment indicator.
    target : {"ATE", "ATT", "ATC", "ATO"}
        All units: 1/p and 1/(1 - p). Treated: 1 and p/(1 - p). Controls: (1 - p)/p and 1.
        Overlap: 1 - p and p.

    Returns
    -------
    WeightsAndSlope
        Not normalised.

    References
    ----------
    Li, F., Morgan, K. and Zaslavsky, A. (2018). Balancing covariates via propensity score weighting.
    Journal of the American Statistical Association 113(521), 390-400, table 1.
    """
    # Each arm's rows only: the other arm's formula may overflow there.
    p1, q1, f1 = score.probability[treated], score.complement[treated], score.density[treated]
    p0, q0, f0 = score.probability[~treated], score.complement[~treated], score.density[~treated]
    if target == "ATO":
        w1, s1, w0, s0 = q1, -f1, p0, f0
    else:
        w1, s1, w0, s0 = np.ones_like(p1), np.zeros_like(p1), np.ones_like(p0), np.zeros_like(p0)
    if target in ("ATE", "ATC"):
        w1, s1 = (1.0 if target == "ATE" else q1) / p1, -f1 / np.square(p1)
    if target in ("ATE", "ATT"):
        w0, s0 = (1.0 if target == "ATE" else p0) / q0, f0 / np.square(q0)
    weights, slope = np.empty(treated.size), np.empty(treated.size)
    weights[treated], weights[~treated] = w1, w0
    slope[treated], slope[~treated] = s1, s0
    return WeightsAndSlope(weights, slope)


def stabilize(raw: WeightsAndSlope, treated: BoolArray, base: FloatArray) -> WeightsAndSlope:
    """Scale each arm's weights to a weighted mean of one; contrasts of weighted means do not change.

    Parameters
    ----------
    raw : WeightsAndSlope
        Weights that do not include ``base``.
    treated : (n,) array of bool
        Treatment indicator.
    base : (n,) array
        Sampling weights.

    Returns
    -------
    WeightsAndSlope
        The scale is taken as given in the slope, as it cancels from weighted means.
    """
    factor = np.empty(treated.size)
    for arm in (treated, ~treated):
        factor[arm] = base[arm].sum() / (base[arm] @ raw.weights[arm])
    return WeightsAndSlope(raw.weights * factor, raw.slope * factor)


def cap_weights(raw: WeightsAndSlope, treated: BoolArray, quantile: float) -> tuple[WeightsAndSlope, int]:
    """Lower the weights above a quantile of their arm to that quantile.

    Parameters
    ----------
    raw : WeightsAndSlope
        Weights.
    treated : (n,) array of bool
        Treatment indicator.
    quantile : float
        Between 0 and 1, say 0.99.

    Returns
    -------
    WeightsAndSlope
        Capped weights; a capped weight no longer reacts to the score.
    int
        Number of weights lowered.
    """
    weights, slope = raw.weights.copy(), raw.slope.copy()
    lowered = 0
    for arm in (treated, ~treated):
        cap = float(np.quantile(weights[arm], quantile))
        # A weight that differs from the cap by rounding alone was not lowered.
        above = arm & (weights > cap * (1 + 1e-12))
        weights[above], slope[above] = cap, 0.0
        lowered += int(above.sum())
    return WeightsAndSlope(weights, slope), lowered

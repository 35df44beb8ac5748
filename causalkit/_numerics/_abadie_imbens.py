"""Variance of matching estimators (Abadie and Imbens 2006, 2011, 2016).

Matching on few neighbours is not smooth, so neither the bootstrap nor a regression's errors are valid for it. The
variance has three parts: how much the effect differs between focal units, how noisy the outcomes of partners
are that are used more than once, and what estimating the score changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from causalkit._numerics._matched_sets import MatchedSets
    from causalkit._typing import BoolArray, FloatArray

__all__ = [
    "MatchingContrast",
    "ScoreModel",
    "common_variance",
    "matching_contrast",
    "matching_variance",
    "sample_variance",
    "score_covariance",
    "score_gradient",
    "variance_in_sets",
]


@dataclass(frozen=True, slots=True, eq=False)
class MatchingContrast:
    """Differences between focal units and the partners that stand in for them.

    Attributes
    ----------
    estimate : float
        Weighted mean of the differences, treated minus control.
    effects : (f,) array
        Difference per focal unit.
    weight : (f,) array
        Sampling weight of each focal unit.
    mean_treated, mean_control : float
        The two sides of the estimate.
    """

    estimate: float
    effects: FloatArray
    weight: FloatArray
    mean_treated: float
    mean_control: float


def matching_contrast(
    y: FloatArray, treated: BoolArray, sets: MatchedSets, weights: FloatArray, prediction: FloatArray | None = None
) -> MatchingContrast:
    """Estimate the effect from matched sets, with or without correction for the distance that is left.

    Parameters
    ----------
    y : (n,) array
        Outcome.
    treated : (n,) array of bool
        Treatment indicator.
    sets : MatchedSets
        Focal units and their partners.
    weights : (n,) array
        Sampling weights.
    prediction : (n, 2) array, optional
        Regression of the outcome among controls (column 0) and among treated (column 1), at everybody's covariates.
        What the prediction differs between a focal unit and its partners is taken off (Abadie and Imbens 2011).

    Returns
    -------
    MatchingContrast
    """
    w = weights[sets.focal]
    own, stand_in = y[sets.focal], np.empty(sets.focal.size)
    is_treated = treated[sets.focal]
    if prediction is None:
        stand_in = sets.mean(y)
    else:
        for arm in (0, 1):
            # Focal units of this arm have partners in the other one.
            mask = is_treated == bool(arm)
            if mask.any():
                model = prediction[:, 1 - arm]
                stand_in[mask] = model[sets.focal[mask]] + sets.take(mask).mean(y - model)
    one, zero = np.where(is_treated, own, stand_in), np.where(is_treated, stand_in, own)
    total = w.sum()
    effects = one - zero
    # About the first value, so that a large common level costs no digits.
    mean_one, mean_zero = (float(v[0] + w @ (v - v[0]) / total) for v in (one, zero))
    estimate = float(effects[0] + w @ (effects - effects[0]) / total)
    return MatchingContrast(estimate, effects, w, mean_one, mean_zero)


def matching_variance(contrast: MatchingContrast, sets: MatchedSets, sigma2: FloatArray, *, both: bool) -> float:
    """Variance of the estimate around the effect in the population.

    Parameters
    ----------
    contrast : MatchingContrast
        The estimate.
    sets : MatchedSets
        The sets it came from.
    sigma2 : (n,) array
        Variance of the outcome given treatment and covariates, per unit.
    both : bool
        Units of both arms are focal (ATE); otherwise those of one arm (ATT, ATC).

    Returns
    -------
    float
        Squared standard error.

    Notes
    -----
    With K the sum and K' the sum of squares of the shares with which a unit serves as a partner, the ATE has
    ``[sum (tau_i - tau)^2 + sum s2_i (K_i^2 + 2 K_i - K'_i)] / n^2`` and the ATT
    ``[sum (tau_i - tau)^2 + sum s2_j (K_j^2 - K'_j)] / n1^2``.

    References
    ----------
    Abadie, A. and Imbens, G. W. (2006). Large sample properties of matching estimators for average treatment effects.
    Econometrica 74(1), 235-267, theorems 6 and 7.
    """
    n, w = sigma2.size, contrast.weight
    used, _ = sets.totals(n, w)
    _, squares = sets.totals(n, w**2)
    factor = used**2 - squares
    if both:
        own = np.zeros(n)
        own[sets.focal] = w
        factor = factor + 2.0 * own * used
    spread = float(np.sum((w * (contrast.effects - contrast.estimate)) ** 2))
    return max(spread + float(sigma2 @ factor), 0.0) / float(w.sum()) ** 2


def sample_variance(contrast: MatchingContrast, sets: MatchedSets, sigma2: FloatArray) -> float:
    """Variance of the estimate around the average effect in this very sample, covariates held fixed.

    Each unit's outcome enters with its weight as a focal unit plus its use as a partner.
    """
    used, _ = sets.totals(sigma2.size, contrast.weight)
    used[sets.focal] += contrast.weight
    return float(sigma2 @ used**2) / float(contrast.weight.sum()) ** 2


def common_variance(
    y: FloatArray,
    treated: BoolArray,
    sets: MatchedSets,
    contrast: MatchingContrast,
    prediction: FloatArray | None = None,
) -> float:
    """Variance of the outcome if it is the same for everybody: half the mean squared deviation of a pair's effect.

    The default of R's Matching: ``mean_i mean_j (y_i - y_j - tau)^2 / 2``, signs turned for focal controls, with
    outcomes less their ``prediction`` where the estimate is corrected by it.
    """
    total = 0.0
    for arm, sign in ((False, -1.0), (True, 1.0)):
        mask = treated[sets.focal] == arm
        part = sets.take(mask)
        if not part.focal.size:
            continue
        z = y - y.mean() if prediction is None else y - prediction[:, int(not arm)]
        partner = part.mean(z)
        scatter = np.maximum(part.mean(z**2) - partner**2, 0.0)
        effects = sign * (z[part.focal] - partner)
        total += float(contrast.weight[mask] @ ((effects - contrast.estimate) ** 2 + scatter))
    return 0.5 * total / float(contrast.weight.sum())


def variance_in_sets(y: FloatArray, sets: MatchedSets) -> FloatArray:
    """Sample variance of the outcome in each set: (f,); sets of one unit have none, NaN."""
    z = y - y.mean()
    size = sets.sizes.astype(np.float64)
    count = np.where(size > 1, size, np.nan)
    mean = sets.mean(z)
    return np.maximum(sets.mean(z**2) - mean**2, 0.0) * count / (count - 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class ScoreModel:
    """What the estimated score contributes.

    Attributes
    ----------
    regressors : (n, q) array
        Columns of the score's model, the constant included.
    probability, complement, density : (n,) arrays
        Of the treatment at each linear predictor.
    cov : (q, q) array
        Covariance of the model's coefficients.
    """

    regressors: FloatArray
    probability: FloatArray
    complement: FloatArray
    density: FloatArray
    cov: FloatArray


def score_covariance(
    y: FloatArray,
    model: ScoreModel,
    sets_treated: MatchedSets,
    sets_control: MatchedSets,
    weight: FloatArray,
    *,
    both: bool,
) -> FloatArray:
    """Covariance between the matching estimate and the estimated score: the vector c of Abadie and Imbens (2016).

    Parameters
    ----------
    y : (n,) array
        Outcome.
    model : ScoreModel
        The score.
    sets_treated, sets_control : MatchedSets
        For every unit, the units nearest in the score among the treated and among the controls, itself included; a few
        each.
    weight : (n,) array
        Weight of each unit in the sums, zero outside the population meant.
    both : bool
        The ATE; otherwise the ATT.

    Returns
    -------
    (q,) array
        Not yet divided by the size of the target population.
    """
    p, complement = model.probability, model.complement
    toward_one, toward_zero = (1.0 / p, 1.0 / complement) if both else (np.ones_like(p), p / complement)
    c = np.zeros(model.regressors.shape[1])
    z = y - y.mean()
    for sets, factor in ((sets_treated, toward_one), (sets_control, toward_zero)):
        size = sets.sizes.astype(np.float64)
        a = (weight * model.density * factor)[sets.focal] * np.where(size > 1, size / np.maximum(size - 1, 1), 0.0)
        mean = sets.mean(z)
        # sum_i a_i sum_j share (z_j - mean_i) x_j, summed over i first.
        total = z * sets.totals(z.size, a)[0] - sets.totals(z.size, a * mean)[0]
        c += total @ model.regressors
    return c


def score_gradient(effects: FloatArray, estimate: float, model: ScoreModel, weight: FloatArray) -> FloatArray:
    """Derivative of the ATT with respect to the score's coefficients, through the population it is an average over.

    Parameters
    ----------
    effects : (n,) array
        Effect at each unit's covariates, as estimated by matching on the covariates themselves.
    estimate : float
        The ATT.
    model : ScoreModel
        The score.
    weight : (n,) array
        Weight of each unit, zero outside the population meant.

    Returns
    -------
    (q,) array
        Not yet divided by the size of the treated population.
    """
    return np.asarray((weight * model.density * (effects - estimate)) @ model.regressors)

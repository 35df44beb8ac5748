"""Weights fitted to balance: covariate-balancing propensity scores and entropy balancing.

The just-identified balancing score and the dual of entropy balancing both maximise a concave sum over rows of
one linear index (Zhao 2019), so that Newton's method finds the one solution or shows that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from causalkit._numerics._binary_response import response
from causalkit._numerics._inverse_probability import inverse_probability_weights
from causalkit._numerics._newton import maximize, spd_inverse
from causalkit._numerics._standardize import linear_index, standardize
from causalkit._numerics._weighting import EstimatedWeights, WeightEquation

if TYPE_CHECKING:
    from causalkit._numerics._inverse_probability import Target
    from causalkit._typing import BoolArray, FloatArray

__all__ = ["BalancingWeights", "balancing_score", "entropy_balance"]

_GMM_ITERATIONS = 200
_GMM_STEP = 1e-9
_HALVINGS = 40


@dataclass(frozen=True, slots=True, eq=False)
class BalancingWeights:
    """Fitted balancing weights.

    Attributes
    ----------
    weights : (n,) array
        Weights, sampling weights included.
    model : EstimatedWeights
        How they were estimated, for standard errors.
    linear : (n,) array
        Linear predictor of the balancing score; NaN for entropy balancing.
    converged : bool
        Whether weights that balance exist and were found. If not, the other fields are not to be used.
    blocking : (k,) array of bool
        When not converged: columns whose targets lie outside what the other arm can reach, as far as known.
    overidentification : float
        The J statistic of the over-identified balancing score (degrees of freedom: number of regressors);
        NaN otherwise.
    """

    weights: FloatArray
    model: EstimatedWeights
    linear: FloatArray
    converged: bool
    blocking: BoolArray
    overidentification: float = float("nan")


def balancing_score(
    x: FloatArray, treated: BoolArray, *, target: Target, base: FloatArray, overidentified: bool
) -> BalancingWeights:
    """Logistic score fitted so that inverse-probability weights balance the columns of ``x``.

    Parameters
    ----------
    x : (n, k) array
        Columns whose means are to agree.
    treated : (n,) array of bool
        Treatment indicator.
    target : {"ATE", "ATT", "ATC", "ATO"}
        The population both arms are to look like; for the overlap population the score is the logit.
    base : (n,) array
        Sampling weights.
    overidentified : bool
        Add the likelihood's equations and weigh them all by two-step GMM, with the model-based weight
        matrix of Imai and Ratkovic at the just-identified solution. Balance is then not exact.

    Returns
    -------
    BalancingWeights
        For the ATT the just-identified weights equal those of entropy balancing.

    References
    ----------
    Imai, K. and Ratkovic, M. (2014). Covariate balancing propensity score. Journal of the Royal Statistical
    Society B 76(1), 243-263, equations 10 to 14.
    Zhao, Q. (2019). Covariate balancing propensity score by tailored loss functions. Annals of Statistics
    47(2), 965-993.
    """
    basis, z = standardize(x, base)
    start = _logit_start(z, treated, base)
    loss = _TailoredLoss(treated, base, target)
    newton = maximize(z, loss, start)
    theta, overidentification = newton.theta, float("nan")
    converged = newton.converged
    if overidentified and converged:
        theta, overidentification, converged = _two_step_gmm(z, treated, base, target, theta)
    linear = linear_index(theta, z)
    if not converged:
        blocking = _out_of_reach(x, treated, base, target)
        return BalancingWeights(base, EstimatedWeights(x, basis, ()), linear, converged=False, blocking=blocking)
    raw = inverse_probability_weights(response(linear, "logit"), treated, target)
    residual = loss.derivatives(linear, slice(None))[1]
    if overidentified:
        breads = _gmm_breads(z, treated, base, target, theta, newton.theta)
        likelihood = base * (treated - response(linear, "logit").probability)
        equation = WeightEquation(base * raw.slope, (likelihood, residual), breads)
    else:
        equation = WeightEquation(base * raw.slope, (residual,), (spd_inverse(newton.curvature),))
    return BalancingWeights(
        weights=base * raw.weights,
        model=EstimatedWeights(x, basis, (equation,)),
        linear=linear,
        converged=True,
        blocking=np.zeros(x.shape[1], dtype=bool),
        overidentification=overidentification,
    )


def entropy_balance(x: FloatArray, treated: BoolArray, *, target: Target, base: FloatArray) -> BalancingWeights:
    """Weights of least relative entropy to ``base`` whose means of ``x`` are those of the target population.

    Parameters
    ----------
    x : (n, k) array
        Columns whose means are to agree exactly.
    treated : (n,) array of bool
        Treatment indicator.
    target : {"ATE", "ATT", "ATC"}
        ATT reweights the controls, ATC the treated, ATE both to the whole sample.
    base : (n,) array
        Sampling weights.

    Returns
    -------
    BalancingWeights
        The weights of an arm sum to the size of the target population.

    References
    ----------
    Hainmueller, J. (2012). Entropy balancing for causal effects. Political Analysis 20(1), 25-46.
    """
    basis, z = standardize(x, base)
    population = {"ATE": base, "ATT": base * treated, "ATC": base * ~treated}[target]
    weights, equations, converged = base.copy(), [], True
    arms = {"ATE": (treated, ~treated), "ATT": (~treated,), "ATC": (treated,)}[target]
    for arm in arms:
        dual = _EntropyDual(population, base * arm)
        start = np.zeros(z.shape[0])
        start[0] = np.log(population.sum() / (base @ arm))
        newton = maximize(z, dual, start)
        converged = converged and newton.converged
        if not newton.converged:
            continue
        linear = linear_index(newton.theta, z)
        weights[arm] = (base * np.exp(np.where(arm, linear, 0.0)))[arm]
        residual = dual.derivatives(linear, slice(None))[1]
        equations.append(WeightEquation(weights * arm, (residual,), (spd_inverse(newton.curvature),)))
    return BalancingWeights(
        weights=weights,
        model=EstimatedWeights(x, basis, tuple(equations)),
        linear=np.full(treated.size, np.nan),
        converged=converged,
        blocking=_out_of_reach(x, treated, base, target) if not converged else np.zeros(x.shape[1], dtype=bool),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _TailoredLoss:
    """The concave function whose gradient is the covariate imbalance under inverse-probability weights."""

    treated: BoolArray
    base: FloatArray
    target: Target

    def derivatives(self, index: FloatArray, rows: slice) -> tuple[float, FloatArray, FloatArray]:
        t, base = self.treated[rows], self.base[rows]
        if self.target == "ATO":
            small = np.exp(-np.abs(index))
            value = base @ (np.where(t, index, 0.0) - np.maximum(index, 0.0) - np.log1p(small))
            p = np.where(index >= 0, 1.0, small) / (1.0 + small)
            return float(value), base * (t - p), base * small / np.square(1.0 + small)
        # Treated rows with weight 1 + odds against, controls with weight 1 + odds for, where estimated.
        estimated1, estimated0 = self.target in ("ATE", "ATC"), self.target in ("ATE", "ATT")
        fixed1, fixed0 = self.target in ("ATE", "ATT"), self.target in ("ATE", "ATC")
        with np.errstate(over="ignore"):
            odds = np.exp(np.where(t, -index, index))
        moving = np.where(t, estimated1, estimated0) * odds
        fixed = np.where(t, fixed1, fixed0)
        sign = np.where(t, 1.0, -1.0)
        return float(base @ (fixed * sign * index - moving)), base * sign * (fixed + moving), base * moving


@dataclass(frozen=True, slots=True, eq=False)
class _EntropyDual:
    """Dual of entropy balancing: the target's total of the index minus the arm's total of its exponential."""

    population: FloatArray
    arm: FloatArray

    def derivatives(self, index: FloatArray, rows: slice) -> tuple[float, FloatArray, FloatArray]:
        population, arm = self.population[rows], self.arm[rows]
        with np.errstate(over="ignore"):
            weight = np.where(arm > 0, arm * np.exp(np.where(arm > 0, index, 0.0)), 0.0)
        return float(population @ index - weight.sum()), population - weight, weight


def _logit_start(z: FloatArray, treated: BoolArray, base: FloatArray) -> FloatArray:
    """Coefficients of the maximum-likelihood logit, or of the constant alone where it has none."""
    start = np.zeros(z.shape[0])
    share = float(base @ treated / base.sum())
    start[0] = np.log(share / (1 - share))
    likelihood = maximize(z, _TailoredLoss(treated, base, "ATO"), start)
    return likelihood.theta if likelihood.converged else start


def _moments(
    z: FloatArray, treated: BoolArray, base: FloatArray, target: Target, theta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Likelihood and balance moments (2q,) and their derivative (2q, q), as sums over rows."""
    index = theta @ z
    likelihood = _TailoredLoss(treated, base, "ATO").derivatives(index, slice(None))
    balance = _TailoredLoss(treated, base, target).derivatives(index, slice(None))
    moments = np.concatenate([z @ likelihood[1], z @ balance[1]])
    jacobian = -np.concatenate([(z * likelihood[2]) @ z.T, (z * balance[2]) @ z.T])
    return moments, jacobian


def _moment_covariance(z: FloatArray, base: FloatArray, target: Target, theta: FloatArray) -> FloatArray:
    """Covariance of the moments over the randomness of treatment, summed over rows (Imai-Ratkovic, eq. 13)."""
    score = response(theta @ z, "logit")
    p, q = score.probability, score.complement
    cross, own = {"ATE": (np.ones_like(p), 1 / (p * q)), "ATT": (p, p / q), "ATC": (q, q / p)}[target]
    square = np.square(base)
    across = (z * (square * cross)) @ z.T
    return np.block([[(z * (square * p * q)) @ z.T, across], [across, (z * (square * own)) @ z.T]])


def _two_step_gmm(
    z: FloatArray, treated: BoolArray, base: FloatArray, target: Target, first: FloatArray
) -> tuple[FloatArray, float, bool]:
    """Minimise the quadratic form of all moments by Newton steps that never go uphill."""
    weigh = linalg.cho_factor(_moment_covariance(z, base, target, first))
    theta = first
    moments, jacobian = _moments(z, treated, base, target, theta)
    objective = float(moments @ linalg.cho_solve(weigh, moments))
    for _ in range(_GMM_ITERATIONS):
        weighted = linalg.cho_solve(weigh, moments)
        gradient = jacobian.T @ weighted
        gauss_newton = jacobian.T @ linalg.cho_solve(weigh, jacobian)
        bend = _moment_curvature(z, treated, base, target, theta, weighted)
        step = _descent_step(gauss_newton, bend, gradient)
        for _ in range(_HALVINGS):
            new_moments, new_jacobian = _moments(z, treated, base, target, theta + step)
            new_objective = float(new_moments @ linalg.cho_solve(weigh, new_moments))
            if new_objective <= objective * (1 + 1e-12):
                break
            step = step / 2
        else:
            return theta, objective, False
        theta = theta + step
        moments, jacobian, objective = new_moments, new_jacobian, new_objective
        if np.abs(step).max() <= _GMM_STEP * (1 + np.abs(theta).max()):
            return theta, objective, True
    return theta, objective, False


def _moment_curvature(
    z: FloatArray, treated: BoolArray, base: FloatArray, target: Target, theta: FloatArray, along: FloatArray
) -> FloatArray:
    """Second derivative (q, q) of the moments, combined with the (2q,) coefficients ``along``."""
    q = z.shape[0]
    index = theta @ z
    score = response(index, "logit")
    moving = _TailoredLoss(treated, base, target).derivatives(index, slice(None))[2]
    likelihood = base * score.density * (score.probability - score.complement)
    balance = np.where(treated, moving, -moving)
    curvature: FloatArray = (z * (likelihood * (along[:q] @ z) + balance * (along[q:] @ z))) @ z.T
    return curvature


def _descent_step(gauss_newton: FloatArray, bend: FloatArray, gradient: FloatArray) -> FloatArray:
    """Newton's step where the full second derivative is positive definite, else that of Gauss and Newton."""
    try:
        factor = linalg.cho_factor(gauss_newton + bend)
    except linalg.LinAlgError:
        factor = linalg.cho_factor(gauss_newton)
    step: FloatArray = -linalg.cho_solve(factor, gradient)
    return step


def _gmm_breads(
    z: FloatArray, treated: BoolArray, base: FloatArray, target: Target, theta: FloatArray, first: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """How the two kinds of moments move the GMM coefficients."""
    q = z.shape[0]
    weigh = linalg.cho_factor(_moment_covariance(z, base, target, first))
    _, jacobian = _moments(z, treated, base, target, theta)
    weighted = linalg.cho_solve(weigh, jacobian)
    bread = np.asarray(-np.linalg.solve(jacobian.T @ weighted, weighted.T), dtype=np.float64)
    return bread[:, :q], bread[:, q:]


def _out_of_reach(x: FloatArray, treated: BoolArray, base: FloatArray, target: Target) -> BoolArray:
    """Columns whose target mean lies on or outside the range of an arm that is to be weighted to it."""
    used = base > 0
    population = {"ATE": used, "ATO": used, "ATT": used & treated, "ATC": used & ~treated}[target]
    goal = np.average(x[population], axis=0, weights=base[population])
    out = np.zeros(x.shape[1], dtype=bool)
    for arm in (treated, ~treated):
        inside = x[used & arm]
        low, high = inside.min(axis=0), inside.max(axis=0)
        varies = x[used].max(axis=0) > x[used].min(axis=0)
        out |= varies & ((goal <= low) | (goal >= high)) & ~((low == high) & (goal == low))
    return out

"""Augmented inverse-probability weighting: doubly robust estimates and their influence functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import linalg

from causalkit._numerics._standardize import Standardizer, linear_index, standardize

if TYPE_CHECKING:
    from causalkit._numerics._binary_response import Response
    from causalkit._typing import BoolArray, FloatArray

__all__ = ["AugmentedEstimate", "OutcomeFit", "augmented_estimate", "fit_outcome"]


@dataclass(frozen=True, slots=True, eq=False)
class AugmentedEstimate:
    """A doubly robust estimate.

    Attributes
    ----------
    estimate : float
        Treated minus control, over the target population.
    mean_treated, mean_control : float
        The two potential-outcome means.
    influence : (n,) array
        Influence function with score and outcome models taken as known; its sum of squares is the variance.
    by_linear : (n,) array
        Derivative of the estimate with respect to the score's linear predictor of each row.
    by_treated, by_control : (n,) array
        Derivative with respect to each row's two predicted outcomes.
    """

    estimate: float
    mean_treated: float
    mean_control: float
    influence: FloatArray
    by_linear: FloatArray
    by_treated: FloatArray
    by_control: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeFit:
    """A linear outcome model fitted on one arm.

    Attributes
    ----------
    basis : Standardizer
        From raw columns to regressors.
    prediction : (n,) array
        Predicted outcome of every row.
    residual : (n,) array
        Weighted residual of the arm's rows; zero elsewhere.
    bread : (q, q) array
        A row moves the coefficients by ``bread @ regressors * residual``.
    """

    basis: Standardizer
    prediction: FloatArray
    residual: FloatArray
    bread: FloatArray

    def reach(self, x: FloatArray, gradient: FloatArray) -> FloatArray:
        """How much an estimate with derivative ``gradient`` by prediction moves per unit of weighted residual."""
        z = self.basis.regressors(x)
        reach: FloatArray = (z @ gradient) @ self.bread @ z
        return reach

    def correction(self, x: FloatArray, gradient: FloatArray) -> FloatArray:
        """Influence that reaches an estimate with derivative ``gradient`` through this model's coefficients."""
        return self.reach(x, gradient) * self.residual


def fit_outcome(x: FloatArray, y: FloatArray, weights: FloatArray) -> OutcomeFit:
    """Least squares of ``y`` on a constant and ``x`` over the rows of positive weight.

    Parameters
    ----------
    x : (n, k) array
        Raw columns; those constant or collinear among the rows used are left out.
    y : (n,) array
        Outcome.
    weights : (n,) array
        Zero outside the arm.

    Returns
    -------
    OutcomeFit
        Predictions for all rows.
    """
    arm = weights > 0
    w = weights[arm]
    basis, z = standardize(x[arm], w)
    mean = float(w @ y[arm] / w.sum())
    deviation = y[arm] - mean
    normal = (z * w) @ z.T
    factor = linalg.cho_factor(normal)
    theta = linalg.cho_solve(factor, z @ (w * deviation))
    # One refinement recovers the digits that the cross-products lose to nearly collinear columns.
    theta += linalg.cho_solve(factor, z @ (w * (deviation - theta @ z)))
    prediction = mean + linear_index(theta, basis.regressors(x))
    bread = linalg.cho_solve(factor, np.eye(z.shape[0]))
    return OutcomeFit(basis, prediction, weights * (y - prediction), bread)


def augmented_estimate(
    y: FloatArray,
    treated: BoolArray,
    score: Response,
    predicted: tuple[FloatArray, FloatArray],
    *,
    target: Literal["ATE", "ATT", "ATC"],
    base: FloatArray,
) -> AugmentedEstimate:
    """Doubly robust contrast: consistent if either the score or the outcome model is.

    Parameters
    ----------
    y : (n,) array
        Outcome.
    treated : (n,) array of bool
        Treatment indicator.
    score : Response
        Probability of treatment, its complement and density.
    predicted : tuple of two (n,) arrays
        Predicted outcome with and without treatment.
    target : {"ATE", "ATT", "ATC"}
        The population averaged over.
    base : (n,) array
        Sampling weights.

    Returns
    -------
    AugmentedEstimate
        Not normalised; its influence function is the efficient one.

    References
    ----------
    Robins, J., Rotnitzky, A. and Zhao, L. (1994). Estimation of regression coefficients when some regressors
    are not always observed. Journal of the American Statistical Association 89(427), 846-866.
    Hahn, J. (1998). On the role of the propensity score in efficient semiparametric estimation of average
    treatment effects. Econometrica 66(2), 315-331, theorem 1.
    """
    m1, m0 = predicted
    # Potential-outcome means are averages of  member * m + gain * (y - m)  over the target's size.
    p, q, f = score.probability, score.complement, score.density
    t, c = treated.astype(np.float64), (~treated).astype(np.float64)
    if target == "ATE":
        member = np.ones_like(p)
        gain1, gain0 = _over(t, p), _over(c, q)
        slope1, slope0 = -gain1 * _over(t * f, p), gain0 * _over(c * f, q)
    elif target == "ATT":
        member, gain1, slope1 = t, t, np.zeros_like(p)
        gain0 = _over(c * p, q)
        slope0 = _over(c * f, np.square(q))
    else:
        member, gain0, slope0 = c, c, np.zeros_like(p)
        gain1 = _over(t * q, p)
        slope1 = -_over(t * f, np.square(p))
    size = float(base @ member)
    share = base / size
    part1 = share * (member * m1 + gain1 * (y - m1))
    part0 = share * (member * m0 + gain0 * (y - m0))
    mean1, mean0 = float(part1.sum()), float(part0.sum())
    estimate = mean1 - mean0
    return AugmentedEstimate(
        estimate=estimate,
        mean_treated=mean1,
        mean_control=mean0,
        influence=part1 - part0 - share * member * estimate,
        by_linear=share * (slope1 * (y - m1) - slope0 * (y - m0)),
        by_treated=share * (member - gain1),
        by_control=-share * (member - gain0),
    )


def _over(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient, zero where the numerator is: the other arm's probabilities may be zero to rounding."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=numerator != 0)

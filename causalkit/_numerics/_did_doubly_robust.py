"""One cohort against its controls when trends depend on covariates: regression, weighting, or both.

The outcomes are changes, or levels of which changes will be taken: all three estimators are linear in them. What is
fitted is small; influence functions are computed from it block by block, so that no array of all units by all cells is
needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._binary_response import LogitLikelihood, fit_binary_response
from causalkit._numerics._newton import maximize, spd_inverse

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray

__all__ = ["Comparison", "ControlRegression", "Method", "Score", "compare", "control_regression", "fit_score"]

Method = Literal["regression", "ipw", "doubly_robust"]

# Controls with a propensity score at or above this are left out, as in Sant'Anna and Zhao's own program.
TRIM = 0.995
ODDS = TRIM / (1.0 - TRIM)
# Directions of the controls' covariates with less than this part of the variance of the largest are not theirs.
_RANK = 1e-10
# Distance of the treated mean from the span of the controls, in standard deviations, that rounding may explain.
OUTSIDE = 1e-6
_BLOCK = 1 << 13
# Rows from which on the logit starts from a part of them, and how many that part has.
_LARGE, _PART = 100_000, 10_000
# Smallest eigenvalue of the scaled information below which the columns are looked at one by one.
_NEARLY_COLLINEAR = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class ControlRegression:
    """Outcomes of the controls on their covariates.

    Attributes
    ----------
    slopes : (q, m) array
        Coefficients of the regressors.
    inverse : (q, q) array
        Generalised inverse of the weighted cross-product of the regressors.
    unseen : (q, r) array
        Directions in which the controls do not vary; a treated mean that lies there cannot be predicted.
    """

    slopes: FloatArray
    inverse: FloatArray
    unseen: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """The logit of being treated rather than a control.

    Attributes
    ----------
    theta : (q,) array
        Coefficients of the regressors; zero for one that repeats others.
    inverse : (q, q) array
        Inverse of the information.
    converged : bool
        Whether there is a maximum; if not, the covariates separate the arms and nothing else is to be used.
    """

    theta: FloatArray
    inverse: FloatArray
    converged: bool

    def odds(self, z: FloatArray) -> FloatArray:
        """Odds of treatment of each row of the regressors (q, n)."""
        return np.exp(self.theta @ z)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Mean outcomes of the treated less what their controls say they would have been.

    Attributes
    ----------
    method : {"regression", "ipw", "doubly_robust"}
        How the controls speak for the treated.
    gap : (m,) array
        The difference, for each outcome.
    n_trimmed : int
        Controls left out because their score is close to one.
    largest_odds : float
        Largest odds among the controls kept; NaN without a score.
    is_identified : bool
        Whether the score has a maximum and the controls vary wherever the treated differ from them.
    """

    method: Method
    gap: FloatArray
    n_trimmed: int
    largest_odds: float
    is_identified: bool
    _slopes: FloatArray
    _score: Score | None
    _treated_mean: FloatArray
    _control_mean: FloatArray
    _weight_treated: float
    _weight_control: float
    _reach: FloatArray
    _pull: FloatArray

    def influence(self, z: FloatArray, y: FloatArray, weights: FloatArray | None, *, treated: bool) -> FloatArray:
        """Influence of some rows of one arm on the gap; its sum over all rows is the estimation error.

        Parameters
        ----------
        z : (q, b) array
            Regressors.
        y : (b, m) array
            Outcomes.
        weights : (b,) array, optional
            Weights.
        treated : bool
            Which arm the rows belong to.

        Returns
        -------
        (b, m) array
        """
        w = np.ones(z.shape[1]) if weights is None else weights
        rest = y - z.T @ self._slopes if self.method != "ipw" else y
        if treated:
            out = (rest - self._treated_mean) * (w / self._weight_treated)[:, None]
            if self._score is not None:
                missing = w / (1.0 + self._score.odds(z))
                out -= (missing * z).T @ self._pull
            return out
        # A control's residual counts through its own weight and through the regression that it is part of.
        factor = w * (self._reach @ z) if self.method != "ipw" else np.zeros_like(w)
        if self._score is None:
            return rest * -factor[:, None]
        odds = self._score.odds(z)
        own = np.where(odds < ODDS, w * odds, 0.0) / self._weight_control
        parts = np.vstack([own, (w * odds / (1.0 + odds)) * z])
        out = parts.T @ np.vstack([self._control_mean, self._pull])
        out -= rest * (own + factor)[:, None]
        return out


def control_regression(z: FloatArray, y: FloatArray, weights: FloatArray | None) -> ControlRegression:
    """Regress the controls' outcomes on their regressors.

    Parameters
    ----------
    z : (q, n0) array
        Regressors, the constant first, standardised.
    y : (n0, m) array
        Outcomes.
    weights : (n0,) array, optional
        Positive weights.

    Returns
    -------
    ControlRegression
        Least squares, of least norm where regressors repeat one another.
    """
    gram, moments = _cross_products(z, y, weights)
    values, vectors = np.linalg.eigh(gram)
    kept = values > _RANK * values[-1]
    seen = vectors[:, kept]
    inverse = (seen / values[kept]) @ seen.T
    slopes = inverse @ moments
    # One step of refinement, for the digits that the cross-products lose.
    left = np.zeros_like(slopes)
    for rows in _blocks(z):
        rest = y[rows] - z[:, rows].T @ slopes
        left += (z[:, rows] if weights is None else z[:, rows] * weights[rows]) @ rest
    return ControlRegression(slopes=slopes + inverse @ left, inverse=inverse, unseen=vectors[:, ~kept])


def _blocks(z: FloatArray) -> list[slice]:
    """Rows in blocks that fit the cache."""
    return [slice(at, min(at + _BLOCK, z.shape[1])) for at in range(0, z.shape[1], _BLOCK)]


def _cross_products(z: FloatArray, y: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """Weighted cross-products of the regressors with themselves and with the outcomes."""
    gram, moments = np.zeros((z.shape[0], z.shape[0])), np.zeros((z.shape[0], y.shape[1]))
    for rows in _blocks(z):
        zw = z[:, rows] if weights is None else z[:, rows] * weights[rows]
        gram += zw @ z[:, rows].T
        moments += zw @ y[rows]
    return gram, moments


def fit_score(z: FloatArray, treated: BoolArray, weights: FloatArray | None) -> Score:
    """Fit the logit of treatment by maximum likelihood.

    Parameters
    ----------
    z : (q, n) array
        Regressors, the constant first.
    treated : (n,) array of bool
        Treated rows; the others are the controls.
    weights : (n,) array, optional
        Positive weights.

    Returns
    -------
    Score
        The fit, in the coordinates of ``z``.
    """
    own = np.ones(z.shape[1]) if weights is None else weights
    direct = _on_given_columns(z, treated, own)
    if direct is not None:
        return direct
    q = z.shape[0]
    fit = fit_binary_response(z[1:].T, treated, link="logit", weights=own)
    if not fit.converged:
        return Score(np.zeros(q), np.zeros((q, q)), converged=False)
    return Score(
        theta=np.nan_to_num(fit.coefficients),
        inverse=np.nan_to_num(fit.basis.raw_covariance(fit.bread)),
        converged=True,
    )


def _on_given_columns(z: FloatArray, treated: BoolArray, weights: FloatArray) -> Score | None:
    """Fit the logit in the columns as they are; None where these rows make them collinear or separate the arms."""
    sign = np.where(treated, 1.0, -1.0)
    start = np.zeros(z.shape[0])
    if z.shape[1] > _LARGE:
        # A part of the rows finds the neighbourhood of the maximum.
        part = slice(None, None, z.shape[1] // _PART)
        near = maximize(np.ascontiguousarray(z[:, part]), LogitLikelihood(sign[part], weights[part]), start)
        start = near.theta if near.converged else start
    found = maximize(z, LogitLikelihood(sign, weights), start)
    if not found.converged:
        return None
    scale = np.sqrt(np.diagonal(found.curvature))
    if float(np.linalg.eigvalsh(found.curvature / np.outer(scale, scale))[0]) < _NEARLY_COLLINEAR:
        return None
    return Score(theta=found.theta, inverse=spd_inverse(found.curvature), converged=True)


def compare(
    treated: tuple[FloatArray, FloatArray, FloatArray | None],
    controls: tuple[FloatArray, FloatArray, FloatArray | None],
    *,
    method: Method,
    regression: ControlRegression | None = None,
) -> Comparison:
    """Compare the treated with controls whose covariates are brought to theirs.

    Parameters
    ----------
    treated, controls : tuple of z (q, n), y (n, m), weights (n,) or None
        Regressors with the constant first, outcomes and positive weights of each arm.
    method : {"regression", "ipw", "doubly_robust"}
        Predict from the controls' regression (Heckman, Ichimura and Todd 1997); weight the controls by the odds of
        treatment, weights that sum to one (Abadie 2005, Hajek's form); or weight the residuals of the regression
        (Sant'Anna and Zhao 2020, equation 3.1).
    regression : ControlRegression, optional
        The controls' regression, where it has been run before.

    Returns
    -------
    Comparison
        The gap in each outcome, and all that its influence function needs.

    References
    ----------
    Sant'Anna, P. H. C. and Zhao, J. (2020). Journal of Econometrics 219(1), 101-122.

    Examples
    --------
    >>> import numpy as np
    >>> z1, z0 = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 1.0, 1.0], [-1.0, 0.0, 1.0]])
    >>> y1, y0 = np.array([[3.0], [4.0]]), np.array([[0.0], [1.0], [2.0]])
    >>> compare((z1, y1, None), (z0, y0, None), method="regression").gap.round(12).tolist()
    [2.0]
    """
    z1, y1, w1 = treated
    z0, y0, w0 = controls
    q, m = z1.shape[0], y1.shape[1]
    if method != "ipw" and regression is None:
        regression = control_regression(z0, y0, w0)
    score = None
    if method != "regression":
        arm = np.arange(z1.shape[1] + z0.shape[1]) < z1.shape[1]
        score = fit_score(np.hstack([z1, z0]), arm, None if w1 is None or w0 is None else np.concatenate([w1, w0]))
    slopes = np.zeros((q, m)) if regression is None else regression.slopes
    gram, moments = _cross_products(z1, y1, w1)
    weight_treated, middle = float(gram[0, 0]), gram[:, 0] / gram[0, 0]
    treated_mean = moments[0] / weight_treated - middle @ slopes
    control_mean, control_middle, pull = np.zeros(m), np.zeros(q), np.zeros((q, m))
    weight_control, n_trimmed, largest = np.nan, 0, np.nan
    is_identified = regression is None or float(np.abs(regression.unseen.T @ middle).max(initial=0.0)) < OUTSIDE
    if score is not None:
        odds = score.odds(z0)
        kept = odds < ODDS
        gram, moments = _cross_products(z0, y0, np.where(kept, odds if w0 is None else odds * w0, 0.0))
        weight_control = float(gram[0, 0])
        is_identified = is_identified and score.converged and weight_control > 0
        if is_identified:
            control_middle = gram[:, 0] / weight_control
            control_mean = moments[0] / weight_control - control_middle @ slopes
            products = (moments - gram @ slopes) / weight_control
            pull = score.inverse @ (products - np.outer(control_middle, control_mean))
            n_trimmed, largest = int(kept.size - np.count_nonzero(kept)), float(odds[kept].max())
    reach = np.zeros(q) if regression is None else regression.inverse @ (middle - control_middle)
    return Comparison(
        method=method,
        gap=treated_mean - control_mean,
        n_trimmed=n_trimmed,
        largest_odds=largest,
        is_identified=is_identified,
        _slopes=slopes,
        _score=score,
        _treated_mean=treated_mean,
        _control_mean=control_mean,
        _weight_treated=weight_treated,
        _weight_control=weight_control,
        _reach=reach,
        _pull=pull,
    )

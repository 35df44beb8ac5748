"""Logit and probit by maximum likelihood.

Newton's method with the observed information on standardised columns, run until the step is negligible: the
fit is the maximum of the likelihood to rounding, or says that it is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special

from causalkit._numerics._newton import maximize, spd_inverse
from causalkit._numerics._separation import separating_columns
from causalkit._numerics._standardize import Standardizer, linear_index, standardize

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray

__all__ = ["BinaryResponseFit", "Link", "LogitLikelihood", "fit_binary_response", "response"]

Link = Literal["logit", "probit"]

_LOG_ROOT_2PI = 0.5 * float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class BinaryResponseFit:
    """A fitted logit or probit.

    Attributes
    ----------
    link : {"logit", "probit"}
        The response function.
    basis : Standardizer
        From raw columns to regressors; names constant and collinear columns.
    theta : (q,) array
        Coefficients of the regressors, the constant first.
    linear : (n,) array
        Linear predictor of every row, rows of weight zero included.
    residual : (n,) array
        Derivative of a row's log-likelihood with respect to its linear predictor, times the row's weight:
        the score of row ``i`` is ``residual[i]`` times its regressors.
    information : (q, q) array
        Observed information (minus the second derivative of the log-likelihood) in the regressors' coordinates.
    expected_information : (q, q) array
        Its expectation; the same for the logit.
    log_likelihood : float
        Weighted log-likelihood.
    converged : bool
        The maximum was reached. If not, no other field is to be used but the next.
    separating : (k,) array of bool
        Raw columns whose combination separates the two outcomes, wholly or but for ties; empty when converged.
    n_iterations : int
        Newton steps.
    """

    link: Link
    basis: Standardizer
    theta: FloatArray
    linear: FloatArray
    residual: FloatArray
    information: FloatArray
    expected_information: FloatArray
    log_likelihood: float
    converged: bool
    separating: BoolArray
    n_iterations: int

    @property
    def coefficients(self) -> FloatArray:
        """Coefficients of (1, x) in raw units, (k + 1,); NaN for a column left out."""
        return self.basis.raw_coefficients(self.theta)

    @property
    def cov(self) -> FloatArray:
        """Covariance of the raw coefficients: inverse expected information, (k + 1, k + 1)."""
        return self.basis.raw_covariance(spd_inverse(self.expected_information))

    @cached_property
    def bread(self) -> FloatArray:
        """Inverse observed information, (q, q): a row moves ``theta`` by ``bread @ regressors * residual``."""
        return spd_inverse(self.information)


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """The response function at given linear predictors.

    Attributes
    ----------
    probability, complement : (n,) array
        Probability of one and of zero, each with full relative precision.
    density : (n,) array
        Derivative of the probability.
    """

    probability: FloatArray
    complement: FloatArray
    density: FloatArray


def response(linear: FloatArray, link: Link) -> Response:
    """Probability of one and of zero, and the density, at each linear predictor.

    Parameters
    ----------
    linear : (n,) array
        Linear predictor.
    link : {"logit", "probit"}
        The response function.

    Returns
    -------
    Response
        Both tails are right where the other one rounds to one.
    """
    if link == "logit":
        probability, complement = _logistic(linear)
        return Response(probability, complement, probability * complement)
    density = np.exp(-0.5 * np.square(linear) - _LOG_ROOT_2PI)
    return Response(special.ndtr(linear), special.ndtr(-linear), density)


def fit_binary_response(x: FloatArray, y: BoolArray, *, link: Link, weights: FloatArray) -> BinaryResponseFit:
    """Fit a logit or probit of ``y`` on a constant and the columns of ``x``.

    Parameters
    ----------
    x : (n, k) array
        Columns, finite; constant and collinear ones are left out and marked in ``basis``.
    y : (n,) array of bool
        The binary outcome; both values occur among rows of positive weight.
    link : {"logit", "probit"}
        The response function.
    weights : (n,) array
        Row weights, not negative; a weight of two counts as the row twice.

    Returns
    -------
    BinaryResponseFit
        The maximum-likelihood fit, or one with ``converged`` false and the separating columns marked.

    References
    ----------
    Albert, A. and Anderson, J. (1984). On the existence of maximum likelihood estimates in logistic
    regression models. Biometrika 71(1), 1-10.
    """
    basis, z = standardize(x, weights)
    sign = np.where(y, 1.0, -1.0)
    likelihood = LogitLikelihood(sign, weights) if link == "logit" else _Probit(sign, weights)
    start = np.zeros(z.shape[0])
    share = float(weights @ y / weights.sum())
    start[0] = np.log(share / (1 - share)) if link == "logit" else special.ndtri(share)
    newton = maximize(z, likelihood, start)
    linear = linear_index(newton.theta, z)
    _, residual, _ = likelihood.derivatives(linear, slice(None))
    separating = np.zeros(x.shape[1], dtype=bool)
    if not newton.converged:
        marked = separating_columns(z, y, weights, newton.direction)
        separating[np.flatnonzero(basis.kept)[marked]] = True
    expected = newton.curvature
    if link == "probit" and newton.converged:
        at = response(linear, link)
        expected = (z * (weights * np.square(at.density) / (at.probability * at.complement))) @ z.T
    return BinaryResponseFit(
        link=link,
        basis=basis,
        theta=newton.theta,
        linear=linear,
        residual=residual,
        information=newton.curvature,
        expected_information=expected,
        log_likelihood=newton.value,
        converged=newton.converged,
        separating=separating,
        n_iterations=newton.n_iterations,
    )


@dataclass(frozen=True, slots=True, eq=False)
class LogitLikelihood:
    """Log-likelihood of the logit; ``sign`` is plus one for y = 1 and minus one for y = 0."""

    sign: FloatArray
    weights: FloatArray

    def derivatives(self, index: FloatArray, rows: slice) -> tuple[float, FloatArray, FloatArray]:
        """Return the summed value, and per row the first and minus the second derivative."""
        sign, weights = self.sign[rows], self.weights[rows]
        margin = sign * index
        small = np.exp(-np.abs(margin))
        denominator = 1.0 + small
        value = weights @ (np.minimum(margin, 0.0) - np.log(denominator))
        # The probability of the other outcome, without cancellation on either side.
        miss = np.where(margin >= 0, small, 1.0) / denominator
        return float(value), weights * sign * miss, weights * small / np.square(denominator)


@dataclass(frozen=True, slots=True, eq=False)
class _Probit:
    """Log-likelihood of the probit."""

    sign: FloatArray
    weights: FloatArray

    def derivatives(self, index: FloatArray, rows: slice) -> tuple[float, FloatArray, FloatArray]:
        sign, weights = self.sign[rows], self.weights[rows]
        margin = sign * index
        log_hit = special.log_ndtr(margin)
        mills = np.exp(-0.5 * np.square(margin) - _LOG_ROOT_2PI - log_hit)
        return float(weights @ log_hit), weights * sign * mills, weights * mills * (mills + margin)


def _logistic(linear: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Both tails of the logistic distribution."""
    small = np.exp(-np.abs(linear))
    near, far = 1.0 / (1.0 + small), small / (1.0 + small)
    upper = linear >= 0
    return np.where(upper, near, far), np.where(upper, far, near)

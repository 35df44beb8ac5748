"""Newton's method for concave objectives that are sums over rows of a function of one linear index.

Logit and probit likelihoods, covariate-balancing scores and the dual of entropy balancing are all of this
form: the value, its first and its second derivative with respect to the index are all that differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import linalg

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

__all__ = ["NewtonFit", "RowObjective", "maximize", "spd_inverse"]

# Rows per block: 8,192 rows of a dozen regressors stay in the processor's cache.
_BLOCK = 8192
_MAX_ITERATIONS = 60
_MAX_HALVINGS = 30
# The last step taken, in standardised units; convergence is quadratic, so that what is left is rounding.
_STEP = 1e-9


class RowObjective(Protocol):
    """The contribution of rows to the objective, as a function of their linear index."""

    def derivatives(self, index: FloatArray, rows: slice) -> tuple[float, FloatArray, FloatArray]:
        """Return the summed value, and per row the first and minus the second derivative."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class NewtonFit:
    """Where the iterations ended.

    Attributes
    ----------
    theta : (q,) array
        Coefficients of the regressors.
    value : float
        The objective there.
    curvature : (q, q) array
        Minus its second derivative there.
    converged : bool
        The last step was negligible; if not, the objective has no maximum, or none that could be reached.
    direction : (q,) array
        The last step, scaled to a largest entry of one: the direction of escape where there is no maximum.
    n_iterations : int
        Newton steps taken.
    """

    theta: FloatArray
    value: float
    curvature: FloatArray
    converged: bool
    direction: FloatArray
    n_iterations: int


def maximize(z: FloatArray, objective: RowObjective, start: FloatArray) -> NewtonFit:
    """Maximise a concave row objective over the coefficients of its linear index.

    Parameters
    ----------
    z : (q, n) array
        Regressors, one per row of the array, standardised.
    objective : RowObjective
        Value and derivatives.
    start : (q,) array
        Starting coefficients.

    Returns
    -------
    NewtonFit
        The maximum, or the point where the search was given up.
    """
    theta = start
    value, gradient, curvature = _pass(z, objective, theta)
    step, n_iterations, converged = np.zeros_like(theta), 0, False
    while not converged and n_iterations < _MAX_ITERATIONS:
        newton = _newton_step(curvature, gradient)
        found = None if newton is None else _ascend(z, objective, theta, newton, value)
        if found is None:
            break
        step, value, gradient, curvature = found
        theta = theta + step
        n_iterations += 1
        converged = bool(np.abs(step).max() <= _STEP * (1.0 + np.abs(theta).max()))
    largest = float(np.abs(step).max())
    return NewtonFit(
        theta=theta,
        value=value,
        curvature=curvature,
        converged=converged,
        direction=step / largest if largest > 0 else step,
        n_iterations=n_iterations,
    )


def spd_inverse(matrix: FloatArray) -> FloatArray:
    """Inverse of a symmetric positive definite matrix, symmetric to the last digit."""
    inverse: FloatArray = linalg.cho_solve(linalg.cho_factor(matrix), np.eye(matrix.shape[0]))
    return (inverse + inverse.T) / 2


def _pass(z: FloatArray, objective: RowObjective, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """One pass over the rows: value, gradient and curvature."""
    q, n = z.shape
    value, gradient, curvature = 0.0, np.zeros(q), np.zeros((q, q))
    for begin in range(0, n, _BLOCK):
        rows = slice(begin, min(begin + _BLOCK, n))
        block = z[:, rows]
        part, first, second = objective.derivatives(theta @ block, rows)
        value += part
        gradient += block @ first
        curvature += (block * second) @ block.T
    return value, gradient, curvature


def _newton_step(curvature: FloatArray, gradient: FloatArray) -> FloatArray | None:
    """Solve for the step; None where the curvature is no longer positive definite in this precision."""
    if not (np.isfinite(curvature).all() and np.isfinite(gradient).all()):
        return None
    try:
        factor = linalg.cho_factor(curvature)
    except linalg.LinAlgError:
        return None
    step: FloatArray = linalg.cho_solve(factor, gradient)
    return step


def _ascend(
    z: FloatArray, objective: RowObjective, theta: FloatArray, step: FloatArray, value: float
) -> tuple[FloatArray, float, FloatArray, FloatArray] | None:
    """Halve the step until the objective does not fall; None if it always does."""
    slack = 1e-12 * (abs(value) + 1.0)
    for _ in range(_MAX_HALVINGS):
        # A step too far may overflow; its value is then minus infinity or NaN, and the step is halved.
        with np.errstate(over="ignore", invalid="ignore"):
            new_value, gradient, curvature = _pass(z, objective, theta + step)
        if new_value >= value - slack:
            return step, new_value, gradient, curvature
        step = step / 2
    return None

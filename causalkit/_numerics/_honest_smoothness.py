"""Shortest intervals for a post-treatment effect when violations of parallel trends bend by at most a bound.

Rambachan and Roth (2023, section 4.1), after Armstrong and Kolesar (2018): estimates that are linear in the
event-study coefficients, with the weights that make the interval shortest in the worst case. Weights on the periods
before treatment must remove any linear trend; what is left of the bias is ``bound`` times the absolute sum of the
weights on the bends. The least spread for each bias is a lasso, and one scalar equation says where on its path the
interval is shortest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize
from scipy.linalg import solve_triangular

from causalkit._numerics._honest import bias_aware_critical, bias_aware_p

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

__all__ = ["LinearEstimate", "shortest_interval", "smoothness_breakdown", "smoothness_p_value"]

FARTHEST = 2.0**40
SMALLEST_SIZE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearEstimate:
    """A weighted sum of event-study coefficients and its worst bias.

    Attributes
    ----------
    weights : (k,) array
        Weights of the coefficients.
    estimate, std_error, max_bias : float
        In units of the outcome.
    """

    weights: FloatArray
    estimate: float
    std_error: float
    max_bias: float

    def half_width(self, level: float) -> float:
        """Half the length of the interval with coverage ``level`` under any bias within the bound."""
        if self.std_error == 0.0:
            return self.max_bias
        return bias_aware_critical(level, self.max_bias / self.std_error) * self.std_error


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Frontier:
    """Weights without bias from linear trends: ``base + moves @ z``, with bias ``bound * (fixed + sum |z|)``."""

    estimates: FloatArray
    base: FloatArray
    moves: FloatArray
    fixed: float
    inverse: FloatArray
    target: FloatArray
    cov: FloatArray

    def at(self, penalty: float, bound: float) -> LinearEstimate:
        """Estimate of least variance plus ``2 * penalty * sum |z|``: the dual is a bounded least-squares problem."""
        slack = np.zeros_like(self.target)
        if penalty > 0.0 and self.target.size:
            ends = np.full(self.target.size, penalty)
            goal = -self.inverse.T @ self.target
            slack = optimize.lsq_linear(self.inverse.T, goal, bounds=(-ends, ends), method="bvls", tol=1e-15).x
        z = -self.inverse @ (self.inverse.T @ (self.target + slack))
        # On the inside of the bounds the weight is zero, not a rounding of it.
        z = np.where((np.abs(slack) < penalty * (1.0 - 1e-9)) & (penalty > 0.0), 0.0, z)
        weights = self.base + self.moves @ z
        return LinearEstimate(
            weights=weights,
            estimate=float(weights @ self.estimates),
            std_error=math.sqrt(max(float(weights @ self.cov @ weights), 0.0)),
            max_bias=bound * (self.fixed + float(np.abs(z).sum())),
        )


def shortest_interval(
    estimates: FloatArray, cov: FloatArray, n_before: int, weights: FloatArray, *, bound: float, level: float
) -> LinearEstimate:
    """Linear estimate whose interval is the shortest among those that hold for every bend within the bound.

    Parameters
    ----------
    estimates : (k,) array
        Event-study coefficients in order of time, one period apart, without the reference period just before
        treatment.
    cov : (k, k) array
        Their covariance, positive definite.
    n_before : int
        How many of them lie before treatment; at least one.
    weights : (k - n_before,) array
        The effect is their combination of the coefficients after treatment.
    bound : float
        Largest change, between neighbouring periods, of the slope of the violation, in units of the outcome.
    level : float
        Coverage, in (0, 1); below one half the weights are those of one half.

    Returns
    -------
    LinearEstimate
        With its weights and worst bias.

    References
    ----------
    Rambachan, A. and Roth, J. (2023). Review of Economic Studies 90(5), 2555-2591, section 4.1 and proposition 4.1.
    """
    frontier = _frontier(estimates, cov, n_before, weights)
    # Below one half, less certainty would call for more spread: the weights of one half serve all of them.
    level = max(level, 0.5)
    if bound == 0.0 or frontier.target.size == 0:
        return frontier.at(0.0, bound)

    def excess(penalty: float) -> float:
        """Zero where a little less bias is worth as much as a little less spread."""
        here = frontier.at(penalty, bound)
        ratio = here.max_bias / here.std_error
        critical = bias_aware_critical(level, ratio)
        worth = math.tanh(critical * ratio)
        return penalty - bound * here.std_error * worth / (critical - ratio * worth)

    most = float(np.abs(frontier.target).max())
    if excess(most) <= 0.0:
        return frontier.at(most * (1.0 + 1e-12), bound)
    return frontier.at(optimize.brentq(excess, 0.0, most, xtol=1e-11 * most), bound)


def _frontier(estimates: FloatArray, cov: FloatArray, n_before: int, weights: FloatArray) -> _Frontier:
    """Write the weights before treatment by their sums over bends, so that the bias is an absolute sum.

    A violation is its slope at treatment plus its bends: ``delta[t] = t * slope + sum_i (t - i)+ * bend[i]`` after
    treatment, and mirrored before.
    """
    n_after = weights.size
    distance = np.arange(1, n_before + 1)
    kinks = np.maximum(distance[None, :] - np.arange(1, n_before)[:, None], 0.0)
    # Rows: bends before treatment, then the slope; columns: periods before treatment, the nearest first.
    system = np.vstack([kinks, distance])
    inverse = np.linalg.inv(system)[::-1]
    later = np.arange(1, n_after + 1)
    slope = float(weights @ later)
    base = np.concatenate([inverse[:, -1] * slope, weights])
    moves = np.concatenate([inverse[:, :-1], np.zeros((n_after, n_before - 1))])
    bends = np.maximum(later[None, :] - np.arange(n_after)[:, None], 0.0) @ weights
    spread = cov @ moves
    root = np.linalg.cholesky(moves.T @ spread).T if n_before > 1 else np.zeros((0, 0))
    return _Frontier(
        estimates=estimates,
        base=base,
        moves=moves,
        fixed=float(np.abs(bends).sum()),
        inverse=solve_triangular(root, np.eye(n_before - 1)) if n_before > 1 else root,
        target=spread.T @ base,
        cov=cov,
    )


def smoothness_p_value(
    estimates: FloatArray, cov: FloatArray, n_before: int, weights: FloatArray, *, bound: float, null: float
) -> float:
    """Smallest ``1 - level`` at which the shortest interval leaves a value of the effect out.

    Parameters
    ----------
    estimates, cov, n_before, weights, bound
        See `shortest_interval`.
    null : float
        The value.

    Returns
    -------
    float
        At least 1e-12.
    """

    def excess(log_size: float) -> float:
        found = shortest_interval(estimates, cov, n_before, weights, bound=bound, level=-math.expm1(log_size))
        distance = abs(found.estimate - null) / found.std_error
        return math.log(bias_aware_p(distance, found.max_bias / found.std_error)) - log_size

    low, high = math.log(SMALLEST_SIZE), math.log(1.0 - 1e-9)
    if excess(low) <= 0.0:
        return SMALLEST_SIZE
    if excess(high) >= 0.0:
        return 1.0
    return math.exp(float(optimize.brentq(excess, low, high, xtol=1e-8)))


def smoothness_breakdown(
    estimates: FloatArray, cov: FloatArray, n_before: int, weights: FloatArray, *, null: float, level: float
) -> float:
    """Smallest bound whose shortest interval contains a value of the effect.

    Parameters
    ----------
    estimates, cov, n_before, weights, level
        See `shortest_interval`.
    null : float
        The value.

    Returns
    -------
    float
        In units of the outcome. Zero if even violations along a straight line can explain the estimate.
    """

    def gap(bound: float) -> float:
        found = shortest_interval(estimates, cov, n_before, weights, bound=bound, level=level)
        return abs(found.estimate - null) - found.half_width(level)

    if gap(0.0) <= 0.0:
        return 0.0
    high = math.sqrt(float(np.trace(cov)))
    least = high
    while gap(high) > 0.0:
        high *= 2.0
        if high > FARTHEST * least:
            return math.inf
    return float(optimize.brentq(gap, 0.0, high, xtol=1e-12 * high))

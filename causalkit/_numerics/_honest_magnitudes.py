"""Intervals for a post-treatment effect when trends diverge after treatment at most so fast as before it.

Rambachan and Roth (2023): the change of the violation of parallel trends between two neighbouring periods after
treatment is at most ``bound`` times the largest such change before. That set is a union of cones, one for each
change before treatment and each sign of it. On a cone the moment inequalities of Andrews, Roth and Pakes (2023)
have a dual with few vertices, and their values depend on the estimates through two numbers: the change ``W``
taken as the largest, and the estimate ``S`` of the effect. Tests and least-favourable critical values are
therefore closed forms and one-dimensional integrals: no linear programs and no simulation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["HybridTest", "magnitudes_breakdown", "magnitudes_p_value", "magnitudes_set", "magnitudes_test"]

# Size of the first stage of the hybrid test, as a part of the size of the whole (Rambachan and Roth, section 4.2).
FIRST_STAGE = 0.1
# Angles of the integral behind critical values, which are then right to 1e-6.
ANGLES = 1024
GRID = 801
FARTHEST = 2.0**20
# The p-value of a null is searched between these sizes.
SMALLEST_SIZE = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HybridTest:
    """The conditional least-favourable hybrid test, on all cones at once.

    Attributes
    ----------
    change : (b,) array
        ``W``: the change before treatment taken as the largest, by cone.
    effect : float
        ``S``: the estimated effect.
    vertices : (b, v, 2) array
        Vertices of the dual, as coefficients of ``W`` and of ``S`` less the null.
    cov : (b, 2, 2) array
        Covariance of ``W`` and ``S``.
    first_critical : (b,) array
        Least-favourable critical value of the first stage.
    size : float
        Size of the second stage.
    """

    change: FloatArray
    effect: float
    vertices: FloatArray
    cov: FloatArray
    first_critical: FloatArray
    size: float

    def accepts(self, nulls: FloatArray) -> BoolArray:
        """Tell which values of the effect some cone does not reject: (n,)."""
        values = self.vertices[:, :, :1] * self.change[:, None, None]
        values = values + self.vertices[:, :, 1:] * (self.effect - nulls)
        largest = values.max(axis=1)
        active = np.asarray(values.argmax(axis=1), dtype=np.int64)
        low, high, spread = self._truncation(values, largest, active)
        high = np.minimum(high, self.first_critical[:, None])
        rejected = largest > self.first_critical[:, None]
        rejected |= (largest > 0) & (_tail_share(largest, low, high, spread) < self.size)
        return np.asarray(~rejected.all(axis=0))

    def _truncation(
        self, values: FloatArray, largest: FloatArray, active: IntArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Range of the largest value over which its vertex stays the active one, and its standard deviation."""
        between = np.einsum("bvi,bij,bwj->bvw", self.vertices, self.cov, self.vertices)
        chosen = np.take_along_axis(between, active[:, None, :], axis=2)
        variance = np.take_along_axis(chosen, active[:, None, :], axis=1)
        scale = np.maximum(variance, np.finfo(np.float64).tiny)
        slope = 1.0 - chosen / scale
        rest = values - (1.0 - slope) * largest[:, None, :]
        # A vertex that moves with the active one never bounds it.
        bounding = np.abs(slope) > 1e-10
        at = np.divide(rest, slope, out=np.zeros_like(rest), where=bounding)
        low = np.where(bounding & (slope > 0), at, -np.inf).max(axis=1)
        high = np.where(bounding & (slope < 0), at, np.inf).min(axis=1)
        return low, high, np.sqrt(scale[:, 0, :])


def magnitudes_test(
    estimates: FloatArray, cov: FloatArray, n_before: int, weights: FloatArray, *, bound: float, level: float
) -> HybridTest:
    """Set up the test of effects under a bound on relative magnitudes.

    Parameters
    ----------
    estimates : (k,) array
        Event-study coefficients in order of time, without the reference period just before treatment.
    cov : (k, k) array
        Their covariance.
    n_before : int
        How many of them lie before treatment; at least one.
    weights : (k - n_before,) array
        The effect is their combination of the coefficients after treatment.
    bound : float
        Largest change of the violation after treatment over the largest one before.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    HybridTest
        Tests any value of the effect.

    References
    ----------
    Rambachan, A. and Roth, J. (2023). A more credible approach to parallel trends. Review of Economic Studies 90(5),
    2555-2591, sections 2.4.2 and 4.2; only inequalities on periods after treatment are used as moments.
    Andrews, I., Roth, J. and Pakes, A. (2023). Review of Economic Studies 90(6), 2763-2791.
    """
    k, n_after = estimates.size, weights.size
    steps = np.eye(k + 1)[1:] - np.eye(k + 1)[:-1]
    # Changes between neighbouring periods; the coefficient of the reference period is zero and goes.
    steps = np.delete(steps, n_before, axis=1)
    before = np.concatenate([steps[:n_before], -steps[:n_before]])
    after = steps[n_before:]
    total = np.concatenate([np.zeros(n_before), weights])
    crossed = before @ cov @ after.T
    variance_before = np.einsum("bi,ij,bj->b", before, cov, before)
    variance_after = np.einsum("ti,ij,tj->t", after, cov, after)
    sums = bound**2 * variance_before[:, None] + variance_after
    upper = np.sqrt(np.maximum(sums - 2.0 * bound * crossed, 0.0))
    lower = np.sqrt(np.maximum(sums + 2.0 * bound * crossed, 0.0))
    vertices = _vertices(upper, lower, np.cumsum(weights[::-1])[::-1], bound)
    joint = np.empty((2 * n_before, 2, 2))
    joint[:, 0, 0] = variance_before
    joint[:, 0, 1] = joint[:, 1, 0] = before @ cov @ total
    joint[:, 1, 1] = total @ cov @ total
    first = FIRST_STAGE * (1.0 - level)
    return HybridTest(
        change=before @ estimates,
        effect=float(weights @ estimates[n_before:]),
        vertices=vertices if n_after > 1 else vertices[:, -2:],
        cov=joint,
        first_critical=_least_favourable(vertices, joint, first),
        size=(1.0 - level - first) / (1.0 - first),
    )


def _vertices(upper: FloatArray, lower: FloatArray, slopes: FloatArray, bound: float) -> FloatArray:
    """Vertices of the dual, as coefficients of ``W`` and of ``S`` less the null.

    The effect is ``slopes`` times its changes over time. With standard deviations ``upper`` and ``lower`` of the two
    inequalities of each period, the least violation is the largest of these linear functions: one per period, which
    says that its bound is negative, and two that say that the effect is out of reach of all bounds together.
    """
    up, down = np.maximum(slopes, 0.0), np.maximum(-slopes, 0.0)
    above, below = upper @ up + lower @ down, lower @ up + upper @ down
    reach = bound * float(np.abs(slopes).sum())
    period = np.stack([-2.0 * bound / (upper + lower), np.zeros_like(upper)], axis=2)
    high = np.stack([-reach / above, 1.0 / above], axis=1)
    low = np.stack([-reach / below, -1.0 / below], axis=1)
    return np.concatenate([period, high[:, None, :], low[:, None, :]], axis=1)


def _least_favourable(vertices: FloatArray, cov: FloatArray, size: float) -> FloatArray:
    """Upper quantile of the largest vertex when all means are zero, by cone: (b,).

    In polar coordinates the radius is Rayleigh given the angle, so that one integral over angles is left.
    """
    angles = (np.arange(ANGLES) + 0.5) * (2.0 * math.pi / ANGLES)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    out = np.empty(cov.shape[0])
    for b, (points, spread) in enumerate(zip(vertices, cov, strict=True)):
        values, vectors = np.linalg.eigh(spread)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        reach = (points @ root @ circle).max(axis=0)
        reach = reach[reach > 0]
        farthest = float(reach.max())
        squares = -0.5 * (farthest / reach) ** 2

        def excess(bound: float, squares: FloatArray = squares) -> float:
            return float(np.exp(bound**2 * squares).sum()) / ANGLES - size

        out[b] = farthest * optimize.brentq(excess, 0.0, math.sqrt(-2.0 * math.log(size)) + 1.0, xtol=1e-11)
    return out


def _tail_share(largest: FloatArray, low: FloatArray, high: FloatArray, spread: FloatArray) -> FloatArray:
    """Probability that a normal variable between ``low`` and ``high`` exceeds ``largest``."""
    at, start, end = (special.log_ndtr(-value / spread) for value in (largest, low, high))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.exp(at - start) * np.expm1(end - at) / np.expm1(end - start)
    # Where the range is a point, the largest value is all of it.
    return np.asarray(np.where(np.isfinite(share), share, 1.0))


def magnitudes_set(
    estimates: FloatArray, cov: FloatArray, n_before: int, weights: FloatArray, *, bound: float, level: float
) -> list[tuple[float, float]]:
    """Values of the effect that the test does not reject, as disjoint intervals in increasing order.

    Parameters
    ----------
    estimates, cov, n_before, weights, bound, level
        See `magnitudes_test`.

    Returns
    -------
    list of (low, high)
        Ends found by bisection, to twelve digits of the standard error.
    """
    test = magnitudes_test(estimates, cov, n_before, weights, bound=bound, level=level)
    scale = math.sqrt(float(test.cov[0, 1, 1]))
    half = 4.0 * scale + bound * float(np.abs(weights).sum() * np.abs(test.change).max())
    while test.accepts(test.effect + np.array([-half, half])).any() and half < FARTHEST * scale:
        half *= 2.0
    grid = test.effect + np.linspace(-half, half, GRID)
    accepted = test.accepts(grid)
    turns = np.flatnonzero(accepted[1:] != accepted[:-1])
    left, right, inside = grid[turns], grid[turns + 1], accepted[turns]
    for _ in range(60):
        middle = 0.5 * (left + right)
        same = test.accepts(middle) == inside
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    ends = np.where(inside, left, right).tolist()
    if accepted[0]:
        ends.insert(0, -math.inf)
    if accepted[-1]:
        ends.append(math.inf)
    return list(zip(ends[::2], ends[1::2], strict=True))


def magnitudes_p_value(
    estimates: FloatArray, cov: FloatArray, n_before: int, weights: FloatArray, *, bound: float, null: float
) -> float:
    """Smallest size at which the test rejects a value of the effect.

    Parameters
    ----------
    estimates, cov, n_before, weights, bound
        See `magnitudes_test`.
    null : float
        The value.

    Returns
    -------
    float
        Between 1e-8 and 1.
    """

    def rejects(log_size: float) -> bool:
        test = magnitudes_test(estimates, cov, n_before, weights, bound=bound, level=-math.expm1(log_size))
        return not bool(test.accepts(np.array([null]))[0])

    low, high = math.log(SMALLEST_SIZE), math.log(1.0 - 1e-9)
    if rejects(low):
        return SMALLEST_SIZE
    if not rejects(high):
        return 1.0
    while high - low > 1e-10:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if rejects(middle) else (middle, high)
    return math.exp(high)


def magnitudes_breakdown(
    estimates: FloatArray, cov: FloatArray, n_before: int, weights: FloatArray, *, null: float, level: float
) -> float:
    """Smallest bound at which the test no longer rejects a value of the effect.

    Parameters
    ----------
    estimates, cov, n_before, weights, level
        See `magnitudes_test`.
    null : float
        The value.

    Returns
    -------
    float
        Zero if it is not rejected even under exactly parallel trends; infinite if it is at any bound.
    """

    def accepts(bound: float) -> bool:
        test = magnitudes_test(estimates, cov, n_before, weights, bound=bound, level=level)
        return bool(test.accepts(np.array([null]))[0])

    if accepts(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while not accepts(high):
        low, high = high, 2.0 * high
        if high > FARTHEST:
            return math.inf
    while high - low > 1e-10 * high:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if accepts(middle) else (middle, high)
    return high

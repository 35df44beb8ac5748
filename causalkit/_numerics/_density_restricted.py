"""Densities on either side of a cutoff when nothing but the density may change there.

Cattaneo, Jansson and Ma (2020, section 3): the distribution function and its higher derivatives are common to both
sides, which makes the test more powerful where they are. One bandwidth serves both sides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._density import DensityPilotError, distribution_sides, least_width, pilot_widths
from causalkit._numerics._rd_side import kernel_weights

if TYPE_CHECKING:
    from causalkit._numerics._density import DensityVariance
    from causalkit._numerics._rd_side import KernelName, Side
    from causalkit._typing import FloatArray, IntArray

__all__ = ["RestrictedFit", "restricted_bandwidths", "restricted_jump"]


@dataclass(frozen=True, slots=True, eq=False)
class RestrictedFit:
    """Densities at the cutoff and a common higher coefficient.

    Attributes
    ----------
    below, above : float
        Density of the score, per unit of the score.
    cov : (2, 2) array
        Their covariance.
    common : float
        Coefficient of the distribution function in the power asked for.
    n_below, n_above : int
        Rows in the window.
    """

    below: float
    above: float
    cov: FloatArray
    common: float
    n_below: int
    n_above: int


def restricted_jump(
    score: FloatArray,
    *,
    cutoff: float,
    bandwidth: float,
    order: int,
    kernel: KernelName,
    variance: DensityVariance,
    power: int = 2,
) -> RestrictedFit:
    """Densities on either side of the cutoff, with all else common.

    Parameters
    ----------
    score : (n,) array
        The score, sorted.
    cutoff : float
        Where the sides meet.
    bandwidth : float
        Half-width of the window.
    order : int
        Degree of the fit of the distribution function, at least ``power``.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    variance : {"jackknife", "plugin"}
        From the influence of each row, or from the asymptotic formula.
    power : int
        Which common coefficient to report.

    Returns
    -------
    RestrictedFit
        Densities and their covariance.
    """
    sides = distribution_sides(score, cutoff)
    inside = [int(np.searchsorted(side.distance, bandwidth, side="right")) for side in sides]
    for number, (side, n) in enumerate(zip(sides, inside, strict=True)):
        if side.distinct_within(n) < order + 1:
            raise DensityPilotError(number, side.distinct_within(n), order + 1)
    below, above = (side.distance[:n] / bandwidth for side, n in zip(sides, inside, strict=True))
    # From left to right, the left side turned round.
    basis = np.concatenate([_basis(-below[::-1], order), _basis(above, order)], axis=1)
    weights = np.concatenate([kernel_weights(below, kernel)[::-1], kernel_weights(above, kernel)])
    level = np.concatenate([sides[0].columns[0, : inside[0]][::-1], sides[1].columns[0, : inside[1]]])
    root = np.asarray(np.linalg.qr((basis * np.sqrt(weights)).T, mode="r"))
    functionals = np.linalg.solve(root, np.linalg.solve(root.T, basis * weights))
    found = functionals @ level
    slopes = functionals[1:3] / bandwidth
    densities = found[1:3] / bandwidth
    n = score.size
    if variance == "plugin":
        cov = _plugin(float(densities[0]), float(densities[1]), order, kernel) / (n * bandwidth)
    else:
        cov = _jackknife(slopes, _tie_starts(sides, inside), n)
    common = float(found[power + 1]) / bandwidth**power if power <= order else math.nan
    return RestrictedFit(float(densities[0]), float(densities[1]), cov, common, inside[0], inside[1])


def _basis(u: FloatArray, order: int) -> FloatArray:
    """One, the distance on either side by itself, and the higher powers, (order + 2, n)."""
    return np.stack([np.ones_like(u), np.minimum(u, 0.0), np.maximum(u, 0.0), *(u**k for k in range(2, order + 1))])


def _tie_starts(sides: tuple[Side, Side], inside: list[int]) -> IntArray:
    """For each row from left to right, the first row with its score."""
    position = np.concatenate([-sides[0].distance[: inside[0]][::-1], sides[1].distance[: inside[1]]])
    return np.asarray(np.searchsorted(position, position, side="left"))


def _jackknife(slopes: FloatArray, starts: IntArray, n: int) -> FloatArray:
    """Sum of the products of influences; a row counts in the distribution function of all others from its score on."""
    beyond = np.cumsum(slopes[:, ::-1], axis=1)[:, ::-1] - slopes
    influence = beyond[:, starts] / (n - 1)
    return np.asarray(influence @ influence.T)


def _plugin(below: float, above: float, order: int, kernel: KernelName) -> FloatArray:
    gram, _, spread, turn = _edge_moments(order, kernel)
    inverse = np.linalg.inv(above * gram + below * turn @ gram @ turn)
    middle = above**3 * spread + below**3 * turn @ spread @ turn
    return np.asarray((inverse @ middle @ inverse)[1:3, 1:3])


@cache
def _edge_moments(order: int, kernel: KernelName) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Moments of the basis above the cutoff: products, with the next power, under a Brownian motion; and the mirror."""
    nodes, gauss = np.polynomial.legendre.leggauss(60)
    u, du = (nodes + 1) / 2, gauss / 2
    basis = _basis(u, order)
    weighted = basis * kernel_weights(u, kernel) * du
    gram = weighted @ basis.T
    following = weighted @ u ** (order + 1)
    # The integral below the diagonal on a triangle of its own nodes, and its transpose above it.
    inner = u[:, None] * u[None, :]
    at = _basis(inner.ravel(), order).reshape(order + 2, *inner.shape) * kernel_weights(inner, kernel) * inner
    partial = (at * du[None, None, :]).sum(axis=2) * u
    lower = weighted @ partial.T
    turn = np.diag([1.0, 0.0, 0.0, *((-1.0) ** k for k in range(2, order + 1))])
    turn[1, 2] = turn[2, 1] = -1.0
    return gram, following, lower + lower.T, turn


def restricted_bandwidths(
    score: FloatArray, *, cutoff: float, order: int, kernel: KernelName, variance: DensityVariance
) -> dict[str, float]:
    """Common bandwidths that minimise the asymptotic mean squared error of the difference or of the sum.

    Parameters
    ----------
    score : (n,) array
        The score, sorted.
    cutoff : float
        Where the sides meet.
    order : int
        Degree of the fit.
    kernel, variance : str
        As for :func:`restricted_jump`.

    Returns
    -------
    dict of str to float
        Under ``"diff"``, ``"sum"`` and ``"comb"``, the smaller of the two.
    """
    sides = distribution_sides(score, cutoff)
    p = order
    for_variance, for_bias = pilot_widths(score, sides, cutoff, p)
    fit = restricted_jump(score, cutoff=cutoff, bandwidth=for_variance, order=p, kernel=kernel, variance=variance)
    next_ = restricted_jump(
        score, cutoff=cutoff, bandwidth=for_bias, order=p + 2, kernel=kernel, variance=variance, power=p + 1
    )
    gram, following, _, turn = _edge_moments(p, kernel)
    inverse = np.linalg.inv(fit.above * gram + fit.below * turn @ gram @ turn)
    sign = (-1.0) ** (p + 1)
    bias = next_.common * inverse @ (fit.above * following + fit.below * sign * turn @ following)
    most, least = max(side.range for side in sides), least_width(sides, p)
    found = {}
    for name, contrast in (("diff", np.array([-1.0, 1.0])), ("sum", np.array([1.0, 1.0]))):
        spread = for_variance * float(contrast @ fit.cov @ contrast)
        squared = float(contrast @ bias[1:3]) ** 2
        # The biases of the two sides may cancel, to rounding or exactly: then no window is too wide.
        width = (spread / (2 * p * squared)) ** (1 / (2 * p + 1)) if squared > 0 else math.inf
        found[name] = max(min(width, most), least)
    return {**found, "comb": min(found.values())}

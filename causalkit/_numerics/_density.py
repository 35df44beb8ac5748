"""Density of a score on either side of a cutoff, from a local polynomial fit of its distribution function.

Cattaneo, Jansson and Ma (2020). The distribution function needs no bins and no first smoothing step; its fitted
slope at the cutoff is the density.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from scipy import special

from causalkit._numerics._local_polynomial import legendre, legendre_coefficients, local_window
from causalkit._numerics._rd_side import kernel_weights, two_sides

if TYPE_CHECKING:
    from causalkit._numerics._rd_side import KernelName, Side
    from causalkit._typing import FloatArray, IntArray

__all__ = [
    "DENSITY_BANDWIDTHS",
    "DensityFit",
    "DensityPilotError",
    "binomial_windows",
    "density_bandwidths",
    "density_jump",
    "distribution_sides",
    "least_width",
    "pilot_widths",
]

DensityBandwidth = Literal["each", "diff", "sum", "comb"]
DensityVariance = Literal["jackknife", "plugin"]
DENSITY_BANDWIDTHS: Final[tuple[DensityBandwidth, ...]] = ("comb", "each", "diff", "sum")

# Least rows, and distinct scores, of a window beyond those that the polynomial needs.
_LEAST_ROWS: Final = 20


class DensityPilotError(ValueError):
    """A window has too few distinct scores for the polynomial."""

    def __init__(self, side: int, distinct: int, needed: int) -> None:
        super().__init__(f"side {side}: {distinct} distinct scores, {needed} needed")
        self.side, self.distinct, self.needed = side, distinct, needed


@dataclass(frozen=True, slots=True)
class DensityFit:
    """Densities at the cutoff.

    Attributes
    ----------
    below, above : float
        Density of the score, per unit of the score.
    var_below, var_above : float
        Their variances; those of the two sides are independent.
    n_below, n_above : int
        Rows in the windows.
    """

    below: float
    above: float
    var_below: float
    var_above: float
    n_below: int
    n_above: int


def density_jump(
    score: FloatArray,
    *,
    cutoff: float,
    bandwidths: tuple[float, float],
    order: int,
    kernel: KernelName,
    variance: DensityVariance,
) -> DensityFit:
    """Densities on either side of the cutoff.

    Parameters
    ----------
    score : (n,) array
        The score, sorted.
    cutoff : float
        Where the sides meet.
    bandwidths : tuple of float
        Below and above.
    order : int
        Degree of the fit of the distribution function.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    variance : {"jackknife", "plugin"}
        From the influence of each row, or from the asymptotic formula.

    Returns
    -------
    DensityFit
        Densities and variances.
    """
    sides = distribution_sides(score, cutoff)
    found = [
        _coefficient(sides, number, score.size, width, 1, order, kernel, variance)
        for number, width in enumerate(bandwidths)
    ]
    below, above = found
    return DensityFit(-below.value, above.value, below.variance, above.variance, below.n, above.n)


def distribution_sides(score: FloatArray, cutoff: float) -> tuple[Side, Side]:
    """Sides of a sorted score with its distribution function as the only column; ties share the highest value."""
    rises = score[1:] != score[:-1]
    below = np.arange(float(score.size))
    if not rises.all():
        ends = np.append(np.flatnonzero(rises) + 1, score.size)
        below = np.repeat(ends - 1.0, np.diff(ends, prepend=0))
    return two_sides(score, below[None, :] / (score.size - 1), cutoff=cutoff, is_sorted=True)


@dataclass(frozen=True, slots=True)
class _Coefficient:
    """A coefficient of the distribution function in the distance, and its variance."""

    value: float
    variance: float
    n: int


def _coefficient(
    sides: tuple[Side, Side],
    number: int,
    n: int,
    bandwidth: float,
    power: int,
    order: int,
    kernel: KernelName,
    variance: DensityVariance,
) -> _Coefficient:
    side = sides[number]
    window = local_window(side, bandwidth, order, kernel)
    m = len(window)
    inside = int(np.searchsorted(side.distance, bandwidth, side="right"))
    if not window.identified(order):
        raise DensityPilotError(number, side.distinct_within(m), order + 1)
    value = float(window.coefficient(power, order)[0])
    if variance == "plugin":
        density = abs(float(window.coefficient(1, order)[0]))
        constant = _boundary_constants(power, order, kernel).variance
        return _Coefficient(value, density * constant / (n * bandwidth ** (2 * power - 1)), inside)
    influence = _jackknife(side, window.functional(power, order), n, above=number == 1)
    return _Coefficient(value, influence, inside)


def _jackknife(side: Side, weights: FloatArray, n: int, *, above: bool) -> float:
    """Sum of squared influences: a row counts in the distribution function of all others with its score or a higher."""
    ends = side.ends[: side.distinct_within(weights.size)]
    starts = np.concatenate(([0], ends[:-1]))
    sums = np.add.reduceat(weights, starts)
    nearer = np.cumsum(sums)
    # The weights sum to zero, so those beyond are minus those nearer to the cutoff.
    influence = (nearer - sums if above else -nearer) + weights[starts]
    return float(((ends - starts) * np.square(influence / (n - 1))).sum())


def density_bandwidths(
    score: FloatArray,
    *,
    cutoff: float,
    order: int,
    kernel: KernelName,
    variance: DensityVariance,
    kind: DensityBandwidth,
) -> tuple[float, float]:
    """Bandwidths that minimise the asymptotic mean squared error of the densities or of their combination.

    Parameters
    ----------
    score : (n,) array
        The score, sorted.
    cutoff : float
        Where the sides meet.
    order : int
        Degree of the fit.
    kernel, variance : str
        As for :func:`density_jump`.
    kind : {"comb", "each", "diff", "sum"}
        Of each side, of the difference, of the sum, or side by side the median of these.

    Returns
    -------
    tuple of float
        Below and above.
    """
    sides = distribution_sides(score, cutoff)
    n, p = score.size, order
    for_variance, for_bias = pilot_widths(score, sides, cutoff, p)
    constant = _boundary_constants(1, p, kernel).bias
    var, bias = [], []
    for number, sign in enumerate((-1.0, 1.0)):
        fit = _coefficient(sides, number, n, for_variance, 1, p, kernel, variance)
        next_ = _coefficient(sides, number, n, for_bias, p + 1, p + 2, kernel, variance)
        var.append(for_variance * fit.variance)
        bias.append(sign * constant * next_.value)

    def width(variances: float, biases: float) -> float:
        return float((variances / (2 * p * biases**2)) ** (1 / (2 * p + 1)))

    both = sum(var)
    diff, total = width(both, bias[1] - bias[0]), width(both, bias[1] + bias[0])
    each = [width(v, b) for v, b in zip(var, bias, strict=True)]
    most = max(side.range for side in sides)
    chosen = {
        "each": each,
        "diff": [diff, diff],
        "sum": [total, total],
        "comb": [sorted((own, diff, total))[1] for own in each],
    }[kind]
    least = least_widths(sides, p)
    if kind != "each":
        least = (max(least), max(least))
    below, above = (max(min(value, most), at_least) for value, at_least in zip(chosen, least, strict=True))
    return below, above


def pilot_widths(score: FloatArray, sides: tuple[Side, Side], cutoff: float, p: int) -> tuple[float, float]:
    """Windows for variance and bias that would be best at the edge of a normal density."""
    n, spread = score.size, float(score.std(ddof=1))
    z = -(float(score.mean()) - cutoff) / spread
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    level = _boundary_constants(1, p, "uniform")
    slope = _boundary_constants(p + 1, p + 2, "uniform")
    ratio_level = level.variance / (level.bias / math.factorial(p + 1)) ** 2
    ratio_slope = slope.variance / (slope.bias / math.factorial(p + 3)) ** 2
    for_variance = (ratio_level / (2 * p * n * density * _hermite(z, p) ** 2)) ** (1 / (2 * p + 1))
    for_bias = ((2 * p + 1) / 4 * ratio_slope / (n * density * _hermite(z, p + 2) ** 2)) ** (1 / (2 * p + 5))
    most = max(side.range for side in sides)

    return (
        max(min(for_variance * spread, most), least_width(sides, p)),
        max(min(for_bias * spread, most), least_width(sides, p + 2)),
    )


def least_width(sides: tuple[Side, Side], order: int) -> float:
    """Distance within which both sides have enough rows and distinct scores for an order, or all they have."""
    return max(least_widths(sides, order))


def least_widths(sides: tuple[Side, Side], order: int) -> tuple[float, float]:
    """Distances within which each side has enough rows and distinct scores for an order, or all it has."""
    count = _LEAST_ROWS + order + 1
    below, above = (max(float(side.distance[min(count, len(side)) - 1]), side.nth_distinct(count)) for side in sides)
    return below, above


def _hermite(z: float, degree: int) -> float:
    """Hermite polynomial of a standard normal density's derivative."""
    return float(np.polynomial.hermite_e.hermeval(z, [0.0] * degree + [1.0]))


@dataclass(frozen=True, slots=True)
class _Constants:
    """Variance of a coefficient at density one, and what the next term adds to it, at bandwidth one."""

    variance: float
    bias: float


@cache
def _boundary_constants(power: int, order: int, kernel: KernelName) -> _Constants:
    """Constants of a coefficient at the edge of its support (CJM 2020, theorem 1), by Gaussian quadrature."""
    nodes, gauss = np.polynomial.legendre.leggauss(60)
    u, du = (nodes + 1) / 2, gauss / 2
    k = kernel_weights(u, kernel) * du
    basis = legendre(u, order)
    gram = (basis * k) @ basis.T
    at = np.linalg.solve(gram, legendre_coefficients(order)[:, power])
    bias = float(at @ (basis * k) @ u ** (order + 1))
    # Twice the integral below the diagonal, on a triangle of its own nodes.
    inner = u[:, None] * u[None, :]
    inside = kernel_weights(inner, kernel) * (at @ legendre(inner.ravel(), order)).reshape(inner.shape)
    partial = (inside * inner * du[None, :]).sum(axis=1) * u
    outer = kernel_weights(u, kernel) * (at @ basis) * du
    return _Constants(2 * float(outer @ partial), bias)


def binomial_windows(
    distances: tuple[FloatArray, FloatArray], *, n_windows: int, least: int
) -> tuple[FloatArray, IntArray, IntArray, FloatArray]:
    """Rows on either side in growing windows, and the exact test that they are equally many.

    Parameters
    ----------
    distances : tuple of (n,) array
        Distances below and above the cutoff, increasing.
    n_windows : int
        Number of windows; each wider than the last by the first.
    least : int
        Rows that the first window has on each side.

    Returns
    -------
    width, below, above, p_value : (n_windows,) arrays
        Half-widths, counts, and two-sided p-values.
    """
    first = max(float(side[min(least, side.size) - 1]) for side in distances)
    width = first * np.arange(1, n_windows + 1)
    below, above = (np.searchsorted(side, width, side="right") for side in distances)
    total = below + above
    p_value = np.minimum(2 * special.bdtr(np.minimum(below, above), total, 0.5), 1.0)
    return np.asarray(width), np.asarray(below), np.asarray(above), np.asarray(np.where(below == above, 1.0, p_value))

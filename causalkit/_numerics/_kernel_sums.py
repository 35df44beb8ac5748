"""Sums of a kernel over points on a line, for all places at once, without a table of places by points.

The line is cut into cells. Inside a cell a kernel that is a polynomial of the distance expands into moments of
the points, and moments of the part of a cell up to a place are differences of running sums. The Gaussian is
expanded around the cells' centres, to rounding error. Moments are taken about the centre of the cell, never
about a common origin, so that nothing cancels.
"""

from __future__ import annotations

from math import comb, factorial
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, IntArray

__all__ = ["POLYNOMIALS", "MatchingKernel", "kernel_sums", "kernel_values", "reach"]

MatchingKernel = Literal["triangular", "epanechnikov", "biweight", "tricube", "gaussian"]

# Coefficients of 1, |u|, |u|^2, ... for |u| <= 1, up to a factor that matching weights do not see.
POLYNOMIALS: dict[str, tuple[float, ...]] = {
    "triangular": (1.0, -1.0),
    "epanechnikov": (1.0, 0.0, -1.0),
    "biweight": (1.0, 0.0, -2.0, 0.0, 1.0),
    "tricube": (1.0, 0.0, 0.0, -3.0, 0.0, 0.0, 3.0, 0.0, 0.0, -1.0),
}
GAUSSIAN_REACH = 8.0  # bandwidths; the kernel is 1e-14 there
GAUSSIAN_CELLS = 4  # cells per bandwidth
GAUSSIAN_TERMS = 20


def kernel_sums(
    at: FloatArray, points: FloatArray, mass: FloatArray, bandwidth: float, kernel: MatchingKernel
) -> FloatArray:
    """Sum over points of mass times kernel of the distance in bandwidths.

    Parameters
    ----------
    at : (f,) array
        Places where the sum is wanted.
    points : (m,) array
        Points, ascending.
    mass : (m,) or (m, k) array
        What each point weighs; several columns give several sums.
    bandwidth : float
        Distance at which the kernels with bounded support end; standard deviation of the Gaussian.
    kernel : str
        One of the kernels, scaled to be one at distance zero.

    Returns
    -------
    (f,) or (f, k) array
        Zero where no point is in reach (8 bandwidths for the Gaussian).

    References
    ----------
    Fan, J. and Marron, J. S. (1994). Fast implementations of nonparametric curve estimators. Journal of
    Computational and Graphical Statistics 3(1), 35-56 (updating by running sums).
    """
    masses = mass.reshape(mass.shape[0], -1)
    if not points.size or not at.size:
        return np.zeros((at.size, *mass.shape[1:]))
    sums = _gaussian if kernel == "gaussian" else _bounded
    # Ascending places read the running sums from front to back, several times faster than in random order.
    order = np.argsort(at, kind="stable")
    out = np.empty((at.size, masses.shape[1]))
    out[order] = sums(at[order], points, masses, bandwidth, kernel)
    return out.reshape(at.size, *mass.shape[1:])


def kernel_values(distance: FloatArray, bandwidth: float, kernel: MatchingKernel) -> FloatArray:
    """The kernel at given distances; one at zero."""
    u = np.abs(distance) / bandwidth
    if kernel == "gaussian":
        return np.where(u <= GAUSSIAN_REACH, np.exp(-0.5 * u * u), 0.0)
    value = sum(coefficient * u**power for power, coefficient in enumerate(POLYNOMIALS[kernel]))
    return np.where(np.abs(distance) <= bandwidth, np.maximum(value, 0.0), 0.0)


def _bounded(at: FloatArray, points: FloatArray, mass: FloatArray, bandwidth: float, kernel: str) -> FloatArray:
    """`kernel_sums` for a polynomial on bounded support: the two halves of the window, two cells each."""
    coefficients = POLYNOMIALS[kernel]
    origin = points[0]
    cell = np.floor((points - origin) / bandwidth).astype(np.int64)
    local = (points - origin) / bandwidth - cell - 0.5
    running = [_running(mass * (local**power)[:, None]) for power in range(len(coefficients))]
    first, end = reach(at, points, bandwidth)
    middle = np.clip(np.searchsorted(points, at, side="right"), first, end)
    home = np.floor((at - origin) / bandwidth).astype(np.int64)
    out = np.zeros((at.size, mass.shape[1]))
    for start, stop, sign in ((first, middle, 1.0), (middle, end, -1.0)):
        cut = np.searchsorted(cell, home + (0 if sign > 0 else 1), side="left")
        cut = np.clip(cut, start, stop)
        for low, high, shift in (
            (start, cut, -1 if sign > 0 else 0),
            (cut, stop, 0 if sign > 0 else 1),
        ):
            # In bandwidths from the centre of the cell of these points.
            place = (at - origin) / bandwidth - (home + shift) - 0.5
            moments = [total[high] - total[low] for total in running]
            out += _expand(coefficients, sign, place, moments)
    return out


def reach(at: FloatArray, points: FloatArray, distance: float) -> tuple[IntArray, IntArray]:
    """First and one past the last of the ascending ``points`` at most ``distance`` away from each place."""
    return np.searchsorted(points, at - distance, side="left"), np.searchsorted(points, at + distance, side="right")


def _expand(coefficients: tuple[float, ...], sign: float, place: FloatArray, moments: list[FloatArray]) -> FloatArray:
    """Sum of ``coefficients[p] (sign (place - b))^p`` over points ``b`` given by their moments."""
    total = np.zeros_like(moments[0])
    for power, coefficient in enumerate(coefficients):
        if coefficient == 0.0:
            continue
        for order in range(power + 1):
            factor = coefficient * sign**power * comb(power, order) * (-1.0) ** order
            total += (factor * place ** (power - order))[:, None] * moments[order]
    return total


def _running(values: FloatArray) -> FloatArray:
    """Running sums with a leading zero: (m, k) to (m + 1, k)."""
    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])


def _gaussian(at: FloatArray, points: FloatArray, mass: FloatArray, bandwidth: float, kernel: str) -> FloatArray:
    """`kernel_sums` for the Gaussian: moments per cell, Taylor series between the centres of cells."""
    del kernel
    width = 1.0 / GAUSSIAN_CELLS
    where, there = (points - points[0]) / bandwidth, (at - points[0]) / bandwidth
    cell, first = np.unique(np.floor(where / width).astype(np.int64), return_index=True)
    local = where - (np.repeat(cell, np.diff(np.append(first, where.size))) + 0.5) * width
    moments = np.stack([np.add.reduceat(mass * (local**r)[:, None], first, axis=0) for r in range(GAUSSIAN_TERMS + 1)])
    home, which = np.unique(np.floor(there / width).astype(np.int64), return_inverse=True)
    series = np.zeros((GAUSSIAN_TERMS + 1, home.size, mass.shape[1]))
    reach = int(GAUSSIAN_REACH * GAUSSIAN_CELLS) + 1
    for offset in range(-reach, reach + 1):
        source = np.searchsorted(cell, home + offset)
        some = np.flatnonzero((source < cell.size) & (cell[np.minimum(source, cell.size - 1)] == home + offset))
        if some.size:
            series[:, some] += np.tensordot(_translation(-offset * width), moments[:, source[some]], axes=1)
    place = there - (home[which] + 0.5) * width
    out = np.zeros((at.size, mass.shape[1]))
    for power in range(GAUSSIAN_TERMS, -1, -1):
        out = out * place[:, None] + series[power][which]
    return np.maximum(out, 0.0) if (mass >= 0).all() else out


def _translation(gap: float) -> FloatArray:
    """Coefficients of ``a^p`` in the sum of ``exp(-(gap + a - b)^2 / 2)``, per moment of ``b``: (p, moment)."""
    top = GAUSSIAN_TERMS
    hermite = np.zeros(top + 1)
    hermite[0] = 1.0
    if top:
        hermite[1] = gap
    for n in range(1, top):
        hermite[n + 1] = gap * hermite[n] - n * hermite[n - 1]
    value = np.exp(-0.5 * gap * gap)
    out = np.zeros((top + 1, top + 1))
    for p in range(top + 1):
        for r in range(top + 1 - p):
            n = p + r
            # (d/du)^n exp(-u^2/2) = (-1)^n He_n(u) exp(-u^2/2), and (a - b)^n brings (-1)^r n! / (p! r!).
            out[p, r] = (-1.0) ** (n + r) * hermite[n] * value / (factorial(p) * factorial(r))
    return out

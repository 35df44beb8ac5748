"""McCrary's (2008) test of the density of a score: local lines through a histogram on either side of the cutoff."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._linear import least_squares

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

__all__ = ["McCraryFit", "mccrary"]

_DEGREE = 4
# Of the bandwidth of a local line at a boundary (McCrary 2008, section 3.2).
_KAPPA = 3.348
# Integral of the squared equivalent kernel of a triangular local line at a boundary.
_ROUGHNESS = 24 / 5


@dataclass(frozen=True, slots=True)
class McCraryFit:
    """Densities at the cutoff.

    Attributes
    ----------
    below, above : float
        Density of the score, per unit of the score; not positive where the line falls below zero.
    log_std_error : float
        Standard error of the difference of their logarithms.
    bandwidth, bin_width : float
        Half-width of the window of the lines, and width of the bins.
    """

    below: float
    above: float
    log_std_error: float
    bandwidth: float
    bin_width: float


def mccrary(
    score: FloatArray, *, cutoff: float, bandwidth: float | None = None, bin_width: float | None = None
) -> McCraryFit | None:
    """Densities by local linear fits to a histogram none of whose bins straddles the cutoff.

    Parameters
    ----------
    score : (n,) array
        The score.
    cutoff : float
        Where the sides meet; a row at it lies above.
    bandwidth : float, optional
        Half-width of the window; the mean of the two rule-of-thumb bandwidths if not given.
    bin_width : float, optional
        Twice the standard deviation of the score over the root of the number of rows if not given.

    Returns
    -------
    McCraryFit or None
        None where a side has too few bins.
    """
    n = score.size
    width = 2 * float(score.std(ddof=1)) / math.sqrt(n) if bin_width is None else bin_width
    number = np.floor((score - cutoff) / width).astype(np.int64)
    first = int(number.min())
    # As many bins as McCrary's programs make: one more than are needed where the ends fall so.
    count = max(math.floor(float(np.ptp(score)) / width) + 2, int(number.max()) - first + 1)
    height = np.bincount(number - first, minlength=count) / (n * width)
    middle: FloatArray = (first + np.arange(count, dtype=np.float64) + 0.5) * width
    below = middle < 0
    if min(int(below.sum()), int((~below).sum())) <= _DEGREE + 1:
        return None
    if bandwidth is None:
        last = (int(number.max()) + 0.5) * width
        rules = (_rule(middle[below], height[below], -float(middle[0])), _rule(middle[~below], height[~below], last))
        bandwidth = sum(rules) / 2
    levels = [_level(middle[side], height[side], bandwidth) for side in (below, ~below)]
    if any(math.isnan(level) for level in levels):
        return None
    spread = sum(1 / level for level in levels) if min(levels) > 0 else math.nan
    error = math.sqrt(_ROUGHNESS * spread / (n * bandwidth))
    return McCraryFit(levels[0], levels[1], error, bandwidth, width)


def _rule(middle: FloatArray, height: FloatArray, reach: float) -> float:
    """Bandwidth from a quartic through the bins of one side."""
    unit = float(np.abs(middle).max())
    powers = (middle / unit)[:, None] ** np.arange(1, _DEGREE + 1)
    fit = least_squares(powers, height)
    variance = float(fit.residuals @ fit.residuals) / (middle.size - _DEGREE - 1)
    _, _, c2, c3, c4 = fit.coefficients / unit ** np.arange(_DEGREE + 1)
    curvature = 2 * c2 + 6 * c3 * middle + 12 * c4 * middle**2
    return float(_KAPPA * (variance * reach / np.square(curvature).sum()) ** 0.2)


def _level(middle: FloatArray, height: FloatArray, bandwidth: float) -> float:
    """Value at zero of a line through the bins of one side, with triangular weights and empty bins beyond the ends."""
    outward = -1.0 if middle[0] < 0 else 1.0
    width = float(middle[1] - middle[0])
    away = np.sort(np.abs(middle))
    beyond = away[-1] + width * np.arange(1, math.ceil(bandwidth / width) + 1)
    ordered = height if outward > 0 else height[::-1]
    at = np.concatenate([away, beyond])
    weights = np.maximum(1 - at / bandwidth, 0.0)
    if np.count_nonzero(weights) < 2:
        return math.nan
    padded = np.concatenate([ordered, np.zeros(beyond.size)])
    return float(least_squares(at[:, None], padded, weights=weights).coefficients[0])

"""Intervals for a jump that allow for the worst bias a bound on the curvature admits.

Armstrong and Kolesár (2018, 2020); for scores with few values Kolesár and Rothe (2018). The mean outcome on either
side has a second derivative of at most M; the bias of a local linear estimate is then at most M/2 times the
weighted squared distances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

from causalkit._numerics._local_polynomial import local_window
from causalkit._numerics._rd_neighbours import neighbour_residuals

if TYPE_CHECKING:
    from causalkit._numerics._rd_side import KernelName, Side
    from causalkit._typing import FloatArray

__all__ = [
    "HonestFit",
    "bias_aware_critical",
    "bias_aware_p",
    "honest_bandwidth",
    "honest_jump",
    "imbens_kalyanaraman",
    "rule_of_thumb_bound",
]

# Fifth power of the constant of the optimal bandwidth at a boundary (Imbens and Kalyanaraman 2012, equation 5).
_BOUNDARY: Final = {"triangular": 480.0, "uniform": 144.0, "epanechnikov": 56832 / 12635 * 36100 / 484}
_GRID = 60
_MATCHES = 3


@dataclass(frozen=True, slots=True)
class HonestFit:
    """A jump, its standard error and its largest bias.

    Attributes
    ----------
    estimate, std_error, max_bias : float
        In units of the outcome.
    n : tuple of int
        Rows in the window, on either side.
    """

    estimate: float
    std_error: float
    max_bias: float
    n: tuple[int, int]


def honest_jump(sides: tuple[Side, Side], bandwidth: float, bound: float, kernel: KernelName) -> HonestFit:
    """Local linear jump with nearest-neighbour standard error and worst-case bias.

    Parameters
    ----------
    sides : tuple of Side
        Rows below and above the cutoff; the first column is the outcome.
    bandwidth : float
        Half-width of the window.
    bound : float
        Largest second derivative of the mean outcome, in absolute value.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.

    Returns
    -------
    HonestFit
        The estimate.
    """
    estimate = variance = bias = 0.0
    counts = []
    for sign, side in zip((-1.0, 1.0), sides, strict=True):
        window = local_window(side, bandwidth, 1, kernel)
        n = len(window)
        weights = window.functional(0, 1)
        residuals = neighbour_residuals(side, _MATCHES).within(n)[0]
        estimate += sign * float(weights @ side.columns[0, :n])
        variance += float(np.square(weights * residuals).sum())
        bias += abs(float(weights @ side.distance[:n] ** 2)) * bound / 2
        counts.append(n)
    return HonestFit(estimate, math.sqrt(variance), bias, (counts[0], counts[1]))


def honest_bandwidth(
    sides: tuple[Side, Side], bound: float, kernel: KernelName, *, contrast: FloatArray | None = None
) -> float:
    """Bandwidth of least worst-case mean squared error, with variances from a preliminary fit.

    Parameters
    ----------
    sides : tuple of Side
        Rows below and above the cutoff.
    bound : float
        Largest second derivative of the mean outcome.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    contrast : (k,) array, optional
        Weights of the first columns in the outcome whose jump is estimated; the first column alone if not given.

    Returns
    -------
    float
        In units of the score.
    """
    from scipy.optimize import minimize_scalar

    variances = _preliminary_variances(sides, np.ones(1) if contrast is None else contrast)

    def risk(log_width: float) -> float:
        bias = variance = 0.0
        for side, sigma2 in zip(sides, variances, strict=True):
            window = local_window(side, math.exp(log_width), 1, kernel)
            if not window.identified(1):
                return math.inf
            weights = window.functional(0, 1)
            bias += abs(float(weights @ side.distance[: len(window)] ** 2)) * bound / 2
            variance += sigma2 * float(weights @ weights)
        return bias**2 + variance

    least = max(side.nth_distinct(3) for side in sides)
    grid = np.linspace(math.log(least), math.log(max(side.range for side in sides)), _GRID)
    best = int(np.argmin([risk(float(each)) for each in grid]))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, _GRID - 1)])
    found = minimize_scalar(risk, bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    return math.exp(float(found.x))


def _preliminary_variances(sides: tuple[Side, Side], contrast: FloatArray) -> tuple[float, float]:
    """Mean squared residuals of a local linear fit, by side."""
    width = imbens_kalyanaraman(sides, "triangular")
    found = []
    for side in sides:
        width_here = max(width, side.nth_distinct(3))
        window = local_window(side, width_here, 1, "triangular")
        n = len(window)
        y = contrast @ side.columns[: contrast.size]
        left = y[:n] - window.predicted(y[None], side.distance[:n], 1)[0]
        found.append(float(np.mean(left**2)))
    return found[0], found[1]


def imbens_kalyanaraman(sides: tuple[Side, Side], kernel: KernelName) -> float:
    """Bandwidth of Imbens and Kalyanaraman (2012, section 4.2).

    Where the rows near the cutoff show neither noise nor curvature, or there are too few of them, the preliminary
    window stands in for it.

    Parameters
    ----------
    sides : tuple of Side
        Rows below and above the cutoff.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.

    Returns
    -------
    float
        In units of the score.
    """
    score = np.concatenate([-sides[0].distance[::-1], sides[1].distance])
    y = np.concatenate([sides[0].columns[0][::-1], sides[1].columns[0]])
    n = score.size
    pilot: float = 1.84 * float(score.std(ddof=1)) * float(n) ** -0.2
    near = [side.columns[0, : int(np.searchsorted(side.distance, pilot, side="right"))] for side in sides]
    if min(each.size for each in near) < 2:
        return pilot
    density = sum(each.size for each in near) / (2 * n * pilot)
    variances = [float(each.var(ddof=1)) for each in near]
    third = _third_derivative(score, y)
    curvature, regularization = [], 0.0
    for side, variance in zip(sides, variances, strict=True):
        width = (7200 * variance / (density * third**2 * len(side))) ** (1 / 7) if third else side.range
        window = local_window(side, max(min(width, side.range), side.nth_distinct(4)), 2, "uniform")
        inside = len(window)
        curvature.append(2 * float(window.functional(2, 2) @ side.columns[0, :inside]))
        regularization += 2160 * variance / (inside * width**4) if variance > 0 else 0.0
    spread = (curvature[1] - curvature[0]) ** 2 + regularization
    if not spread > 0:
        return pilot
    return float((_BOUNDARY[kernel] * sum(variances) / (density * spread * n)) ** 0.2)


def _third_derivative(score: FloatArray, y: FloatArray) -> float:
    """Of a cubic with a jump at the cutoff."""
    scale = float(np.abs(score).max())
    u = score / scale
    design = np.stack([np.ones_like(u), (score >= 0).astype(np.float64), u, u**2, u**3], axis=1)
    solved, *_ = np.linalg.lstsq(design, y, rcond=None)
    return 6 * float(solved[4]) / scale**3


def rule_of_thumb_bound(sides: tuple[Side, Side], column: int = 0) -> float:
    """Largest second derivative of a quartic fitted to each side (Armstrong and Kolesár 2020, section 4.3).

    Parameters
    ----------
    sides : tuple of Side
        Rows below and above the cutoff.
    column : int
        Which column.

    Returns
    -------
    float
        A guess of the bound; the data cannot settle it.
    """
    largest = 0.0
    for side in sides:
        window = local_window(side, side.range * (1 + 1e-12), 4, "uniform")
        y = side.columns[column, : len(window)]
        c2, c3, c4 = (float(window.functional(k, 4) @ y) for k in (2, 3, 4))
        # The second derivative is a parabola: over the scores that occur, largest at an end or at its vertex.
        vertex, nearest = -c3 / (4 * c4) if c4 else 0.0, float(side.distance[0])
        ends = [nearest, side.range, min(max(vertex, nearest), side.range)]
        largest = max(largest, *(abs(2 * c2 + 6 * c3 * at + 12 * c4 * at**2) for at in ends))
    return largest


def bias_aware_critical(level: float, ratio: float) -> float:
    """Quantile of ``|N(ratio, 1)|``, where ``ratio`` is largest bias over standard error."""
    if ratio > 1e3:
        return ratio - float(special.ndtri(1 - level))
    return math.sqrt(float(special.chndtrix(level, 1.0, ratio**2)))


def bias_aware_p(distance: float, ratio: float) -> float:
    """Probability that ``|N(ratio, 1)|`` exceeds ``distance``."""
    return float(special.ndtr(ratio - distance) + special.ndtr(-ratio - distance))

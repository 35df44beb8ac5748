"""The ratio of two jumps with the largest bias that bounds on both curvatures admit (Armstrong and Kolesár 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._honest import honest_bandwidth
from causalkit._numerics._local_polynomial import local_window
from causalkit._numerics._rd_neighbours import neighbour_residuals

if TYPE_CHECKING:
    from causalkit._numerics._rd_side import KernelName, Side
    from causalkit._typing import FloatArray

__all__ = ["HonestRatio", "honest_ratio", "honest_ratio_bandwidth"]

_MATCHES = 3


@dataclass(frozen=True, slots=True, eq=False)
class HonestRatio:
    """Jumps of outcome and take-up in one window.

    Attributes
    ----------
    jumps : (2,) array
        Of outcome and take-up.
    cov : (2, 2) array
        Their covariance, from nearest neighbours.
    bias : float
        Largest bias of a jump per unit of the bound on its curvature.
    n : tuple of int
        Rows in the window, on either side.
    """

    jumps: FloatArray
    cov: FloatArray
    bias: float
    n: tuple[int, int]


def honest_ratio(sides: tuple[Side, Side], bandwidth: float, kernel: KernelName) -> HonestRatio:
    """Local linear jumps of outcome and take-up.

    Parameters
    ----------
    sides : tuple of Side
        Rows below and above the cutoff; the columns are the outcome and the treatment.
    bandwidth : float
        Half-width of the window.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.

    Returns
    -------
    HonestRatio
        Jumps, covariance and bias.
    """
    jumps, cov, bias, counts = np.zeros(2), np.zeros((2, 2)), 0.0, []
    for sign, side in zip((-1.0, 1.0), sides, strict=True):
        window = local_window(side, bandwidth, 1, kernel)
        n = len(window)
        weights = window.functional(0, 1)
        weighted = weights * neighbour_residuals(side, _MATCHES).within(n)[:2]
        jumps += sign * (side.columns[:2, :n] @ weights)
        cov += weighted @ weighted.T
        bias += abs(float(weights @ side.distance[:n] ** 2)) / 2
        counts.append(n)
    return HonestRatio(jumps, cov, bias, (counts[0], counts[1]))


def honest_ratio_bandwidth(
    sides: tuple[Side, Side], bounds: tuple[float, float], kernel: KernelName, pilot_effect: float
) -> float:
    """Bandwidth of least worst-case mean squared error of the jump of the outcome less an effect times take-up.

    Parameters
    ----------
    sides : tuple of Side
        Rows below and above the cutoff; the columns are the outcome and the treatment.
    bounds : tuple of float
        Largest second derivatives of the means of outcome and take-up.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    pilot_effect : float
        The effect supposed.

    Returns
    -------
    float
        In units of the score.
    """
    bound = bounds[0] + abs(pilot_effect) * bounds[1]
    return honest_bandwidth(sides, bound, kernel, contrast=np.array([1.0, -pilot_effect]))

"""Intervals for a jump when the model may miss the mean at the cutoff as far as it misses it elsewhere.

Kolesár and Rothe (2018, section V.B): for a score with few values, the gaps between the means at each value and the
polynomial tell how wrong the polynomial is; at the cutoff it is taken to be no more wrong than at the worst value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._local_polynomial import local_window

if TYPE_CHECKING:
    from causalkit._numerics._rd_side import Side
    from causalkit._typing import FloatArray

__all__ = ["SideGaps", "side_gaps"]


@dataclass(frozen=True, slots=True, eq=False)
class SideGaps:
    """One side of the cutoff.

    Attributes
    ----------
    level : float
        Value of the polynomial at the cutoff.
    variance : float
        Of the level.
    gaps : (2 g,) array
        Gap of the mean from the polynomial at each of the g scores, and its negative.
    variances : (2 g,) array
        Variance of the level plus each gap.
    n : int
        Rows in the window.
    """

    level: float
    variance: float
    gaps: FloatArray
    variances: FloatArray
    n: int


def side_gaps(side: Side, bandwidth: float, order: int) -> SideGaps:
    """Polynomial of one side with its gaps at every score, and their variances for unequal error variances (HC0).

    Parameters
    ----------
    side : Side
        The rows; the first column is the outcome.
    bandwidth : float
        Half-width of the window.
    order : int
        Degree of the polynomial; the window has more distinct scores.

    Returns
    -------
    SideGaps
        All but the outcome's rows: rows with one score share their weights, so that sums by score suffice.
    """
    window = local_window(side, bandwidth, order, "uniform")
    n = len(window)
    y, ends = side.columns[0, :n], side.ends[: side.distinct_within(n)]
    starts = np.concatenate(([0], ends[:-1]))
    counts = (ends - starts).astype(np.float64)
    means = np.add.reduceat(y, starts) / counts
    within = np.add.reduceat(np.square(y - np.repeat(means, ends - starts)), starts)
    # Rows of the hat matrix at each score, per row of data: what one row adds to the polynomial there.
    basis = window.orthonormal(side.distance[starts], order)
    hat = basis.T @ basis
    gap = means - hat @ (counts * means)
    level = window.functional(0, order)[starts]
    squares = within + counts * np.square(gap)
    variances = []
    for sign in (1.0, -1.0):
        weights = level[None, :] - sign * hat
        own = np.diagonal(weights)
        variances.append(np.square(weights) @ squares + 2 * sign * own * within / counts + within / np.square(counts))
    return SideGaps(
        level=float(level @ (counts * means)),
        variance=float(np.square(level) @ squares),
        gaps=np.concatenate([gap, -gap]),
        variances=np.concatenate(variances),
        n=n,
    )

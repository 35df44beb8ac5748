"""Nearest-neighbour residuals along the score (Calonico, Cattaneo and Titiunik 2014, section 5.3).

The neighbours of a row are the rows with the same score and those with the nearest other scores, added a
score at a time, from either side, until there are ``matches``; scores equally far on both sides enter together.
Rows with the same score share one neighbourhood, so the search is over distinct scores, all at once, in at most
``matches`` steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from causalkit._numerics._rd_side import Side
    from causalkit._typing import FloatArray, IntArray

__all__ = ["NeighbourResiduals", "neighbour_residuals"]

# Gaps of a score in tenths are equal but for rounding; which rounding must not decide who is a neighbour.
_ABOUT = 1.0 + 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourResiduals:
    """Residuals of a whole side, and how to get those of any window.

    Attributes
    ----------
    side : Side
        The rows.
    matches : int
        Least number of neighbours.
    residuals : (k, n) array
        With neighbours from the whole side.
    known : dict
        Residuals of the windows asked for so far, by their number of rows.
    """

    side: Side
    matches: int
    residuals: FloatArray
    known: dict[int, FloatArray] = field(default_factory=dict, repr=False)

    def within(self, n: int) -> FloatArray:
        """Residuals of the first ``n`` rows with neighbours among them, (k, n).

        Only rows of the last ``matches`` scores can have neighbours beyond the window.
        """
        side = self.side
        if n >= len(side) or n == 0:
            return self.residuals[:, :n]
        if n in self.known:
            return self.known[n]
        out = self.known[n] = self.residuals[:, :n].copy()
        last = side.distinct_within(n)
        # A neighbourhood reaches at most `matches` scores either way.
        first = max(last - self.matches, 0)
        start = max(first - self.matches - 1, 0)
        row = int(side.ends[start - 1]) if start else 0
        tail = _residuals(
            side.distance[row:n], side.columns[:, row:n], side.ends[start:last] - row, self.matches, n - 1
        )
        changed = int(side.ends[first - 1]) if first else 0
        out[:, changed:] = tail[:, changed - row :]
        return out


def neighbour_residuals(side: Side, matches: int) -> NeighbourResiduals:
    """Residuals of every column from the mean of the nearest neighbours, scaled to be unbiased for the variance.

    Parameters
    ----------
    side : Side
        The rows.
    matches : int
        Least number of neighbours; fewer only where there are not as many.

    Returns
    -------
    NeighbourResiduals
        ``sqrt(J / (J + 1))`` times the gap to the mean of the J neighbours.
    """
    residuals = _residuals(side.distance, side.columns, side.ends, matches, len(side) - 1)
    return NeighbourResiduals(side, matches, residuals)


def _residuals(distance: FloatArray, columns: FloatArray, ends: IntArray, matches: int, others: int) -> FloatArray:
    starts = np.concatenate(([0], ends[:-1]))
    if ends.size == distance.size:
        return _scaled(columns, _spread(distance, columns, np.ones(ends.size, dtype=np.int64), matches, others))
    counts = ends - starts
    sums = np.add.reduceat(columns, starts, axis=1)
    total, size = _spread(distance[starts], sums, counts, matches, others)
    return _scaled(columns, (np.repeat(total, counts, axis=1), np.repeat(size, counts)))


def _scaled(columns: FloatArray, neighbourhood: tuple[FloatArray, IntArray]) -> FloatArray:
    total, size = neighbourhood
    others = np.maximum(size - 1, 1)
    gap = columns - (total - columns) / others
    return np.asarray(gap * np.where(size > 1, np.sqrt(others / (others + 1.0)), 0.0))


def _spread(
    at: FloatArray, sums: FloatArray, counts: IntArray, matches: int, others: int
) -> tuple[FloatArray, IntArray]:
    """Sum and number of the rows in the neighbourhood of each distinct score, itself included."""
    n_scores = at.size
    needed = min(matches, others)
    low = np.arange(n_scores)
    high = low.copy()
    total, size = sums.copy(), counts.copy()
    open_ = np.flatnonzero(size - 1 < needed)
    while open_.size:
        left, right = low[open_] - 1, high[open_] + 1
        here = at[open_]
        gap_left = np.where(left >= 0, here - at[np.maximum(left, 0)], np.inf)
        gap_right = np.where(right < n_scores, at[np.minimum(right, n_scores - 1)] - here, np.inf)
        go_left = (gap_left <= gap_right * _ABOUT) & (left >= 0)
        go_right = (gap_right <= gap_left * _ABOUT) & (right < n_scores)
        for move, new in ((go_left, left), (go_right, right)):
            rows, source = open_[move], new[move]
            total[:, rows] += sums[:, source]
            size[rows] += counts[source]
        low[open_] -= go_left
        high[open_] += go_right
        open_ = open_[(size[open_] - 1 < needed) & (go_left | go_right)]
    return total, size

"""Nearest-neighbour residuals along the score (Calonico, Cattaneo and Titiunik 2014, section 5.3).

The neighbours of a row are the rows with the same score and those with the nearest other scores, added a
score at a time, from either side, until there are ``matches``; scores equally far on both sides enter together.
Rows with the same score share one neighbourhood, so the search is over distinct scores, all at once, in at most
``matches`` steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from causalkit._numerics._rd_side import Side
    from causalkit._typing import FloatArray, IntArray

__all__ = ["NeighbourResiduals", "neighbour_residuals"]

# Gaps of a score in tenths are equal but for rounding; which rounding must not decide who is a neighbour.
_ABOUT = 1.0 + 1e-9
# Scores gone over at a time.
_BLOCK = 8192


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
        if side.n_distinct == len(side):
            _redo_last(out, side.distance[:n], side.columns[:, :n], self.matches)
            return out
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


def _redo_last(residuals: FloatArray, at: FloatArray, columns: FloatArray, matches: int) -> None:
    """Residuals of the last rows of a window whose scores are distinct: few, so one by one."""
    n = at.size
    needed = min(matches, n - 1)
    first = max(n - 2 * needed, 0)
    scores = at[first:].tolist()
    top = len(scores) - 1
    for row in range(max(top + 1 - needed, 0), top + 1):
        low = high = row
        while high - low < needed:
            left = scores[row] - scores[low - 1] if low else math.inf
            right = scores[high + 1] - scores[row] if high < top else math.inf
            low -= left <= right * _ABOUT
            high += right <= left * _ABOUT
        others = high - low
        here = columns[:, first + row]
        mean = (columns[:, first + low : first + high + 1].sum(axis=1) - here) / max(others, 1)
        residuals[:, first + row] = (here - mean) * math.sqrt(others / (others + 1))


def _residuals(distance: FloatArray, columns: FloatArray, ends: IntArray, matches: int, others: int) -> FloatArray:
    needed = min(matches, others)
    if ends.size == distance.size:
        return _scaled(columns, *_as_rows(distance, columns, needed))
    starts = np.concatenate(([0], ends[:-1]))
    counts = ends - starts
    total, size = _of_groups(distance[starts], np.add.reduceat(columns, starts, axis=1), counts, needed)
    return _scaled(columns, np.repeat(total, counts, axis=1), np.repeat(size, counts))


def _scaled(columns: FloatArray, total: FloatArray, size: IntArray) -> FloatArray:
    """Gap to the mean of the J others in the neighbourhood, times ``sqrt(J / (J + 1))``; zero without others."""
    # (y - (total - y) / J) sqrt(J / (J + 1)) = (y (J + 1) - total) / sqrt(J (J + 1)).
    if size.size and size[0] == size.min() == size.max():
        same = float(size[0])
        return (columns * same - total) / math.sqrt(max(same * (same - 1.0), 1.0))
    sizes = np.arange(1.0, float(size.max(initial=1)) + 1.0)
    scale = 1.0 / np.sqrt(np.maximum(sizes * (sizes - 1.0), 1.0))
    out = columns * size
    out -= total
    out *= scale[size - 1]
    return np.asarray(out)


def _as_rows(at: FloatArray, sums: FloatArray, needed: int) -> tuple[FloatArray, IntArray]:
    """Sum and number of the scores in the neighbourhood of each distinct score, as if each were one row.

    In blocks, so that what is made on the way stays in cache.
    """
    n = at.size
    if not 0 < needed < n:
        return np.repeat(sums.sum(axis=1, keepdims=True), n, axis=1), np.full(n, n)
    total, size = np.empty_like(sums), np.empty(n, dtype=np.int64)
    for first in range(0, n, _BLOCK):
        last = min(first + _BLOCK, n)
        start, stop = max(first - needed, 0), min(last + needed, n)
        part, count = _side_by_side(at[start:stop], sums[:, start:stop], needed)
        inside = slice(first - start, last - start)
        total[:, first:last], size[first:last] = part[:, inside], count[inside]
    return total, size


def _side_by_side(at: FloatArray, sums: FloatArray, needed: int) -> tuple[FloatArray, IntArray]:
    """Neighbourhoods of consecutive scores, of which there are more than ``needed``.

    The ``j``-th score to the left is among the nearest ``needed`` if it is nearer than the ``needed + 1 - j``-th to
    the right; where the two are equally far, both are.
    """
    n = at.size
    gaps = np.full((needed + 1, n + needed), np.inf)
    for j in range(1, needed + 1):
        np.subtract(at[j:], at[:-j], out=gaps[j, j:n])
    left, right = np.zeros(n, dtype=np.int16), np.zeros(n, dtype=np.int16)
    for j in range(1, needed + 1):
        # gaps[j, i] lies between score i and the j-th to its left, gaps[j, i + j] between i and the j-th to its right.
        other = needed + 1 - j
        to_left, to_right = gaps[j, :n], gaps[other, other : n + other]
        left += to_left <= to_right * _ABOUT
        right += to_right <= to_left * _ABOUT
    runs = sums[:, : n - needed].copy()
    for j in range(1, needed + 1):
        runs += sums[:, j : n - needed + j]
    total = np.take(runs, np.arange(n) - left, axis=1)
    right += left
    both = np.flatnonzero(right > needed)
    total[:, both] += sums[:, both + (right - left)[both]]
    return total, right.astype(np.int64) + 1


def _of_groups(at: FloatArray, sums: FloatArray, counts: IntArray, needed: int) -> tuple[FloatArray, IntArray]:
    """Sum and number of the rows in the neighbourhood of each distinct score, itself included."""
    many = np.concatenate(([0], np.cumsum(counts > 1)))
    n = at.size
    here = np.arange(n)
    near = many[np.minimum(here + needed + 1, n)] > many[np.maximum(here - needed, 0)]
    near |= needed >= n
    repeated = np.flatnonzero(near)
    if repeated.size == n:
        return _spread(at, sums, counts, needed, here)
    total, size = _as_rows(at, sums, needed)
    total[:, repeated], size[repeated] = _spread(at, sums, counts, needed, repeated)
    return total, size


def _spread(
    at: FloatArray, sums: FloatArray, counts: IntArray, needed: int, scores: IntArray
) -> tuple[FloatArray, IntArray]:
    """Neighbourhoods of some scores, grown a score at a time from either side."""
    n_scores = at.size
    low, high = scores.copy(), scores.copy()
    total, size = sums[:, scores], counts[scores]
    open_ = np.flatnonzero(size - 1 < needed)
    while open_.size:
        left, right = low[open_] - 1, high[open_] + 1
        here = at[scores[open_]]
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

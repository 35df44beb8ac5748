"""Nearest neighbours on a line: matching on a score is sorting.

Donors sorted by the score make the k nearest of a focal unit a window around its place, found for all focal
units at once by bisection. Greedy matching without replacement walks the focal units in their order; the next
free donor on either side is kept by union-find with path halving, so a match costs next to nothing.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._matched_sets import MatchedSets, sets_from_links

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["Line", "Order", "free_nearest", "line_up", "nearest_on_line", "within_radius"]

Order = Literal["largest", "smallest", "data", "closest", "random"]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Focal units and donors sorted by group, then score, then row.

    Attributes
    ----------
    focal, donors : (f,), (m,) arrays of int
        Row positions: focal units in the order of the rows or of the line, donors along the line.
    x, d : (f,), (m,) arrays
        Their scores.
    place : (f,) array of int
        Number of donors before each focal unit on the line.
    low, high : (f,) arrays of int
        The donors of the focal unit's group are ``donors[low:high]``.
    """

    focal: IntArray
    donors: IntArray
    x: FloatArray
    d: FloatArray
    place: IntArray
    low: IntArray
    high: IntArray


def line_up(
    score: FloatArray,
    focal: BoolArray,
    donor: BoolArray,
    group: IntArray | None = None,
    *,
    along: bool = False,
) -> Line:
    """Sort focal units and donors along the score, inside exact groups.

    Parameters
    ----------
    score : (n,) array
        What is matched on.
    focal, donor : (n,) arrays of bool
        Who looks for partners, and who may be one.
    group : (n,) array of int, optional
        Only units of the same group may be matched.
    along : bool
        Put the focal units in the order of the line instead of the rows: large problems then read memory from front
        to back, several times faster.
    """
    keys = (score,) if group is None else (score, group)
    order = np.lexsort(keys) if group is not None else np.argsort(score, kind="stable")
    is_donor = donor[order]
    before = np.empty(score.size, np.int64)
    before[order] = np.cumsum(is_donor) - is_donor
    rows = order[focal[order]] if along else np.flatnonzero(focal)
    donors = order[is_donor]
    if group is None:
        low, high = np.zeros(rows.size, np.int64), np.full(rows.size, donors.size)
    else:
        donor_group = group[donors]
        low = np.searchsorted(donor_group, group[rows], side="left")
        high = np.searchsorted(donor_group, group[rows], side="right")
    return Line(rows, donors, score[rows], score[donors], before[rows], low, high)


def nearest_on_line(
    line: Line,
    *,
    ratio: int = 1,
    caliper: float = np.inf,
    slack: float | None = None,
    squared_slack: float = 0.0,
    weights: FloatArray | None = None,
) -> MatchedSets:
    """Match each focal unit to its nearest donors, who may be used again.

    Parameters
    ----------
    line : Line
        From `line_up`.
    ratio : int
        Donors per focal unit (fewer where the group or the caliper has fewer).
    caliper : float
        Largest distance allowed, in units of the score.
    slack : float, optional
        Every donor at most this much farther than the last of the ``ratio`` nearest is tied with it and belongs to the
        set. None takes exactly ``ratio`` donors: those before the focal unit win over equally near ones behind it.
    squared_slack : float
        The same for squared distances, the rule of R's Matching (1e-5 on standardised columns).
    weights : (n,) array, optional
        Sampling weights of the sample.
    """
    count = np.minimum(ratio, line.high - line.low)
    start = _first_of_nearest(line, count)
    low, high = start, start + count
    if slack is not None:
        radius = np.zeros(line.x.size)
        some = count > 0
        radius[some] = np.maximum(line.x[some] - line.d[low[some]], line.d[high[some] - 1] - line.x[some])
        low, high = _window(line, np.sqrt(radius**2 + squared_slack) + slack, low, high)
    if np.isfinite(caliper):
        low, high = _within_caliper(line, low, high, caliper)
    return _windows_to_sets(line, low, high, weights)


def _within_caliper(line: Line, low: IntArray, high: IntArray, caliper: float) -> tuple[IntArray, IntArray]:
    """Shrink the windows whose ends lie beyond the caliper; most do not."""
    last = max(line.d.size - 1, 0)
    wide = high > low
    wide[wide] = (line.x[wide] - line.d[low[wide]] > caliper) | (
        line.d[np.minimum(high[wide] - 1, last)] - line.x[wide] > caliper
    )
    some = np.flatnonzero(wide)
    place = line.place[some]
    part = Line(line.focal[some], line.donors, line.x[some], line.d, place, line.low[some], line.high[some])
    inner_low, inner_high = _window(part, np.full(some.size, caliper), place, place)
    low, high = low.copy(), high.copy()
    low[some] = np.maximum(low[some], inner_low)
    high[some] = np.minimum(high[some], inner_high)
    return low, high


def within_radius(line: Line, radius: float, weights: FloatArray | None = None) -> MatchedSets:
    """Match each focal unit to every donor at most ``radius`` away."""
    low, high = _window(line, np.full(line.x.size, radius), line.place, line.place)
    return _windows_to_sets(line, low, high, weights)


def _windows_to_sets(line: Line, low: IntArray, high: IntArray, weights: FloatArray | None) -> MatchedSets:
    """Drop empty windows."""
    kept = high > low
    weight = np.ones(line.donors.size) if weights is None else weights[line.donors]
    return MatchedSets(line.focal[kept], low[kept], high[kept], line.donors, weight)


def _first_of_nearest(line: Line, count: IntArray) -> IntArray:
    """Where the window of the ``count`` nearest donors starts, by bisection over all focal units at once."""
    low = np.maximum(line.place - count, line.low)
    high = np.minimum(line.place, line.high - count)
    while True:
        open_ = low < high
        if not open_.any():
            return np.asarray(low)
        middle = (low + high) // 2
        ahead = np.minimum(middle + count, line.d.size - 1)
        farther = open_ & (line.x - line.d[np.minimum(middle, line.d.size - 1)] > line.d[ahead] - line.x)
        low = np.where(farther, middle + 1, low)
        high = np.where(open_ & ~farther, middle, high)


def _window(line: Line, radius: FloatArray, low: IntArray, high: IntArray) -> tuple[IntArray, IntArray]:
    """Widen the windows ``low:high`` to all donors at most ``radius`` away, by the distances as they are reported."""
    x, d = line.x, line.d
    before = _count_while(low - line.low, lambda i, count: x[i] - d[low[i] - count] <= radius[i])
    after = _count_while(line.high - high, lambda i, count: d[high[i] + count - 1] - x[i] <= radius[i])
    return low - before, high + after


def _count_while(room: IntArray, holds: Callable[[IntArray, IntArray], BoolArray]) -> IntArray:
    """Largest count, up to ``room``, for which a condition that fails from some count on still holds.

    Steps double until the condition fails, then the last step is bisected; only units still open are looked at, and
    most close at the first.
    """
    known, bound = np.zeros_like(room), room + 1
    open_, step = np.flatnonzero(room > 0), 1
    while open_.size:
        probe = np.minimum(step, room[open_])
        good = holds(open_, probe)
        known[open_[good]] = probe[good]
        bound[open_[~good]] = probe[~good]
        open_ = open_[good & (probe < room[open_])]
        step *= 2
    open_ = np.flatnonzero(bound - known > 1)
    while open_.size:
        probe = (known[open_] + bound[open_]) // 2
        good = holds(open_, probe)
        known[open_[good]] = probe[good]
        bound[open_[~good]] = probe[~good]
        open_ = open_[bound[open_] - known[open_] > 1]
    return known


def free_nearest(
    line: Line,
    *,
    order: Order = "largest",
    ratio: int = 1,
    caliper: float = np.inf,
    weights: FloatArray | None = None,
    rng: np.random.Generator | None = None,
) -> MatchedSets:
    """Greedy matching in which every donor is used at most once.

    Focal units choose one after the other, in ``ratio`` rounds; each takes the nearest donor that is still free. Of two
    equally near donors the one before the focal unit on the line is taken; units with the same score
    stand in the order of their rows.

    Parameters
    ----------
    line : Line
        From `line_up`.
    order : {"largest", "smallest", "data", "closest", "random"}
        Who chooses first: descending or ascending score, the order of the rows, the smallest distance to a free
        donor, or at random.
    ratio : int
        Donors per focal unit.
    caliper : float
        Largest distance allowed, in units of the score.
    weights : (n,) array, optional
        Sampling weights of the sample.
    rng : numpy.random.Generator, optional
        For ``order="random"``.
    """
    free = _FreeDonors(line, caliper)
    focal: list[int] = []
    donor: list[int] = []
    for _ in range(ratio):
        if order == "closest":
            _choose_closest_first(free, focal, donor)
        else:
            _choose_in_turn(free, _turns(line, order, rng).tolist(), focal, donor)
    chosen = np.array(donor, dtype=np.int64)
    return sets_from_links(line.focal[np.array(focal, dtype=np.int64)], line.donors[chosen], weights)


def _turns(line: Line, order: Order, rng: np.random.Generator | None) -> IntArray:
    """The order in which focal units choose."""
    if order == "largest":
        return np.argsort(-line.x, kind="stable")
    if order == "smallest":
        return np.argsort(line.x, kind="stable")
    if order == "random" and rng is not None:
        return rng.permutation(line.x.size)
    return np.arange(line.x.size)


class _FreeDonors:
    """Which donors are free, as the nearest free one on each side of a place.

    ``after[j]`` leads to the first free donor at or after j, ``before[j]`` to one past the first free donor before j
    (0: none). Plain lists: each step reads a few single entries, which arrays do far slower.
    """

    __slots__ = ("after", "before", "caliper", "d", "high", "low", "place", "x")

    def __init__(self, line: Line, caliper: float) -> None:
        m = line.d.size
        self.x: list[float] = line.x.tolist()
        self.d: list[float] = line.d.tolist()
        self.place: list[int] = line.place.tolist()
        self.low: list[int] = line.low.tolist()
        self.high: list[int] = line.high.tolist()
        self.caliper = float(caliper)
        self.after = list(range(m + 1))
        self.before = list(range(m + 1))

    def take(self, j: int) -> None:
        """Donor ``j`` is used."""
        self.after[j] = j + 1
        self.before[j + 1] = j

    def nearest(self, i: int) -> tuple[float, int]:
        """Distance and place of the nearest free donor of focal unit ``i``; (inf, -1) if there is none."""
        after, before, x = self.after, self.before, self.x[i]
        right = self.place[i]
        left = right
        while after[right] != right:
            after[right] = after[after[right]]
            right = after[right]
        while before[left] != left:
            before[left] = before[before[left]]
            left = before[left]
        gap_left = x - self.d[left - 1] if left > self.low[i] else np.inf
        gap_right = self.d[right] - x if right < self.high[i] else np.inf
        if gap_left <= gap_right:
            return (gap_left, left - 1) if gap_left <= self.caliper and left > self.low[i] else (np.inf, -1)
        return (gap_right, right) if gap_right <= self.caliper else (np.inf, -1)


def _choose_in_turn(free: _FreeDonors, turns: Iterable[int], focal: list[int], donor: list[int]) -> None:
    """One round in a given order, appended to ``focal`` and ``donor``."""
    nearest, take = free.nearest, free.take
    for i in turns:
        _, j = nearest(i)
        if j >= 0:
            take(j)
            focal.append(i)
            donor.append(j)


def _choose_closest_first(free: _FreeDonors, focal: list[int], donor: list[int]) -> None:
    """One round in which the focal unit with the smallest distance to a free donor always goes next.

    Distances only grow while donors are used up, so an entry of the heap is a lower bound: it is matched
    if it still holds and put back with its new distance otherwise.
    """
    heap = [(gap, i, j) for i in range(len(free.x)) for gap, j in (free.nearest(i),) if j >= 0]
    heapq.heapify(heap)
    while heap:
        gap, i, j = heap[0]
        now, at = free.nearest(i)
        if at < 0:
            heapq.heappop(heap)
        elif at != j or now != gap:
            heapq.heapreplace(heap, (now, i, at))
        else:
            heapq.heappop(heap)
            free.take(j)
            focal.append(i)
            donor.append(j)

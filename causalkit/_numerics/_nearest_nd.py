"""Nearest neighbours in several dimensions, on a k-d tree of the distinct donor points.

Equal donors are one point of the tree, so heavily tied covariates make the work smaller, not larger. Candidate
lists are short and are asked for again, longer, only where they run out.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from causalkit._numerics._matched_sets import MatchedSets, join_sets, sets_from_links
from causalkit._numerics._metric import distinct_points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._numerics._nearest_1d import Order
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["Limits", "exact_groups", "free_nearest_in_space", "nearest_in_space", "query"]

CHUNK = 2_000  # focal units whose candidates are asked for together
CANDIDATES = 8  # length of the first list
ENTRIES = 20_000_000  # largest candidate table held at once


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Further calipers: partners must not differ by more than ``width`` in each column of ``values``.

    Attributes
    ----------
    values : (n, q) array
        Columns that are limited, such as the propensity score.
    width : (q,) array
        Largest absolute difference allowed in each.
    """

    values: FloatArray
    width: FloatArray

    def allow(self, focal: IntArray, donor: IntArray) -> BoolArray:
        """Whether rows ``focal`` and ``donor`` (arrays that broadcast) are close enough in every column."""
        return np.asarray((np.abs(self.values[focal] - self.values[donor]) <= self.width).all(axis=-1))


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Distinct donor points of one group and the donors at each, in the order of the rows."""

    tree: cKDTree
    rows: IntArray
    start: IntArray
    size: IntArray


def nearest_in_space(
    points: FloatArray,
    focal: BoolArray,
    donor: BoolArray,
    *,
    ratio: int = 1,
    caliper: float = np.inf,
    slack: float | None = None,
    squared_slack: float = 0.0,
    group: IntArray | None = None,
    limits: Limits | None = None,
    weights: FloatArray | None = None,
) -> MatchedSets:
    """Match each focal unit to its nearest donors, who may be used again.

    Parameters
    ----------
    points : (n, r) array
        Coordinates in which the distance is Euclidean.
    focal, donor : (n,) arrays of bool
        Who looks for partners, and who may be one.
    ratio : int
        Donors per focal unit (fewer where the group, the caliper or the limits have fewer).
    caliper : float
        Largest distance allowed.
    slack : float, optional
        Every donor at most this much farther than the last of the ``ratio`` nearest belongs to the set. None takes
        exactly ``ratio`` donors, of equally near ones the first rows.
    squared_slack : float
        The same for squared distances.
    group : (n,) array of int, optional
        Only units of the same group may be matched.
    limits : Limits, optional
        Further calipers.
    weights : (n,) array, optional
        Sampling weights.
    """
    parts = [
        _nearest_in_group(points, rows, donors, ratio, caliper, slack, squared_slack, limits, weights)
        for rows, donors in exact_groups(focal, donor, group)
    ]
    if not parts:
        return sets_from_links(np.empty(0, np.int64), np.empty(0, np.int64), weights)
    return join_sets(parts)


def exact_groups(focal: BoolArray, donor: BoolArray, group: IntArray | None) -> Iterator[tuple[IntArray, IntArray]]:
    """Rows of the focal units and of the donors of each group that has both."""
    focal_rows, donor_rows = np.flatnonzero(focal), np.flatnonzero(donor)
    if group is None:
        if focal_rows.size and donor_rows.size:
            yield focal_rows, donor_rows
        return
    focal_rows = focal_rows[np.argsort(group[focal_rows], kind="stable")]
    donor_rows = donor_rows[np.argsort(group[donor_rows], kind="stable")]
    labels = np.intersect1d(group[focal_rows], group[donor_rows])
    bounds = [
        np.searchsorted(group[rows], labels, side=side)
        for rows in (focal_rows, donor_rows)
        for side in ("left", "right")
    ]
    for a, b, c, d in zip(*bounds, strict=True):
        yield focal_rows[a:b], donor_rows[c:d]


def _donor_points(points: FloatArray, donors: IntArray, *, distinct: bool) -> _Points:
    """Tree of the donors; of the distinct points if ``distinct``."""
    if distinct:
        code, first = distinct_points(points[donors])
    else:
        code = first = np.arange(donors.size)
    size = np.bincount(code, minlength=first.size)
    rows = donors[np.argsort(code, kind="stable")]
    tree = cKDTree(points[donors[first]])
    return _Points(tree, rows, np.cumsum(size) - size, size)


def query(tree: cKDTree, at: FloatArray, k: int, bound: float) -> tuple[FloatArray, IntArray]:
    """The k nearest points as two (f, k) tables; beyond ``bound``, inf and the number of points."""
    upper = np.nextafter(bound, np.inf) if np.isfinite(bound) else np.inf
    distance, index = tree.query(at, k=np.arange(1, k + 1), distance_upper_bound=upper, workers=-1)
    return np.asarray(distance, dtype=np.float64), np.asarray(index, dtype=np.int64)


def _nearest_in_group(
    points: FloatArray,
    rows: IntArray,
    donors: IntArray,
    ratio: int,
    caliper: float,
    slack: float | None,
    squared_slack: float,
    limits: Limits | None,
    weights: FloatArray | None,
) -> MatchedSets:
    """`nearest_in_space` for one group: each distinct focal point is looked up once."""
    found = _donor_points(points, donors, distinct=limits is None)
    code, first = distinct_points(points[rows]) if limits is None else (np.arange(rows.size),) * 2
    at = rows[first]
    seeker, point, distance = _reach(points, at, found, ratio, caliper, slack or 0.0, squared_slack, limits)
    size = found.size[point]
    place = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size - found.start[point], size)
    seeker, distance, partner = np.repeat(seeker, size), np.repeat(distance, size), found.rows[place]
    order = np.lexsort((partner, distance, seeker)) if slack is None else np.lexsort((partner, seeker))
    seeker, partner = seeker[order], partner[order]
    if slack is None:
        count = np.bincount(seeker, minlength=at.size)
        kept = np.arange(seeker.size) - np.repeat(np.cumsum(count) - count, count) < ratio
        seeker, partner = seeker[kept], partner[kept]
    low = np.searchsorted(seeker, code, side="left")
    high = np.searchsorted(seeker, code, side="right")
    some = high > low
    weight = np.ones(partner.size) if weights is None else weights[partner]
    return MatchedSets(rows[some], low[some], high[some], partner, weight)


def _reach(
    points: FloatArray,
    at: IntArray,
    found: _Points,
    ratio: int,
    caliper: float,
    slack: float,
    squared_slack: float,
    limits: Limits | None,
) -> tuple[IntArray, IntArray, FloatArray]:
    """For each focal row in ``at``, the donor points up to the ``ratio``-th donor and what is tied with it.

    Returns
    -------
    seeker, point, distance : arrays, one entry per link
        Index into ``at``, donor point, and the distance between the two.
    """
    total = found.size.size
    k = min(ratio + 1, total)
    pending = np.arange(at.size)
    links: list[tuple[IntArray, IntArray, FloatArray]] = []
    while pending.size:
        unfinished = []
        for some in np.array_split(pending, -(-pending.size * k // ENTRIES)):
            distance, index = query(found.tree, points[at[some]], k, caliper)
            usable = np.isfinite(distance)
            index = np.where(usable, index, 0)
            if limits is not None:
                usable &= limits.allow(at[some][:, None], found.rows[found.start[index]])
            reached = np.cumsum(np.where(usable, found.size[index], 0), axis=1) >= ratio
            enough = reached[:, -1]
            radius = np.where(enough, distance[np.arange(some.size), reached.argmax(axis=1)], np.inf)
            limit = np.sqrt(radius**2 + squared_slack) + slack
            done = (distance[:, -1] > limit) | np.isinf(distance[:, -1]) | (k == total)
            row, column = np.nonzero(usable & (distance <= limit[:, None]) & done[:, None])
            links.append((some[row], index[row, column], distance[row, column]))
            unfinished.append(some[~done])
        pending = np.concatenate(unfinished)
        k = min(4 * k, total)
    seeker, point, gap = (np.concatenate(part) for part in zip(*links, strict=True))
    return seeker, point, gap


def free_nearest_in_space(
    points: FloatArray,
    focal: BoolArray,
    donor: BoolArray,
    *,
    turn: FloatArray | None = None,
    order: Order = "data",
    ratio: int = 1,
    caliper: float = np.inf,
    slack: float = 0.0,
    group: IntArray | None = None,
    limits: Limits | None = None,
    weights: FloatArray | None = None,
    rng: np.random.Generator | None = None,
) -> MatchedSets:
    """Greedy matching in which every donor is used at most once.

    Of the free donors at most ``slack`` farther than the nearest one, the first row is taken.

    Parameters
    ----------
    points : (n, r) array
        Coordinates in which the distance is Euclidean.
    focal, donor : (n,) arrays of bool
        Who looks for partners, and who may be one.
    turn : (n,) array, optional
        Score that settles who chooses first, for ``order`` "largest" and "smallest".
    order : {"largest", "smallest", "data", "closest", "random"}
        Who chooses first.
    ratio : int
        Donors per focal unit, in as many rounds.
    caliper : float
        Largest distance allowed.
    slack : float
        Distances that differ by no more than this are ties.
    group, limits, weights
        As in `nearest_in_space`.
    rng : numpy.random.Generator, optional
        For ``order="random"``.
    """
    links: list[tuple[int, int]] = []
    for rows, donors in exact_groups(focal, donor, group):
        free = _FreePoints(points, rows, donors, caliper, slack, limits)
        for _ in range(ratio):
            if order == "closest":
                _closest_first(free, links)
            else:
                _in_turn(free, _turns(rows, turn, order, rng), links)
    pairs = np.array(links, dtype=np.int64).reshape(-1, 2)
    return sets_from_links(pairs[:, 0], pairs[:, 1], weights)


def _turns(rows: IntArray, turn: FloatArray | None, order: Order, rng: np.random.Generator | None) -> IntArray:
    """The order in which the focal units of a group choose."""
    if order == "random" and rng is not None:
        return rng.permutation(rows.size)
    if order in {"largest", "smallest"} and turn is not None:
        return np.argsort(-turn[rows] if order == "largest" else turn[rows], kind="stable")
    return np.arange(rows.size)


class _FreePoints:
    """Donor points with free donors, nearest first for each focal unit."""

    __slots__ = ("_dead", "_limits", "_lists", "_number", "_points", "_tree", "caliper", "donors", "focal", "slack")

    def __init__(
        self,
        points: FloatArray,
        rows: IntArray,
        donors: IntArray,
        caliper: float,
        slack: float,
        limits: Limits | None,
    ) -> None:
        found = _donor_points(points, donors, distinct=limits is None)
        self._points = points
        self._limits = limits
        self._tree = found.tree
        self._number: IntArray = np.arange(found.size.size)
        self._dead = 0
        self._lists: dict[int, tuple[list[float], list[int], int]] = {}
        self.focal = rows
        self.caliper = caliper
        self.slack = slack
        # Free donors of each point, the first row last, so that pop() hands it out.
        ends = np.append(found.start, found.rows.size)[1:]
        self.donors = [found.rows[a:b][::-1].tolist() for a, b in zip(found.start, ends, strict=True)]

    def prepare(self, some: IntArray) -> None:
        """Ask for the candidates of several focal units at once."""
        self._refresh(0.1)
        self._lists.clear()
        k = min(CANDIDATES, self._number.size)
        if k:
            self._store(some, k)

    def _refresh(self, share: float) -> None:
        """Build the tree anew without the points that have run out, once they are more than a share of it."""
        if self._dead > share * self._number.size:
            alive = [p for p in self._number.tolist() if self.donors[p]]
            self._number = np.array(alive, dtype=np.int64)
            at = np.array([self.donors[p][-1] for p in alive], dtype=np.int64)
            self._tree = cKDTree(self._points[at])
            self._dead = 0

    def _store(self, some: IntArray, k: int) -> None:
        """Keep the k nearest points of each focal unit in ``some``."""
        rows = self.focal[some]
        distance, index = query(self._tree, self._points[rows], k, self.caliper)
        usable = np.isfinite(distance)
        complete = ~usable[:, -1] | (k >= self._number.size)
        number = self._number[np.where(usable, index, 0)]
        if self._limits is not None:
            # With limits every donor is a point of its own.
            first = np.array([self.donors[p][-1] if self.donors[p] else -1 for p in number.ravel().tolist()])
            usable &= self._limits.allow(rows[:, None], first.reshape(number.shape))
        # A last entry tells how far the list has seen.
        horizon = np.where(complete, np.inf, distance[:, -1])
        for i, d, p, u, h in zip(some.tolist(), distance, number, usable, horizon.tolist(), strict=True):
            self._lists[i] = ([*d[u].tolist(), h], [*p[u].tolist(), -1], k)

    def nearest(self, i: int) -> tuple[float, int]:
        """Distance and point of the free donor that focal unit ``i`` takes next; (inf, -1) if there is none."""
        k = CANDIDATES
        while True:
            if i in self._lists:
                distance, number, asked = self._lists[i]
                best, taken = np.inf, -1
                for d, p in zip(distance, number, strict=True):
                    if d > best + self.slack:
                        return best, taken
                    if p >= 0 and self.donors[p]:
                        if taken < 0:
                            best, taken = d, p
                        elif self.donors[p][-1] < self.donors[taken][-1]:
                            taken = p
                if distance[-1] == np.inf:
                    return best, taken
                k = max(k, 4 * asked)
            self._refresh(0.5)
            if not self._number.size:
                return np.inf, -1
            self._store(np.array([i]), min(k, self._number.size))

    def take(self, point: int) -> int:
        """Hand out the first free donor of a point."""
        row: int = self.donors[point].pop()
        self._dead += not self.donors[point]
        return row


def _in_turn(free: _FreePoints, turns: IntArray, links: list[tuple[int, int]]) -> None:
    """One round in a given order."""
    for start in range(0, turns.size, CHUNK):
        some = turns[start : start + CHUNK]
        free.prepare(some)
        for i in some.tolist():
            _, point = free.nearest(i)
            if point >= 0:
                links.append((int(free.focal[i]), free.take(point)))


def _closest_first(free: _FreePoints, links: list[tuple[int, int]]) -> None:
    """One round in which the focal unit with the smallest distance to a free donor always goes next."""
    free.prepare(np.arange(free.focal.size))
    heap = [(gap, i) for i in range(free.focal.size) for gap, point in (free.nearest(i),) if point >= 0]
    heapq.heapify(heap)
    while heap:
        gap, i = heap[0]
        now, point = free.nearest(i)
        if point < 0:
            heapq.heappop(heap)
        elif now > gap:
            heapq.heapreplace(heap, (now, i))
        else:
            heapq.heappop(heap)
            links.append((int(free.focal[i]), free.take(point)))

"""Full matching: everybody in sets of one treated with several controls or one control with several treated.

The sets with the smallest total distance are a minimum-weight edge cover: every unit has at least one link,
and no link is superfluous. In general it comes from one assignment of what each link saves over two nearest
links; on a line it is found run by run of units of the same arm, because only neighbouring runs are linked.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

from causalkit._numerics._nearest_nd import exact_groups, query
from causalkit._numerics._optimal import dense_distances

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["FullMatch", "TooManyLinks", "full_match"]

DENSE = 2_000_000
LINKS = 20_000_000


class TooManyLinks(Exception):  # noqa: N818 - says what happened, is translated where it is caught
    """Full matching would have to weigh more links than fit in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class FullMatch:
    """Sets of full matching.

    Attributes
    ----------
    sets : (n,) array of int
        Number of each row's set, from zero; -1 outside all sets.
    total_distance : float
        Sum over the links of all sets.
    """

    sets: IntArray
    total_distance: float


def full_match(
    points: FloatArray,
    treated: BoolArray,
    usable: BoolArray,
    *,
    caliper: float = np.inf,
    group: IntArray | None = None,
) -> FullMatch:
    """Divide the units into matched sets so that the distances inside sets add up to the least.

    Parameters
    ----------
    points : (n, r) array
        Coordinates in which the distance is Euclidean.
    treated, usable : (n,) arrays of bool
        Treatment indicator, and who may be matched.
    caliper : float
        Largest distance allowed; units without anybody in reach stay unmatched.
    group : (n,) array of int, optional
        Only units of the same group may be matched.

    Raises
    ------
    TooManyLinks
        In many dimensions and with many rows.

    References
    ----------
    Rosenbaum, P. R. (1991). A characterization of optimal designs for observational studies. Journal of the
    Royal Statistical Society B 53(3), 597-610. Hansen, B. B. and Klopfer, S. O. (2006). Optimal full matching and
    related designs via network flows. Journal of Computational and Graphical Statistics 15(3), 609-627.
    """
    tails, heads = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for rows, others in exact_groups(usable & treated, usable & ~treated, group):
        if points.shape[1] == 1 and np.isinf(caliper):
            a, b = _cover_on_line(points[rows, 0], points[others, 0])
        else:
            a, b = _cover_in_space(points[rows], points[others], caliper)
        tails.append(rows[a])
        heads.append(others[b])
    tail, head = np.concatenate(tails), np.concatenate(heads)
    gap = points[tail] - points[head]
    distance = np.sqrt(np.einsum("ij,ij->i", gap, gap))
    kept = _without_superfluous(tail, head, distance, len(points))
    return FullMatch(_components(tail[kept], head[kept], len(points)), float(distance[kept].sum()))


def _components(tail: IntArray, head: IntArray, n: int) -> IntArray:
    """Number the sets that the links make, in the order of their first row."""
    graph = csr_array((np.ones(tail.size), (tail, head)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    linked = np.zeros(n, np.bool_)
    linked[tail] = linked[head] = True
    out = np.full(n, -1)
    found, first, inverse = np.unique(label[linked], return_index=True, return_inverse=True)
    rank = np.empty(found.size, np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(found.size)
    out[linked] = rank[inverse]
    return out


def _without_superfluous(tail: IntArray, head: IntArray, distance: FloatArray, n: int) -> BoolArray:
    """Links that are needed; ties can leave one both of whose ends have others."""
    degree = np.bincount(tail, minlength=n) + np.bincount(head, minlength=n)
    kept = np.ones(tail.size, np.bool_)
    doubtful = np.flatnonzero((degree[tail] > 1) & (degree[head] > 1))
    for link in doubtful[np.argsort(-distance[doubtful], kind="stable")].tolist():
        if degree[tail[link]] > 1 and degree[head[link]] > 1:
            kept[link] = False
            degree[tail[link]] -= 1
            degree[head[link]] -= 1
    return kept


def _cover_in_space(a: FloatArray, b: FloatArray, caliper: float) -> tuple[IntArray, IntArray]:
    """Minimum-weight edge cover by the assignment of savings.

    A link that replaces the nearest links of both its ends saves their two distances less its own. The links of the
    best assignment, and the nearest link of everybody left out, are the cover.
    """
    near_a, at_a = _nearest(a, b)
    near_b, at_b = _nearest(b, a)
    if len(a) * len(b) <= DENSE:
        distance = dense_distances(a, b)
        saving = near_a[:, None] + near_b - distance
        saving[distance > caliper] = 0.0
        row, column = linear_sum_assignment(np.maximum(saving, 0.0), maximize=True)
        saves = saving[row, column] > 0
        row, column = row[saves], column[saves]
    else:
        row, column = _sparse_savings(a, b, near_a, near_b, caliper)
    alone_a = np.setdiff1d(np.flatnonzero(near_a <= caliper), row)
    alone_b = np.setdiff1d(np.flatnonzero(near_b <= caliper), column)
    return np.concatenate([row, alone_a, at_b[alone_b]]), np.concatenate([column, at_a[alone_a], alone_b])


def _nearest(a: FloatArray, b: FloatArray) -> tuple[FloatArray, IntArray]:
    """Distance and number of the point of ``b`` nearest to each point of ``a``."""
    distance, index = query(cKDTree(b), a, 1, np.inf)
    return distance[:, 0], index[:, 0]


def _sparse_savings(
    a: FloatArray, b: FloatArray, near_a: FloatArray, near_b: FloatArray, caliper: float
) -> tuple[IntArray, IntArray]:
    """Assignment with the largest savings, over the links that save anything."""
    rows, columns, savings = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    found = 0
    # Units of b in classes of similar distance to their nearest, so that one radius fits a class.
    classes = np.array_split(np.argsort(near_b, kind="stable"), 8)
    for members in classes:
        tree, radius = cKDTree(b[members]), near_b[members].max(initial=0.0)
        for some in np.array_split(np.arange(len(a)), max(1, len(a) // 1000)):
            reach = np.minimum(near_a[some] + radius, caliper)
            lists = tree.query_ball_point(a[some], reach, workers=-1)
            size = np.array([len(each) for each in lists])
            found += int(size.sum())
            if found > LINKS:
                raise TooManyLinks
            row = np.repeat(some, size)
            column = members[np.concatenate([np.asarray(each, dtype=np.int64) for each in lists])]
            gap = a[row] - b[column]
            distance = np.sqrt(np.einsum("ij,ij->i", gap, gap))
            saving = near_a[row] + near_b[column] - distance
            good = (saving > 0) & (distance <= caliper)
            rows.append(row[good])
            columns.append(column[good])
            savings.append(saving[good])
    row, column, saving = np.concatenate(rows), np.concatenate(columns), np.concatenate(savings)
    own = np.arange(len(a))
    top = 1.0 + saving.max(initial=0.0)
    graph = csr_array(
        (
            np.concatenate([top - saving, np.full(len(a), top)]),
            (np.concatenate([row, own]), np.concatenate([column, len(b) + own])),
        ),
        shape=(len(a), len(b) + len(a)),
    )
    got_row, got_column = min_weight_full_bipartite_matching(graph)
    matched = got_column < len(b)
    return got_row[matched].astype(np.int64), got_column[matched].astype(np.int64)


def _cover_on_line(x: FloatArray, d: FloatArray) -> tuple[IntArray, IntArray]:
    """Minimum-weight edge cover on a line, by dynamic programming over runs of the same arm.

    At the border of two runs, the last s units of one are linked with the first t units of the other, or nobody is. The
    cheapest cover of both costs their distances to the border's own two units plus the gap between these times the
    larger of s and t. Among the covers with this total the most even is taken: the farthest meets the nearest.
    """
    place = np.concatenate([x, d])
    arm = np.repeat([0, 1], [x.size, d.size])
    order = np.argsort(place, kind="stable")
    side = arm[order]
    start = np.flatnonzero(np.r_[True, side[1:] != side[:-1]])
    bounds = [*start.tolist(), order.size]
    z = place[order].tolist()
    choices = _borders(z, bounds)
    first, second = [], []
    for border, (s, t) in enumerate(choices):
        if s:
            middle = bounds[border + 1]
            left, right = _even_links(middle, s, t)
            first += left
            second += right
    one, two = order[np.array(first, dtype=np.int64)], order[np.array(second, dtype=np.int64)]
    from_x = one < x.size
    return np.where(from_x, one, two), np.where(from_x, two, one) - x.size


def _even_links(middle: int, s: int, t: int) -> tuple[list[int], list[int]]:
    """Links between the s places before ``middle`` and the t places from it on; the farthest meets the nearest."""
    left, right = list(range(middle - s, middle)), list(range(middle, middle + t))
    if s >= t:
        right = [middle] * (s - t) + right
    else:
        left += [middle - 1] * (t - s)
    return left, right


def _borders(z: list[float], bounds: list[int]) -> list[tuple[int, int]]:
    """How many units before and after each border between runs are linked across it."""
    # cost[t]: least cost so far if the first t units of the run are linked backwards.
    cost = [0.0] + [inf] * (bounds[1] - bounds[0])
    back: list[tuple[list[int], list[int]]] = []
    for border in range(1, len(bounds) - 1):
        begin, middle, end = bounds[border - 1], bounds[border], bounds[border + 1]
        length, gap = middle - begin, z[middle] - z[middle - 1]
        # need[s]: cheapest past in which at most the last s units still wait; how[s] links so many backwards.
        need, how = [inf] * (length + 1), [length] * (length + 1)
        best = inf
        for s in range(length + 1):
            if cost[length - s] < best:
                best, chosen = cost[length - s], length - s
            if best < inf:
                need[s], how[s] = best, chosen
        # Prefix minima without the gap, suffix minima with it.
        total, with_past = 0.0, [inf] * (length + 1)
        for s in range(1, length + 1):
            total += z[middle - 1] - z[middle - s]
            with_past[s] = need[s] + total
        after, at_after = [inf] * (length + 2), [0] * (length + 2)
        for s in range(length, 0, -1):
            value = with_past[s] + s * gap
            after[s], at_after[s] = (value, s) if value <= after[s + 1] else (after[s + 1], at_after[s + 1])
        size = end - middle
        new, choice = [need[0]] + [inf] * size, [0] * (size + 1)
        before, at_before, total = inf, 0, 0.0
        for t in range(1, size + 1):
            total += z[middle + t - 1] - z[middle]
            if t <= length and with_past[t] < before:
                before, at_before = with_past[t], t
            short, long_ = before + t * gap, after[t + 1] if t < length else inf
            new[t], choice[t] = (short + total, at_before) if short <= long_ else (long_ + total, at_after[t + 1])
        back.append((how, choice))
        cost = new
    return _trace(back, bounds)


def _trace(back: list[tuple[list[int], list[int]]], bounds: list[int]) -> list[tuple[int, int]]:
    """Follow the choices back from the last run, all of which must be linked backwards."""
    t = bounds[-1] - bounds[-2]
    out: list[tuple[int, int]] = []
    for how, choice in reversed(back):
        s = choice[t] if t else 0
        out.append((s, t))
        t = how[s]
    return out[::-1]

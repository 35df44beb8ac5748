"""Optimal matching: the pairs with the smallest total distance, with a proof.

Small problems are one dense assignment. Large ones keep each focal unit's nearest donors only; the dual prices of the
solution then tell whether a donor that was left out could have improved it, and for whom the list must be longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

from causalkit._numerics._matched_sets import MatchedSets, sets_from_links
from causalkit._numerics._nearest_nd import exact_groups, query
from causalkit._numerics._optimal_line import optimal_on_line

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["OptimalMatch", "dense_distances", "optimal_pairs"]

DENSE = 2_000_000  # entries of a distance table that is still built
FIRST_LIST = 16


@dataclass(frozen=True, slots=True, eq=False)
class OptimalMatch:
    """Optimal pairs.

    Attributes
    ----------
    sets : MatchedSets
        Focal units with their donors.
    total_distance : float
        Sum over pairs, which no other matching of as many pairs undercuts.
    """

    sets: MatchedSets
    total_distance: float


def optimal_pairs(
    points: FloatArray,
    focal: BoolArray,
    donor: BoolArray,
    *,
    ratio: int = 1,
    caliper: float = np.inf,
    group: IntArray | None = None,
    weights: FloatArray | None = None,
    dense: int = DENSE,
) -> OptimalMatch:
    """Match each focal unit to ``ratio`` donors of its own so that the distances add up to the least.

    As many pairs as possible are formed first: where donors or the caliper do not suffice, some focal units get fewer
    partners or none.

    Parameters
    ----------
    points : (n, r) array
        Coordinates in which the distance is Euclidean.
    focal, donor : (n,) arrays of bool
        Who looks for partners, and who may be one.
    ratio : int
        Donors per focal unit.
    caliper : float
        Largest distance allowed.
    group : (n,) array of int, optional
        Only units of the same group may be matched.
    weights : (n,) array, optional
        Sampling weights of the sample.
    dense : int
        Largest distance table that is built in one piece.

    References
    ----------
    Rosenbaum, P. R. (1989). Optimal matching for observational studies. Journal of the American Statistical Association
    84(408), 1024-1032.
    """
    focal_links: list[IntArray] = [np.empty(0, np.int64)]
    donor_links: list[IntArray] = [np.empty(0, np.int64)]
    total = 0.0
    for rows, donors in exact_groups(focal, donor, group):
        seeker = np.repeat(np.arange(rows.size), ratio)
        if points.shape[1] == 1 and np.isinf(caliper):
            row, column = optimal_on_line(points[rows, 0], points[donors, 0], ratio=ratio)
            row = row * ratio
        elif seeker.size * donors.size <= dense:
            row, column = _assign_dense(dense_distances(points[rows], points[donors])[seeker], caliper)
        else:
            row, column = _assign_sparse(points[rows], points[donors], ratio, caliper)
        if points.shape[1] == 1:
            row, column = _in_order(points[rows[seeker[row]], 0], row), _in_order(points[donors[column], 0], column)
        focal_links.append(rows[seeker[row]])
        donor_links.append(donors[column])
        gaps = points[rows[seeker[row]]] - points[donors[column]]
        total += float(np.sqrt(np.einsum("ij,ij->i", gaps, gaps)).sum())
    return OptimalMatch(sets_from_links(np.concatenate(focal_links), np.concatenate(donor_links), weights), total)


def _in_order(place: FloatArray, index: IntArray) -> IntArray:
    """Those who are used, by their place: on a line, pairing them in order is best, and evens out crossing pairs."""
    return index[np.argsort(place, kind="stable")]


def dense_distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Table of Euclidean distances, column by column of the coordinates: (f, r) and (m, r) to (f, m)."""
    if a.shape[1] == 1:
        return np.abs(a - b.T)
    squares = np.zeros((len(a), len(b)))
    for column in range(a.shape[1]):
        squares += (a[:, column, None] - b[None, :, column]) ** 2
    return np.sqrt(squares, out=squares)


def _assign_dense(cost: FloatArray, caliper: float) -> tuple[IntArray, IntArray]:
    """Assignment on a full table; pairs beyond the caliper cost so much that the fewest possible are formed."""
    if np.isfinite(caliper):
        penalty = _penalty(cost.shape[0], caliper)
        cost = np.where(cost <= caliper, cost, penalty)
    row, column = linear_sum_assignment(cost)
    if np.isfinite(caliper):
        kept = cost[row, column] <= caliper
        row, column = row[kept], column[kept]
    return row.astype(np.int64), column.astype(np.int64)


def _penalty(n_seekers: int, largest: float) -> float:
    """A cost that outweighs all distances together."""
    return (n_seekers + 1.0) * largest + 1.0


def _assign_sparse(a: FloatArray, b: FloatArray, ratio: int, caliper: float) -> tuple[IntArray, IntArray]:
    """Assignment on lists of nearest donors, made longer until the solution is proved optimal.

    Returns
    -------
    row, column : arrays of int
        Seeker (each row of ``a`` repeated ``ratio`` times) and donor of each pair.
    """
    tree = cKDTree(b)
    seeker = np.repeat(np.arange(len(a)), ratio)
    k = np.full(len(a), min(max(FIRST_LIST, 4 * ratio), len(b)))
    largest = caliper if np.isfinite(caliper) else _diameter(a, b)
    penalty = _penalty(seeker.size, largest)
    while True:
        start, column, cost, horizon = _lists(tree, a, k, caliper)
        size = np.diff(start)[seeker]
        place = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size - start[:-1][seeker], size)
        row = np.repeat(np.arange(seeker.size), size)
        pair_row, pair_column, pair_cost = _solve(row, column[place], cost[place], seeker.size, len(b), penalty)
        price = _prices(row, column[place], cost[place], pair_column, pair_cost, len(b), penalty)
        # A donor outside the list is at least `horizon` away and costs nothing less than its price of zero.
        needed = np.zeros(len(a))
        np.maximum.at(needed, seeker[pair_row], price)
        short = (needed > horizon * (1 + 1e-12)) & (k < len(b))
        if not short.any():
            matched = pair_column < len(b)
            return pair_row[matched], pair_column[matched]
        k[short] = np.minimum(4 * k[short], len(b))


def _diameter(a: FloatArray, b: FloatArray) -> float:
    """A bound on the distance between any two points."""
    low, high = np.minimum(a.min(axis=0), b.min(axis=0)), np.maximum(a.max(axis=0), b.max(axis=0))
    return float(np.linalg.norm(high - low))


def _lists(
    tree: cKDTree, a: FloatArray, k: IntArray, caliper: float
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """The k[i] nearest donors of each point as a ragged table, and how far each list has seen."""
    distances: list[FloatArray] = [np.empty(0)] * len(a)
    columns: list[IntArray] = [np.empty(0, np.int64)] * len(a)
    horizon = np.full(len(a), np.inf)
    for length in np.unique(k).tolist():
        some = np.flatnonzero(k == length)
        distance, index = query(tree, a[some], length, caliper)
        usable = np.isfinite(distance)
        horizon[some] = np.where(usable.all(axis=1) & (length < tree.n), distance[:, -1], np.inf)
        for i, u, d, j in zip(some.tolist(), usable, distance, index, strict=True):
            distances[i], columns[i] = d[u], j[u]
    start = np.concatenate([[0], np.cumsum([len(d) for d in distances])]).astype(np.int64)
    return start, np.concatenate(columns), np.concatenate(distances), horizon


def _solve(
    row: IntArray, column: IntArray, cost: FloatArray, n_rows: int, n_columns: int, penalty: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Cheapest assignment on the edges given; a seeker left over takes a column of its own at the penalty."""
    own = np.arange(n_rows)
    rows, columns = np.concatenate([row, own]), np.concatenate([column, n_columns + own])
    # An entry of exactly zero would read as no edge; a constant added to every edge changes nothing.
    costs = np.concatenate([cost, np.full(n_rows, penalty)]) + 1.0
    graph = csr_array((costs, (rows, columns)), shape=(n_rows, n_columns + n_rows))
    got_row, got_column = min_weight_full_bipartite_matching(graph)
    got_cost = np.full(n_rows, penalty)
    chosen = np.full(n_rows, -1)
    chosen[got_row] = got_column
    hit = chosen[row] == column
    got_cost[row[hit]] = cost[hit]
    return own, chosen, got_cost


def _prices(
    row: IntArray,
    column: IntArray,
    cost: FloatArray,
    pair_column: IntArray,
    pair_cost: FloatArray,
    n_columns: int,
    penalty: float,
) -> FloatArray:
    """What one more donor at distance zero from each seeker would save: the dual price of the seeker.

    The price of a donor is minus the least by which the total rises if its seeker must go elsewhere; it is
    zero for a free donor. Found by relaxing all edges at once until nothing changes (Bellman-Ford).
    """
    # value[j]: least change of the total when donor j is taken away from its seeker.
    value = np.zeros(n_columns)
    matched = np.flatnonzero(pair_column < n_columns)
    value[pair_column[matched]] = penalty - pair_cost[matched]
    order = np.argsort(row, kind="stable")
    row, column, cost = row[order], column[order], cost[order]
    first = np.flatnonzero(np.r_[True, row[1:] != row[:-1]]) if row.size else np.empty(0, np.int64)
    holders = row[first]
    own_column = pair_column[holders]
    held = own_column < n_columns
    while row.size:
        elsewhere = np.where(column == pair_column[row], np.inf, cost + value[column])
        cheapest = np.minimum.reduceat(elsewhere, first) - pair_cost[holders]
        update = np.minimum(value[own_column[held]], np.maximum(cheapest[held], 0.0))
        # A price that is too high only asks for a longer list, so rounding need not be chased.
        if (update >= value[own_column[held]] - 1e-13 * penalty).all():
            break
        value[own_column[held]] = update
    padded = np.append(value, 0.0)
    return np.asarray(pair_cost + padded[np.minimum(pair_column, n_columns)])

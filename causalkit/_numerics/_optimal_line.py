"""Optimal matching on a line, in one walk from left to right.

Between two neighbouring places, a number of focal units wait for a donor further right (or, if negative, so many
donors were set aside for focal units further right). The least cost so far is a convex function of this number
and changes by three rules: a focal unit moves it, a donor may lower it by one, and a gap adds its length per
unit waiting. Such a function is kept as two heaps of the places where its slope changes.
"""

from __future__ import annotations

import heapq
from math import inf
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["optimal_on_line"]


def optimal_on_line(x: FloatArray, d: FloatArray, *, ratio: int = 1) -> tuple[IntArray, IntArray]:
    """Pairs with the smallest sum of absolute differences, every donor used at most once.

    Parameters
    ----------
    x, d : (f,), (m,) arrays
        Scores of the focal units and of the donors.
    ratio : int
        Donors per focal unit; with fewer than ``ratio * f`` donors, all of them are used.

    Returns
    -------
    focal, donor : (p,) arrays of int
        Positions in ``x`` and ``d`` of the pairs.

    Notes
    -----
    The walk finds who is used; those used are then paired in the order of their scores, which is optimal for
    absolute differences. The work grows like n log n.
    """
    enough = d.size >= ratio * x.size
    # The side that is used completely, and the side that has a choice.
    place = np.concatenate([x, d])
    certain = np.zeros(place.size, np.bool_)
    certain[: x.size] = enough
    certain[x.size :] = not enough
    order = np.argsort(place, kind="stable")
    supply, capacity = (ratio, 1) if enough else (1, ratio)
    absorbed = np.empty(place.size, np.int64)
    absorbed[order] = _absorbed(place[order], certain[order], supply, capacity)
    used = np.where(certain, supply, absorbed)
    by_x, by_d = np.argsort(x, kind="stable"), np.argsort(d, kind="stable")
    return np.repeat(by_x, used[by_x]), np.repeat(by_d, used[x.size + by_d])


def _absorbed(place: FloatArray, certain: BoolArray, supply: int, capacity: int) -> IntArray:
    """How many of the waiting units each place with a choice takes: (n,), zero at certain places."""
    best = _best_waiting(place, certain, supply, capacity)
    out = np.zeros(place.size, np.int64)
    waiting = 0
    for i in range(place.size - 1, -1, -1):
        goal = best[i]
        if goal is None:
            waiting -= supply
        else:
            taken = min(max(goal - waiting, 0), capacity)
            out[i] = taken
            waiting += taken
    return out


def _best_waiting(place: FloatArray, certain: BoolArray, supply: int, capacity: int) -> list[int | None]:
    """Before each place with a choice, the number waiting at which the cost so far is least; None elsewhere."""
    cost = _ConvexCost()
    best: list[int | None] = [None] * place.size
    gaps = np.diff(place, prepend=place[0]).tolist()
    for i, (gap, sure) in enumerate(zip(gaps, certain.tolist(), strict=True)):
        if gap > 0.0:
            cost.add_absolute(gap)
        if sure:
            cost.below_shift += supply
            cost.above_shift += supply
        else:
            best[i] = cost.below_shift - cost.below[0][0]
            cost.below_shift -= capacity
    return best


class _ConvexCost:
    """A convex function of a whole number: the places where its slope changes, left and right of its minimum.

    ``below`` holds ``(shift - place, change of slope)``, ``above`` ``(place - shift, change of slope)``, so that the
    entry next to the minimum comes first in both. At the start only zero is possible.
    """

    __slots__ = ("above", "above_shift", "below", "below_shift")

    def __init__(self) -> None:
        self.below: list[tuple[int, float]] = [(0, inf)]
        self.above: list[tuple[int, float]] = [(0, inf)]
        self.below_shift = self.above_shift = 0

    def add_absolute(self, slope: float) -> None:
        """Add ``slope * abs(.)``."""
        below, above, total = self.below, self.above, self.below_shift - self.above_shift
        for source, target, zero in ((below, above, self.below_shift), (above, below, -self.above_shift)):
            # One half bends at zero; the minimum moves until as much slope has changed sides.
            heapq.heappush(source, (zero, slope))
            left = slope
            while left > 0.0:
                key, change = source[0]
                there = total - key
                if change > left:
                    source[0] = (key, change - left)
                    heapq.heappush(target, (there, left))
                    break
                heapq.heappop(source)
                heapq.heappush(target, (there, change))
                left -= change

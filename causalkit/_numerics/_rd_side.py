"""The two sides of a cutoff, each stored by distance from it, so that every window is a slice from the start."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, IntArray

__all__ = ["KERNELS", "KernelName", "Side", "kernel_weights", "two_sides"]

KernelName = Literal["triangular", "epanechnikov", "uniform"]
KERNELS: tuple[KernelName, ...] = ("triangular", "epanechnikov", "uniform")


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Rows on one side of the cutoff, nearest first.

    Attributes
    ----------
    distance : (n,) array
        Distance from the cutoff, increasing.
    columns : (k, n) array
        Outcome, treatment where take-up is imperfect, covariates: one row per column.
    weights : (n,) array or None
        Weights of the rows.
    clusters : (n,) array of int or None
        Clusters of the rows.
    order : (n,) array of int
        Where each row was in the input.
    ends : (g,) array of int
        Where each group of equal distances ends.
    """

    distance: FloatArray
    columns: FloatArray
    weights: FloatArray | None
    clusters: IntArray | None
    order: IntArray
    ends: IntArray

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.distance.size

    @property
    def n_distinct(self) -> int:
        """Number of distinct scores."""
        return self.ends.size

    @property
    def range(self) -> float:
        """Largest distance."""
        return float(self.distance[-1])

    def within(self, bandwidth: float, kernel: KernelName) -> int:
        """Return how many rows have a positive kernel weight at a bandwidth."""
        edge: Literal["left", "right"] = "right" if kernel == "uniform" else "left"
        return int(self.distance.searchsorted(bandwidth, side=edge))

    def distinct_within(self, n: int) -> int:
        """Return how many distinct scores the first ``n`` rows have."""
        if self.ends.size == self.distance.size:
            return n
        return int(self.ends.searchsorted(n, side="left")) + 1 if n else 0

    def nth_distinct(self, count: int) -> float:
        """Return the distance of the ``count``-th nearest distinct score, or of the last one."""
        return float(self.distance[self.ends[min(count, self.ends.size) - 1] - 1])


def kernel_weights(u: FloatArray, kernel: KernelName) -> FloatArray:
    """Kernel at distances relative to the bandwidth, up to a constant.

    Parameters
    ----------
    u : (n,) array
        Distances over the bandwidth, in [0, 1].
    kernel : {"triangular", "epanechnikov", "uniform"}
        Which kernel.

    Returns
    -------
    (n,) array
        Weights; constants that cancel in every estimate are left out.
    """
    if kernel == "triangular":
        return 1.0 - u
    if kernel == "epanechnikov":
        return 1.0 - u * u
    return np.ones_like(u)


def two_sides(
    score: FloatArray,
    columns: FloatArray,
    *,
    cutoff: float,
    weights: FloatArray | None = None,
    clusters: IntArray | None = None,
    is_sorted: bool = False,
) -> tuple[Side, Side]:
    """Rows below, and at or above, the cutoff.

    Parameters
    ----------
    score : (n,) array
        Running variable.
    columns : (k, n) array
        Values whose jump is of interest.
    cutoff : float
        Where the sides meet; rows at it belong to the second.
    weights : (n,) array, optional
        Weights of the rows.
    clusters : (n,) array of int, optional
        Clusters of the rows.
    is_sorted : bool
        Whether the score increases from row to row.

    Returns
    -------
    tuple of Side
        Below, and at or above. Either may be empty.
    """
    order = np.arange(score.size) if is_sorted else _stable_order(score)
    at = score if is_sorted else score[order]
    first = int(np.searchsorted(at, cutoff, side="left"))
    left, right = (
        _side(
            np.abs(at[rows] - cutoff),
            at[rows],
            order[rows],
            # Of sorted rows a copy of a slice, of others a copy row by row.
            np.ascontiguousarray(columns[:, rows]) if is_sorted else np.take(columns, order[rows], axis=1),
            weights,
            clusters,
        )
        for rows in (slice(first - 1, None, -1) if first else slice(0, 0), slice(first, None))
    )
    return left, right


def _stable_order(score: FloatArray) -> IntArray:
    """Rows by score, those with the same score in their own order.

    One integer holds the place of a score in the range and its row, so that a plain sort of integers does nearly all
    the work; what the rounded places leave out of order, a stable sort of the almost sorted scores puts right.
    """
    n = score.size
    low, high = (float(score.min()), float(score.max())) if n else (0.0, 0.0)
    bits = n.bit_length()
    if not 0.0 < high - low < math.inf:
        return np.argsort(score, kind="stable")
    place = score - low
    place /= high - low
    place *= 2.0 ** (62 - bits)
    key = place.astype(np.int64)
    key <<= bits
    key |= np.arange(n)
    key.sort()
    key &= (1 << bits) - 1
    at = score[key]
    if (at[1:] < at[:-1]).any():
        key = key[np.argsort(at, kind="stable")]
    return key


def _side(
    distance: FloatArray,
    at: FloatArray,
    order: IntArray,
    columns: FloatArray,
    weights: FloatArray | None,
    clusters: IntArray | None,
) -> Side:
    rises = at[1:] != at[:-1]
    ends = np.arange(1, order.size + 1) if rises.all() else np.append(np.flatnonzero(rises) + 1, order.size)
    return Side(
        distance=distance,
        columns=columns,
        weights=None if weights is None else weights[order],
        clusters=None if clusters is None else clusters[order],
        order=order,
        ends=ends,
    )

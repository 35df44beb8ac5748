"""Who was matched to whom: the one form in which every matching algorithm answers.

A matched set is one focal unit (treated for the ATT) and the partners that stand in for it. Sorted on the score,
the partners of a focal unit are neighbours, so a set is a window into one list of partners. Links are not
enumerated where they are many: a score made of a few categories ties millions of units to each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["Links", "MatchedSets", "join_sets", "sets_from_links", "weighted_counts"]

# With up to so many links per unit, sums over sets are taken term by term; with more, by differences of running sums.
ENUMERATED = 8


class Links(NamedTuple):
    """Every pair of focal unit and partner, in the order of the focal rows."""

    focal: IntArray
    partner: IntArray
    share: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class MatchedSets:
    """Focal units and, for each, a window into a list of partners.

    Attributes
    ----------
    focal : (f,) array of int
        Row positions, in the whole sample, of the focal units that found a partner; ascending in a match.
    low, high : (f,) arrays of int
        The partners of ``focal[i]`` are ``partners[low[i]:high[i]]``.
    partners : (m,) array of int
        Row positions of possible partners. Windows may overlap.
    weight : (m,) array
        Sampling weight of each partner; inside a set the partners share in proportion to it.
    """

    focal: IntArray
    low: IntArray
    high: IntArray
    partners: IntArray
    weight: FloatArray

    def __post_init__(self) -> None:
        for array in (self.focal, self.low, self.high, self.partners, self.weight):
            array.flags.writeable = False

    @property
    def sizes(self) -> IntArray:
        """Number of partners of each focal unit."""
        return self.high - self.low

    @property
    def n_links(self) -> int:
        """Number of pairs of focal unit and partner."""
        return int(self.sizes.sum())

    @property
    def _few_links(self) -> bool:
        return self.n_links <= ENUMERATED * (self.focal.size + self.partners.size)

    def take(self, kept: BoolArray) -> MatchedSets:
        """Return the sets of some focal units: (f,) array of bool."""
        return MatchedSets(self.focal[kept], self.low[kept], self.high[kept], self.partners, self.weight)

    def positions(self) -> tuple[IntArray, IntArray]:
        """Index into ``focal`` and into ``partners`` of every link."""
        sizes = self.sizes
        set_index = np.repeat(np.arange(self.focal.size), sizes)
        first = np.cumsum(sizes) - sizes
        return set_index, np.arange(set_index.size) - np.repeat(first - self.low, sizes)

    def links(self) -> Links:
        """Every link with the share of the partner in its set."""
        set_index, position = self.positions()
        share = self.weight[position] / self.sums(self.weight)[set_index]
        return Links(self.focal[set_index], self.partners[position], share)

    def sums(self, values: FloatArray) -> FloatArray:
        """Sum over each window of ``values``, given per entry of ``partners``: (m,) or (m, k) to (f,) or (f, k)."""
        if self._few_links:
            if not self.focal.size:
                return np.zeros((0, *values.shape[1:]))
            _, position = self.positions()
            sizes = self.sizes
            summed: FloatArray = np.add.reduceat(values[position], np.cumsum(sizes) - sizes, axis=0)
            return summed
        # Centred, so that the running sum stays small beside its terms.
        center = values.mean(axis=0)
        running = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values - center, axis=0)])
        size = self.sizes.astype(np.float64).reshape(-1, *(1,) * (values.ndim - 1))
        return np.asarray(running[self.high] - running[self.low] + size * center)

    def mean(self, values: FloatArray) -> FloatArray:
        """Weighted mean over each set of ``values``, given per row of the sample: (n,) or (n, k) to (f,) or (f, k)."""
        weight = self.weight.reshape(-1, *(1,) * (values.ndim - 1))
        total: FloatArray = self.sums(weight * values[self.partners])
        return total / self.sums(self.weight).reshape(-1, *(1,) * (values.ndim - 1))

    def totals(self, n: int, focal_weight: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
        """How much each unit is used as a partner.

        Parameters
        ----------
        n : int
            Rows of the sample.
        focal_weight : (f,) array, optional
            Weight of each focal unit; one by default.

        Returns
        -------
        total, total_of_squares : (n,) arrays
            Sums over sets of the shares and of the squared shares: K_M(i) and K'_M(i) of Abadie and Imbens (2006).
        """
        ones = np.ones(self.focal.size) if focal_weight is None else focal_weight
        per_set = 1.0 / self.sums(self.weight) if self.focal.size else np.empty(0)
        total = self.weight * self._covered(ones * per_set)
        squares = self.weight**2 * self._covered(ones * per_set**2)
        return weighted_counts(self.partners, total, n), weighted_counts(self.partners, squares, n)

    def _covered(self, values: FloatArray) -> FloatArray:
        """Sum, over the windows that contain an entry of ``partners``, of a value per window: (f,) to (m,)."""
        m = self.partners.size
        if self._few_links:
            set_index, position = self.positions()
            return weighted_counts(position, values[set_index], m)
        opened = np.bincount(self.low, weights=values, minlength=m + 1)
        closed = np.bincount(self.high, weights=values, minlength=m + 1)
        windows = np.cumsum(np.bincount(self.low, minlength=m + 1) - np.bincount(self.high, minlength=m + 1))
        return np.where(windows[:m] > 0, np.cumsum(opened - closed)[:m], 0.0)


def weighted_counts(codes: IntArray, weights: FloatArray, n: int) -> FloatArray:
    """Sum of the weights of each code: (n,), of floats also when there is nothing to sum."""
    return np.bincount(codes, weights=weights, minlength=n).astype(np.float64, copy=False)


def sets_from_links(focal: IntArray, partner: IntArray, weights: FloatArray | None = None) -> MatchedSets:
    """Matched sets from a list of links.

    Parameters
    ----------
    focal, partner : (m,) arrays of int
        Row positions of the two ends of each link, in any order.
    weights : (n,) array, optional
        Sampling weights of the sample; one by default.
    """
    order = np.lexsort((partner, focal))
    sorted_focal = np.asarray(focal[order], dtype=np.int64)
    sorted_partner = np.asarray(partner[order], dtype=np.int64)
    new = np.ones(sorted_focal.size, np.bool_)
    new[1:] = sorted_focal[1:] != sorted_focal[:-1]
    first = np.flatnonzero(new)
    return MatchedSets(
        focal=sorted_focal[first],
        low=first,
        high=np.append(first[1:], sorted_focal.size)[: first.size],
        partners=sorted_partner,
        weight=np.ones(sorted_partner.size) if weights is None else weights[sorted_partner],
    )


def join_sets(parts: Sequence[MatchedSets]) -> MatchedSets:
    """Matched sets of disjoint groups of focal units (two directions, exact groups) as one."""
    offsets = np.cumsum([0] + [part.partners.size for part in parts[:-1]])
    focal = np.concatenate([part.focal for part in parts])
    order = np.argsort(focal, kind="stable")
    return MatchedSets(
        focal=focal[order],
        low=np.concatenate([part.low + at for part, at in zip(parts, offsets, strict=True)])[order],
        high=np.concatenate([part.high + at for part, at in zip(parts, offsets, strict=True)])[order],
        partners=np.concatenate([part.partners for part in parts]),
        weight=np.concatenate([part.weight for part in parts]),
    )

"""Influence functions added up as they are made: their cross-products, and bootstrap draws, never the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from causalkit._numerics._resampling import multiplier_bootstrap

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, IntArray

__all__ = ["InfluenceTotals"]

# Rows of one block, and of one block that is drawn for: large enough for the patterns below to repeat.
_BLOCK = 1 << 12
_DRAWN_BLOCK = 1 << 16
# Draws whose signs are made at once: the sums by pattern fill less than the second-level cache.
_BITS = 12
_SIGNS = 1 << 20


@dataclass(eq=False)
class InfluenceTotals:
    """Cross-products of influence functions over independent clusters.

    Attributes
    ----------
    width : int
        Number of estimates.
    n_clusters : int or None
        Number of clusters; None where each row is its own.
    n_draws : int
        Number of bootstrap draws; zero for none.
    rng : numpy.random.Generator or None
        Source of the signs.
    """

    width: int
    n_clusters: int | None
    n_draws: int = 0
    rng: np.random.Generator | None = None

    def __post_init__(self) -> None:
        """Make room for the sums."""
        self._gram = np.zeros((self.width, self.width))
        self._draws = np.zeros((self.n_draws, self.width))
        self._clusters = None if self.n_clusters is None else np.zeros((self.n_clusters, self.width))

    @property
    def block(self) -> int:
        """Rows to add at once."""
        return _DRAWN_BLOCK if self.n_draws and self.n_clusters is None else _BLOCK

    def add(self, columns: IntArray, values: FloatArray, clusters: IntArray | None) -> None:
        """Add the influence of some rows, all that they have.

        Parameters
        ----------
        columns : (p,) array of int
            Estimates that the rows have influence on.
        values : (b, p) array
            The influence.
        clusters : (b,) array of int or None
            Cluster of each row.
        """
        if self._clusters is not None and clusters is not None:
            found, local = np.unique(clusters, return_inverse=True)
            rows = np.arange(clusters.size)
            member = sparse.csr_array((np.ones(rows.size), (local, rows)), shape=(found.size, rows.size))
            self._clusters[np.ix_(found, columns)] += np.asarray(member @ values)
            return
        self._gram[np.ix_(columns, columns)] += values.T @ values
        if self.n_draws:
            self._draws[:, columns] += self._random_sums(values)

    def cross_products(self) -> FloatArray:
        """Sum over clusters of the products of their influences, (width, width)."""
        return self._gram if self._clusters is None else self._clusters.T @ self._clusters

    def draws(self) -> FloatArray:
        """Sums of the clusters' influences under random signs, (n_draws, width)."""
        if self._clusters is None or self.rng is None or not self.n_draws:
            return self._draws
        return multiplier_bootstrap(self._clusters, n_draws=self.n_draws, rng=self.rng)

    def _random_sums(self, values: FloatArray) -> FloatArray:
        """Sums of rows under random signs: twice the sum of those drawn less the sum of all."""
        if self.rng is None:
            return np.zeros((self.n_draws, values.shape[1]))
        chosen = _sums_by_pattern if values.shape[0] > 1 << _BITS else _sums_by_signs
        return np.asarray(2.0 * chosen(values, self.n_draws, self.rng) - values.sum(axis=0))


def _sums_by_signs(values: FloatArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
    """Sums of a random half of the rows, from one bit for each draw and row."""
    out = np.empty((n_draws, values.shape[1]))
    step = max(_SIGNS // values.shape[0], 1)
    for start in range(0, n_draws, step):
        size = min(step, n_draws - start)
        words = rng.integers(0, 256, size=(size, -(-values.shape[0] // 8)), dtype=np.uint8)
        out[start : start + size] = np.unpackbits(words, axis=1, count=values.shape[0]).astype(np.float64) @ values
    return out


def _sums_by_pattern(values: FloatArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
    """Sums of a random half of many rows: each row has a pattern of bits, one for each of a dozen draws.

    Rows with the same pattern are added first, so that a dozen draws cost one pass over the rows.
    """
    out = np.empty((n_draws, values.shape[1]))
    n_rows, n_patterns = values.shape[0], 1 << _BITS
    bits = (np.arange(n_patterns) >> np.arange(_BITS)[:, None] & 1).astype(np.float64)
    ones, starts = np.ones(n_rows), np.arange(n_rows + 1, dtype=np.int32)
    for start in range(0, n_draws, _BITS):
        pattern = np.asarray(rng.integers(0, n_patterns, size=n_rows, dtype=np.uint16), dtype=np.int32)
        by_pattern = np.asarray(sparse.csc_array((ones, pattern, starts), shape=(n_patterns, n_rows)) @ values)
        size = min(_BITS, n_draws - start)
        out[start : start + size] = bits[:size] @ by_pattern
    return out

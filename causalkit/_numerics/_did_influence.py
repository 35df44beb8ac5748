"""Influence functions added up as they are made: their cross-products, and bootstrap draws, never the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from causalkit._numerics._resampling import multiplier_bootstrap

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, IntArray

__all__ = ["BLOCK", "InfluenceTotals"]

# Rows of one block: with a thousand draws its signs fill 4 MB.
BLOCK = 1 << 12
_SIGNS_PER_BLOCK = 1 << 20
# The eight bits of every byte, as numbers.
_BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(np.float32)


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
        total = np.zeros((self.n_draws, values.shape[1]))
        # Columns of very different size share a float32 only after scaling.
        scale = np.abs(values).max(axis=0)
        scale[scale == 0] = 1.0
        scaled = (values / scale).astype(np.float32)
        step = max(_SIGNS_PER_BLOCK // self.n_draws, 8) // 8 * 8
        for start in range(0, values.shape[0], step):
            block = scaled[start : start + step]
            n_bytes = -(-block.shape[0] // 8)
            drawn = self.rng.integers(0, 256, size=(self.n_draws, n_bytes), dtype=np.uint8)
            chosen = _BITS[drawn].reshape(self.n_draws, 8 * n_bytes)[:, : block.shape[0]]
            total += 2.0 * (chosen @ block).astype(np.float64) - block.sum(axis=0, dtype=np.float64)
        return np.asarray(total * scale)

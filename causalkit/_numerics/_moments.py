"""Means and centred cross-products of columns: all that a linear estimator needs to know about the rows.

The rows are read once, in blocks that fit the cache. Columns are centred on a provisional mean before any
product is formed, and the mean is kept as the sum of two floats, so that an offset of 1e9 costs no digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from causalkit._typing import FloatArray, IntArray

__all__ = ["Centering", "Moments", "centered_blocks", "moments"]

# Numbers in one block: 512 kB, so that a block is read from memory once and then worked on in cache, and
# small enough for BLAS not to split its products over threads, which costs more than it gains.
BLOCK_NUMBERS = 1 << 16
# Rows, spread evenly, whose mean is the provisional centre.
PILOT_ROWS = 1024


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Centering:
    """Where the columns are centred and by what they are divided: ``z = ((x - center) - tail) / scale``.

    Attributes
    ----------
    center, tail : (k,) array
        The centre as an unevaluated sum of two floats; the first part is subtracted without rounding when the
        column varies little around it.
    scale : (k,) array
        Powers of two, so that scaling is free of rounding.
    """

    center: FloatArray
    tail: FloatArray
    scale: FloatArray

    @property
    def mean(self) -> FloatArray:
        """The centre as one float per column."""
        return self.center + self.tail

    def take(self, columns: IntArray | slice) -> Centering:
        """Centring of some of the columns."""
        return Centering(center=self.center[columns], tail=self.tail[columns], scale=self.scale[columns])

    def beside(self, other: Centering) -> Centering:
        """Centring of these columns followed by others."""
        return Centering(
            center=np.concatenate([self.center, other.center]),
            tail=np.concatenate([self.tail, other.tail]),
            scale=np.concatenate([self.scale, other.scale]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Sufficient statistics of a set of columns.

    Attributes
    ----------
    n : int
        Rows with a positive weight.
    weight_sum : float
        Sum of the weights; the number of rows when there are none.
    centering : Centering
        Weighted means (zero when not centred) and scales of the columns.
    cross : (k, k) array
        Weighted cross-products of the centred, scaled columns.
    """

    n: int
    weight_sum: float
    centering: Centering
    cross: FloatArray

    @property
    def spread(self) -> FloatArray:
        """Root mean square of each column around its centre, on the original scale."""
        squares = np.maximum(np.diagonal(self.cross), 0.0) / self.weight_sum
        spread: FloatArray = np.sqrt(squares) * self.centering.scale
        return spread


def moments(parts: Sequence[FloatArray], *, weights: FloatArray | None = None, centered: bool = True) -> Moments:
    """Means and cross-products of columns in one pass over the rows.

    Parameters
    ----------
    parts : sequence of (n, k_j) arrays
        Columns side by side, in any memory order; they are not copied together.
    weights : (n,) array, optional
        Non-negative weights, at least one positive.
    centered : bool
        Whether to take products around the weighted means, as a model with an intercept needs.

    Returns
    -------
    Moments
        In the order of the columns.

    References
    ----------
    Chan, T. F., Golub, G. H. and LeVeque, R. J. (1983). The American Statistician 37(3), 242-247.

    Examples
    --------
    >>> import numpy as np
    >>> got = moments([np.array([[1e9], [1e9 + 1], [1e9 + 2]])])
    >>> float(got.centering.mean[0]), round(float(got.spread[0]) ** 2, 15)
    (1000000001.0, 0.666666666666667)
    """
    n_rows = parts[0].shape[0]
    pilot = _pilot(parts, weights, centered=centered)
    size = pilot.center.size
    sums = np.zeros(size)
    cross = np.zeros((size, size))
    for rows, z in centered_blocks(parts, pilot):
        if weights is None:
            sums += z.sum(axis=0)
            cross += z.T @ z
        else:
            w = weights[rows]
            sums += w @ z
            root = z * np.sqrt(w)[:, None]
            cross += root.T @ root
    weight_sum = float(n_rows) if weights is None else float(weights.sum())
    if centered:
        drift = sums / weight_sum
        cross -= np.outer(drift, sums)
        centering = Centering(center=pilot.center, tail=drift * pilot.scale, scale=pilot.scale)
    else:
        centering = pilot
    n = n_rows if weights is None else int(np.count_nonzero(weights))
    return Moments(n=n, weight_sum=weight_sum, centering=centering, cross=cross)


def centered_blocks(
    parts: Sequence[FloatArray], centering: Centering, *, block_rows: int | None = None
) -> Iterator[tuple[slice, FloatArray]]:
    """Walk over the rows with the columns side by side, centred and scaled.

    Parameters
    ----------
    parts : sequence of (n, k_j) arrays
        Columns side by side.
    centering : Centering
        Of all columns together.
    block_rows : int, optional
        Rows per block; as many as fit the cache when not given.

    Yields
    ------
    rows : slice
        The rows of the block.
    z : (b, k) array
        Their centred, scaled values, in a buffer that the next block overwrites.
    """
    n_rows, size = parts[0].shape[0], centering.center.size
    step = block_rows or rows_per_block(size)
    buffer = np.empty((min(step, n_rows), size), order="F")
    # Powers of two: multiplying by the reciprocal is exact, and three times faster than dividing.
    reciprocal = 1.0 / centering.scale
    for start in range(0, n_rows, step):
        rows = slice(start, min(start + step, n_rows))
        z = buffer[: rows.stop - rows.start]
        first = 0
        for part in parts:
            last = first + part.shape[1]
            np.subtract(part[rows], centering.center[first:last], out=z[:, first:last])
            first = last
        z -= centering.tail
        z *= reciprocal
        yield rows, z


def rows_per_block(columns: int) -> int:
    """Rows of so many columns that fit one block."""
    return max(BLOCK_NUMBERS // max(columns, 1), 256)


def _pilot(parts: Sequence[FloatArray], weights: FloatArray | None, *, centered: bool) -> Centering:
    """Provisional centre and scale from a few rows spread over the data."""
    n_rows = parts[0].shape[0]
    if weights is None:
        chosen = np.arange(0, n_rows, max(n_rows // PILOT_ROWS, 1))
    else:
        chosen = np.flatnonzero(weights)
        chosen = chosen[:: max(chosen.size // PILOT_ROWS, 1)]
    sample = np.column_stack([part[chosen] for part in parts])
    size = sample.shape[1]
    center = sample.mean(axis=0) if centered else np.zeros(size)
    spread = np.abs(sample - center).mean(axis=0)
    # A column without spread in the pilot keeps its units.
    exponent = np.where(spread > 0, np.frexp(np.where(spread > 0, spread, 1.0))[1], 0)
    return Centering(center=center, tail=np.zeros(size), scale=np.ldexp(1.0, exponent))

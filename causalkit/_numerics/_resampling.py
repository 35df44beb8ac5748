"""Random draws per cluster, in blocks of bounded memory: multipliers and bootstrap counts.

The same generator state gives the same draws whatever the size of the blocks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._typing import FloatArray, IntArray

__all__ = [
    "Multiplier",
    "bootstrap_counts",
    "draw_blocks",
    "multiplier_blocks",
    "multiplier_bootstrap",
    "sign_vectors",
]

Multiplier = Literal["rademacher", "mammen", "webb", "gaussian"]

# Numbers in one block of draws (32 MB).
DRAW_NUMBERS = 1 << 22
# Seconds after which a progress bar appears.
PROGRESS_DELAY = 3.0
_WEBB: FloatArray = np.array([-1.0, 1.0])[:, None] * np.sqrt([0.5, 1.0, 1.5])
_GOLDEN = (1.0 + math.sqrt(5.0)) / 2.0


def multiplier_bootstrap(
    influence: FloatArray,
    *,
    n_draws: int,
    rng: np.random.Generator,
    multiplier: Multiplier = "rademacher",
    progress: bool = False,
) -> FloatArray:
    """Bootstrap draws of estimation errors: random weighted sums of influence functions.

    Parameters
    ----------
    influence : (n, q) array
        Influence functions of independent rows, or their sums within clusters, for each of ``q`` estimates.
    n_draws : int
        Number of draws.
    rng : numpy.random.Generator
        Source of the multipliers.
    multiplier : {"rademacher", "mammen", "webb", "gaussian"}
        Distribution of the multipliers, all with mean zero and variance one.
    progress : bool
        Whether to show a progress bar past a few seconds.

    Returns
    -------
    (n_draws, q) array
        Draws with the covariance ``influence.T @ influence``.

    Examples
    --------
    >>> import numpy as np
    >>> draws = multiplier_bootstrap(np.ones((4, 1)), n_draws=999, rng=np.random.default_rng(0))
    >>> bool(abs(draws.std() - 2) < 0.1)
    True
    """
    out = np.empty((n_draws, influence.shape[1]))
    blocks = multiplier_blocks(influence.shape[0], n_draws=n_draws, rng=rng, multiplier=multiplier, progress=progress)
    for rows, draws in blocks:
        np.matmul(draws, influence, out=out[rows])
    return out


def multiplier_blocks(
    n_clusters: int,
    *,
    n_draws: int,
    rng: np.random.Generator,
    multiplier: Multiplier = "rademacher",
    progress: bool = False,
) -> Iterator[tuple[slice, FloatArray]]:
    """Draw multipliers with mean zero and variance one, block by block.

    Parameters
    ----------
    n_clusters : int
        Multipliers per draw.
    n_draws : int
        Number of draws.
    rng : numpy.random.Generator
        Source.
    multiplier : {"rademacher", "mammen", "webb", "gaussian"}
        Two points (-1, 1); Mammen's two points with third moment one; Webb's six points; standard normal.
    progress : bool
        Whether to show a progress bar past a few seconds.

    Yields
    ------
    rows : slice
        Which of the draws.
    draws : (b, n_clusters) array
        Their multipliers.

    References
    ----------
    Mammen, E. (1993). Annals of Statistics 21(1), 255-285. Webb, M. D. (2023). Canadian Journal of Economics
    56(3), 839-858.
    """
    for rows in draw_blocks(n_draws, n_clusters, progress=progress):
        yield rows, _multipliers(rng, (rows.stop - rows.start, n_clusters), multiplier)


def sign_vectors(n_clusters: int, *, progress: bool = False) -> Iterator[tuple[slice, FloatArray]]:
    """All ``2 ** n_clusters`` vectors of signs, block by block; the first is all ones.

    Parameters
    ----------
    n_clusters : int
        Length of a vector.
    progress : bool
        Whether to show a progress bar past a few seconds.

    Yields
    ------
    rows : slice
        Which of the vectors.
    signs : (b, n_clusters) array
        Their signs.
    """
    for rows in draw_blocks(2**n_clusters, n_clusters, progress=progress):
        bits = np.arange(rows.start, rows.stop)[:, None] >> np.arange(n_clusters) & 1
        yield rows, 1.0 - 2.0 * bits.astype(np.float64)


def bootstrap_counts(
    n_clusters: int, *, n_draws: int, rng: np.random.Generator, progress: bool = False
) -> Iterator[tuple[slice, IntArray]]:
    """Draw how often each cluster enters a bootstrap sample of as many clusters, block by block.

    Parameters
    ----------
    n_clusters : int
        Clusters to draw from, with replacement.
    n_draws : int
        Number of bootstrap samples.
    rng : numpy.random.Generator
        Source.
    progress : bool
        Whether to show a progress bar past a few seconds.

    Yields
    ------
    rows : slice
        Which of the samples.
    counts : (b, n_clusters) array of int
        Frequency weight of each cluster; rows sum to ``n_clusters``.
    """
    for rows in draw_blocks(n_draws, n_clusters, progress=progress):
        size = rows.stop - rows.start
        drawn = rng.integers(0, n_clusters, size=(size, n_clusters))
        drawn += np.arange(size)[:, None] * n_clusters
        yield rows, np.bincount(drawn.ravel(), minlength=size * n_clusters).reshape(size, n_clusters)


def draw_blocks(n_draws: int, numbers_per_draw: int, *, progress: bool) -> Iterator[slice]:
    """Split draws into blocks of bounded memory, with a progress bar past a few seconds if asked for."""
    step = max(DRAW_NUMBERS // max(numbers_per_draw, 1), 1)
    blocks = [slice(start, min(start + step, n_draws)) for start in range(0, n_draws, step)]
    if not progress:
        yield from blocks
        return
    from tqdm import tqdm

    with tqdm(total=n_draws, unit="draw", delay=PROGRESS_DELAY) as bar:
        for rows in blocks:
            yield rows
            bar.update(rows.stop - rows.start)


def _multipliers(rng: np.random.Generator, shape: tuple[int, int], multiplier: Multiplier) -> FloatArray:
    """Draw one block of multipliers, a whole number of 64-bit words per draw."""
    if multiplier == "rademacher":
        words = rng.integers(0, 2**64, size=(shape[0], -(-shape[1] // 64)), dtype=np.uint64)
        bits = np.unpackbits(words.astype("<u8").view(np.uint8), axis=1, count=shape[1], bitorder="little")
        return 2.0 * bits.astype(np.float64) - 1.0
    if multiplier == "mammen":
        return np.where(rng.random(shape) < _GOLDEN / math.sqrt(5.0), 1.0 - _GOLDEN, _GOLDEN)
    if multiplier == "webb":
        return np.take(_WEBB, (6.0 * rng.random(shape)).astype(np.int64))
    return rng.standard_normal(shape)

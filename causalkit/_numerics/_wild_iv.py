"""Wild restricted efficient bootstrap of one coefficient, from cluster sums alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._clusters import cluster_sums

if TYPE_CHECKING:
    from causalkit._numerics._iv_projection import IvProjection
    from causalkit._typing import FloatArray, IntArray

__all__ = ["WildSums", "multipliers", "wild_p_value", "wild_sums"]

# Numbers in the arrays of one block of draws.
BLOCK_NUMBERS = 1 << 22
FEW_CLUSTERS = 12
TIE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WildSums:
    """Sums within clusters, of everything that a draw depends on; in scaled units.

    Attributes
    ----------
    zy, zd : (G, L) arrays
        Orthonormal instruments times outcome and treatment, both left by the exogenous columns.
    wy, wd : (G, p) arrays
        The same of the orthonormal exogenous columns, the constant among them.
    zw : (G, L, p) array
        Products of instruments and exogenous columns.
    zz : (G, L, L) array
        Products of instruments.
    total : (2, 2) array
        Cross-products of treatment and outcome left by the exogenous columns.
    factor : float
        Small-sample factor of the variance.
    """

    zy: FloatArray
    zd: FloatArray
    wy: FloatArray
    wd: FloatArray
    zw: FloatArray
    zz: FloatArray
    total: FloatArray
    factor: float


def wild_sums(projection: IvProjection, codes: IntArray, *, intercept: bool, factor: float) -> WildSums:
    """Sum the rows of each cluster once.

    Parameters
    ----------
    projection : IvProjection
        A model with one endogenous regressor.
    codes : (n,) array of int
        Cluster of each row.
    intercept : bool
        Whether there is a constant.
    factor : float
        Small-sample factor.

    Returns
    -------
    WildSums
        Arrays with one entry per cluster.
    """
    at, size, n_rows = projection.n_kept_w, projection.n_instruments, projection.parts[3].shape[0]
    n_clusters, width = int(codes.max()) + 1, at + int(intercept)
    block_rows = max(2 * n_clusters, 1 << 14)
    sums = np.zeros((n_clusters, 2 * (size + width) + size * width + size * size), order="F")
    for rows, basis, v in projection.walk_all(block_rows=min(block_rows, n_rows)):
        root = np.ones(basis.shape[0]) if projection.weights is None else np.sqrt(projection.weights[rows])
        q = basis[:, at:] * root[:, None]
        constant = np.full((basis.shape[0], int(intercept)), projection.weight_sum**-0.5)
        w = np.hstack([constant, basis[:, :at]]) * root[:, None]
        d, y = (v * root[:, None] + q @ np.column_stack([projection.first, projection.second])).T
        products = np.hstack(
            [
                q * y[:, None],
                q * d[:, None],
                w * y[:, None],
                w * d[:, None],
                (q[:, :, None] * w[:, None, :]).reshape(q.shape[0], -1),
                (q[:, :, None] * q[:, None, :]).reshape(q.shape[0], -1),
            ]
        )
        sums += cluster_sums(products, codes[rows], n_clusters)
    ends = np.cumsum([size, size, width, width, size * width])
    zy, zd, wy, wd, zw, zz = (np.ascontiguousarray(part) for part in np.split(sums, ends, axis=1))
    return WildSums(
        zy=zy,
        zd=zd,
        wy=wy,
        wd=wd,
        zw=zw.reshape(n_clusters, size, width),
        zz=zz.reshape(n_clusters, size, size),
        total=projection.total,
        factor=factor,
    )


def multipliers(rng: np.random.Generator, n_draws: int, n_clusters: int) -> FloatArray:
    """Signs, or with few clusters Webb's six points: (n_draws, n_clusters), mean zero and variance one.

    References
    ----------
    Webb, M. D. (2023). Canadian Journal of Economics 56(3), 839-858.
    """
    if n_clusters > FEW_CLUSTERS:
        return 2.0 * rng.integers(0, 2, size=(n_draws, n_clusters)).astype(np.float64) - 1.0
    points = np.sqrt(np.array([0.5, 1.0, 1.5]))
    drawn = np.concatenate([-points, points])[rng.integers(0, 6, size=(n_draws, n_clusters))]
    return np.asarray(drawn, dtype=np.float64)


def wild_p_value(sums: WildSums, null: float, draws: FloatArray) -> tuple[float, float]:
    """Symmetric p-value of ``beta = null``, the null and an efficient first stage imposed on the draws.

    Parameters
    ----------
    sums : WildSums
        Sums within clusters.
    null : float
        The value, in scaled units.
    draws : (B, G) array
        Multipliers.

    Returns
    -------
    statistic : float
        t statistic of the sample.
    p_value : float
        Share of draws with a t at least as large, the sample among them.

    References
    ----------
    Davidson, R. and MacKinnon, J. G. (2010). Journal of Business & Economic Statistics 28(1), 128-144.
    Roodman, D., MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2019). Stata Journal 19(1), 4-60.
    """
    zu, wu = sums.zy - null * sums.zd, sums.wy - null * sums.wd
    by_u, by_d = zu.sum(axis=0), sums.zd.sum(axis=0)
    uu = sums.total[1, 1] - 2.0 * null * sums.total[0, 1] + null**2 * sums.total[0, 0]
    ud = sums.total[0, 1] - null * sums.total[0, 0]
    # The first stage that uses the restricted residual too: efficient under the null.
    rest = uu - by_u @ by_u
    first = by_d - by_u * (ud - by_u @ by_d) / rest if rest > 0 else by_d
    fitted = sums.zz @ first
    zv = sums.zd - fitted
    wv = sums.wd - np.einsum("glp,l->gp", sums.zw, first)
    statistic = _t_statistics(sums, zu, zv * 0.0, fitted + zv, wu * 0.0, wv * 0.0, by_d, np.ones((1, zu.shape[0])))[0]
    exceeded = 0
    step = max(BLOCK_NUMBERS // max(zu.shape[0], 1), 1)
    for start in range(0, draws.shape[0], step):
        block = draws[start : start + step]
        drawn = _t_statistics(sums, zu, zv, fitted, wu, wv, first, block)
        exceeded += int(np.count_nonzero(np.abs(drawn) >= abs(statistic) * (1.0 - TIE)))
    return float(statistic), (1 + exceeded) / (1 + draws.shape[0])


def _t_statistics(
    sums: WildSums,
    zu: FloatArray,
    zv: FloatArray,
    fitted: FloatArray,
    wu: FloatArray,
    wv: FloatArray,
    first: FloatArray,
    draws: FloatArray,
) -> FloatArray:
    """T statistics of the null in samples with residuals ``draw * u`` and ``draw * v``: (B,)."""
    size, width = zu.shape[1], wu.shape[1]
    gap, drift, wu_drawn, wv_drawn = np.split(
        draws @ np.hstack([zu, zv, wu, wv]), np.cumsum([size, size, width]), axis=1
    )
    strength = first + drift
    norm = np.einsum("bl,bl->b", strength, strength)
    error = np.einsum("bl,bl->b", strength, gap) / norm
    moved = error[:, None] * strength
    partialled = wu_drawn - error[:, None] * wv_drawn
    crossed = (strength[:, :, None] * partialled[:, None, :]).reshape(draws.shape[0], -1)
    # Scores of all clusters in all draws: a part that the draw's sign multiplies, less a part that it does not.
    scores = np.hstack([strength, -moved]) @ np.hstack([zu, zv]).T
    scores *= draws
    scores -= np.hstack([crossed, moved]) @ np.hstack([sums.zw.reshape(zu.shape[0], -1), fitted]).T
    variance = sums.factor * np.einsum("bg,bg->b", scores, scores) / norm**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(error / np.sqrt(variance))

"""Wild cluster bootstrap of one coefficient beside unit and period effects, from sums by cluster and period.

Clusters hold whole units, so that a draw, which multiplies all residuals of a cluster by one number, leaves the unit
means of the residuals at zero. What is left of the fixed effects is one system of the number of periods, and a draw
costs clusters times periods, whatever the number of units.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._absorb import absorb
from causalkit._numerics._clusters import cluster_sums
from causalkit._numerics._resampling import multiplier_blocks, sign_vectors
from causalkit._numerics._wild import WildCluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._numerics._resampling import Multiplier
    from causalkit._typing import FloatArray, IntArray

__all__ = ["two_way_wild"]

# With so few clusters all sign vectors are taken (4,096 of them).
ENUMERATED = 12
# Covariates, and the treatment, with less than this part of their spread left by the fixed effects are explained.
EXPLAINED = 1e-10


def two_way_wild(
    outcome: FloatArray,
    treatment: FloatArray,
    unit: IntArray,
    time: IntArray,
    cluster: IntArray,
    *,
    n_draws: int,
    rng: np.random.Generator,
    covariates: FloatArray | None = None,
    weights: FloatArray | None = None,
    multiplier: Multiplier = "rademacher",
    factor: float = 1.0,
) -> WildCluster | None:
    """Draw the restricted wild cluster bootstrap of the treatment's coefficient.

    Parameters
    ----------
    outcome, treatment : (n,) arrays
        Columns.
    unit, time, cluster : (n,) arrays of int
        Codes from zero; every unit lies in one cluster.
    n_draws : int
        Number of draws, beside the sample itself, which is the first. With Rademacher multipliers and up to twelve
        clusters all sign vectors are taken instead.
    rng : numpy.random.Generator
        Source of the multipliers.
    covariates : (n, k) array, optional
        Further regressors.
    weights : (n,) array, optional
        Positive weights.
    multiplier : {"rademacher", "webb", "mammen", "gaussian"}
        Distribution of the multipliers.
    factor : float
        Small-sample factor of the variance; it cancels from p-values and intervals.

    Returns
    -------
    WildCluster or None
        P-values for any null and the interval by inversion. None if fixed effects and covariates explain the treatment.

    References
    ----------
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008). Review of Economics and Statistics 90(3), 414-427.
    Roodman, D., MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2019). Stata Journal 19(1), 4-60.
    """
    x = np.empty((outcome.size, 0)) if covariates is None else covariates
    columns = np.column_stack([outcome, treatment, x])
    left = absorb(columns, [unit, time], weights=weights)
    w = np.ones(outcome.size) if weights is None else weights
    spread = np.array(
        [np.average(np.square(column - np.average(column, weights=w)), weights=w) for column in columns.T]
    )
    basis = _orthonormal(left[:, 2:], w, spread[2:])
    y, d = (column - basis @ (basis.T @ (w * column)) for column in left[:, :2].T)
    weighted = w * d
    squares = float(weighted @ d)
    if squares <= EXPLAINED * float(w.sum()) * spread[1]:
        return None
    estimate = float(weighted @ y) / squares
    residual = y - estimate * d
    n_clusters, n_periods = int(cluster.max()) + 1, int(time.max()) + 1
    root = _period_root(unit, time, w, n_periods)

    def sums(values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Scores of the treatment by cluster, and what periods, covariates and treatment take from a residual."""
        by_period = np.bincount(cluster * n_periods + time, weights=w * values, minlength=n_clusters * n_periods)
        rest = cluster_sums(basis * (w * values)[:, None], cluster, n_clusters)
        own = cluster_sums(weighted * values, cluster, n_clusters)
        # The treatment itself takes its part too, as one more column.
        return own, np.hstack(
            [by_period.reshape(n_clusters, n_periods) @ root, rest, own[:, None] / math.sqrt(squares)]
        )

    score, reach = sums(residual)
    own, taken = sums(d)
    enumerated = multiplier == "rademacher" and n_clusters <= ENUMERATED
    total = 2**n_clusters if enumerated else n_draws + 1
    numerator, variance = np.empty((2, total)), np.empty((3, total))
    for rows, v in _draws(n_clusters, n_draws, rng, multiplier, enumerated=enumerated):
        constant = v * score - (v @ reach) @ taken.T
        linear = v * own - (v @ taken) @ taken.T
        numerator[:, rows] = v @ score / squares, v @ own / squares
        variance[0, rows] = np.einsum("bg,bg->b", constant, constant)
        variance[1, rows] = 2.0 * np.einsum("bg,bg->b", constant, linear)
        variance[2, rows] = np.einsum("bg,bg->b", linear, linear)
    return WildCluster(
        estimate=estimate,
        std_error=math.sqrt(factor * float(score @ score)) / squares,
        restricted=True,
        enumerated=enumerated,
        per_effect=1.0,
        numerator=numerator,
        variance=variance * (factor / squares**2),
    )


def _within(columns: FloatArray, unit: IntArray, time: IntArray, weights: FloatArray | None) -> FloatArray:
    """Residuals of columns on unit and period effects: by means where every unit is there in every period."""
    n_units, n_periods = int(unit.max()) + 1, int(time.max()) + 1
    if weights is not None or unit.size != n_units * n_periods:
        return absorb(columns, [unit, time], weights=weights)
    left: FloatArray = columns - columns[0]
    left -= (cluster_sums(left, unit, n_units) / n_periods)[unit]
    left -= (cluster_sums(left, time, n_periods) / n_units)[time]
    return left


def _draws(
    n_clusters: int, n_draws: int, rng: np.random.Generator, multiplier: Multiplier, *, enumerated: bool
) -> Iterator[tuple[slice, FloatArray]]:
    """Blocks of multipliers; the first draw is the sample itself."""
    if enumerated:
        yield from sign_vectors(n_clusters)
        return
    yield slice(0, 1), np.ones((1, n_clusters))
    for rows, v in multiplier_blocks(n_clusters, n_draws=n_draws, rng=rng, multiplier=multiplier):
        yield slice(rows.start + 1, rows.stop + 1), v


def _orthonormal(columns: FloatArray, weights: FloatArray, spread: FloatArray) -> FloatArray:
    """Orthonormal basis of the columns that the fixed effects do not explain, in the weighted inner product."""
    size = np.sqrt(np.einsum("ij,i,ij->j", columns, weights, columns))
    kept = size > np.sqrt(EXPLAINED * spread * weights.sum())
    if not kept.any():
        return np.empty((columns.shape[0], 0))
    root = np.sqrt(weights)[:, None]
    vectors, values, _ = np.linalg.svd(columns[:, kept] / size[kept] * root, full_matrices=False)
    return np.asarray(vectors[:, values > math.sqrt(EXPLAINED) * values[0]] / root)


def _period_root(unit: IntArray, time: IntArray, weights: FloatArray, n_periods: int) -> FloatArray:
    """Root ``R`` with ``R R'`` the pseudo-inverse of what period dummies without unit means have in common: (T, r)."""
    n_units = int(unit.max()) + 1
    cells = np.bincount(unit * n_periods + time, weights=weights, minlength=n_units * n_periods)
    cells = cells.reshape(n_units, n_periods)
    cross = np.diag(cells.sum(axis=0)) - (cells / cells.sum(axis=1, keepdims=True)).T @ cells
    values, vectors = np.linalg.eigh(cross)
    kept = values > EXPLAINED * values[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]))

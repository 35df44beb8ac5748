"""Treatment and outcome over bins of the instrument: aggregates for the pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._clusters import cluster_sums
from causalkit._numerics._moments import rows_per_block
from causalkit.iv._records import BinnedStage

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, IntArray
    from causalkit.iv._fit import IvFit

__all__ = ["binned_stage"]

MOST_BINS = 20
LEAST_ROWS = 10


def binned_stage(fit: IvFit) -> BinnedStage:
    """Return means in bins of the instrument, or with several of the treatment they predict.

    Parameters
    ----------
    fit : IvFit
        The fit; of its endogenous regressors the first is shown.

    Returns
    -------
    BinnedStage
        Bins of equal numbers of rows; one for each value of an instrument with few.
    """
    p, design = fit.projection, fit.design
    a, b = p.first[:, 0], p.second
    n_rows, single = p.parts[3].shape[0], p.n_instruments == 1
    direct = float(fit.direct()[0, 0])
    values = np.empty((n_rows, 3), order="F")
    for rows, walked in p.walk(block_rows=rows_per_block(p.centering.scale.size + p.n_instruments)):
        q, v = walked[:, : p.n_instruments], walked[:, p.n_instruments :]
        values[rows, 0] = q[:, 0] * direct if single else q @ a * p.scale_d[0]
        values[rows, 1] = (v[:, 0] + q @ a) * p.scale_d[0]
        values[rows, 2] = (v[:, -1] + q @ b) * p.scale_y
    means = p.centering.mean
    n_w = p.parts[0].shape[1]
    instrument = float(means[n_w + p.kept_instruments[0]])
    treatment, outcome = float(means[n_w + p.parts[1].shape[1]]), float(means[-1])
    centers = np.array([instrument if single else treatment, treatment, outcome])
    codes = _codes(values[:, 0])
    weight = np.ones(n_rows) if p.weights is None else p.weights
    totals = np.bincount(codes, weights=weight)
    averages = cluster_sums(values * weight[:, None], codes, totals.size) / totals[:, None] + centers
    slope = float(a[0]) * p.scale_d[0] / direct if single else 1.0
    return BinnedStage(
        index_label=design.instruments[0] if single else f"{design.endogenous[0]} predicted by the instruments",
        index=averages[:, 0],
        treatment=averages[:, 1],
        outcome=averages[:, 2],
        rows=np.bincount(codes),
        slopes=np.array([slope, slope * float(a @ b) / float(a @ a) * fit.units[0]]),
        centers=centers,
    )


def _codes(index: FloatArray) -> IntArray:
    """Bins of about equal size."""
    n_bins = int(min(MOST_BINS, max(index.size // LEAST_ROWS, 2)))
    edges = np.quantile(index, np.linspace(0, 1, n_bins + 1)[1:-1])
    found: IntArray = np.unique(np.searchsorted(np.unique(edges), index, side="right"), return_inverse=True)[1]
    return found

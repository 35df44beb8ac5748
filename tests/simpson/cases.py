"""Inputs that several tests of simpson share."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from causalkit._numerics._grouped import cluster_sums, grouped_moments
from causalkit.simpson._cells import Cells

if TYPE_CHECKING:
    from causalkit._typing import AnyArray, FloatArray

GOLDEN = Path(__file__).parents[1] / "golden"


@cache
def golden() -> dict[str, Any]:
    """Numbers written by tests/golden/simpson.R."""
    return json.loads((GOLDEN / "simpson.json").read_text(encoding="utf-8"))


def rows_of(name: str) -> tuple[AnyArray, AnyArray, FloatArray]:
    """One row per person of a table of counts: stratum, arm, outcome."""
    counts = np.array(list(golden()[name]["counts"].values()))
    stratum = np.repeat(np.arange(len(counts)), counts.sum(axis=1))
    arm = np.concatenate([np.repeat([1, 1, 0, 0], each) for each in counts])
    outcome = np.concatenate([np.repeat([1.0, 0.0, 1.0, 0.0], each) for each in counts])
    return stratum, arm == 1, outcome


def cells_of(
    stratum: AnyArray,
    treated: AnyArray,
    outcome: FloatArray,
    *,
    weights: FloatArray | None = None,
    cluster: AnyArray | None = None,
) -> Cells:
    """The stratum by arm table of rows."""
    n_strata = int(stratum.max()) + 1
    cell = 2 * stratum + treated
    moments = grouped_moments(cell, outcome, 2 * n_strata, weights=weights)
    if cluster is None:
        return Cells.of(moments)
    sums = cluster_sums(cluster, cell, outcome, moments, n_clusters=int(cluster.max()) + 1, weights=weights)
    return Cells.of(moments, sums)


def small() -> dict[str, AnyArray]:
    """The 240 rows behind the weighted and clustered reference numbers."""
    data = {name: np.array(values) for name, values in golden()["small"]["data"].items()}
    return {
        "stratum": data["s"] - 1,
        "treated": data["a"] == 1,
        "outcome": data["y"].astype(np.float64),
        "weights": data["w"].astype(np.float64),
        "cluster": np.unique(data["g"], return_inverse=True)[1],
    }

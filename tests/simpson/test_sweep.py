"""The scan kernel against one stratification at a time, and its covariance against influences row by row."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from causalkit._numerics._codes import combine_codes
from causalkit._numerics._grouped import cluster_sums, grouped_moments
from causalkit.simpson import _sweep
from causalkit.simpson._cells import Cells, covariance, influence
from causalkit.simpson._records import gather
from causalkit.simpson._standard import comparable_crude, crude, standard, standardised
from causalkit.simpson._sweep import sweep

COLUMNS = [(0,), (1,), (2,), *combinations(range(3), 2)]


def draw(n, n_levels, *, clusters):
    rng = np.random.default_rng(n)
    codes = [rng.integers(0, n_levels, n) for _ in range(3)]
    treated = rng.random(n) < 0.3 + 0.4 * codes[0] / n_levels
    outcome = rng.normal(size=n) + codes[0] + treated + 1e3
    weights = rng.uniform(0.5, 2, n)
    return codes, treated, outcome, weights, rng.integers(0, clusters, n)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize(("n", "n_levels", "n_clusters"), [(20_000, 3, 12), (2_000, 12, 500)])
def test_sweep_equals_one_stratification_at_a_time(n, n_levels, n_clusters, clustered, weighted, monkeypatch):
    monkeypatch.setattr(_sweep, "_BLOCK_ENTRIES", 6 * 1024)  # several blocks
    codes, treated, y, w, g = draw(n, n_levels, clusters=n_clusters)
    w = w if weighted else None
    g = np.unique(g, return_inverse=True)[1] if clustered else None
    records = gather(codes, [n_levels] * 3, treated, y, weights=w, cluster=g)
    assert records.single == (n == 2_000)
    found = sweep(records, COLUMNS)
    influences = []
    for k, columns in enumerate(COLUMNS):
        stratum, table = combine_codes([codes[c] for c in columns], [n_levels] * len(columns))
        cell = 2 * stratum + treated
        moments = grouped_moments(cell, y, 2 * len(table), weights=w)
        sums = cluster_sums(g, cell, y, moments, n_clusters=int(g.max()) + 1, weights=w) if clustered else None
        cells = Cells.of(moments, sums)
        pair = [comparable_crude(cells), standardised(cells, standard(cells, "all"))]
        got = found.stratifications[k]
        assert got.columns == columns
        assert [got.crude, got.standardised] == pytest.approx([p.value for p in pair], rel=1e-10)
        assert got.n_strata == len(table)
        np.testing.assert_allclose(found.covariance[k], covariance(pair, cells), rtol=1e-9)
        slope, intercept = influence([pair[0] - pair[1]], cells)
        psi = slope[0, cell] * (y - moments.origin - moments.mean[cell]) + intercept[0, cell]
        psi = psi if w is None else w * psi
        influences.append(psi if g is None else np.bincount(g, psi))
    everybody = treated.astype(int)
    moments = grouped_moments(everybody, y, 2, weights=w)
    total = crude(Cells.of(moments))
    assert found.crude == pytest.approx(total.value, rel=1e-10)
    slope, _ = influence([total], Cells.of(moments))
    psi = slope[0, everybody] * (y - moments.origin - moments.mean[everybody]) * (1 if w is None else w)
    influences.insert(0, psi if g is None else np.bincount(g, psi))
    expected = np.array(influences) @ np.array(influences).T
    scale = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(
        found.gap_covariance / np.outer(scale, scale), expected / np.outer(scale, scale), atol=1e-10
    )


def test_strata_with_one_arm_are_counted_and_hopeless_candidates_reported():
    treated = np.tile([True, False], 50)
    same = treated.astype(int)
    some = np.repeat([0, 1, 2, 3], 25)
    odd = np.where((some == 3) & treated, 4, some)
    records = gather([same, odd], [2, 5], treated, np.arange(100.0))
    found = sweep(records, [(0,), (1,)])
    assert found.not_comparable == ((0,),)
    (one,) = found.stratifications
    assert (one.n_strata, one.n_one_armed, one.share_one_armed) == (5, 2, pytest.approx(0.25))

"""Bias, coverage and size in repeated samples, drawn as cell counts and means so that thousands cost nothing."""

from __future__ import annotations

import numpy as np
import pytest

from causalkit import simpson, simulate
from causalkit._numerics._grouped import cluster_sums, grouped_moments
from causalkit.simpson._cells import Cells, covariance
from causalkit.simpson._decomposition import kitagawa
from causalkit.simpson._reversal import reversal
from causalkit.simpson._standard import crude, standard, standardised

SHARES = np.array([0.3, 0.5, 0.2])
UPTAKE = np.array([0.2, 0.5, 0.75])
BASE = np.array([1.0, 2.0, 4.0])
EFFECTS = np.array([0.5, -0.2, 1.0])
NOISE = np.array([[1.0, 2.0], [0.5, 1.5], [2.0, 1.0]])
N = 1_200


def draw_cells(rng) -> Cells:
    """One sample of N rows: multinomial counts, normal means, chi-squared variances, as rows would give them."""
    shares = np.column_stack([SHARES * (1 - UPTAKE), SHARES * UPTAKE])
    rows = rng.multinomial(N, shares.ravel()).reshape(3, 2)
    mean = np.column_stack([BASE, BASE + EFFECTS]) + NOISE * rng.normal(size=(3, 2)) / np.sqrt(rows)
    square = NOISE**2 * rng.chisquare(rows - 1)
    weight = rows.astype(float)
    return Cells(
        rows=rows, weight=weight, mean=mean, square=square,
        weight2=weight, cross2=np.zeros((3, 2)), square2=square, origin=0.0,
    )  # fmt: skip


def population_truth() -> dict[str, float]:
    in_treated, in_controls = SHARES * UPTAKE, SHARES * (1 - UPTAKE)
    in_treated, in_controls = in_treated / in_treated.sum(), in_controls / in_controls.sum()
    overlap = SHARES * UPTAKE * (1 - UPTAKE)
    effect = {
        "all": SHARES @ EFFECTS,
        "treated": in_treated @ EFFECTS,
        "control": in_controls @ EFFECTS,
        "overlap": overlap @ EFFECTS / overlap.sum(),
    }
    total = in_treated @ (BASE + EFFECTS) - in_controls @ BASE
    within = (effect["treated"] + effect["control"]) / 2
    return {**effect, "crude": total, "gap": total - effect["all"], "within": within, "composition": total - within}


def test_every_interval_covers_its_truth_95_times_in_100():
    rng, n_sim, truth = np.random.default_rng(0), 2_000, population_truth()
    hits = dict.fromkeys(truth, 0)
    errors = {name: [] for name in truth}
    for _ in range(n_sim):
        cells = draw_cells(rng)
        found = {p: standardised(cells, standard(cells, p)) for p in ("all", "treated", "control", "overlap")}
        parts = kitagawa(cells)
        found |= {"crude": crude(cells), "within": parts["within"], "composition": parts["composition"]}
        found["gap"] = found["crude"] - found["all"]
        std_errors = np.sqrt(np.diag(covariance(list(found.values()), cells)))
        for (name, each), std_error in zip(found.items(), std_errors, strict=True):
            hits[name] += abs(each.value - truth[name]) <= 1.959964 * std_error
            errors[name].append(each.value - truth[name])
    for name, n_hits in hits.items():
        # Four binomial standard errors; HC0 at 36 or more rows a cell is short by less than 0.01.
        assert abs(n_hits / n_sim - 0.95) <= 4 * np.sqrt(0.95 * 0.05 / n_sim) + 0.01, name
        error = np.array(errors[name])
        assert abs(error.mean()) <= 4 * error.std() / np.sqrt(n_sim), name


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.8])
def test_the_reversal_test_keeps_its_level_where_one_effect_is_zero(correlation):
    """The least favourable null: no effect within, a crude effect that is certain."""
    rng, n_sim = np.random.default_rng(1), 4_000
    cov = np.array([[1.0, correlation], [correlation, 1.0]])
    draws = rng.multivariate_normal([-6.0, 0.0], cov, n_sim)
    rejected = sum(reversal(float(a), float(b), cov).p_value < 0.05 for a, b in draws)
    assert abs(rejected / n_sim - 0.05) <= 4 * np.sqrt(0.05 * 0.95 / n_sim)


def test_reversal_by_noise_alone_is_rarely_called_sure():
    """s11: two effects of zero reverse in half of the samples; the test says so in at most one of twenty."""
    rng, n_sim = np.random.default_rng(2), 4_000
    draws = rng.normal(size=(n_sim, 2))
    turned = np.mean(draws[:, 0] * draws[:, 1] < 0)
    sure = np.mean([reversal(float(a), float(b), np.eye(2)).p_value < 0.05 for a, b in draws])
    assert 0.45 < turned < 0.55
    assert sure < 0.01


def _diagnosed(data):
    return simpson.diagnose(data, outcome="y", treatment="treated", by="stratum")


def _drawn(rng):
    return simulate.simpson_paradox(2_000, rng=rng)


def test_the_truth_of_the_simulated_paradox_is_recovered_through_the_public_door():
    found = simulate.calibrate(_diagnosed, _drawn, estimand="ATE", n_sim=200, rng=3, progress=False)
    assert abs(found.coverage - 0.95) <= 4 * np.sqrt(0.95 * 0.05 / 200)
    assert abs(found.bias) <= 4 * found.sd / np.sqrt(200)
    large = _diagnosed(simulate.simpson_paradox(200_000, rng=4).data)
    truth = {"ATE": 750.0, "ATT": 625.0, "ATC": 875.0, "crude": -123.0}
    for name, value in truth.items():
        effect = large.effects[name]
        assert abs(effect.estimate - value) <= 4 * effect.std_error, name
    assert large.kind() == "reversal"


def test_clustered_standard_errors_match_the_spread_of_estimates():
    """Clusters share treatment and a shock: ignoring them is badly wrong, respecting them is right."""
    rng, n_sim = np.random.default_rng(5), 300
    estimates, robust, naive = [], [], []
    n_clusters, size = 120, 10
    cluster = np.repeat(np.arange(n_clusters), size)
    for _ in range(n_sim):
        stratum = rng.integers(0, 2, n_clusters)[cluster]
        treated = (rng.random(n_clusters)[cluster] < 0.3 + 0.4 * stratum).astype(int)
        y = stratum + rng.normal(size=n_clusters)[cluster] + rng.normal(size=n_clusters * size)
        cell = 2 * stratum + treated
        moments = grouped_moments(cell, y, 4)
        sums = cluster_sums(cluster, cell, y, moments, n_clusters=n_clusters)
        for clusters, kept in ((sums, robust), (None, naive)):
            cells = Cells.of(moments, clusters)
            effect = standardised(cells, standard(cells, "all"))
            kept.append(covariance([effect], cells)[0, 0])
        estimates.append(effect.value)
    spread = np.var(estimates)
    # The variance of 300 estimates is known to 8 %; CR0 with 120 clusters is short by a few per cent.
    assert np.mean(robust) / spread == pytest.approx(0.97, abs=0.25)
    assert np.mean(naive) / spread < 0.4

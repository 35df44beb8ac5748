import json

import numpy as np
import pytest
from scipy import stats

from causalkit._numerics._balance import (
    balance_scale,
    column_balance,
    effective_sample_size,
    weighted_ecdf,
)
from causalkit._numerics._binary_response import fit_binary_response, response
from causalkit._numerics._blocks import assign_blocks, block_weights, quantile_edges
from causalkit._numerics._inverse_probability import inverse_probability_weights
from causalkit._numerics._weighting import influence_std_error, weighted_mean_difference
from tests.lalonde import GOLDEN, lalonde_arrays

PACKAGES = json.loads((GOLDEN / "weighting_packages.json").read_text())


def numbers(by_column):
    return np.array([np.nan if value == "NA" else value for value in by_column.values()])


def score_and_all_levels():
    x, treated, y = lalonde_arrays()
    fit = fit_binary_response(x, treated, link="logit", weights=np.ones(y.size))
    score = response(fit.linear, "logit")
    black = 1 - x[:, 2] - x[:, 3]
    columns = np.column_stack([score.probability, x[:, :2], black, x[:, 2:]])
    return columns, treated, y, score


@pytest.mark.parametrize(("target", "denominator"), [("ATT", "treated"), ("ATE", "pooled")])
def test_subclassification_balance_equals_matchit(target, denominator):
    columns, treated, y, score = score_and_all_levels()
    p, base = score.probability, np.ones(y.size)
    edges = quantile_edges(p[treated] if target == "ATT" else p, 5)
    weights = block_weights(assign_blocks(p, edges), treated, base, target)
    before, after = column_balance(columns, treated, (base, weights))
    scale = balance_scale(before, denominator)
    want = PACKAGES[f"subclass5_{target.lower()}"]
    # MatchIt's score stops at a relative deviance of 1e-8, which moves the figures of the score itself.
    for got, name in (
        ((before.mean_treated - before.mean_control) / scale, "smd_before"),
        ((after.mean_treated - after.mean_control) / scale, "smd_after"),
        (after.variance_ratio, "vr_after"),
    ):
        np.testing.assert_allclose(got[0], numbers(want[name])[0], rtol=1e-8)
        np.testing.assert_allclose(got[1:], numbers(want[name])[1:], rtol=1e-12)
    np.testing.assert_allclose(after.ecdf_mean, numbers(want["ecdf_mean_after"]), rtol=1e-12)
    np.testing.assert_allclose(after.ecdf_max, numbers(want["ecdf_max_after"]), rtol=1e-12)
    assert effective_sample_size(weights[~treated]) == pytest.approx(want["ess_control"], rel=1e-12)
    contrast = weighted_mean_difference(y, treated, weights)
    assert contrast.estimate == pytest.approx(want["coef"], rel=1e-12)
    assert influence_std_error(contrast.influence) == pytest.approx(want["se_hc0"], rel=1e-12)


def test_weighting_balance_equals_cobalt():
    columns, treated, y, score = score_and_all_levels()
    weights = inverse_probability_weights(score, treated, "ATT").weights
    before, after = column_balance(columns, treated, (np.ones(y.size), weights))
    scale = balance_scale(before, "treated")
    for got, name in (
        ((before.mean_treated - before.mean_control) / scale, "Diff.Un"),
        ((after.mean_treated - after.mean_control) / scale, "Diff.Adj"),
        (before.variance_ratio, "V.Ratio.Un"),
        (after.variance_ratio, "V.Ratio.Adj"),
        (before.ecdf_max, "KS.Un"),
        (after.ecdf_max, "KS.Adj"),
    ):
        # Weights there come from a score that stops at a relative deviance of 1e-8.
        np.testing.assert_allclose(got, numbers(PACKAGES["cobalt_att"][name]), rtol=2e-8, atol=5e-9)


def test_largest_ecdf_gap_is_the_kolmogorov_smirnov_statistic():
    rng = np.random.default_rng(0)
    x = np.round(rng.normal(size=(300, 3)), 1)
    treated = rng.random(300) < 0.3
    (got,) = column_balance(x, treated, (np.ones(300),))
    want = [stats.ks_2samp(x[treated, j], x[~treated, j]).statistic for j in range(3)]
    np.testing.assert_allclose(got.ecdf_max, want, rtol=1e-12)


def test_large_offsets_cost_no_digits():
    x, treated, y = lalonde_arrays()
    (a,), (b,) = (column_balance(v, treated, (np.ones(y.size),)) for v in (x, x + 1e9))
    np.testing.assert_allclose(b.mean_treated - b.mean_control, a.mean_treated - a.mean_control, atol=1e-6)
    np.testing.assert_allclose(b.variance_ratio[[0, 1]], a.variance_ratio[[0, 1]], rtol=1e-12)


def test_constant_columns_have_no_scale_and_no_gap():
    x, treated = np.full((6, 1), 3.0), np.array([True, False] * 3)
    (got,) = column_balance(x, treated, (np.ones(6),))
    assert got.ecdf_max.tolist() == [0.0]
    assert np.isnan(got.variance_ratio).all()
    assert np.isnan(balance_scale(got, "pooled")).all()


def test_effective_sample_size_of_equal_weights_is_their_number():
    assert effective_sample_size(np.full(7, 1e-200)) == pytest.approx(7)
    assert effective_sample_size(np.array([1.0, 0.0, 0.0])) == 1
    assert effective_sample_size(np.zeros(3)) == 0


def test_weighted_distribution_function_steps_by_the_weight_of_each_value():
    values, shares = weighted_ecdf(np.array([2.0, 1.0, 2.0, 5.0]), np.array([1.0, 2.0, 3.0, 0.0]))
    assert values.tolist() == [1.0, 2.0]
    np.testing.assert_allclose(shares, [1 / 3, 1])

import json

import numpy as np
import pytest
from scipy import stats

from causalkit._numerics._binary_response import fit_binary_response, response
from causalkit._numerics._blocks import assign_blocks, block_tests, block_weights, quantile_edges, split_blocks
from causalkit._numerics._support import crump_cut, minmax_support
from causalkit._numerics._weighting import weighted_mean_difference
from tests.lalonde import GOLDEN, lalonde_arrays, nsw_cps_arrays

BLOCKS = json.loads((GOLDEN / "blocks.json").read_text())
PROPENSITY = json.loads((GOLDEN / "propensity.json").read_text())


def logit_score(x, treated):
    return response(fit_binary_response(x, treated, link="logit", weights=np.ones(treated.size)).linear, "logit")


@pytest.mark.parametrize(("alpha", "key"), [(0.01, "alpha_01"), (0.05, "alpha_05")])
def test_recursive_blocks_of_dehejia_and_wahba_equal_r(alpha, key):
    x, treated, y = nsw_cps_arrays()
    p = logit_score(x, treated).probability
    low, high = minmax_support(p, treated, of=(True,))
    inside = (p >= low) & (p <= high)
    assert inside.sum() == BLOCKS["n_support"] == 4041
    x, p, treated, y = x[inside], p[inside], treated[inside], y[inside]
    base = np.ones(y.size)
    edges = split_blocks(p, treated, base, edges=np.linspace(0, 1, 6), alpha=alpha, min_width=1e-6)
    want = BLOCKS[key]
    np.testing.assert_allclose(edges, want["edges"], rtol=1e-14)
    blocks = assign_blocks(p, edges[1:-1])
    tests = block_tests(x[:, :1], treated, base, blocks, edges.size - 1)
    assert tests.n_treated.tolist() == want["n_treated"]
    assert tests.n_control.tolist() == want["n_control"]
    used = tests.n_treated > 0
    np.testing.assert_allclose(tests.statistic[used, 0], want["age_t"], rtol=1e-11)
    np.testing.assert_allclose(tests.p_value[used, 0], want["age_p"], rtol=1e-11)
    weights = block_weights(blocks, treated, base, "ATT")
    assert weighted_mean_difference(y, treated, weights).estimate == pytest.approx(want["estimate"], rel=1e-10)


def test_block_tests_are_student_tests_in_each_block():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(200, 2)) + 1e8
    treated, blocks = rng.random(200) < 0.4, rng.integers(-1, 3, size=200)
    got = block_tests(x, treated, np.ones(200), blocks, 3)
    for b in range(3):
        one, zero = x[(blocks == b) & treated], x[(blocks == b) & ~treated]
        want = stats.ttest_ind(one - 1e8, zero - 1e8)
        np.testing.assert_allclose(got.statistic[b], want.statistic, rtol=1e-9)
        np.testing.assert_allclose(got.p_value[b], want.pvalue, rtol=1e-9)
        np.testing.assert_allclose(got.mean_treated[b], one.mean(axis=0), rtol=1e-14)


def test_frequency_weights_count_rows_in_block_tests():
    rng = np.random.default_rng(7)
    x, treated, blocks = rng.normal(size=(80, 1)), rng.random(80) < 0.5, rng.integers(0, 2, size=80)
    base = rng.integers(1, 4, size=80)
    rows = np.repeat(np.arange(80), base)
    a = block_tests(x, treated, base.astype(float), blocks, 2)
    b = block_tests(x[rows], treated[rows], np.ones(rows.size), blocks[rows], 2)
    np.testing.assert_allclose(a.statistic, b.statistic, rtol=1e-12)
    np.testing.assert_allclose(a.p_value, b.p_value, rtol=1e-12)


def test_columns_that_do_not_vary_in_a_block_and_arms_of_one_have_no_test():
    x = np.array([[1.0, 0.3], [1.0, 0.4], [1.0, 0.1], [1.0, 0.7], [5.0, 0.2], [5.0, 0.6], [5.0, 0.9]])
    treated = np.array([True, True, False, False, True, False, False])
    got = block_tests(x, treated, np.ones(7), np.array([0, 0, 0, 0, 1, 1, 1]), 2)
    assert np.isnan(got.statistic).tolist() == [[True, False], [True, True]]


def test_quantile_blocks_are_closed_on_the_left():
    edges = quantile_edges(np.arange(5.0), 4)
    assert edges.tolist() == [1.0, 2.0, 3.0]
    assert assign_blocks(np.array([0.0, 1.0, 1.5, 3.0, 9.0]), edges).tolist() == [0, 1, 1, 3, 3]


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATC"])
def test_block_weights_of_each_arm_sum_to_the_target_population(target):
    treated = np.array([True, True, False, False, False, True, False])
    blocks = np.array([0, 0, 0, 1, 1, 1, -1])
    weights = block_weights(blocks, treated, np.ones(7), target)
    size = {"ATE": 6, "ATT": 3, "ATC": 3}[target]
    assert weights[treated].sum() == pytest.approx(size)
    assert weights[~treated].sum() == pytest.approx(size)
    assert weights[6] == 0


def test_blocks_with_one_arm_get_no_weight():
    got = block_weights(np.array([0, 0, 1]), np.array([True, False, True]), np.ones(3), "ATT")
    assert got.tolist() == [1.0, 1.0, 0.0]


def test_crump_cut_equals_r():
    x, treated, _ = lalonde_arrays()
    score = logit_score(x, treated)
    cut = crump_cut(score.probability, score.complement, np.ones(treated.size))
    p = score.probability
    assert cut == pytest.approx(PROPENSITY["crump"]["cut"], rel=1e-10)
    assert ((p >= cut) & (p <= 1 - cut)).sum() == PROPENSITY["crump"]["n"]


def test_crump_cut_keeps_everyone_when_overlap_is_good():
    p = np.linspace(0.4, 0.6, 50)
    assert crump_cut(p, 1 - p, np.ones(50)) == 0


def test_minmax_support_of_both_arms_equals_r():
    x, treated, _ = lalonde_arrays()
    p = logit_score(x, treated).probability
    low, high = minmax_support(p, treated, of=(True, False))
    assert ((p >= low) & (p <= high)).sum() == PROPENSITY["minmax"]["n"]

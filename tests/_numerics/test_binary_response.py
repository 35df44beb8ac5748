import json

import numpy as np
import pytest
import statsmodels.api as sm

from causalkit._numerics._binary_response import fit_binary_response, response
from tests.lalonde import GOLDEN, lalonde_arrays, nsw_cps_arrays

PROPENSITY = json.loads((GOLDEN / "propensity.json").read_text())


def fit(x, y, link="logit", weights=None):
    return fit_binary_response(x, y, link=link, weights=np.ones(y.size) if weights is None else weights)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_equals_r_glm_run_to_convergence(link):
    x, treated, _ = lalonde_arrays()
    got, want = fit(x, treated, link), PROPENSITY[link]
    # R's probit is Fisher scoring, whose last digits stall at the rounding of its working response.
    rel = 1e-10 if link == "logit" else 2e-8
    np.testing.assert_allclose(got.coefficients, want["coef"], rtol=rel)
    np.testing.assert_allclose(np.sqrt(np.diag(got.cov)), want["se"], rtol=1e-8)
    assert got.log_likelihood == pytest.approx(want["loglik"], rel=1e-13)
    assert got.linear.std(ddof=1) == pytest.approx(want["linear_sd"], rel=1e-9)
    np.testing.assert_allclose(response(got.linear, link).probability[:5], want["score_first5"], rtol=1e-8)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_equals_statsmodels_newton(link):
    x, treated, _ = lalonde_arrays()
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    got = fit(x, treated, link)
    model = {"logit": sm.Logit, "probit": sm.Probit}[link](treated.astype(float), sm.add_constant(x))
    want = model.fit(method="newton", disp=0, tol=1e-14, maxiter=100)
    np.testing.assert_allclose(got.coefficients, want.params, rtol=1e-11)
    # statsmodels inverts the observed information: ours is there too, in the regressors' own coordinates.
    np.testing.assert_allclose(np.sqrt(np.diag(got.bread)), want.bse, rtol=1e-10)


def test_weights_count_rows():
    x, treated, _ = lalonde_arrays()
    weights = 1.0 + np.arange(1, treated.size + 1) % 3
    got = fit(x, treated, weights=weights)
    np.testing.assert_allclose(got.coefficients, PROPENSITY["logit_frequency"]["coef"], rtol=1e-10)
    np.testing.assert_allclose(np.sqrt(np.diag(got.cov)), PROPENSITY["logit_frequency"]["se"], rtol=1e-8)
    repeated = np.repeat(np.arange(treated.size), weights.astype(int))
    np.testing.assert_allclose(got.coefficients, fit(x[repeated], treated[repeated]).coefficients, rtol=1e-12)


def test_rows_of_weight_zero_are_as_good_as_absent():
    x, treated, _ = lalonde_arrays()
    keep = np.arange(treated.size) % 4 > 0
    spoiled = np.where(keep[:, None], x, 1e6)
    got = fit(spoiled, treated, weights=keep.astype(float))
    np.testing.assert_allclose(got.coefficients, fit(x[keep], treated[keep]).coefficients, rtol=1e-12)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_an_offset_of_a_billion_and_a_scale_of_a_trillion_leave_twelve_digits(link):
    x, treated, _ = lalonde_arrays()
    moved = x.copy()
    moved[:, 0] += 1e9
    moved[:, 6] *= 1e12
    a, b = fit(x, treated, link), fit(moved, treated, link)
    np.testing.assert_allclose(b.linear, a.linear, rtol=1e-12)
    np.testing.assert_allclose(
        b.coefficients[1:] * np.where(np.arange(8) == 6, 1e12, 1), a.coefficients[1:], rtol=1e-12
    )


def test_constant_and_collinear_columns_are_marked_and_change_nothing():
    x, treated, _ = lalonde_arrays()
    extra = np.column_stack([2 * x[:, 0] + x[:, 1] - 7, np.full(len(x), 3.7), 1e9 + x[:, 0]])
    got, want = fit(np.column_stack([extra[:, 1], x, extra]), treated), fit(x, treated)
    assert np.flatnonzero(got.basis.constant).tolist() == [0, 10]
    assert np.flatnonzero(got.basis.collinear).tolist() == [9, 11]
    np.testing.assert_allclose(got.coefficients[[0, *range(2, 10)]], want.coefficients, rtol=1e-12)
    assert np.isnan(got.coefficients[[1, 10, 11, 12]]).all()
    np.testing.assert_allclose(got.linear, want.linear, rtol=1e-12)


def test_nearly_collinear_columns_are_kept():
    rng = np.random.default_rng(1)
    a = rng.normal(size=500)
    x = np.column_stack([a, a + 1e-6 * rng.normal(size=500)])
    got = fit(x, rng.random(500) < 0.4)
    assert got.converged
    assert not got.basis.collinear.any()


def test_equal_rows_get_bit_identical_scores():
    x, treated, _ = nsw_cps_arrays()
    got = fit(x, treated)
    _, first, inverse = np.unique(x, axis=0, return_index=True, return_inverse=True)
    assert first.size < len(x)
    np.testing.assert_array_equal(got.linear, got.linear[first][inverse.ravel()])


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_a_level_of_one_arm_only_is_named(link):
    x, treated, _ = lalonde_arrays()
    only_controls = ~treated & (np.arange(treated.size) % 5 == 0)
    got = fit(np.column_stack([x, only_controls]), treated, link)
    assert not got.converged
    assert np.flatnonzero(got.separating).tolist() == [8]


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_complete_separation_by_two_columns_together_is_named(link):
    x = np.random.default_rng(0).normal(size=(400, 4))
    got = fit(x, x[:, 1] + x[:, 2] > 0.1, link)
    assert not got.converged
    assert got.separating[[1, 2]].all()


def test_quasi_separation_by_two_columns_together_is_named():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(600, 3))
    a, b = rng.integers(0, 3, size=(2, 600))
    # Treated never where a + b exceeds 2 and always where it is below 2; on a + b = 2 both occur.
    y = np.where(a + b == 2, x[:, 0] + rng.logistic(size=600) > 0, a + b < 2)
    got = fit(np.column_stack([x, a, b]), y)
    assert not got.converged
    assert np.flatnonzero(got.separating).tolist() == [3, 4]


def test_strong_but_overlapping_prediction_is_not_called_separation():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(4000, 2)) * 10
    got = fit(x, 2 * x[:, 0] + rng.logistic(size=4000) > 0)
    assert got.converged
    assert np.abs(got.linear).max() > 50


def test_both_tails_of_the_response_keep_their_digits():
    got = response(np.array([-40.0, 40.0]), "logit")
    assert got.probability[0] == pytest.approx(np.exp(-40), rel=1e-14)
    assert got.complement[1] == pytest.approx(np.exp(-40), rel=1e-14)
    assert response(np.array([9.0]), "probit").complement[0] == pytest.approx(1.1285884059538408e-19, rel=1e-12)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_density_is_the_derivative_of_the_probability(link):
    at, h = np.linspace(-3, 3, 13), 1e-6
    slope = (response(at + h, link).probability - response(at - h, link).probability) / (2 * h)
    np.testing.assert_allclose(response(at, link).density, slope, rtol=1e-8)

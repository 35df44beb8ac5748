"""Joint tests and simultaneous bands: closed forms, statsmodels, scipy, and large simulations."""

from __future__ import annotations

import math
from time import perf_counter

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from causalkit._numerics._tails import critical_value, two_sided_p
from causalkit._numerics._wald import _primes, max_t_p_values, sup_t_critical, wald_test


def autoregressive(k, rho):
    return rho ** np.abs(np.subtract.outer(np.arange(k), np.arange(k)))


def test_equals_statsmodels_for_general_restrictions():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3))
    ols = sm.OLS(x @ [1.0, 0.5, 0.0] + rng.normal(size=80), sm.add_constant(x)).fit()
    r, q = np.array([[0.0, 1, -1, 0], [0, 0, 1, 2]]), np.array([0.1, 0.2])
    got = wald_test(ols.params, ols.cov_params(), restrictions=r, null=q, df=ols.df_resid)
    ref = ols.wald_test((r, q), use_f=True, scalar=True)
    assert got.f_statistic == pytest.approx(ref.statistic, rel=1e-11)
    assert got.p_value == pytest.approx(ref.pvalue, rel=1e-10)
    large = wald_test(ols.params, ols.cov_params(), restrictions=r, null=q)
    assert large.p_value == pytest.approx(ols.wald_test((r, q), use_f=False, scalar=True).pvalue, rel=1e-10)
    assert (got.rank, got.consistent) == (2, True)


def test_a_repeated_restriction_is_counted_once():
    b, cov = np.array([1.0, 2.0]), np.array([[1.0, 0.3], [0.3, 2.0]])
    once = wald_test(b, cov, restrictions=np.array([[1.0, 1.0]]))
    twice = wald_test(b, cov, restrictions=np.array([[1.0, 1.0], [2.0, 2.0]]))
    assert twice.rank == 1
    assert twice.statistic == pytest.approx(once.statistic, rel=1e-12)
    assert twice.consistent


def test_a_combination_without_variance_that_contradicts_the_null_is_reported():
    cov = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert wald_test(np.array([1.0, 1.0]), cov).consistent
    assert not wald_test(np.array([1.0, 2.0]), cov).consistent
    assert not wald_test(np.array([1.0, 0.5]), np.diag([1.0, 0.0])).consistent


def test_units_of_the_estimates_do_not_matter():
    b, cov, units = np.array([1.0, 2.0]), np.array([[1.0, 0.3], [0.3, 2.0]]), np.array([1e-9, 1e9])
    scaled = wald_test(b * units, cov * np.outer(units, units))
    assert scaled.statistic == pytest.approx(wald_test(b, cov).statistic, rel=1e-12)
    assert scaled.rank == 2


def test_nothing_to_test_gives_no_p_value():
    empty = wald_test(np.zeros(2), np.zeros((2, 2)))
    assert empty.rank == 0
    assert math.isnan(empty.p_value)
    assert empty.consistent


@pytest.mark.parametrize("k", [2, 5, 12])
def test_independent_estimates_give_sidaks_critical_value(k):
    sidak = critical_value(0.95 ** (1 / k))
    assert sup_t_critical(np.eye(k), 0.95) == pytest.approx(sidak, abs=1e-3)


@pytest.mark.parametrize(("k", "rho", "bound"), [(4, 0.4, 3e-4), (12, 0.4, 1e-3), (30, 0.4, 2e-3), (30, 0.9, 2e-3)])
def test_exchangeable_estimates_give_the_critical_value_of_the_integral(k, rho, bound):
    corr = np.full((k, k), rho) + (1 - rho) * np.eye(k)
    exact = optimize.brentq(lambda c: _one_factor(c, k, rho, math.inf) - 0.05, 1.9, 5.0, xtol=1e-9)
    assert sup_t_critical(corr, 0.95) == pytest.approx(exact, abs=bound)


def test_perfectly_dependent_estimates_need_no_adjustment():
    assert sup_t_critical(np.ones((4, 4)), 0.9) == pytest.approx(critical_value(0.9), abs=1e-5)
    assert sup_t_critical(np.eye(1), 0.9, df=7) == critical_value(0.9, 7)


@pytest.mark.parametrize(("k", "rho"), [(3, 0.5), (6, 0.8)])
def test_the_band_holds_its_level_by_genz_integration(k, rho):
    corr = autoregressive(k, rho)
    c = sup_t_critical(corr, 0.95)
    box = np.full(k, c)
    inside = stats.multivariate_normal.cdf(
        box, cov=corr, lower_limit=-box, maxpts=400_000, abseps=1e-6, rng=np.random.default_rng(0)
    )
    assert inside == pytest.approx(0.95, abs=2e-4)  # 1e-3 of a critical value is 1.5e-4 of coverage


def test_the_t_band_holds_its_level_in_a_large_simulation():
    corr, df = autoregressive(8, 0.7), 9.0
    c = sup_t_critical(corr, 0.9, df=df)
    rng = np.random.default_rng(1)
    z = rng.standard_normal((400_000, 8)) @ np.linalg.cholesky(corr).T
    inside = np.mean(np.abs(z).max(axis=1) <= c * np.sqrt(rng.chisquare(df, 400_000) / df))
    assert inside == pytest.approx(0.9, abs=4 * (0.9 * 0.1 / 4e5) ** 0.5 + 2e-4)


def test_a_singular_correlation_is_handled_exactly():
    b = np.array([[1.0, 0.0], [0.6, 0.8], [-0.28, 0.96], [0.0, 1.0]])
    c = sup_t_critical(b @ b.T, 0.95)
    angle = (np.arange(200_000) + 0.5) * 2 * np.pi / 200_000
    largest = np.abs(np.column_stack([np.cos(angle), np.sin(angle)]) @ b.T).max(axis=1)
    assert np.mean(np.exp(-((c / largest) ** 2) / 2)) == pytest.approx(0.05, abs=2e-5)


def test_adjusted_p_values_lie_between_raw_and_bonferroni_and_invert_the_band():
    corr, t = autoregressive(4, 0.5), np.array([0.5, -2.0, 2.6, 30.0])
    adjusted, raw = max_t_p_values(t, corr), two_sided_p(t)
    assert np.all(adjusted >= raw)
    assert np.all(adjusted <= np.minimum(1.0, 4 * raw))
    c = sup_t_critical(corr, 0.9)
    assert max_t_p_values(np.full(4, c), corr)[0] == pytest.approx(0.1, abs=1e-6)
    independent = max_t_p_values(np.array([2.0, 1.0, 1.0]), np.eye(3))
    assert independent[0] == pytest.approx(1 - (1 - two_sided_p(2.0)) ** 3, abs=2e-4)


@pytest.mark.parametrize(("k", "df"), [(4, math.inf), (40, math.inf), (150, math.inf), (8, 9.0)])
def test_adjusted_p_values_of_exchangeable_statistics_equal_the_integral(k, df):
    """With one common factor the largest statistic has a distribution of one integral (two for t)."""
    rho, t = 0.4, np.array([0.5, 2.0, 2.8, 3.5, 4.5])
    corr = np.full((k, k), rho) + (1 - rho) * np.eye(k)
    got = max_t_p_values(np.resize(t, k) if k > t.size else t[:k], corr, df=df)[: t.size]
    reference = [_one_factor(bound, k, rho, df) for bound in t[: got.size]]
    # The points do better than as many plain draws, which would be off by 1.5e-3 for p-values near 0.3.
    np.testing.assert_allclose(got, reference, atol=5e-4 if k < 20 else 2.5e-3)
    np.testing.assert_allclose(got[3:], reference[3:], atol=1e-4 if k < 20 else 1.5e-3)


def _one_factor(bound, k, rho, df):
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    scales = np.ones(1) if math.isinf(df) else np.sqrt(stats.chi2.ppf((np.arange(1_000) + 0.5) / 1_000, df) / df)
    high = (bound * scales[:, None] - np.sqrt(rho) * nodes) / np.sqrt(1 - rho)
    low = (-bound * scales[:, None] - np.sqrt(rho) * nodes) / np.sqrt(1 - rho)
    inside = np.clip(stats.norm.cdf(high) - stats.norm.cdf(low), 1e-300, 1)
    return float(np.mean(-np.expm1(k * np.log(inside)) @ weights / weights.sum()))


def test_statistics_that_do_not_exist_play_no_role():
    corr = autoregressive(3, 0.5)
    wide = np.full((5, 5), np.nan)
    at = np.ix_([0, 2, 3], [0, 2, 3])
    wide[at] = corr
    got = max_t_p_values(np.array([2.0, np.nan, -1.0, 0.3, np.nan]), wide)
    np.testing.assert_array_equal(got[[0, 2, 3]], max_t_p_values(np.array([2.0, -1.0, 0.3]), corr))
    assert np.isnan(got[[1, 4]]).all()
    assert np.isnan(max_t_p_values(np.full(2, np.nan), wide[:2, :2])).all()
    assert max_t_p_values(np.array([2.0, 2.0]), np.ones((2, 2))) == pytest.approx([two_sided_p(2.0)] * 2, rel=1e-6)


def test_hundreds_of_statistics_take_seconds():
    start = perf_counter()
    max_t_p_values(np.linspace(0, 5, 200), autoregressive(200, 0.9))
    assert perf_counter() - start < 15


def test_primes_are_primes():
    for n in (1, 2, 5, 6, 30, 168):
        known = [k for k in range(2, 1_000) if all(k % j for j in range(2, k))][:n]
        assert _primes(n).tolist() == known
    assert _primes(1_229)[-1] == 9_973


def test_the_same_question_gets_the_same_bits():
    corr = autoregressive(5, 0.3)
    assert sup_t_critical(corr, 0.95) == sup_t_critical(corr, 0.95)
